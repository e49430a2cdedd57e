//! What is special about rolling a creation back: the run that did not come to its end is ended first, and what is foreign stays.

use super::begin::under_way;
use super::cancel;
use crate::database::Transaction;
use crate::error::{Error, Result};
use steward_domain::plan::{Action, PlanItem, PreflightCheck, Verdict};
use steward_domain::short_name::ShortName;
use uuid::Uuid;

/// The open run of a tenant, held until the transaction ends: before the tenant itself, as by whoever settles a step of it.
///
/// # Errors
/// When the database fails.
pub(super) async fn lock_open_run(transaction: &mut Transaction, tenant_id: Uuid) -> Result<Option<Uuid>> {
    let open = sqlx::query_scalar("select id from run where tenant_id = $1 and ended_at is null for update").bind(tenant_id);
    Ok(open.fetch_optional(transaction.conn()).await?)
}

/// Whoever removes all that was made types whose it is.
///
/// # Errors
/// At field `short_name` if it is not this tenant's.
pub(super) fn demand_name(short_name: &ShortName, typed: Option<&str>) -> Result<()> {
    if typed.is_some_and(|typed| typed.trim() == short_name.as_str()) {
        return Ok(());
    }
    Err(Error::field("short_name", format!("Type {short_name}, the short name of this tenant")))
}

/// Ends the open run of a tenant that is being made, which the transaction has locked.
///
/// # Errors
/// [`crate::error::Error::Conflict`] while a worker still holds a step of it: what that step makes would be missed.
pub(super) async fn end_creation(transaction: &mut Transaction, tenant_id: Uuid) -> Result<()> {
    let Some(run_id) = lock_open_run(transaction, tenant_id).await? else { return Ok(()) };
    let busy: bool = sqlx::query_scalar("select exists (select from run_step where run_id = $1 and state = 'running')")
        .bind(run_id)
        .fetch_one(transaction.conn())
        .await?;
    if busy {
        return Err(under_way());
    }
    cancel::cancel(transaction, run_id, tenant_id).await
}

/// Failed checks for what would go with its container although Steward did not make it.
pub(super) fn foreign_inside(items: &[PlanItem]) -> Vec<PreflightCheck> {
    let removed = |kind| items.iter().any(|item| item.kind == kind && item.action == Action::Remove);
    let inside = items.iter().filter(|item| item.action == Action::Foreign && item.kind.inside().is_some_and(removed));
    let checks = inside.map(|item| PreflightCheck {
        verdict: Verdict::Fail,
        what: format!("{} {} was not made by Steward and would go too", item.kind.label(), item.name),
        source: item.kind.system().label().to_owned(),
        helps: Some("Have its owner move it elsewhere first.".to_owned()),
    });
    checks.collect()
}
