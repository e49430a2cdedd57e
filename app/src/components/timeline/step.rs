//! One step of a run: state, attempt n of m, next try, duration, cause, and what may be done.

use super::{Viewer, elapsed, left};
use crate::components::icon::{Icon, icon};
use crate::components::markup::{Markup, code, fact, words};
use crate::components::status::{Tone, status_markup, step_look};
use crate::components::time::{clock_markup, exact_markup};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_domain::cause::{Cause, Nature};
use steward_domain::moment;
use steward_domain::run::{AttemptView, StepState, StepView};

/// What stands at the right: which attempt, how long it took, or after what it comes.
fn took(step: &StepView) -> String {
    match step.state {
        StepState::Done => step.took_ms.map(moment::duration).unwrap_or_default(),
        StepState::Running | StepState::Retrying | StepState::Waiting | StepState::Stopped => {
            format!("Attempt {} of {}", step.attempt.max(1), step.attempts_max)
        }
        StepState::Ready => "Next".to_owned(),
        StepState::Cancelled => "Cancelled".to_owned(),
        StepState::Blocked => match step.after.split_first() {
            None => "Not started".to_owned(),
            Some((one, [])) => format!("After {}", lower_first(one)),
            Some((one, more)) => format!("After {} and {} more", lower_first(one), more.len()),
        },
    }
}

/// "Namespace tenant-acme" inside a sentence.
fn lower_first(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

fn row(step: &StepView) -> Markup {
    let title = match step.state {
        StepState::Blocked | StepState::Ready | StepState::Cancelled => "<div class=\"row\"><div><h3 class=\"dim\">",
        _ => "<div class=\"row\"><div><h3>",
    };
    Markup::new(title)
        .text(&step.title)
        .raw("<span class=\"vh\">: ")
        .raw(step.state.label())
        .raw("</span></h3> <span class=\"sys\">")
        .raw(step.kind.system().label())
        .raw("</span></div><span class=\"took\">")
        .text(&took(step))
        .raw("</span></div>")
}

/// The line below the title of a step that is neither done nor untouched.
fn say(step: &StepView, now: DateTime<Utc>) -> Option<Markup> {
    let (tone, glyph) = step_look(step.state);
    if let Some(by) = &step.held_by {
        let words = format!("Waits: destructive work is paused by {by}");
        return Some(Markup::new("<p class=\"say\">").then(&status_markup(Tone::Warn, Icon::Pause, &words)).raw("</p>"));
    }
    let next = |text: &'static str| {
        step.next_try_at.map(|at| Markup::default().raw(text).text(&left(at, now)).raw("</strong>, ").then(&clock_markup(at)))
    };
    let said = match step.state {
        StepState::Retrying => status_markup(tone, glyph, "Retrying").maybe(next(": next try in <strong>")),
        StepState::Waiting => {
            let whom = step.cause.as_ref().map_or(step.kind.system(), |cause| cause.system);
            let since = step
                .waiting_since
                .map(|since| Markup::default().raw(" since ").then(&clock_markup(since)).raw(", ").text(&elapsed(since, now)));
            status_markup(tone, glyph, &format!("Waiting for {}", whom.label())).maybe(since).maybe(next("; looks again in <strong>"))
        }
        StepState::Stopped => status_markup(tone, glyph, "Stopped").raw(": a person must act"),
        StepState::Running => {
            let since = step.started_at.map(|since| Markup::default().raw(", ").text(&elapsed(since, now)));
            status_markup(tone, glyph, "Running").maybe(since)
        }
        StepState::Blocked | StepState::Ready | StepState::Done | StepState::Cancelled => return None,
    };
    Some(Markup::new("<p class=\"say\">").then(&said).raw("</p>"))
}

fn whose(step: &StepView, cause: &Cause) -> Markup {
    let role = Markup::new("<strong>").raw(cause.whose.label()).raw("</strong>");
    match cause.nature {
        Nature::Passing if step.state != StepState::Stopped => {
            words(&format!("Nobody’s yet. After attempt {}: ", step.attempts_max)).then(&role)
        }
        Nature::Away => role.raw(". Steward goes on by itself when ").raw(cause.system.label()).raw(" is back."),
        Nature::Passing | Nature::Lasting => role,
    }
}

fn trouble(step: &StepView, viewer: Viewer, action: &str) -> Option<Markup> {
    let cause = step.cause.as_ref().filter(|_| step.state != StepState::Done)?;
    let stopped = step.state == StepState::Stopped;
    let asks = viewer.may_retry && matches!(step.state, StepState::Retrying | StepState::Waiting | StepState::Stopped);
    let acts = asks.then(|| {
        Markup::new("<form class=\"acts\" method=\"post\" action=\"")
            .text(action)
            .raw("\"><input type=\"hidden\" name=\"step\" value=\"")
            .text(&step.id.to_string())
            .raw("\"><button class=\"btn small\" type=\"submit\">")
            .icon(Icon::Retry)
            .raw(if stopped { "Try again" } else { "Try now" })
            .raw("<span class=\"vh\">: ")
            .text(&step.title)
            .raw("</span></button></form>")
    });
    let facts = [
        fact("Cause", &words(&cause.what)),
        fact("Whose job", &whose(step, cause)),
        fact("What helps", &words(&cause.helps)),
        fact("Code", &code(&cause.code).raw(" from ").raw(cause.system.label())),
    ];
    Some(
        Markup::new(if stopped { "<div class=\"cause bad\"><dl class=\"facts\">" } else { "<div class=\"cause\"><dl class=\"facts\">" })
            .all(facts)
            .raw("</dl>")
            .maybe(acts)
            .raw("</div>"),
    )
}

fn attempt(attempt: &AttemptView) -> Markup {
    let took = attempt.took_ms.map_or_else(|| "–".to_owned(), moment::duration);
    Markup::new("<tr><td>")
        .text(&attempt.number.to_string())
        .raw("</td><td class=\"nw\">")
        .then(&exact_markup(attempt.began_at))
        .raw("</td><td>")
        .text(&attempt.outcome)
        .maybe(attempt.code.as_deref().map(|text| Markup::default().raw(" ").then(&code(text))))
        .raw("</td><td class=\"num\">")
        .text(&took)
        .raw("</td></tr>")
}

/// The attempts as rows, in a disclosure that stays open while they change.
fn attempts(step: &StepView) -> Option<AnyView> {
    let count = step.attempts.len();
    if count == 0 || (count == 1 && step.cause.is_none()) {
        return None;
    }
    let summary = if count == 1 { "1 attempt".to_owned() } else { format!("{count} attempts") };
    let caption = format!("Attempts at {}", lower_first(&step.title));
    let table = Markup::new("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"")
        .text(&caption)
        .raw("\"><table class=\"grid tight mid\"><caption class=\"vh\">")
        .text(&caption)
        .raw("</caption><thead><tr><th scope=\"col\">Attempt</th><th scope=\"col\">Began, UTC</th><th scope=\"col\">Outcome</th><th scope=\"col\" class=\"num\">Took</th></tr></thead><tbody>")
        .all(step.attempts.iter().map(attempt))
        .raw("</tbody></table></div>");
    let summary = Markup::new("<summary>").text(&summary).raw("</summary>");
    Some(view! { <details class="more">{summary.draw()}{table.draw()}</details> }.into_any())
}

/// One step as a line of the timeline.
pub(super) fn step(step: &StepView, now: DateTime<Utc>, viewer: Viewer, action: &str) -> AnyView {
    let (tone, glyph) = step_look(step.state);
    let class = if step.state == StepState::Running { "run spin" } else { tone.class() };
    let parts = [Some(row(step)), say(step, now), trouble(step, viewer, action)].map(|part| part.map(Markup::draw));
    view! { <li class=class>{icon(glyph)}<div>{parts.into_iter().collect::<Vec<_>>()}{attempts(step)}</div></li> }.into_any()
}
