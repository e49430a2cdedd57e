//! What is wrong with a field of a form or of a request body.

use serde::{Deserialize, Serialize};

/// One thing wrong with one field. The same words stand at the field, in the summary and in the API's problem document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name in the form and in the JSON body.
    pub field: String,
    /// What to do, as a sentence without a full stop: "Enter a contact e-mail address like admin@acme.com".
    pub message: String,
}

impl FieldError {
    /// An error at `field`.
    #[must_use]
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into() }
    }
}

/// Finds the first error of a field.
#[must_use]
pub fn error_of<'a>(errors: &'a [FieldError], field: &str) -> Option<&'a str> {
    errors.iter().find(|error| error.field == field).map(|error| error.message.as_str())
}
