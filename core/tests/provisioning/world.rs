//! What the tests stand on: the real systems, a database of their own, made-up tenants, and cleaning up after them.

use futures::FutureExt;
use sqlx::PgPool;
use std::collections::HashSet;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steward_core::access::{Actor, Authority, Origin, Right, demand};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_core::platform::{
    CallLimits, CloudflareSettings, DnsSettings, GrafanaSettings, IngressSettings, KeycloakSettings, KubernetesSettings, OpenBaoSettings,
    Platform, PlatformSettings, PowerDnsSettings, Secret,
};
use steward_core::provisioning::resources::{Observation, resource};
use steward_core::provisioning::{Deaths, Domains, Links, MailSender, Point, Provisioning, Settings, Site, Tuning, Wanted};
use steward_domain::onboarding::{Draft, OrganisationForm};
use steward_domain::resource::ResourceKind;
use steward_domain::role::Role;
use steward_domain::run::{RunState, RunView};
use steward_in_process::World;
use uuid::Uuid;

pub fn env(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: start the stack (STACK=test stack/stack up) and source its two env files"))
}

fn secret_file(name: &str) -> Secret {
    let path = env(name);
    Secret::new(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")).trim().to_owned())
}

pub fn platform_settings() -> PlatformSettings {
    PlatformSettings {
        keycloak: KeycloakSettings {
            url: env("STEWARD_KEYCLOAK_URL"),
            client_id: env("STEWARD_KEYCLOAK_CLIENT_ID"),
            client_secret: secret_file("STEWARD_KEYCLOAK_CLIENT_SECRET_FILE"),
        },
        openbao: OpenBaoSettings {
            url: env("STEWARD_VAULT_URL"),
            role_id: env("STEWARD_VAULT_ROLE_ID"),
            secret_id: secret_file("STEWARD_VAULT_SECRET_ID_FILE"),
            approle_mount: "approle".into(),
            kv_mount: "secret".into(),
            transit_mount: "transit".into(),
            pki_mount: env("STEWARD_PKI_MOUNT"),
            pki_role: env("STEWARD_PKI_ROLE"),
        },
        kubernetes: KubernetesSettings { kubeconfig: env("STEWARD_KUBECONFIG").into() },
        grafana: GrafanaSettings { url: env("STEWARD_GRAFANA_URL"), token: secret_file("STEWARD_GRAFANA_TOKEN_FILE") },
        dns: match env("STEWARD_DNS_PROVIDER").as_str() {
            "powerdns" => powerdns(),
            _ => cloudflare(),
        },
        ingress: IngressSettings { address: env("STEWARD_INGRESS_ADDRESS") },
        calls: CallLimits::default(),
    }
}

/// Records through Cloudflare's stand-in, which writes through to PowerDNS.
pub fn cloudflare() -> DnsSettings {
    DnsSettings::Cloudflare(CloudflareSettings {
        url: env("STEWARD_CLOUDFLARE_URL"),
        zone_id: env("STEWARD_CLOUDFLARE_ZONE_ID"),
        token: secret_file("STEWARD_CLOUDFLARE_TOKEN_FILE"),
    })
}

/// Records through PowerDNS itself.
pub fn powerdns() -> DnsSettings {
    DnsSettings::PowerDns(PowerDnsSettings { url: env("STEWARD_POWERDNS_URL"), key: secret_file("STEWARD_POWERDNS_KEY_FILE") })
}

pub fn settings() -> Settings {
    Settings {
        base_domain: "inosec.com".into(),
        domains: Domains {
            target: env("STEWARD_DNS_TARGET"),
            certificate_life: Domains::CERTIFICATE_LIFE,
            ingress_class: env("STEWARD_INGRESS_CLASS"),
            service: (env("STEWARD_INGRESS_SERVICE"), 80),
        },
        capacity: None,
        links: Links::default(),
        mail: MailSender {
            host: env("STEWARD_SMTP_HOST"),
            port: env("STEWARD_SMTP_PORT").parse().expect("a port"),
            from: env("STEWARD_SMTP_FROM"),
        },
        prometheus_url: env("STEWARD_PROMETHEUS_URL"),
        loki_url: env("STEWARD_LOKI_URL"),
        public_url: "https://steward.example".into(),
    }
}

pub async fn site_of(settings: PlatformSettings) -> Site {
    Site::real(Arc::new(Platform::new(settings).await.expect("clients")), Arc::new(self::settings()), Context::default())
}

pub async fn site() -> Site {
    site_of(platform_settings()).await
}

/// A site on systems in memory. The clients of the real ones are there and never called.
pub async fn in_memory(world: &World) -> Site {
    Site { systems: Arc::new(world.clone()), ..site().await }
}

/// The parts put together over a test's own database, on systems in memory.
pub async fn provisioning_in_memory(pool: &PgPool, world: &World, connections: u32) -> (Provisioning, Database) {
    let options = pool.connect_options().as_ref().clone();
    let database = Database::connect(options, connections, Context::default()).await.expect("database");
    (Provisioning::on(database.clone(), in_memory(world).await), database)
}

/// The parts put together over a test's own database, with these clients.
pub async fn provisioning_of(pool: &PgPool, platform: PlatformSettings) -> (Provisioning, Database) {
    let options = pool.connect_options().as_ref().clone();
    let database = Database::connect(options, 6, Context::default()).await.expect("database");
    let site = site_of(platform).await;
    (Provisioning::new(database.clone(), site.platform, site.settings), database)
}

/// The parts put together over a test's own database.
pub async fn provisioning(pool: &PgPool) -> (Provisioning, Database) {
    provisioning_of(pool, platform_settings()).await
}

/// Platform ops' authority.
pub async fn may<R: Right>(database: &Database) -> Authority<R> {
    let origin = Origin { request_id: "test".into(), address: None };
    let ops = Actor::person("ops".into(), "Ola Ops".into(), vec![Role::PlatformOps], None, origin);
    demand(database, &ops).await.expect("platform ops may")
}

/// A name that nobody has.
pub fn short_name() -> String {
    let id = Uuid::new_v4().simple().to_string();
    format!("t{}", &id[..12])
}

pub fn draft(short_name: &str) -> Draft {
    let organisation = OrganisationForm {
        name: format!("Test {short_name}"),
        short_name: short_name.into(),
        contact_email: format!("admin@{short_name}.example.com"),
        reseller: String::new(),
    };
    Draft { organisation, settings: None }
}

pub fn wanted_of(tenant_id: Uuid, short_name: &str) -> Wanted {
    Wanted::of(tenant_id, &draft(short_name).check().expect("a draft that passes"), "inosec.com")
}

pub fn wanted() -> Wanted {
    wanted_of(Uuid::new_v4(), &short_name())
}

/// Shorter times than in production, the same engine.
pub fn quick() -> Tuning {
    Tuning {
        poll: Duration::from_millis(100),
        pause_first: Duration::from_millis(100),
        pause_max: Duration::from_secs(1),
        look_max: Duration::from_secs(1),
        ..Tuning::default()
    }
}

/// Runs a test's body and removes the tenants' resources whatever comes of it.
pub async fn cleaning_up(tenants: &[Wanted], body: impl Future<Output = ()>) {
    let outcome = AssertUnwindSafe(body).catch_unwind().await;
    let site = site().await;
    for wanted in tenants {
        for kind in ResourceKind::ALL.into_iter().rev() {
            // Best effort: what a test broke on purpose may refuse.
            let _ = resource(kind).remove(&site, wanted).await;
        }
    }
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Waits until something is so, at most that long.
pub async fn until<F: Future<Output = bool>>(seconds: u64, what: &str, mut check: impl FnMut() -> F) {
    let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
    while !check().await {
        assert!(tokio::time::Instant::now() < end, "{what}: not within {seconds} s");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until a run is in a state.
pub async fn run_is(provisioning: &Provisioning, database: &Database, run_id: Uuid, state: RunState, seconds: u64) -> RunView {
    let authority = may(database).await;
    let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
    loop {
        let view = provisioning.run_view(&authority, run_id).await.expect("the run");
        if view.state == state {
            return view;
        }
        assert!(tokio::time::Instant::now() < end, "the run is not {state:?} within {seconds} s: {view:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asserts that every resource of a tenant is there as wanted.
pub async fn everything_is_there(wanted: &Wanted) {
    let site = site().await;
    for kind in ResourceKind::ALL {
        let seen = resource(kind).observe(&site, wanted).await.expect("a look");
        assert!(seen.is_as_wanted(), "{kind:?}: {seen:?}");
    }
}

/// The invitations that arrived for a tenant's administrator.
pub async fn invitations(wanted: &Wanted) -> usize {
    let url = format!("{}/messages?to={}", env("MAIL_API_URL"), wanted.contact_email);
    let reply = steward_core::platform::http::client().expect("client").get(url).send().await.expect("the mail sink");
    let messages: serde_json::Value = reply.json().await.expect("messages");
    messages.as_array().map_or(0, Vec::len)
}

/// Result and code of the entries of tenants that were not created, oldest first.
pub async fn not_created(pool: &PgPool) -> Vec<(String, Option<String>)> {
    sqlx::query_as("select result, code from audit_intake where action = 'tenant.create-fail' order by occurred_at, id")
        .fetch_all(pool)
        .await
        .unwrap()
}

pub fn is_absent(seen: &Observation) -> bool {
    *seen == Observation::Absent
}

/// What the DNS server itself answers, as `dig +short` prints it.
pub async fn resolved(name: &str, kind: &str) -> Vec<String> {
    let server = env("DNS_SERVER");
    let (host, port) = server.rsplit_once(':').expect("host and port");
    let output = tokio::process::Command::new("dig")
        .args(["+short", "+tries=1", &format!("@{host}"), "-p", port, name, kind])
        .output()
        .await
        .expect("dig (Debian: bind9-dnsutils)");
    assert!(output.status.success(), "dig: {output:?}");
    let mut lines: Vec<String> = String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Dies once at this point of every kind.
pub struct Once {
    pub point: Point,
    pub died: Mutex<HashSet<ResourceKind>>,
}

impl Deaths for Once {
    fn dies(&self, point: Point, kind: ResourceKind) -> bool {
        point == self.point && self.died.lock().unwrap().insert(kind)
    }
}
