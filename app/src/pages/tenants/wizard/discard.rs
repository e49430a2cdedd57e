//! Throwing a draft away: nothing was made of it, so one press is enough.

use crate::api::tenants::discard_draft;
use crate::pages::error::failed;
use crate::visit::{Reply, Visit};
use steward_core::error::Error;
use uuid::Uuid;

/// The form.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn post(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    match visit.within(discard_draft(id)).await {
        Ok(()) => Ok(Reply::done("/tenants", "Draft discarded. Nothing had been made of it.")),
        Err(error) => Ok(failed(visit, error)),
    }
}
