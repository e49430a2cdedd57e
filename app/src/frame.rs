//! What is around a page's own part: document, shell, and what both need to know of a visit.
//!
//! A frame is the half of a [`crate::visit::Visit`] that holds no database, so that pages can be rendered without one.

use crate::components::escape;
use crate::components::icon::sprite;
use crate::components::markup::Markup;
use crate::components::shell::{bare, shell};
use crate::visit::{Appearance, SignedIn, Site};
use chrono::{DateTime, Utc};
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use std::fmt::Write;
use std::sync::Arc;
use steward_core::access::{Actor, Permission};

/// The name in the query of a page that loads itself again: that is no click of a person.
pub const REFRESH: &str = "refresh";

/// What document and shell need to know of a visit.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What is the same for every page.
    pub site: Arc<Site>,
    /// Who looks.
    pub actor: Actor,
    /// The session, if a person is signed in.
    pub session: Option<SignedIn>,
    /// The nonce of this response's content security policy.
    pub nonce: String,
    /// The id that pages, logs and entries share.
    pub request_id: String,
    /// The path that was asked for, with its query.
    pub path_and_query: String,
    /// Light or dark.
    pub appearance: Appearance,
    /// One line about what was just done, shown once.
    pub flash: Option<String>,
    /// The tenants that changed last, as lines of the switcher.
    pub recent: Arc<Markup>,
    /// How much drift is open, counted to 100.
    pub open_drift: i64,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Frame {
    /// Whether to show what takes this permission. It gives no authority.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.actor.may(permission)
    }

    /// The path without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path_and_query.split_once('?').map_or(self.path_and_query.as_str(), |(path, _)| path)
    }
}

/// The place of a page in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Tenants and all below.
    Tenants,
    /// Runs.
    Runs,
    /// The drift board.
    Drift,
    /// The platform.
    Platform,
    /// The audit log.
    Audit,
    /// Nowhere in it: the account, errors.
    Elsewhere,
}

/// What a page says of itself.
#[derive(Clone, Debug)]
pub struct About {
    /// The title, without " · Steward".
    pub title: String,
    /// Where it stands in the navigation.
    pub place: Place,
    /// Whether it has islands; only then is the WebAssembly loaded.
    pub islands: bool,
    /// Without a script, it is loaded again after so many seconds.
    pub refresh_seconds: Option<u32>,
    /// Icons that an island may come to show.
    pub icons: &'static [&'static str],
    /// The name of the tenant that the page is about.
    pub tenant: Option<String>,
    /// A stylesheet of this page alone, for what is a tenant's own: it goes out with the response's nonce. Never anything typed.
    pub style: Option<String>,
    /// The path of a module of this page alone.
    pub module: Option<String>,
}

impl About {
    /// A page without islands.
    #[must_use]
    pub fn page(title: impl Into<String>, place: Place) -> Self {
        Self { title: title.into(), place, islands: false, refresh_seconds: None, icons: &[], tenant: None, style: None, module: None }
    }

    /// A page with islands.
    #[must_use]
    pub fn with_islands(title: impl Into<String>, place: Place) -> Self {
        Self { islands: true, ..Self::page(title, place) }
    }

    /// A page about one tenant.
    #[must_use]
    pub fn of_tenant(mut self, name: &str) -> Self {
        self.tenant = Some(name.to_owned());
        self
    }

    /// A page that comes back because something is wrong: its title says so first.
    #[must_use]
    pub fn wrong_if(mut self, wrong: bool) -> Self {
        if wrong {
            self.title.insert_str(0, "Error: ");
        }
        self
    }
}

/// Renders a page of a signed-in person: `main` inside the shell.
pub fn page<V: IntoView + 'static>(frame: &Frame, about: &About, main: impl FnOnce() -> V) -> String {
    document(frame, about, || shell(frame, about, main().into_any()))
}

/// Renders a page of somebody who is not signed in: `main` alone, with the mark above.
pub fn bare_page<V: IntoView + 'static>(frame: &Frame, about: &About, main: impl FnOnce() -> V) -> String {
    document(frame, about, || bare(main().into_any()))
}

fn document<V: IntoView>(frame: &Frame, about: &About, body: impl FnOnce() -> V) -> String {
    // Pages load first and render in one go: nothing here waits, and an owner is taken down with all that it owns.
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let body = owner.with(|| body().into_view().to_html());
    owner.unset_with_forced_cleanup();
    let mut html = String::with_capacity(body.len() + 8 * 1024);
    write_head(&mut html, frame, about);
    html.push_str(&sprite(&body, about.icons));
    html.push_str(&body);
    html.push_str("</body></html>");
    html
}

fn write_head(html: &mut String, frame: &Frame, about: &About) {
    let assets = &frame.site.assets;
    let nonce = escape(&frame.nonce);
    let scheme = match frame.appearance {
        Appearance::System => "light dark",
        chosen => chosen.as_str(),
    };
    html.push_str("<!DOCTYPE html><html lang=\"en\"");
    if frame.appearance != Appearance::System {
        // A String takes everything that is written to it, here and below.
        let _ = write!(html, " data-appearance=\"{scheme}\"");
    }
    let _ = write!(
        html,
        "><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"{scheme}\"><title>{} · Steward</title>\
         <link rel=\"stylesheet\" href=\"{}\"><link rel=\"icon\" type=\"image/svg+xml\" href=\"{}\">",
        escape(&about.title),
        assets.stylesheet,
        assets.icon
    );
    if let Some(seconds) = about.refresh_seconds {
        let path = escape(frame.path());
        let _ = write!(html, "<noscript><meta http-equiv=\"refresh\" content=\"{seconds}; url={path}?{REFRESH}=1\"></noscript>");
    }
    if let Some(session) = &frame.session {
        // The seconds that are left, not a time: the browser's clock may be wrong.
        let left = (session.ends_at - frame.now).num_seconds().max(0);
        let _ = write!(html, "<meta name=\"session-ends-in\" content=\"{left}\">");
        let _ = write!(html, "<script type=\"module\" nonce=\"{nonce}\" src=\"{}\"></script>", assets.console);
    }
    if let Some(module) = &about.module {
        let _ = write!(html, "<script type=\"module\" nonce=\"{nonce}\" src=\"{module}\"></script>");
    }
    if let Some(style) = &about.style {
        let _ = write!(html, "<style nonce=\"{nonce}\">{style}</style>");
    }
    if about.islands {
        let _ = write!(
            html,
            "<link rel=\"modulepreload\" nonce=\"{nonce}\" href=\"{}\"><link rel=\"preload\" as=\"fetch\" type=\"application/wasm\" crossorigin href=\"{}\">\
             <script type=\"module\" nonce=\"{nonce}\" src=\"{}\"></script>",
            assets.glue, assets.wasm, assets.boot
        );
    }
    html.push_str("</head><body>");
}
