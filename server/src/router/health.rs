//! For whoever keeps the process running: does it live, can it work.

use crate::steward::Steward;
use axum::extract::State;
use axum::http::StatusCode;

/// The process answers.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The process can work: its database answers. Other systems may be away: Steward waits for them.
pub(super) async fn ready(State(steward): State<Steward>) -> (StatusCode, &'static str) {
    match steward.database().ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
