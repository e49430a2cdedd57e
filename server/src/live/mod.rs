//! Live events: a run as it changes, to whoever watches it.
//!
//! One connection of the process listens to PostgreSQL. All who watch a run with the same view share one query per change; changes
//! that follow each other closely are told as one. Authority is checked before, and again while somebody watches.
//!
//! Start reading at [`Runs::watch`], then [`events`].

mod events;
mod runs;

pub use runs::Runs;

use crate::router::{Door, Routes};
use axum::routing::get;
use http::Method;

/// The routes of live events.
pub(crate) fn register(routes: Routes) -> Routes {
    routes.route(Method::GET, "/tenants/{id}/runs/{number}/events", Door::Events, get(events::run))
}
