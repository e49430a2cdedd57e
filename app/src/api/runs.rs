//! Trying again, and cancelling.

use super::error::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Tries one step of a run again, now.
///
/// # Errors
/// When the person may not, or there is nothing to try again.
#[server(prefix = "/api", endpoint = "retry_step")]
pub async fn retry_step(run: Uuid, step: Uuid) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{RetryRuns, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<RetryRuns>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.retry_step(&authority, run, step).await?)
}

/// Tries every step of a run again that stopped, is retrying or waits.
///
/// # Errors
/// When the person may not, or there is nothing to try again.
#[server(prefix = "/api", endpoint = "retry_run")]
pub async fn retry_run(run: Uuid) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{RetryRuns, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<RetryRuns>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.retry_run(&authority, run).await?)
}

/// Cancels a run: nothing more of it begins.
///
/// # Errors
/// When the person may not, or the run has ended.
#[server(prefix = "/api", endpoint = "cancel_run")]
pub async fn cancel_run(run: Uuid) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{CancelRuns, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<CancelRuns>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.cancel_run(&authority, run).await?)
}
