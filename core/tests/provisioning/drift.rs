//! The drift board on the real systems: whatever is changed by hand is found, said, and put right only when it is to be.

use crate::changes::Active;
use crate::world::*;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::time::Duration;
use steward_core::access::{ConfigureTenants, ReadTenants, RepairDrift};
use steward_core::error::Error;
use steward_core::platform::KeycloakSettings;
use steward_core::provisioning::{BoardFilter, DriftRow, Proposal, Provisioning, SweepTuning, TenantBoard};
use steward_core::tenants;
use steward_domain::change::SettingsPatch;
use steward_domain::drift::{Decision, Finding};
use steward_domain::limits::Limits;
use steward_domain::moment;
use steward_domain::plan::Action;
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunState;
use steward_domain::tenant::AttentionKind;
use steward_in_process::World;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

fn sweeping(every: Duration) -> SweepTuning {
    SweepTuning { every, poll: Duration::from_millis(100), watched_pause: Duration::from_millis(200), ..SweepTuning::default() }
}

/// Never by the sweep, once it has looked for the first time: what is found then was watched.
const RARELY: Duration = Duration::from_secs(3600);
const OFTEN: Duration = Duration::from_millis(500);

fn reconcile(provisioning: &Provisioning, every: Duration, stop: &CancellationToken) {
    tokio::spawn(provisioning.reconciler("test".into(), sweeping(every)).run(stop.clone()));
}

fn by_hand(arguments: &[&str]) {
    kubectl(arguments, "").unwrap();
}

async fn keycloak_admin(method: reqwest::Method, path: &str, body: &Value) {
    let client = steward_core::platform::http::client().unwrap();
    let form = [
        ("grant_type", "password".to_owned()),
        ("client_id", "admin-cli".to_owned()),
        ("username", env("KEYCLOAK_ADMIN_USER")),
        ("password", env("KEYCLOAK_ADMIN_PASSWORD")),
    ];
    let url = format!("{}/realms/master/protocol/openid-connect/token", env("KEYCLOAK_URL"));
    let token: Value = client.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    let url = format!("{}/admin/realms{path}", env("KEYCLOAK_URL"));
    let reply = client.request(method, url).bearer_auth(token["access_token"].as_str().unwrap()).json(body).send().await.unwrap();
    assert!(reply.status().is_success(), "{path}: {}", reply.status());
}

impl Active {
    async fn board(&self) -> TenantBoard {
        self.provisioning.drift_of(&may::<ReadTenants>(&self.database).await, self.id()).await.unwrap()
    }

    async fn row(&self, kind: ResourceKind) -> Option<DriftRow> {
        self.board().await.rows.into_iter().find(|row| row.kind == kind)
    }

    /// Waits until a kind is on the board as `is` says, and gives the row.
    async fn on_board(&self, kind: ResourceKind, is: impl Fn(&DriftRow) -> bool) -> DriftRow {
        until(60, &format!("{kind:?} is on the board"), || async { self.row(kind).await.is_some_and(|row| is(&row)) }).await;
        self.row(kind).await.unwrap()
    }

    async fn looked_at(&self) {
        until(60, "it was looked at", || async { self.board().await.looked_at.is_some() }).await;
    }

    /// Repairs what is on the board, all of it or these kinds, and waits for the run's end.
    async fn repair(&self, kinds: Option<BTreeSet<ResourceKind>>) -> steward_domain::run::RunView {
        let authority = may::<RepairDrift>(&self.database).await;
        let change = self.provisioning.repair_drift(&authority, self.id(), kinds).await.unwrap();
        let started = self.provisioning.start_change(&authority, self.id(), change, None).await.unwrap();
        run_is(&self.provisioning, &self.database, started.run_id, RunState::Done, 60).await
    }

    async fn attention(&self) -> Option<(AttentionKind, String)> {
        let view = tenants::view(&self.database, &may::<ReadTenants>(&self.database).await, self.id()).await.unwrap();
        view.attention.map(|attention| (attention.kind, attention.text))
    }

    async fn entries(&self, pool: &PgPool, action: &str) -> Vec<(String, Value)> {
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("select object_id, body from audit_intake where action = $1 and tenant_id = $2 order by occurred_at, id")
                .bind(action)
                .bind(self.id())
                .fetch_all(pool)
                .await
                .unwrap();
        rows.into_iter().map(|(kind, body)| (kind, serde_json::from_slice::<Value>(&body).unwrap()["detail"].clone())).collect()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_changed_by_hand_in_kubernetes_is_on_the_board_within_a_minute_and_a_repair_takes_it_off(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        reconcile(&tenant.provisioning, RARELY, &tenant.stop);
        tenant.looked_at().await;
        assert_eq!(tenant.board().await.rows, []);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let namespace = tenant.wanted.names().namespace;
        let began = Instant::now();
        by_hand(&["delete", "networkpolicy", "tenant", "--namespace", &namespace]);
        let row = tenant.on_board(ResourceKind::NetworkPolicy, |_| true).await;
        let noticed = began.elapsed();
        println!("a network policy deleted with kubectl is on the board after {} ms", noticed.as_millis());
        assert!(noticed <= Duration::from_secs(60));
        assert_eq!((row.finding, row.decision, row.changed_by), (Finding::Absent, Decision::Open, None));

        let began = Instant::now();
        let raise = r#"{"spec":{"hard":{"requests.cpu":"64"}}}"#;
        by_hand(&["patch", "resourcequota", "tenant", "--namespace", &namespace, "--type", "merge", "--patch", raise]);
        let row = tenant.on_board(ResourceKind::ResourceQuota, |_| true).await;
        println!("a quota changed with kubectl is on the board after {} ms", began.elapsed().as_millis());
        assert!(began.elapsed() <= Duration::from_secs(60));
        let fields: Vec<String> = row.differences.iter().map(|d| format!("{} {} {}", d.field, d.seen, d.wanted)).collect();
        assert_eq!((row.finding, fields), (Finding::Differs, vec!["spec.hard.requests.cpu 64 4".to_owned()]));
        assert_eq!(row.changed_by.as_deref(), Some("kubectl-patch"));
        assert!(row.changed_at.is_some());
        let (kind, text) = tenant.attention().await.unwrap();
        assert_eq!((kind, text.starts_with("Drift, 2 resources since ")), (AttentionKind::Drift, true), "{text}");
        let found = tenant.entries(&pool, "drift.found").await;
        assert_eq!(found[1].1["spec.hard.requests.cpu"], json!({ "before": "4", "after": "64" }), "{found:#?}");

        let began = Instant::now();
        by_hand(&["delete", "ingress", "tenant", "--namespace", &namespace]);
        tenant.on_board(ResourceKind::Ingress, |row| row.finding == Finding::Absent).await;
        println!("an Ingress deleted with kubectl is on the board after {} ms", began.elapsed().as_millis());
        assert!(began.elapsed() <= Duration::from_secs(60));

        let run = tenant.repair(None).await;
        assert_eq!(run.title, "Repair");
        let steps: Vec<ResourceKind> = run.steps.iter().map(|step| step.kind).collect();
        // What follows from the Ingress is looked at too: whether the domain is served again.
        assert_eq!(steps, [ResourceKind::ResourceQuota, ResourceKind::NetworkPolicy, ResourceKind::Ingress, ResourceKind::Validation]);
        assert_eq!((tenant.board().await.rows, tenant.attention().await), (Vec::new(), None));
        assert_eq!(tenant.entries(&pool, "drift.gone").await.len(), 3);
        everything_is_there(&tenant.wanted).await;
        let nothing = tenant.provisioning.repair_drift(&may(&tenant.database).await, tenant.id(), None).await;
        assert!(matches!(nothing, Err(Error::Conflict { .. })), "{nothing:?}");

        // A namespace that is gone takes with it what lies in it; a repair of one of these makes the namespace too.
        by_hand(&["delete", "namespace", &namespace, "--wait=true"]);
        tenant.on_board(ResourceKind::Namespace, |row| row.finding == Finding::Absent).await;
        tenant.on_board(ResourceKind::LimitRange, |row| row.finding == Finding::Absent).await;
        let run = tenant.repair(Some(BTreeSet::from([ResourceKind::LimitRange]))).await;
        assert_eq!(run.steps.iter().map(|step| step.kind).collect::<Vec<_>>(), [ResourceKind::Namespace, ResourceKind::LimitRange]);
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_sweep_finds_what_was_changed_in_every_system(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let site = site().await;
        let names = tenant.wanted.names();
        keycloak_admin(
            reqwest::Method::PUT,
            &format!("/{}", names.realm),
            &json!({ "bruteForceProtected": false, "browserFlow": "browser" }),
        )
        .await;
        let openbao = &site.platform.openbao;
        let policy = openbao.policy(&names.policy).await.unwrap().unwrap();
        openbao.set_policy(&names.policy, &format!("{policy}\npath \"sys/*\" {{ capabilities = [\"read\"] }}\n")).await.unwrap();
        let grafana = &site.platform.grafana;
        grafana.delete(&format!("/api/dashboards/uid/{}", names.namespace)).await.unwrap().success().unwrap();
        reconcile(&tenant.provisioning, OFTEN, &tenant.stop);

        let realm = tenant.on_board(ResourceKind::Realm, |_| true).await;
        assert_eq!(realm.differences.iter().map(|d| d.field.as_str()).collect::<Vec<_>>(), ["bruteForceProtected"]);
        let who = realm.changed_by.clone().unwrap();
        assert!(who.starts_with("administrator ") && realm.changed_at.is_some(), "{who}");
        let second_factor = tenant.on_board(ResourceKind::SecondFactor, |_| true).await;
        assert_eq!((second_factor.finding, second_factor.changed_by), (Finding::Partial, Some(who)));
        let policy = tenant.on_board(ResourceKind::Policy, |_| true).await;
        assert!(policy.differences[0].seen.contains("sys/*"), "{policy:?}");
        assert_eq!(tenant.on_board(ResourceKind::Dashboard, |_| true).await.finding, Finding::Absent);

        // On the platform's board too, filtered.
        let read = may::<ReadTenants>(&tenant.database).await;
        let filter = BoardFilter { system: Some(steward_domain::system::System::Keycloak), tenant: Some(names.realm), decision: None };
        let page = tenant.provisioning.drift_list(&read, &filter, None, 1).await.unwrap();
        assert_eq!((page.rows.len(), page.more), (1, true));
        let rest = tenant.provisioning.drift_list(&read, &filter, Some(page.rows[0].cursor()), 5).await.unwrap();
        assert_eq!((rest.rows.len(), rest.more), (1, false));
        assert_eq!(tenant.provisioning.drift_open(&read).await.unwrap(), 4);
        let inventory = tenant.provisioning.resources_of(&read, tenant.id()).await.unwrap();
        let dashboard = inventory.iter().find(|row| row.kind == ResourceKind::Dashboard).unwrap();
        assert_eq!((dashboard.state.as_str(), dashboard.detail.as_str()), ("partial", "gone"));

        let run = tenant.repair(None).await;
        assert_eq!(run.steps.len(), 4);
        everything_is_there(&tenant.wanted).await;
        assert_eq!(tenant.board().await.rows, []);
        // A look that was under way while the run went on must not bring back what is right again.
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!((tenant.board().await.rows, tenant.entries(&pool, "drift.found").await.len()), (Vec::new(), 4));
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_decided_is_left_alone_until_it_changes_or_the_day_has_come(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let namespace = tenant.wanted.names().namespace;
        let provisioning = &tenant.provisioning;
        let by_hand = |cpu: &str| {
            let patch = json!({ "spec": { "hard": { "requests.cpu": cpu } } }).to_string();
            by_hand(&["patch", "resourcequota", "tenant", "--namespace", &namespace, "--type", "merge", "--patch", &patch]);
        };
        by_hand("9");
        reconcile(provisioning, OFTEN, &tenant.stop);
        let repair = may::<RepairDrift>(&tenant.database).await;
        let quota = ResourceKind::ResourceQuota;
        let row = tenant.on_board(quota, |_| true).await;

        let stale = provisioning.accept_drift(&repair, tenant.id(), row.id, row.revision + 1).await;
        assert!(matches!(stale, Err(Error::Conflict { .. })), "{stale:?}");
        provisioning.accept_drift(&repair, tenant.id(), row.id, row.revision).await.unwrap();
        assert_eq!(tenant.attention().await, None);
        let accepted = tenant.row(quota).await.unwrap();
        assert_eq!((accepted.decision, accepted.decided_by.as_deref()), (Decision::Accepted, Some("Ola Ops")));
        // Neither a repair nor a change of something else undoes it.
        let nothing = provisioning.repair_drift(&repair, tenant.id(), None).await;
        assert!(matches!(nothing, Err(Error::Conflict { .. })), "{nothing:?}");
        let configure = may::<ConfigureTenants>(&tenant.database).await;
        let named = SettingsPatch { name: Some("Renamed Ltd".into()), ..SettingsPatch::default() };
        let (_, plan) = tenant.plan(&configure, Proposal::settings(named.clone(), None)).await.unwrap();
        let item = plan.items.iter().find(|item| item.kind == quota).unwrap();
        assert_eq!((item.action, item.exactly.as_str()), (Action::Keep, "accepted, left as found: spec.hard.requests.cpu: 9"));
        tenant.carry_out::<ConfigureTenants>(Proposal::settings(named, None)).await;
        assert_eq!(tenant.row(quota).await.unwrap().decision, Decision::Accepted);
        // But who wants another value gets it.
        let limits = SettingsPatch { limits: Some(Limits { cpu: 6, ..Limits::default_for(false) }), ..SettingsPatch::default() };
        let (_, plan) = tenant.plan(&configure, Proposal::settings(limits, None)).await.unwrap();
        assert_eq!(plan.items.iter().find(|item| item.kind == quota).unwrap().action, Action::Change);
        // And another value found is reported again.
        by_hand("10");
        let row = tenant.on_board(quota, |row| row.decision == Decision::Open).await;
        assert_eq!(row.differences[0].seen, "10");

        for (until, reason) in [
            ("soon", ""),
            ("2020-01-01", ""),
            ("2999-01-01", ""),
            (&moment::day(chrono::Utc::now() + chrono::TimeDelta::days(7)), &"x".repeat(301)),
        ] {
            let wrong = provisioning.ignore_drift(&repair, tenant.id(), row.id, row.revision, until, reason).await;
            assert!(matches!(wrong, Err(Error::Invalid(_))), "{until}: {wrong:?}");
        }
        let week = moment::day(chrono::Utc::now() + chrono::TimeDelta::days(7));
        provisioning.ignore_drift(&repair, tenant.id(), row.id, row.revision, &week, "a load test").await.unwrap();
        let ignored = tenant.row(quota).await.unwrap();
        assert_eq!((ignored.decision, ignored.reason.as_deref()), (Decision::Ignored, Some("a load test")));
        assert_eq!((tenant.attention().await, provisioning.drift_open(&may(&tenant.database).await).await.unwrap()), (None, 0));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(tenant.row(quota).await.unwrap().decision, Decision::Ignored, "looked at again, it stays ignored");
        sqlx::query("update drift set ignored_until = now() - interval '1 second'").execute(&pool).await.unwrap();
        tenant.on_board(quota, |row| row.decision == Decision::Open).await;
        assert_eq!(tenant.attention().await.map(|(kind, _)| kind), Some(AttentionKind::Drift));

        let row = tenant.row(quota).await.unwrap();
        provisioning.accept_drift(&repair, tenant.id(), row.id, row.revision).await.unwrap();
        provisioning.report_drift(&repair, tenant.id(), row.id).await.unwrap();
        assert_eq!(tenant.row(quota).await.unwrap().decision, Decision::Open);
        for (action, count) in [("drift.accept", 2), ("drift.ignore", 1), ("drift.report", 2), ("drift.found", 2)] {
            assert_eq!(tenant.entries(&pool, action).await.len(), count, "{action}");
        }
        // Put right by hand, it goes by itself.
        by_hand("4");
        until(60, "it is gone", || async { tenant.row(quota).await.is_none() }).await;
        assert_eq!(tenant.attention().await, None);
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn it_repairs_by_itself_only_where_the_tenant_says_so(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let namespace = tenant.wanted.names().namespace;
        let delete = || by_hand(&["delete", "networkpolicy", "tenant", "--namespace", &namespace]);
        reconcile(&tenant.provisioning, OFTEN, &tenant.stop);
        delete();
        tenant.on_board(ResourceKind::NetworkPolicy, |_| true).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(tenant.row(ResourceKind::NetworkPolicy).await.is_some(), "nobody asked for a repair");

        // The change's own run makes what is gone too; what goes after it, the reconciler brings back.
        let silently = SettingsPatch { repair_silently: Some(true), ..SettingsPatch::default() };
        let configure = may::<ConfigureTenants>(&tenant.database).await;
        let change = tenant.provisioning.propose(&configure, tenant.id(), Proposal::settings(silently, None)).await.unwrap();
        let view = tenant.provisioning.change_view(&may(&tenant.database).await, tenant.id(), change).await.unwrap();
        assert_eq!((view.title, view.changed[0].after.as_str()), ("Change repair of drift", "Repaired by itself"));
        let started = tenant.provisioning.start_change(&configure, tenant.id(), change, None).await.unwrap();
        run_is(&tenant.provisioning, &tenant.database, started.run_id, RunState::Done, 60).await;
        delete_if_there(&namespace);
        until(60, "it is there again", || async { tenant.row(ResourceKind::NetworkPolicy).await.is_none() && repairs(&pool).await > 0 })
            .await;
        until(60, "the run has ended", || async { open_runs(&pool).await == 0 }).await;
        everything_is_there(&tenant.wanted).await;
        let by: Vec<String> =
            sqlx::query_scalar("select distinct requested_by from run where kind = 'repair'").fetch_all(&pool).await.unwrap();
        assert_eq!(by, ["reconciler"]);
        tenant.stop.cancel();
    })
    .await;
}

fn delete_if_there(namespace: &str) {
    by_hand(&["delete", "networkpolicy", "tenant", "--namespace", namespace, "--ignore-not-found"]);
}

async fn repairs(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from run where kind = 'repair'").fetch_one(pool).await.unwrap()
}

async fn open_runs(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from run where ended_at is null").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_somebody_put_in_the_place_is_foreign_and_left_alone(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        let namespace = tenant.wanted.names().namespace;
        by_hand(&["delete", "resourcequota", "tenant", "--namespace", &namespace]);
        by_hand(&["create", "quota", "tenant", "--namespace", &namespace, "--hard=pods=1"]);
        reconcile(&tenant.provisioning, OFTEN, &tenant.stop);
        let row = tenant.on_board(ResourceKind::ResourceQuota, |_| true).await;
        assert_eq!(row.finding, Finding::Foreign);
        assert!(row.differences[0].seen.contains("without this tenant's mark"), "{row:?}");
        let refused = tenant.provisioning.repair_drift(&may(&tenant.database).await, tenant.id(), None).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
        by_hand(&["delete", "resourcequota", "tenant", "--namespace", &namespace]);
        tenant.on_board(ResourceKind::ResourceQuota, |row| row.finding == Finding::Absent).await;
        tenant.repair(None).await;
        everything_is_there(&tenant.wanted).await;
        tenant.stop.cancel();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_looked_at_stays_as_it_was_last_seen(pool: PgPool) {
    let tenant = Active::tenant(&pool).await;
    cleaning_up(std::slice::from_ref(&tenant.wanted), async {
        keycloak_admin(reqwest::Method::PUT, &format!("/{}", tenant.wanted.names().realm), &json!({ "bruteForceProtected": false })).await;
        let first = CancellationToken::new();
        reconcile(&tenant.provisioning, RARELY, &first);
        tenant.on_board(ResourceKind::Realm, |_| true).await;
        first.cancel();

        let settings = platform_settings();
        let nowhere = KeycloakSettings { url: "http://127.0.0.1:9".into(), ..settings.keycloak.clone() };
        let (without_keycloak, _) =
            provisioning_of(&pool, steward_core::platform::PlatformSettings { keycloak: nowhere, ..settings }).await;
        sqlx::query("update drift_look set due_at = now(), looked_at = null").execute(&pool).await.unwrap();
        let before = tenant.row(ResourceKind::Realm).await.unwrap();
        reconcile(&without_keycloak, RARELY, &tenant.stop);
        tenant.looked_at().await;
        let board = tenant.board().await;
        let unseen: Vec<_> = board.unseen.iter().map(|unseen| (unseen.kind, unseen.code.as_str())).collect();
        let keycloaks = [ResourceKind::Realm, ResourceKind::SecondFactor, ResourceKind::Administrator];
        assert_eq!(unseen, keycloaks.map(|kind| (kind, "KEY-503")), "{board:#?}");
        assert!(board.unseen.iter().all(|unseen| unseen.looked_at.is_some()));
        let after = board.rows[0].clone();
        assert_eq!((board.rows.len(), after.unseen.as_deref()), (1, Some("KEY-503")), "not drift, and not gone either");
        assert_eq!(DriftRow { unseen: None, ..after }, before);
        tenant.stop.cancel();
    })
    .await;
}

/// Tenants that have nothing anywhere: each resource of each is found to be gone.
const BARE: usize = 24;

#[sqlx::test(migrations = "../migrations")]
async fn two_reconcilers_share_a_sweep_and_note_everything_once(pool: PgPool) {
    let world = World::new(Duration::from_millis(5), Duration::ZERO);
    let (provisioning, _) = provisioning_in_memory(&pool, &world, 8).await;
    sqlx::raw_sql(
        "create table looked (owner text); grant insert on looked to public;
         create function looked() returns trigger language plpgsql as $$ begin insert into looked values (new.owner); return null; end $$;
         create trigger looked after update on drift_look for each row when (new.owner is not null and old.owner is null) execute function looked();",
    )
    .execute(&pool)
    .await
    .unwrap();
    let id = uuid::Uuid::new_v4().simple().to_string();
    sqlx::query(
        "with made as (
             insert into tenant (id, status, stage, name, short_name, domain, contact_email, region, created_by)
             select gen_random_uuid(), 'active', 'monitoring', 'Bare ' || n, 't' || n || $2, 't' || n || $2 || '.inosec.com', 'a@example.com', 'eu', 't'
             from generate_series(1, $1::int) n returning id)
         insert into tenant_config (tenant_id, limits, features) select id, '{\"cpu\":4,\"memory_gib\":8,\"storage_gib\":200,\"gpu\":0}', '[]' from made",
    )
    .bind(i32::try_from(BARE).unwrap())
    .bind(&id[..10])
    .execute(&pool)
    .await
    .unwrap();
    let stop = CancellationToken::new();
    for name in ["one", "other"] {
        let tuning = SweepTuning { tenants_at_once: 2, ..sweeping(RARELY) };
        tokio::spawn(provisioning.reconciler(name.into(), tuning).run(stop.clone()));
    }
    let count = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap();
    until(120, "everything was looked at", || async { count("select count(*) from drift_look where looked_at is null").await == 0 }).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.cancel();
    let all = i64::try_from(BARE * of_every_tenant().count()).unwrap();
    assert_eq!(count("select count(*) from drift").await, all);
    assert_eq!(count("select count(*) from audit_intake where action = 'drift.found'").await, all, "each is told of once");
    let looks: Vec<(String, i64)> =
        sqlx::query_as("select owner, count(*) from looked group by owner order by 1").fetch_all(&pool).await.unwrap();
    assert_eq!(looks.iter().map(|(owner, _)| owner.as_str()).collect::<Vec<_>>(), ["one", "other"], "both took part: {looks:?}");
    assert_eq!(looks.iter().map(|(_, looks)| looks).sum::<i64>(), i64::try_from(BARE).unwrap(), "no tenant was looked at twice");
}
