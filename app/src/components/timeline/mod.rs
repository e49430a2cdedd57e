//! A run as people see it: what the server renders and what the island renders again on every change.
//!
//! It draws a [`RunView`] as of a moment. It never reads a clock and never fetches: page and island hand it both.
//! Parts are written as small pieces, so that a new picture replaces only what changed: what is open stays open, and a
//! focused button keeps the focus while a countdown beside it runs.

mod around;
mod step;
mod wave;

use super::track::track;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use steward_domain::moment;
use steward_domain::run::{RunView, StepState};

/// How the page hears of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// It does not, yet: as the server rendered it.
    Still,
    /// By events.
    Live,
    /// The connection broke; the browser is making it again.
    Lost,
    /// It will hear of no more: the session or the right to see the run is gone, or the server refuses.
    Over,
}

/// What the person who looks may do and see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Whether to offer trying again.
    pub may_retry: bool,
    /// Whether they may cancel the run.
    pub may_cancel: bool,
    /// Whether they may roll a failed creation back.
    pub may_roll_back: bool,
    /// Whether to link to the entries of the run.
    pub may_audit: bool,
}

/// How long until `at`, in whole seconds: "now", "58 s", "2 min 14 s".
fn left(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match ((at - now).num_milliseconds() + 999) / 1_000 {
        ..=0 => "now".to_owned(),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds => moment::duration(seconds * 1_000),
    }
}

/// A duration in whole seconds: it counts up while somebody looks.
fn elapsed(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let seconds = (to - from).num_seconds().max(0);
    if seconds < 60 { format!("{seconds} s") } else { moment::duration(seconds * 1_000) }
}

/// The whole body of a run's page.
pub fn timeline(run: &RunView, now: DateTime<Utc>, feed: Feed, viewer: Viewer) -> impl IntoView + use<> {
    view! {
        {around::head(run, viewer)}
        <div class="cols">
            <div class="stack">
                <div class="sec">{around::progress(run, feed)}{track(run)}</div>
                <div>{wave::waves(run, now, viewer)}</div>
            </div>
            <div class="stack">
                <div class="sec">{around::so_far_title()}<dl class="facts">{around::so_far(run, now, viewer)}</dl></div>
                {around::paused(run)}
                {around::advice(run)}
            </div>
        </div>
    }
}

/// What to tell a screen reader about a change: each step whose state changed, once.
#[must_use]
pub fn announcement(before: &RunView, after: &RunView) -> String {
    let mut said: Vec<String> = Vec::new();
    for step in &after.steps {
        let was = before.steps.iter().find(|was| was.id == step.id).map(|was| was.state);
        let worth_saying = !matches!(step.state, StepState::Ready | StepState::Blocked | StepState::Running);
        if was != Some(step.state) && worth_saying {
            said.push(format!("{}: {}", step.title, step.state.label()));
        }
    }
    if before.state != after.state {
        said.push(format!("Run {}: {}", after.number, after.state.label()));
    }
    said.join(". ")
}
