//! Status (a glyph and a word), attention (a chip beside it): never by colour alone.

use super::icon::Icon;
use super::markup::Markup;
use leptos::tachys::html::InertElement;
use steward_domain::run::{RunState, StepState};
use steward_domain::tenant::{Attention, AttentionKind, Status};

/// What a colour repeats. A tone is a class of the stylesheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Done, present, create.
    Ok,
    /// Running, change, information.
    Run,
    /// Retrying, waiting, to look at.
    Warn,
    /// Stopped, refused, remove.
    Bad,
    /// Foreign, leaving.
    Odd,
    /// Not started, keep, gone.
    Idle,
}

impl Tone {
    /// The class.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Tone::Ok => "ok",
            Tone::Run => "run",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Odd => "odd",
            Tone::Idle => "idle",
        }
    }
}

fn glyph(part: &'static str, tone: Tone, icon: Icon, words: &str) -> Markup {
    Markup::new("<span class=\"").raw(part).raw(" ").raw(tone.class()).raw("\">").icon(icon).text(words).raw("</span>")
}

/// A status as part of something written.
#[must_use]
pub fn status_markup(tone: Tone, icon: Icon, words: &str) -> Markup {
    glyph("status", tone, icon, words)
}

/// A chip as part of something written.
#[must_use]
pub fn chip_markup(tone: Tone, icon: Icon, words: &str) -> Markup {
    glyph("chip", tone, icon, words)
}

/// A glyph and a word, without a box.
#[must_use]
pub fn status(tone: Tone, icon: Icon, words: &str) -> InertElement {
    glyph("status", tone, icon, words).draw()
}

/// A tinted chip, for what needs attention.
#[must_use]
pub fn chip(tone: Tone, icon: Icon, words: &str) -> InertElement {
    glyph("chip", tone, icon, words).draw()
}

/// What a plan does about a resource: sign and word.
#[must_use]
pub fn act(tone: Tone, icon: Icon, words: &str) -> InertElement {
    glyph("act", tone, icon, words).draw()
}

/// The status of a tenant.
#[must_use]
pub fn tenant_status(of: Status) -> InertElement {
    let (tone, icon) = match of {
        Status::Draft => (Tone::Idle, Icon::Ring),
        Status::Provisioning => (Tone::Run, Icon::Half),
        Status::Active => (Tone::Ok, Icon::Dot),
        Status::Suspended => (Tone::Warn, Icon::Pause),
        Status::Offboarding => (Tone::Odd, Icon::Leave),
        Status::Deactivated => (Tone::Idle, Icon::Off),
        Status::Purged => (Tone::Idle, Icon::Gone),
    };
    status(tone, icon, of.label())
}

/// What is wrong with a tenant right now.
#[must_use]
pub fn attention(of: &Attention) -> InertElement {
    let (tone, icon) = attention_look(of.kind);
    chip(tone, icon, &of.text)
}

/// Tone and glyph of a kind of attention.
#[must_use]
pub const fn attention_look(kind: AttentionKind) -> (Tone, Icon) {
    match kind {
        AttentionKind::Retrying => (Tone::Warn, Icon::Retry),
        AttentionKind::Waiting => (Tone::Warn, Icon::Wait),
        AttentionKind::Stopped => (Tone::Bad, Icon::Stop),
        AttentionKind::Drift => (Tone::Warn, Icon::Drift),
        AttentionKind::Expiring => (Tone::Bad, Icon::Wait),
    }
}

/// The state of a run.
#[must_use]
pub fn run_state(of: RunState) -> InertElement {
    run_state_markup(of).draw()
}

/// The state of a run as part of something written.
#[must_use]
pub fn run_state_markup(of: RunState) -> Markup {
    let (tone, icon) = match of {
        RunState::Running => (Tone::Run, Icon::Half),
        RunState::Done => (Tone::Ok, Icon::Dot),
        RunState::Stopped => (Tone::Bad, Icon::Stop),
        RunState::Cancelled => (Tone::Idle, Icon::Ban),
    };
    status_markup(tone, icon, of.label())
}

/// Tone and glyph of a step's state.
#[must_use]
pub const fn step_look(of: StepState) -> (Tone, Icon) {
    match of {
        StepState::Blocked | StepState::Ready => (Tone::Idle, Icon::Ring),
        StepState::Running => (Tone::Run, Icon::Half),
        StepState::Retrying => (Tone::Warn, Icon::Retry),
        StepState::Waiting => (Tone::Warn, Icon::Wait),
        StepState::Done => (Tone::Ok, Icon::Check),
        StepState::Stopped => (Tone::Bad, Icon::Stop),
        StepState::Cancelled => (Tone::Idle, Icon::Ban),
    }
}
