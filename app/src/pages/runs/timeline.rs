//! The timeline of one run: live through its island; without a script the page loads itself again while the run goes on.

use crate::api::runs::{cancel_run, retry_run, retry_step};
use crate::components::icon::OF_A_LIVE_TIMELINE;
use crate::components::timeline::Viewer;
use crate::frame::{About, Frame, Place, page};
use crate::islands::run::LiveRun;
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_domain::moment;
use steward_domain::run::{RunState, RunView};
use uuid::Uuid;

/// How often the page loads itself again without a script.
const REFRESH_SECONDS: u32 = 3;

async fn load(visit: &Visit, tenant: Uuid, number: i64) -> Result<RunView, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    services.provisioning.run_by_number(&authority, tenant, number).await
}

/// The page.
///
/// # Errors
/// When there is no such run, or the person may not see it.
pub async fn get(visit: &Visit, tenant: Uuid, number: i64) -> Result<Reply, Error> {
    let run = load(visit, tenant, number).await?;
    Ok(Reply::page(view(&visit.frame, run)))
}

/// The forms that try again: one step, or all that need it.
///
/// # Errors
/// When there is no such run, or the person may not see it.
pub async fn retry(visit: &Visit, tenant: Uuid, number: i64, body: FormBody) -> Result<Reply, Error> {
    let run = load(visit, tenant, number).await?;
    let asked = match value_of(&body, "step").parse::<Uuid>() {
        Ok(step) => visit.within(retry_step(run.id, step)).await,
        Err(_) => visit.within(retry_run(run.id)).await,
    };
    match asked {
        Ok(()) => Ok(Reply::done(format!("/tenants/{tenant}/runs/{number}"), "Trying again now.")),
        Err(error) => Ok(failed(visit, error)),
    }
}

/// The form that cancels the run.
///
/// # Errors
/// When there is no such run, or the person may not see it.
pub async fn cancel(visit: &Visit, tenant: Uuid, number: i64) -> Result<Reply, Error> {
    let run = load(visit, tenant, number).await?;
    match visit.within(cancel_run(run.id)).await {
        Ok(()) => Ok(Reply::done(format!("/tenants/{tenant}/runs/{number}"), "Cancelled. What is under way comes to its end.")),
        Err(error) => Ok(failed(visit, error)),
    }
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, run: RunView) -> String {
    let title = format!("{}, run {}", run.heading(), moment::thousands(run.number));
    let about = About {
        refresh_seconds: (run.state == RunState::Running).then_some(REFRESH_SECONDS),
        icons: OF_A_LIVE_TIMELINE,
        ..About::with_islands(title, Place::Runs).of_tenant(&run.tenant_name)
    };
    let viewer = Viewer {
        may_retry: frame.may(Permission::RunRetry),
        may_cancel: frame.may(Permission::RunCancel),
        may_roll_back: frame.may(Permission::TenantRollBack),
        may_audit: frame.may(Permission::AuditRead),
    };
    page(frame, &about, move || view! { <LiveRun run viewer/> })
}
