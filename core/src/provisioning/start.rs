//! Starting an onboarding: in one transaction the draft becomes a tenant, its inventory, its run and its steps are written.

use super::Provisioning;
use super::begin::NewRun;
use super::cells::{Held, Placed, hold_place};
use super::idempotency::{self, Idempotency};
use super::preflight;
use super::wanted::Wanted;
use crate::access::{Authority, CreateTenants};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Transaction;
use crate::error::{Error, Result, broken_constraint};
use crate::tenants;
use sqlx::FromRow;
use sqlx::types::Json;
use steward_domain::limits::Limits;
use steward_domain::onboarding::Draft;
use steward_domain::plan::{Plan, PreflightCheck, Verdict};
use steward_domain::run::RunKind;
use uuid::Uuid;

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

/// What came of an attempt to begin.
enum Attempt<T> {
    /// It came to its end.
    Came(T),
    /// The cell that was planned for takes nobody any more. Nothing was changed.
    PlaceGone,
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

    /// Plans and starts a draft. None if it is no draft any more. Where others are faster and take a cell's last place, another cell is
    /// chosen, until none takes the tenant.
    async fn start_draft(
        &self,
        authority: &Authority<CreateTenants>,
        tenant_id: Uuid,
        reviewed_hash: Option<&str>,
    ) -> Result<Option<StartedRun>> {
        loop {
            if let Attempt::Came(started) = self.start_draft_once(authority, tenant_id, reviewed_hash).await? {
                return Ok(started);
            }
        }
    }

    async fn start_draft_once(
        &self,
        authority: &Authority<CreateTenants>,
        tenant_id: Uuid,
        reviewed_hash: Option<&str>,
    ) -> Result<Attempt<Option<StartedRun>>> {
        let draft = tenants::draft(&self.database, authority, tenant_id).await?.draft;
        let wish = draft.check().map_err(Error::Invalid)?;
        let wanted = Wanted::of(tenant_id, &wish, &self.site.settings.base_domain);
        let (wanted, plan) = self.plan_that_runs(authority, wanted, reviewed_hash).await?;
        let mut transaction = self.database.begin(authority).await?;
        match tenants::lock_draft(&mut transaction, tenant_id).await? {
            None => return Ok(Attempt::Came(None)),
            Some(kept) if kept == draft => {}
            // Somebody saved it after it was planned: what runs is what was reviewed.
            Some(kept) => {
                drop(transaction);
                let wish = kept.check().map_err(Error::Invalid)?;
                let (wanted, placed) = self.placed(authority, Wanted::of(tenant_id, &wish, &self.site.settings.base_domain)).await?;
                let changed = self.plan(authority, &wanted, &placed).await?;
                return Err(Error::PlanChanged(Box::new(changed)));
            }
        }
        room_for(&mut transaction, self, &wanted, None).await?;
        if self.place_for(&mut transaction, &wanted).await? == Held::No {
            return Ok(Attempt::PlaceGone);
        }
        match begin_run(&mut transaction, self, &wanted, &plan).await {
            Ok(Some(started)) => {
                transaction.commit().await?;
                Ok(Attempt::Came(Some(started)))
            }
            Ok(None) => Ok(Attempt::Came(None)),
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
        match self.onboard_draft(authority, &draft, idempotency.as_ref()).await {
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

    /// As [`Provisioning::start_draft`], with a draft that is made for it.
    async fn onboard_draft(
        &self,
        authority: &Authority<CreateTenants>,
        draft: &Draft,
        idempotency: Option<&Idempotency>,
    ) -> Result<Onboarded> {
        loop {
            if let Attempt::Came(made) = self.onboard_once(authority, draft, idempotency).await? {
                return Ok(made);
            }
        }
    }

    async fn onboard_once(
        &self,
        authority: &Authority<CreateTenants>,
        draft: &Draft,
        idempotency: Option<&Idempotency>,
    ) -> Result<Attempt<Onboarded>> {
        let wish = draft.check().map_err(Error::Invalid)?;
        let tenant_id = self.database.context().id()?;
        let wanted = Wanted::of(tenant_id, &wish, &self.site.settings.base_domain);
        let (wanted, plan) = self.plan_that_runs(authority, wanted, None).await?;
        let mut transaction = self.database.begin(authority).await?;
        room_for(&mut transaction, self, &wanted, None).await?;
        if self.place_for(&mut transaction, &wanted).await? == Held::No {
            return Ok(Attempt::PlaceGone);
        }
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
        Ok(Attempt::Came(Onboarded { tenant_id, run_id: started.run_id, replayed: false }))
    }

    /// The run that made a tenant, if it is no draft any more.
    async fn started(&self, authority: &Authority<CreateTenants>, tenant_id: Uuid) -> Result<Option<StartedRun>> {
        let mut reader = self.database.read(authority).await?;
        let run: Option<RunRow> = sqlx::query_as(
            "select r.id, r.number from run r join tenant t on t.id = r.tenant_id
             where r.tenant_id = $1 and r.kind = $2 and t.status <> 'draft' order by r.number desc limit 1",
        )
        .bind(tenant_id)
        .bind(RunKind::Onboard.as_str())
        .fetch_optional(reader.conn())
        .await?;
        Ok(run.map(|run| StartedRun { tenant_id, run_id: run.id, run_number: run.number, already: true }))
    }

    /// Chooses the cell and plans. What was reviewed in a cell that still takes the tenant runs there, though another may be the best one
    /// by now.
    async fn plan_that_runs(
        &self,
        authority: &Authority<CreateTenants>,
        wanted: Wanted,
        reviewed_hash: Option<&str>,
    ) -> Result<(Wanted, Plan)> {
        let (candidates, placed) = self.candidates(authority, &wanted).await?;
        let mut candidates = candidates.into_iter();
        let wanted = wanted.in_cell(candidates.next());
        let plan = self.plan(authority, &wanted, &placed).await?;
        let reviewed_elsewhere = match reviewed_hash {
            Some(reviewed) if reviewed != plan.hash => self.reviewed_in(authority, &wanted, (candidates, &placed), reviewed).await?,
            _ => None,
        };
        let (wanted, plan) = reviewed_elsewhere.unwrap_or((wanted, plan));
        // A taken name belongs at its field, wherever the request came from.
        if let Some(taken) =
            tenants::short_name_holder(&self.database, authority, &wanted.short_name).await?.message(wanted.short_name.as_str())
        {
            return Err(Error::field("short_name", taken));
        }
        match reviewed_hash {
            Some(reviewed) if reviewed != plan.hash || !plan.may_run() => Err(Error::PlanChanged(Box::new(plan))),
            None if !plan.may_run() => Err(cannot_run(&plan.preflight)),
            _ => Ok((wanted, plan)),
        }
    }

    /// The plan that was reviewed, if it is that of one of these cells.
    async fn reviewed_in(
        &self,
        authority: &Authority<CreateTenants>,
        wanted: &Wanted,
        (cells, placed): (impl Iterator<Item = String>, &Placed),
        reviewed: &str,
    ) -> Result<Option<(Wanted, Plan)>> {
        for cell in cells {
            let elsewhere = wanted.clone().in_cell(Some(cell));
            let plan = self.plan(authority, &elsewhere, placed).await?;
            if plan.hash == reviewed {
                return Ok(Some((elsewhere, plan)));
            }
        }
        Ok(None)
    }

    async fn place_for(&self, transaction: &mut Transaction, wanted: &Wanted) -> Result<Held> {
        hold_place(transaction, &self.site.settings.cells, wanted.settings.region, wanted.cell.as_deref()).await
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

pub(super) fn cannot_run(checks: &[PreflightCheck]) -> Error {
    let why: Vec<&str> = checks.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| check.what.as_str()).collect();
    Error::Conflict { code: "TEN-412", message: format!("The plan cannot run: {}. Nothing was made.", why.join("; ")) }
}

/// Head-room once more, one *Create* after the other until each commits: two that were planned at the same time both saw room.
pub(super) async fn room_for(
    transaction: &mut Transaction,
    provisioning: &Provisioning,
    wanted: &Wanted,
    instead_of: Option<&Limits>,
) -> Result<()> {
    let Some(capacity) = provisioning.site.settings.capacity else { return Ok(()) };
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('steward head-room', 0))").execute(transaction.conn()).await?;
    let allocated = preflight::allocated(transaction.conn()).await?;
    let allocated = instead_of.map_or(allocated, |limits| allocated.without(limits));
    let checks = preflight::head_room(wanted, allocated, capacity);
    if checks.iter().any(|check| check.verdict == Verdict::Fail) { Err(cannot_run(&checks)) } else { Ok(()) }
}

/// Turns the draft into a tenant and writes everything that its run needs. None if it is no draft any more.
async fn begin_run(transaction: &mut Transaction, provisioning: &Provisioning, wanted: &Wanted, plan: &Plan) -> Result<Option<StartedRun>> {
    let names = wanted.names();
    let updated = sqlx::query(
        "update tenant set status = 'provisioning', status_since = now(), stage = 'creation', stage_since = now(), name = $2, short_name = $3, domain = $4,
                contact_email = $5, region = $6, cell = $7, draft = null, version = version + 1, changed_at = now()
         where id = $1 and status = 'draft'",
    )
    .bind(wanted.tenant_id)
    .bind(&wanted.organisation)
    .bind(wanted.short_name.as_str())
    .bind(&names.domain)
    .bind(wanted.contact_email.as_str())
    .bind(wanted.settings.region.as_str())
    .bind(&wanted.cell)
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
    // A creation that was rolled back left a row behind.
    sqlx::query(
        "insert into tenant_config (tenant_id, limits, features) values ($1, $2, $3)
         on conflict (tenant_id) do update set limits = excluded.limits, features = excluded.features, suspended = false, without = '{}', custom_domain = null, changed_at = now()",
    )
    .bind(wanted.tenant_id)
    .bind(Json(&wanted.settings.limits))
    .bind(Json(&wanted.settings.features))
    .execute(transaction.conn())
    .await?;
    let run = NewRun { kind: RunKind::Onboard, title: RunKind::Onboard.label(), wanted, plan };
    let started = run.begin(transaction, &provisioning.site).await?;
    tenants::keep_version(transaction, wanted.tenant_id, &wanted.tenant_settings()).await?;
    let entry = Entry {
        class: Class::Audit,
        action: Action::TenantCreated,
        result: Outcome::Done,
        tenant_id: Some(wanted.tenant_id),
        object_kind: "tenant",
        object_id: wanted.tenant_id.to_string(),
        correlation: Some(started.run_id),
        code: None,
        detail: serde_json::json!({
            "status": { "before": "draft", "after": "provisioning" },
            "name": { "after": wanted.organisation }, "domain": { "after": names.domain }, "contact_email": { "after": wanted.contact_email },
            "reseller": { "after": wanted.reseller }, "limits": { "after": wanted.settings.limits }, "features": { "after": wanted.settings.features }, "region": { "after": wanted.settings.region },
            "cell": { "after": wanted.cell },
            "run": started.run_number, "plan": plan.hash,
        }),
    };
    transaction.record(entry).await?;
    Ok(Some(started))
}
