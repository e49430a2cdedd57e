//! Why something failed, in the words of the person who reads it.

use crate::role::Role;
use crate::system::System;
use serde::{Deserialize, Serialize};

/// What may be done about a failure, as far as the engine is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// The system cannot be reached or says that it is not ready. Nobody's attempt is used up: Steward waits and looks again.
    Away,
    /// May pass: time-outs, rate limits, conflicts, errors of the other side. Tried again a limited number of times.
    Passing,
    /// Trying again gives the same answer: refused input, missing rights, something foreign in the place. A person must act.
    Lasting,
}

/// The cause of a failed attempt: what stands in the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// AREA-number, stable, documented in `docs/errors.md`: "KEY-503".
    pub code: String,
    /// The system concerned.
    pub system: System,
    /// What may be done about it.
    pub nature: Nature,
    /// What happened, as a sentence: "Keycloak refuses connections."
    pub what: String,
    /// Whose job it is.
    pub whose: Role,
    /// What helps, as a sentence.
    pub helps: String,
}
