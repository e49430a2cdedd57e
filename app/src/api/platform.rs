//! The switch that stops all destructive work.

use super::error::ApiError;
use leptos::prelude::*;

/// Stops all destructive work of every tenant.
///
/// # Errors
/// When there is no reason, it is paused already, or the person may not.
#[server(prefix = "/api", endpoint = "pause_destruction")]
pub async fn pause_destruction(reason: String) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{PauseDestruction, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<PauseDestruction>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.pause_destruction(&authority, &reason).await?)
}

/// Lets destructive work go on.
///
/// # Errors
/// When it is not paused, or the person may not.
#[server(prefix = "/api", endpoint = "resume_destruction")]
pub async fn resume_destruction() -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{PauseDestruction, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<PauseDestruction>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.resume_destruction(&authority).await?)
}
