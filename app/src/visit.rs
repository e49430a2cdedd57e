//! What a page is handed, and what it gives back: the seam between `server` and `app`.
//!
//! The server makes a [`Visit`] of every request and turns a [`Reply`] into a response. A visit never carries a token,
//! a cookie or a header: only what a page may know.

use crate::frame::Frame;
use crate::pages::drift::open::OpenDrift;
use crate::pages::resellers::ResellerChoices;
use crate::pages::tenants::recent::RecentTenants;
use chrono::{DateTime, Utc};
use leptos::prelude::{Owner, provide_context};
use leptos::reactive::computed::ScopedFuture;
use serde::Deserialize;
use std::future::Future;
use std::sync::Arc;
use steward_core::database::Database;
use steward_core::provisioning::Provisioning;

/// The pairs of a form body or of a query string, decoded, in the order in which they came.
pub type FormBody = Vec<(String, String)>;

/// A file that came with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The name that the sender's device has for it.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What pages reach the rest of Steward by.
#[derive(Clone)]
pub struct Services {
    /// The pool.
    pub database: Database,
    /// Plans and runs.
    pub provisioning: Provisioning,
    /// What is the same for every page.
    pub site: Arc<Site>,
    /// The resellers that filters and forms list.
    pub(crate) resellers: Arc<ResellerChoices>,
    /// The tenants that the switcher offers.
    pub recent: Arc<RecentTenants>,
    /// The count beside the navigation's *Drift*.
    pub open_drift: Arc<OpenDrift>,
}

impl Services {
    /// Puts the services together.
    #[must_use]
    pub fn new(database: Database, provisioning: Provisioning, site: Arc<Site>) -> Self {
        Self { database, provisioning, site, resellers: Arc::default(), recent: Arc::default(), open_drift: Arc::default() }
    }
}

/// What is the same for every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The paths of the built files.
    pub assets: Assets,
    /// `inosec.com`: a tenant's domain is its short name below it.
    pub base_domain: String,
    /// `https://steward.inosec.com`: where people reach this console.
    pub public_url: String,
}

/// The paths of the built files, with the hash of their content in the name if `cargo xtask wasm` built them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Assets {
    /// The stylesheet.
    #[serde(rename = "steward.css")]
    pub stylesheet: String,
    /// The module that loads the WebAssembly and wakes the islands; only on pages that have some.
    #[serde(rename = "boot.js")]
    pub boot: String,
    /// The small module of every signed-in page: `/` for the search, copying, the warning before the session ends.
    #[serde(rename = "console.js")]
    pub console: String,
    /// The module of the branding page: colours to pick, and the preview while a person types.
    #[serde(rename = "branding.js")]
    pub branding: String,
    /// The glue that `boot` imports, to be fetched ahead.
    #[serde(rename = "steward.js")]
    pub glue: String,
    /// The WebAssembly itself, to be fetched ahead.
    #[serde(rename = "steward.wasm")]
    pub wasm: String,
    /// The icon of the tab.
    #[serde(rename = "favicon.svg")]
    pub icon: String,
}

impl Assets {
    /// Reads `manifest.json`: logical name → path below the site's root. `cargo xtask wasm` writes it; what `cargo leptos` builds gets
    /// the one of `public/`, whose names have no hash.
    ///
    /// # Errors
    /// When a file is missing in it or it is not JSON.
    pub fn from_manifest(manifest: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(manifest)
    }
}

/// The session of a signed-in person, as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The name that the person signs in with.
    pub username: String,
    /// The name that pages show.
    pub display_name: String,
    /// When the session ends whatever happens.
    pub ends_at: DateTime<Utc>,
}

/// Light or dark: what a person chose, kept in a cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Appearance {
    /// As the device says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Appearance {
    /// Every choice, in the order in which the form lists them.
    pub const ALL: [Appearance; 3] = [Appearance::System, Appearance::Light, Appearance::Dark];

    /// The value in the cookie and in the form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Appearance::System => "system",
            Appearance::Light => "light",
            Appearance::Dark => "dark",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Appearance::System => "As the device",
            Appearance::Light => "Light",
            Appearance::Dark => "Dark",
        }
    }

    /// The choice of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Appearance> {
        Appearance::ALL.into_iter().find(|appearance| appearance.as_str() == name)
    }
}

/// One request, as far as pages may know it.
#[derive(Clone)]
pub struct Visit {
    /// The rest of Steward.
    pub services: Services,
    /// Who asks, in what session, for what; and what is around the page.
    pub frame: Frame,
}

impl Visit {
    /// Runs `work` with this visit as its context: server functions read it with `expect_context::<Visit>()`.
    /// A page's form and the route of the server functions both come this way.
    pub async fn within<T>(&self, work: impl Future<Output = T>) -> T {
        let owner = Owner::new_root(None);
        let scoped = owner.with(|| {
            provide_context(self.clone());
            ScopedFuture::new_untracked(work)
        });
        let outcome = scoped.await;
        owner.unset_with_forced_cleanup();
        outcome
    }
}

/// What a page or form gives back. Errors go another way: as `steward_core::error::Error`, shown by [`crate::pages::error`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A page.
    Page {
        /// 200, or 409 or 422 for a form that comes back.
        status: u16,
        /// The whole document.
        html: String,
    },
    /// What was asked for is done; go on there.
    SeeOther {
        /// A path of ours.
        to: String,
        /// One line for the top of the next page.
        flash: Option<String>,
        /// A choice to be kept in the cookie.
        appearance: Option<Appearance>,
    },
}

impl Reply {
    /// A page that answers 200.
    #[must_use]
    pub fn page(html: String) -> Self {
        Self::Page { status: 200, html }
    }

    /// Go on there.
    #[must_use]
    pub fn see_other(to: impl Into<String>) -> Self {
        Self::SeeOther { to: to.into(), flash: None, appearance: None }
    }

    /// Go on there, and say so.
    #[must_use]
    pub fn done(to: impl Into<String>, flash: impl Into<String>) -> Self {
        Self::SeeOther { to: to.into(), flash: Some(flash.into()), appearance: None }
    }
}
