//! The wizard's changes: drafting, creating, throwing away.

use super::error::ApiError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use steward_domain::onboarding::{OrganisationForm, SettingsForm};
use uuid::Uuid;

#[cfg(feature = "ssr")]
mod names;

/// What to do with a page of the wizard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Save {
    /// Check it and go on.
    AndContinue,
    /// Keep it as typed, right or wrong.
    ForLater,
}

/// Where a created tenant's run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// The tenant.
    pub tenant_id: Uuid,
    /// The number of its run.
    pub run_number: i64,
    /// Whether it had been created before: nothing was made twice.
    pub already: bool,
}

/// Saves the first page, in a new draft if there is none yet. Gives the draft's id.
///
/// # Errors
/// When the page is wrong, the name is taken, the person may not, or the draft is gone.
#[server(prefix = "/api", endpoint = "save_organisation")]
pub async fn save_organisation(draft: Option<Uuid>, form: OrganisationForm, save: Save) -> Result<Uuid, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{CreateTenants, demand};
    use steward_core::tenants;
    let visit = expect_context::<Visit>();
    let database = &visit.services.database;
    let authority = demand::<CreateTenants>(database, &visit.frame.actor).await?;
    let mut form = form;
    if save == Save::AndContinue {
        let checked = form.check().map_err(ApiError::Invalid)?;
        names::demand_free(database, &authority, &checked).await?;
        checked.short_name.as_str().clone_into(&mut form.short_name);
    }
    let view = match draft {
        Some(id) => tenants::save_organisation(database, &authority, id, &form).await?,
        None => tenants::start_draft(database, &authority, &form).await?,
    };
    Ok(view.id)
}

/// Saves the second page.
///
/// # Errors
/// When the page is wrong, the person may not, or the draft is gone.
#[server(prefix = "/api", endpoint = "save_settings")]
pub async fn save_settings(draft: Uuid, form: SettingsForm, save: Save) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{CreateTenants, demand};
    let visit = expect_context::<Visit>();
    let database = &visit.services.database;
    let authority = demand::<CreateTenants>(database, &visit.frame.actor).await?;
    if save == Save::AndContinue {
        form.check().map_err(ApiError::Invalid)?;
    }
    steward_core::tenants::save_settings(database, &authority, draft, &form).await?;
    Ok(())
}

/// Creates the tenant of a draft: starts the run of the plan that was reviewed. Asked twice, it gives the same run.
///
/// # Errors
/// When the plan changed since, cannot run, the person may not, or the draft is gone.
#[server(prefix = "/api", endpoint = "create_tenant")]
pub async fn create_tenant(draft: Uuid, plan_hash: String) -> Result<Created, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{CreateTenants, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<CreateTenants>(&visit.services.database, &visit.frame.actor).await?;
    let started = visit.services.provisioning.start_onboarding(&authority, draft, Some(&plan_hash)).await?;
    Ok(Created { tenant_id: started.tenant_id, run_number: started.run_number, already: started.already })
}

/// Throws a draft away. Nothing was made of it.
///
/// # Errors
/// When the person may not, or the draft is gone.
#[server(prefix = "/api", endpoint = "discard_draft")]
pub async fn discard_draft(draft: Uuid) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{CreateTenants, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<CreateTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(steward_core::tenants::discard(&visit.services.database, &authority, draft).await?)
}
