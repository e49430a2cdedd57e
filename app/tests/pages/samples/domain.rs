//! Domains as looks saw them, by hand.

use super::{ID, before};
use steward_core::provisioning::resources::{CertificateSeen, Domain, HandshakeSeen, RecordSeen};
use steward_core::provisioning::{Challenge, DomainFacts, DomainView, RenewalFailing};
use steward_domain::host_name::HostName;
use steward_domain::tenant::Status;

const DAY: i64 = 86_400;

fn facts(domain: Domain, host: &str) -> DomainFacts {
    let serial = "3f:a0:51:7c:02:be:91:44:d8:6a:10:cc:fe:27:85:b3:4e:09:77:12";
    DomainFacts {
        domain,
        host: host.into(),
        record: Some((
            RecordSeen {
                host: host.into(),
                leads_to: vec!["CNAME to ingress.inosec.com".into()],
                asked: "Cloudflare".into(),
                as_wanted: true,
            },
            before(140),
        )),
        certificate: Some((
            CertificateSeen {
                serial: serial.into(),
                issuer: "Inosec Tenants CA".into(),
                names: vec![host.into()],
                not_before: before(29 * DAY),
                not_after: before(-61 * DAY),
                renews_at: before(-31 * DAY),
                key_algorithm: "ECDSA P-256".into(),
                fingerprint: vec!["9C"; 32].join(":"),
                revoked: false,
            },
            before(140),
        )),
        replaced: Some(("11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44".into(), before(29 * DAY))),
        handshake: Some((
            HandshakeSeen {
                host: host.into(),
                address: "ingress.inosec.com:443".into(),
                serial: Some(serial.into()),
                holds: true,
                result: "TLS 1.3, chain verified".into(),
            },
            before(140),
        )),
    }
}

/// A tenant's domains. All is well, unless its renewal fails and something else is served.
pub fn domain_view(well: bool) -> DomainView {
    let mut default = facts(Domain::Default, "kestrel.inosec.com");
    if !well && let (Some((handshake, _)), Some((record, _))) = (&mut default.handshake, &mut default.record) {
        handshake.holds = false;
        handshake.result = "TRAEFIK <DEFAULT> CERT does not hold: it does not come from this CA".into();
        record.as_wanted = false;
        record.leads_to = vec!["A to 192.0.2.1".into()];
        default.replaced = None;
    }
    DomainView {
        tenant_id: ID,
        tenant_name: "Kestrel & Freight".into(),
        status: Status::Active,
        version: 3,
        target: "ingress.inosec.com".into(),
        domains: vec![default],
        challenges: Vec::new(),
        failing: (!well).then(|| RenewalFailing {
            failures: 3,
            cause: "OpenBao does not allow Steward to do this.".into(),
            whose: "DevOps".into(),
            since: before(20_000),
            next_try_at: Some(before(-9_000)),
        }),
        open_run: (!well).then_some(4_417),
    }
}

/// A tenant whose customer is to prove a domain in another script, or has.
pub fn domain_challenged(verified: bool) -> DomainView {
    let challenge = Challenge {
        host: HostName::parse("bäckerei.example").unwrap(),
        name: "_steward-challenge.xn--bckerei-5wa.example".into(),
        text: "steward-challenge=0123456789abcdef0123456789abcdef".into(),
        expires_at: before(-6 * DAY),
        expired: false,
        checked: Some(("_steward-challenge.xn--bckerei-5wa.example says \"<hello>\" instead".into(), before(70))),
        verified_at: verified.then(|| before(60)),
    };
    DomainView { challenges: vec![challenge], ..domain_view(true) }
}

/// A tenant that has a custom domain.
pub fn domain_custom() -> DomainView {
    let mut view = domain_view(true);
    view.domains.push(facts(Domain::Custom, "crm.customer.example"));
    view
}

/// A tenant that nobody has looked at yet.
pub fn domain_unseen() -> DomainView {
    let none =
        DomainFacts { record: None, certificate: None, replaced: None, handshake: None, ..facts(Domain::Default, "kestrel.inosec.com") };
    DomainView { domains: vec![none], ..domain_view(true) }
}
