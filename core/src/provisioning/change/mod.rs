//! Changes of a tenant: proposed, reviewed as a plan, started as a run. What runs is what was reviewed.
//!
//! A proposal keeps only what is to change and the version it was made against: what others changed meanwhile stays as they made it, and
//! where both changed the same setting, both versions are shown and nothing runs until a person chose.

mod one_resource;
mod proposal;
mod reach;
mod view;

pub use proposal::Proposal;
use proposal::{demand_fit, fits, refuse_unasked};
pub use reach::Reach;
use reach::Scope;
use view::load;
pub use view::{ChangeView, Conflicting};

use super::Provisioning;
use super::begin::NewRun;
use super::domains;
use super::drift::Decisions;
use super::plan::{hash, usual};
use super::start::{StartedRun, cannot_run, room_for};
use super::wanted::Wanted;
use super::{preflight, roll_back};
use crate::access::{Authority, ReadTenants, Right, RollBackTenants};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Transaction;
use crate::error::{Error, Result};
use crate::provisioning::engine;
use crate::tenants::{self, TenantFacts};
use sqlx::PgConnection;
use sqlx::types::Json;
use steward_domain::change::{ChangedSetting, SettingsPatch, changed_settings};
use steward_domain::plan::{Plan, PlanItem};
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunKind;
use uuid::Uuid;

impl Provisioning {
    /// Proposes a change. Nothing runs yet.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such tenant, [`Error::Invalid`] with every setting that is wrong or, if nobody agreed to it, lower
    /// than what is used; [`Error::Conflict`] if nothing would change or the tenant cannot be changed so now.
    pub async fn propose<R: Right>(&self, authority: &Authority<R>, tenant_id: Uuid, proposal: Proposal) -> Result<Uuid> {
        demand_fit::<R>(proposal.kind)?;
        self.demand_agreed(authority, tenant_id, &proposal).await?;
        let mut transaction = self.database.begin(authority).await?;
        let facts = tenants::lock_facts(&mut transaction, tenant_id).await?.ok_or(Error::NotFound("tenant"))?;
        let proposal = proposal.checked(&facts)?;
        refuse_unasked::<R>(proposal.kind, &facts.settings)?;
        let patch = &proposal.patch;
        self.demand_what_it_names(transaction.conn(), &facts, patch).await?;
        let id = transaction.context().id()?;
        let proposed_by = transaction.actor().name().to_owned();
        let only: Option<Vec<&str>> = proposal.only.as_ref().map(|kinds| kinds.iter().map(|kind| kind.as_str()).collect());
        sqlx::query(
            "insert into change (id, tenant_id, kind, patch, only_kinds, reason, base_version, proposed_by, renews)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id)
        .bind(tenant_id)
        .bind(proposal.kind.as_str())
        .bind(Json(patch))
        .bind(only)
        .bind(&proposal.reason)
        .bind(proposal.base_version.unwrap_or(facts.version))
        .bind(proposed_by)
        .bind(proposal.renews.iter().map(String::as_str).collect::<Vec<_>>())
        .execute(transaction.conn())
        .await?;
        let settings = changed_settings(&facts.settings, &patch.on(&facts.settings));
        let detail = serde_json::json!({ "change": proposal.title(), "settings": before_and_after(&settings), "reason": proposal.reason });
        transaction.record(entry(Action::ChangeProposed, Outcome::Done, tenant_id, id, detail)).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// A proposed change.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none of that tenant or the actor may not see it.
    pub async fn change_view(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid, id: Uuid) -> Result<ChangeView> {
        let mut reader = self.database.read(authority).await?;
        let view = load(reader.conn(), id).await?;
        if view.tenant.id == tenant_id { Ok(view) } else { Err(Error::NotFound("change")) }
    }

    /// What a change names must be there: the logo kept, the custom domain verified.
    pub(super) async fn demand_what_it_names(
        &self,
        connection: &mut PgConnection,
        facts: &TenantFacts,
        patch: &SettingsPatch,
    ) -> Result<()> {
        if let Some(theme) = &patch.theme {
            tenants::theme::demand_logo(connection, facts.id, theme).await?;
        }
        if let Some(Some(domain)) = &patch.custom_domain {
            domains::demand_verified(connection, facts, domain, &self.site.settings.base_domain).await?;
        }
        Ok(())
    }

    /// The plan of a change as a person reviews it: with a row for whatever else differs.
    ///
    /// # Errors
    /// When the database fails; a system that does not answer is a failed check of the plan.
    pub async fn plan_change<R: Right>(&self, authority: &Authority<R>, change: &ChangeView) -> Result<Plan> {
        self.plan_within(authority, change, Reach::Everything).await
    }

    /// The same, as far as it is to reach.
    pub(super) async fn plan_within<R: Right>(&self, authority: &Authority<R>, change: &ChangeView, reach: Reach) -> Result<Plan> {
        let wanted = self.wanted_by(change);
        let picture = self.picture(&wanted).await;
        let scope = Scope::of(change, &wanted, &picture, reach);
        let concerned = ResourceKind::ALL.into_iter().filter(|kind| scope.has(*kind, &picture));
        let mut items: Vec<PlanItem> = concerned.filter_map(|kind| self.item(kind, &wanted, &picture)).collect();
        let mut reader = self.database.read(authority).await?;
        if change.kind != RunKind::RollBack {
            Decisions::of(reader.conn(), change.tenant.id).await?.leave_alone(&mut items, &picture);
        }
        let room = match (self.site.settings.capacity, change.patch.limits) {
            (Some(capacity), Some(_)) => {
                let allocated = preflight::allocated(reader.conn()).await?;
                Some((allocated.without(&change.tenant.settings.limits), capacity))
            }
            _ => None,
        };
        let usual = usual(&mut reader, change.title).await?;
        drop(reader);
        let mut checks = preflight::change_checks(&self.site, &wanted, &picture, &scope.touched, room);
        if let Some(limits) = &change.patch.limits {
            checks.extend(self.usage_in(&wanted.names().namespace).await.below(limits));
        }
        checks.extend(roll_back::foreign_inside(&items));
        Ok(Plan { hash: hash(&wanted, &items)?, items, preflight: checks, observed_at: self.database.context().now(), usual })
    }

    fn wanted_by(&self, change: &ChangeView) -> Wanted {
        let mut wanted = Wanted::of_tenant(&change.tenant, &change.after(), &self.site.settings.base_domain);
        if change.kind == RunKind::RollBack {
            wanted.without = ResourceKind::ALL.into_iter().collect();
        }
        wanted.renews = change.renews.clone();
        wanted
    }

    /// Starts a change: exactly the plan that was reviewed; without one, a plan of what the change touches and nothing else
    /// ([`Reach::Touched`]). Asked twice, it gives the same run. Rolling a creation back takes [`Provisioning::start_roll_back`].
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such change or it was thrown away, [`Error::PlanChanged`] with the new plan if it is not the
    /// reviewed one, [`Error::Conflict`] if the plan cannot run, another run is under way, or somebody else changed the same settings.
    pub async fn start_change<R: Right>(
        &self,
        authority: &Authority<R>,
        tenant_id: Uuid,
        id: Uuid,
        reviewed_hash: Option<&str>,
    ) -> Result<StartedRun> {
        self.start_confirmed(authority, tenant_id, id, reviewed_hash, None).await
    }

    /// Starts rolling a creation back, as [`Provisioning::start_change`] does the other changes. It removes all that was made: the person
    /// types the tenant's short name.
    ///
    /// # Errors
    /// As [`Provisioning::start_change`]; at field `short_name` if it is another.
    pub async fn start_roll_back(
        &self,
        authority: &Authority<RollBackTenants>,
        tenant_id: Uuid,
        id: Uuid,
        reviewed_hash: Option<&str>,
        typed_short_name: &str,
    ) -> Result<StartedRun> {
        self.start_confirmed(authority, tenant_id, id, reviewed_hash, Some(typed_short_name)).await
    }

    async fn start_confirmed<R: Right>(
        &self,
        authority: &Authority<R>,
        tenant_id: Uuid,
        id: Uuid,
        reviewed_hash: Option<&str>,
        typed_short_name: Option<&str>,
    ) -> Result<StartedRun> {
        match self.start_change_once(authority, tenant_id, id, reviewed_hash, typed_short_name).await {
            Err(error @ (Error::Invalid(_) | Error::Conflict { .. } | Error::PlanChanged(_))) => {
                let detail = serde_json::json!({ "cause": error.message() });
                let entry = Entry {
                    code: Some(error.code().to_owned()),
                    ..entry(Action::ChangeNotStarted, Outcome::Failed, tenant_id, id, detail)
                };
                Err(self.database.record_alone(authority.actor(), entry).await.err().unwrap_or(error))
            }
            outcome => outcome,
        }
    }

    async fn start_change_once<R: Right>(
        &self,
        authority: &Authority<R>,
        tenant_id: Uuid,
        id: Uuid,
        reviewed_hash: Option<&str>,
        typed_short_name: Option<&str>,
    ) -> Result<StartedRun> {
        let mut reader = self.database.read(authority).await?;
        let change = load(reader.conn(), id).await?;
        drop(reader);
        demand_fit::<R>(change.kind)?;
        if change.tenant.id != tenant_id || change.ended_at.is_some() && change.run_number.is_none() {
            return Err(Error::NotFound("change"));
        }
        if change.run_number.is_some() {
            return self.started_change(authority, id).await;
        }
        if change.kind == RunKind::RollBack {
            roll_back::demand_name(&change.tenant.short_name, typed_short_name)?;
        }
        fits(change.kind, change.tenant.status)?;
        refuse_unasked::<R>(change.kind, &change.tenant.settings)?;
        refuse_conflict(&change)?;
        change.patch.check(&change.tenant.settings).map_err(Error::Invalid)?;
        let reach = if reviewed_hash.is_some() { Reach::Everything } else { Reach::Touched };
        let plan = self.plan_within(authority, &change, reach).await?;
        match reviewed_hash {
            Some(reviewed) if reviewed != plan.hash || !plan.may_run() => return Err(Error::PlanChanged(Box::new(plan))),
            None if !plan.may_run() => return Err(cannot_run(&plan.preflight)),
            _ => {}
        }
        let mut transaction = self.database.begin(authority).await?;
        let open: Option<Uuid> = sqlx::query_scalar("select id from change where id = $1 and ended_at is null for update")
            .bind(id)
            .fetch_optional(transaction.conn())
            .await?;
        if open.is_none() {
            drop(transaction);
            return self.started_change(authority, id).await;
        }
        roll_back::lock_open_run(&mut transaction, tenant_id).await?;
        let facts = tenants::lock_facts(&mut transaction, tenant_id).await?.ok_or(Error::NotFound("tenant"))?;
        if facts != change.tenant {
            drop(transaction);
            let changed = self.change_anew(authority, id).await?;
            refuse_conflict(&changed)?;
            return Err(Error::PlanChanged(Box::new(self.plan_within(authority, &changed, reach).await?)));
        }
        let started = self.begin_change(&mut transaction, &change, &plan).await?;
        transaction.commit().await?;
        Ok(started)
    }

    async fn change_anew<R: Right>(&self, authority: &Authority<R>, id: Uuid) -> Result<ChangeView> {
        let mut reader = self.database.read(authority).await?;
        load(reader.conn(), id).await
    }

    async fn begin_change(&self, transaction: &mut Transaction, change: &ChangeView, plan: &Plan) -> Result<StartedRun> {
        let wanted = self.wanted_by(change);
        if change.patch.limits.is_some() {
            room_for(transaction, self, &wanted, Some(&change.tenant.settings.limits)).await?;
        }
        if change.kind == RunKind::RollBack {
            roll_back::end_creation(transaction, change.tenant.id).await?;
        }
        if !change.patch.is_empty() {
            tenants::write_settings(transaction, change.tenant.id, &change.after()).await?;
        }
        let run = NewRun { kind: change.kind, title: change.title, wanted: &wanted, plan };
        let started = run.begin(transaction, &self.site).await?;
        if !plan.does_something() {
            engine::refresh_run(transaction, started.run_id).await?;
        }
        sqlx::query("update change set run_id = $2, ended_at = now() where id = $1")
            .bind(change.id)
            .bind(started.run_id)
            .execute(transaction.conn())
            .await?;
        let detail = serde_json::json!({
            "change": change.title, "settings": before_and_after(&change.changed), "reason": change.reason, "run": started.run_number, "plan": plan.hash,
            "replaces": change.renews,
        });
        let entry =
            Entry { correlation: Some(started.run_id), ..entry(Action::ChangeStarted, Outcome::Done, change.tenant.id, change.id, detail) };
        transaction.record(entry).await?;
        Ok(started)
    }

    async fn started_change<R: Right>(&self, authority: &Authority<R>, id: Uuid) -> Result<StartedRun> {
        let mut reader = self.database.read(authority).await?;
        let run: Option<(Uuid, Uuid, i64)> =
            sqlx::query_as("select r.tenant_id, r.id, r.number from change c join run r on r.id = c.run_id where c.id = $1")
                .bind(id)
                .fetch_optional(reader.conn())
                .await?;
        let (tenant_id, run_id, run_number) = run.ok_or(Error::NotFound("change"))?;
        Ok(StartedRun { tenant_id, run_id, run_number, already: true })
    }

    /// Throws a proposed change away. Nothing was made of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that is open.
    pub async fn discard_change<R: Right>(&self, authority: &Authority<R>, tenant_id: Uuid, id: Uuid) -> Result<()> {
        let mut transaction = self.database.begin(authority).await?;
        self.demand_open::<R>(&mut transaction, tenant_id, id).await?;
        sqlx::query("update change set ended_at = now() where id = $1").bind(id).execute(transaction.conn()).await?;
        transaction.record(entry(Action::ChangeDiscarded, Outcome::Done, tenant_id, id, serde_json::Value::Null)).await?;
        transaction.commit().await
    }

    /// Keeps a proposed change although somebody else changed the same settings meanwhile: the person saw both versions.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that is open.
    pub async fn insist_on_change<R: Right>(&self, authority: &Authority<R>, tenant_id: Uuid, id: Uuid) -> Result<()> {
        let mut transaction = self.database.begin(authority).await?;
        let change = self.demand_open::<R>(&mut transaction, tenant_id, id).await?;
        sqlx::query("update change set base_version = $2 where id = $1")
            .bind(id)
            .bind(change.tenant.version)
            .execute(transaction.conn())
            .await?;
        let detail = serde_json::json!({ "change": change.title, "insisted_on_version": change.tenant.version });
        transaction.record(entry(Action::ChangeProposed, Outcome::Done, tenant_id, id, detail)).await?;
        transaction.commit().await
    }

    async fn demand_open<R: Right>(&self, transaction: &mut Transaction, tenant_id: Uuid, id: Uuid) -> Result<ChangeView> {
        sqlx::query("select id from change where id = $1 for update").bind(id).execute(transaction.conn()).await?;
        let change = load(transaction.conn(), id).await?;
        demand_fit::<R>(change.kind)?;
        if change.tenant.id == tenant_id && change.ended_at.is_none() { Ok(change) } else { Err(Error::NotFound("change")) }
    }
}

fn refuse_conflict(change: &ChangeView) -> Result<()> {
    match &change.conflict {
        None => Ok(()),
        Some((both, who)) => {
            let labels: Vec<&str> = both.iter().map(|both| both.label.as_str()).collect();
            let message = format!("{who} changed {} meanwhile. Nothing ran. Look at both versions and choose.", labels.join(", "));
            Err(Error::Conflict { code: "TEN-415", message })
        }
    }
}

fn before_and_after(settings: &[ChangedSetting]) -> serde_json::Value {
    settings
        .iter()
        .map(|setting| (setting.label.clone(), serde_json::json!({ "before": setting.before, "after": setting.after })))
        .collect()
}

fn entry(action: Action, result: Outcome, tenant_id: Uuid, id: Uuid, detail: serde_json::Value) -> Entry {
    Entry {
        class: Class::Audit,
        action,
        result,
        tenant_id: Some(tenant_id),
        object_kind: "change",
        object_id: id.to_string(),
        correlation: None,
        code: None,
        detail,
    }
}
