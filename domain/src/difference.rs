//! One field of a resource that is not as wanted.

use serde::{Deserialize, Serialize};

/// A field, what was seen there and what is wanted there. Never a secret: systems do not show them, and resources do not compare them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where: "spec.hard.requests.cpu", "enabled".
    pub field: String,
    /// What was seen, "nothing" if the field is not there.
    pub seen: String,
    /// What is wanted.
    pub wanted: String,
}

impl Difference {
    /// A difference in words.
    #[must_use]
    pub fn new(field: impl Into<String>, seen: impl Into<String>, wanted: impl Into<String>) -> Self {
        Self { field: field.into(), seen: seen.into(), wanted: wanted.into() }
    }

    /// No difference if the condition holds.
    #[must_use]
    pub fn unless(as_wanted: bool, field: &str, seen: &str, wanted: &str) -> Option<Self> {
        (!as_wanted).then(|| Self::new(field, seen, wanted))
    }
}
