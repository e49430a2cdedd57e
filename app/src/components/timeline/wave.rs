//! The steps of a run, grouped by what runs side by side.

use super::{Viewer, step};
use crate::components::markup::Markup;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_domain::moment;
use steward_domain::run::{RunView, StepState, StepView};

/// "Side by side, done in 3.9 s"
fn heading(first: bool, steps: &[&StepView]) -> String {
    let how = match (first, steps.len()) {
        (true, 1) => "First",
        (true, _) => "Side by side",
        (false, 1) => "Then",
        (false, _) => "Then, side by side",
    };
    let done = steps.iter().all(|step| step.state == StepState::Done);
    let began = steps.iter().filter_map(|step| step.started_at).min();
    let ended = steps.iter().filter_map(|step| Some(step.started_at? + chrono::TimeDelta::milliseconds(step.took_ms?))).max();
    match (done, began.zip(ended)) {
        (true, Some((began, ended))) => format!("{how}, done in {}", moment::duration((ended - began).num_milliseconds())),
        (true, None) => format!("{how}, done"),
        (false, _) => how.to_owned(),
    }
}

/// Every wave: its heading and its steps.
pub(super) fn waves(run: &RunView, now: DateTime<Utc>, viewer: Viewer) -> Vec<AnyView> {
    let last = run.steps.iter().map(|step| step.wave).max().unwrap_or_default();
    let action = format!("/tenants/{}/runs/{}/retry", run.tenant_id, run.number);
    let mut drawn = Vec::new();
    for number in 0..=last {
        let steps: Vec<&StepView> = run.steps.iter().filter(|step| step.wave == number).collect();
        if steps.is_empty() {
            continue;
        }
        drawn.push(Markup::new("<h3 class=\"wave\">").text(&heading(drawn.is_empty(), &steps)).raw("</h3>").draw().into_any());
        let items: Vec<AnyView> = steps.into_iter().map(|step| step::step(step, now, viewer, &action)).collect();
        drawn.push(view! { <ol class="steps">{items}</ol> }.into_any());
    }
    drawn
}
