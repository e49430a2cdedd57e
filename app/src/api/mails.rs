//! Mails to a tenant's contact: having one sent again.

use super::error::ApiError;
use leptos::prelude::*;
use uuid::Uuid;

/// Has a mail that was given up sent again.
///
/// # Errors
/// When the person may not, or the mail is not given up any more.
#[server(prefix = "/api", endpoint = "send_mail_again")]
pub async fn send_mail_again(tenant: Uuid, mail: Uuid) -> Result<(), ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{SendMails, demand};
    let visit = expect_context::<Visit>();
    let authority = demand::<SendMails>(&visit.services.database, &visit.frame.actor).await?;
    Ok(steward_core::mail::send_again(&visit.services.database, &authority, tenant, mail).await?)
}
