//! What the tests stand on: the real systems, a database of their own, made-up tenants, and cleaning up after them.

use futures::FutureExt;
use sqlx::PgPool;
use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steward_core::access::{Actor, Authority, Origin, Right, demand};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_core::platform::{
    CallLimits, CloudflareSettings, Dns, DnsSettings, GrafanaSettings, IngressSettings, KeycloakSettings, KubernetesSettings,
    OpenBaoSettings, Platform, PlatformSettings, PowerDnsSettings, Record, ResolverSettings, Secret,
};
use steward_core::provisioning::resources::{Observation, resource};
use steward_core::provisioning::{
    Cell, Cells, CustomDomain, Deaths, Domains, Links, MailSender, Point, Provisioning, Settings, Site, Tuning, Wanted,
};
use steward_domain::host_name::HostName;
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
        cells: BTreeMap::new(),
        openbao: OpenBaoSettings {
            url: env("STEWARD_VAULT_URL"),
            role_id: env("STEWARD_VAULT_ROLE_ID"),
            secret_id: secret_file("STEWARD_VAULT_SECRET_ID_FILE"),
            approle_mount: "approle".into(),
            kv_mount: "secret".into(),
            transit_mount: "transit".into(),
            pki_mount: env("STEWARD_PKI_MOUNT"),
            pki_role: env("STEWARD_PKI_ROLE"),
            pki_custom_role: env("STEWARD_PKI_CUSTOM_ROLE"),
        },
        kubernetes: KubernetesSettings { kubeconfig: env("STEWARD_KUBECONFIG").into() },
        grafana: GrafanaSettings { url: env("STEWARD_GRAFANA_URL"), token: secret_file("STEWARD_GRAFANA_TOKEN_FILE") },
        dns: match env("STEWARD_DNS_PROVIDER").as_str() {
            "powerdns" => powerdns(),
            _ => cloudflare(),
        },
        ingress: IngressSettings { address: env("STEWARD_INGRESS_ADDRESS") },
        resolver: ResolverSettings { server: Some(env("STEWARD_RESOLVER").parse().expect("an address and port")) },
        calls: CallLimits::default(),
    }
}

/// Records through Cloudflare's stand-in, which writes through to PowerDNS.
pub fn cloudflare() -> DnsSettings {
    DnsSettings::Cloudflare(cloudflare_settings())
}

pub fn cloudflare_settings() -> CloudflareSettings {
    CloudflareSettings {
        url: env("STEWARD_CLOUDFLARE_URL"),
        zone_id: env("STEWARD_CLOUDFLARE_ZONE_ID"),
        token: secret_file("STEWARD_CLOUDFLARE_TOKEN_FILE"),
    }
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
        // Room for whatever a proof makes: how placement works is tested by itself.
        cells: Cells::new(Cell { capacity: 100_000, ..Cell::named(Cells::FIRST) }, Vec::new()),
        capacity: None,
        links: Links::default(),
        mail: MailSender::through(env("STEWARD_SMTP_HOST"), env("STEWARD_SMTP_PORT").parse().expect("a port"), env("STEWARD_SMTP_FROM")),
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
///
/// A commit is not waited for until it is on the disk: no power fails here, and there are thousands of runs.
pub async fn provisioning_in_memory(pool: &PgPool, world: &World, connections: u32) -> (Provisioning, Database) {
    let options = pool.connect_options().as_ref().clone().options([("synchronous_commit", "off")]);
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

/// Leases that run out at once: whoever dies is taken over without a wait.
pub fn hasty(steps_max: usize) -> Tuning {
    Tuning {
        lease: Duration::from_millis(600),
        renew: Duration::from_millis(150),
        poll: Duration::from_millis(25),
        steps_max,
        pause_first: Duration::from_millis(5),
        pause_max: Duration::from_millis(40),
        look_max: Duration::from_millis(50),
        ..Tuning::default()
    }
}

pub fn quick_world() -> World {
    World::new(Duration::ZERO, Duration::from_millis(60))
}

/// Runs a test's body and removes the tenants' resources whatever comes of it.
pub async fn cleaning_up(tenants: &[Wanted], body: impl Future<Output = ()>) {
    cleaning_up_at(&site().await, tenants, body).await;
}

/// The same on another site.
pub async fn cleaning_up_at(site: &Site, tenants: &[Wanted], body: impl Future<Output = ()>) {
    let outcome = AssertUnwindSafe(body).catch_unwind().await;
    for wanted in tenants {
        for kind in ResourceKind::ALL.into_iter().rev() {
            // Best effort: what a test broke on purpose may refuse.
            let _ = resource(kind).remove(site, wanted).await;
        }
    }
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// The kinds that every tenant has: a custom domain is a tenant's own wish, and comes later.
pub fn of_every_tenant() -> impl Iterator<Item = ResourceKind> {
    ResourceKind::ALL.into_iter().filter(|kind| !kind.is_of_the_custom_domain())
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
    for kind in ResourceKind::ALL.into_iter().filter(|kind| wanted.wants(*kind)) {
        let seen = resource(kind).observe(&site, wanted).await.expect("a look");
        assert!(seen.is_as_wanted(), "{kind:?}: {seen:?}");
    }
}

/// The invitations that arrived for a tenant's administrator.
pub async fn invitations(wanted: &Wanted) -> usize {
    messages_to(wanted.contact_email.as_str()).await.len()
}

/// What arrived for an address, oldest first.
pub async fn messages_to(address: &str) -> Vec<serde_json::Value> {
    let url = format!("{}/messages?to={address}", env("MAIL_API_URL"));
    let reply = steward_core::platform::http::client().expect("client").get(url).send().await.expect("the mail sink");
    reply.json().await.expect("messages")
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

/// The same tenant with a domain of its customer's own, which nobody else has.
pub fn with_custom_domain(wanted: &Wanted) -> Wanted {
    let host = HostName::parse(&format!("{}.{CUSTOMER_ZONE}", wanted.short_name)).expect("a host name");
    Wanted { custom_domain: Some(CustomDomain { host, token: Uuid::new_v4().simple().to_string() }), ..wanted.clone() }
}

const CUSTOMER_ZONE: &str = "customer.example";

/// As the customer, who owns that zone and whom Steward only asks.
pub fn customer_dns() -> Dns {
    Dns::new(powerdns()).expect("a client")
}

/// The customer writes what the tenant was given into their DNS, and leads the domain to the platform.
pub async fn publish(wanted: &Wanted) {
    let wish = wanted.custom_domain.as_ref().expect("a custom domain");
    let name = format!("_steward-challenge.{}", wish.host);
    customer_dns().create(&Record::text(&name, &format!("steward-challenge={}", wish.token))).await.expect("written");
    customer_dns().create(&Record::leading(wish.host.as_str(), &env("STEWARD_DNS_TARGET"))).await.expect("written");
}

/// The customer takes everything of that domain out again.
pub async fn withdraw(wanted: &Wanted) {
    let wish = wanted.custom_domain.as_ref().expect("a custom domain");
    for name in [format!("_steward-challenge.{}", wish.host), wish.host.to_string()] {
        for record in customer_dns().records(&name).await.expect("records") {
            customer_dns().delete(&record).await.expect("deleted");
        }
    }
}

/// As a person at the keyboard, with the rights of the cluster's administrator. What it reads, or why it was refused.
pub fn kubectl(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut command = Command::new("kubectl");
    command.arg("--kubeconfig").arg(env("KUBECONFIG")).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kubectl");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("read");
    let output = child.wait_with_output().expect("an end");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
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
    fn dies(&self, point: Point, kind: ResourceKind, _: &Wanted) -> bool {
        point == self.point && self.died.lock().unwrap().insert(kind)
    }
}

/// Asserts that there was a step for each of these kinds that makes something, and that every step met its death at this point. What makes
/// nothing is seen to work, or to be gone, at the first look: it has no effect that a death could come after.
pub fn each_step_met_its_death(died: &HashSet<ResourceKind>, point: Point, runs: &[RunView], kinds: &[ResourceKind]) {
    let has_effect = |kind: ResourceKind| resource(kind).makes_something();
    let steps: HashSet<ResourceKind> = runs.iter().flat_map(|run| &run.steps).map(|step| step.kind).collect();
    for kind in kinds {
        assert!(steps.contains(kind) || !has_effect(*kind), "{kind:?} had no step");
    }
    for kind in steps {
        let never_comes_there = !has_effect(kind) && matches!(point, Point::AfterEffect | Point::AfterObserve);
        assert!(died.contains(&kind) || never_comes_there, "{kind:?} met no death {point:?}");
    }
}
