//! What may be proposed, when, and by whom. It writes nothing.

use crate::access::{Permission, Right};
use crate::error::{Error, Result};
use crate::tenants::TenantFacts;
use std::collections::BTreeSet;
use steward_domain::change::{SettingsPatch, TenantSettings};
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunKind;
use steward_domain::tenant::Status;

/// What somebody wants to be other than it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What the run will do; never an onboarding.
    pub kind: RunKind,
    /// The settings that are to change.
    pub patch: SettingsPatch,
    /// The kinds of resources that a repair is about; none for all.
    pub only: Option<BTreeSet<ResourceKind>>,
    /// Why, in a person's words.
    pub reason: Option<String>,
    /// The version of the settings that the person had before them; none for the present one.
    pub base_version: Option<i64>,
    /// Whether the person agrees that limits become less than what is used.
    pub below_use: bool,
}

impl Proposal {
    /// A change of settings.
    #[must_use]
    pub fn settings(patch: SettingsPatch, base_version: Option<i64>) -> Self {
        Self { base_version, ..Self::of(RunKind::Change, patch) }
    }

    fn of(kind: RunKind, patch: SettingsPatch) -> Self {
        Self { kind, patch, only: None, reason: None, base_version: None, below_use: false }
    }

    /// Keeping a tenant's people out, or letting them in again.
    #[must_use]
    pub fn suspension(suspended: bool, reason: Option<String>) -> Self {
        let kind = if suspended { RunKind::Suspend } else { RunKind::Resume };
        let patch = SettingsPatch { suspended: Some(suspended), ..SettingsPatch::default() };
        Self { reason, ..Self::of(kind, patch) }
    }

    /// Putting right what differs in these kinds, or in all.
    #[must_use]
    pub fn repair(only: Option<BTreeSet<ResourceKind>>) -> Self {
        Self { only, ..Self::of(RunKind::Repair, SettingsPatch::default()) }
    }

    /// Removing what a creation had made that did not come to its end.
    #[must_use]
    pub fn roll_back() -> Self {
        Self::of(RunKind::RollBack, SettingsPatch::default())
    }

    pub(in crate::provisioning) fn title(&self) -> &'static str {
        title(self.kind, &self.patch)
    }
}

pub(super) fn title(kind: RunKind, patch: &SettingsPatch) -> &'static str {
    match kind {
        RunKind::Change => patch.title(),
        RunKind::Renew => "Renew certificate",
        kind => kind.label(),
    }
}

/// The permission that a run of a kind takes.
pub(in crate::provisioning) const fn permission(kind: RunKind) -> Permission {
    match kind {
        RunKind::Onboard => Permission::TenantCreate,
        RunKind::Change => Permission::TenantConfigure,
        RunKind::Suspend | RunKind::Resume => Permission::TenantSuspend,
        RunKind::Repair | RunKind::Renew => Permission::DriftRepair,
        RunKind::RollBack => Permission::TenantRollBack,
    }
}

impl Proposal {
    /// The same with only what is really other than it is, if it may be asked for while the tenant is what it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every setting that is wrong, [`Error::Conflict`] if nothing would change or the tenant cannot be changed so now.
    pub(in crate::provisioning) fn checked(self, tenant: &TenantFacts) -> Result<Self> {
        fits(self.kind, tenant.status)?;
        let patch = self.patch.reduced(&tenant.settings);
        patch.check(&tenant.settings).map_err(Error::Invalid)?;
        if self.kind == RunKind::Change && patch.is_empty() {
            let message = "Nothing would change: every setting is as you want it already.".to_owned();
            return Err(Error::Conflict { code: "TEN-414", message });
        }
        Ok(Self { patch, ..self })
    }

    /// The permission that proposing and starting it takes.
    #[must_use]
    pub fn permission(&self) -> Permission {
        permission(self.kind)
    }
}

/// Whether a run of a kind may be asked for while the tenant is what it is.
pub(super) fn fits(kind: RunKind, status: Status) -> Result<()> {
    let fits = match kind {
        RunKind::Change | RunKind::Repair | RunKind::Renew => matches!(status, Status::Active | Status::Suspended),
        RunKind::Suspend => status == Status::Active,
        RunKind::Resume => status == Status::Suspended,
        RunKind::RollBack => status == Status::Provisioning,
        RunKind::Onboard => false,
    };
    if fits {
        return Ok(());
    }
    let act = match kind {
        RunKind::RollBack => "rolled back",
        RunKind::Suspend => "suspended",
        RunKind::Resume => "resumed",
        _ => "changed",
    };
    let message = format!("The tenant is {}: it cannot be {act} now. Nothing was changed.", status.label().to_lowercase());
    Err(Error::Conflict { code: "TEN-413", message })
}

pub(super) fn demand_fit<R: Right>(kind: RunKind) -> Result<()> {
    // A page or route that asks for another permission than the kind takes is a mistake of ours, and must not let anybody in.
    let by_itself = kind == RunKind::Repair && R::PERMISSION == Permission::Observe;
    if R::PERMISSION == permission(kind) || by_itself { Ok(()) } else { Err(Error::Refused(permission(kind))) }
}

/// Steward repairs by itself only where the tenant says so.
pub(super) fn refuse_unasked<R: Right>(settings: &TenantSettings) -> Result<()> {
    let by_itself = R::PERMISSION == Permission::Observe;
    if by_itself && !settings.repair_silently { Err(Error::Refused(Permission::DriftRepair)) } else { Ok(()) }
}
