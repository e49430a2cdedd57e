//! One attempt at a claimed step: look, do, look again.

use super::claim::Claimed;
use super::lease::Lease;
use super::settle::{self, Settled};
use super::{Point, Shared, within_patience};
use crate::access::{Authority, Provision};
use crate::platform::{Failure, Trouble};
use crate::provisioning::resources::Observation;
use std::sync::Arc;
use std::time::Duration;
use steward_domain::cause::Nature;
use steward_domain::run::StepAction;
use tokio::time::Instant;
use tracing::{info, warn};

/// What came of an attempt.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Observed to be as wanted.
    Done {
        /// Whether anything had to be done.
        changed: bool,
        /// What was observed, in words.
        detail: String,
    },
    /// It failed, or its outcome is unknown.
    Failed {
        /// Why.
        failure: Failure,
        /// What was seen last, if anything.
        seen: Option<Observation>,
    },
}

/// Carries out a claimed step and settles what came of it. Returns early, without writing, if the lease is lost meanwhile.
pub(super) async fn carry_out(shared: Arc<Shared>, authority: Arc<Authority<Provision>>, step: Claimed) {
    let mut lease = std::pin::pin!(Lease::hold(Arc::clone(&shared), step.id, step.epoch, step.lease_ends_at));
    let outcome = tokio::select! {
        // Looked at first whenever the task wakes: a process that slept through its lease must not go on to its next call.
        biased;
        () = lease.as_mut().lost() => {
            warn!(run = %step.run_id, step = %step.title, epoch = step.epoch, "the lease ran out; another worker goes on");
            return;
        }
        outcome = async {
            match step.action {
                StepAction::Apply => attempt(&shared, &step).await,
                StepAction::Remove => removal(&shared, &step).await,
            }
        } => outcome,
    };
    let outcome = match outcome {
        Outcome::Failed { failure, seen } => {
            Outcome::Failed { failure: failure.at(&shared.site.at(step.kind.system(), &step.wanted)), seen }
        }
        done => done,
    };
    if let Outcome::Failed { failure, .. } = &outcome {
        warn!(run = %step.run_id, step = %step.title, code = failure.cause.code, log = failure.log, "an attempt failed");
    }
    // The database may be away for a moment; until the lease ends the result can still be written.
    loop {
        match within_patience(settle::settle(&shared, &authority, &step, &outcome)).await {
            Ok(Settled::Written) => break,
            Ok(Settled::Stale) => {
                warn!(run = %step.run_id, step = %step.title, epoch = step.epoch, "another worker took over; nothing was written");
                return;
            }
            Err(error) => {
                warn!(run = %step.run_id, step = %step.title, code = error.code(), log = error.log(), "a result could not be written");
                tokio::select! {
                    () = lease.as_mut().lost() => return,
                    () = tokio::time::sleep(shared.tuning.poll) => {}
                }
            }
        }
    }
    info!(run = %step.run_id, step = %step.title, epoch = step.epoch, "step settled");
    shared.die_if_told(Point::AfterCommit, &step).await;
    shared.wake.notify_one();
}

async fn attempt(shared: &Shared, step: &Claimed) -> Outcome {
    shared.die_if_told(Point::AfterIntent, step).await;
    let (site, wanted) = (&shared.site, &step.wanted);
    let resource = shared.site.resource(step.kind);
    let seen = if step.seen_absent && resource.creation_detects_existing() {
        Observation::Absent
    } else {
        match resource.observe(site, wanted).await {
            Ok(seen) => seen,
            Err(failure) => return Outcome::Failed { failure, seen: None },
        }
    };
    match seen {
        Observation::Ours { ref differences, ref detail } if differences.is_empty() => {
            return Outcome::Done { changed: false, detail: detail.clone() };
        }
        Observation::Foreign { ref what } => {
            return Outcome::Failed { failure: Failure::foreign(step.kind.system(), what), seen: Some(seen) };
        }
        _ => {}
    }
    let seen = match await_unknown(shared, step, seen).await {
        Ok(Observation::Ours { differences, detail }) if differences.is_empty() => return Outcome::Done { changed: true, detail },
        Ok(seen) => seen,
        Err(failure) => return Outcome::Failed { failure, seen: None },
    };
    let applied = resource.apply(site, wanted, &seen).await;
    shared.die_if_told(Point::AfterEffect, step).await;
    // Whatever the answer was, only what is seen counts: a call that timed out may have worked.
    let after = resource.observe(site, wanted).await;
    shared.die_if_told(Point::AfterObserve, step).await;
    match (applied, after) {
        (_, Ok(Observation::Ours { differences, detail })) if differences.is_empty() => Outcome::Done { changed: true, detail },
        (_, Ok(seen @ Observation::Foreign { .. })) => {
            let Observation::Foreign { what } = &seen else { return not_as_wanted(step, seen) };
            Outcome::Failed { failure: Failure::foreign(step.kind.system(), what), seen: Some(seen) }
        }
        (Err(failure), seen) => Outcome::Failed { failure, seen: seen.ok() },
        (Ok(()), Ok(seen)) => not_as_wanted(step, seen),
        (Ok(()), Err(failure)) => Outcome::Failed { failure, seen: None },
    }
}

/// Looks until what an earlier attempt asked for must have come about or never will. What is not even begun need not be waited for.
async fn await_unknown(shared: &Shared, step: &Claimed, mut seen: Observation) -> Result<Observation, Failure> {
    let resource = shared.site.resource(step.kind);
    let Some(since) = step.unknown_for.and_then(|unknown_for| Instant::now().checked_sub(unknown_for)) else { return Ok(seen) };
    while matches!(seen, Observation::Partial { .. }) && since.elapsed() < resource.effect_outlives_call() {
        tokio::time::sleep(shared.tuning.poll).await;
        seen = resource.observe(&shared.site, &step.wanted).await?;
    }
    Ok(seen)
}

/// How long a removal may go on in the background before the attempt counts as failed. Kubernetes takes 5 to 15 s over a namespace.
const REMOVAL_MAX: Duration = Duration::from_secs(30);

async fn removal(shared: &Shared, step: &Claimed) -> Outcome {
    shared.die_if_told(Point::AfterIntent, step).await;
    let (site, wanted) = (&shared.site, &step.wanted);
    let resource = shared.site.resource(step.kind);
    match resource.observe(site, wanted).await {
        Ok(Observation::Absent) => return Outcome::Done { changed: false, detail: String::new() },
        Ok(Observation::Foreign { what }) => {
            let failure = Failure::foreign(step.kind.system(), &what);
            return Outcome::Failed { failure, seen: Some(Observation::Foreign { what }) };
        }
        // What is being removed already cannot always be looked at; removing it once more does no harm.
        Ok(_) => {}
        Err(failure) if failure.cause.nature == Nature::Passing => {}
        Err(failure) => return Outcome::Failed { failure, seen: None },
    }
    let removed = resource.remove(site, wanted).await;
    shared.die_if_told(Point::AfterEffect, step).await;
    // A call that failed may have worked: one look tells, and removing once more does no harm. Only what was accepted is waited for.
    let after = if removed.is_ok() { gone(shared, step).await } else { resource.observe(site, wanted).await };
    shared.die_if_told(Point::AfterObserve, step).await;
    match (removed, after) {
        (_, Ok(Observation::Absent)) => Outcome::Done { changed: true, detail: String::new() },
        (_, Ok(Observation::Foreign { what })) => {
            let failure = Failure::foreign(step.kind.system(), &what);
            Outcome::Failed { failure, seen: Some(Observation::Foreign { what }) }
        }
        (Err(failure), seen) => Outcome::Failed { failure, seen: seen.ok() },
        (Ok(()), Ok(seen)) => not_as_wanted(step, seen),
        (Ok(()), Err(failure)) => Outcome::Failed { failure, seen: None },
    }
}

/// Looks until the resource is gone, is another's, cannot be looked at for a reason that lasts, or took too long.
async fn gone(shared: &Shared, step: &Claimed) -> Result<Observation, Failure> {
    let until = Instant::now() + REMOVAL_MAX;
    loop {
        let seen = shared.site.resource(step.kind).observe(&shared.site, &step.wanted).await;
        let still_going = match &seen {
            Ok(Observation::Ours { .. } | Observation::Partial { .. }) => true,
            Ok(Observation::Absent | Observation::Foreign { .. }) => false,
            Err(failure) => failure.cause.nature == Nature::Passing,
        };
        if !still_going || Instant::now() >= until {
            return seen;
        }
        tokio::time::sleep(shared.tuning.poll).await;
    }
}

fn not_as_wanted(step: &Claimed, seen: Observation) -> Outcome {
    Outcome::Failed {
        failure: Failure::new(step.kind.system(), Trouble::NotAsWanted, format!("{}: {seen:?}", step.title)),
        seen: Some(seen),
    }
}
