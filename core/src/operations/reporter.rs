//! Writes down what this process measures, every few seconds, and asks a system how it is when nobody else did.

use crate::access::{Actor, Authority, Observe, demand};
use crate::database::Database;
use crate::error::Result;
use crate::platform::{GateReport, Platform};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use steward_domain::system::System;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};
use uuid::Uuid;

/// How often it writes.
const EVERY: Duration = Duration::from_secs(5);
/// A system that was heard of no more recently is asked how it is.
const SILENT_AFTER: Duration = Duration::from_secs(10);
/// Without the right to write at all, it is asked for again so often.
const REFUSED_PAUSE: Duration = Duration::from_secs(60);
/// Rows that are older go.
const KEPT_MINUTES: i32 = 10;

/// The reporter of one process.
pub struct Reporter {
    database: Database,
    platform: Arc<Platform>,
    process: Uuid,
    name: String,
    started_at: DateTime<Utc>,
    looked_at: HashMap<System, Instant>,
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reporter").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Reporter {
    /// A reporter of this process. `name` tells people which process it is; it need not be unique.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn new(database: Database, platform: Arc<Platform>, name: String) -> Result<Self> {
        let (process, started_at) = (database.context().id()?, database.context().now());
        Ok(Self { database, platform, process, name, started_at, looked_at: HashMap::new() })
    }

    /// Writes until told to end, then takes its rows back. It outlives the database and every system being away.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let actor = Actor::worker("reporter", self.name.clone());
        let authority = loop {
            match demand::<Observe>(&self.database, &actor).await {
                Ok(authority) => break authority,
                Err(error) => warn!(code = error.code(), log = error.log(), "the reporter may not report"),
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(REFUSED_PAUSE) => {}
            }
        };
        loop {
            let once = async {
                self.look_at_silent_ones().await;
                self.report_once(&authority).await
            };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                reported = once => if let Err(error) = reported {
                    debug!(code = error.code(), log = error.log(), "what was measured could not be written");
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        if let Err(error) = self.take_back(&authority).await {
            debug!(code = error.code(), log = error.log(), "the last report stays until it is old");
        }
    }

    /// Asks the systems how they are that were not heard of lately, side by side. The gates hear the answers.
    pub async fn look_at_silent_ones(&mut self) {
        let now = Instant::now();
        let silent = |report: &GateReport| {
            report.failing.is_some() || report.answered_ms_ago.is_none_or(|ago| Duration::from_millis(ago) >= SILENT_AFTER)
        };
        let reports = self.platform.gates().into_iter().map(|gate| gate.report());
        let systems: BTreeSet<System> = reports.filter(silent).map(|report| report.system).collect();
        let due: Vec<System> = systems
            .into_iter()
            .filter(|system| self.looked_at.get(system).is_none_or(|at| now.duration_since(*at) >= SILENT_AFTER))
            .collect();
        for system in &due {
            self.looked_at.insert(*system, now);
        }
        // A system that does not answer is no reason to report late of the others: the next report tells.
        let looks = futures::future::join_all(due.iter().map(|system| self.platform.reach(*system)));
        if let Ok(answers) = tokio::time::timeout(EVERY * 2, looks).await {
            for failure in answers.into_iter().filter_map(std::result::Result::err) {
                debug!(log = failure.log, "a system does not say that it is well");
            }
        }
    }

    /// Writes what every gate measured, once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn report_once(&self, authority: &Authority<Observe>) -> Result<()> {
        let reports: Vec<GateReport> = self.platform.gates().into_iter().map(|gate| gate.report()).collect();
        let (systems, names): (Vec<&str>, Vec<&str>) = reports.iter().map(|report| (report.system.as_str(), report.name.as_str())).unzip();
        let reports: Vec<Json<&GateReport>> = reports.iter().map(Json).collect();
        let mut transaction = self.database.begin(authority).await?;
        sqlx::query(
            "insert into gate_report (process, process_name, started_at, system, name, report)
             select $1, $2, $3, given.system, given.name, given.report from unnest($4::text[], $5::text[], $6::jsonb[]) as given (system, name, report)
             on conflict (process, system, name) do update set report = excluded.report, reported_at = now()",
        )
        .bind(self.process)
        .bind(&self.name)
        .bind(self.started_at)
        .bind(&systems)
        .bind(&names)
        .bind(&reports)
        .execute(transaction.conn())
        .await?;
        sqlx::query("delete from gate_report where reported_at < now() - $1 * interval '1 minute'")
            .bind(KEPT_MINUTES)
            .execute(transaction.conn())
            .await?;
        transaction.commit().await
    }

    /// Takes back what this process wrote: it ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_back(&self, authority: &Authority<Observe>) -> Result<()> {
        let mut transaction = self.database.begin(authority).await?;
        sqlx::query("delete from gate_report where process = $1").bind(self.process).execute(transaction.conn()).await?;
        transaction.commit().await
    }
}
