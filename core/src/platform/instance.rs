//! A system, or the one of its clusters that is meant.

use steward_domain::system::System;

/// Which system, and which of its clusters: Keycloak can have several, called cells. What is away, rests or is waited for is one of these.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instance {
    /// The system.
    pub system: System,
    /// The cell, if it is Keycloak and not its first one.
    pub cell: Option<String>,
}

impl Instance {
    /// A further cell of Keycloak.
    #[must_use]
    pub fn cell(name: impl Into<String>) -> Self {
        Self { system: System::Keycloak, cell: Some(name.into()) }
    }
}

impl From<System> for Instance {
    fn from(system: System) -> Self {
        Self { system, cell: None }
    }
}

impl std::fmt::Display for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.cell {
            None => f.write_str(self.system.label()),
            Some(cell) => write!(f, "{} cell {cell}", self.system),
        }
    }
}
