//! `GET` and `PATCH /v2/tenants/{id}/features`

use super::etag::tagged;
use super::problem::Problem;
use super::{Call, changing, settings_request};
use axum::Json;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use steward_core::access::{ReadTenants, demand};
use steward_domain::features::{Feature, Features};

/// Every feature by its name, on or off.
pub(super) fn flags(features: &Features) -> BTreeMap<&'static str, bool> {
    Feature::ALL.into_iter().map(|feature| (feature.as_str(), features.has(feature))).collect()
}

/// The features of a tenant.
pub(super) async fn get(call: Call) -> Result<Response, Problem> {
    let reader = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let facts = call.facts(&reader).await?;
    Ok(tagged(Json(flags(&facts.settings.features)).into_response(), facts.version))
}

/// Changes them.
pub(super) async fn patch(call: Call) -> Result<Response, Problem> {
    changing::change(call, settings_request::only_features).await
}
