//! Repairs: which kinds one is about, and those that the reconciler begins by itself where the tenant says so.

use super::worker::Sweep;
use crate::access::{Authority, Observe};
use crate::error::Result;
use crate::provisioning::Proposal;
use crate::provisioning::engine::millis;
use sqlx::PgConnection;
use std::collections::BTreeSet;
use steward_domain::resource::ResourceKind;
use tracing::{info, warn};
use uuid::Uuid;

/// The kinds on a tenant's board that are open and can be repaired.
pub(super) async fn repairable(connection: &mut PgConnection, tenant_id: Uuid) -> Result<BTreeSet<ResourceKind>> {
    let names: Vec<String> =
        sqlx::query_scalar("select kind from drift where tenant_id = $1 and decision = 'open' and finding <> 'foreign'")
            .bind(tenant_id)
            .fetch_all(connection)
            .await?;
    Ok(names.iter().filter_map(|name| ResourceKind::parse(name)).collect())
}

/// The kinds with what they need and is on the board too: a quota cannot be made in a namespace that is gone.
pub(super) fn with_what_they_need(kinds: BTreeSet<ResourceKind>, repairable: &BTreeSet<ResourceKind>) -> BTreeSet<ResourceKind> {
    let mut all = kinds;
    loop {
        let needed: BTreeSet<ResourceKind> =
            all.iter().flat_map(|kind| kind.after()).copied().filter(|kind| repairable.contains(kind) && !all.contains(kind)).collect();
        if needed.is_empty() {
            return all;
        }
        all.extend(needed);
    }
}

/// Begins a repair of what is open, for a tenant that wants it so. Not at every change of somebody who insists: once in an interval.
pub(super) async fn by_itself(sweep: &Sweep, authority: &Authority<Observe>, tenant_id: Uuid) -> Result<()> {
    let mut transaction = sweep.database.begin(authority).await?;
    let kinds = repairable(transaction.conn(), tenant_id).await?;
    if kinds.is_empty() {
        return Ok(());
    }
    let now_and_not_again = sqlx::query(
        "update drift_look set repaired_at = now()
         where tenant_id = $1 and coalesce(repaired_at, '-infinity'::timestamptz) < now() - $2 * interval '1 millisecond'",
    )
    .bind(tenant_id)
    .bind(millis(sweep.tuning.every))
    .execute(transaction.conn())
    .await?
    .rows_affected();
    transaction.commit().await?;
    if now_and_not_again == 0 {
        return Ok(());
    }
    let provisioning = &sweep.provisioning;
    let change = provisioning.propose(authority, tenant_id, Proposal::repair(Some(kinds))).await?;
    match provisioning.start_change(authority, tenant_id, change, None).await {
        Ok(started) => info!(tenant = %tenant_id, run = started.run_number, "repairs by itself, as the tenant wants it"),
        Err(error) => {
            // Its entry is written. The board says what differs; a person may look.
            warn!(tenant = %tenant_id, code = error.code(), log = error.log(), "a repair could not be begun");
            provisioning.discard_change(authority, tenant_id, change).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_repaired_too_if_it_is_on_the_board() {
        use ResourceKind::{Administrator, Namespace, NetworkPolicy, Realm, ResourceQuota, SecondFactor};
        let board = BTreeSet::from([Namespace, NetworkPolicy, ResourceQuota, Realm, Administrator]);
        assert_eq!(with_what_they_need(BTreeSet::from([NetworkPolicy]), &board), BTreeSet::from([Namespace, NetworkPolicy]));
        assert_eq!(with_what_they_need(BTreeSet::from([NetworkPolicy]), &BTreeSet::new()), BTreeSet::from([NetworkPolicy]));
        // The second factor is as wanted: nothing is to be done about it.
        assert!(!with_what_they_need(BTreeSet::from([Administrator]), &board).contains(&SecondFactor));
    }
}
