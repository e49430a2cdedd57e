//! The circuit: closed while a system answers, open while it does not. It knows no clock and no task: whoever asks says what time it is.
//!
//! While it is open, calls are refused without being made. Two sorts of calls find out that the system is back: a *look*, which asks
//! nothing but that and is always let through, and, once the pause is over, one ordinary call: the trial.

use super::Errand;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// After so many failures in a row it opens.
const FAILURES_IN_ROW: u32 = 5;
/// It opens too when of at least so many calls …
const CALLS_MIN: usize = 20;
/// … within this time …
const WINDOW: Duration = Duration::from_secs(30);
/// … this share failed.
const FAILED_PERCENT: usize = 50;
/// The first pause before a trial; it doubles each time.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Most calls that are remembered of the window.
const REMEMBERED_MAX: usize = 1_000;

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Calls go through.
    Closed,
    /// None goes through but looks.
    Open {
        /// When it opened.
        since: Instant,
        /// From then on one call is let through.
        next_trial: Instant,
    },
    /// One call is under way that decides.
    Trial {
        /// When it opened.
        since: Instant,
    },
}

/// As what a call was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// As one of many.
    Ordinary,
    /// As the one that decides.
    Trial,
    /// As a look.
    Look,
}

/// Why a call was not let through: the circuit is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open;

/// The circuit of one gate.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    failures_in_row: u32,
    window: VecDeque<(Instant, bool)>,
    /// How long it stays open the next time. A look that was answered closes the circuit, but only a call that was answered shows that all
    /// is well: until then each opening lasts longer.
    pause: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: State::Closed, failures_in_row: 0, window: VecDeque::new(), pause: PAUSE_FIRST }
    }
}

impl Breaker {
    pub(super) const fn state(&self) -> State {
        self.state
    }

    /// How many calls failed in a row, up to now.
    pub(super) const fn failures_in_row(&self) -> u32 {
        self.failures_in_row
    }

    /// Whether a call would be let through now. Nothing changes: it may still have to wait for its place.
    pub(super) fn would_admit(&self, errand: Errand, now: Instant) -> Result<(), Open> {
        match self.state {
            State::Closed => Ok(()),
            _ if errand == Errand::Look => Ok(()),
            State::Open { next_trial, .. } if next_trial <= now => Ok(()),
            State::Open { .. } | State::Trial { .. } => Err(Open),
        }
    }

    /// Lets a call through, or does not.
    pub(super) fn admit(&mut self, errand: Errand, now: Instant) -> Result<Admission, Open> {
        self.would_admit(errand, now)?;
        Ok(match self.state {
            _ if errand == Errand::Look => Admission::Look,
            State::Open { since, .. } => {
                self.state = State::Trial { since };
                Admission::Trial
            }
            State::Closed | State::Trial { .. } => Admission::Ordinary,
        })
    }

    /// The system answered.
    pub(super) fn answered(&mut self, admission: Admission, now: Instant) {
        let closed = self.state == State::Closed;
        match admission {
            // It began before the circuit opened: what failed since weighs more.
            Admission::Ordinary if !closed => return,
            Admission::Ordinary | Admission::Trial => self.pause = PAUSE_FIRST,
            Admission::Look => {}
        }
        if !closed {
            self.state = State::Closed;
            self.window.clear();
        }
        self.failures_in_row = 0;
        self.remember(now, true);
        // Most calls may fail although the last one did not.
        self.open_if_mostly_failing(now);
    }

    /// The system did not answer, or failed on its side.
    pub(super) fn failed(&mut self, admission: Admission, now: Instant) {
        self.failures_in_row = self.failures_in_row.saturating_add(1);
        match (self.state, admission) {
            (State::Closed, _) => {
                self.remember(now, false);
                if self.failures_in_row >= FAILURES_IN_ROW {
                    self.open(now, now);
                } else {
                    self.open_if_mostly_failing(now);
                }
            }
            (State::Trial { since }, Admission::Trial) => self.open(since, now),
            // Looks come when they like; only one that was due makes the pause longer.
            (State::Open { since, next_trial }, Admission::Look) if next_trial <= now => self.open(since, now),
            (State::Open { .. } | State::Trial { .. }, _) => {}
        }
    }

    /// Nobody waits for the answer any more. If it would have decided, another call may.
    pub(super) fn given_up(&mut self, admission: Admission, now: Instant) {
        if let (State::Trial { since }, Admission::Trial) = (self.state, admission) {
            self.state = State::Open { since, next_trial: now };
        }
    }

    fn open(&mut self, since: Instant, now: Instant) {
        self.state = State::Open { since, next_trial: now + self.pause };
        self.pause = self.pause.saturating_mul(2).min(PAUSE_MAX);
        self.window.clear();
    }

    fn remember(&mut self, now: Instant, answered: bool) {
        while self.window.len() >= REMEMBERED_MAX || self.window.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.window.pop_front();
        }
        self.window.push_back((now, answered));
    }

    fn open_if_mostly_failing(&mut self, now: Instant) {
        let failed = self.window.iter().filter(|(_, answered)| !answered).count();
        if self.window.len() >= CALLS_MIN && failed * 100 >= self.window.len() * FAILED_PERCENT {
            self.open(now, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    /// A call that fails.
    fn fail(breaker: &mut Breaker, errand: Errand, now: Instant) {
        let admission = breaker.admit(errand, now).unwrap();
        breaker.failed(admission, now);
    }

    fn answer(breaker: &mut Breaker, errand: Errand, now: Instant) {
        let admission = breaker.admit(errand, now).unwrap();
        breaker.answered(admission, now);
    }

    fn opened(start: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES_IN_ROW {
            fail(&mut breaker, Errand::Call, start);
        }
        breaker
    }

    #[tokio::test]
    async fn it_opens_after_failures_in_a_row_and_not_before() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            for _ in 1..FAILURES_IN_ROW {
                fail(&mut breaker, Errand::Call, start);
            }
            answer(&mut breaker, Errand::Call, start);
        }
        assert_eq!(breaker.state(), State::Closed);
        let breaker = opened(start);
        assert_eq!(breaker.would_admit(Errand::Call, start), Err(Open));
        assert_eq!(breaker.would_admit(Errand::Look, start), Ok(()));
    }

    #[tokio::test]
    async fn it_opens_when_most_calls_fail() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..CALLS_MIN / 2 {
            assert_eq!(breaker.state(), State::Closed);
            answer(&mut breaker, Errand::Call, start);
            fail(&mut breaker, Errand::Call, start);
        }
        assert!(matches!(breaker.state(), State::Open { .. }));
        // What failed long ago counts no more.
        let mut breaker = Breaker::default();
        for second in 0..CALLS_MIN as u64 {
            let now = after(start, second * 10);
            answer(&mut breaker, Errand::Call, now);
            fail(&mut breaker, Errand::Call, now);
        }
        assert_eq!(breaker.state(), State::Closed);
    }

    #[tokio::test]
    async fn one_trial_after_a_pause_that_doubles() {
        let start = Instant::now();
        let mut breaker = opened(start);
        assert_eq!(breaker.admit(Errand::Call, after(start, 1)), Err(Open));
        assert_eq!(breaker.admit(Errand::Call, after(start, 2)), Ok(Admission::Trial));
        assert_eq!(breaker.admit(Errand::Call, after(start, 2)), Err(Open), "one at a time");
        breaker.failed(Admission::Trial, after(start, 2));
        assert_eq!(breaker.state(), State::Open { since: start, next_trial: after(start, 6) });
        fail(&mut breaker, Errand::Call, after(start, 6));
        assert_eq!(breaker.state(), State::Open { since: start, next_trial: after(start, 14) });
        answer(&mut breaker, Errand::Call, after(start, 14));
        assert_eq!(breaker.state(), State::Closed);
        // All is well: the pause begins small again.
        for _ in 0..FAILURES_IN_ROW {
            fail(&mut breaker, Errand::Call, after(start, 20));
        }
        assert_eq!(breaker.state(), State::Open { since: after(start, 20), next_trial: after(start, 22) });
    }

    #[tokio::test]
    async fn the_pause_has_an_end() {
        let start = Instant::now();
        let mut breaker = opened(start);
        let mut now = start;
        for _ in 0..10 {
            let State::Open { next_trial, .. } = breaker.state() else { panic!("{breaker:?}") };
            assert!(next_trial.duration_since(now) <= PAUSE_MAX);
            now = next_trial;
            fail(&mut breaker, Errand::Call, now);
        }
    }

    #[tokio::test]
    async fn a_look_closes_it_and_only_a_due_one_makes_the_pause_longer() {
        let start = Instant::now();
        let mut breaker = opened(start);
        fail(&mut breaker, Errand::Look, after(start, 1));
        assert_eq!(breaker.state(), State::Open { since: start, next_trial: after(start, 2) });
        fail(&mut breaker, Errand::Look, after(start, 3));
        assert_eq!(breaker.state(), State::Open { since: start, next_trial: after(start, 7) });
        answer(&mut breaker, Errand::Look, after(start, 4));
        assert_eq!(breaker.state(), State::Closed);
        // It answers when asked how it is, and fails at everything else: the pauses grow on.
        for _ in 0..FAILURES_IN_ROW {
            fail(&mut breaker, Errand::Call, after(start, 5));
        }
        assert_eq!(breaker.state(), State::Open { since: after(start, 5), next_trial: after(start, 13) });
    }

    #[tokio::test]
    async fn a_trial_that_nobody_waits_for_makes_way_for_another() {
        let start = Instant::now();
        let mut breaker = opened(start);
        let now = after(start, 2);
        let admission = breaker.admit(Errand::Call, now).unwrap();
        breaker.given_up(admission, now);
        assert_eq!(breaker.admit(Errand::Call, now), Ok(Admission::Trial));
    }

    #[tokio::test]
    async fn what_began_before_it_opened_neither_closes_nor_lengthens_it() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        let early = breaker.admit(Errand::Call, start).unwrap();
        for _ in 0..FAILURES_IN_ROW {
            fail(&mut breaker, Errand::Call, start);
        }
        let open = breaker.state();
        breaker.answered(early, after(start, 1));
        breaker.failed(early, after(start, 3));
        assert_eq!(breaker.state(), open);
    }
}
