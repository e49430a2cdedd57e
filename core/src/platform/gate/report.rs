//! What a gate tells of itself: as it is written down, so that every process can show what all of them see.

use super::breaker::State;
use super::{Gate, Inner};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};
use steward_domain::system::System;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Places, and who is in them and before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Places.
    pub limit: u32,
    /// Calls under way.
    pub under_way: u32,
    /// Calls that wait for a place.
    pub waiting: u32,
}

/// Where the circuit stands. Times are milliseconds before or after the moment of the report: clocks of processes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Circuit {
    /// Calls go through.
    Closed,
    /// None goes through.
    Open {
        /// For how long.
        for_ms: u64,
        /// When the next trial is due.
        next_trial_in_ms: u64,
    },
    /// A trial is under way.
    Trial {
        /// For how long it has been open.
        for_ms: u64,
    },
}

/// What a gate measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateReport {
    /// Whose.
    pub system: System,
    /// Which of that system's.
    pub name: String,
    /// All calls.
    pub calls: Lane,
    /// The heavy ones among them, if the system knows such.
    pub heavy: Option<Lane>,
    /// Calls of the last minutes that came to an end.
    pub calls_ended: u64,
    /// Those of them without an answer.
    pub failures: u64,
    /// Calls that were not made.
    pub turned_away: u64,
    /// Latencies of the last minutes, each with how often it was measured.
    pub latencies: Vec<(u64, u64)>,
    /// The circuit.
    pub circuit: Circuit,
    /// How long ago the last answer was; none if there was none yet.
    pub answered_ms_ago: Option<u64>,
    /// For how long calls have failed without an answer between them, and the last failure in words; none if the last one was answered.
    pub failing: Option<(u64, String)>,
}

impl Gate {
    /// How it is at this moment.
    #[must_use]
    pub fn report(&self) -> GateReport {
        let now = Instant::now();
        let mut inner = self.inner();
        let sum = inner.meter.sum(now);
        let Inner { breaker, answered_at, failing, .. } = &*inner;
        let ago = |at: Instant| millis(now.saturating_duration_since(at));
        GateReport {
            system: self.system,
            name: self.name.clone(),
            calls: lane(self.limits.calls, &self.places, &self.waiting.calls),
            heavy: self.limits.heavy.map(|limit| lane(limit, &self.heavy_places, &self.waiting.heavy)),
            calls_ended: sum.calls,
            failures: sum.failures,
            turned_away: sum.turned_away,
            latencies: sum.latencies,
            circuit: match breaker.state() {
                State::Closed => Circuit::Closed,
                State::Open { since, next_trial } => {
                    Circuit::Open { for_ms: ago(since), next_trial_in_ms: millis(next_trial.saturating_duration_since(now)) }
                }
                State::Trial { since } => Circuit::Trial { for_ms: ago(since) },
            },
            answered_ms_ago: answered_at.map(ago),
            failing: failing.as_ref().map(|(since, why)| (ago(*since), why.clone())),
        }
    }
}

fn lane(limit: u32, places: &Semaphore, waiting: &AtomicU32) -> Lane {
    let limit = limit.max(1);
    let free = u32::try_from(places.available_permits()).unwrap_or(limit);
    Lane { limit, under_way: limit.saturating_sub(free), waiting: waiting.load(Ordering::Relaxed) }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
