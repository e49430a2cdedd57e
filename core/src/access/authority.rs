//! An [`Authority`] proves that an actor was asked for a permission and has it. It cannot be made any other way.

use super::{Actor, ActorKind, Permission};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Database;
use crate::error::{Error, Result};
use std::marker::PhantomData;

mod sealed {
    pub trait Sealed {}
}

/// A permission as a type, so that a function's signature says what it takes to call it.
pub trait Right: sealed::Sealed + Send + Sync + 'static {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident = $permission:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}
        impl sealed::Sealed for $name {}
        impl Right for $name {
            const PERMISSION: Permission = Permission::$permission;
        }
    )*};
}

rights! {
    /// See tenants, their resources and runs.
    ReadTenants = TenantRead;
    /// Draft, plan and create tenants.
    CreateTenants = TenantCreate;
    /// Change a tenant's settings.
    ConfigureTenants = TenantConfigure;
    /// Keep a tenant's people out, and let them in again.
    SuspendTenants = TenantSuspend;
    /// Remove what a creation that did not come to its end had made.
    RollBackTenants = TenantRollBack;
    /// Try a step of a run again.
    RetryRuns = RunRetry;
    /// Cancel a run.
    CancelRuns = RunCancel;
    /// Repair, accept or ignore what differs.
    RepairDrift = DriftRepair;
    /// Stop all destructive work, and let it go on.
    PauseDestruction = DestructionPause;
    /// Send mails to a tenant's contact.
    SendMails = MailSend;
    /// Open the systems behind a tenant, and see how full they are.
    OpenSystems = SystemOpen;
    /// See how the platform is.
    ReadPlatform = PlatformRead;
    /// Read the audit log.
    ReadAudit = AuditRead;
    /// Add resellers.
    ManageResellers = ResellerManage;
    /// Carry out runs.
    Provision = Provision;
    /// Look for drift, and repair it where the tenant says so.
    Observe = Observe;
}

/// An actor together with a permission that it has.
#[derive(Debug)]
pub struct Authority<R> {
    actor: Actor,
    right: PhantomData<fn() -> R>,
}

impl<R> Clone for Authority<R> {
    fn clone(&self) -> Self {
        Self { actor: self.actor.clone(), right: PhantomData }
    }
}

impl<R: Right> Authority<R> {
    /// Whose authority it is.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    fn of(actor: &Actor) -> Option<Self> {
        let allowed = if actor.kind() == ActorKind::System {
            R::PERMISSION.for_workers()
        } else {
            actor.roles().iter().any(|role| R::PERMISSION.roles().contains(role))
        };
        allowed.then(|| Self { actor: actor.clone(), right: PhantomData })
    }
}

impl Actor {
    /// Whether the actor has a permission: for showing or hiding a button. It gives no authority.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.roles().iter().any(|role| permission.roles().contains(role))
    }
}

/// Asks for a permission. A refusal is written to the audit log before it is returned; if that fails, the request fails.
///
/// # Errors
/// [`Error::Refused`], or an internal error if the entry could not be written.
pub async fn demand<R: Right>(database: &Database, actor: &Actor) -> Result<Authority<R>> {
    if let Some(authority) = Authority::of(actor) {
        return Ok(authority);
    }
    let entry = Entry {
        class: Class::Security,
        action: Action::AccessRefused,
        result: Outcome::Refused,
        tenant_id: None,
        object_kind: "permission",
        object_id: R::PERMISSION.as_str().to_owned(),
        correlation: None,
        code: Some("APP-403".to_owned()),
        detail: serde_json::json!({ "permission": R::PERMISSION.as_str(), "roles": actor.roles() }),
    };
    database.record_alone(actor, entry).await?;
    Err(Error::Refused(R::PERMISSION))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Origin;
    use steward_domain::role::Role;

    fn origin() -> Origin {
        Origin { request_id: "test".into(), address: None }
    }

    #[test]
    fn no_role_gives_what_only_workers_have_and_workers_have_nothing_else() {
        let everything = Actor::person("p".into(), "p".into(), Role::ALL.to_vec(), None, origin());
        assert!(Authority::<Provision>::of(&everything).is_none());
        assert!(Authority::<ReadTenants>::of(&everything).is_some());
        let worker = Actor::worker("provisioner", "test".into());
        assert!(Authority::<Provision>::of(&worker).is_some());
        assert!(Authority::<CreateTenants>::of(&worker).is_none());
        assert!(Authority::<ReadTenants>::of(&Actor::anonymous(origin())).is_none());
    }
}
