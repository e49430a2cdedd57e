//! A tenant's domains: looked at now, their certificates renewed.

use super::error::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Looks at a tenant's domains now, and says what was seen: a line each.
///
/// # Errors
/// When the person may not, or there is no such tenant.
#[server(prefix = "/api", endpoint = "check_domains")]
pub async fn check_domains(tenant: Uuid) -> Result<Vec<String>, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{RepairDrift, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<RepairDrift>(&visit.services.database, &visit.frame.actor).await?;
    let checked = visit.services.provisioning.check_domains(&authority, tenant).await?;
    Ok(checked.into_iter().map(|it| format!("{}: {}. {}.", it.host, it.handshake, it.record)).collect())
}

/// Proposes to renew the tenant's certificates, however long they hold. Nothing runs yet. Gives the change's id.
///
/// # Errors
/// When there is none, the person may not, or the tenant cannot be changed now.
#[server(prefix = "/api", endpoint = "renew_certificates")]
pub async fn renew_certificates(tenant: Uuid) -> Result<Uuid, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{RepairDrift, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<RepairDrift>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.renew_certificates(&authority, tenant).await?)
}
