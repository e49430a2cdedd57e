//! Changes of a tenant: proposed, started, thrown away.

use super::error::ApiError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use steward_domain::change::SettingsPatch;
use uuid::Uuid;

/// Demands the permission that a change of this kind takes, and goes on with that authority.
#[cfg(feature = "ssr")]
macro_rules! permitted {
    ($visit:ident, $tenant:ident, $change:ident, |$view:ident, $authority:ident| $act:expr) => {{
        use steward_core::access::{self, Permission, demand};
        let (database, actor) = (&$visit.services.database, &$visit.frame.actor);
        let read = demand::<access::ReadTenants>(database, actor).await?;
        let $view = $visit.services.provisioning.change_view(&read, $tenant, $change).await?;
        match $view.permission() {
            Permission::TenantSuspend => {
                let $authority = demand::<access::SuspendTenants>(database, actor).await?;
                $act
            }
            Permission::TenantRollBack => {
                let $authority = demand::<access::RollBackTenants>(database, actor).await?;
                $act
            }
            Permission::DriftRepair => {
                let $authority = demand::<access::RepairDrift>(database, actor).await?;
                $act
            }
            _ => {
                let $authority = demand::<access::ConfigureTenants>(database, actor).await?;
                $act
            }
        }
    }};
}

/// What a person proposes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Proposed {
    /// Other settings than those of a version.
    Settings {
        /// What is to change.
        patch: SettingsPatch,
        /// The version that the person had before them.
        version: i64,
        /// Whether they agree that limits become less than what is used.
        below_use: bool,
    },
    /// Keeping the tenant's people out.
    Suspend {
        /// Why.
        reason: String,
    },
    /// Letting them in again.
    Resume,
    /// Removing what a creation had made that did not come to its end.
    RollBack,
}

/// Where a started change's run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The number of its run.
    pub run_number: i64,
    /// Whether it had been started before: nothing runs twice.
    pub already: bool,
}

/// Proposes a change. Nothing runs yet. Gives the change's id.
///
/// # Errors
/// When it is wrong, nothing would change, the tenant is not fit for it, or the person may not.
#[server(prefix = "/api", endpoint = "propose_change")]
pub async fn propose_change(tenant: Uuid, proposed: Proposed) -> Result<Uuid, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{ConfigureTenants, RollBackTenants, SuspendTenants, demand};
    use steward_core::provisioning::Proposal;
    let visit = expect_context::<Visit>();
    let (database, actor) = (&visit.services.database, &visit.frame.actor);
    let provisioning = &visit.services.provisioning;
    Ok(match proposed {
        Proposed::Settings { patch, version, below_use } => {
            let authority = demand::<ConfigureTenants>(database, actor).await?;
            // Keeping people out takes another permission, and no setting of a form leads there.
            let patch = SettingsPatch { suspended: None, ..patch };
            let proposal = Proposal { below_use, ..Proposal::settings(patch, Some(version)) };
            provisioning.propose(&authority, tenant, proposal).await?
        }
        Proposed::Suspend { reason } => {
            let authority = demand::<SuspendTenants>(database, actor).await?;
            let reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
            provisioning.propose(&authority, tenant, Proposal::suspension(true, reason)).await?
        }
        Proposed::Resume => {
            let authority = demand::<SuspendTenants>(database, actor).await?;
            provisioning.propose(&authority, tenant, Proposal::suspension(false, None)).await?
        }
        Proposed::RollBack => {
            let authority = demand::<RollBackTenants>(database, actor).await?;
            provisioning.propose(&authority, tenant, Proposal::roll_back()).await?
        }
    })
}

/// Starts a change: exactly the plan that was reviewed. Asked twice, it gives the same run.
///
/// # Errors
/// When the plan changed since, cannot run, somebody else changed the same settings, the person may not, or the change is gone.
#[server(prefix = "/api", endpoint = "start_change")]
pub async fn start_change(tenant: Uuid, change: Uuid, plan_hash: String, typed_short_name: String) -> Result<Started, ApiError> {
    use crate::visit::Visit;
    use steward_core::access::{ReadTenants, RollBackTenants, demand};
    use steward_domain::run::RunKind;
    let visit = expect_context::<Visit>();
    let (database, actor) = (&visit.services.database, &visit.frame.actor);
    let provisioning = &visit.services.provisioning;
    let read = demand::<ReadTenants>(database, actor).await?;
    let started = if provisioning.change_view(&read, tenant, change).await?.kind == RunKind::RollBack {
        let authority = demand::<RollBackTenants>(database, actor).await?;
        provisioning.start_roll_back(&authority, tenant, change, Some(&plan_hash), &typed_short_name).await?
    } else {
        permitted!(visit, tenant, change, |_view, authority| {
            provisioning.start_change(&authority, tenant, change, Some(&plan_hash)).await?
        })
    };
    Ok(Started { run_number: started.run_number, already: started.already })
}

/// Throws a proposed change away.
///
/// # Errors
/// When the person may not, or the change is gone.
#[server(prefix = "/api", endpoint = "discard_change")]
pub async fn discard_change(tenant: Uuid, change: Uuid) -> Result<(), ApiError> {
    use crate::visit::Visit;
    let visit = expect_context::<Visit>();
    permitted!(visit, tenant, change, |_view, authority| visit.services.provisioning.discard_change(&authority, tenant, change).await?);
    Ok(())
}

/// Keeps a proposed change although somebody else changed the same settings: the person saw both versions.
///
/// # Errors
/// When the person may not, or the change is gone.
#[server(prefix = "/api", endpoint = "insist_on_change")]
pub async fn insist_on_change(tenant: Uuid, change: Uuid) -> Result<(), ApiError> {
    use crate::visit::Visit;
    let visit = expect_context::<Visit>();
    permitted!(visit, tenant, change, |_view, authority| visit.services.provisioning.insist_on_change(&authority, tenant, change).await?);
    Ok(())
}
