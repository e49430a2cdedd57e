//! Systems that are away: looked at again and again, once for all the steps that wait for them. Only when a system answers are its
//! steps claimed, so that waiting uses up no attempts and writes no rows.

use super::Shared;
use super::lease::millis;
use crate::access::{Authority, Provision};
use crate::error::Result;
use std::sync::Arc;
use steward_domain::system::System;
use tracing::{debug, info};

/// Looks, for ever.
pub(super) async fn look(shared: Arc<Shared>, authority: Arc<Authority<Provision>>) {
    loop {
        tokio::time::sleep(shared.tuning.poll).await;
        if let Err(error) = look_once(&shared, &authority).await {
            debug!(code = error.code(), log = error.log(), "could not look for waiting steps");
        }
    }
}

async fn look_once(shared: &Shared, authority: &Authority<Provision>) -> Result<()> {
    let mut transaction = shared.database.begin(authority).await?;
    let due: Vec<String> = sqlx::query_scalar("select distinct system from run_step where state = 'waiting' and next_try_at <= now()")
        .fetch_all(transaction.conn())
        .await?;
    // The looks take seconds: no transaction stays open meanwhile.
    transaction.commit().await?;
    let systems: Vec<System> = due.iter().filter_map(|name| System::parse(name)).collect();
    let answers = futures::future::join_all(systems.iter().map(|system| shared.site.reach(*system))).await;
    let mut away = Vec::new();
    for (system, answer) in systems.into_iter().zip(answers) {
        match answer {
            Ok(()) => {
                if shared.back().insert(system) {
                    info!(%system, "a system is back");
                }
                shared.wake.notify_one();
            }
            Err(failure) => {
                shared.back().remove(&system);
                debug!(%system, log = failure.log, "still away");
                away.push(system.as_str());
            }
        }
    }
    if away.is_empty() {
        return Ok(());
    }
    let mut transaction = shared.database.begin(authority).await?;
    sqlx::query(
        "update run_step set next_try_at = now() + least($2 * interval '1 millisecond', greatest(interval '1 second', (now() - waiting_since) / 2))
         where state = 'waiting' and system = any($1) and next_try_at <= now()",
    )
    .bind(&away)
    .bind(millis(shared.tuning.look_max))
    .execute(transaction.conn())
    .await?;
    transaction.commit().await
}
