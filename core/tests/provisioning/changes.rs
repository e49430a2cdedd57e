//! Changes of a tenant: limits, features, suspension, resources taken away, creations rolled back.

use crate::contract::{PASSWORD, password_grant, somebody_in};
use crate::world::*;
use k8s_openapi::api::core::v1::{Namespace, ResourceQuota};
use serde_json::json;
use sqlx::PgPool;
use std::collections::BTreeSet;
use steward_core::access::{
    Authority, CancelRuns, ConfigureTenants, CreateTenants, PauseDestruction, ReadTenants, Right, RollBackTenants, SuspendTenants,
};
use steward_core::database::Database;
use steward_core::error::{Error, Result};
use steward_core::provisioning::resources::resource;
use steward_core::provisioning::{Proposal, Provisioning, Wanted};
use steward_core::tenants::{self, theme};
use steward_domain::change::SettingsPatch;
use steward_domain::contrast::Colour;
use steward_domain::features::{Feature, Features};
use steward_domain::limits::Limits;
use steward_domain::plan::{Action, Plan, Verdict};
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, RunView, StepAction, StepState};
use steward_domain::tenant::Status;
use steward_domain::theme::{Font, LogoRef, Theme};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A tenant that is active, and a worker for whatever comes next.
pub struct Active {
    pub provisioning: Provisioning,
    pub database: Database,
    pub wanted: Wanted,
    pub stop: CancellationToken,
}

impl Active {
    pub async fn tenant(pool: &PgPool) -> Self {
        let (provisioning, database) = provisioning(pool).await;
        let create = may::<CreateTenants>(&database).await;
        let name = short_name();
        let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(provisioning.worker("test".into()).with(quick(), None).run(stop.clone()));
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 120).await;
        Self { wanted: wanted_of(onboarded.tenant_id, &name), provisioning, database, stop }
    }

    pub fn id(&self) -> Uuid {
        self.wanted.tenant_id
    }

    pub async fn plan<R: Right>(&self, authority: &Authority<R>, proposal: Proposal) -> Result<(Uuid, Plan)> {
        let change = self.provisioning.propose(authority, self.id(), proposal).await?;
        let view = self.provisioning.change_view(&may::<ReadTenants>(&self.database).await, self.id(), change).await?;
        Ok((change, self.provisioning.plan_change(authority, &view).await?))
    }

    pub async fn carry_out<R: Right>(&self, proposal: Proposal) -> RunView {
        let authority = may::<R>(&self.database).await;
        let (change, plan) = self.plan(&authority, proposal).await.unwrap();
        assert!(plan.may_run(), "{plan:#?}");
        let started = self.provisioning.start_change(&authority, self.id(), change, Some(&plan.hash)).await.unwrap();
        let again = self.provisioning.start_change(&authority, self.id(), change, Some(&plan.hash)).await.unwrap();
        assert_eq!((again.run_id, again.already), (started.run_id, true), "pressed twice");
        run_is(&self.provisioning, &self.database, started.run_id, RunState::Done, 120).await
    }

    pub async fn status(&self) -> Status {
        tenants::view(&self.database, &may::<ReadTenants>(&self.database).await, self.id()).await.unwrap().status
    }
}

fn limits(cpu: u32) -> SettingsPatch {
    SettingsPatch { limits: Some(Limits { cpu, ..Limits::default_for(false) }), ..SettingsPatch::default() }
}

fn actions(plan: &Plan, action: Action) -> Vec<ResourceKind> {
    plan.items.iter().filter(|item| item.action == action).map(|item| item.kind).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn changed_limits_reach_the_quota_and_nothing_else_is_touched(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let configure = may::<ConfigureTenants>(&tenant.database).await;
        let (change, plan) = tenant.plan(&configure, Proposal::settings(limits(6), None)).await.unwrap();
        assert_eq!(actions(&plan, Action::Change), [ResourceKind::ResourceQuota, ResourceKind::Dashboard]);
        assert_eq!(plan.count(Action::Keep), of_every_tenant().count() - 2);
        let quota = plan.items.iter().find(|item| item.kind == ResourceKind::ResourceQuota).unwrap();
        let differences: Vec<String> = quota.differences.iter().map(|d| format!("{} {} {}", d.field, d.seen, d.wanted)).collect();
        assert_eq!(differences, ["spec.hard.requests.cpu 4 6"]);
        let other = tenant.provisioning.start_change(&configure, tenant.id(), change, Some("another")).await;
        assert!(matches!(other, Err(Error::PlanChanged(again)) if again.hash == plan.hash));
        // Somebody without the permission that the change takes.
        let suspend = may::<SuspendTenants>(&tenant.database).await;
        assert!(matches!(tenant.provisioning.start_change(&suspend, tenant.id(), change, None).await, Err(Error::Refused(_))));

        let run = tenant.carry_out::<ConfigureTenants>(Proposal::settings(limits(6), None)).await;
        assert_eq!(run.title, "Change limits");
        assert_eq!(run.steps.iter().map(|step| step.kind).collect::<Vec<_>>(), [ResourceKind::ResourceQuota, ResourceKind::Dashboard]);
        let site = site().await;
        let kubernetes = &site.platform.kubernetes;
        let found = kubernetes.namespaced::<ResourceQuota>(&tenant.wanted.names().namespace).get("tenant").await.unwrap();
        assert_eq!(found.spec.unwrap().hard.unwrap()["requests.cpu"].0, "6");
        let nothing = tenant.plan(&configure, Proposal::settings(limits(6), None)).await;
        assert!(matches!(nothing, Err(Error::Conflict { code: "TEN-414", .. })), "{nothing:?}");

        let modules = SettingsPatch { features: Some(Features::new(&[Feature::Crm])), ..SettingsPatch::default() };
        tenant.carry_out::<ConfigureTenants>(Proposal::settings(modules, None)).await;
        let namespace = kubernetes.cluster::<Namespace>().get(&tenant.wanted.names().namespace).await.unwrap();
        let label = |name: &str| namespace.metadata.labels.as_ref().unwrap()[&format!("steward.inosec.com/{name}")].clone();
        assert_eq!([label("crm_enabled"), label("erp_enabled"), label("ml_enabled")], ["true", "false", "false"]);
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn limits_below_what_is_used_take_a_persons_word_and_it_is_said_what_becomes_of_what_is_there(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let (configure, read) = (may::<ConfigureTenants>(&tenant.database).await, may::<ReadTenants>(&tenant.database).await);
        let namespace = tenant.wanted.names().namespace;
        let storage = async || tenant.provisioning.usage_of(&read, tenant.id()).await.unwrap().figures.unwrap()[2];
        let claim = |name: &str, size: &str| {
            let claim = json!({
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": name, "namespace": namespace },
                "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": size } } },
            });
            kubectl(&["create", "--filename", "-"], &claim.to_string())
        };
        until(30, "Kubernetes counts", || async { storage().await.in_force == Some(200.0) }).await;
        claim("data", "5Gi").unwrap();
        until(30, "what is claimed counts", || async { storage().await.used == Some(5.0) }).await;

        let lower = || SettingsPatch { limits: Some(Limits { storage_gib: 4, ..Limits::default_for(false) }), ..SettingsPatch::default() };
        let refused = tenant.plan(&configure, Proposal::settings(lower(), None)).await;
        let Err(Error::Invalid(fields)) = refused else { panic!("{refused:?}") };
        let fields: Vec<(&str, &str)> = fields.iter().map(|field| (field.field.as_str(), field.message.as_str())).collect();
        let words = "Storage: 4 GiB is less than the 5 GiB in use";
        assert_eq!(fields, [("storage_gib", &*format!("{words}. Enter more, or agree to going below what is used"))]);

        let agreed = Proposal { below_use: true, ..Proposal::settings(lower(), None) };
        let (_, plan) = tenant.plan(&configure, agreed.clone()).await.unwrap();
        let looked_at: Vec<&str> =
            plan.preflight.iter().filter(|check| check.verdict == Verdict::Look).map(|check| check.what.as_str()).collect();
        assert_eq!(looked_at, [format!("{words}. What runs goes on; whatever is new or grows is refused")]);
        tenant.carry_out::<ConfigureTenants>(agreed).await;

        // It becomes of it what was said.
        until(30, "the lower limit is in force", || async { storage().await.in_force == Some(4.0) }).await;
        let more = claim("more", "1Gi").unwrap_err();
        assert!(more.contains("exceeded quota: tenant"), "{more}");
        assert_eq!(kubectl(&["get", "pvc", "--namespace", &namespace, "--output", "name"], "").unwrap(), "persistentvolumeclaim/data\n");
        assert_eq!((storage().await.used, storage().await.percent()), (Some(5.0), Some(125)));
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_theme_reaches_the_realm_as_a_version_that_can_be_brought_back(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let configure = may::<ConfigureTenants>(&tenant.database).await;
        let mark = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0" /></svg>"#;
        let stored = theme::store_logo(&tenant.database, &configure, tenant.id(), "mark.svg", mark).await.unwrap().logo;
        let themed = |theme: &Theme| Proposal::settings(SettingsPatch { theme: Some(theme.clone()), ..SettingsPatch::default() }, None);
        let first = Theme { primary: Colour::of(0x96, 0x71, 0x03), logo: Some(stored.clone()), ..Theme::default() };
        let (_, plan) = tenant.plan(&configure, themed(&first)).await.unwrap();
        assert_eq!(actions(&plan, Action::Change), [ResourceKind::Realm]);
        let run = tenant.carry_out::<ConfigureTenants>(themed(&first)).await;
        assert_eq!((run.title.as_str(), run.steps.len()), ("Change branding", 1));
        let site = site().await;
        let realm = tenant.wanted.names().realm;
        let attributes = async || site.platform.keycloak.get(&format!("/{realm}")).await.unwrap().success().unwrap()["attributes"].clone();
        let shown = attributes().await;
        assert_eq!(shown["steward.theme.primary"], "#967103");
        assert_eq!(shown["steward.theme.logo"], format!("https://steward.example/logos/{}", stored.hash));

        let second = Theme { font: Font::Serif, ..Theme::default() };
        tenant.carry_out::<ConfigureTenants>(themed(&second)).await;
        let shown = attributes().await;
        assert_eq!([&shown["steward.theme.font"], &shown["steward.theme.logo"]], ["serif", "none"]);
        let kept = theme::themes(&tenant.database, &configure, tenant.id()).await.unwrap();
        assert_eq!(kept.current, second);
        assert_eq!(kept.versions.iter().map(|kept| (kept.version, &kept.theme)).collect::<Vec<_>>(), [(2, &second), (1, &first)]);
        tenant.carry_out::<ConfigureTenants>(themed(&kept.versions[1].theme)).await;
        assert_eq!(attributes().await["steward.theme.primary"], "#967103");
        assert_eq!(theme::themes(&tenant.database, &configure, tenant.id()).await.unwrap().versions.len(), 3);

        // A logo of nobody's, one under another name, and colours that cannot be read: whoever sends them.
        for logo in [LogoRef { hash: "0".repeat(64), ..stored.clone() }, LogoRef { name: "<script>".into(), ..stored.clone() }] {
            let refused = tenant.plan(&configure, themed(&Theme { logo: Some(logo), ..Theme::default() })).await;
            assert!(matches!(refused, Err(Error::Conflict { code: "TEN-418", .. })), "{refused:?}");
        }
        let faint = tenant.plan(&configure, themed(&Theme { primary: Colour::of(0xF2, 0xB7, 0x05), ..Theme::default() })).await;
        assert!(matches!(faint, Err(Error::Invalid(_))), "{faint:?}");
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn two_who_change_the_same_setting_see_both_versions(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let configure = may::<ConfigureTenants>(&tenant.database).await;
        let read = may::<ReadTenants>(&tenant.database).await;
        let provisioning = &tenant.provisioning;
        let version = tenants::view(&tenant.database, &read, tenant.id()).await.unwrap().version;
        let later = provisioning.propose(&configure, tenant.id(), Proposal::settings(limits(8), Some(version))).await.unwrap();
        let beside = SettingsPatch { name: Some("Renamed Ltd".into()), ..SettingsPatch::default() };
        let beside = provisioning.propose(&configure, tenant.id(), Proposal::settings(beside, Some(version))).await.unwrap();
        tenant.carry_out::<ConfigureTenants>(Proposal::settings(limits(6), Some(version))).await;

        let view = provisioning.change_view(&read, tenant.id(), later).await.unwrap();
        let (both, who) = view.conflict.clone().unwrap();
        assert_eq!(who, "Ola Ops");
        assert_eq!(
            (both[0].label.as_str(), both[0].base.as_str(), both[0].theirs.as_str(), both[0].mine.as_str()),
            ("CPU", "4 cores", "6 cores", "8 cores")
        );
        let refused = provisioning.start_change(&configure, tenant.id(), later, None).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "TEN-415", .. })), "{refused:?}");
        // Another setting is not in the way.
        assert_eq!(provisioning.change_view(&read, tenant.id(), beside).await.unwrap().conflict, None);

        provisioning.insist_on_change(&configure, tenant.id(), later).await.unwrap();
        let started = provisioning.start_change(&configure, tenant.id(), later, None).await.unwrap();
        run_is(provisioning, &tenant.database, started.run_id, RunState::Done, 60).await;
        let now = tenants::view(&tenant.database, &read, tenant.id()).await.unwrap();
        assert_eq!((now.config.unwrap().limits.cpu, now.version), (8, version + 2));
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_suspended_tenant_lets_nobody_in_and_resumes_exactly_as_it_was(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let site = site().await;
        let realm = tenant.wanted.names().realm;
        let keycloak = &site.platform.keycloak;
        let shown = async || keycloak.get(&format!("/{realm}")).await.unwrap().success().unwrap();
        // Somebody is signed in, by a way that is open for that moment alone.
        let person = somebody_in(&site, &realm).await;
        for flow in ["direct grant", "no-direct-grant"] {
            keycloak.put(&format!("/{realm}"), &json!({ "directGrantFlow": flow })).await.unwrap().success().unwrap();
            if flow == "direct grant" {
                assert_eq!(password_grant(&realm, "somebody", PASSWORD).await, (200, true));
            }
        }
        let sessions = async || {
            let open = keycloak.get(&format!("/{realm}/users/{person}/sessions")).await.unwrap().success().unwrap();
            open.as_array().unwrap().len()
        };
        assert_eq!(sessions().await, 1);
        let before = shown().await;
        let run = tenant.carry_out::<SuspendTenants>(Proposal::suspension(true, Some("unpaid".into()))).await;
        assert_eq!(run.steps.iter().map(|step| step.kind).collect::<Vec<_>>(), [ResourceKind::Realm]);
        assert_eq!(tenant.status().await, Status::Suspended);
        let closed = shown().await;
        assert_eq!(closed["enabled"], false);
        assert!(closed["notBefore"].as_i64().unwrap() > before["notBefore"].as_i64().unwrap());
        assert_eq!(sessions().await, 0, "while it is suspended");
        let url = format!("{}/realms/{realm}/.well-known/openid-configuration", env("KEYCLOAK_URL"));
        let page = steward_core::platform::http::client().unwrap().get(url).send().await.unwrap();
        println!("the realm's public face answers {}", page.status());
        let again = tenant.plan(&may::<SuspendTenants>(&tenant.database).await, Proposal::suspension(true, None)).await;
        assert!(matches!(again, Err(Error::Conflict { code: "TEN-413", .. })), "{again:?}");

        tenant.carry_out::<SuspendTenants>(Proposal::suspension(false, None)).await;
        assert_eq!(tenant.status().await, Status::Active);
        assert_eq!(sessions().await, 0, "a realm that is opened again revives the sessions that were not ended");
        let mut opened = shown().await;
        opened["notBefore"] = before["notBefore"].clone();
        assert_eq!(opened, before, "everything but the moment before which tokens do not count");
        everything_is_there(&tenant.wanted).await;
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn one_resource_is_taken_away_and_brought_back(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let without = |kinds: &[ResourceKind]| SettingsPatch {
            without: Some(kinds.iter().copied().collect::<BTreeSet<_>>()),
            ..SettingsPatch::default()
        };
        let configure = may::<ConfigureTenants>(&tenant.database).await;
        let needed = tenant.plan(&configure, Proposal::settings(without(&[ResourceKind::Folder]), None)).await;
        assert!(matches!(needed, Err(Error::Invalid(_))), "{needed:?}");

        // Nothing is removed while destructive work is paused.
        let pause = may::<PauseDestruction>(&tenant.database).await;
        tenant.provisioning.pause_destruction(&pause, "an incident").await.unwrap();
        let (change, plan) = tenant.plan(&configure, Proposal::settings(without(&[ResourceKind::Dashboard]), None)).await.unwrap();
        assert_eq!(actions(&plan, Action::Remove), [ResourceKind::Dashboard]);
        let started = tenant.provisioning.start_change(&configure, tenant.id(), change, Some(&plan.hash)).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        let held = tenant.provisioning.run_view(&may::<ReadTenants>(&tenant.database).await, started.run_id).await.unwrap();
        assert_eq!((held.steps[0].state, held.steps[0].action), (StepState::Ready, StepAction::Remove));
        tenant.provisioning.resume_destruction(&pause).await.unwrap();
        run_is(&tenant.provisioning, &tenant.database, started.run_id, RunState::Done, 60).await;
        let site = site().await;
        assert!(is_absent(&resource(ResourceKind::Dashboard).observe(&site, &tenant.wanted).await.unwrap()));
        let rows = tenant.provisioning.resources_of(&may::<ReadTenants>(&tenant.database).await, tenant.id()).await.unwrap();
        assert_eq!(rows.iter().find(|row| row.kind == ResourceKind::Dashboard).unwrap().state, "removed");

        tenant.carry_out::<ConfigureTenants>(Proposal::settings(without(&[]), None)).await;
        everything_is_there(&tenant.wanted).await;
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_creation_that_was_cancelled_is_rolled_back_without_a_trace(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let read = may::<ReadTenants>(&database).await;
    let name = short_name();
    let typed = draft(&name);
    let onboarded = provisioning.onboard(&create, typed.clone(), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        let tenant = Active {
            provisioning: provisioning.clone(),
            database: database.clone(),
            wanted: wanted.clone(),
            stop: CancellationToken::new(),
        };
        let stop = CancellationToken::new();
        let worker = tokio::spawn(provisioning.worker("first".into()).with(quick(), None).run(stop.clone()));
        until(60, "the realm is there", || async {
            sqlx::query_scalar::<_, i64>("select count(*) from run_step where kind = 'realm' and state = 'done'")
                .fetch_one(&pool)
                .await
                .unwrap()
                == 1
        })
        .await;
        provisioning.cancel_run(&may::<CancelRuns>(&database).await, onboarded.run_id).await.unwrap();
        let view = run_is(&provisioning, &database, onboarded.run_id, RunState::Cancelled, 60).await;
        assert!(view.steps.iter().all(|step| matches!(step.state, StepState::Done | StepState::Cancelled)), "{view:#?}");
        assert!(view.count(StepState::Cancelled) > 0);
        stop.cancel();
        worker.await.unwrap();
        assert_eq!(tenant.status().await, Status::Provisioning);

        tokio::spawn(provisioning.worker("second".into()).with(quick(), None).run(tenant.stop.clone()));
        let roll_back = may::<RollBackTenants>(&database).await;
        let (change, plan) = tenant.plan(&roll_back, Proposal::roll_back()).await.unwrap();
        let unsure = provisioning.start_roll_back(&roll_back, tenant.id(), change, Some(&plan.hash), "another").await;
        assert!(matches!(&unsure, Err(Error::Invalid(fields)) if fields[0].field == "short_name"), "{unsure:?}");
        let unsaid = provisioning.start_change(&roll_back, tenant.id(), change, Some(&plan.hash)).await;
        assert!(matches!(unsaid, Err(Error::Invalid(_))), "{unsaid:?}");
        let started = provisioning.start_roll_back(&roll_back, tenant.id(), change, Some(&plan.hash), &name).await.unwrap();
        let run = run_is(&provisioning, &database, started.run_id, RunState::Done, 120).await;
        assert!(run.steps.iter().all(|step| step.action == StepAction::Remove));
        let site = site().await;
        for kind in ResourceKind::ALL {
            let seen = resource(kind).observe(&site, &wanted).await.unwrap();
            assert!(is_absent(&seen), "{kind:?}: {seen:?}");
        }
        let kept = tenants::draft(&database, &create, onboarded.tenant_id).await.unwrap().draft;
        assert_eq!(kept.check().unwrap(), typed.check().unwrap(), "what was typed is not lost");

        // And from there it can be created after all.
        let started = provisioning.start_onboarding(&create, onboarded.tenant_id, None).await.unwrap();
        assert!(!started.already);
        run_is(&provisioning, &database, started.run_id, RunState::Done, 120).await;
        everything_is_there(&wanted).await;
        assert_eq!(tenants::view(&database, &read, onboarded.tenant_id).await.unwrap().status, Status::Active);
        tenant.stop.cancel();
    })
    .await;
}
