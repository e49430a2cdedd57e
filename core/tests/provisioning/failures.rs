//! Systems that fail: for a moment, for good, or by being away; and places that are taken.

use crate::own_grafana::{fault, own_grafana};
use crate::world::*;
use k8s_openapi::api::core::v1::Namespace;
use serde_json::json;
use sqlx::PgPool;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use steward_core::access::{CreateTenants, ReadTenants, RetryRuns};
use steward_core::platform::{DnsSettings, Kubernetes, KubernetesSettings, PlatformSettings};
use steward_core::provisioning::{Tuning, Wanted};
use steward_core::tenants;
use steward_domain::plan::{Action, Verdict};
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, StepState};
use steward_domain::system::System;
use steward_domain::tenant::AttentionKind;
use steward_standins::faults::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

#[sqlx::test(migrations = "../migrations")]
async fn what_passes_is_retried_what_lasts_stops_and_a_person_goes_on(pool: PgPool) {
    let (grafana, platform) = own_grafana().await;
    let (provisioning, database) = provisioning_of(&pool, platform).await;
    let create = may::<CreateTenants>(&database).await;
    let read = may::<ReadTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        // Twice broken; carried out but not answered; refused.
        grafana.faults().order(fault("POST /api/folders", 500, 2, false));
        grafana.faults().order(fault("POST /api/datasources", 500, 1, true));
        grafana.faults().order(fault("POST /api/dashboards", 400, 1, false));
        let stop = CancellationToken::new();
        let worker = tokio::spawn(provisioning.worker("test".into()).with(quick(), None).run(stop.clone()));
        let view = run_is(&provisioning, &database, onboarded.run_id, RunState::Stopped, 180).await;
        let step = |kind| view.steps.iter().find(|step| step.kind == kind).unwrap();
        let folder = step(ResourceKind::Folder);
        let failed = folder.attempts.iter().filter(|attempt| attempt.code.as_deref() == Some("GRA-500")).count();
        assert_eq!((folder.state, failed), (StepState::Done, 2));
        let lost = [step(ResourceKind::PrometheusDatasource), step(ResourceKind::LokiDatasource)];
        assert!(lost.iter().all(|step| step.state == StepState::Done && step.attempts.len() == 1), "a lost answer is looked up: {lost:#?}");
        let dashboard = step(ResourceKind::Dashboard);
        assert_eq!((dashboard.state, dashboard.cause.as_ref().map(|cause| cause.code.as_str())), (StepState::Stopped, Some("GRA-400")));
        let tenant = tenants::view(&database, &read, onboarded.tenant_id).await.unwrap();
        assert_eq!(tenant.attention.map(|attention| attention.kind), Some(AttentionKind::Stopped));

        let retry = may::<RetryRuns>(&database).await;
        let not_stopped = provisioning.retry_step(&retry, onboarded.run_id, folder.id).await;
        assert!(not_stopped.is_err_and(|error| error.code() == "APP-409"));
        stop.cancel();
        worker.await.unwrap();
        provisioning.retry_step(&retry, onboarded.run_id, dashboard.id).await.unwrap();
        let view = provisioning.run_view(&read, onboarded.run_id).await.unwrap();
        let asked_again = view.steps.iter().find(|step| step.kind == ResourceKind::Dashboard).unwrap();
        assert_eq!((asked_again.state, asked_again.cause.as_ref()), (StepState::Ready, None));
        assert_eq!(asked_again.attempts.last().unwrap().code.as_deref(), Some("GRA-400"), "its attempt keeps the cause");
        let stop = CancellationToken::new();
        let worker = tokio::spawn(provisioning.worker("test".into()).with(quick(), None).run(stop.clone()));
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 180).await;
        assert!(provisioning.retry_run(&retry, onboarded.run_id).await.is_err());
        assert!(grafana.faults().calls().all(|call| call.known), "no call that Grafana does not know");
        stop.cancel();
        worker.await.unwrap();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_system_that_answers_looks_but_not_calls_is_tried_ever_more_rarely(pool: PgPool) {
    let (grafana, platform) = own_grafana().await;
    let (provisioning, database) = provisioning_of(&pool, platform).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        grafana.faults().order(fault("POST /api/folders", 503, 1_000, false));
        let stop = CancellationToken::new();
        let patient = Tuning { look_max: Duration::from_secs(10), ..quick() };
        let worker = tokio::spawn(provisioning.worker("test".into()).with(patient, None).run(stop.clone()));
        let attempts = async || {
            sqlx::query_scalar::<_, i64>(
                "select count(*) from run_step_attempt a join run_step s on s.id = a.step_id where s.kind = 'folder'",
            )
            .fetch_one(&pool)
            .await
            .unwrap()
        };
        until(60, "the folder is tried", async || attempts().await > 0).await;
        // After 0, 1, 2, 3, 4.5, 6.75 and 10.1 seconds at the soonest; each second it would be 12.
        tokio::time::sleep(Duration::from_secs(12)).await;
        let tried = attempts().await;
        assert!((3..=7).contains(&tried), "{tried} attempts");
        grafana.faults().clear();
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 180).await;
        stop.cancel();
        worker.await.unwrap();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_ends_hands_back_the_step_that_hangs(pool: PgPool) {
    let (grafana, platform) = own_grafana().await;
    let (provisioning, database) = provisioning_of(&pool, platform).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        grafana.faults().order(Fault { matches: "POST /api/folders".into(), status: None, count: 1, delay_ms: 60_000, apply: false });
        let count = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap();
        let stop = CancellationToken::new();
        let impatient = Tuning { grace: Duration::from_millis(100), ..quick() };
        let first = tokio::spawn(provisioning.worker("first".into()).with(impatient, None).run(stop.clone()));
        until(60, "the folder hangs", async || grafana.faults().orders().is_empty()).await;
        stop.cancel();
        first.await.unwrap();
        let held = count("select count(*) from run_step where state = 'running' and lease_until > now()").await;
        assert_eq!(held, 0, "nothing is held any more");
        let ended = Instant::now();
        let stop = CancellationToken::new();
        let second = tokio::spawn(provisioning.worker("second".into()).with(quick(), None).run(stop.clone()));
        until(10, "the folder is taken over", async || {
            count("select count(*) from run_step_attempt a join run_step s on s.id = a.step_id where s.kind = 'folder' and a.worker = 'second'").await
                == 1
        })
        .await;
        println!("taken over {:?} after the first one ended, with a lease of 15 s", ended.elapsed());
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 180).await;
        stop.cancel();
        second.await.unwrap();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_plan_that_could_not_look_everywhere_does_not_run(pool: PgPool) {
    let (grafana, platform) = own_grafana().await;
    let (provisioning, database) = provisioning_of(&pool, platform).await;
    let create = may::<CreateTenants>(&database).await;
    // It answers when asked how it is, but not when asked for a folder.
    grafana.faults().order(fault("GET /api/folders", 503, 1_000, false));
    let id = tenants::start_draft(&database, &create, &draft(&short_name()).organisation).await.unwrap().id;
    let plan = provisioning.plan_onboarding(&create, id).await.unwrap();
    let failed: Vec<_> = plan.preflight.iter().filter(|check| check.verdict == Verdict::Fail).collect();
    assert!(failed.len() == 1 && failed[0].what.contains("could not be looked up"), "{:#?}", plan.preflight);
    assert!(provisioning.start_onboarding(&create, id, Some(&plan.hash)).await.is_err());
    let runs: i64 = sqlx::query_scalar("select count(*) from run").fetch_one(&pool).await.unwrap();
    assert_eq!(runs, 0);
}

/// A door before a system that can be shut.
#[derive(Clone)]
struct Door {
    address: SocketAddr,
    open: Arc<AtomicBool>,
}

impl Door {
    async fn before(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::new(AtomicBool::new(true));
        let door = Self { address, open: Arc::clone(&open) };
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let (target, open) = (target.clone(), Arc::clone(&open));
                tokio::spawn(async move {
                    if !open.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(mut to) = TcpStream::connect(&target).await else { return };
                    let shut = async {
                        while open.load(Ordering::SeqCst) {
                            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                        }
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                        () = shut => {}
                    }
                });
            }
        });
        door
    }
}

/// A way to Keycloak on which the invitation is held up, for longer than whoever sent it waits. It arrives all the same.
async fn slow_way(target: String, held: Arc<AtomicBool>) -> SocketAddr {
    const HELD_UP: Duration = Duration::from_secs(9);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((from, _)) = listener.accept().await {
            let (mut from_read, mut from_write) = from.into_split();
            let (mut to_read, mut to_write) = TcpStream::connect(&target).await.unwrap().into_split();
            tokio::spawn(async move { tokio::io::copy(&mut to_read, &mut from_write).await });
            let held = Arc::clone(&held);
            tokio::spawn(async move {
                let mut bytes = vec![0; 64 * 1024];
                while let Ok(read @ 1..) = from_read.read(&mut bytes).await {
                    if bytes[..read].windows(21).any(|window| window == b"execute-actions-email") && bytes.starts_with(b"PUT ") {
                        held.store(true, Ordering::SeqCst);
                        tokio::time::sleep(HELD_UP).await;
                    }
                    to_write.write_all(&bytes[..read]).await.unwrap();
                }
                // Whoever asked is gone; Keycloak is not told.
                tokio::time::sleep(HELD_UP).await;
            });
        }
    });
    address
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_that_is_still_on_its_way_is_not_sent_again(pool: PgPool) {
    let held = Arc::new(AtomicBool::new(false));
    let mut platform = platform_settings();
    platform.keycloak.url = format!("http://{}", slow_way(host_and_port(&platform.keycloak.url), Arc::clone(&held)).await);
    let (on_the_slow_way, _) = provisioning_of(&pool, platform).await;
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        let short_lease = Tuning { lease: Duration::from_secs(2), renew: Duration::from_millis(500), ..quick() };
        let first = tokio::spawn(on_the_slow_way.worker("first".into()).with(short_lease, None).run(CancellationToken::new()));
        until(120, "the invitation is on its way", || async { held.load(Ordering::SeqCst) }).await;
        first.abort();
        let stop = CancellationToken::new();
        let second = tokio::spawn(provisioning.worker("second".into()).with(quick(), None).run(stop.clone()));
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 120).await;
        let workers: Vec<String> = sqlx::query_scalar(
            "select a.worker from run_step_attempt a join run_step s on s.id = a.step_id where s.kind = 'administrator' order by a.number",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        assert_eq!(workers, ["first", "second"]);
        assert_eq!(invitations(&wanted).await, 1, "mails");
        stop.cancel();
        second.await.unwrap();
    })
    .await;
}

/// What becomes of calls to an API server that takes connections and says nothing, and to one that takes none.
#[tokio::test]
async fn an_api_server_that_says_nothing_is_slow_and_one_that_takes_no_connection_is_away() {
    let text = std::fs::read_to_string(&platform_settings().kubernetes.kubeconfig).unwrap();
    let server = text.split('"').find(|word| word.starts_with("https://")).unwrap().to_owned();
    let code_of = async |address: SocketAddr| {
        let path = std::env::temp_dir().join(format!("steward-test-silent-{}.kubeconfig", address.port()));
        std::fs::write(&path, text.replace(&server, &format!("http://{address}"))).unwrap();
        let kubernetes = Kubernetes::new(KubernetesSettings { kubeconfig: path }).await.unwrap();
        kubernetes.find(&kubernetes.cluster::<Namespace>(), "default").await.unwrap_err()
    };
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let failure = code_of(silent.local_addr().unwrap()).await;
    assert_eq!(failure.cause.code, "K8S-504", "{failure:?}");

    // A full queue: the kernel answers no further connection.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(0).unwrap();
    let address = full.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(tokio::spawn(TcpStream::connect(address)));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let failure = code_of(address).await;
    assert_eq!(failure.cause.code, "K8S-503", "{failure:?}");
}

fn host_and_port(url: &str) -> String {
    url.split("://").nth(1).unwrap().trim_end_matches('/').replace("localhost", "127.0.0.1")
}

/// Where the provider of DNS is.
pub fn dns_url(settings: &mut DnsSettings) -> &mut String {
    match settings {
        DnsSettings::Cloudflare(cloudflare) => &mut cloudflare.url,
        DnsSettings::PowerDns(powerdns) => &mut powerdns.url,
    }
}

/// Only host and port, of an address that may have a path.
fn without_path(url: &str) -> String {
    let url = host_and_port(url);
    url.split('/').next().unwrap().to_owned()
}

/// Steward's settings with one system behind a door.
async fn with_door(system: System) -> (Door, PlatformSettings) {
    let mut settings = platform_settings();
    let door = match system {
        System::Keycloak => Door::before(host_and_port(&settings.keycloak.url)).await,
        System::OpenBao => Door::before(host_and_port(&settings.openbao.url)).await,
        System::Grafana => Door::before(host_and_port(&settings.grafana.url)).await,
        System::Dns => Door::before(without_path(dns_url(&mut settings.dns))).await,
        System::Ingress => Door::before(settings.ingress.address.clone()).await,
        System::Kubernetes => {
            let text = std::fs::read_to_string(&settings.kubernetes.kubeconfig).unwrap();
            let server = text.split('"').find(|word| word.starts_with("https://")).unwrap().to_owned();
            let door = Door::before(host_and_port(&server)).await;
            let changed = text.replace(&server, &format!("https://127.0.0.1:{}", door.address.port()));
            let path = std::env::temp_dir().join(format!("steward-test-{}.kubeconfig", door.address.port()));
            std::fs::write(&path, changed).unwrap();
            settings.kubernetes = KubernetesSettings { kubeconfig: path };
            return (door, settings);
        }
    };
    let url = format!("http://{}", door.address);
    match system {
        System::Keycloak => settings.keycloak.url = url,
        System::OpenBao => settings.openbao.url = url,
        System::Grafana => settings.grafana.url = url,
        System::Dns => {
            let inside = dns_url(&mut settings.dns);
            *inside = inside.replace(&without_path(inside), &door.address.to_string());
        }
        System::Ingress => settings.ingress.address = door.address.to_string(),
        System::Kubernetes => {}
    }
    (door, settings)
}

/// Whether a kind lives in a system, or comes after one that does.
fn needs(kind: ResourceKind, system: System) -> bool {
    kind.system() == system || kind.after().iter().any(|before| needs(*before, system))
}

async fn is_waited_for(system: System, pool: PgPool) {
    let (door, platform) = with_door(system).await;
    let (provisioning, database) = provisioning_of(&pool, platform).await;
    let create = may::<CreateTenants>(&database).await;
    let read = may::<ReadTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let wanted: Wanted = wanted_of(onboarded.tenant_id, &name);
    cleaning_up(std::slice::from_ref(&wanted), async {
        door.open.store(false, Ordering::SeqCst);
        let stop = CancellationToken::new();
        let worker = tokio::spawn(provisioning.worker("test".into()).with(quick(), None).run(stop.clone()));
        until(180, "only steps of the closed system are left", || async {
            let view = provisioning.run_view(&read, onboarded.run_id).await.unwrap();
            view.steps.iter().all(|step| {
                if needs(step.kind, system) {
                    matches!(step.state, StepState::Waiting | StepState::Blocked)
                } else {
                    step.state == StepState::Done
                }
            })
        })
        .await;
        // A few looks later it still waits, and nothing was used up.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let view = provisioning.run_view(&read, onboarded.run_id).await.unwrap();
        assert_eq!(view.state, RunState::Running);
        for step in view.steps.iter().filter(|step| step.state == StepState::Waiting) {
            let cause = step.cause.as_ref().unwrap();
            assert_eq!((cause.system, cause.code.as_str()), (system, format!("{}-503", system.code_area()).as_str()), "{cause:?}");
            assert_eq!((step.attempt, step.attempts.len()), (0, 1), "{step:#?}");
            assert!(step.waiting_since.is_some() && step.next_try_at.is_some());
        }
        let tenant = tenants::view(&database, &read, onboarded.tenant_id).await.unwrap();
        assert_eq!(
            tenant.attention.map(|attention| (attention.kind, attention.text)),
            Some((AttentionKind::Waiting, format!("Waits for {system}")))
        );
        let plan_fails = provisioning.onboard(&create, draft(&short_name()), None).await;
        assert!(plan_fails.is_err_and(|error| error.code() == "TEN-412"), "no plan runs while a system is away");
        assert_eq!(not_created(&pool).await, [("failed".to_owned(), Some("TEN-412".to_owned()))]);

        door.open.store(true, Ordering::SeqCst);
        run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 180).await;
        everything_is_there(&wanted).await;
        assert_eq!(invitations(&wanted).await, 1);
        let tenant = tenants::view(&database, &read, onboarded.tenant_id).await.unwrap();
        assert_eq!(tenant.attention, None);
        stop.cancel();
        worker.await.unwrap();
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn kubernetes_is_waited_for(pool: PgPool) {
    is_waited_for(System::Kubernetes, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn keycloak_is_waited_for(pool: PgPool) {
    is_waited_for(System::Keycloak, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn openbao_is_waited_for(pool: PgPool) {
    is_waited_for(System::OpenBao, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn grafana_is_waited_for(pool: PgPool) {
    is_waited_for(System::Grafana, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn dns_is_waited_for(pool: PgPool) {
    is_waited_for(System::Dns, pool).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_ingress_controller_is_waited_for(pool: PgPool) {
    is_waited_for(System::Ingress, pool).await;
}

/// Calls Keycloak as its administrator.
async fn keycloak_admin(method: reqwest::Method, path: &str, body: Option<serde_json::Value>) -> (u16, serde_json::Value) {
    let client = steward_core::platform::http::client().unwrap();
    let url = env("KEYCLOAK_URL");
    let (user, password) = (env("KEYCLOAK_ADMIN_USER"), env("KEYCLOAK_ADMIN_PASSWORD"));
    let form = [("grant_type", "password"), ("client_id", "admin-cli"), ("username", user.as_str()), ("password", password.as_str())];
    let token: serde_json::Value =
        client.post(format!("{url}/realms/master/protocol/openid-connect/token")).form(&form).send().await.unwrap().json().await.unwrap();
    let mut request = client
        .request(method, format!("{url}/admin/realms{path}"))
        .timeout(std::time::Duration::from_secs(60))
        .bearer_auth(token["access_token"].as_str().unwrap());
    if let Some(body) = body {
        request = request.json(&body);
    }
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap_or_default())
}

#[sqlx::test(migrations = "../migrations")]
async fn a_foreign_realm_and_namespace_are_told_of_and_left_alone(pool: PgPool) {
    let (provisioning, database) = provisioning(&pool).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let cluster = Kubernetes::new(KubernetesSettings { kubeconfig: env("KUBECONFIG").into() }).await.unwrap();
    let namespaces = cluster.cluster::<Namespace>();
    let foreign: Namespace =
        serde_json::from_value(json!({ "metadata": { "name": format!("tenant-{name}"), "labels": { "owner": "somebody" } } })).unwrap();
    let made = cluster.create(&namespaces, &foreign).await.unwrap().unwrap();
    // A realm that Steward's client did not create is one that it cannot see.
    assert_eq!(keycloak_admin(reqwest::Method::POST, "", Some(json!({ "realm": name, "enabled": true }))).await.0, 201);
    let before = keycloak_admin(reqwest::Method::GET, &format!("/{name}"), None).await.1;

    let id = tenants::start_draft(&database, &create, &draft(&name).organisation).await.unwrap().id;
    let plan = provisioning.plan_onboarding(&create, id).await.unwrap();
    let refused = provisioning.start_onboarding(&create, id, Some(&plan.hash)).await;
    let after = keycloak_admin(reqwest::Method::GET, &format!("/{name}"), None).await.1;
    let kept = cluster.find(&namespaces, &format!("tenant-{name}")).await.unwrap().unwrap();
    keycloak_admin(reqwest::Method::DELETE, &format!("/{name}"), None).await;
    cluster.delete(&namespaces, &format!("tenant-{name}")).await.unwrap();

    assert!(!plan.may_run() && refused.is_err(), "{plan:#?}");
    let action = |kind| plan.items.iter().find(|item| item.kind == kind).unwrap().action;
    for kind in of_every_tenant() {
        let expected = matches!(kind.system(), System::Kubernetes | System::Keycloak);
        assert_eq!(action(kind) == Action::Foreign, expected, "{kind:?}: {plan:#?}");
    }
    let failed: Vec<&str> = plan.preflight.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| check.what.as_str()).collect();
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert_eq!(before, after);
    assert_eq!(kept.metadata.resource_version, made.metadata.resource_version);
}
