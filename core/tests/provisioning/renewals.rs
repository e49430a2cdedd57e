//! Certificates that renew by themselves, on the real systems: lives are short here, so that two thirds of one are over within the test.

use crate::changes::Active;
use crate::world::*;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use steward_core::access::{ConfigureTenants, CreateTenants, PauseDestruction, ReadTenants, RepairDrift, SuspendTenants};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_core::error::Error;
use steward_core::platform::{Platform, PlatformSettings, Served};
use steward_core::provisioning::{DomainFacts, Domains, Proposal, Provisioning, Settings, SweepTuning};
use steward_core::tenants;
use steward_domain::change::SettingsPatch;
use steward_domain::plan::Action;
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, RunView};
use steward_domain::tenant::{AttentionKind, Status};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The PKI counts a life from half a minute before it is issued on: of such a one two thirds are over after 30 s.
const SHORT: Duration = Duration::from_secs(60);

/// A process of its own: its own connections, its own clients.
async fn process(pool: &PgPool, platform: PlatformSettings) -> (Provisioning, Database) {
    let database = Database::connect(pool.connect_options().as_ref().clone(), 6, Context::default()).await.unwrap();
    let settings = Settings { domains: Domains { certificate_life: SHORT, ..settings().domains }, ..settings() };
    let platform = Arc::new(Platform::new(platform).await.unwrap());
    (Provisioning::new(database.clone(), platform, Arc::new(settings)), database)
}

/// A tenant whose certificate soon is due, and the worker that made it.
async fn tenant(pool: &PgPool) -> Active {
    let (provisioning, database) = process(pool, platform_settings()).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&may::<CreateTenants>(&database).await, draft(&name), None).await.unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(provisioning.worker("first".into()).with(quick(), None).run(stop.clone()));
    run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 120).await;
    Active { wanted: wanted_of(onboarded.tenant_id, &name), provisioning, database, stop }
}

fn reconcile(provisioning: &Provisioning, name: &str, stop: &CancellationToken) {
    let tuning = SweepTuning { every: Duration::from_secs(2), poll: Duration::from_millis(100), ..SweepTuning::default() };
    tokio::spawn(provisioning.reconciler(name.into(), tuning).run(stop.clone()));
}

impl Active {
    async fn domain(&self) -> DomainFacts {
        let view = self.provisioning.domains_of(&may::<ReadTenants>(&self.database).await, self.id()).await.unwrap();
        view.domains.into_iter().next().expect("the default domain")
    }

    /// The serial number that is served now, if its chain holds now.
    async fn served(&self) -> Result<String, String> {
        let site = self.provisioning.site();
        let authority = site.platform.openbao.certificate_authority().await.unwrap();
        match site.platform.ingress.handshake(&self.wanted.names().domain, &authority).await {
            Ok(Served::Verified { certificate, .. }) => Ok(certificate.serial.clone()),
            other => Err(format!("{other:?}")),
        }
    }

    async fn renewals(&self, pool: &PgPool) -> Vec<(Uuid, String)> {
        sqlx::query_as("select id, state from run where tenant_id = $1 and kind = 'renew' order by number")
            .bind(self.id())
            .fetch_all(pool)
            .await
            .unwrap()
    }

    async fn attention_of(&self) -> Option<(AttentionKind, String)> {
        let view = tenants::view(&self.database, &may::<ReadTenants>(&self.database).await, self.id()).await.unwrap();
        view.attention.map(|attention| (attention.kind, attention.text))
    }

    /// Shakes hands again and again until another certificate than this is served, and says how many handshakes there were, how many of
    /// them failed, and the new one.
    async fn until_another_is_served(&self, old: &str, seconds: u64) -> (usize, Vec<String>, String) {
        let end = Instant::now() + Duration::from_secs(seconds);
        let (mut made, mut failed) = (0, Vec::new());
        let mut new = None;
        let mut after = 0;
        // Some more once it is there: a failure may come late.
        while after < 40 {
            made += 1;
            match self.served().await {
                Ok(serial) if serial == old && new.is_none() => {}
                Ok(serial) if serial == old => failed.push("the old one again".to_owned()),
                Ok(serial) => {
                    after += 1;
                    new = Some(serial);
                }
                Err(why) => failed.push(why),
            }
            assert!(Instant::now() < end, "still {old} after {seconds} s and {made} handshakes");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        (made, failed, new.expect("a new one"))
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_certificate_renews_by_itself_once_and_no_handshake_fails_meanwhile(pool: PgPool) {
    let tenant = tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let old = tenant.served().await.unwrap();
        // Two processes, each with a reconciler and a worker.
        let (other, _) = process(&pool, platform_settings()).await;
        tokio::spawn(other.worker("second".into()).with(quick(), None).run(tenant.stop.clone()));
        reconcile(&tenant.provisioning, "first", &tenant.stop);
        reconcile(&other, "second", &tenant.stop);
        let (made, failed, new) = tenant.until_another_is_served(&old, 90).await;
        println!("renewed by itself: serial {old} → {new}; {made} handshakes meanwhile, {} failed", failed.len());
        assert_eq!(failed, Vec::<String>::new());
        until(10, "the run is done", || async { tenant.renewals(&pool).await.iter().all(|(_, state)| state == "done") }).await;
        let runs = tenant.renewals(&pool).await;
        assert_eq!(runs.len(), 1, "two processes renew once: {runs:?}");
        let read = may::<ReadTenants>(&tenant.database).await;
        let run: RunView = tenant.provisioning.run_view(&read, runs[0].0).await.unwrap();
        let chain = [ResourceKind::Certificate, ResourceKind::TlsSecret, ResourceKind::Validation];
        assert_eq!(run.steps.iter().map(|step| step.kind).collect::<Vec<_>>(), chain);

        // What the page shows comes from looks, the one before included; what was due was never on the board.
        until(15, "the new one was looked at", || async {
            let facts = tenant.domain().await;
            facts.certificate.is_some_and(|(kept, _)| kept.serial == new)
                && facts.handshake.is_some_and(|(seen, _)| seen.serial.as_deref() == Some(&new))
        })
        .await;
        let facts = tenant.domain().await;
        let (kept, _) = facts.certificate.clone().unwrap();
        assert_eq!(facts.replaced.map(|(serial, _)| serial).as_deref(), Some(old.as_str()));
        assert_eq!((kept.key_algorithm.as_str(), kept.revoked, kept.names), ("ECDSA P-256", false, vec![tenant.wanted.names().domain]));
        assert_eq!(kept.fingerprint.len(), 95, "{}", kept.fingerprint);
        let (handshake, _) = facts.handshake.unwrap();
        assert!(handshake.holds && handshake.result == "TLS 1.3, chain verified", "{handshake:?}");
        assert!(
            facts
                .record
                .is_some_and(|(record, _)| record.as_wanted && record.leads_to == [format!("CNAME to {}", env("STEWARD_DNS_TARGET"))])
        );
        let found: i64 =
            sqlx::query_scalar("select count(*) from audit_intake where action = 'drift.found'").fetch_one(&pool).await.unwrap();
        assert_eq!(found, 0, "a certificate that is due is no drift");
        let openbao = &tenant.provisioning.site().platform.openbao;
        assert_eq!(openbao.is_revoked(&old).await.unwrap(), Some(true), "the old one holds no longer once it is not served");
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_suspended_tenant_renews_too_while_destructive_work_is_paused_but_not_beside_another_run(pool: PgPool) {
    let tenant = tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let old = tenant.served().await.unwrap();
        tenant.carry_out::<SuspendTenants>(Proposal::suspension(true, None)).await;
        assert_eq!(tenant.status().await, Status::Suspended);
        let pause = may::<PauseDestruction>(&tenant.database).await;
        tenant.provisioning.pause_destruction(&pause, "A test").await.unwrap();
        // A run that removes something is open, and waits for the end of the pause.
        let without = SettingsPatch { without: Some([ResourceKind::Dashboard].into()), ..SettingsPatch::default() };
        let configure = may::<ConfigureTenants>(&tenant.database).await;
        let change = tenant.provisioning.propose(&configure, tenant.id(), Proposal::settings(without, None)).await.unwrap();
        let open = tenant.provisioning.start_change(&configure, tenant.id(), change, None).await.unwrap();
        reconcile(&tenant.provisioning, "first", &tenant.stop);
        tokio::time::sleep(Duration::from_secs(31)).await;
        assert_eq!(tenant.renewals(&pool).await, [], "not beside another run");
        assert_eq!(tenant.served().await.as_deref(), Ok(old.as_str()));
        let cancel = may::<steward_core::access::CancelRuns>(&tenant.database).await;
        tenant.provisioning.cancel_run(&cancel, open.run_id).await.unwrap();
        let (made, failed, new) = tenant.until_another_is_served(&old, 25).await;
        println!("renewed while suspended and paused: {old} → {new}; {made} handshakes, {} failed", failed.len());
        assert_eq!(failed, Vec::<String>::new());
        assert_eq!(tenant.status().await, Status::Suspended);
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_renewal_that_fails_is_told_with_whose_job_it_is_and_tried_again_by_itself(pool: PgPool) {
    let tenant = tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let old = tenant.served().await.unwrap();
        tenant.stop.cancel();
        // Its right to issue is gone.
        let mut without_right = platform_settings();
        without_right.openbao.pki_role = "no-such-role".into();
        let (failing, _) = process(&pool, without_right).await;
        let stop = CancellationToken::new();
        tokio::spawn(failing.worker("failing".into()).with(quick(), None).run(stop.clone()));
        reconcile(&failing, "failing", &stop);
        until(60, "it is told", || async { tenant.attention_of().await.is_some_and(|(kind, _)| kind == AttentionKind::Expiring) }).await;
        let (_, text) = tenant.attention_of().await.unwrap();
        println!("attention: {text}");
        assert!(text.starts_with("Certificate expires in ") && text.contains(" s, renewal failed: OpenBao does not allow"), "{text}");
        assert!(text.ends_with("(DevOps)"), "{text}");
        let view = tenant.provisioning.domains_of(&may::<ReadTenants>(&tenant.database).await, tenant.id()).await.unwrap();
        let told = view.failing.expect("a failure");
        assert!(told.next_try_at.is_some() && told.failures >= 1, "{told:?}");
        assert_eq!(tenant.served().await.as_deref(), Ok(old.as_str()), "the old one serves until then");
        stop.cancel();

        // Somebody gave the right back: the same run goes on, and nobody had to press anything.
        let (mended, _) = process(&pool, platform_settings()).await;
        let stop = CancellationToken::new();
        tokio::spawn(mended.worker("mended".into()).with(quick(), None).run(stop.clone()));
        reconcile(&mended, "mended", &stop);
        let (_, failed, new) = tenant.until_another_is_served(&old, 30).await;
        assert_eq!(failed, Vec::<String>::new());
        assert_ne!(new, old);
        assert_eq!(tenant.renewals(&pool).await.len(), 1);
        until(15, "nothing is wrong any more", || async { tenant.attention_of().await.is_none() }).await;
        stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn renewed_at_a_persons_word_it_is_a_run_that_was_reviewed(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let repair = may::<RepairDrift>(&tenant.database).await;
        let checked = tenant.provisioning.check_domains(&repair, tenant.id()).await.unwrap();
        println!("checked now: {checked:?}");
        assert!(checked.len() == 1 && checked[0].well, "{checked:?}");
        let old = tenant.served().await.unwrap();
        assert!(checked[0].handshake.contains(&old), "{checked:?}");

        let change = tenant.provisioning.renew_certificates(&repair, tenant.id()).await.unwrap();
        let view = tenant.provisioning.change_view(&may::<ReadTenants>(&tenant.database).await, tenant.id(), change).await.unwrap();
        assert_eq!(view.title, "Renew certificate");
        let plan = tenant.provisioning.plan_change(&repair, &view).await.unwrap();
        let chain = [ResourceKind::Certificate, ResourceKind::TlsSecret, ResourceKind::Validation];
        assert_eq!(plan.items.iter().map(|item| (item.kind, item.action)).collect::<Vec<_>>(), chain.map(|kind| (kind, Action::Change)));
        let difference = &plan.items[0].differences[0];
        assert_eq!(
            (difference.field.as_str(), difference.seen.as_str(), difference.wanted.as_str()),
            ("renewal", &*format!("serial {old}"), "a new one")
        );
        let started = tenant.provisioning.start_change(&repair, tenant.id(), change, Some(&plan.hash)).await.unwrap();
        let (_, failed, new) = tenant.until_another_is_served(&old, 60).await;
        assert_eq!(failed, Vec::<String>::new());
        run_is(&tenant.provisioning, &tenant.database, started.run_id, RunState::Done, 30).await;
        assert_ne!(new, old);

        // Who may not repair may not renew, whichever door.
        let refused = tenant
            .provisioning
            .propose(
                &may::<ConfigureTenants>(&tenant.database).await,
                tenant.id(),
                Proposal::renewal([(ResourceKind::Certificate, new)].into()),
            )
            .await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        tenant.stop.cancel();
    })
    .await;
}
