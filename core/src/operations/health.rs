//! How a system is, as one process sees it or as all of them do.

use crate::platform::{Circuit, GateReport, quantile};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// From this latency on, which so many per cent of the calls do not exceed, a system is slow.
const SLOW_FROM: Duration = Duration::from_secs(2);
const SLOW_PERCENT: u64 = 95;

/// How a system is. In this order, each is worse than the one before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// Nobody asked it yet.
    Unknown,
    /// It answers.
    Answers,
    /// It answers, and takes its time.
    Slow,
    /// The last calls were not answered.
    Away {
        /// Since when.
        since: DateTime<Utc>,
        /// What the last one met with.
        why: String,
    },
    /// No call is made any more until a trial is answered.
    Open {
        /// Since when.
        since: DateTime<Utc>,
        /// When the next trial is due; none while one is under way.
        next_trial: Option<DateTime<Utc>>,
        /// What the last call met with.
        why: String,
    },
}

impl Health {
    /// How it is by one report, which was made at that moment.
    pub(super) fn of(report: &GateReport, at: DateTime<Utc>) -> Self {
        let ago = |ms: u64| at - delta(ms);
        let why = || report.failing.as_ref().map(|(_, why)| why.clone()).unwrap_or_default();
        match (report.circuit, &report.failing) {
            (Circuit::Open { for_ms, next_trial_in_ms }, _) => {
                Self::Open { since: ago(for_ms), next_trial: Some(at + delta(next_trial_in_ms)), why: why() }
            }
            (Circuit::Trial { for_ms }, _) => Self::Open { since: ago(for_ms), next_trial: None, why: why() },
            (Circuit::Closed, Some((for_ms, why))) => Self::Away { since: ago(*for_ms), why: why.clone() },
            (Circuit::Closed, None) if report.answered_ms_ago.is_none() => Self::Unknown,
            (Circuit::Closed, None) if quantile(&report.latencies, SLOW_PERCENT).is_some_and(|p95| p95 >= SLOW_FROM) => Self::Slow,
            (Circuit::Closed, None) => Self::Answers,
        }
    }
}

/// Milliseconds as a time that can be added; what is too long for one is a very long time.
pub(super) fn delta(ms: u64) -> TimeDelta {
    TimeDelta::milliseconds(i64::try_from(ms).unwrap_or(i64::MAX / 4).min(i64::MAX / 4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Lane;
    use steward_domain::system::System;

    fn report(circuit: Circuit, answered_ms_ago: Option<u64>, failing: Option<(u64, String)>, latencies: Vec<(u64, u64)>) -> GateReport {
        GateReport {
            system: System::Keycloak,
            name: "keycloak".to_owned(),
            calls: Lane::default(),
            heavy: None,
            calls_ended: 0,
            failures: 0,
            turned_away: 0,
            latencies,
            circuit,
            answered_ms_ago,
            failing,
        }
    }

    #[test]
    fn it_follows_from_circuit_failures_and_latency() {
        let at = DateTime::UNIX_EPOCH;
        let (second, refused) = (TimeDelta::seconds(1), || Some((1_000, "It refuses connections.".to_owned())));
        let of = |report: GateReport| Health::of(&report, at);
        assert_eq!(of(report(Circuit::Closed, None, None, vec![])), Health::Unknown);
        assert_eq!(of(report(Circuit::Closed, Some(5), None, vec![(100, 9)])), Health::Answers);
        assert_eq!(of(report(Circuit::Closed, Some(5), None, vec![(100, 9), (30_000, 1)])), Health::Slow);
        let why = || "It refuses connections.".to_owned();
        assert_eq!(of(report(Circuit::Closed, Some(5), refused(), vec![])), Health::Away { since: at - second, why: why() });
        let open = Circuit::Open { for_ms: 2_000, next_trial_in_ms: 1_000 };
        assert_eq!(
            of(report(open, Some(5), refused(), vec![])),
            Health::Open { since: at - second * 2, next_trial: Some(at + second), why: why() }
        );
        assert!(Health::Answers < Health::Slow && Health::Slow < Health::Away { since: at, why: why() });
    }
}
