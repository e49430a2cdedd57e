//! Starting an onboarding: in one transaction the draft becomes a tenant, its inventory, its run and its steps are written.

use super::Provisioning;
use super::idempotency::{self, Idempotency};
use super::preflight;
use super::resources::resource;
use super::wanted::Wanted;
use crate::access::{Authority, CreateTenants};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Transaction;
use crate::error::{Error, Result, broken_constraint};
use crate::tenants;
use sqlx::FromRow;
use sqlx::types::Json;
use steward_domain::onboarding::Draft;
use steward_domain::plan::{Plan, PreflightCheck, Verdict};
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunKind, StepState};
use uuid::Uuid;

/// After so many counted failures a step stops.
pub(super) const FAILURES_MAX: i32 = 8;

/// A run that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartedRun {
    /// Whose run.
    pub tenant_id: Uuid,
    /// The run.
    pub run_id: Uuid,
    /// The number that people say.
    pub run_number: i64,
    /// It had been started before: *Create* was pressed twice.
    pub already: bool,
}

/// A tenant that was asked for in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onboarded {
    /// The tenant.
    pub tenant_id: Uuid,
    /// Its run.
    pub run_id: Uuid,
    /// The answer is that of an earlier request with the same key.
    pub replayed: bool,
}

#[derive(FromRow)]
struct RunRow {
    id: Uuid,
    number: i64,
}

impl Provisioning {
    /// Creates the tenant of a draft and starts its run. With the hash of a plan that a person reviewed, exactly that plan runs.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is neither draft nor tenant, [`Error::Invalid`] with every field that is wrong (a name taken meanwhile
    /// too), [`Error::PlanChanged`] with the new plan if it is not the reviewed one, [`Error::Conflict`] if the plan cannot run.
    pub async fn start_onboarding(
        &self,
        authority: &Authority<CreateTenants>,
        tenant_id: Uuid,
        reviewed_hash: Option<&str>,
    ) -> Result<StartedRun> {
        match self.start_draft(authority, tenant_id, reviewed_hash).await {
            Ok(Some(started)) => Ok(started),
            Ok(None) => self.started(authority, tenant_id).await?.ok_or(Error::NotFound("draft")),
            // Whatever stood in the way: if the same draft was created meanwhile, *Create* was pressed twice, and that is its run.
            Err(error) => match self.started(authority, tenant_id).await? {
                Some(started) => Ok(started),
                None => Err(self.not_created(authority, Some(tenant_id), tenant_id.to_string(), error).await),
            },
        }
    }

    /// Plans and starts a draft. None if it is no draft any more.
    async fn start_draft(
        &self,
        authority: &Authority<CreateTenants>,
        tenant_id: Uuid,
        reviewed_hash: Option<&str>,
    ) -> Result<Option<StartedRun>> {
        let draft = tenants::draft(&self.database, authority, tenant_id).await?.draft;
        let wish = draft.check().map_err(Error::Invalid)?;
        let wanted = Wanted::of(tenant_id, &wish, &self.site.settings.base_domain);
        let plan = self.plan_that_runs(authority, &wanted, reviewed_hash).await?;
        let mut transaction = self.database.begin(authority).await?;
        match tenants::lock_draft(&mut transaction, tenant_id).await? {
            None => return Ok(None),
            Some(kept) if kept == draft => {}
            // Somebody saved it after it was planned: what runs is what was reviewed.
            Some(kept) => {
                drop(transaction);
                let wish = kept.check().map_err(Error::Invalid)?;
                let changed = self.plan(authority, &Wanted::of(tenant_id, &wish, &self.site.settings.base_domain)).await?;
                return Err(Error::PlanChanged(Box::new(changed)));
            }
        }
        room_for(&mut transaction, self, &wanted).await?;
        match begin_run(&mut transaction, self, &wanted, &plan).await {
            Ok(Some(started)) => {
                transaction.commit().await?;
                Ok(Some(started))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                drop(transaction);
                Err(self.name_taken(authority, &wanted, error).await)
            }
        }
    }

    /// Creates a tenant in one call: draft, plan and run. With an idempotency key the answer is kept in the same transaction, and a
    /// repeated request gets it again.
    ///
    /// # Errors
    /// As [`Provisioning::start_onboarding`]; [`Error::Conflict`] if the key was used for another request.
    pub async fn onboard(&self, authority: &Authority<CreateTenants>, draft: Draft, idempotency: Option<Idempotency>) -> Result<Onboarded> {
        let known = async || idempotency::replay(&self.database, authority, idempotency.as_ref()).await;
        if let Some(known) = known().await? {
            return Ok(known);
        }
        match self.onboard_once(authority, &draft, idempotency.as_ref()).await {
            Ok(made) => Ok(made),
            // The same request may have come twice at once; whatever stood in the way of this one, the other has its answer by now.
            Err(error) => match known().await? {
                Some(known) => Ok(known),
                None => {
                    // As typed it may be of any length.
                    let asked_for: String = draft.organisation.name.chars().take(100).collect();
                    Err(self.not_created(authority, None, asked_for, error).await)
                }
            },
        }
    }

    /// The error of a *Create* that came to nothing, once an entry of it is written. Without an entry it fails as ours.
    async fn not_created(&self, authority: &Authority<CreateTenants>, tenant_id: Option<Uuid>, object_id: String, error: Error) -> Error {
        // What is not there was not asked for; and a mistake of ours is in the log, the database may be what failed.
        if matches!(error, Error::NotFound(_) | Error::DatabaseAway { .. } | Error::Internal { .. }) {
            return error;
        }
        let entry = Entry {
            class: Class::Audit,
            action: Action::TenantNotCreated,
            result: Outcome::Failed,
            tenant_id,
            object_kind: "tenant",
            object_id,
            correlation: None,
            code: Some(error.code().to_owned()),
            detail: serde_json::json!({ "cause": error.message() }),
        };
        self.database.record_alone(authority.actor(), entry).await.err().unwrap_or(error)
    }

    async fn onboard_once(
        &self,
        authority: &Authority<CreateTenants>,
        draft: &Draft,
        idempotency: Option<&Idempotency>,
    ) -> Result<Onboarded> {
        let wish = draft.check().map_err(Error::Invalid)?;
        let tenant_id = self.database.context().id()?;
        let wanted = Wanted::of(tenant_id, &wish, &self.site.settings.base_domain);
        let plan = self.plan_that_runs(authority, &wanted, None).await?;
        let mut transaction = self.database.begin(authority).await?;
        room_for(&mut transaction, self, &wanted).await?;
        tenants::insert_draft(&mut transaction, authority, tenant_id, draft).await?;
        let started = match begin_run(&mut transaction, self, &wanted, &plan).await {
            Ok(started) => started.ok_or_else(|| Error::internal("the draft just made is not there"))?,
            Err(error) => {
                drop(transaction);
                return Err(self.name_taken(authority, &wanted, error).await);
            }
        };
        idempotency::keep(&mut transaction, authority, idempotency, &started).await?;
        transaction.commit().await?;
        Ok(Onboarded { tenant_id, run_id: started.run_id, replayed: false })
    }

    /// The run that made a tenant, if it is no draft any more.
    async fn started(&self, authority: &Authority<CreateTenants>, tenant_id: Uuid) -> Result<Option<StartedRun>> {
        let mut reader = self.database.read(authority).await?;
        let run: Option<RunRow> = sqlx::query_as("select id, number from run where tenant_id = $1 and kind = $2 order by number limit 1")
            .bind(tenant_id)
            .bind(RunKind::Onboard.as_str())
            .fetch_optional(reader.conn())
            .await?;
        Ok(run.map(|run| StartedRun { tenant_id, run_id: run.id, run_number: run.number, already: true }))
    }

    async fn plan_that_runs(&self, authority: &Authority<CreateTenants>, wanted: &Wanted, reviewed_hash: Option<&str>) -> Result<Plan> {
        let plan = self.plan(authority, wanted).await?;
        // A taken name belongs at its field, wherever the request came from.
        if let Some(taken) =
            tenants::short_name_holder(&self.database, authority, &wanted.short_name).await?.message(wanted.short_name.as_str())
        {
            return Err(Error::field("short_name", taken));
        }
        match reviewed_hash {
            Some(reviewed) if reviewed != plan.hash || !plan.may_run() => Err(Error::PlanChanged(Box::new(plan))),
            None if !plan.may_run() => Err(cannot_run(&plan.preflight)),
            _ => Ok(plan),
        }
    }

    /// A broken uniqueness as the field error that it is.
    async fn name_taken(&self, authority: &Authority<CreateTenants>, wanted: &Wanted, error: Error) -> Error {
        if !matches!(&error, Error::Conflict { code: "TEN-410", .. }) {
            return error;
        }
        let holder = tenants::short_name_holder(&self.database, authority, &wanted.short_name).await;
        let message = holder.ok().and_then(|holder| holder.message(wanted.short_name.as_str()));
        Error::field("short_name", message.unwrap_or_else(|| format!("The short name {} is taken", wanted.short_name)))
    }
}

fn cannot_run(checks: &[PreflightCheck]) -> Error {
    let why: Vec<&str> = checks.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| check.what.as_str()).collect();
    Error::Conflict { code: "TEN-412", message: format!("The plan cannot run: {}. Nothing was made.", why.join("; ")) }
}

/// Head-room once more, one *Create* after the other until each commits: two that were planned at the same time both saw room.
async fn room_for(transaction: &mut Transaction, provisioning: &Provisioning, wanted: &Wanted) -> Result<()> {
    let Some(capacity) = provisioning.site.settings.capacity else { return Ok(()) };
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('steward head-room', 0))").execute(transaction.conn()).await?;
    let checks = preflight::head_room(wanted, preflight::allocated(transaction.conn()).await?, capacity);
    if checks.iter().any(|check| check.verdict == Verdict::Fail) { Err(cannot_run(&checks)) } else { Ok(()) }
}

/// How deep a kind lies: 0 has nothing before it.
fn wave(kind: ResourceKind) -> i32 {
    kind.after().iter().map(|before| wave(*before) + 1).max().unwrap_or(0)
}

/// Turns the draft into a tenant and writes everything that its run needs. None if it is no draft any more.
async fn begin_run(transaction: &mut Transaction, provisioning: &Provisioning, wanted: &Wanted, plan: &Plan) -> Result<Option<StartedRun>> {
    let names = wanted.names();
    let updated = sqlx::query(
        "update tenant set status = 'provisioning', status_since = now(), stage = 'creation', stage_since = now(), name = $2, short_name = $3, domain = $4,
                contact_email = $5, region = $6, draft = null, version = version + 1, changed_at = now()
         where id = $1 and status = 'draft'",
    )
    .bind(wanted.tenant_id)
    .bind(&wanted.organisation)
    .bind(wanted.short_name.as_str())
    .bind(&names.domain)
    .bind(wanted.contact_email.as_str())
    .bind(wanted.settings.region.as_str())
    .execute(transaction.conn())
    .await
    .map_err(|error| match broken_constraint(&error) {
        Some("tenant_short_name_unique" | "tenant_domain_unique") => Error::Conflict { code: "TEN-410", message: "The short name is taken.".to_owned() },
        _ => error.into(),
    })?
    .rows_affected();
    if updated == 0 {
        return Ok(None);
    }
    sqlx::query("insert into tenant_config (tenant_id, limits, features) values ($1, $2, $3)")
        .bind(wanted.tenant_id)
        .bind(Json(&wanted.settings.limits))
        .bind(Json(&wanted.settings.features))
        .execute(transaction.conn())
        .await?;
    let run_id = transaction.context().id()?;
    let requested_by = transaction.actor().name().to_owned();
    let run_number: i64 = sqlx::query_scalar(
        "insert into run (id, tenant_id, kind, plan_hash, plan, wish, state, requested_by) values ($1, $2, $3, $4, $5, $6, 'running', $7) returning number",
    )
    .bind(run_id)
    .bind(wanted.tenant_id)
    .bind(RunKind::Onboard.as_str())
    .bind(&plan.hash)
    .bind(Json(plan))
    .bind(Json(wanted))
    .bind(requested_by)
    .fetch_one(transaction.conn())
    .await?;
    insert_inventory(transaction, provisioning, wanted).await?;
    insert_steps(transaction, provisioning, wanted, run_id).await?;
    let entry = Entry {
        class: Class::Audit,
        action: Action::TenantCreated,
        result: Outcome::Done,
        tenant_id: Some(wanted.tenant_id),
        object_kind: "tenant",
        object_id: wanted.tenant_id.to_string(),
        correlation: Some(run_id),
        code: None,
        detail: serde_json::json!({
            "status": { "before": "draft", "after": "provisioning" },
            "name": { "after": wanted.organisation }, "domain": { "after": names.domain }, "contact_email": { "after": wanted.contact_email },
            "reseller": { "after": wanted.reseller }, "limits": { "after": wanted.settings.limits }, "features": { "after": wanted.settings.features }, "region": { "after": wanted.settings.region },
            "run": run_number, "plan": plan.hash,
        }),
    };
    transaction.record(entry).await?;
    Ok(Some(StartedRun { tenant_id: wanted.tenant_id, run_id, run_number, already: false }))
}

/// The inventory comes before the resources, so that whatever exists can be found again.
async fn insert_inventory(transaction: &mut Transaction, provisioning: &Provisioning, wanted: &Wanted) -> Result<()> {
    let mut ids = Vec::new();
    for _ in ResourceKind::ALL {
        ids.push(transaction.context().id()?);
    }
    sqlx::query(
        "insert into resource (id, tenant_id, kind, system, name, state)
         select id, $2, kind, system, name, 'planned' from unnest($1::uuid[], $3::text[], $4::text[], $5::text[]) as r (id, kind, system, name)",
    )
    .bind(&ids)
    .bind(wanted.tenant_id)
    .bind(ResourceKind::ALL.map(ResourceKind::as_str).to_vec())
    .bind(ResourceKind::ALL.map(|kind| kind.system().as_str()).to_vec())
    .bind(ResourceKind::ALL.map(|kind| resource(kind).name(&provisioning.site, wanted)).to_vec())
    .execute(transaction.conn())
    .await?;
    Ok(())
}

/// All steps in one statement: the run begins when this transaction commits, and the person waits.
async fn insert_steps(transaction: &mut Transaction, provisioning: &Provisioning, wanted: &Wanted, run_id: Uuid) -> Result<()> {
    let mut steps = Vec::new();
    for (kind, ordinal) in ResourceKind::ALL.into_iter().zip(0_i32..) {
        steps.push(serde_json::json!({
            "id": transaction.context().id()?,
            "ordinal": ordinal,
            "kind": kind.as_str(),
            "title": format!("{} {}", kind.label(), resource(kind).name(&provisioning.site, wanted)),
            "system": kind.system().as_str(),
            "wave": wave(kind),
            "after": kind.after().iter().map(|before| before.as_str()).collect::<Vec<_>>(),
            "state": if kind.after().is_empty() { StepState::Ready.as_str() } else { StepState::Blocked.as_str() },
        }));
    }
    sqlx::query(
        "insert into run_step (id, run_id, tenant_id, ordinal, kind, title, system, wave, after, state, failures_max)
         select s.id, $2, $3, s.ordinal, s.kind, s.title, s.system, s.wave, s.after, s.state, $4
         from jsonb_to_recordset($1) as s (id uuid, ordinal int, kind text, title text, system text, wave int, after text[], state text)",
    )
    .bind(Json(steps))
    .bind(run_id)
    .bind(wanted.tenant_id)
    .bind(FAILURES_MAX)
    .execute(transaction.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_follow_from_what_comes_before() {
        assert_eq!(wave(ResourceKind::Realm), 0);
        assert_eq!(wave(ResourceKind::SecondFactor), 1);
        assert_eq!(wave(ResourceKind::Administrator), 2);
        assert_eq!(wave(ResourceKind::Dashboard), 1);
    }
}
