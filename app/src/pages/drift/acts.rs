//! The forms of both boards.

use super::rows::{NotIgnored, anchor};
use super::tenant::{Model, load, view};
use crate::api::changes::{Proposed, propose_change};
use crate::api::drift::{accept_drift, ignore_drift, look_at_tenant, repair_drift, report_drift};
use crate::api::error::ApiError;
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use steward_core::error::Error;
use steward_domain::change::SettingsPatch;
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

fn board(tenant: Uuid) -> String {
    format!("/tenants/{tenant}/drift")
}

/// Which row, and what the person saw of it.
fn asked(body: &FormBody) -> (Uuid, i64) {
    // What is none is on no board: it is answered as something that is gone.
    (value_of(body, "difference").parse().unwrap_or_default(), value_of(body, "revision").parse().unwrap_or_default())
}

/// Proposes a repair, and goes on to its review: nothing runs yet.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn repair(visit: &Visit, tenant: Uuid, body: FormBody) -> Result<Reply, Error> {
    let kind = value_of(&body, "kind");
    let kind = match ResourceKind::parse(&kind) {
        None if !kind.is_empty() => return Err(Error::NotFound("difference")),
        kind => kind,
    };
    Ok(match visit.within(repair_drift(tenant, kind)).await {
        Ok(change) => Reply::see_other(format!("/tenants/{tenant}/changes/{change}")),
        Err(error) => failed(visit, error),
    })
}

/// Accepts what was found.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn accept(visit: &Visit, tenant: Uuid, body: FormBody) -> Result<Reply, Error> {
    let (difference, revision) = asked(&body);
    Ok(match visit.within(accept_drift(tenant, difference, revision)).await {
        Ok(()) => Reply::done(format!("{}#{}", board(tenant), anchor(difference)), "Accepted: it counts as wanted until it changes."),
        Err(error) => failed(visit, error),
    })
}

/// Ignores what was found until a day. Wrong input comes back on the tenant's board, with what was typed.
///
/// # Errors
/// When the board cannot be loaded again.
pub async fn ignore(visit: &Visit, tenant: Uuid, body: FormBody) -> Result<Reply, Error> {
    let (difference, revision) = asked(&body);
    let (until, reason) = (value_of(&body, "until"), value_of(&body, "reason"));
    match visit.within(ignore_drift(tenant, difference, revision, until.clone(), reason.clone())).await {
        Ok(()) => Ok(Reply::done(
            format!("{}#{}", board(tenant), anchor(difference)),
            format!("Ignored until {until}. Then it is reported again."),
        )),
        Err(ApiError::Invalid(errors)) => {
            let wrong = Some(NotIgnored { id: difference, until, reason, errors });
            Ok(Reply::Page { status: 422, html: view(&visit.frame, Model { board: load(visit, tenant).await?, wrong }) })
        }
        Err(error) => Ok(failed(visit, error)),
    }
}

/// Has it reported again.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn report(visit: &Visit, tenant: Uuid, body: FormBody) -> Result<Reply, Error> {
    let (difference, _) = asked(&body);
    Ok(match visit.within(report_drift(tenant, difference)).await {
        Ok(()) => Reply::done(format!("{}#{}", board(tenant), anchor(difference)), "It is reported again."),
        Err(error) => failed(visit, error),
    })
}

/// Proposes that Steward repairs by itself, or does not, and goes on to the review.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn silently(visit: &Visit, tenant: Uuid, body: FormBody) -> Result<Reply, Error> {
    let patch = SettingsPatch { repair_silently: Some(value_of(&body, "silently") == "true"), ..SettingsPatch::default() };
    let version = value_of(&body, "version").parse().unwrap_or_default();
    Ok(match visit.within(propose_change(tenant, Proposed::Settings { patch, version, below_use: false })).await {
        Ok(change) => Reply::see_other(format!("/tenants/{tenant}/changes/{change}")),
        Err(error) => failed(visit, error),
    })
}

/// Has the tenant looked at now.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn look(visit: &Visit, tenant: Uuid) -> Result<Reply, Error> {
    Ok(match visit.within(look_at_tenant(tenant)).await {
        Ok(true) => Reply::done(board(tenant), "Looked at everything just now."),
        Ok(false) => Reply::done(board(tenant), "It will be looked at as soon as a worker is free and no run is open."),
        Err(error) => failed(visit, error),
    })
}
