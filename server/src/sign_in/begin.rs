//! `GET /auth/sign-in`: off to Keycloak, with PKCE, state and nonce. What was begun is noted, and tied to this browser by a cookie.

use super::{Failure, local_path};
use crate::router::{Arrival, cookies, error_page, not_signed_in, see_other};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::Duration;
use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow};
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, Scope};
use serde::Deserialize;
use steward_core::access::sessions;
use steward_core::context::Context;
use steward_core::error::Error;

/// What the address may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Where to go afterwards: a path of ours.
    return_to: Option<String>,
}

/// Begins a sign-in.
pub(super) async fn begin(
    State(steward): State<Steward>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let known = match steward.provider.known().await {
        Ok(known) => known,
        Err(away) => return not_signed_in(&steward, &arrival, &headers, Failure::KeycloakAway, Some(&away.0)).await,
    };
    let outcome = async {
        let context = steward.database().context();
        // A second tab keeps the cookie of the first: both answers are then taken.
        let browser = match cookies::value(&headers, cookies::SIGN_IN).filter(|value| value.len() == 43) {
            Some(browser) => browser,
            None => secret(context)?,
        };
        let (state, nonce) = (secret(context)?, secret(context)?);
        let verifier = PkceCodeVerifier::new(secret(context)?);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let return_to = local_path(&steward, asked.return_to.as_deref());
        sessions::begin_sign_in(steward.database(), &steward.session_key, &state, &browser, &nonce, verifier.secret(), &return_to).await?;
        let mut request = known
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge);
        if cookies::value(&headers, cookies::ANEW).is_some() {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        Ok::<_, Error>((request.url().0, browser))
    };
    match outcome.await {
        Ok((url, browser)) => {
            let mut response = see_other(url.as_str());
            cookies::set(&mut response, cookies::SIGN_IN, &browser, Some(Duration::minutes(i64::from(sessions::SIGN_IN_MINUTES_MAX))));
            cookies::clear(&mut response, cookies::ANEW);
            response
        }
        Err(error) => error_page(&steward, &arrival, &headers, &error).await,
    }
}

/// 256 random bits as a text for cookies and addresses.
pub(super) fn secret(context: &Context) -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(context.random::<32>()?))
}
