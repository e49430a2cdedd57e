//! The platform at a glance: what several processes measured, put together, and the work that waits.

use crate::{add_tenant, database, owner, person};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::types::Json;
use std::time::Duration;
use steward_core::access::{ReadPlatform, demand};
use steward_core::context::Context;
use steward_core::operations::{HeadRoom, Health, ProcessView, Queue, SystemView, overview};
use steward_core::platform::{Circuit, GateReport, Lane};
use steward_core::provisioning::Capacity;
use steward_domain::role::Role;
use steward_domain::system::System;
use uuid::Uuid;

/// A gate that has nothing to tell.
fn silent(name: &str) -> GateReport {
    GateReport {
        system: System::Keycloak,
        name: name.to_owned(),
        calls: Lane { limit: 8, under_way: 0, waiting: 0 },
        heavy: Some(Lane { limit: 2, under_way: 0, waiting: 0 }),
        calls_ended: 0,
        failures: 0,
        turned_away: 0,
        latencies: Vec::new(),
        circuit: Circuit::Closed,
        answered_ms_ago: None,
        failing: None,
    }
}

struct Process {
    id: Uuid,
    name: &'static str,
    started_at: DateTime<Utc>,
}

impl Process {
    fn begun(name: &'static str, started_at: DateTime<Utc>) -> Self {
        Self { id: Context::default().id().unwrap(), name, started_at }
    }

    async fn reports(&self, pool: &PgPool, at: DateTime<Utc>, report: GateReport) {
        sqlx::query("insert into gate_report (process, process_name, started_at, system, name, report, reported_at) values ($1, $2, $3, $4, $5, $6, $7)")
            .bind(self.id)
            .bind(self.name)
            .bind(self.started_at)
            .bind(report.system.as_str())
            .bind(report.name.clone())
            .bind(Json(report))
            .bind(at)
            .execute(pool)
            .await
            .unwrap();
    }
}

async fn now(pool: &PgPool) -> DateTime<Utc> {
    sqlx::query_scalar("select now()").fetch_one(pool).await.unwrap()
}

fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

async fn seen(options: PgConnectOptions, capacity: Option<Capacity>) -> steward_core::operations::Overview {
    let database = database(options).await;
    let authority = demand::<ReadPlatform>(&database, &person(Role::PlatformOps)).await.unwrap();
    overview(&database, &authority, capacity).await.unwrap()
}

fn of(systems: &[SystemView], system: System) -> &SystemView {
    systems.iter().find(|view| view.system == system).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_several_processes_see_of_a_system_is_one_picture_and_the_worst_of_it_counts(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = owner(options.clone()).await;
    let now = now(&pool).await;
    let first = Process::begun("first", now - seconds(600));
    let second = Process::begun("second", now - seconds(60));
    let gone = Process::begun("gone", now - seconds(6_000));
    // Latencies are tenths of a millisecond.
    let well = GateReport {
        calls: Lane { limit: 8, under_way: 3, waiting: 0 },
        heavy: Some(Lane { limit: 2, under_way: 2, waiting: 5 }),
        calls_ended: 100,
        failures: 1,
        latencies: vec![(100, 50), (200, 40)],
        answered_ms_ago: Some(1_000),
        ..silent("keycloak")
    };
    let open = GateReport {
        calls: Lane { limit: 4, under_way: 4, waiting: 7 },
        calls_ended: 20,
        failures: 9,
        turned_away: 3,
        latencies: vec![(30_000, 10)],
        circuit: Circuit::Open { for_ms: 5_000, next_trial_in_ms: 2_000 },
        answered_ms_ago: Some(8_000),
        failing: Some((6_000, "Keycloak refuses connections.".into())),
        ..silent("keycloak")
    };
    let slow = GateReport { latencies: vec![(25_000, 4)], calls_ended: 4, answered_ms_ago: Some(0), heavy: None, ..silent("eu") };
    first.reports(&pool, now - seconds(2), well).await;
    first.reports(&pool, now, slow).await;
    second.reports(&pool, now - seconds(1), open).await;
    gone.reports(&pool, now - seconds(21), GateReport { calls_ended: 1_000, answered_ms_ago: Some(0), ..silent("keycloak") }).await;

    let seen = seen(options, None).await;
    let gates = &of(&seen.systems, System::Keycloak).gates;
    assert_eq!(gates.iter().map(|gate| gate.name.as_str()).collect::<Vec<_>>(), ["keycloak", "eu"], "the first cell comes first");
    let (both, eu) = (&gates[0], &gates[1]);
    let reported = now - seconds(1);
    let why = "Keycloak refuses connections.".to_owned();
    assert_eq!(both.health, Health::Open { since: reported - seconds(5), next_trial: Some(reported + seconds(2)), why });
    assert_eq!(both.answered_at, Some(now - seconds(3)));
    // Of all hundred together: the fiftieth and the ninety-fifth, which is one of the second process's.
    assert_eq!((both.p50, both.p95), (Some(Duration::from_millis(10)), Some(Duration::from_secs(3))));
    assert_eq!((both.calls, both.failures, both.turned_away), (120, 10, 3));
    assert_eq!(both.lane, Lane { limit: 12, under_way: 7, waiting: 7 });
    assert_eq!(both.heavy, Some(Lane { limit: 4, under_way: 2, waiting: 5 }));
    assert_eq!((&eu.health, eu.p50, eu.heavy, eu.calls), (&Health::Slow, Some(Duration::from_millis(2_500)), None, 4));
    assert_eq!(of(&seen.systems, System::Grafana).gates, [], "nobody reports of it");
    let process =
        |process: &Process, reported_at| ProcessView { name: process.name.into(), started_at: process.started_at, reported_at, steps: 0 };
    assert_eq!(seen.processes, [process(&first, now), process(&second, reported)], "who reports no more is gone");
}

/// A run of a tenant with limits, and its steps: kind, system, state, whether it is destructive.
async fn run(pool: &PgPool, short_name: &str, cpu: u32, steps: &[(&str, &str, &str, bool)]) {
    let tenant = add_tenant(pool, short_name, short_name, None).await;
    sqlx::query("insert into tenant_config (tenant_id, limits, features) values ($1, $2, '[]')")
        .bind(tenant)
        .bind(serde_json::json!({ "cpu": cpu, "memory_gib": 8, "storage_gib": 200, "gpu": 1 }))
        .execute(pool)
        .await
        .unwrap();
    let run = Context::default().id().unwrap();
    sqlx::query("insert into run (id, tenant_id, kind, title, plan_hash, plan, wish, state, requested_by) values ($1, $2, 'change', 'A test', 'h', '{}', '{}', 'running', 'test')")
        .bind(run)
        .bind(tenant)
        .execute(pool)
        .await
        .unwrap();
    for ((kind, system, state, destructive), ordinal) in steps.iter().zip(0_i32..) {
        sqlx::query(
            "insert into run_step (id, run_id, tenant_id, ordinal, kind, title, system, wave, after, state, failures_max, destructive, owner, lease_until, next_try_at, waiting_since)
             values ($1, $2, $3, $4, $5, $5, $6, 0, '{}', $7, 8, $8, case when $7 = 'running' then 'second' end,
                     case when $7 = 'running' then now() + interval '1 minute' end, case when $7 in ('retrying', 'waiting') then now() end,
                     case when $7 = 'waiting' then now() - $4 * interval '1 minute' end)",
        )
        .bind(Context::default().id().unwrap())
        .bind(run)
        .bind(tenant)
        .bind(ordinal)
        .bind(kind)
        .bind(system)
        .bind(state)
        .bind(destructive)
        .execute(pool)
        .await
        .unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_queue_of_a_system_its_head_room_and_what_a_pause_holds_are_counted_from_the_steps(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let pool = owner(options.clone()).await;
    run(
        &pool,
        "one",
        4,
        &[
            ("realm", "keycloak", "ready", true),
            ("second-factor", "keycloak", "retrying", false),
            ("administrator", "keycloak", "running", true),
            ("namespace", "kubernetes", "done", true),
        ],
    )
    .await;
    run(
        &pool,
        "two",
        6,
        &[
            ("realm", "keycloak", "ready", false),
            ("second-factor", "keycloak", "waiting", true),
            ("administrator", "keycloak", "waiting", false),
            ("folder", "grafana", "blocked", true),
        ],
    )
    .await;
    let now = now(&pool).await;
    Process::begun("second", now).reports(&pool, now, silent("keycloak")).await;
    let capacity = Capacity { cpu: 100, memory_gib: 1_000, storage_gib: 10_000, gpu: 8 };

    let seen = seen(options, Some(capacity)).await;
    let queue = of(&seen.systems, System::Keycloak).queue;
    let since = queue.oldest_waiting.expect("some wait");
    assert_eq!(queue, Queue { ready: 2, running: 1, retrying: 1, waiting: 2, oldest_waiting: Some(since) });
    // The second one waits since two minutes ago, the first one since one.
    assert!((110..=130).contains(&(now - since).num_seconds()), "{since}");
    assert_eq!([System::Kubernetes, System::Grafana].map(|system| of(&seen.systems, system).queue), [Queue::default(); 2]);
    let given = Capacity { cpu: 10, memory_gib: 16, storage_gib: 400, gpu: 2 };
    assert_eq!(of(&seen.systems, System::Kubernetes).head_room, HeadRoom::Limits { given, of: Some(capacity) });
    assert_eq!(of(&seen.systems, System::Keycloak).head_room, HeadRoom::NotCounted);
    // Those that could be carried out, not one that a worker holds, waits for another step, or is done.
    assert_eq!((seen.destructive_steps, seen.pause), (2, None));
    assert_eq!(seen.processes.iter().map(|process| (process.name.as_str(), process.steps)).collect::<Vec<_>>(), [("second", 1)]);
}
