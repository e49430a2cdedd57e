//! The gate of a client: every call to its system goes through it. It limits how many are under way at the same time, lets a system be
//! that does not answer, and measures.
//!
//! It never repeats a call and never makes one by itself. What is refused here was not asked of the system: it waits, and uses up no
//! attempt of anybody.
//!
//! Start reading at [`Gate::pass`], then [`breaker`].

mod breaker;
mod limits;
mod meter;
mod report;

pub use limits::{CallLimits, GateLimits};
pub use meter::{MINUTES, quantile};
pub use report::{Circuit, GateReport, Lane};

use super::failure::{Failure, Trouble};
use breaker::{Admission, Breaker, Open};
use meter::Meter;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use steward_domain::system::System;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// How long a call may wait for its place.
const QUEUE_MAX: Duration = Duration::from_secs(30);
/// The same for a heavy one: each of those before it takes seconds.
const HEAVY_QUEUE_MAX: Duration = Duration::from_secs(90);
/// A call that its caller gave up after so long is one without an answer; sooner, it says nothing about the system.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(5);

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Anything.
    Call,
    /// Something that keeps the system busy for seconds, of which it takes only a few at a time.
    Heavy,
    /// Whether the system answers, and nothing else. It is let through even while the circuit is open: it decides whether that closes.
    Look,
}

/// What a call says about its system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It answered, whatever it said.
    Answer,
    /// It did not answer, or failed on its side; in words.
    Nothing(String),
}

impl Heard {
    /// What a failure says: refusals and conflicts are answers too.
    pub(super) fn of(failure: &Failure) -> Self {
        let system = failure.cause.system;
        let nothing = [Trouble::Away, Trouble::TimedOut, Trouble::Broken].map(|trouble| trouble.code(system));
        if nothing.contains(&failure.cause.code) { Self::Nothing(failure.cause.what.clone()) } else { Self::Answer }
    }

    /// What an outcome says.
    pub(super) fn of_outcome<T>(outcome: &Result<T, Failure>) -> Self {
        outcome.as_ref().err().map_or(Self::Answer, Self::of)
    }
}

/// The gate of one client.
#[derive(Debug)]
pub struct Gate {
    system: System,
    name: String,
    limits: GateLimits,
    places: Semaphore,
    heavy_places: Semaphore,
    waiting: Waiting,
    inner: Mutex<Inner>,
}

/// How many wait for a place.
#[derive(Debug, Default)]
struct Waiting {
    calls: AtomicU32,
    heavy: AtomicU32,
}

#[derive(Debug, Default)]
struct Inner {
    breaker: Breaker,
    meter: Meter,
    answered_at: Option<Instant>,
    /// Since when there was no answer any more, and the last failure in words.
    failing: Option<(Instant, String)>,
}

impl Gate {
    /// The gate of the one client of a system. `name` tells it from others of the same system.
    #[must_use]
    pub fn new(system: System, name: impl Into<String>, limits: GateLimits) -> Self {
        let places = |max: u32| Semaphore::new(usize::try_from(max.max(1)).unwrap_or(1).min(Semaphore::MAX_PERMITS));
        Self {
            system,
            name: name.into(),
            limits,
            places: places(limits.calls),
            heavy_places: places(limits.heavy.unwrap_or(limits.calls)),
            waiting: Waiting::default(),
            inner: Mutex::default(),
        }
    }

    /// Whose gate it is.
    #[must_use]
    pub const fn system(&self) -> System {
        self.system
    }

    /// What tells it from others of the same system.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call: it begins once it has a place. `heard` says what its outcome tells of the system. No call is made inside another:
    /// both would hold a place.
    ///
    /// # Errors
    /// When the circuit is open, or no place was free in time. The call was not made then.
    pub async fn pass<T>(&self, errand: Errand, call: impl Future<Output = T>, heard: impl FnOnce(&T) -> Heard) -> Result<T, Failure> {
        let admitted = self.inner().breaker.would_admit(errand, Instant::now());
        admitted.map_err(|Open| self.open())?;
        // The heavy place first: whoever waits for one holds no other.
        let _heavy = match errand {
            Errand::Heavy => Some(self.place(&self.heavy_places, &self.waiting.heavy, HEAVY_QUEUE_MAX).await?),
            Errand::Call | Errand::Look => None,
        };
        let _place = self.place(&self.places, &self.waiting.calls, QUEUE_MAX).await?;
        // It may have opened while this one waited.
        let admitted = self.inner().breaker.admit(errand, Instant::now());
        let admission = admitted.map_err(|Open| self.open())?;
        let mut under_way = UnderWay { gate: self, admission, began: Instant::now(), heard: None };
        let outcome = call.await;
        under_way.heard = Some((errand, heard(&outcome)));
        Ok(outcome)
    }

    async fn place<'a>(&'a self, places: &'a Semaphore, waiting: &AtomicU32, patience: Duration) -> Result<SemaphorePermit<'a>, Failure> {
        if let Ok(place) = places.try_acquire() {
            return Ok(place);
        }
        let _counted = Counted::in_line(waiting);
        match tokio::time::timeout(patience, places.acquire()).await {
            // It is never closed.
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => {
                self.inner().meter.turned_away(Instant::now());
                Err(Failure::new(self.system, Trouble::NoPlace, format!("{}: no place within {patience:?}", self.name)))
            }
        }
    }

    /// The circuit is open.
    fn open(&self) -> Failure {
        let mut inner = self.inner();
        inner.meter.turned_away(Instant::now());
        let why = inner.failing.as_ref().map(|(_, why)| why.as_str()).unwrap_or_default();
        let words = format!("Steward leaves {} alone for a moment: its calls kept failing. The last one: {why}", self.system);
        let log = format!("{}: circuit open after {} failures in a row", self.name, inner.breaker.failures_in_row());
        Failure::new(self.system, Trouble::Away, log).saying(words.trim_end())
    }
}

/// Somebody who waits in line.
struct Counted<'a>(&'a AtomicU32);

impl<'a> Counted<'a> {
    fn in_line(waiting: &'a AtomicU32) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A call that is under way. However it ends, the gate hears of it.
struct UnderWay<'a> {
    gate: &'a Gate,
    admission: Admission,
    began: Instant,
    heard: Option<(Errand, Heard)>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        let took = now.duration_since(self.began);
        let given_up = || took >= GIVEN_UP_AFTER;
        let mut inner = self.gate.inner();
        match self.heard.take() {
            Some((errand, Heard::Answer)) => {
                // How long heavy calls take says nothing about the others.
                inner.meter.answered(now, (errand != Errand::Heavy).then_some(took));
                inner.breaker.answered(self.admission, now);
                inner.answered_at = Some(now);
                inner.failing = None;
            }
            Some((_, Heard::Nothing(why))) => inner.failed(self.admission, now, why),
            None if given_up() => {
                let why = format!("{} did not answer in time.", self.gate.system);
                inner.failed(self.admission, now, why);
            }
            None => inner.breaker.given_up(self.admission, now),
        }
    }
}

impl Inner {
    fn failed(&mut self, admission: Admission, now: Instant, why: String) {
        self.meter.failed(now);
        self.breaker.failed(admission, now);
        let since = self.failing.as_ref().map_or(now, |(since, _)| *since);
        self.failing = Some((since, why));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    fn gate(calls: u32, heavy: Option<u32>) -> Arc<Gate> {
        Arc::new(Gate::new(System::Keycloak, "keycloak", GateLimits { calls, heavy }))
    }

    async fn fail(gate: &Gate, errand: Errand) -> Result<(), Failure> {
        gate.pass(errand, async {}, |()| Heard::Nothing("Keycloak refuses connections.".to_owned())).await
    }

    async fn answer(gate: &Gate, errand: Errand) -> Result<(), Failure> {
        gate.pass(errand, async {}, |()| Heard::Answer).await
    }

    #[tokio::test(start_paused = true)]
    async fn never_more_than_the_limit_are_under_way_and_heavy_ones_have_a_limit_of_their_own() {
        for (errand, limit) in [(Errand::Call, 8), (Errand::Heavy, 2)] {
            let gate = gate(8, Some(2));
            let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let calls = (0..50).map(|_| {
                let (gate, now, most) = (Arc::clone(&gate), Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    let call = async {
                        let under_way = now.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(under_way, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        now.fetch_sub(1, Ordering::SeqCst);
                    };
                    gate.pass(errand, call, |()| Heard::Answer).await
                })
            });
            let outcomes = futures::future::join_all(calls).await;
            assert!(outcomes.into_iter().all(|outcome| outcome.is_ok_and(|passed| passed.is_ok())));
            assert_eq!(most.load(Ordering::SeqCst), limit, "{errand:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told_to_wait_and_uses_up_no_attempt() {
        let gate = gate(1, None);
        let holder = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.pass(Errand::Call, tokio::time::sleep(Duration::from_secs(3_600)), |()| Heard::Answer).await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let waits = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { answer(&gate, Errand::Call).await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let report = gate.report();
        assert_eq!((report.calls.under_way, report.calls.waiting), (1, 1));
        let failure = waits.await.unwrap().unwrap_err();
        assert_eq!((failure.cause.code.as_str(), failure.cause.nature), ("KEY-529", steward_domain::cause::Nature::Away));
        assert_eq!((gate.report().turned_away, gate.report().calls.waiting), (1, 0));
        holder.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_circuit_says_why_and_a_look_closes_it() {
        let gate = gate(8, None);
        for _ in 0..5 {
            fail(&gate, Errand::Call).await.unwrap();
        }
        let refused = answer(&gate, Errand::Call).await.unwrap_err();
        assert_eq!(
            (refused.cause.code.as_str(), refused.cause.what.as_str()),
            ("KEY-503", "Steward leaves Keycloak alone for a moment: its calls kept failing. The last one: Keycloak refuses connections.")
        );
        assert!(matches!(gate.report().circuit, Circuit::Open { .. }));
        answer(&gate, Errand::Look).await.unwrap();
        assert_eq!(gate.report().circuit, Circuit::Closed);
        answer(&gate, Errand::Call).await.unwrap();
        assert_eq!(gate.report().failing, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_in_line_is_not_sent_to_a_system_that_went_away_meanwhile() {
        let gate = gate(1, None);
        let made = Arc::new(AtomicUsize::new(0));
        let calls = (0..20).map(|_| {
            let (gate, made) = (Arc::clone(&gate), Arc::clone(&made));
            tokio::spawn(async move {
                let call = async {
                    made.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(10)).await;
                };
                gate.pass(Errand::Call, call, |()| Heard::Nothing("It is away.".to_owned())).await
            })
        });
        let outcomes = futures::future::join_all(calls).await;
        assert_eq!(made.load(Ordering::SeqCst), 5);
        assert_eq!(outcomes.into_iter().filter(|outcome| matches!(outcome, Ok(Err(_)))).count(), 15);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_its_caller_gave_up_frees_its_place_and_counts_only_if_it_took_long() {
        let gate = gate(1, None);
        let give_up = async |after: u64| {
            let call = gate.pass(Errand::Call, std::future::pending::<()>(), |()| Heard::Answer);
            assert!(tokio::time::timeout(Duration::from_secs(after), call).await.is_err());
        };
        for _ in 0..10 {
            give_up(1).await;
        }
        assert_eq!((gate.report().circuit, gate.report().calls_ended), (Circuit::Closed, 0));
        for _ in 0..5 {
            give_up(10).await;
        }
        assert!(matches!(gate.report().circuit, Circuit::Open { .. }));
        assert_eq!(gate.report().calls.under_way, 0);
    }
}
