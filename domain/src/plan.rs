//! A plan: the difference between what a tenant's settings ask for and what was observed.

use crate::difference::Difference;
use crate::resource::ResourceKind;
use crate::system::System;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a plan does about one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is absent and will be made.
    Create,
    /// It is ours and will be brought to what is wanted.
    Change,
    /// It is ours and as wanted.
    Keep,
    /// It is ours and will be removed.
    Remove,
    /// Something of that name is there that Steward did not make. It is left alone.
    Foreign,
}

impl Action {
    /// The word in the plan's table.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Action::Create => "Create",
            Action::Change => "Change",
            Action::Keep => "Keep",
            Action::Remove => "Remove",
            Action::Foreign => "Foreign",
        }
    }
}

/// One row of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanItem {
    /// What is done.
    pub action: Action,
    /// To what kind of resource.
    pub kind: ResourceKind,
    /// Its name in its system: `tenant-acme`, `secret/data/tenants/acme`.
    pub name: String,
    /// What exactly: "4 cores, 8 GiB memory, 200 GiB storage, no GPU". For a foreign one: what was found.
    pub exactly: String,
    /// What a change brings from where to where; empty for every other action.
    #[serde(default)]
    pub differences: Vec<Difference>,
    /// What it interrupts, in words: "Nobody can sign in". None if it interrupts nothing.
    #[serde(default)]
    pub interrupts: Option<String>,
}

/// The verdict of one preflight check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Goes ahead, but somebody should look.
    Look,
    /// The plan cannot run.
    Fail,
}

/// One line of the preflight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightCheck {
    /// How it came out.
    pub verdict: Verdict,
    /// As a sentence without a full stop: "Realm orchard-legal is free".
    pub what: String,
    /// Where it was looked up, or the figure: "Keycloak, 41 ms".
    pub source: String,
    /// What to do about it, if anything.
    pub helps: Option<String>,
}

/// A plan as a person reviews it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// SHA-256, hex, over the tenant's id and wishes and the items: what runs is what was reviewed.
    pub hash: String,
    /// The rows, in the order of [`ResourceKind::ALL`].
    pub items: Vec<PlanItem>,
    /// What was checked before.
    pub preflight: Vec<PreflightCheck>,
    /// When the systems were looked at.
    pub observed_at: DateTime<Utc>,
    /// How long such runs took, if there were any.
    pub usual: Option<UsualDuration>,
}

/// How long the last runs of a kind took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsualDuration {
    /// Median, in milliseconds.
    pub median_ms: i64,
    /// Slowest, in milliseconds.
    pub slowest_ms: i64,
    /// Of how many runs.
    pub runs: i64,
}

impl Plan {
    /// How many rows have this action.
    #[must_use]
    pub fn count(&self, action: Action) -> usize {
        self.items.iter().filter(|item| item.action == action).count()
    }

    /// Whether the plan may run: no check failed. Something foreign fails one where the plan would touch it; elsewhere it is left alone.
    #[must_use]
    pub fn may_run(&self) -> bool {
        self.preflight.iter().all(|check| check.verdict != Verdict::Fail)
    }

    /// Whether there is something to do.
    #[must_use]
    pub fn does_something(&self) -> bool {
        self.items.iter().any(|item| matches!(item.action, Action::Create | Action::Change | Action::Remove))
    }

    /// The systems that the plan touches, each once.
    #[must_use]
    pub fn systems(&self) -> Vec<System> {
        System::ALL.into_iter().filter(|system| self.items.iter().any(|item| item.kind.system() == *system)).collect()
    }
}
