//! The domain chain on the real systems: what is served is what was issued, what does not fit is told and never deployed, and a
//! certificate is renewed in time.

use crate::contract::{apply, look, mends};
use crate::world::*;
use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::api::core::v1::Secret as KubernetesSecret;
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use sqlx::PgPool;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use steward_core::access::{CreateTenants, ReadTenants, RepairDrift};
use steward_core::context::{Clock, Context, SystemRandomness};
use steward_core::platform::{Failure, Issuer, Record, Served};
use steward_core::provisioning::resources::{Observation, resource};
use steward_core::provisioning::{Proposal, Site, Wanted};
use steward_domain::plan::Action;
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunState;
use tokio_util::sync::CancellationToken;

/// The chain, with the namespace that it needs.
const CHAIN: [ResourceKind; 6] = [
    ResourceKind::Namespace,
    ResourceKind::DnsRecord,
    ResourceKind::Certificate,
    ResourceKind::TlsSecret,
    ResourceKind::Ingress,
    ResourceKind::Validation,
];

/// Runs a body on a tenant whose domain is served.
async fn with_domain<F: Future<Output = ()>>(body: impl FnOnce(Site, Wanted) -> F) {
    let wanted = wanted();
    cleaning_up(std::slice::from_ref(&wanted), async {
        let site = site().await;
        for kind in CHAIN {
            apply(&site, &wanted, kind, "made").await;
        }
        body(site, wanted.clone()).await;
    })
    .await;
}

/// What is kept of a tenant's certificate.
async fn kept(site: &Site, wanted: &Wanted) -> HashMap<String, String> {
    let data = site.platform.openbao.kv_read(&wanted.names().certificate).await.unwrap().expect("a certificate is kept");
    data.into_iter().map(|(field, value)| (field, value.as_str().unwrap_or_default().to_owned())).collect()
}

async fn version(site: &Site, wanted: &Wanted) -> u64 {
    site.platform.openbao.kv_metadata(&wanted.names().certificate).await.unwrap().expect("metadata").current_version
}

/// Puts other content in the place of what is kept, as somebody with rights could.
async fn keep(site: &Site, wanted: &Wanted, data: &HashMap<String, String>) {
    let data: HashMap<&str, String> = data.iter().map(|(field, text)| (field.as_str(), text.clone())).collect();
    let version = version(site, wanted).await;
    assert!(site.platform.openbao.kv_replace(&wanted.names().certificate, version, &data).await.unwrap());
}

async fn secret(site: &Site, wanted: &Wanted) -> Option<KubernetesSecret> {
    let kubernetes = &site.platform.kubernetes;
    kubernetes.find(&kubernetes.namespaced(&wanted.names().namespace), "domain-tls").await.unwrap()
}

/// The fields that differ.
fn fields(seen: &Observation) -> Vec<&str> {
    match seen {
        Observation::Ours { differences, .. } => differences.iter().map(|it| it.field.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

fn is_served(seen: &Observation, serial: &str) -> bool {
    matches!(seen, Observation::Ours { differences, detail } if differences.is_empty() && detail.starts_with(&format!("serial {serial}, ")))
}

struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// The same site, so many days later.
async fn days_later(days: i64) -> Site {
    let at = Context::default().now() + TimeDelta::days(days);
    Site { context: Context::new(Arc::new(At(at)), Arc::new(SystemRandomness::default())), ..site().await }
}

#[tokio::test]
async fn exactly_what_was_issued_is_served_and_making_it_again_changes_nothing() {
    with_domain(|site, wanted| async move {
        let domain = wanted.names().domain;
        let before = kept(&site, &wanted).await;
        assert_eq!(resolved(&domain, "CNAME").await, [format!("{}.", env("STEWARD_DNS_TARGET"))]);
        assert_eq!(resolved(&format!("_steward.{domain}"), "TXT").await, [format!("\"steward-tenant-id={}\"", wanted.tenant_id)]);
        let seen = look(&site, &wanted, ResourceKind::Validation).await;
        assert!(is_served(&seen, &before["serial"]), "{seen:?}");
        let Observation::Ours { detail, .. } = &seen else { panic!("{seen:?}") };
        assert!(detail.ends_with("TLS 1.3, chain verified"), "{detail}");
        assert_eq!(served_serial(&domain).await, before["serial"], "as OpenSSL sees it");

        let deployed = secret(&site, &wanted).await.unwrap();
        for kind in CHAIN {
            apply(&site, &wanted, kind, "made again").await;
        }
        assert_eq!(kept(&site, &wanted).await, before);
        assert_eq!(secret(&site, &wanted).await.unwrap().metadata.resource_version, deployed.metadata.resource_version);
    })
    .await;
}

/// The serial number that OpenSSL is shown, if it can verify the chain with the PKI's root.
pub async fn served_serial(domain: &str) -> String {
    let address = env("STEWARD_INGRESS_ADDRESS");
    let output = tokio::process::Command::new("openssl")
        .args(["s_client", "-connect", &address, "-servername", domain, "-verify_return_error", "-verify_hostname", domain])
        .args(["-CAfile", &env("PKI_CA_FILE")])
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .expect("openssl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let begin = text.find("-----BEGIN CERTIFICATE-----").expect("a certificate");
    let end = text.find("-----END CERTIFICATE-----").expect("its end") + "-----END CERTIFICATE-----".len();
    let certificate = steward_core::platform::Certificate::read_pem(&text[begin..end]).unwrap().remove(0);
    println!(
        "openssl s_client -connect {address} -servername {domain}: subject {}, issuer {}, serial {}",
        certificate.names.join(", "),
        certificate.issuer,
        certificate.serial
    );
    certificate.serial
}

#[tokio::test]
async fn what_was_changed_by_hand_is_told_and_mended() {
    with_domain(|site, wanted| async move {
        let names = wanted.names();
        let (dns, openbao, kubernetes) = (&site.platform.dns, &site.platform.openbao, &site.platform.kubernetes);

        let record = dns.records(&names.domain).await.unwrap().remove(0);
        dns.change(&record, &Record::leading(&names.domain, "elsewhere.example")).await.unwrap();
        let seen = look(&site, &wanted, ResourceKind::DnsRecord).await;
        assert_eq!(fields(&seen), ["record"], "{seen:?}");
        mends(&site, &wanted, ResourceKind::DnsRecord, "it leads elsewhere").await;
        let record = dns.records(&names.domain).await.unwrap().remove(0);
        dns.delete(&record).await.unwrap();
        mends(&site, &wanted, ResourceKind::DnsRecord, "only the mark is left").await;

        openbao.kv_mark(&names.certificate, HashMap::new()).await.unwrap();
        mends(&site, &wanted, ResourceKind::Certificate, "made but not marked").await;
        let serial = kept(&site, &wanted).await["serial"].clone();
        openbao.revoke(&serial).await.unwrap();
        let seen = look(&site, &wanted, ResourceKind::Certificate).await;
        assert_eq!(fields(&seen), ["revocation"], "{seen:?}");
        mends(&site, &wanted, ResourceKind::Certificate, "revoked").await;
        let renewed = kept(&site, &wanted).await["serial"].clone();
        assert_ne!(renewed, serial);
        let seen = look(&site, &wanted, ResourceKind::Validation).await;
        assert_eq!(fields(&seen), ["served certificate"], "the old one is still served: {seen:?}");
        mends(&site, &wanted, ResourceKind::TlsSecret, "another certificate is kept").await;
        apply(&site, &wanted, ResourceKind::Validation, "renewed").await;
        assert!(is_served(&look(&site, &wanted, ResourceKind::Validation).await, &renewed));

        let by_hand = PatchParams { field_manager: Some("somebody".to_owned()), ..PatchParams::default() };
        let host = Patch::Merge(json!({ "spec": { "rules": [{ "host": format!("other.{}", names.domain) }] } }));
        kubernetes.namespaced::<Ingress>(&names.namespace).patch("tenant", &by_hand, &host).await.unwrap();
        mends(&site, &wanted, ResourceKind::Ingress, "another host").await;

        let secrets = kubernetes.namespaced::<KubernetesSecret>(&names.namespace);
        kubernetes.delete(&secrets, "domain-tls").await.unwrap();
        let told = async || match resource(ResourceKind::Validation).observe(&site, &wanted).await {
            Ok(Observation::Partial { missing }) => missing,
            _ => String::new(),
        };
        until(10, "the default certificate is told of", async || told().await.contains("TRAEFIK DEFAULT CERT is served")).await;
        let seen = look(&site, &wanted, ResourceKind::Validation).await;
        let failure = resource(ResourceKind::Validation).apply(&site, &wanted, &seen).await.expect_err("nothing was mended");
        assert_eq!(failure.cause.code, "ING-417");
        assert!(failure.cause.what.contains("TRAEFIK DEFAULT CERT is served"), "{failure:?}");
        mends(&site, &wanted, ResourceKind::TlsSecret, "deleted").await;
        apply(&site, &wanted, ResourceKind::Validation, "mended").await;
    })
    .await;
}

#[tokio::test]
async fn a_pair_that_does_not_match_is_never_deployed() {
    with_domain(|site, wanted| async move {
        let before = secret(&site, &wanted).await.unwrap();
        let mut data = kept(&site, &wanted).await;
        let other = site
            .platform
            .openbao
            .issue(Issuer::TenantDomains, &wanted.names().domain, std::time::Duration::from_secs(3_600))
            .await
            .unwrap();
        data.insert("private_key".to_owned(), other.private_key.expose().to_owned());
        keep(&site, &wanted, &data).await;

        let seen = look(&site, &wanted, ResourceKind::Certificate).await;
        assert_eq!(fields(&seen), ["key"], "{seen:?}");
        let seen = look(&site, &wanted, ResourceKind::TlsSecret).await;
        assert_eq!(fields(&seen), ["key"], "{seen:?}");
        for seen in [seen, Observation::Absent] {
            let failure: Failure =
                resource(ResourceKind::TlsSecret).apply(&site, &wanted, &seen).await.expect_err("it must not be deployed");
            assert_eq!(failure.cause.code, "VLT-417", "{failure:?}");
            assert!(failure.cause.what.contains("do not match"), "{failure:?}");
            assert!(!format!("{failure:?}").contains("PRIVATE"), "{failure:?}");
        }
        assert_eq!(secret(&site, &wanted).await.unwrap().metadata.resource_version, before.metadata.resource_version);
        mends(&site, &wanted, ResourceKind::Certificate, "another key").await;
        mends(&site, &wanted, ResourceKind::TlsSecret, "another certificate").await;
        apply(&site, &wanted, ResourceKind::Validation, "mended").await;
    })
    .await;
}

#[tokio::test]
async fn a_certificate_is_renewed_after_two_thirds_of_its_life_and_the_old_one_is_revoked_when_it_is_no_longer_served() {
    with_domain(|site, wanted| async move {
        let openbao = &site.platform.openbao;
        let old = kept(&site, &wanted).await["serial"].clone();
        let seen = look(&days_later(59).await, &wanted, ResourceKind::Certificate).await;
        assert!(seen.is_as_wanted(), "59 of 90 days: {seen:?}");
        let later = days_later(61).await;
        let seen = look(&later, &wanted, ResourceKind::Certificate).await;
        assert_eq!(fields(&seen), ["renewal"], "61 of 90 days: {seen:?}");

        resource(ResourceKind::Certificate).apply(&later, &wanted, &seen).await.unwrap();
        let new = kept(&site, &wanted).await["serial"].clone();
        assert_ne!(new, old);
        let seen = look(&site, &wanted, ResourceKind::Certificate).await;
        assert!(seen.is_as_wanted(), "{seen:?}");
        assert_eq!(openbao.is_revoked(&old).await.unwrap(), Some(false), "the old one is still served");
        let seen = look(&site, &wanted, ResourceKind::TlsSecret).await;
        for field in ["certificate", "key", "replaced certificate"] {
            assert!(fields(&seen).contains(&field), "{field}: {seen:?}");
        }
        mends(&site, &wanted, ResourceKind::TlsSecret, "renewed").await;
        assert_eq!((openbao.is_revoked(&old).await.unwrap(), openbao.is_revoked(&new).await.unwrap()), (Some(true), Some(false)));
        apply(&site, &wanted, ResourceKind::Validation, "renewed").await;
        assert!(is_served(&look(&site, &wanted, ResourceKind::Validation).await, &new));

        // And what is taken away does not hold any longer.
        resource(ResourceKind::Certificate).remove(&site, &wanted).await.unwrap();
        assert_eq!(openbao.is_revoked(&new).await.unwrap(), Some(true));
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_certificate_that_is_made_anew_is_deployed_and_validated_in_the_same_run(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&may::<CreateTenants>(&database).await, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        let stop = CancellationToken::new();
        let worker = tokio::spawn(provisioning.worker("test".into()).with(quick(), None).run(stop.clone()));
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 120).await;
        let site = site().await;
        let old = kept(&site, &wanted).await["serial"].clone();
        site.platform.openbao.revoke(&old).await.unwrap();

        // Only the certificate differs, and only it is asked for; what follows it comes along.
        let (repair, read) = (may::<RepairDrift>(&database).await, may::<ReadTenants>(&database).await);
        let only = std::collections::BTreeSet::from([ResourceKind::Certificate]);
        let change = provisioning.propose(&repair, wanted.tenant_id, Proposal::repair(Some(only))).await.unwrap();
        let view = provisioning.change_view(&read, wanted.tenant_id, change).await.unwrap();
        let plan = provisioning.plan_change(&repair, &view).await.unwrap();
        let chain = [ResourceKind::Certificate, ResourceKind::TlsSecret, ResourceKind::Validation];
        assert_eq!(plan.items.iter().map(|item| (item.kind, item.action)).collect::<Vec<_>>(), chain.map(|kind| (kind, Action::Change)));
        let started = provisioning.start_change(&repair, wanted.tenant_id, change, Some(&plan.hash)).await.unwrap();
        let run = run_is(&provisioning, &database, started.run_id, RunState::Done, 120).await;
        assert_eq!(run.steps.iter().map(|step| step.kind).collect::<Vec<_>>(), chain);
        let new = kept(&site, &wanted).await["serial"].clone();
        assert_ne!(new, old);
        let seen = look(&site, &wanted, ResourceKind::Validation).await;
        assert!(is_served(&seen, &new), "{new}: {seen:?}");
        stop.cancel();
        worker.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_those_who_renew_at_once_each_keeps_its_own_version_or_none() {
    let wanted = wanted();
    cleaning_up(std::slice::from_ref(&wanted), async {
        let site = site().await;
        apply(&site, &wanted, ResourceKind::Certificate, "made").await;
        let (later, before) = (days_later(61).await, version(&site, &wanted).await);
        let seen = look(&later, &wanted, ResourceKind::Certificate).await;
        let renew = || resource(ResourceKind::Certificate).apply(&later, &wanted, &seen);
        let all = futures::future::join_all((0..4).map(|_| renew())).await;
        let renewed = all.iter().filter(|outcome| outcome.is_ok()).count();
        for failure in all.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert_eq!(failure.cause.code, "VLT-423", "{failure:?}");
        }
        assert!((1..4).contains(&renewed), "{all:?}");
        assert_eq!(version(&site, &wanted).await, before + renewed as u64);
        assert!(look(&site, &wanted, ResourceKind::Certificate).await.is_as_wanted());
    })
    .await;
}

#[tokio::test]
async fn a_record_without_the_mark_is_foreign_whatever_it_is() {
    let (site, wanted) = (site().await, wanted());
    let (dns, domain) = (&site.platform.dns, wanted.names().domain);
    for record in
        [Record::leading(&domain, "192.0.2.1"), Record::leading(&domain, "elsewhere.example"), Record::text(&domain, "somebody's")]
    {
        dns.create(&record).await.unwrap();
        let seen = look(&site, &wanted, ResourceKind::DnsRecord).await;
        assert!(matches!(seen, Observation::Foreign { .. }), "{record:?}: {seen:?}");
        for seen in [seen, Observation::Absent] {
            let refused = resource(ResourceKind::DnsRecord).apply(&site, &wanted, &seen).await;
            assert_eq!(refused.expect_err("foreign").cause.code, "DNS-409");
        }
        assert_eq!(resource(ResourceKind::DnsRecord).remove(&site, &wanted).await.expect_err("foreign").cause.code, "DNS-409");
        let kept = dns.records(&domain).await.unwrap();
        assert_eq!(kept.iter().map(Record::in_words).collect::<Vec<_>>(), [record.in_words()]);
        assert!(dns.records(&format!("_steward.{domain}")).await.unwrap().is_empty(), "no mark is left beside it");
        dns.delete(&kept[0]).await.unwrap();
    }
}

#[tokio::test]
async fn the_role_issues_for_names_below_the_base_domain_alone_and_no_key_is_printed() {
    let site = site().await;
    let openbao = &site.platform.openbao;
    let hour = std::time::Duration::from_secs(3_600);
    for domain in ["acme.elsewhere.example", "inosec.com", "*.inosec.com"] {
        let refused = openbao.issue(Issuer::TenantDomains, domain, hour).await.map(|issued| issued.serial).expect_err(domain);
        assert_eq!(refused.cause.code, "VLT-400", "{refused:?}");
    }
    let issued = openbao.issue(Issuer::TenantDomains, &wanted().names().domain, hour).await.unwrap();
    assert!(issued.private_key.expose().contains("PRIVATE KEY"));
    assert!(!format!("{issued:?}").contains("PRIVATE KEY"));
    openbao.revoke(&issued.serial).await.unwrap();
    openbao.revoke(&issued.serial).await.expect("twice is once");
    openbao.revoke("00:11:22").await.expect("none to revoke");

    // A name that nobody has: the default certificate, and why it is not taken.
    let authority = openbao.certificate_authority().await.unwrap();
    let served = site.platform.ingress.handshake("nobody.inosec.com", &authority).await.unwrap();
    let Served::Other { certificate, why } = served else { panic!("{served:?}") };
    assert_eq!((certificate.subject.as_str(), why.as_str()), ("TRAEFIK DEFAULT CERT", "it does not come from this CA"));
}
