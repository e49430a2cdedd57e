//! How long to wait before the next attempt.

use super::Tuning;
use crate::context::Context;
use std::time::Duration;

/// The pause after that many failures: it doubles up to the longest one, and lies somewhere in its upper half, so that many steps that
/// failed together do not come back together.
pub(super) fn before_retry(tuning: &Tuning, context: &Context, failures: i32) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or_default().min(16);
    let full = tuning.pause_first.saturating_mul(1 << doublings).min(tuning.pause_max);
    // Without randomness the full pause serves as well.
    let share = context.random::<2>().map_or(u16::MAX, u16::from_le_bytes);
    full / 2 + full.mul_f64(f64::from(share) / f64::from(u16::MAX) / 2.0)
}

/// The longest pause that a system may ask for.
const ASKED_MAX: Duration = Duration::from_secs(600);

/// The pause, or the one that the system asked for if that is longer: coming back sooner would only use up an attempt.
pub(super) fn at_least(pause: Duration, asked: Option<Duration>) -> Duration {
    pause.max(asked.unwrap_or_default().min(ASKED_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_asks_for_time_gets_it() {
        let (own, asked) = (Duration::from_secs(8), |seconds| Some(Duration::from_secs(seconds)));
        assert_eq!((at_least(own, None), at_least(own, asked(2))), (own, own));
        assert_eq!((at_least(own, asked(300)), at_least(own, asked(86_400))), (Duration::from_secs(300), ASKED_MAX));
    }

    #[test]
    fn it_doubles_to_a_minute_and_is_never_less_than_half() {
        let (tuning, context) = (Tuning::default(), Context::default());
        for (failures, full) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60)] {
            let pause = before_retry(&tuning, &context, failures);
            let full = Duration::from_secs(full);
            assert!(pause >= full / 2 && pause <= full + Duration::from_millis(1), "{failures}: {pause:?}");
        }
    }
}
