//! `POST /auth/sign-out`: ends the session here, then Keycloak's own. `GET /auth/signed-out`: where Keycloak sends people then.

use crate::router::visitor;
use crate::router::{Arrival, cookies, error_page, see_other, signed_out as page};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use steward_core::access::sessions::{self, EndReason};
use steward_core::error::Result;
use url::Url;

/// Signs out. Works while Keycloak is away, and for those who are not signed in any more.
pub(super) async fn sign_out(State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, headers: HeaderMap) -> Response {
    let id_token = match end(&steward, &arrival, &headers).await {
        Ok(id_token) => id_token,
        Err(error) => return error_page(&steward, &arrival, &headers, &error).await,
    };
    let mut response = see_other(&onward(&steward, id_token).await);
    cookies::clear(&mut response, cookies::SESSION);
    cookies::clear(&mut response, cookies::FLASH);
    response
}

/// Says that it is done.
pub(super) async fn signed_out(State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, headers: HeaderMap) -> Response {
    page(&visitor::whoever(&steward, &arrival, &headers).await)
}

/// Ends the session of this browser and gives its ID token.
async fn end(steward: &Steward, arrival: &Arrival, headers: &HeaderMap) -> Result<Option<String>> {
    let Some(id) = cookies::value(headers, cookies::SESSION) else { return Ok(None) };
    let Some(session) = sessions::find(steward.database(), &id).await? else { return Ok(None) };
    let actor = session.actor(arrival.origin());
    let ended = sessions::end(steward.database(), &steward.session_key, &session.id_hash, &actor, EndReason::SignedOut).await?;
    Ok(ended.map(|ended| ended.id_token))
}

/// Keycloak's end-session endpoint, or our own page if there is nothing to end there or it is away.
async fn onward(steward: &Steward, id_token: Option<String>) -> String {
    let ours = "/auth/signed-out";
    let Some(id_token) = id_token else { return ours.to_owned() };
    let endpoint: Option<Url> = match steward.provider.known().await {
        Ok(known) => known.end_session.clone(),
        Err(_) => None,
    };
    let (Some(mut endpoint), Ok(back)) = (endpoint, steward.url.join(ours)) else { return ours.to_owned() };
    endpoint
        .query_pairs_mut()
        .append_pair("id_token_hint", &id_token)
        .append_pair("client_id", steward.provider.client_id())
        .append_pair("post_logout_redirect_uri", back.as_str());
    endpoint.into()
}
