//! `POST /v2/tenants` (GUIDE.md §2.1).

use super::problem::{MemberProblem, Problem};
use super::tenant_request::{at_its_place, read};
use super::{Call, body};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use steward_core::access::{CreateTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::Idempotency;
use steward_domain::tenant::Status;
use uuid::Uuid;

/// Most characters of an idempotency key.
const KEY_LENGTH_MAX: usize = 255;
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The answer, as the guide shows it.
#[derive(Serialize)]
struct Created {
    tenant_id: Uuid,
    status: &'static str,
}

/// Creates a tenant and starts its run.
pub(super) async fn create(call: Call) -> Result<Response, Problem> {
    let Call { steward, actor, request, .. } = call;
    // Asked before the body is read: who may not create tenants learns nothing about their rules.
    let authority = demand::<CreateTenants>(steward.database(), &actor).await?;
    let key = idempotency_key(request.headers())?;
    let value = body::json(request).await?;
    let draft = read(&value, &steward.services.site.base_domain).map_err(Problem::invalid)?;
    let idempotency = key.map(|key| Idempotency { key, request_hash: request_hash(&value) });
    let onboarded = steward
        .services
        .provisioning
        .onboard(&authority, draft, idempotency)
        .await
        .map_err(|error| named(error, value.get("short_name").is_some()))?;
    tracing::Span::current().record("tenant_id", onboarded.tenant_id.to_string());
    let created = Created { tenant_id: onboarded.tenant_id, status: Status::Provisioning.as_str() };
    let mut response = (StatusCode::CREATED, axum::Json(created)).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/v2/tenants/{}", onboarded.tenant_id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if onboarded.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Rules that only the server can check speak of fields too: they are named as in the body.
fn named(error: Error, has_short_name: bool) -> Problem {
    match error {
        Error::Invalid(fields) => {
            Problem::invalid(fields.iter().map(|field| at_its_place(field, has_short_name)).collect::<Vec<MemberProblem>>())
        }
        other => other.into(),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all(KEY).iter();
    let wrong = || Problem::new(StatusCode::BAD_REQUEST, "APP-400", "Send one Idempotency-Key of 1 to 255 visible characters.");
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => {
            let key = key.to_str().map_err(|_| wrong())?.trim();
            if (1..=KEY_LENGTH_MAX).contains(&key.len()) { Ok(Some(key.to_owned())) } else { Err(wrong()) }
        }
        _ => Err(wrong()),
    }
}

/// A hash over what the request says, not how it is spaced: `serde_json` keeps objects sorted by name.
fn request_hash(body: &serde_json::Value) -> Vec<u8> {
    Sha256::digest(body.to_string()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_request_have_one_hash() {
        let one = serde_json::from_str(r#"{"name":"A","domain":"a.b"}"#).unwrap();
        let same = serde_json::from_str("{ \"domain\": \"a.b\",\n \"name\": \"A\" }").unwrap();
        let other = serde_json::from_str(r#"{"name":"B","domain":"a.b"}"#).unwrap();
        assert_eq!(request_hash(&one), request_hash(&same));
        assert_ne!(request_hash(&one), request_hash(&other));
    }
}
