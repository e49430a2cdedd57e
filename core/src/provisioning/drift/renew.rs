//! Renewals that the reconciler begins by itself once two thirds of a certificate's life are over. Nobody is asked: time passes whether
//! anybody agrees or not. What failed is tried again later and later (`domains/renewal.rs`).

use super::attention::note_attention;
use super::worker::Sweep;
use crate::access::{Authority, Observe};
use crate::error::{Error, Result};
use crate::provisioning::domains::renewal;
use crate::provisioning::{Proposal, retry};
use sqlx::FromRow;
use std::collections::BTreeMap;
use steward_domain::resource::ResourceKind;
use steward_domain::role::Role;
use tracing::{info, warn};
use uuid::Uuid;

/// At most so many stopped renewals are tried again at a time.
const AGAIN_AT_ONCE: i64 = 20;

/// Begins the renewal of certificates that are due, each with the serial number that was seen. One that failed is not tried before its time.
pub(super) async fn by_itself(
    sweep: &Sweep,
    authority: &Authority<Observe>,
    tenant_id: Uuid,
    due: BTreeMap<ResourceKind, String>,
) -> Result<()> {
    if due.is_empty() {
        return Ok(());
    }
    let mut reader = sweep.database.read(authority).await?;
    let waits: bool = sqlx::query_scalar("select exists (select from renewal where tenant_id = $1 and next_try_at > now())")
        .bind(tenant_id)
        .fetch_one(reader.conn())
        .await?;
    drop(reader);
    if waits {
        return Ok(());
    }
    let provisioning = &sweep.provisioning;
    let change = provisioning.propose(authority, tenant_id, Proposal::renewal(due)).await?;
    let error = match provisioning.start_change(authority, tenant_id, change, None).await {
        Ok(started) => {
            info!(tenant = %tenant_id, run = started.run_number, "renews a certificate by itself");
            return Ok(());
        }
        Err(error) => error,
    };
    provisioning.discard_change(authority, tenant_id, change).await?;
    match &error {
        // Somebody was faster, or something else goes first: the next look says whether it is still due.
        Error::Conflict { code: "TEN-411" | "TEN-413", .. } | Error::PlanChanged(_) | Error::DatabaseAway { .. } => Ok(()),
        error => {
            warn!(tenant = %tenant_id, code = error.code(), log = error.log(), "a renewal could not be begun");
            let mut transaction = sweep.database.begin(authority).await?;
            sqlx::query("select id from tenant where id = $1 for update").bind(tenant_id).execute(transaction.conn()).await?;
            renewal::note_failed(&mut transaction, tenant_id, &error.message(), Role::DevOps.label()).await?;
            note_attention(&mut transaction, tenant_id).await?;
            transaction.commit().await
        }
    }
}

#[derive(FromRow)]
struct Stopped {
    run_id: Uuid,
    tenant_id: Uuid,
}

/// Tries renewals again that stopped, when their time has come. Of several processes one does.
pub(super) async fn again(sweep: &Sweep, authority: &Authority<Observe>) -> Result<()> {
    let mut transaction = sweep.database.begin(authority).await?;
    // The runs first, as everywhere.
    let stopped: Vec<Stopped> = sqlx::query_as(
        "select r.id as run_id, r.tenant_id from run r join renewal n on n.tenant_id = r.tenant_id
         where n.next_try_at <= now() and r.kind = 'renew' and r.state = 'stopped' order by n.next_try_at limit $1 for update of r skip locked",
    )
    .bind(AGAIN_AT_ONCE)
    .fetch_all(transaction.conn())
    .await?;
    for Stopped { run_id, tenant_id } in stopped {
        sqlx::query("update renewal set next_try_at = null where tenant_id = $1").bind(tenant_id).execute(transaction.conn()).await?;
        retry::ready_again(&mut transaction, tenant_id, run_id, None).await?;
        info!(tenant = %tenant_id, run = %run_id, "tries a renewal again that stopped");
    }
    transaction.commit().await
}
