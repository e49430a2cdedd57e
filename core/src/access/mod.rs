//! Who may do what.
//!
//! [`Permission`] is the one policy table. An [`Authority`] is a permission that an [`Actor`] was found to have: functions
//! that read or change anything take one, and nothing else opens a transaction. No other module decides about rights.

mod actor;
mod authority;
mod permission;
pub mod sessions;

pub use actor::{Actor, ActorKept, ActorKind, Origin, Scope};
pub use authority::{
    Authority, CancelRuns, ConfigureTenants, CreateTenants, ManageResellers, Observe, OpenSystems, PauseDestruction, Provision, ReadAudit,
    ReadPlatform, ReadTenants, RepairDrift, RetryRuns, Right, RollBackTenants, SendMails, SuspendTenants, demand,
};
pub use permission::Permission;
