//! `POST /auth/backchannel-logout`: Keycloak says that a session is over. Its word is a signed token, and counts once.
//!
//! It is honoured, never relied on alone: Keycloak sends none when an account is disabled; reading the roles again finds that out.

use super::token::{self, Refused};
use crate::router::{Arrival, form_body, visitor};
use crate::steward::Steward;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use steward_core::access::Actor;
use steward_core::access::sessions;
use steward_core::error::Error;

/// The event that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A logout token is taken for so long after it was made.
const AGE_SECONDS_MAX: i64 = 120;
/// So much may its clock be ahead of ours.
const AHEAD_SECONDS_MAX: i64 = 30;

/// The claims of a logout token.
#[derive(Debug, Deserialize)]
struct LogoutToken {
    iat: i64,
    jti: String,
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    events: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    nonce: Option<serde_json::Value>,
}

/// Takes a logout token.
pub(super) async fn logout(State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, request: Request) -> Response {
    match end_sessions(&steward, &arrival, request).await {
        Ok(ended) => {
            tracing::info!(ended, "Keycloak ended sessions");
            StatusCode::OK.into_response()
        }
        Err(Stop::Refused(why)) => {
            let detail = serde_json::json!({ "why": why, "path": super::BACKCHANNEL_LOGOUT });
            match visitor::refused(&steward, &arrival.anonymous(), "AUTH-112", detail).await {
                Ok(()) => (StatusCode::BAD_REQUEST, Json(serde_json::json!({ "error": "invalid_request", "error_description": why })))
                    .into_response(),
                Err(error) => broken(&error),
            }
        }
        Err(Stop::Away(why)) => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(serde_json::json!({ "error": "temporarily_unavailable", "error_description": why })))
                .into_response()
        }
        Err(Stop::Broken(error)) => broken(&error),
    }
}

fn broken(error: &Error) -> Response {
    tracing::error!(code = error.code(), "{}", error.log().unwrap_or_default());
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

enum Stop {
    Refused(String),
    Away(String),
    Broken(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Broken(error)
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Away(away) => Stop::Away(away.0),
            Refused::Bad(why) => Stop::Refused(why),
        }
    }
}

async fn end_sessions(steward: &Steward, arrival: &Arrival, request: Request) -> Result<usize, Stop> {
    let refused = |why: &str| Stop::Refused(why.to_owned());
    let form = form_body(request).await.map_err(|status| refused(status.canonical_reason().unwrap_or("no form")))?;
    let text =
        form.iter().find(|(name, _)| name == "logout_token").map(|(_, value)| value.as_str()).ok_or_else(|| refused("no logout_token"))?;
    let token: LogoutToken = token::verified(steward, text, steward.provider.client_id(), &["iss", "aud"]).await?;
    check(&token, steward.database().context().now().timestamp()).map_err(refused)?;
    let actor = Actor::worker("back-channel logout", arrival.request_id.clone());
    sessions::end_from_keycloak(steward.database(), &actor, &token.jti, token.sid.as_deref(), token.sub.as_deref())
        .await?
        .ok_or_else(|| refused("this logout token was taken before"))
}

/// What makes it a logout token, beyond its signature (OpenID Connect Back-Channel Logout 1.0, §2.6).
fn check(token: &LogoutToken, now: i64) -> Result<(), &'static str> {
    if token.nonce.is_some() {
        return Err("a logout token has no nonce");
    }
    if !token.events.get(EVENT).is_some_and(serde_json::Value::is_object) {
        return Err("not a logout token: the event is missing");
    }
    if token.sub.is_none() && token.sid.is_none() {
        return Err("neither sub nor sid");
    }
    if token.jti.is_empty() {
        return Err("no jti");
    }
    if token.iat > now + AHEAD_SECONDS_MAX || token.iat < now - AGE_SECONDS_MAX {
        return Err("too old, or from the future");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(change: serde_json::Value) -> LogoutToken {
        let mut token = serde_json::json!({ "iat": 1000, "jti": "j", "sub": "s", "sid": "k", "events": { EVENT: {} } });
        for (name, value) in change.as_object().unwrap() {
            token[name] = value.clone();
        }
        serde_json::from_value(token).unwrap()
    }

    #[test]
    fn only_a_fresh_logout_token_is_one() {
        assert_eq!(check(&token(serde_json::json!({})), 1000), Ok(()));
        assert_eq!(check(&token(serde_json::json!({ "sub": null })), 1000), Ok(()));
        for change in [
            serde_json::json!({ "nonce": "n" }),
            serde_json::json!({ "events": {} }),
            serde_json::json!({ "events": { EVENT: "yes" } }),
            serde_json::json!({ "sub": null, "sid": null }),
            serde_json::json!({ "jti": "" }),
            serde_json::json!({ "iat": 800 }),
            serde_json::json!({ "iat": 1100 }),
        ] {
            assert!(check(&token(change.clone()), 1000).is_err(), "{change}");
        }
    }
}
