//! What people do about drift: repair, accept, ignore, report again, have it looked at now.

use super::error::ApiError;
use leptos::prelude::*;
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

/// Proposes a repair of one kind of resource, or of everything that is open on the tenant's board. Nothing runs yet. Gives the change's id.
///
/// # Errors
/// When the person may not, nothing is left to repair, or the tenant cannot be changed now.
#[server(prefix = "/api", endpoint = "repair_drift")]
pub async fn repair_drift(tenant: Uuid, kind: Option<ResourceKind>) -> Result<Uuid, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{RepairDrift, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<RepairDrift>(&visit.services.database, &visit.frame.actor).await?;
    let kinds = kind.map(|kind| [kind].into());
    Ok(visit.services.provisioning.repair_drift(&authority, tenant, kinds).await?)
}

/// What was seen counts as wanted, until it changes.
///
/// # Errors
/// When the person may not, or it is not what they saw.
#[server(prefix = "/api", endpoint = "accept_drift")]
pub async fn accept_drift(tenant: Uuid, difference: Uuid, revision: i64) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{RepairDrift, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<RepairDrift>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.accept_drift(&authority, tenant, difference, revision).await?)
}

/// It is left alone until the beginning of a day.
///
/// # Errors
/// When the day or the reason is wrong, the person may not, or it is not what they saw.
#[server(prefix = "/api", endpoint = "ignore_drift")]
pub async fn ignore_drift(tenant: Uuid, difference: Uuid, revision: i64, until: String, reason: String) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{RepairDrift, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<RepairDrift>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.ignore_drift(&authority, tenant, difference, revision, &until, &reason).await?)
}

/// What was accepted or ignored is reported again.
///
/// # Errors
/// When the person may not, or it is gone.
#[server(prefix = "/api", endpoint = "report_drift")]
pub async fn report_drift(tenant: Uuid, difference: Uuid) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{RepairDrift, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<RepairDrift>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.report_drift(&authority, tenant, difference).await?)
}

/// Has the tenant looked at now. Whether the look came to its end while the person waited.
///
/// # Errors
/// When the person may not, or nobody looks at that tenant.
#[server(prefix = "/api", endpoint = "look_at_tenant")]
pub async fn look_at_tenant(tenant: Uuid) -> Result<bool, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{RepairDrift, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<RepairDrift>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.look_at_now(&authority, tenant).await?)
}
