//! One resource of a tenant taken away, or brought back.

use super::error::ApiError;
use leptos::prelude::*;
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

/// Proposes that a tenant does without a kind of resource. Nothing runs yet. Gives the change's id.
///
/// # Errors
/// When another resource needs it, it does without it already, the tenant cannot be changed now, or the person may not.
#[server(prefix = "/api", endpoint = "remove_resource")]
pub async fn remove_resource(tenant: Uuid, kind: ResourceKind, version: i64) -> Result<Uuid, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{ConfigureTenants, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<ConfigureTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.propose_without(&authority, tenant, kind, version).await?)
}

/// Proposes that a tenant has a resource again that it does without. Nothing runs yet. Gives the change's id.
///
/// # Errors
/// When it needs another that is not there, it has it already, the tenant cannot be changed now, or the person may not.
#[server(prefix = "/api", endpoint = "bring_resource_back")]
pub async fn bring_resource_back(tenant: Uuid, kind: ResourceKind, version: i64) -> Result<Uuid, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{ConfigureTenants, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<ConfigureTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.propose_with(&authority, tenant, kind, version).await?)
}
