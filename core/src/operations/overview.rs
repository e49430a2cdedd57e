//! The platform at a glance: each system as all living processes see it, the work that waits for it, and what is left of it.

use super::health::{Health, delta};
use crate::access::{Authority, ReadPlatform};
use crate::database::{Database, Reader};
use crate::error::Result;
use crate::platform::{GateReport, Lane, quantile};
use crate::provisioning::{Capacity, DestructionPause, allocated, open_pause};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;
use std::collections::BTreeMap;
use std::time::Duration;
use steward_domain::system::System;
use uuid::Uuid;

/// A process that has not reported for so long is gone.
const GONE_AFTER_SECONDS: i32 = 20;

/// The platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// When this was read.
    pub seen_at: DateTime<Utc>,
    /// Every system, in the order in which pages list them.
    pub systems: Vec<SystemView>,
    /// The processes of Steward that are alive.
    pub processes: Vec<ProcessView>,
    /// Who stopped destructive work, if somebody did.
    pub pause: Option<DestructionPause>,
    /// Destructive steps that could be carried out now or soon.
    pub destructive_steps: i64,
}

/// One system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemView {
    /// Which.
    pub system: System,
    /// Each of its clients, as all processes together see it. None: no process reports of it.
    pub gates: Vec<GateView>,
    /// The steps that it has to do with.
    pub queue: Queue,
    /// What of it is given out.
    pub head_room: HeadRoom,
}

/// One client of a system, over all processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateView {
    /// What tells it from others of the same system.
    pub name: String,
    /// How the system is: the worst that a process sees.
    pub health: Health,
    /// When a process was answered last.
    pub answered_at: Option<DateTime<Utc>>,
    /// The latency that half of the calls did not exceed.
    pub p50: Option<Duration>,
    /// The latency that 95 % of the calls did not exceed.
    pub p95: Option<Duration>,
    /// Calls of the last minutes.
    pub calls: u64,
    /// Those of them without an answer.
    pub failures: u64,
    /// Calls that were not made.
    pub turned_away: u64,
    /// Places of all processes, calls under way, calls that wait.
    pub lane: Lane,
    /// The same for heavy calls.
    pub heavy: Option<Lane>,
}

/// Steps that are not done, by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// A worker may take them.
    pub ready: i64,
    /// A worker holds them.
    pub running: i64,
    /// They failed and are tried again.
    pub retrying: i64,
    /// Their system is away.
    pub waiting: i64,
    /// Since when the first of those waits.
    pub oldest_waiting: Option<DateTime<Utc>>,
}

/// What of a system is given out to tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadRoom {
    /// Nothing is counted; how full the cells of Keycloak are, [`crate::provisioning::CellGauge`] says.
    NotCounted,
    /// The sum of the tenants' limits, of what the platform is built for if that is configured.
    Limits {
        /// The sum.
        given: Capacity,
        /// What there is.
        of: Option<Capacity>,
    },
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessView {
    /// Its name.
    pub name: String,
    /// Since when it runs.
    pub started_at: DateTime<Utc>,
    /// When it reported last.
    pub reported_at: DateTime<Utc>,
    /// Steps that it holds.
    pub steps: i64,
}

#[derive(FromRow)]
struct ReportRow {
    process: Uuid,
    process_name: String,
    started_at: DateTime<Utc>,
    report: Json<GateReport>,
    reported_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct QueueRow {
    system: String,
    ready: i64,
    running: i64,
    retrying: i64,
    waiting: i64,
    oldest_waiting: Option<DateTime<Utc>>,
}

/// The platform as it is. `capacity` is what it is built for, if that is configured.
///
/// # Errors
/// When the database fails.
pub async fn overview(database: &Database, authority: &Authority<ReadPlatform>, capacity: Option<Capacity>) -> Result<Overview> {
    let mut reader = database.read(authority).await?;
    let seen_at: DateTime<Utc> = sqlx::query_scalar("select clock_timestamp()").fetch_one(reader.conn()).await?;
    let rows: Vec<ReportRow> = sqlx::query_as(
        "select process, process_name, started_at, report, reported_at from gate_report
         where reported_at > now() - $1 * interval '1 second' order by started_at, process",
    )
    .bind(GONE_AFTER_SECONDS)
    .fetch_all(reader.conn())
    .await?;
    let queues = queues(&mut reader).await?;
    let given = allocated(reader.conn()).await?;
    let held: Vec<(String, i64)> =
        sqlx::query_as("select owner, count(*) from run_step where state = 'running' group by owner").fetch_all(reader.conn()).await?;
    let held: BTreeMap<String, i64> = held.into_iter().collect();
    let pause = open_pause(&mut reader).await?;
    let destructive_steps: i64 =
        sqlx::query_scalar("select count(*) from run_step where destructive and state in ('ready', 'retrying', 'waiting')")
            .fetch_one(reader.conn())
            .await?;
    let systems = System::ALL.map(|system| SystemView {
        system,
        gates: gates(&rows, system),
        queue: queues.get(system.as_str()).copied().unwrap_or_default(),
        head_room: match system {
            System::Kubernetes => HeadRoom::Limits { given, of: capacity },
            _ => HeadRoom::NotCounted,
        },
    });
    Ok(Overview { seen_at, systems: systems.into(), processes: processes(&rows, &held), pause, destructive_steps })
}

async fn queues(reader: &mut Reader) -> Result<BTreeMap<String, Queue>> {
    let rows: Vec<QueueRow> = sqlx::query_as(
        "select system, count(*) filter (where state = 'ready') as ready, count(*) filter (where state = 'running') as running,
                count(*) filter (where state = 'retrying') as retrying, count(*) filter (where state = 'waiting') as waiting,
                min(waiting_since) filter (where state = 'waiting') as oldest_waiting
         from run_step where state in ('ready', 'running', 'retrying', 'waiting') group by system",
    )
    .fetch_all(reader.conn())
    .await?;
    let queue = |row: &QueueRow| Queue {
        ready: row.ready,
        running: row.running,
        retrying: row.retrying,
        waiting: row.waiting,
        oldest_waiting: row.oldest_waiting,
    };
    Ok(rows.into_iter().map(|row| (row.system.clone(), queue(&row))).collect())
}

/// The clients of a system, each over all processes.
fn gates(rows: &[ReportRow], system: System) -> Vec<GateView> {
    let mut by_name: BTreeMap<&str, Vec<(&GateReport, DateTime<Utc>)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.report.system == system) {
        by_name.entry(&row.report.name).or_default().push((&row.report, row.reported_at));
    }
    let mut gates: Vec<GateView> = by_name.into_iter().map(|(name, reports)| together(name, &reports)).collect();
    // The system's own client comes before those of its further cells.
    gates.sort_by_key(|gate| gate.name != system.as_str());
    gates
}

/// What several processes see, as one.
fn together(name: &str, reports: &[(&GateReport, DateTime<Utc>)]) -> GateView {
    let latencies: Vec<(u64, u64)> = reports.iter().flat_map(|(report, _)| report.latencies.iter().copied()).collect();
    let lanes = |of: fn(&GateReport) -> Option<Lane>| {
        reports.iter().filter_map(|(report, _)| of(report)).reduce(|sum, lane| Lane {
            limit: sum.limit.saturating_add(lane.limit),
            under_way: sum.under_way.saturating_add(lane.under_way),
            waiting: sum.waiting.saturating_add(lane.waiting),
        })
    };
    let sum = |of: fn(&GateReport) -> u64| reports.iter().map(|(report, _)| of(report)).sum();
    GateView {
        name: name.to_owned(),
        health: reports.iter().map(|(report, at)| Health::of(report, *at)).max().unwrap_or(Health::Unknown),
        answered_at: reports.iter().filter_map(|(report, at)| Some(*at - delta(report.answered_ms_ago?))).max(),
        p50: quantile(&latencies, 50),
        p95: quantile(&latencies, 95),
        calls: sum(|report| report.calls_ended),
        failures: sum(|report| report.failures),
        turned_away: sum(|report| report.turned_away),
        lane: lanes(|report| Some(report.calls)).unwrap_or_default(),
        heavy: lanes(|report| report.heavy),
    }
}

fn processes(rows: &[ReportRow], held: &BTreeMap<String, i64>) -> Vec<ProcessView> {
    let mut processes: BTreeMap<(DateTime<Utc>, Uuid), ProcessView> = BTreeMap::new();
    for row in rows {
        let process = processes.entry((row.started_at, row.process)).or_insert_with(|| ProcessView {
            name: row.process_name.clone(),
            started_at: row.started_at,
            reported_at: row.reported_at,
            steps: held.get(&row.process_name).copied().unwrap_or_default(),
        });
        process.reported_at = process.reported_at.max(row.reported_at);
    }
    processes.into_values().collect()
}
