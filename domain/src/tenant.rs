//! The tenant: status, stage, and what is wrong right now.

use crate::role::Role;
use serde::{Deserialize, Serialize};

/// What a tenant is (DESIGN.md). What is wrong with it right now is its attention, beside the status, never instead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Being typed; nothing is made.
    Draft,
    /// Being made.
    Provisioning,
    /// In use.
    Active,
    /// Its people are kept out; nothing is lost.
    Suspended,
    /// On its way out.
    Offboarding,
    /// Out, but not destroyed.
    Deactivated,
    /// Destroyed.
    Purged,
}

impl Status {
    /// Every status, in the order of a tenant's life.
    pub const ALL: [Status; 7] =
        [Status::Draft, Status::Provisioning, Status::Active, Status::Suspended, Status::Offboarding, Status::Deactivated, Status::Purged];

    /// The name in the database, in URLs and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Provisioning => "provisioning",
            Status::Active => "active",
            Status::Suspended => "suspended",
            Status::Offboarding => "offboarding",
            Status::Deactivated => "deactivated",
            Status::Purged => "purged",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Status::Draft => "Draft",
            Status::Provisioning => "Provisioning",
            Status::Active => "Active",
            Status::Suspended => "Suspended",
            Status::Offboarding => "Offboarding",
            Status::Deactivated => "Deactivated",
            Status::Purged => "Purged",
        }
    }

    /// The status of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// Whose turn it is in a tenant's life (GUIDE.md §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Account and namespace are made.
    Creation,
    /// Domain, resources and limits are assigned.
    Configuration,
    /// Services and single sign-on are turned on.
    Activation,
    /// It runs and is watched.
    Monitoring,
    /// It is archived or taken off.
    Termination,
}

impl Stage {
    /// Every stage in order.
    pub const ALL: [Stage; 5] = [Stage::Creation, Stage::Configuration, Stage::Activation, Stage::Monitoring, Stage::Termination];

    /// The name in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Creation => "creation",
            Stage::Configuration => "configuration",
            Stage::Activation => "activation",
            Stage::Monitoring => "monitoring",
            Stage::Termination => "termination",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Stage::Creation => "Creation",
            Stage::Configuration => "Configuration",
            Stage::Activation => "Activation",
            Stage::Monitoring => "Monitoring",
            Stage::Termination => "Termination",
        }
    }

    /// Who is responsible (GUIDE.md §1).
    #[must_use]
    pub const fn responsible(self) -> Role {
        match self {
            Stage::Creation => Role::PlatformOps,
            Stage::Configuration => Role::DevOps,
            Stage::Activation => Role::TenantAdmin,
            Stage::Monitoring => Role::Sre,
            Stage::Termination => Role::ComplianceOfficer,
        }
    }

    /// The stage of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == name)
    }
}

/// The kinds of attention that a tenant may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttentionKind {
    /// A step failed and is tried again.
    Retrying,
    /// A step waits for a system that is away.
    Waiting,
    /// A step stopped: a person must act.
    Stopped,
    /// Something is not as wanted although nobody asked Steward to change it.
    Drift,
    /// A certificate is due and could not be renewed.
    Expiring,
}

impl AttentionKind {
    /// Every kind.
    pub const ALL: [AttentionKind; 5] =
        [AttentionKind::Retrying, AttentionKind::Waiting, AttentionKind::Stopped, AttentionKind::Drift, AttentionKind::Expiring];

    /// The name in the database and in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            AttentionKind::Retrying => "retrying",
            AttentionKind::Waiting => "waiting",
            AttentionKind::Stopped => "stopped",
            AttentionKind::Drift => "drift",
            AttentionKind::Expiring => "expiring",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            AttentionKind::Retrying => "Retrying",
            AttentionKind::Waiting => "Waiting",
            AttentionKind::Stopped => "Stopped",
            AttentionKind::Drift => "Drift",
            AttentionKind::Expiring => "Expiring",
        }
    }

    /// The kind of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<AttentionKind> {
        AttentionKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What is wrong with a tenant right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// Of what kind.
    pub kind: AttentionKind,
    /// The words of the chip: "Retrying, 3 of 8", "Waits for Keycloak".
    pub text: String,
    /// Since when.
    pub since: chrono::DateTime<chrono::Utc>,
}
