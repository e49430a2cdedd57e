//! What is not as wanted although nobody asked Steward to change it, and what people decided about it.

use serde::{Deserialize, Serialize};

/// In which way a resource is not as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Fields differ.
    Differs,
    /// It is gone.
    Absent,
    /// A part of it is missing.
    Partial,
    /// Something that Steward did not make is in its place.
    Foreign,
}

impl Finding {
    /// Every finding.
    pub const ALL: [Finding; 4] = [Finding::Differs, Finding::Absent, Finding::Partial, Finding::Foreign];

    /// The name in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Finding::Differs => "differs",
            Finding::Absent => "absent",
            Finding::Partial => "partial",
            Finding::Foreign => "foreign",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Finding::Differs => "Differs",
            Finding::Absent => "Gone",
            Finding::Partial => "Incomplete",
            Finding::Foreign => "Foreign, left alone",
        }
    }

    /// Whether a run can put it right. What Steward did not make it leaves alone.
    #[must_use]
    pub const fn can_be_repaired(self) -> bool {
        !matches!(self, Finding::Foreign)
    }

    /// The finding of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Finding> {
        Finding::ALL.into_iter().find(|finding| finding.as_str() == name)
    }
}

/// What people decided about what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Nothing yet: it is reported.
    Open,
    /// What was seen counts as wanted until it changes.
    Accepted,
    /// It is left alone until a day.
    Ignored,
}

impl Decision {
    /// Every decision.
    pub const ALL: [Decision; 3] = [Decision::Open, Decision::Accepted, Decision::Ignored];

    /// The name in the database, in URLs and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Decision::Open => "open",
            Decision::Accepted => "accepted",
            Decision::Ignored => "ignored",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Decision::Open => "Open",
            Decision::Accepted => "Accepted",
            Decision::Ignored => "Ignored",
        }
    }

    /// The decision of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.as_str() == name)
    }
}
