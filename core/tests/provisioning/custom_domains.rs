//! Customers' own domains on the real systems: proved by a text in their DNS, then served as the default one is, and taken away without
//! a trace. The customer's DNS is a zone of PowerDNS that only these tests write to.

use crate::changes::Active;
use crate::domains::served_serial;
use crate::world::*;
use sqlx::PgPool;
use std::time::Duration;
use steward_core::access::{ConfigureTenants, CreateTenants, ReadTenants, RepairDrift};
use steward_core::error::Error;
use steward_core::platform::Record;
use steward_core::provisioning::resources::{Domain, Observation, resource};
use steward_core::provisioning::{Challenge, CustomDomain, DomainView, Proposal, Provisioning, Wanted};
use steward_domain::change::SettingsPatch;
use steward_domain::field::FieldError;
use steward_domain::host_name::HostName;
use steward_domain::plan::{Action, Verdict};
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, StepState};
use steward_in_process::World;
use uuid::Uuid;

const CUSTOM: [ResourceKind; 5] = [
    ResourceKind::CustomDomain,
    ResourceKind::CustomCertificate,
    ResourceKind::CustomTlsSecret,
    ResourceKind::CustomIngress,
    ResourceKind::CustomValidation,
];

fn patch(domain: Option<&HostName>) -> SettingsPatch {
    SettingsPatch { custom_domain: Some(domain.cloned()), ..SettingsPatch::default() }
}

/// A name in the customer's zone that nobody else has.
fn host(tenant: &Wanted) -> HostName {
    with_custom_domain(tenant).custom_domain.unwrap().host
}

async fn write(name: &str, text: &str) {
    customer_dns().create(&Record::text(name, text)).await.unwrap();
}

fn fields(error: Error) -> Vec<FieldError> {
    match error {
        Error::Invalid(fields) => fields,
        other => panic!("{other:?}"),
    }
}

impl Active {
    async fn domains(&self) -> DomainView {
        self.provisioning.domains_of(&may::<ReadTenants>(&self.database).await, self.id()).await.unwrap()
    }

    async fn begin(&self, typed: &str) -> Challenge {
        let configure = may::<ConfigureTenants>(&self.database).await;
        let host = self.provisioning.begin_challenge(&configure, self.id(), typed).await.unwrap();
        self.domains().await.challenges.into_iter().find(|challenge| challenge.host == host).expect("the challenge")
    }

    async fn check(&self, host: &HostName) -> Result<(bool, String), Error> {
        self.provisioning.check_challenge(&may::<ConfigureTenants>(&self.database).await, self.id(), host.as_str()).await
    }

    async fn propose_domain(&self, host: Option<&HostName>) -> Result<Uuid, Error> {
        let configure = may::<ConfigureTenants>(&self.database).await;
        self.provisioning.propose(&configure, self.id(), Proposal::settings(patch(host), None)).await
    }

    /// A tenant on systems in memory; what the customer's DNS says is asked of the real one.
    async fn in_memory(pool: &PgPool, world: &World) -> Self {
        let (provisioning, database) = provisioning_in_memory(pool, world, 6).await;
        let name = short_name();
        let onboarded = provisioning.onboard(&may::<CreateTenants>(&database).await, draft(&name), None).await.unwrap();
        let stop = tokio_util::sync::CancellationToken::new();
        tokio::spawn(provisioning.worker("test".into()).with(quick(), None).run(stop.clone()));
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 60).await;
        Self { wanted: wanted_of(onboarded.tenant_id, &name), provisioning, database, stop }
    }
}

/// What the tenant is to have with that challenge met.
fn with(tenant: &Active, challenge: &Challenge) -> Wanted {
    let token = challenge.text.trim_start_matches("steward-challenge=").to_owned();
    Wanted { custom_domain: Some(CustomDomain { host: challenge.host.clone(), token }), ..tenant.wanted.clone() }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_custom_domain_is_proved_served_renewed_and_taken_away(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    let host = host(&tenant.wanted);
    let challenge = tenant.begin(&format!(" {}. ", host.as_str().to_uppercase())).await;
    let wanted = with(&tenant, &challenge);
    cleaning_up(std::slice::from_ref(&wanted), async {
        let site = site().await;
        assert_eq!((challenge.name.clone(), challenge.checked, challenge.expired), (format!("_steward-challenge.{host}"), None, false));
        assert_eq!(tenant.begin(host.as_str()).await.text, challenge.text, "begun twice it is the same");
        let refused = fields(tenant.propose_domain(Some(&host)).await.expect_err("not verified"));
        assert!(refused[0].field == "custom_domain" && refused[0].message.contains("is not verified yet"), "{refused:?}");

        // What is found instead is said, each in its own words.
        let (proved, words) = tenant.check(&host).await.unwrap();
        println!("{words}");
        assert!(!proved && words.ends_with("(NXDOMAIN)"), "{words}");
        write(&challenge.name, "hello").await;
        let (proved, words) = tenant.check(&host).await.unwrap();
        println!("{words}");
        assert!(!proved && words == format!("{} says \"hello\" instead", challenge.name), "{words}");
        publish(&wanted).await;
        let (proved, words) = tenant.check(&host).await.unwrap();
        assert!(proved, "{words}");
        let change = tenant.propose_domain(Some(&host)).await.unwrap();
        let configure = may::<ConfigureTenants>(&tenant.database).await;
        let view = tenant.provisioning.change_view(&may::<ReadTenants>(&tenant.database).await, tenant.id(), change).await.unwrap();
        assert_eq!(view.title, "Set custom domain");
        let plan = tenant.provisioning.plan_change(&configure, &view).await.unwrap();
        let custom: Vec<_> =
            plan.items.iter().filter(|item| item.kind.is_of_the_custom_domain()).map(|item| (item.kind, item.action)).collect();
        let [proof, made @ ..] = CUSTOM;
        let mut expected = vec![(proof, Action::Keep)];
        expected.extend(made.map(|kind| (kind, Action::Create)));
        assert_eq!(custom, expected, "{plan:#?}");
        let started = tenant.provisioning.start_change(&configure, tenant.id(), change, Some(&plan.hash)).await.unwrap();
        run_is(&tenant.provisioning, &tenant.database, started.run_id, RunState::Done, 60).await;
        everything_is_there(&wanted).await;
        let serial = served_serial(host.as_str()).await;
        let default = served_serial(&wanted.names().domain).await;
        assert_ne!(serial, default, "the default one stays, with a certificate of its own");

        let repair = may::<RepairDrift>(&tenant.database).await;
        let checked = tenant.provisioning.check_domains(&repair, tenant.id()).await.unwrap();
        println!("{checked:?}");
        assert!(checked.len() == 2 && checked.iter().all(|checked| checked.well), "{checked:?}");
        let view = tenant.domains().await;
        let custom = view.domains.iter().find(|facts| facts.domain == Domain::Custom).unwrap();
        assert_eq!(custom.certificate.as_ref().unwrap().0.serial, serial);
        let record = &custom.record.as_ref().unwrap().0;
        assert!(record.as_wanted && record.leads_to == [format!("CNAME to {}", env("STEWARD_DNS_TARGET"))], "{record:?}");

        let renewed = tenant.provisioning.renew_certificates(&repair, tenant.id()).await.unwrap();
        let started = tenant.provisioning.start_change(&repair, tenant.id(), renewed, None).await.unwrap();
        let run = run_is(&tenant.provisioning, &tenant.database, started.run_id, RunState::Done, 60).await;
        assert_eq!(run.steps.len(), 6, "both domains");
        let after = (served_serial(&wanted.names().domain).await, served_serial(host.as_str()).await);
        assert!(after.0 != default && after.1 != serial);

        // Another domain in its place: the same resources, changed.
        let second = tenant.begin(&format!("shop.{}", host.as_str())).await;
        let second_wanted = with(&tenant, &second);
        publish(&second_wanted).await;
        assert!(tenant.check(&second.host).await.unwrap().0);
        let (change, plan) = tenant.plan(&configure, Proposal::settings(patch(Some(&second.host)), None)).await.unwrap();
        let ingress = plan.items.iter().find(|item| item.kind == ResourceKind::CustomIngress).unwrap();
        let taken_off = format!("{} is no longer served; {} is, in its place", host.as_str(), second.host.as_str());
        assert_eq!((ingress.action, ingress.interrupts.as_deref()), (Action::Change, Some(taken_off.as_str())), "{ingress:#?}");
        let started = tenant.provisioning.start_change(&configure, tenant.id(), change, Some(&plan.hash)).await.unwrap();
        run_is(&tenant.provisioning, &tenant.database, started.run_id, RunState::Done, 60).await;
        everything_is_there(&second_wanted).await;
        let last = served_serial(second.host.as_str()).await;

        let run = tenant.carry_out::<ConfigureTenants>(Proposal::settings(patch(None), None)).await;
        let removed: Vec<ResourceKind> = run.steps.iter().map(|step| step.kind).collect();
        assert_eq!(removed, [ResourceKind::CustomIngress, ResourceKind::CustomTlsSecret, ResourceKind::CustomCertificate], "{run:#?}");
        for kind in CUSTOM {
            // The ingress controller hears of what is gone a moment later, and serves until then.
            until(10, &format!("{kind:?} is gone"), async || {
                let seen = resource(kind).observe(&site, &second_wanted).await.unwrap();
                seen == Observation::Absent || kind == ResourceKind::CustomDomain && seen.is_as_wanted()
            })
            .await;
        }
        assert_eq!(site.platform.openbao.is_revoked(&last).await.unwrap(), Some(true));
        everything_is_there(&tenant.wanted).await;
        assert_eq!(served_serial(&wanted.names().domain).await, after.0, "the default one was not touched");
        withdraw(&second_wanted).await;
        tenant.stop.cancel();
    })
    .await;
    withdraw(&wanted).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_another_tenant_was_given_proves_nothing_and_a_challenge_expires(pool: PgPool) {
    let world = World::new(Duration::ZERO, Duration::from_millis(60));
    let tenant = Active::in_memory(&pool, &world).await;
    let host = host(&tenant.wanted);
    let challenge = tenant.begin(host.as_str()).await;
    let theirs = with_custom_domain(&tenant.wanted);
    publish(&theirs).await;
    let (proved, words) = tenant.check(&host).await.unwrap();
    println!("{words}");
    assert!(!proved && words.contains("instead"), "{words}");
    let right = with(&tenant, &challenge);
    publish(&right).await;
    assert!(tenant.check(&host).await.unwrap().0, "beside others it counts");

    sqlx::query("update domain_challenge set expires_at = now() - interval '1 minute', verified_at = null").execute(&pool).await.unwrap();
    let refused = fields(tenant.check(&host).await.expect_err("expired"));
    assert!(refused[0].message.contains("was over on") && refused[0].message.ends_with("begin again"), "{refused:?}");
    assert!(tenant.domains().await.challenges[0].expired);
    let anew = tenant.begin(host.as_str()).await;
    assert!(anew.text != challenge.text && !anew.expired, "{anew:?}");
    assert!(!tenant.check(&host).await.unwrap().0, "what proved it before proves nothing");
    withdraw(&right).await;

    // Nobody answers: that is neither proof nor its absence.
    let mut nobody = platform_settings();
    nobody.resolver.server = Some("127.0.0.1:9".parse().unwrap());
    let (deaf, _) = provisioning_of(&pool, nobody).await;
    let configure = may::<ConfigureTenants>(&tenant.database).await;
    let (proved, words) = deaf.check_challenge(&configure, tenant.id(), host.as_str()).await.unwrap();
    println!("{words}");
    assert!(!proved && words.starts_with("No answer came from 127.0.0.1:9"), "{words}");
    for wrong in ["acme.inosec.com", "inosec.com", "192.0.2.1", "*.customer.example", "p\u{430}ypal.example", ""] {
        let refused = tenant.provisioning.begin_challenge(&configure, tenant.id(), wrong).await.expect_err(wrong);
        assert_eq!(fields(refused)[0].field, "custom_domain", "{wrong}");
    }
    tenant.stop.cancel();
}

/// Verifies a domain for a tenant on systems in memory, and proposes it.
async fn verified(tenant: &Active, world: &World, host: &HostName) -> (Wanted, Uuid) {
    let challenge = tenant.begin(host.as_str()).await;
    let wanted = with(tenant, &challenge);
    world.publish(&wanted);
    write(&challenge.name, &challenge.text).await;
    assert!(tenant.check(host).await.unwrap().0);
    (wanted, tenant.propose_domain(Some(host)).await.unwrap())
}

async fn start(provisioning: &Provisioning, tenant: &Active, change: Uuid) -> Result<Uuid, Error> {
    let configure = may::<ConfigureTenants>(&tenant.database).await;
    provisioning.start_change(&configure, tenant.id(), change, None).await.map(|started| started.run_id)
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_takes_a_domain_over_that_another_tenant_has(pool: PgPool) {
    let world = World::new(Duration::ZERO, Duration::from_millis(60));
    let (first, second) = (Active::in_memory(&pool, &world).await, Active::in_memory(&pool, &world).await);
    let host = host(&first.wanted);
    let (wanted, change) = verified(&first, &world, &host).await;
    // Both proved it, and both proposed it: the first to start has it.
    let (_, late) = verified(&second, &world, &host).await;
    let run = start(&first.provisioning, &first, change).await.unwrap();
    run_is(&first.provisioning, &first.database, run, RunState::Done, 60).await;
    let refused = fields(start(&second.provisioning, &second, late).await.expect_err("another tenant has it"));
    println!("{}", refused[0].message);
    assert!(refused[0].field == "custom_domain" && refused[0].message.contains("is another tenant's custom domain"), "{refused:?}");
    let refused = fields(second.check(&host).await.expect_err("taken"));
    assert!(refused[0].message.contains("is another tenant's"), "{refused:?}");
    let refused = fields(second.propose_domain(Some(&host)).await.expect_err("taken"));
    assert!(refused[0].message.contains("is another tenant's"), "{refused:?}");
    let configure = may::<ConfigureTenants>(&second.database).await;
    let refused = fields(second.provisioning.begin_challenge(&configure, second.id(), host.as_str()).await.expect_err("taken"));
    assert!(refused[0].message.contains("is another tenant's"), "{refused:?}");
    let has: Vec<(Uuid,)> =
        sqlx::query_as("select tenant_id from tenant_config where custom_domain = $1").bind(host.as_str()).fetch_all(&pool).await.unwrap();
    assert_eq!(has, [(first.id(),)]);
    withdraw(&wanted).await;
    first.stop.cancel();
    second.stop.cancel();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_domain_that_was_lost_since_gets_no_certificate(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    let host = host(&tenant.wanted);
    let challenge = tenant.begin(host.as_str()).await;
    let wanted = with(&tenant, &challenge);
    cleaning_up(std::slice::from_ref(&wanted), async {
        publish(&wanted).await;
        assert!(tenant.check(&host).await.unwrap().0);
        let change = tenant.propose_domain(Some(&host)).await.unwrap();
        withdraw(&wanted).await;
        let configure = may::<ConfigureTenants>(&tenant.database).await;
        let view = tenant.provisioning.change_view(&may::<ReadTenants>(&tenant.database).await, tenant.id(), change).await.unwrap();
        let plan = tenant.provisioning.plan_change(&configure, &view).await.unwrap();
        let failed: Vec<&str> =
            plan.preflight.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| check.what.as_str()).collect();
        println!("{failed:?}");
        assert!(!plan.may_run() && failed[0].contains("is not proved to be this tenant's"), "{plan:#?}");

        // It is there while it is planned, and gone before the certificate: nobody worked meanwhile.
        tenant.stop.cancel();
        publish(&wanted).await;
        let run = start(&tenant.provisioning, &tenant, change).await.unwrap();
        withdraw(&wanted).await;
        let stop = tokio_util::sync::CancellationToken::new();
        tokio::spawn(tenant.provisioning.worker("late".into()).with(quick(), None).run(stop.clone()));
        let run = run_is(&tenant.provisioning, &tenant.database, run, RunState::Stopped, 60).await;
        let step = run.steps.iter().find(|step| step.kind == ResourceKind::CustomCertificate).unwrap();
        let cause = step.cause.clone().unwrap();
        println!("{} {} {}", cause.code, cause.what, cause.helps);
        assert_eq!((step.state, cause.code.as_str()), (StepState::Stopped, "DNS-404"));
        assert!(cause.what.contains("NXDOMAIN") && cause.helps.contains(&challenge.text), "{cause:?}");
        let site = site().await;
        for kind in CUSTOM {
            assert_eq!(resource(kind).observe(&site, &wanted).await.unwrap(), Observation::Absent, "{kind:?}");
        }
        stop.cancel();
    })
    .await;
    withdraw(&wanted).await;
}
