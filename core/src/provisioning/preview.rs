//! What a change would do, without proposing it: nothing is kept and nothing runs. And the settings that two people see at once.

use super::Provisioning;
use super::change::{ChangeView, Conflicting, Proposal, Reach};
use crate::access::{Authority, ReadTenants, Right};
use crate::error::{Error, Result};
use crate::tenants::{self, SettingsVersion, TenantFacts};
use steward_domain::change::{TenantSettings, changed_settings};
use steward_domain::plan::Plan;
use uuid::Uuid;

impl Provisioning {
    /// A tenant with its present settings.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that the actor may see, or it is a draft.
    pub async fn tenant_facts(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid) -> Result<TenantFacts> {
        let mut reader = self.database.read(authority).await?;
        tenants::facts(reader.conn(), tenant_id).await?.ok_or(Error::NotFound("tenant"))
    }

    /// The settings of a tenant at a version; none if that version is not known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings_at(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid, version: i64) -> Result<Option<SettingsVersion>> {
        let mut reader = self.database.read(authority).await?;
        tenants::settings_at(reader.conn(), tenant_id, version).await
    }

    /// The change that a proposal would be, and its plan as far as it would reach, by the same rules as [`Provisioning::propose`]. It has
    /// no id.
    ///
    /// # Errors
    /// As [`Provisioning::propose`].
    pub async fn preview<R: Right>(
        &self,
        authority: &Authority<R>,
        tenant_id: Uuid,
        proposal: Proposal,
        reach: Reach,
    ) -> Result<(ChangeView, Plan)> {
        self.demand_agreed(authority, tenant_id, &proposal).await?;
        let mut reader = self.database.read(authority).await?;
        let facts = tenants::facts(reader.conn(), tenant_id).await?.ok_or(Error::NotFound("tenant"))?;
        let proposal = proposal.checked(&facts)?;
        self.demand_what_it_names(reader.conn(), &facts, &proposal.patch).await?;
        drop(reader);
        self.preview_of(authority, facts, proposal, reach).await
    }

    /// What differs right now from what the tenant is to have: the plan of a repair of everything. To look takes no right to repair.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such tenant that the actor may see, or it is a draft.
    pub async fn plan_differences(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid) -> Result<Plan> {
        let facts = self.tenant_facts(authority, tenant_id).await?;
        Ok(self.preview_of(authority, facts, Proposal::repair(None), Reach::Everything).await?.1)
    }

    async fn preview_of<R: Right>(
        &self,
        authority: &Authority<R>,
        tenant: TenantFacts,
        proposal: Proposal,
        reach: Reach,
    ) -> Result<(ChangeView, Plan)> {
        let title = proposal.title();
        let change = ChangeView {
            id: Uuid::nil(),
            kind: proposal.kind,
            title,
            changed: changed_settings(&tenant.settings, &proposal.patch.on(&tenant.settings)),
            only: proposal.only,
            reason: proposal.reason,
            proposed_by: authority.actor().name().to_owned(),
            proposed_at: self.database.context().now(),
            conflict: None,
            run_number: None,
            ended_at: None,
            renews: proposal.renews,
            patch: proposal.patch,
            tenant,
        };
        let plan = self.plan_within(authority, &change, reach).await?;
        Ok((change, plan))
    }
}

/// Every setting in which two versions that began with the same one differ from it, side by side.
#[must_use]
pub fn three_versions(base: &TenantSettings, theirs: &TenantSettings, mine: &TenantSettings) -> Vec<Conflicting> {
    let (theirs, mine) = (changed_settings(base, theirs), changed_settings(base, mine));
    let mut all: Vec<Conflicting> = theirs
        .into_iter()
        .map(|theirs| Conflicting { mine: theirs.before.clone(), label: theirs.label, base: theirs.before, theirs: theirs.after })
        .collect();
    for mine in mine {
        match all.iter_mut().find(|both| both.label == mine.label) {
            Some(both) => both.mine = mine.after,
            None => all.push(Conflicting { label: mine.label, theirs: mine.before.clone(), base: mine.before, mine: mine.after }),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use steward_domain::email::EmailAddress;
    use steward_domain::features::Features;
    use steward_domain::limits::Limits;

    #[test]
    fn whoever_comes_later_sees_what_it_was_what_it_is_and_what_they_want() {
        let base = TenantSettings {
            custom_domain: None,
            name: "Acme".into(),
            contact_email: EmailAddress::parse("admin@acme.com").unwrap(),
            limits: Limits::default_for(false),
            features: Features::default(),
            suspended: false,
            without: BTreeSet::new(),
            repair_silently: false,
            theme: steward_domain::theme::Theme::default(),
        };
        let limits = |cpu, memory_gib| Limits { cpu, memory_gib, ..base.limits };
        let theirs = TenantSettings { limits: limits(6, 16), ..base.clone() };
        let mine = TenantSettings { limits: limits(8, 8), name: "Acme Corp".into(), ..base.clone() };
        let all: Vec<_> =
            three_versions(&base, &theirs, &mine).into_iter().map(|v| [v.label, v.base, v.theirs, v.mine].join("|")).collect();
        assert_eq!(all, ["CPU|4 cores|6 cores|8 cores", "Memory|8 GiB|16 GiB|8 GiB", "Name|Acme|Acme|Acme Corp"]);
    }
}
