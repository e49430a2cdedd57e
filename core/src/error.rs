//! What can go wrong in `core`, in two messages: one for the person, one for the log. `Display` never prints the log's half.

use crate::access::Permission;
use crate::context::RandomnessFailed;
use steward_domain::cause::Cause;
use steward_domain::field::FieldError;
use steward_domain::plan::Plan;

/// The result of everything in `core` that a person may have asked for.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done. Nothing is half-done when it is returned.
#[derive(Debug)]
pub enum Error {
    /// What was typed is wrong; each field says how.
    Invalid(Vec<FieldError>),
    /// The actor lacks a permission. An entry of it was written.
    Refused(Permission),
    /// There is no such thing, or the actor may not know that there is.
    NotFound(&'static str),
    /// It does not fit what is there now.
    Conflict {
        /// AREA-number.
        code: &'static str,
        /// What happened and what to do, for the person.
        message: String,
    },
    /// The systems changed since the plan was reviewed: here is the new one, nothing ran.
    PlanChanged(Box<Plan>),
    /// An outside system failed while the person waited.
    Platform {
        /// For the person.
        cause: Box<Cause>,
        /// For the log.
        log: String,
    },
    /// The database cannot be reached, or has no connection to spare in time.
    DatabaseAway {
        /// For the log only.
        log: String,
    },
    /// A mistake of ours or of the database.
    Internal {
        /// For the log only.
        log: String,
    },
}

impl Error {
    /// An internal error; `log` is never shown.
    #[must_use]
    pub fn internal(log: impl std::fmt::Display) -> Self {
        Self::Internal { log: log.to_string() }
    }

    /// An error at one field.
    #[must_use]
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// The code that a person can quote (`docs/errors.md`).
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Error::Invalid(_) => "APP-422",
            Error::Refused(_) => "APP-403",
            Error::NotFound(_) => "APP-404",
            Error::Conflict { code, .. } => code,
            Error::PlanChanged(_) => "TEN-409",
            Error::Platform { cause, .. } => &cause.code,
            Error::DatabaseAway { .. } => "APP-503",
            Error::Internal { .. } => "APP-500",
        }
    }

    /// What happened and what to do, for the person.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Error::Invalid(errors) => errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(". "),
            Error::Refused(permission) => {
                format!("Your roles do not allow you to {}. Ask {} to do it.", permission.describe(), permission.who())
            }
            Error::NotFound(what) => format!("There is no such {what}, or it is not yours to see."),
            Error::Conflict { message, .. } => message.clone(),
            Error::PlanChanged(_) => {
                "Settings or a system changed since you reviewed the plan. Nothing ran. Review the new plan.".to_owned()
            }
            Error::Platform { cause, .. } => format!("{} {}", cause.what, cause.helps),
            Error::DatabaseAway { .. } => "Steward cannot reach its database. Nothing was changed. Try again in a minute.".to_owned(),
            Error::Internal { .. } => {
                "Something is wrong on our side. Nothing was changed. Give Support the code and the request id.".to_owned()
            }
        }
    }

    /// The half for the log, if it says more than the message.
    #[must_use]
    pub fn log(&self) -> Option<&str> {
        match self {
            Error::Internal { log } | Error::DatabaseAway { log } | Error::Platform { log, .. } => Some(log),
            _ => None,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for Error {}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let log = format!("database: {error}");
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Self::DatabaseAway { log },
            _ => Self::Internal { log },
        }
    }
}

impl From<RandomnessFailed> for Error {
    fn from(error: RandomnessFailed) -> Self {
        Self::internal(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format_args!("json: {error}"))
    }
}

/// The name of the constraint that a statement broke, if that is what happened.
#[must_use]
pub fn broken_constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::constraint)
}
