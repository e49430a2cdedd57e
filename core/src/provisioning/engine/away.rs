//! Systems that are away: looked at again and again, once for all the steps that wait for them. Each cell of Keycloak is one by itself. Only when a system answers are its
//! steps claimed, so that waiting uses up no attempts and writes no rows.

use super::Shared;
use super::lease::millis;
use crate::access::{Authority, Provision};
use crate::error::Result;
use crate::platform::Instance;
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
    let due: Vec<(String, Option<String>)> =
        sqlx::query_as("select distinct system, cell from run_step where state = 'waiting' and next_try_at <= now()")
            .fetch_all(transaction.conn())
            .await?;
    // The looks take seconds: no transaction stays open meanwhile.
    transaction.commit().await?;
    let looked_at: Vec<Instance> =
        due.into_iter().filter_map(|(system, cell)| Some(Instance { system: System::parse(&system)?, cell })).collect();
    let answers = futures::future::join_all(looked_at.iter().map(|at| shared.site.reach(at))).await;
    let (mut away, mut away_cells) = (Vec::new(), Vec::new());
    for (at, answer) in looked_at.into_iter().zip(answers) {
        match answer {
            Err(failure) if shared.site.is_configured(&at) => {
                shared.back().remove(&at);
                debug!(%at, log = failure.log, "still away");
                away.push(at.system.as_str());
                away_cells.push(at.cell);
            }
            // A cell that is not configured any more never comes back: its steps are claimed, to stop and say so.
            _ => {
                if shared.back().insert(at.clone()) {
                    info!(%at, "a system is back");
                }
                shared.wake.notify_one();
            }
        }
    }
    if away.is_empty() {
        return Ok(());
    }
    let mut transaction = shared.database.begin(authority).await?;
    sqlx::query(
        "update run_step set next_try_at = now() + least($2 * interval '1 millisecond', greatest(interval '1 second', (now() - waiting_since) / 2))
         where state = 'waiting' and next_try_at <= now()
           and exists (select from unnest($1::text[], $3::text[]) as away (system, cell)
                       where away.system = run_step.system and away.cell is not distinct from run_step.cell)",
    )
    .bind(&away)
    .bind(millis(shared.tuning.look_max))
    .bind(&away_cells)
    .execute(transaction.conn())
    .await?;
    transaction.commit().await
}
