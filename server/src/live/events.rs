//! `GET /tenants/{id}/runs/{number}/events`: a run as server-sent events. Event `run` with the run as JSON: the first at once, then
//! one per change. The stream ends when the run has ended, the session has, or the person may not see the run any more.

use super::runs::{Picture, Watched};
use crate::router::visitor::{self, Act, Admitted, Turned};
use crate::router::{Arrival, error_page, path_parameters, turned_away, watched};
use crate::sign_in::roles::{self, Current};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use steward_core::access::{ReadTenants, demand, sessions};
use steward_core::error::{Error, Result};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use uuid::Uuid;

/// A comment is sent after so long without an event, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Session and authority are looked at again so often.
const CHECK_EVERY: Duration = Duration::from_secs(30);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Somebody who watches.
struct Viewer {
    steward: Steward,
    arrival: Arrival,
    session: Vec<u8>,
    pictures: watch::Receiver<Picture>,
    /// Held, so that the run stays watched.
    _watched: Arc<Watched>,
    checks: tokio::time::Interval,
    first: bool,
    over: bool,
}

/// Begins a stream.
pub(super) async fn run(State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, request: Request) -> Response {
    let headers = request.headers().clone();
    let admitted = match visitor::admit(&steward, &arrival, &headers, Act::Watch).await {
        Ok(admitted) => admitted,
        // A stream is no page: nobody is sent to sign in.
        Err(Turned::SignedOut) => return turned_away(&steward, &arrival, &headers, Turned::SignedOut, Act::Change).await,
        Err(turned) => return turned_away(&steward, &arrival, &headers, turned, Act::Watch).await,
    };
    let (_, path) = path_parameters(request).await;
    let visit = admitted.visit.clone();
    match begin(&steward, &arrival, admitted, &path, &headers).await {
        Ok(response) => response,
        Err(error) => watched(&steward, &visit, error_page(&steward, &arrival, &headers, &error).await).await,
    }
}

async fn begin(
    steward: &Steward,
    arrival: &Arrival,
    admitted: Admitted,
    path: &[(String, String)],
    headers: &HeaderMap,
) -> Result<Response> {
    let parameter = |name: &str| path.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let authority = demand::<ReadTenants>(steward.database(), &admitted.visit.frame.actor).await?;
    let tenant: Uuid = parameter("id").parse().map_err(|_| Error::NotFound("run"))?;
    let number: i64 = parameter("number").parse().map_err(|_| Error::NotFound("run"))?;
    let run = steward.services.provisioning.run_by_number(&authority, tenant, number).await?;
    let (watched, pictures) = steward.runs.watch(&authority, run.id).await?;
    // A browser that comes again after the end is told not to.
    if pictures.borrow().ended && headers.contains_key(LAST_EVENT_ID) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut checks = interval_at(Instant::now() + CHECK_EVERY, CHECK_EVERY);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let viewer = Viewer {
        steward: steward.clone(),
        arrival: arrival.clone(),
        session: admitted.session.id_hash,
        pictures,
        _watched: watched,
        checks,
        first: true,
        over: false,
    };
    Ok(Sse::new(events(viewer)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

fn events(viewer: Viewer) -> impl Stream<Item = std::result::Result<Event, Infallible>> {
    stream::unfold(viewer, |mut viewer| async move {
        if viewer.over {
            return None;
        }
        let event = viewer.next().await?;
        Some((Ok(event), viewer))
    })
}

impl Viewer {
    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.first) {
            return Some(self.picture());
        }
        let shutdown = self.steward.shutdown.clone();
        loop {
            tokio::select! {
                changed = self.pictures.changed() => {
                    changed.ok()?;
                    return Some(self.picture());
                }
                _ = self.checks.tick() => {
                    if !self.may_go_on().await {
                        self.over = true;
                        return Some(Event::default().event("end").data("signed out"));
                    }
                }
                () = shutdown.cancelled() => return None,
            }
        }
    }

    fn picture(&mut self) -> Event {
        let picture = self.pictures.borrow_and_update().clone();
        self.over = picture.ended;
        Event::default().event("run").id(picture.seen_at.to_string()).data(picture.json.as_ref())
    }

    /// Whether the session lives and the person may still see tenants, by roles that are at most a minute old.
    async fn may_go_on(&self) -> bool {
        let session = match sessions::look(self.steward.database(), &self.session).await {
            Ok(Some(session)) => session,
            Ok(None) => return false,
            // The database is away: nothing can be seen, and nothing is known against the person.
            Err(_) => return true,
        };
        match roles::current(&self.steward, session, Act::Watch, &self.arrival).await {
            Ok(Current::Known(session)) => {
                demand::<ReadTenants>(self.steward.database(), &session.actor(self.arrival.origin())).await.is_ok()
            }
            Ok(Current::Ended | Current::Away) => false,
            Err(_) => true,
        }
    }
}
