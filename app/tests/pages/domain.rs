//! The page of a tenant's domains: what was seen, what fails, the customer's own domain from its records to the review.

use super::samples::{self, frame, signed_out};
use super::{every_page, not_saved};
use steward_app::pages::tenants;
use steward_domain::field::FieldError;
use steward_domain::role::Role;

/// The page in every state.
pub fn pages() -> Vec<(&'static str, String)> {
    let (ops, support) = (frame(Role::PlatformOps, "/x"), frame(Role::Support, "/x"));
    let of_ops = |model| tenants::domain::view(&ops, model);
    let mut kept = domain_wrong(samples::domain_view(true));
    (kept.domains, kept.form.errors, kept.form.not_saved) = (None, Vec::new(), Some(not_saved(401, "AUTH-111", true)));
    vec![
        ("domain", of_ops(domain_model(samples::domain_view(true)))),
        ("domain-failing", of_ops(domain_model(samples::domain_view(false)))),
        ("domain-unseen", of_ops(domain_model(samples::domain_unseen()))),
        ("domain-challenged", of_ops(domain_model(samples::domain_challenged(false)))),
        ("domain-verified", of_ops(domain_model(samples::domain_challenged(true)))),
        ("domain-challenged-support", tenants::domain::view(&support, domain_model(samples::domain_challenged(true)))),
        ("domain-custom", of_ops(domain_model(samples::domain_custom()))),
        ("domain-wrong", of_ops(domain_wrong(samples::domain_view(true)))),
        ("domain-kept", tenants::domain::view(&signed_out("/x"), kept)),
        ("domain-support", tenants::domain::view(&support, domain_model(samples::domain_view(true)))),
    ]
}

fn domain_model(domains: steward_core::provisioning::DomainView) -> tenants::domain::Model {
    tenants::domain::Model::of(domains)
}

fn domain_wrong(domains: steward_core::provisioning::DomainView) -> tenants::domain::Model {
    let mut model = domain_model(domains);
    model.form.values = vec![("custom_domain".into(), "acme.inosec.com\" <b>".into())];
    model.form.errors = vec![FieldError::new("custom_domain", "Enter a domain of the customer's own")];
    model
}

#[test]
fn a_custom_domain_goes_from_its_records_to_the_review_for_those_who_may() {
    let pages = every_page();
    let begun = &pages["domain-challenged"];
    for shown in [
        "bäckerei.example (xn--bckerei-5wa.example)",
        "<code class=\"id\">_steward-challenge.xn--bckerei-5wa.example",
        "<code class=\"id\">steward-challenge=0123456789abcdef0123456789abcdef",
        "<code class=\"id\">xn--bckerei-5wa.example",
        "<code class=\"id\">ingress.inosec.com",
        "says \"&lt;hello&gt;\" instead",
        "Not found yet",
        "Holds until",
    ] {
        assert!(begun.contains(shown), "{shown} is not there");
    }
    let acts = |page: &str| ["verify", "propose", "forget", "remove"].map(|act| pages[page].matches(&format!("/domain/{act}\"")).count());
    assert_eq!(acts("domain-challenged"), [1, 0, 1, 0], "not proposed before it is verified");
    assert_eq!(acts("domain-verified"), [1, 1, 1, 0]);
    assert_eq!(acts("domain-challenged-support"), [0; 4]);
    assert_eq!(acts("domain-custom"), [0, 0, 0, 1]);
    for page in ["domain-wrong", "domain-kept"] {
        assert!(pages[page].contains("value=\"acme.inosec.com&quot; &lt;b&gt;\""), "{page}");
    }
    assert!(pages["domain-wrong"].contains("href=\"#custom_domain\"") && pages["domain-kept"].contains("AUTH-111"));
}

#[test]
fn a_domain_is_shown_as_it_was_seen_with_the_time_of_each_look() {
    let pages = every_page();
    let page = &pages["domain"];
    for shown in [
        "<h2>kestrel.inosec.com<",
        "3f:<wbr>a0:<wbr>51",
        "Inosec Tenants CA",
        "61 days left",
        "by itself, in 31 days",
        "ECDSA P-256",
        "9C:<wbr>9C",
        "TLS 1.3, chain verified",
        "CNAME to ingress.inosec.com",
        "2 min ago",
        "11:<wbr>22",
    ] {
        assert!(page.contains(shown), "{shown} is not there");
    }
    let failing = &pages["domain-failing"];
    for shown in [
        "could not be renewed 3 times",
        "It is up to DevOps",
        "TRAEFIK &lt;DEFAULT&gt; CERT",
        "Should lead to ingress.inosec.com",
        "Open run 4,417",
    ] {
        assert!(failing.contains(shown), "{shown} is not there");
    }
    assert!(!failing.contains("/domain/renew\""), "not beside another run");
    assert!(pages["domain-unseen"].contains("Nobody has seen a certificate of it yet"));
    let forms = |page: &str| pages[page].matches("/domain/check\"").count() + pages[page].matches("/domain/renew\"").count();
    assert_eq!((forms("domain"), forms("domain-support")), (2, 0));
}
