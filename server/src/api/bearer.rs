//! From a bearer token to an actor. Tokens are checked here, with the realm's keys: no call per request. A token lives 5 minutes,
//! so a role that is taken away counts after that time at the latest.

use super::problem::Problem;
use crate::router::{Arrival, visitor};
use crate::sign_in::token::{self, Refused};
use crate::steward::Steward;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use steward_core::access::{Actor, sessions};
use steward_domain::role::Role;

/// What an access token says.
#[derive(Debug, Deserialize)]
struct AccessToken {
    typ: String,
    azp: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    reseller: Option<String>,
}

/// Who calls.
pub(super) async fn caller(steward: &Steward, arrival: &Arrival, headers: &HeaderMap) -> Result<Actor, Problem> {
    let Some(token) = bearer(headers) else {
        note(steward, arrival, "AUTH-201", "no bearer token").await?;
        return Err(Problem::unauthorized(
            "Bearer realm=\"steward\"".to_owned(),
            "Send a bearer token of the platform realm in the Authorization header.",
        ));
    };
    let claims = token::verified::<AccessToken>(steward, token, &steward.api_audience, &["exp", "iss", "aud"]).await;
    let claims = match claims {
        Ok(claims) if claims.typ == "Bearer" && !claims.azp.is_empty() => claims,
        Ok(_) => return refuse(steward, arrival, "it is not an access token").await,
        Err(Refused::Bad(why)) => return refuse(steward, arrival, &why).await,
        Err(Refused::Away(away)) => {
            tracing::warn!(error = away.0, "a bearer token cannot be checked");
            note(steward, arrival, "AUTH-101", "Keycloak is away, the token cannot be checked").await?;
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "AUTH-101",
                "Keycloak is away, so the token cannot be checked. Try again in a few minutes.",
            ));
        }
    };
    let roles = claims.roles.iter().filter_map(|role| Role::parse(role)).collect();
    let reseller = match &claims.reseller {
        Some(short_name) => sessions::reseller_id(steward.database(), short_name).await?,
        None => None,
    };
    Ok(Actor::client(claims.azp, roles, reseller, arrival.origin()))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
}

async fn refuse(steward: &Steward, arrival: &Arrival, why: &str) -> Result<Actor, Problem> {
    note(steward, arrival, "AUTH-201", why).await?;
    let challenge = "Bearer realm=\"steward\", error=\"invalid_token\"".to_owned();
    Err(Problem::unauthorized(challenge, "The bearer token does not hold. Get a new one from the platform realm."))
}

/// The entry of a call that was turned away.
async fn note(steward: &Steward, arrival: &Arrival, code: &str, why: &str) -> Result<(), Problem> {
    let path = arrival.path_and_query.split('?').next().unwrap_or_default();
    Ok(visitor::refused(steward, &arrival.anonymous(), code, serde_json::json!({ "why": why, "path": path })).await?)
}
