//! Proposing a tenant's branding.

use super::error::ApiError;
use leptos::prelude::*;
use steward_domain::theme::ThemeForm;
use uuid::Uuid;

/// Proposes a theme upon a version of the tenant's settings. Gives the path of the page on which the change is reviewed.
///
/// # Errors
/// When something typed is wrong, the settings changed since, the person may not, or there is no such tenant.
#[server(prefix = "/api", endpoint = "propose_branding")]
pub async fn propose_branding(tenant: Uuid, version: i64, form: ThemeForm) -> Result<String, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{ConfigureTenants, demand};
    use steward_core::provisioning::Proposal;
    use steward_core::tenants::theme::logo;
    use steward_domain::change::SettingsPatch;
    let visit = expect_context::<Visit>();
    let database = &visit.services.database;
    let authority = demand::<ConfigureTenants>(database, &visit.frame.actor).await?;
    let found = logo(database, &authority, tenant, &form.logo).await?;
    let theme = form
        .check(found.as_ref().map(|found| &found.logo))
        .map_err(|errors| ApiError::Invalid(errors.into_iter().map(|error| error.error).collect()))?;
    let patch = SettingsPatch { theme: Some(theme), ..SettingsPatch::default() };
    let change = visit.services.provisioning.propose(&authority, tenant, Proposal::settings(patch, Some(version))).await?;
    Ok(format!("/tenants/{tenant}/changes/{change}"))
}
