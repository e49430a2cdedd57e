//! Whether a short name is free, and which one is if it is not.

use crate::api::error::ApiError;
use steward_core::access::{Authority, CreateTenants};
use steward_core::database::Database;
use steward_core::tenants::{NameHolder, short_name_holder};
use steward_domain::field::FieldError;
use steward_domain::onboarding::Organisation;
use steward_domain::short_name::ShortName;

/// Refuses a page whose short name is taken, and names a free one.
pub(super) async fn demand_free(
    database: &Database,
    authority: &Authority<CreateTenants>,
    organisation: &Organisation,
) -> Result<(), ApiError> {
    let wanted = &organisation.short_name;
    let Some(taken) = short_name_holder(database, authority, wanted).await?.message(wanted.as_str()) else {
        return Ok(());
    };
    let message = match free_one(database, authority, organisation).await? {
        Some(free) => format!("{taken}; {free} is free"),
        None => taken,
    };
    Err(ApiError::Invalid(vec![FieldError::new("short_name", message)]))
}

/// The name that follows from the whole name of the organisation, else the wanted one with a figure.
async fn free_one(
    database: &Database,
    authority: &Authority<CreateTenants>,
    organisation: &Organisation,
) -> Result<Option<ShortName>, ApiError> {
    let wanted = &organisation.short_name;
    let candidates = std::iter::once(ShortName::derive(&organisation.name)).chain((2..=4).map(|figure| format!("{wanted}-{figure}")));
    for candidate in candidates {
        if let Ok(candidate) = ShortName::parse(&candidate)
            && &candidate != wanted
            && short_name_holder(database, authority, &candidate).await? == NameHolder::Free
        {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}
