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

/// Gives a tenant the text that proves a domain to be its own. Gives the domain as DNS knows it.
///
/// # Errors
/// When it is no public host name, not the customer's, another tenant's, or the person may not.
#[server(prefix = "/api", endpoint = "begin_custom_domain")]
pub async fn begin_custom_domain(tenant: Uuid, domain: String) -> Result<String, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{ConfigureTenants, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<ConfigureTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.begin_challenge(&authority, tenant, &domain).await?.shown())
}

/// Looks whether the customer wrote the text into their DNS. Whether they did, and what was found.
///
/// # Errors
/// When there is no such challenge, it expired, another tenant has the domain, or the person may not.
#[server(prefix = "/api", endpoint = "check_custom_domain")]
pub async fn check_custom_domain(tenant: Uuid, domain: String) -> Result<(bool, String), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{ConfigureTenants, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<ConfigureTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.check_challenge(&authority, tenant, &domain).await?)
}

/// Forgets a domain that was begun.
///
/// # Errors
/// When there is none, it is the tenant's custom domain, or the person may not.
#[server(prefix = "/api", endpoint = "forget_custom_domain")]
pub async fn forget_custom_domain(tenant: Uuid, domain: String) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{ConfigureTenants, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<ConfigureTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(visit.services.provisioning.end_challenge(&authority, tenant, &domain).await?)
}
