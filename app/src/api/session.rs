//! Staying signed in.

use super::error::ApiError;
use leptos::prelude::*;

/// Counts as a click: the session goes on. `console.js` calls it when the person asks to stay signed in.
///
/// # Errors
/// When the session is over.
#[server(prefix = "/api", endpoint = "extend_session")]
pub async fn extend_session() -> Result<(), ApiError> {
    // Looking the session up, before this, noted the click.
    let visit = expect_context::<crate::visit::Visit>();
    match visit.frame.session {
        Some(_) => Ok(()),
        None => {
            Err(ApiError::Failed { status: 401, code: "AUTH-401".to_owned(), message: "Your session has ended. Sign in again.".to_owned() })
        }
    }
}
