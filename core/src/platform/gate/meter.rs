//! What a gate measures of its system: counts and latencies of the last minutes.

use hdrhistogram::Histogram;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// Measurements are kept by the minute …
const SLICE: Duration = Duration::from_secs(60);
/// … for so many of them.
pub const MINUTES: usize = 5;
/// The unit of latencies: a tenth of a millisecond, so that quick systems can be told apart.
const UNIT: Duration = Duration::from_micros(100);
/// Longer latencies count as this long.
const LONGEST: Duration = Duration::from_secs(120);

/// One minute.
#[derive(Debug)]
struct Slice {
    began: Instant,
    calls: u64,
    failures: u64,
    turned_away: u64,
    latencies: Option<Histogram<u32>>,
}

/// The last minutes.
#[derive(Debug, Default)]
pub(super) struct Meter {
    slices: VecDeque<Slice>,
}

/// The sum of the last minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// Calls that came to an end.
    pub(super) calls: u64,
    /// Those of them without an answer.
    pub(super) failures: u64,
    /// Calls that were not made: the circuit was open, or no place was free in time.
    pub(super) turned_away: u64,
    /// Latencies of those with an answer, each with how often it was measured.
    pub(super) latencies: Vec<(u64, u64)>,
}

impl Meter {
    /// A call was answered; none if its latency says nothing about the others'.
    pub(super) fn answered(&mut self, now: Instant, took: Option<Duration>) {
        let Some(slice) = self.slice(now) else { return };
        slice.calls += 1;
        if let (Some(took), Some(latencies)) = (took, slice.latencies.as_mut()) {
            let units = took.min(LONGEST).as_micros() / UNIT.as_micros();
            // It grows as needed, so no value is refused.
            let _ = latencies.record(u64::try_from(units).unwrap_or(u64::MAX).max(1));
        }
    }

    /// A call was not answered.
    pub(super) fn failed(&mut self, now: Instant) {
        if let Some(slice) = self.slice(now) {
            slice.calls += 1;
            slice.failures += 1;
        }
    }

    /// A call was not made.
    pub(super) fn turned_away(&mut self, now: Instant) {
        if let Some(slice) = self.slice(now) {
            slice.turned_away += 1;
        }
    }

    /// The minute that it is now: there is always one.
    fn slice(&mut self, now: Instant) -> Option<&mut Slice> {
        self.forget(now);
        let begins = self.slices.back().is_none_or(|last| now.duration_since(last.began) >= SLICE);
        if begins {
            self.slices.push_back(Slice::new(now));
        }
        self.slices.back_mut()
    }

    fn forget(&mut self, now: Instant) {
        let kept = SLICE.saturating_mul(u32::try_from(MINUTES).unwrap_or(1));
        while self.slices.front().is_some_and(|first| now.duration_since(first.began) >= kept) {
            self.slices.pop_front();
        }
    }

    /// What there is of the last minutes.
    pub(super) fn sum(&mut self, now: Instant) -> Sum {
        self.forget(now);
        let mut sum = Sum::default();
        let mut latencies = std::collections::BTreeMap::<u64, u64>::new();
        for slice in &self.slices {
            sum.calls += slice.calls;
            sum.failures += slice.failures;
            sum.turned_away += slice.turned_away;
            for recorded in slice.latencies.iter().flat_map(Histogram::iter_recorded) {
                *latencies.entry(recorded.value_iterated_to()).or_default() += u64::from(recorded.count_at_value());
            }
        }
        sum.latencies = latencies.into_iter().collect();
        sum
    }
}

impl Slice {
    fn new(began: Instant) -> Self {
        // Two digits: a latency of 123 ms is told as one of 123 ms or 124 ms. Two digits are allowed, so it is always there.
        Self { began, calls: 0, failures: 0, turned_away: 0, latencies: Histogram::new(2).ok() }
    }
}

/// The latency that so many per cent of the calls did not exceed; none if nothing was measured. The latencies may come from several
/// gates of several processes.
#[must_use]
pub fn quantile(latencies: &[(u64, u64)], percent: u64) -> Option<Duration> {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let all: u64 = sorted.iter().map(|(_, count)| count).sum();
    let wanted = (all.saturating_mul(percent)).div_ceil(100).max(1);
    let mut seen = 0;
    let value = sorted.into_iter().find(|(_, count)| {
        seen += count;
        seen >= wanted
    });
    value.map(|(units, _)| UNIT.saturating_mul(u32::try_from(units).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn quantiles_are_those_of_all_minutes_together_and_the_oldest_go() {
        let start = Instant::now();
        let mut meter = Meter::default();
        for minute in 0..3 {
            for ms in [10, 20, 30, 40] {
                meter.answered(start + SLICE * minute, Some(Duration::from_millis(ms)));
            }
        }
        meter.failed(start + SLICE * 2);
        meter.answered(start + SLICE * 2, None);
        let now = start + SLICE * 2;
        let sum = meter.sum(now);
        assert_eq!((sum.calls, sum.failures), (14, 1));
        let ms = |percent| quantile(&sum.latencies, percent).unwrap().as_secs_f64() * 1_000.0;
        assert!((19.0..=21.0).contains(&ms(50)), "{}", ms(50));
        assert!((39.0..=41.0).contains(&ms(95)), "{}", ms(95));
        assert_eq!(meter.sum(start + SLICE * 5).calls, 10, "the first minute is over");
        assert_eq!(meter.sum(start + SLICE * 60), Sum::default());
        assert_eq!(quantile(&[], 50), None);
    }
}
