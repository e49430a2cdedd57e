//! The platform, by hand: all well, with a circuit that is open, with destructive work paused.

use super::{before, now};
use chrono::TimeDelta;
use std::time::Duration;
use steward_core::operations::{GateView, HeadRoom, Health, Overview, ProcessView, Queue, SystemView};
use steward_core::platform::Lane;
use steward_core::provisioning::{Capacity, DestructionPause};
use steward_domain::system::System;
use uuid::Uuid;

fn gate(name: &str) -> GateView {
    GateView {
        name: name.into(),
        health: Health::Answers,
        answered_at: Some(before(2)),
        p50: Some(Duration::from_micros(4_200)),
        p95: Some(Duration::from_millis(41)),
        calls: 1_284,
        failures: 0,
        turned_away: 0,
        lane: Lane { limit: 16, under_way: 3, waiting: 0 },
        heavy: None,
    }
}

/// Every system answers; Keycloak has two cells.
pub fn overview() -> Overview {
    let capacity = |cpu, memory_gib, gpu| Capacity { cpu, memory_gib, storage_gib: 8 * memory_gib, gpu };
    let systems = System::ALL.map(|system| SystemView {
        system,
        gates: match system {
            System::Keycloak => vec![
                GateView {
                    p95: Some(Duration::from_millis(1_400)),
                    lane: Lane { limit: 8, under_way: 8, waiting: 2 },
                    heavy: Some(Lane { limit: 2, under_way: 1, waiting: 1 }),
                    ..gate("keycloak")
                },
                GateView { health: Health::Slow, ..gate("eu") },
            ],
            // No process has asked it yet.
            System::Ingress => {
                vec![GateView { health: Health::Unknown, answered_at: None, p50: None, p95: None, calls: 0, ..gate("ingress") }]
            }
            system => vec![gate(system.as_str())],
        },
        queue: Queue::default(),
        head_room: match system {
            System::Kubernetes => HeadRoom::Limits { given: capacity(432, 640, 3), of: Some(capacity(512, 1_024, 4)) },
            _ => HeadRoom::NotCounted,
        },
    });
    let process = |name: &str, age, steps| ProcessView { name: name.into(), started_at: before(age), reported_at: before(3), steps };
    Overview {
        seen_at: now(),
        systems: systems.into(),
        processes: vec![process("steward-1", 90_000, 4), process("steward-2", 700, 0)],
        pause: None,
        destructive_steps: 0,
    }
}

/// Grafana's circuit is open, and Keycloak's further cell does not answer: steps wait for both.
pub fn with_open_circuit() -> Overview {
    let mut overview = overview();
    for system in &mut overview.systems {
        if system.system == System::Grafana {
            system.gates[0].health =
                Health::Open { since: before(128), next_trial: Some(now() + TimeDelta::seconds(9)), why: "connection <refused>".into() };
            (system.gates[0].failures, system.gates[0].turned_away) = (37, 1_012);
            system.queue = Queue { ready: 1, running: 0, retrying: 2, waiting: 5, oldest_waiting: Some(before(128)) };
        }
        if system.system == System::Keycloak {
            system.gates[1].health = Health::Away { since: before(12), why: "no answer within 5 s".into() };
        }
    }
    overview
}

/// Somebody paused destructive work.
pub fn paused() -> Overview {
    let pause = DestructionPause {
        id: Uuid::from_u128(3),
        reason: "The backup of <last night> is being checked".into(),
        paused_by: "Sana Reliable".into(),
        paused_at: before(2_040),
    };
    Overview { pause: Some(pause), destructive_steps: 3, ..overview() }
}
