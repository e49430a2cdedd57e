//! The roles of the platform's people, as Keycloak's platform realm names them.
//!
//! What a role may do is not decided here: `steward-core`'s `access` holds the one policy table.

use serde::{Deserialize, Serialize};

/// A role that a person can hold, or to which a piece of work is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Brings tenants onto the platform.
    PlatformOps,
    /// Owns domains, resources and limits.
    #[serde(rename = "devops")]
    DevOps,
    /// Owns the running systems.
    Sre,
    /// Answers to the auditor; agrees to destruction.
    ComplianceOfficer,
    /// Chief information security officer; agrees to destruction.
    Ciso,
    /// Helps tenants' people.
    Support,
    /// Brings and looks after its own customers only.
    Reseller,
    /// The administrator of one tenant, in that tenant's own realm.
    TenantAdmin,
}

impl Role {
    /// Every role, in the order in which tables list them.
    pub const ALL: [Role; 8] =
        [Role::PlatformOps, Role::DevOps, Role::Sre, Role::ComplianceOfficer, Role::Ciso, Role::Support, Role::Reseller, Role::TenantAdmin];

    /// The name in Keycloak, in tokens and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::PlatformOps => "platform-ops",
            Role::DevOps => "devops",
            Role::Sre => "sre",
            Role::ComplianceOfficer => "compliance-officer",
            Role::Ciso => "ciso",
            Role::Support => "support",
            Role::Reseller => "reseller",
            Role::TenantAdmin => "tenant-admin",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Role::PlatformOps => "Platform Ops",
            Role::DevOps => "DevOps",
            Role::Sre => "SRE",
            Role::ComplianceOfficer => "Compliance Officer",
            Role::Ciso => "CISO",
            Role::Support => "Support",
            Role::Reseller => "Reseller",
            Role::TenantAdmin => "Tenant Admin",
        }
    }

    /// The role of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.label())
    }
}
