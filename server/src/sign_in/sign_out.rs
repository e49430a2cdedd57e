//! `POST /auth/sign-out`: ends the session here, then Keycloak's own, from server to server. `GET /auth/signed-out`: says that it is
//! done, and where: of Keycloak only what Keycloak said, by a cookie, so that no address can claim it.

use super::ending;
use crate::router::visitor;
use crate::router::{Arrival, cookies, error_page, see_other, signed_out as page};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cookie::time::Duration;
use steward_app::pages::signed_out::AtKeycloak;
use steward_core::access::sessions::{self, EndReason, Ended};
use steward_core::error::Result;

/// Signs out. Works while Keycloak is away, and for those who are not signed in any more.
pub(super) async fn sign_out(State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, headers: HeaderMap) -> Response {
    let ended = match end(&steward, &arrival, &headers).await {
        Ok(ended) => ended,
        Err(error) => return error_page(&steward, &arrival, &headers, &error).await,
    };
    let mut response = see_other("/auth/signed-out");
    if let Some(ended) = ended {
        let at_keycloak = if ending::at_keycloak(&steward, &ended).await { AtKeycloak::Ended } else { AtKeycloak::Away };
        cookies::set(&mut response, cookies::SIGNED_OUT, at_keycloak.as_str(), Some(Duration::minutes(5)));
    }
    cookies::clear(&mut response, cookies::SESSION);
    cookies::clear(&mut response, cookies::FLASH);
    response
}

/// Says that it is done, and where not.
pub(super) async fn signed_out(State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, headers: HeaderMap) -> Response {
    let visit = visitor::whoever(&steward, &arrival, &headers).await;
    page(&visit, cookies::value(&headers, cookies::SIGNED_OUT).and_then(|word| AtKeycloak::parse(&word)))
}

/// Ends the session of this browser, also one that is past its end and not swept yet.
async fn end(steward: &Steward, arrival: &Arrival, headers: &HeaderMap) -> Result<Option<Ended>> {
    let Some(id) = cookies::value(headers, cookies::SESSION) else { return Ok(None) };
    let Some(session) = sessions::find(steward.database(), &id).await? else {
        return ending::end_overdue(steward, &id, &arrival.request_id).await;
    };
    let actor = session.actor(arrival.origin());
    sessions::end(steward.database(), &steward.session_key, &session.id_hash, &actor, EndReason::SignedOut).await
}
