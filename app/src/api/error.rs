//! What a server function answers when it did not do what was asked.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use steward_domain::field::FieldError;
use steward_domain::plan::Plan;

/// Why it was not done. It says what the person may know; the log has the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ApiError {
    /// What was typed is wrong; each field says how.
    Invalid(Vec<FieldError>),
    /// The systems changed since the plan was reviewed: here is the new one, nothing ran.
    PlanChanged(Box<Plan>),
    /// Anything else.
    Failed {
        /// The HTTP status that fits.
        status: u16,
        /// AREA-number.
        code: String,
        /// What happened and what to do.
        message: String,
    },
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let (status, code, message) = match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => {
                (503, "APP-503", "Steward did not answer. Check the connection, then try again.")
            }
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                (400, "APP-400", "The request was not understood. Load the page again.")
            }
            _ => (500, "APP-500", "Something is wrong on our side. Nothing was changed. Give Support the code and the request id."),
        };
        ApiError::Failed { status, code: code.to_owned(), message: message.to_owned() }
    }
}

/// The HTTP status that fits an error of core.
#[cfg(feature = "ssr")]
#[must_use]
pub fn status_of(error: &steward_core::error::Error) -> u16 {
    use steward_core::error::Error;
    use steward_domain::cause::Nature;
    match error {
        Error::Invalid(_) => 422,
        Error::Refused(_) => 403,
        Error::NotFound(_) => 404,
        Error::Conflict { .. } | Error::PlanChanged(_) => 409,
        Error::Platform { cause, .. } if cause.nature == Nature::Away => 503,
        Error::Platform { .. } => 502,
        Error::DatabaseAway { .. } => 503,
        Error::Internal { .. } => 500,
    }
}

#[cfg(feature = "ssr")]
impl From<steward_core::error::Error> for ApiError {
    fn from(error: steward_core::error::Error) -> Self {
        use steward_core::error::Error;
        // Beyond this point only the person's half goes on.
        if let Some(log) = error.log() {
            let request_id = leptos::prelude::use_context::<crate::visit::Visit>().map(|visit| visit.frame.request_id).unwrap_or_default();
            tracing::error!(request_id, code = error.code(), "{log}");
        }
        match error {
            Error::Invalid(errors) => ApiError::Invalid(errors),
            Error::PlanChanged(plan) => ApiError::PlanChanged(plan),
            other => ApiError::Failed { status: status_of(&other), code: other.code().to_owned(), message: other.message() },
        }
    }
}
