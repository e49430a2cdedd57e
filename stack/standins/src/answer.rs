//! What a stand-in answers: a status and a JSON body.

use serde_json::{Value, json};

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: Value,
}

impl Answer {
    /// An answer with this status and body.
    #[must_use]
    pub const fn new(status: u16, body: Value) -> Self {
        Self { status, body }
    }

    /// Grafana's form of an error: `{"message": …}`.
    #[must_use]
    pub fn message(status: u16, message: &str) -> Self {
        Self { status, body: json!({ "message": message }) }
    }
}
