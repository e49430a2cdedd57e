//! The running program: everything that a request may need, in one value that is cheap to clone.

use crate::configuration::Configuration;
use crate::live::Runs;
use crate::router::RouteEntry;
use crate::sign_in::Provider;
use anyhow::Context as _;
use std::net::IpAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use steward_app::visit::{Assets, Services, Site};
use steward_core::access::sessions::SessionKey;
use steward_core::access::{Actor, Observe, demand};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_core::error::Result;
use steward_core::platform::Platform;
use steward_core::provisioning::Provisioning;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The running program.
#[derive(Clone)]
pub struct Steward(Arc<Parts>);

/// Its parts.
pub struct Parts {
    /// What pages reach the rest by.
    pub services: Services,
    /// Keycloak, as far as sign-in goes.
    pub provider: Provider,
    /// The key that seals tokens at rest.
    pub session_key: SessionKey,
    /// Where people reach Steward.
    pub url: Url,
    /// `https://steward.example.com`: the only origin whose forms are taken.
    pub origin: String,
    /// The audience of the API's bearer tokens.
    pub api_audience: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The folder of the built files.
    pub site_root: PathBuf,
    /// Runs that somebody watches.
    pub runs: Runs,
    /// Cancelled when the process is to end.
    pub shutdown: CancellationToken,
    /// Every route, once the router is built.
    pub(crate) routes: OnceLock<Vec<RouteEntry>>,
}

impl Deref for Steward {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Steward {
    /// Puts the program together. The database must answer; every other system may be away.
    ///
    /// # Errors
    /// When the database does not answer or a setting cannot be used.
    pub async fn start(configuration: &Configuration, context: Context) -> anyhow::Result<Self> {
        let database = Database::connect(configuration.database.clone(), configuration.database_connections_max, context.clone())
            .await
            .map_err(|error| anyhow::anyhow!("the database does not answer: {}", error.log().unwrap_or_default()))?;
        let platform = Platform::new(configuration.platform.clone())
            .await
            .map_err(|failure| anyhow::anyhow!("a system's settings cannot be used: {failure:?}"))?;
        let provisioning = Provisioning::new(database.clone(), Arc::new(platform), Arc::new(configuration.provisioning.clone()));
        if let Err(error) = warn_of_forgotten_cells(&database, &provisioning).await {
            tracing::warn!(
                code = error.code(),
                log = error.log(),
                "whether tenants are in cells of Keycloak that are not configured is not known"
            );
        }
        let assets = assets(&configuration.site_root)?;
        let site = Site {
            assets,
            base_domain: configuration.provisioning.base_domain.clone(),
            public_url: configuration.provisioning.public_url.clone(),
        };
        let shutdown = CancellationToken::new();
        let runs = Runs::new(provisioning.clone(), shutdown.clone());
        let parts = Parts {
            services: Services::new(database, provisioning, Arc::new(site)),
            provider: Provider::new(&configuration.sign_in, &configuration.url, context)?,
            session_key: SessionKey::new(&configuration.session_key.0)
                .map_err(|error| anyhow::anyhow!("{}", error.log().unwrap_or_default()))?,
            origin: configuration.url.origin().ascii_serialization(),
            url: configuration.url.clone(),
            api_audience: configuration.api_audience.clone(),
            trusted_proxies: configuration.trusted_proxies.clone(),
            site_root: configuration.site_root.clone(),
            runs,
            shutdown,
            routes: OnceLock::new(),
        };
        Ok(Self(Arc::new(parts)))
    }

    /// The pool.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.0.services.database
    }

    /// Every route of the program, server functions among them.
    #[must_use]
    pub fn routes(&self) -> &[RouteEntry] {
        self.0.routes.get().map(Vec::as_slice).unwrap_or_default()
    }
}

/// Steward starts all the same: the other tenants have nothing to do with it.
async fn warn_of_forgotten_cells(database: &Database, provisioning: &Provisioning) -> Result<()> {
    let actor = Actor::worker("start", database.context().id()?.simple().to_string());
    let authority = demand::<Observe>(database, &actor).await?;
    for cell in provisioning.cells(&authority).await?.into_iter().filter(|cell| !cell.configured) {
        let finding = cell.finding();
        tracing::error!(cell = cell.name, "{}: {}. {}", finding.of, finding.found, finding.helps.unwrap_or_default());
    }
    Ok(())
}

/// The paths of the built files.
fn assets(site_root: &Path) -> anyhow::Result<Assets> {
    let path = site_root.join("manifest.json");
    let manifest = std::fs::read_to_string(&path)
        .with_context(|| format!("STEWARD_SITE_ROOT: {} cannot be read; `cargo xtask wasm` makes it", path.display()))?;
    Assets::from_manifest(&manifest).with_context(|| format!("STEWARD_SITE_ROOT: {} is not what `cargo xtask wasm` writes", path.display()))
}
