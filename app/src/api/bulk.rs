//! Many tenants from one table: looked at, started.

use super::error::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Looks at every row of a table, and keeps it to be started. Nothing is created yet. Gives the batch's id.
///
/// # Errors
/// When the table cannot be read, or the person may not.
#[server(prefix = "/api", endpoint = "propose_batch")]
pub async fn propose_batch(csv: String) -> Result<Uuid, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{CreateTenants, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<CreateTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.propose_batch(&authority, &csv).await?)
}

/// Creates every tenant of a batch that is not created yet, one after the other.
///
/// # Errors
/// When a row does not pass, none is left, the person may not, or the batch is gone.
#[server(prefix = "/api", endpoint = "start_batch")]
pub async fn start_batch(batch: Uuid) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{CreateTenants, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<CreateTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.start_batch(&authority, batch).await?)
}
