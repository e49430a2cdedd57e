//! How far a run is: one mark per step, never a percentage guessed.

use super::markup::Markup;
use leptos::tachys::html::InertElement;
use steward_domain::run::{RunView, StepState};

/// The marks, done ones first, and the same in words.
#[must_use]
pub fn track(run: &RunView) -> InertElement {
    const GROUPS: [(&str, &str, &[StepState]); 7] = [
        ("<i class=\"ok\"></i>", "done", &[StepState::Done]),
        ("<i class=\"run\"></i>", "running", &[StepState::Running]),
        ("<i class=\"warn\"></i>", "retrying", &[StepState::Retrying]),
        ("<i class=\"warn\"></i>", "waiting", &[StepState::Waiting]),
        ("<i class=\"bad\"></i>", "stopped", &[StepState::Stopped]),
        ("<i class=\"idle\"></i>", "not started", &[StepState::Ready, StepState::Blocked]),
        ("<i class=\"idle\"></i>", "cancelled", &[StepState::Cancelled]),
    ];
    let mut words: Vec<String> = Vec::new();
    let mut marks = Markup::default();
    for (mark, word, states) in GROUPS {
        let count = run.steps.iter().filter(|step| states.contains(&step.state)).count();
        if count > 0 {
            words.push(format!("{count} {word}"));
            marks = (0..count).fold(marks, |marks, _| marks.raw(mark));
        }
    }
    Markup::new("<div class=\"track\" role=\"img\" aria-label=\"").text(&words.join(", ")).raw("\">").then(&marks).raw("</div>").draw()
}
