//! A running server.

use super::{Account, Browser, at_end, database, environment};
use sqlx::PgPool;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;
use steward_core::context::Context;
use steward_server::configuration::Configuration;
use steward_server::router;
use steward_server::steward::Steward;
use tokio::net::TcpListener;
use uuid::Uuid;

/// The ports whose redirect addresses the instance's realm knows.
fn ports() -> Vec<u16> {
    environment("STEWARD_TEST_PORTS").split_whitespace().map(|port| port.parse().unwrap()).collect()
}

/// The port to which Keycloak sends its logout tokens: that of the instance's own Steward.
fn backchannel_port() -> u16 {
    environment("STEWARD_URL").rsplit_once(':').unwrap().1.parse().unwrap()
}

/// A running server.
pub struct App {
    /// The program.
    pub steward: Steward,
    /// `http://localhost:PORT`
    pub url: String,
    /// The test's own look into the database, past every rule.
    pub sql: PgPool,
    database: String,
    _site: Site,
}

/// A folder with built files.
pub struct Site(PathBuf);

/// The path of the one file of the site, with a hash as `cargo xtask wasm` gives it.
pub const STYLESHEET: &str = "/pkg/steward-0123456789ab.css";

impl Site {
    /// A folder with a manifest and one file.
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("steward-site-{}", Context::default().id().unwrap()));
        std::fs::create_dir_all(folder.join("pkg")).unwrap();
        let names = ["steward.css", "boot.js", "branding.js", "console.js", "steward.js", "steward.wasm", "favicon.svg"];
        let manifest: serde_json::Map<String, serde_json::Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), if *name == "steward.css" { STYLESHEET.into() } else { format!("/pkg/{name}").into() }))
            .collect();
        std::fs::write(folder.join("manifest.json"), serde_json::Value::Object(manifest).to_string()).unwrap();
        std::fs::write(folder.join(STYLESHEET.trim_start_matches('/')), "body{color:red}".repeat(40)).unwrap();
        std::fs::write(folder.join(format!("{}.br", STYLESHEET.trim_start_matches('/'))), "compressed").unwrap();
        std::fs::write(folder.join("pkg/favicon-0123456789ab.svg"), "<svg/>").unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl App {
    /// A server on a port of its own.
    pub async fn start() -> Self {
        Self::start_with(ports(), |_| {}).await
    }

    /// The server that Keycloak sends its logout tokens to.
    pub async fn start_for_backchannel() -> Self {
        Self::start_with(vec![backchannel_port()], |_| {}).await
    }

    /// A server whose configuration was changed.
    pub async fn start_changed(change: impl FnOnce(&mut Configuration)) -> Self {
        Self::start_with(ports(), change).await
    }

    async fn start_with(ports: Vec<u16>, change: impl FnOnce(&mut Configuration)) -> Self {
        // `STEWARD_LOG=warn` shows why a request failed.
        static LOG: Once = Once::new();
        LOG.call_once(|| {
            // The log is off; what a failing test has to say must be seen all the same.
            let said_by_tests = std::panic::take_hook();
            steward_server::logs::install(&std::env::var("STEWARD_LOG").unwrap_or_else(|_| "off".to_owned()), Context::default());
            std::panic::set_hook(said_by_tests);
        });
        let listener = listen(ports).await;
        let address = listener.local_addr().unwrap();
        let url = format!("http://localhost:{}", address.port());
        let (site, name) = (Site::new(), database::create().await);
        let lookup = |variable: &str| match variable {
            "STEWARD_URL" => Some(url.clone()),
            "STEWARD_LISTEN" => Some(address.to_string()),
            "STEWARD_SITE_ROOT" => Some(site.path().to_string_lossy().into_owned()),
            "STEWARD_DATABASE_CONNECTIONS_MAX" => Some("12".to_owned()),
            other => std::env::var(other).ok(),
        };
        environment("STEWARD_OIDC_ISSUER");
        let mut configuration = Configuration::read(&lookup).map_err(|problems| format!("{problems:?}")).unwrap();
        configuration.database = database::options("STEWARD_DATABASE_URL", &name);
        change(&mut configuration);
        let steward = Steward::start(&configuration, Context::default()).await.unwrap();
        let router = router::build(&steward).into_make_service_with_connect_info::<SocketAddr>();
        let shutdown = steward.shutdown.clone();
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await });
        let listening = steward.clone();
        tokio::spawn(async move { listening.runs.listen(listening.database().clone()).await });
        let sql = PgPool::connect_with(database::options("DATABASE_URL", &name)).await.unwrap();
        Self { steward, url, sql, database: name, _site: site }
    }

    /// The address of its database, as the server signs in.
    pub fn database_url(&self) -> String {
        self.database_url_of("STEWARD_DATABASE_URL")
    }

    /// The address of its database, as the user of the variable.
    pub fn database_url_of(&self, variable: &str) -> String {
        let mut url: url::Url = environment(variable).parse().unwrap();
        url.set_path(&self.database);
        url.to_string()
    }

    /// Adds a reseller.
    pub async fn reseller(&self, short_name: &str) -> Uuid {
        let id = Context::default().id().unwrap();
        sqlx::query("insert into reseller (id, short_name, name) values ($1, $2, $2)")
            .bind(id)
            .bind(short_name)
            .execute(&self.sql)
            .await
            .unwrap();
        id
    }

    /// Adds a tenant that is being provisioned, with a run of one step. Gives tenant, run number, run, step.
    pub async fn tenant(&self, short_name: &str, reseller: Option<Uuid>) -> Planted {
        let context = Context::default();
        let (tenant, run, step) = (context.id().unwrap(), context.id().unwrap(), context.id().unwrap());
        sqlx::query(
            "insert into tenant (id, status, stage, name, short_name, domain, contact_email, reseller_id, region, created_by)
             values ($1, 'provisioning', 'creation', $2, $2, $2 || '.inosec.com', 'a@b.cc', $3, 'eu', 'test')",
        )
        .bind(tenant)
        .bind(short_name)
        .bind(reseller)
        .execute(&self.sql)
        .await
        .unwrap();
        sqlx::query("insert into tenant_config (tenant_id, limits, features) values ($1, $2, '[]')")
            .bind(tenant)
            .bind(serde_json::json!({ "cpu": 4, "memory_gib": 8, "storage_gib": 200, "gpu": 0 }))
            .execute(&self.sql)
            .await
            .unwrap();
        let number = sqlx::query_scalar(
            "insert into run (id, tenant_id, kind, title, plan_hash, plan, wish, state, requested_by) values ($1, $2, 'onboard', 'Onboard', 'h', '{}', '{}', 'running', 'test') returning number",
        )
        .bind(run)
        .bind(tenant)
        .fetch_one(&self.sql)
        .await
        .unwrap();
        sqlx::query(
            "insert into run_step (id, run_id, tenant_id, ordinal, kind, title, system, wave, after, state, failures_max)
             values ($1, $2, $3, 0, 'namespace', 'Namespace', 'kubernetes', 0, '{}', 'stopped', 8)",
        )
        .bind(step)
        .bind(run)
        .bind(tenant)
        .execute(&self.sql)
        .await
        .unwrap();
        Planted { tenant, number, run, step }
    }

    /// A browser in which somebody with these roles signed in.
    pub async fn signed_in(&self, account: &Account) -> Browser {
        let mut browser = Browser::new();
        let page = browser.sign_in(self, account, "/account").await;
        assert_eq!(page.status, 200, "{} did not get in: {} {}", account.username, page.url, page.text);
        browser
    }

    /// Result and code of the entries that a request left.
    pub async fn entries_of(&self, request_id: &str) -> Vec<(String, String, Option<String>)> {
        sqlx::query_as("select action, result, code from audit_intake where request_id = $1 order by id")
            .bind(request_id)
            .fetch_all(&self.sql)
            .await
            .unwrap()
    }

    /// How many sessions there are.
    pub async fn sessions(&self) -> i64 {
        sqlx::query_scalar("select count(*) from session").fetch_one(&self.sql).await.unwrap()
    }
}

/// A tenant that was planted.
#[derive(Clone, Copy, Debug)]
pub struct Planted {
    pub tenant: Uuid,
    pub number: i64,
    pub run: Uuid,
    pub step: Uuid,
}

impl Drop for App {
    fn drop(&mut self) {
        self.steward.shutdown.cancel();
        let name = self.database.clone();
        at_end(async move { database::drop_database(&name).await });
    }
}

async fn listen(ports: Vec<u16>) -> TcpListener {
    for _ in 0..600 {
        for port in &ports {
            if let Ok(listener) = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, *port)).await {
                return listener;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("every port of {ports:?} is in use");
}
