//! A run carries out a plan, step by step. Here are its states, the one function that moves between them,
//! and the picture of a run that page, live events and API share.

use crate::cause::Cause;
use crate::moment::{rfc3339, rfc3339_option};
use crate::plan::UsualDuration;
use crate::resource::ResourceKind;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// Makes everything that a new tenant needs.
    Onboard,
    /// Brings the resources to changed settings.
    Change,
    /// Keeps the tenant's people out; nothing is lost.
    Suspend,
    /// Lets them in again.
    Resume,
    /// Puts right what differs from what is wanted.
    Repair,
    /// Issues the certificate anew and deploys it.
    Renew,
    /// Removes what a creation that did not come to its end had made.
    RollBack,
}

impl RunKind {
    /// Every kind.
    pub const ALL: [RunKind; 7] =
        [RunKind::Onboard, RunKind::Change, RunKind::Suspend, RunKind::Resume, RunKind::Repair, RunKind::Renew, RunKind::RollBack];

    /// The name in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RunKind::Onboard => "onboard",
            RunKind::Change => "change",
            RunKind::Suspend => "suspend",
            RunKind::Resume => "resume",
            RunKind::Repair => "repair",
            RunKind::Renew => "renew",
            RunKind::RollBack => "roll-back",
        }
    }

    /// The verb in titles: "Onboard Acme Corp".
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            RunKind::Onboard => "Onboard",
            RunKind::Change => "Change",
            RunKind::Suspend => "Suspend",
            RunKind::Resume => "Resume",
            RunKind::Repair => "Repair",
            RunKind::Renew => "Renew certificate of",
            RunKind::RollBack => "Roll back",
        }
    }

    /// The kind of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<RunKind> {
        RunKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What a step does with its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepAction {
    /// Makes it, completes it, or brings it to what is wanted.
    Apply,
    /// Removes it.
    Remove,
}

impl StepAction {
    /// The name in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            StepAction::Apply => "apply",
            StepAction::Remove => "remove",
        }
    }

    /// The action of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<StepAction> {
        [StepAction::Apply, StepAction::Remove].into_iter().find(|action| action.as_str() == name)
    }
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Some step can still go on by itself.
    Running,
    /// Every step is done.
    Done,
    /// A step stopped and nothing else can go on: a person must act.
    Stopped,
    /// A person ended it before it was done.
    Cancelled,
}

impl RunState {
    /// Every state.
    pub const ALL: [RunState; 4] = [RunState::Running, RunState::Done, RunState::Stopped, RunState::Cancelled];

    /// The name in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Done => "done",
            RunState::Stopped => "stopped",
            RunState::Cancelled => "cancelled",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            RunState::Running => "Running",
            RunState::Done => "Done",
            RunState::Stopped => "Stopped",
            RunState::Cancelled => "Cancelled",
        }
    }

    /// The state of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<RunState> {
        RunState::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The state of a run follows from the states of its steps.
    #[must_use]
    pub fn of(steps: &[StepState]) -> RunState {
        if steps.iter().all(|step| *step == StepState::Done) {
            RunState::Done
        } else if steps.iter().any(|step| matches!(step, StepState::Running | StepState::Retrying | StepState::Waiting | StepState::Ready))
        {
            RunState::Running
        } else if steps.contains(&StepState::Stopped) {
            RunState::Stopped
        } else if steps.contains(&StepState::Cancelled) {
            RunState::Cancelled
        } else {
            RunState::Running
        }
    }
}

/// The state of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// What it comes after is not done yet.
    Blocked,
    /// A worker may take it.
    Ready,
    /// A worker holds it.
    Running,
    /// The last attempt failed for a reason that may pass; the next one has a time.
    Retrying,
    /// Its system is away; Steward looks again by itself, without using up attempts.
    Waiting,
    /// Observed to be as wanted.
    Done,
    /// A person must act.
    Stopped,
    /// Its run was cancelled before it was done.
    Cancelled,
}

/// What happens to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepEvent {
    /// What it comes after is done.
    Unblocked,
    /// A worker took it, or took it over from one whose lease ran out.
    Claimed,
    /// Observed to be as wanted.
    Succeeded,
    /// Failed for a reason that may pass, attempts are left.
    FailedForNow,
    /// Its system is away.
    Away,
    /// Failed for a reason that lasts, or attempts are used up.
    FailedForGood,
    /// A person asked to try now.
    RetryAsked,
    /// A person cancelled the run. A step that a worker holds is let go of once it failed.
    CancelAsked,
}

/// An event that cannot happen in that state: a mistake in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalTransition {
    /// The state.
    pub from: StepState,
    /// The event.
    pub event: StepEvent,
}

impl std::fmt::Display for IllegalTransition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a step that is {:?} cannot be {:?}", self.from, self.event)
    }
}

impl std::error::Error for IllegalTransition {}

impl StepState {
    /// Every state.
    pub const ALL: [StepState; 8] = [
        StepState::Blocked,
        StepState::Ready,
        StepState::Running,
        StepState::Retrying,
        StepState::Waiting,
        StepState::Done,
        StepState::Stopped,
        StepState::Cancelled,
    ];

    /// The name in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            StepState::Blocked => "blocked",
            StepState::Ready => "ready",
            StepState::Running => "running",
            StepState::Retrying => "retrying",
            StepState::Waiting => "waiting",
            StepState::Done => "done",
            StepState::Stopped => "stopped",
            StepState::Cancelled => "cancelled",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            StepState::Blocked => "Not started",
            StepState::Ready => "Next",
            StepState::Running => "Running",
            StepState::Retrying => "Retrying",
            StepState::Waiting => "Waiting",
            StepState::Done => "Done",
            StepState::Stopped => "Stopped",
            StepState::Cancelled => "Cancelled",
        }
    }

    /// The state of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<StepState> {
        StepState::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The whole state machine of a step.
    ///
    /// # Errors
    /// [`IllegalTransition`] for a pair that must not happen.
    pub const fn next(self, event: StepEvent) -> Result<StepState, IllegalTransition> {
        use StepEvent as E;
        use StepState as S;
        match (self, event) {
            (S::Blocked, E::Unblocked) => Ok(S::Ready),
            // Running → Running: taken over after the lease ran out.
            (S::Ready | S::Retrying | S::Waiting | S::Running, E::Claimed) => Ok(S::Running),
            (S::Running, E::Succeeded) => Ok(S::Done),
            (S::Running, E::FailedForNow) => Ok(S::Retrying),
            (S::Running, E::Away) => Ok(S::Waiting),
            (S::Running, E::FailedForGood) => Ok(S::Stopped),
            (S::Retrying | S::Waiting | S::Stopped, E::RetryAsked) => Ok(S::Ready),
            (S::Blocked | S::Ready | S::Running | S::Retrying | S::Waiting | S::Stopped, E::CancelAsked) => Ok(S::Cancelled),
            (from, event) => Err(IllegalTransition { from, event }),
        }
    }
}

/// One attempt at a step, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptView {
    /// 1 for the first.
    pub number: i32,
    /// When it began.
    #[serde(with = "rfc3339")]
    pub began_at: DateTime<Utc>,
    /// How long it took, in milliseconds; none while it goes on or if its worker died.
    pub took_ms: Option<i64>,
    /// What came of it, as a sentence.
    pub outcome: String,
    /// The code, if it failed.
    pub code: Option<String>,
}

/// One step, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Its id.
    pub id: Uuid,
    /// Of what kind its resource is.
    pub kind: ResourceKind,
    /// What it does with it.
    pub action: StepAction,
    /// "Namespace tenant-kestrel"
    pub title: String,
    /// Its state.
    pub state: StepState,
    /// Steps of one wave run side by side; 0 has nothing before it.
    pub wave: i32,
    /// The titles of what it comes after and is not done yet.
    pub after: Vec<String>,
    /// Attempts that count against `attempts_max`.
    pub attempt: i32,
    /// After so many counted attempts the step stops.
    pub attempts_max: i32,
    /// When the next try is due.
    #[serde(with = "rfc3339_option")]
    pub next_try_at: Option<DateTime<Utc>>,
    /// Since when its system is away.
    #[serde(with = "rfc3339_option")]
    pub waiting_since: Option<DateTime<Utc>>,
    /// When the first attempt began.
    #[serde(with = "rfc3339_option")]
    pub started_at: Option<DateTime<Utc>>,
    /// How long it took from the first attempt to done, in milliseconds.
    pub took_ms: Option<i64>,
    /// Who paused destructive work, if that is all that holds it.
    pub held_by: Option<String>,
    /// Why the last attempt failed, unless it is done.
    pub cause: Option<Cause>,
    /// Every attempt, first one first.
    pub attempts: Vec<AttemptView>,
}

/// The switch that stops destructive work is on, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Who turned it on.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when.
    #[serde(with = "rfc3339")]
    pub since: DateTime<Utc>,
}

/// A run, as people see it: the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    /// Its id.
    pub id: Uuid,
    /// The number that people say.
    pub number: i64,
    /// Whose run.
    pub tenant_id: Uuid,
    /// The tenant's name.
    pub tenant_name: String,
    /// What it does.
    pub kind: RunKind,
    /// What it is called: "Onboard", "Change limits".
    pub title: String,
    /// Its state.
    pub state: RunState,
    /// Since when it is to be cancelled, while steps that were under way come to their end.
    #[serde(with = "rfc3339_option")]
    pub cancel_asked_at: Option<DateTime<Utc>>,
    /// Who asked for it.
    pub requested_by: String,
    /// The plan it carries out.
    pub plan_hash: String,
    /// When it was asked for.
    #[serde(with = "rfc3339")]
    pub created_at: DateTime<Utc>,
    /// When it ended.
    #[serde(with = "rfc3339_option")]
    pub ended_at: Option<DateTime<Utc>>,
    /// How long such runs usually take.
    pub usual: Option<UsualDuration>,
    /// Which process works on it now, and when its lease was last renewed.
    pub worker: Option<String>,
    /// How many audit entries speak of it.
    pub entries: i64,
    /// The steps in the order of the plan.
    pub steps: Vec<StepView>,
    /// Who stopped destructive work, if a step of this run is held by that.
    pub paused: Option<Paused>,
    /// When this picture was taken.
    #[serde(with = "rfc3339")]
    pub seen_at: DateTime<Utc>,
}

/// A run in a heading: "Onboard Acme Corp", "Change limits: Acme Corp".
#[must_use]
pub fn heading(kind: RunKind, title: &str, tenant_name: &str) -> String {
    let link = if matches!(kind, RunKind::Change | RunKind::Renew) { ": " } else { " " };
    format!("{title}{link}{tenant_name}")
}

impl RunView {
    /// The heading of its page: "Onboard Acme Corp", "Change limits: Acme Corp".
    #[must_use]
    pub fn heading(&self) -> String {
        heading(self.kind, &self.title, &self.tenant_name)
    }

    /// Whether it came to its end: nothing of it changes any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.state, RunState::Done | RunState::Cancelled)
    }

    /// How many steps are in a state.
    #[must_use]
    pub fn count(&self, state: StepState) -> usize {
        self.steps.iter().filter(|step| step.state == state).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_machine_as_a_table() {
        use StepEvent as E;
        let events = [E::Unblocked, E::Claimed, E::Succeeded, E::FailedForNow, E::Away, E::FailedForGood, E::RetryAsked, E::CancelAsked];
        let mut table = String::new();
        for state in StepState::ALL {
            for event in events {
                if let Ok(next) = state.next(event) {
                    table.push_str(&format!("{} {event:?} {}\n", state.as_str(), next.as_str()));
                }
            }
        }
        assert_eq!(
            table,
            "blocked Unblocked ready\nblocked CancelAsked cancelled\nready Claimed running\nready CancelAsked cancelled\n\
             running Claimed running\nrunning Succeeded done\nrunning FailedForNow retrying\nrunning Away waiting\n\
             running FailedForGood stopped\nrunning CancelAsked cancelled\nretrying Claimed running\nretrying RetryAsked ready\n\
             retrying CancelAsked cancelled\nwaiting Claimed running\nwaiting RetryAsked ready\nwaiting CancelAsked cancelled\n\
             stopped RetryAsked ready\nstopped CancelAsked cancelled\n"
        );
    }

    #[test]
    fn a_run_is_what_its_steps_are() {
        use StepState as S;
        assert_eq!(RunState::of(&[S::Done, S::Done]), RunState::Done);
        assert_eq!(RunState::of(&[S::Done, S::Stopped, S::Blocked]), RunState::Stopped);
        assert_eq!(RunState::of(&[S::Stopped, S::Running]), RunState::Running);
        assert_eq!(RunState::of(&[S::Stopped, S::Waiting]), RunState::Running);
        assert_eq!(RunState::of(&[S::Done, S::Cancelled]), RunState::Cancelled);
        assert_eq!(RunState::of(&[S::Running, S::Cancelled]), RunState::Running);
    }
}
