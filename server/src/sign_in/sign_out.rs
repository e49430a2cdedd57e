//! `POST /auth/sign-out`: ends the session here, then Keycloak's own, from server to server. `GET /auth/signed-out`: says that it is done.

use crate::router::visitor;
use crate::router::{Arrival, cookies, error_page, pairs, see_other, signed_out as page};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use steward_core::access::sessions::{self, EndReason};
use steward_core::error::Result;

/// Signs out. Works while Keycloak is away, and for those who are not signed in any more.
pub(super) async fn sign_out(State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, headers: HeaderMap) -> Response {
    let refresh_token = match end(&steward, &arrival, &headers).await {
        Ok(refresh_token) => refresh_token,
        Err(error) => return error_page(&steward, &arrival, &headers, &error).await,
    };
    let keycloak_too = match refresh_token {
        Some(refresh_token) => steward.provider.end_session(&refresh_token).await,
        None => Ok(()),
    };
    let onward = match keycloak_too {
        Ok(()) => "/auth/signed-out",
        Err(away) => {
            tracing::warn!(error = away.0, "a session ended here, but not at Keycloak");
            "/auth/signed-out?keycloak=away"
        }
    };
    let mut response = see_other(onward);
    cookies::clear(&mut response, cookies::SESSION);
    cookies::clear(&mut response, cookies::FLASH);
    response
}

/// Says that it is done, and where not.
pub(super) async fn signed_out(
    State(steward): State<Steward>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = pairs(query.unwrap_or_default().as_bytes());
    let keycloak_away = query.iter().any(|(name, value)| name == "keycloak" && value == "away");
    page(&visitor::whoever(&steward, &arrival, &headers).await, keycloak_away)
}

/// Ends the session of this browser and gives its refresh token.
async fn end(steward: &Steward, arrival: &Arrival, headers: &HeaderMap) -> Result<Option<String>> {
    let Some(id) = cookies::value(headers, cookies::SESSION) else { return Ok(None) };
    let Some(session) = sessions::find(steward.database(), &id).await? else { return Ok(None) };
    let actor = session.actor(arrival.origin());
    let ended = sessions::end(steward.database(), &steward.session_key, &session.id_hash, &actor, EndReason::SignedOut).await?;
    Ok(ended.map(|ended| ended.refresh_token))
}
