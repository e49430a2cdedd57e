//! Who asks: from the session cookie to the [`Visit`] that pages are handed.
//!
//! It never decides what somebody may do; it only refuses those who are not signed in, and those whose roles cannot be known.

use super::arrival::Arrival;
use super::cookies;
use crate::sign_in::ending;
use crate::sign_in::roles::{self, Current};
use crate::steward::Steward;
use axum::http::{HeaderMap, StatusCode};
use std::sync::Arc;
use steward_app::components::markup::Markup;
use steward_app::frame::{Frame, REFRESH};
use steward_app::visit::{Appearance, SignedIn, Visit};
use steward_core::access::sessions::{self, Session};
use steward_core::access::{Actor, Scope};
use steward_core::audit::{Action, Class, Entry, Outcome};
use steward_core::error::{Error, Result};

/// What a request is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Look: roles may be a minute old.
    Read,
    /// Look without a click, by what goes on by itself: live events, a page that loads itself again. Nobody stays signed in by it.
    Watch,
    /// Change something: roles are read again first.
    Change,
}

impl Act {
    /// Whether something is about to be changed.
    pub(crate) const fn changes(self) -> bool {
        matches!(self, Act::Change)
    }

    /// Looking at a page, by its query.
    pub(super) fn looking(query: &[(String, String)]) -> Self {
        if query.iter().any(|(name, _)| name == REFRESH) { Act::Watch } else { Act::Read }
    }
}

/// Why nobody was let in. Its entry is written.
#[derive(Debug)]
pub(crate) enum Turned {
    /// Not signed in, or not any more.
    SignedOut,
    /// Keycloak ended the session just now.
    Ended,
    /// Keycloak is away and roles are too old to go on with.
    KeycloakAway,
    /// The database is away, or worse.
    Broken(Error),
}

impl From<Error> for Turned {
    fn from(error: Error) -> Self {
        Turned::Broken(error)
    }
}

/// A signed-in person, let in.
pub(crate) struct Admitted {
    /// For the page.
    pub visit: Visit,
    /// Behind it.
    pub session: Session,
}

/// Lets a signed-in person in. Everybody else is turned away, with an entry.
pub(crate) async fn admit(steward: &Steward, arrival: &Arrival, headers: &HeaderMap, act: Act) -> Result<Admitted, Turned> {
    let id = cookies::value(headers, cookies::SESSION);
    let found = match &id {
        Some(id) if act == Act::Watch => sessions::look(steward.database(), &sessions::hash(id)).await?,
        Some(id) => sessions::find(steward.database(), id).await?,
        None => None,
    };
    let Some(session) = found else {
        if let Some(id) = id {
            ending::overdue(steward, &id, &arrival.request_id).await?;
        }
        let detail = serde_json::json!({ "why": "not signed in", "path": path_of(arrival) });
        refused(steward, &arrival.anonymous(), "AUTH-111", detail).await?;
        return Err(Turned::SignedOut);
    };
    let actor = session.actor(arrival.origin());
    match roles::current(steward, session, act, arrival).await? {
        Current::Known(session) => {
            let mut visit = visit(steward, arrival, headers, Some(&session));
            let (recent, open_drift) = tokio::join!(recent(&visit), open_drift(&visit));
            (visit.frame.recent, visit.frame.open_drift) = (recent, open_drift);
            Ok(Admitted { visit, session: *session })
        }
        Current::Ended => Err(Turned::Ended),
        Current::Away => {
            let detail = serde_json::json!({ "why": "Keycloak is away, roles cannot be read", "path": path_of(arrival) });
            refused(steward, &actor, "AUTH-101", detail).await?;
            Err(Turned::KeycloakAway)
        }
    }
}

/// The lines of the switcher. A page is complete without them.
async fn recent(visit: &Visit) -> Arc<Markup> {
    let Visit { services, frame } = visit;
    services.recent.of(&services.database, &frame.actor, frame.now).await.unwrap_or_else(|error| {
        tracing::warn!(code = error.code(), "{}", error.log().unwrap_or_default());
        Arc::default()
    })
}

/// The count beside *Drift*. A page is complete without it.
async fn open_drift(visit: &Visit) -> i64 {
    let Visit { services, frame } = visit;
    services.open_drift.of(services, &frame.actor, frame.now).await.unwrap_or_else(|error| {
        tracing::warn!(code = error.code(), "{}", error.log().unwrap_or_default());
        0
    })
}

/// Whoever it is, for pages that say no more than that something went wrong.
pub(crate) async fn whoever(steward: &Steward, arrival: &Arrival, headers: &HeaderMap) -> Visit {
    let session = match cookies::value(headers, cookies::SESSION) {
        Some(id) => sessions::find(steward.database(), &id).await.unwrap_or_default(),
        None => None,
    };
    visit(steward, arrival, headers, session.as_ref())
}

/// Writes the entry of a request that was refused before anybody was asked for a permission.
pub(crate) async fn refused(steward: &Steward, actor: &Actor, code: &str, detail: serde_json::Value) -> Result<()> {
    let entry = Entry {
        class: Class::Security,
        action: Action::RequestRefused,
        result: Outcome::Refused,
        tenant_id: None,
        object_kind: "request",
        object_id: actor.origin().request_id.clone(),
        correlation: None,
        code: Some(code.to_owned()),
        detail,
    };
    steward.database().record_alone(actor, entry).await
}

/// Writes the entry of an answer "there is no such thing" to somebody who does not see every tenant: for all they may know it is there.
pub(crate) async fn hidden(steward: &Steward, actor: &Actor, status: StatusCode) -> Result<()> {
    if status != StatusCode::NOT_FOUND || actor.scope() == Scope::All {
        return Ok(());
    }
    refused(steward, actor, "APP-404", serde_json::json!({ "why": "not there, or not theirs to see" })).await
}

/// Nobody, for pages of those who are not signed in.
pub(crate) fn anonymous(steward: &Steward, arrival: &Arrival, headers: &HeaderMap) -> Visit {
    visit(steward, arrival, headers, None)
}

fn visit(steward: &Steward, arrival: &Arrival, headers: &HeaderMap, session: Option<&Session>) -> Visit {
    let actor = session.map_or_else(|| arrival.anonymous(), |session| session.actor(arrival.origin()));
    let frame = Frame {
        site: Arc::clone(&steward.services.site),
        actor,
        session: session.map(|session| SignedIn {
            username: session.username.clone(),
            display_name: session.display_name.clone(),
            ends_at: session.ends_at,
        }),
        nonce: arrival.nonce.clone(),
        request_id: arrival.request_id.clone(),
        path_and_query: arrival.path_and_query.clone(),
        appearance: cookies::value(headers, cookies::APPEARANCE).and_then(|name| Appearance::parse(&name)).unwrap_or_default(),
        flash: cookies::flash(headers),
        recent: Arc::default(),
        open_drift: 0,
        now: steward.database().context().now(),
    };
    Visit { services: steward.services.clone(), frame }
}

/// The path alone: queries can hold what people typed.
fn path_of(arrival: &Arrival) -> &str {
    arrival.path_and_query.split('?').next().unwrap_or_default()
}
