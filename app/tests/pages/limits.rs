//! The page of a tenant's limits: each figure as a bar and in words, with where it comes from and when it was measured.

use super::plain_pages;
use super::samples::{ID, frame, tenant, usage};
use steward_app::pages::tenants::limits::{Model, view};
use steward_app::pages::tenants::proposing::Form;
use steward_core::provisioning::{Usage, Used};
use steward_core::tenants::TenantView;
use steward_domain::features::{Feature, Features};
use steward_domain::field::FieldError;
use steward_domain::resource::ResourceKind;
use steward_domain::role::Role;
use steward_domain::tenant::Status;

/// A tenant that may use GPUs.
fn with_gpus() -> TenantView {
    let mut tenant = tenant(Status::Active);
    tenant.config.as_mut().unwrap().features = Features::new(&[Feature::Ml]);
    tenant
}

fn model(tenant: TenantView, usage: Usage) -> Model {
    let values = [("cpu", "10"), ("memory_gib", "50"), ("storage_gib", "500"), ("gpu", "5")];
    let values = values.map(|(field, value)| (field.to_owned(), value.to_owned())).into();
    let form = Form { tenant: ID, version: 3, values, errors: Vec::new(), not_saved: None };
    Model { loaded: Some((tenant, usage)), form, below: Vec::new() }
}

/// The page in every state.
pub fn pages() -> Vec<(&'static str, String)> {
    let (ops, support) = (frame(Role::PlatformOps, "/x"), frame(Role::Support, "/x"));
    let mut below = model(with_gpus(), usage(true));
    below.form.values[2].1 = "400".into();
    below.form.errors = vec![FieldError::new("storage_gib", "Storage: 400 GiB is less than the 500 GiB in use. Enter more, or agree")];
    below.below = vec![(2, 500.0)];
    let mut unlimited = with_gpus();
    unlimited.config.as_mut().unwrap().without.insert(ResourceKind::ResourceQuota);
    let not_counted = Usage { figures: Ok([Used { used: None, in_force: None }; 4]), ..usage(true) };
    vec![
        ("limits", view(&ops, model(with_gpus(), usage(true)))),
        ("limits-support", view(&support, model(with_gpus(), usage(true)))),
        ("limits-without-ai", view(&ops, model(tenant(Status::Active), usage(true)))),
        ("limits-unknown", view(&ops, model(with_gpus(), usage(false)))),
        ("limits-unlimited", view(&ops, model(unlimited, not_counted))),
        ("limits-below", view(&ops, below)),
    ]
}

/// The row of a limit.
fn row<'a>(page: &'a str, label: &str) -> &'a str {
    page.split("<tr>").find(|row| row.contains(&format!("<b>{label}</b>"))).unwrap_or_else(|| panic!("no row of {label}"))
}

#[test]
fn each_share_is_a_bar_that_changes_its_tone_at_80_and_100_and_the_same_in_words() {
    let pages = plain_pages();
    let page = &pages["limits"];
    for (label, used, tone, width, words) in [
        ("CPU", "5.9 cores", "bar \"", "59", "59 %"),
        ("Memory", "43 GiB", "bar warn\"", "86", "86 %, 80 % or more"),
        ("Storage", "500 GiB", "bar bad\"", "100", "100 %, nothing is left"),
        // The scale ends at 125 %.
        ("GPU", "7", "bar bad\"", "125", "140 %, more than the limit"),
    ] {
        let row = row(page, label);
        for part in [
            used.to_owned(),
            format!("<svg class=\"{tone}"),
            format!("<rect class=\"f\" width=\"{width}\""),
            format!("aria-label=\"{label}: {words}\""),
            format!(">{words}</small>"),
            // Marks at both, whatever the share.
            "M80 0v8M100 0v8".to_owned(),
        ] {
            assert!(row.contains(&part), "{label}: {part} is not there: {row}");
        }
    }
    for (label, tone) in [("Memory", "<small class=\"warn tone\">"), ("Storage", "<small class=\"bad tone\">")] {
        assert!(row(page, label).contains(tone), "{label}");
    }
    // The head says which need somebody.
    let head = page.split("<header class=\"head\"").nth(1).unwrap().split("</header>").next().unwrap();
    for (tone, words) in [("chip warn", "Memory 86 %"), ("chip bad", "Storage 100 %"), ("chip bad", "GPU 140 %")] {
        let chip = head.split("<span class=\"").find(|chip| chip.contains(words)).unwrap_or_else(|| panic!("no chip {words}: {head}"));
        assert!(chip.starts_with(tone), "{chip}");
    }
    assert!(!head.contains("CPU"));
}

#[test]
fn each_figure_says_where_it_comes_from_and_when_it_was_measured() {
    let pages = plain_pages();
    for page in ["limits", "limits-support"] {
        for label in ["CPU", "Memory", "Storage", "GPU"] {
            let row = row(&pages[page], label);
            assert!(row.contains("Kubernetes, quota<small><time datetime=\"2026-03-19T14:31:40"), "{page} {label}: {row}");
            assert!(row.contains("14:31:40 UTC</time>"), "{page} {label}: {row}");
        }
        assert!(pages[page].contains("Enforced by <code>Resource quota tenant-kestrel/tenant</code>"));
    }
    assert!(!pages["limits-support"].contains("name=\"cpu\""), "who may not change them sees no field");
    let unknown = &pages["limits-unknown"];
    assert!(unknown.contains("Use is not known right now") && unknown.contains("K8S-503"));
    assert!(!row(unknown, "CPU").contains("Kubernetes, quota") && !row(unknown, "CPU").contains("<svg class=\"bar"));
    assert!(row(&pages["limits-without-ai"], "GPU").contains("AI and automation is off"));
}

#[test]
fn a_tenant_without_its_quota_is_told_that_nothing_enforces_its_limits() {
    let pages = plain_pages();
    let page = &pages["limits-unlimited"];
    assert!(page.contains("Nothing enforces these limits") && !page.contains("Enforced by"), "{page}");
    assert!(page.contains(&format!("href=\"/tenants/{ID}#without\"")), "it says where the quota is brought back");
    assert!(row(page, "CPU").contains("not known") && !row(page, "CPU").contains("Kubernetes, quota"), "nothing is measured");
    assert!(!pages["limits"].contains("Nothing enforces these limits"));
}

#[test]
fn lowering_below_use_says_what_happens_and_asks() {
    let page = &plain_pages()["limits-below"];
    for part in [
        "<title>Error: Limits",
        "href=\"#storage_gib\"",
        "That is less than Kestrel Freight uses",
        "Storage: 400 GiB wanted, 500 in use.",
        "What runs goes on and existing volumes stay.",
        "type=\"checkbox\" id=\"below\" name=\"below\"",
    ] {
        assert!(page.contains(part), "{part} is not there");
    }
}
