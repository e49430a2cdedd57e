//! What stands around the steps of a run: head, progress, facts so far, advice.

use super::{Feed, Viewer, elapsed};
use crate::components::icon::Icon;
use crate::components::markup::{Markup, fact, words};
use crate::components::status::{Tone, chip_markup, run_state_markup};
use crate::components::time::{clock_markup, date_time_markup};
use chrono::{DateTime, Utc};
use leptos::tachys::html::InertElement;
use steward_domain::moment;
use steward_domain::run::{RunKind, RunState, RunView, StepState};

fn chips(run: &RunView) -> Markup {
    let counted = [
        (StepState::Retrying, Tone::Warn, Icon::Retry, "retrying"),
        (StepState::Waiting, Tone::Warn, Icon::Wait, "waiting"),
        (StepState::Stopped, Tone::Bad, Icon::Stop, "stopped"),
    ];
    let chips = counted.into_iter().filter_map(|(state, tone, icon, word)| match run.count(state) {
        0 => None,
        count => Some(chip_markup(tone, icon, &format!("{count} {word}"))),
    });
    Markup::new("<span class=\"chips\">").all(chips).raw("</span>")
}

/// Breadcrumb, title, state, one line of facts, the one act that fits.
pub(super) fn head(run: &RunView, viewer: Viewer) -> InertElement {
    let tenant = format!("/tenants/{}", run.tenant_id);
    let number = moment::thousands(run.number);
    let acts = match run.state {
        RunState::Stopped if viewer.may_retry => Markup::new("<form method=\"post\" action=\"")
            .text(&format!("{tenant}/runs/{}/retry", run.number))
            .raw("\"><button class=\"btn primary\" type=\"submit\">")
            .icon(Icon::Retry)
            .raw("Try again</button></form>"),
        RunState::Done | RunState::Cancelled => {
            Markup::new("<a class=\"btn primary\" href=\"").text(&tenant).raw("\">Open ").text(&run.tenant_name).raw("</a>")
        }
        RunState::Stopped | RunState::Running => Markup::default(),
    };
    let cancel = (viewer.may_cancel && !run.is_over() && run.cancel_asked_at.is_none()).then(|| {
        Markup::new("<form method=\"post\" action=\"")
            .text(&format!("{tenant}/runs/{}/cancel", run.number))
            .raw("\"><button class=\"btn\" type=\"submit\">Cancel the run</button></form>")
    });
    let unfinished = run.kind == RunKind::Onboard && matches!(run.state, RunState::Stopped | RunState::Cancelled);
    let back = (viewer.may_roll_back && unfinished).then(|| {
        Markup::new("<form method=\"post\" action=\"")
            .text(&format!("{tenant}/roll-back"))
            .raw("\"><button class=\"btn to-danger\" type=\"submit\">Review rolling back</button></form>")
    });
    Markup::new("<header class=\"head\"><nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol><li><a href=\"/tenants\">Tenants</a></li><li><a href=\"")
        .text(&tenant)
        .raw("\">")
        .text(&run.tenant_name)
        .raw("</a></li><li>Run ")
        .text(&number)
        .raw("</li></ol></nav><div class=\"title\"><h1>")
        .text(&run.heading())
        .raw("</h1>")
        .then(&run_state_markup(run.state))
        .then(&chips(run))
        .raw("</div><p class=\"under\"><span>Started ")
        .then(&date_time_markup(run.created_at))
        .raw(" by <strong>")
        .text(&run.requested_by)
        .raw("</strong></span><span>plan <code class=\"id\">")
        .text(run.plan_hash.get(..12).unwrap_or(&run.plan_hash))
        .raw("</code></span></p><div class=\"acts\">")
        .then(&acts)
        .maybe(cancel)
        .maybe(back)
        .raw("</div></header>")
        .draw()
}

/// "10 of 19 steps done", and how fresh this is.
pub(super) fn progress(run: &RunView, feed: Feed) -> InertElement {
    let fed = match feed {
        _ if run.is_over() => "Ended, seen ",
        _ if run.cancel_asked_at.is_some() => "Being cancelled: what is under way comes to its end. Seen ",
        Feed::Still => "As of ",
        Feed::Live => "Live, updated ",
        Feed::Lost => "Connecting again, last seen ",
        Feed::Over => "Live updates have ended, last seen ",
    };
    let again = (feed == Feed::Over && !run.is_over()).then(|| {
        Markup::new(". <a href=\"").text(&format!("/tenants/{}/runs/{}", run.tenant_id, run.number)).raw("\">Load the page again</a>")
    });
    Markup::new("<header><h2>")
        .text(&format!("{} of {} steps done", run.count(StepState::Done), run.steps.len()))
        .raw("</h2><span>")
        .raw(fed)
        .then(&clock_markup(run.seen_at))
        .maybe(again)
        .raw("</span></header>")
        .draw()
}

pub(super) fn so_far_title() -> InertElement {
    Markup::new("<h2>So far</h2>").draw()
}

/// The facts so far, line by line.
pub(super) fn so_far(run: &RunView, now: DateTime<Utc>, viewer: Viewer) -> Vec<InertElement> {
    let took = match run.ended_at {
        Some(ended) => moment::duration((ended - run.created_at).num_milliseconds()),
        None => elapsed(run.created_at, now),
    };
    let usual = run.usual.map(|usual| {
        let runs = if usual.runs == 1 { "of the last run".to_owned() } else { format!("slowest of the last {}", usual.runs) };
        let text = format!("usually {}; {runs}: {}", moment::duration(usual.median_ms), moment::duration(usual.slowest_ms));
        Markup::new("<small>").text(&text).raw("</small>")
    });
    let worker = run.worker.as_deref().unwrap_or(if run.ended_at.is_some() { "none any more" } else { "none right now" });
    let count = format!("{} of this run", moment::thousands(run.entries));
    let entries = match (viewer.may_audit, run.entries) {
        (_, 0) => words("none yet"),
        (true, _) => Markup::new("<a href=\"/audit?correlation=").text(&run.id.to_string()).raw("\">").text(&count).raw("</a>"),
        (false, _) => words(&count),
    };
    [
        fact(if run.ended_at.is_some() { "Took" } else { "Elapsed" }, &words(&took).maybe(usual)),
        fact("Plan", &words(&format!("{} steps", run.steps.len()))),
        fact("Worker", &words(worker)),
        fact("Entries", &entries),
    ]
    .into_iter()
    .map(Markup::draw)
    .collect()
}

/// Why the run does not go on: somebody paused destructive work.
pub(super) fn paused(run: &RunView) -> Option<InertElement> {
    let paused = run.paused.as_ref()?;
    Some(
        Markup::new("<section class=\"note warn\">")
            .icon(Icon::Pause)
            .raw("<h2>Destructive work is paused</h2><p>By <strong>")
            .text(&paused.by)
            .raw("</strong> since ")
            .then(&date_time_markup(paused.since))
            .raw(": ")
            .text(&paused.reason)
            .raw(
                "</p><p>The steps that remove something or keep people out wait, and go on by themselves when it is resumed.</p></section>",
            )
            .draw(),
    )
}

/// What a run that is done has made of its tenant.
const fn done(kind: RunKind) -> (&'static str, &'static str) {
    match kind {
        RunKind::Onboard => {
            ("is active", "Every resource was observed to be as planned. The first administrator has an invitation by mail.")
        }
        RunKind::Suspend => ("is suspended", "Nobody of this tenant can sign in. Nothing was removed; resuming brings it back as it was."),
        RunKind::Resume => ("is active again", "Its people can sign in again. Everything is as it was before."),
        RunKind::RollBack => {
            ("is a draft again", "What its creation had made is gone, and was looked for. What was typed is kept in the draft.")
        }
        RunKind::Change | RunKind::Repair | RunKind::Renew => ("is as wanted", "Every resource of this run was observed to be as planned."),
    }
}

/// What the person may do now.
pub(super) fn advice(run: &RunView) -> InertElement {
    let (tone, glyph, title, text) = match run.state {
        RunState::Running => {
            (Tone::Run, Icon::Info, "You can leave this page".to_owned(), "The run goes on without you and survives a restart of Steward.")
        }
        RunState::Done => {
            let (title, text) = done(run.kind);
            (Tone::Ok, Icon::Dot, format!("{} {title}", run.tenant_name), text)
        }
        RunState::Cancelled => {
            (Tone::Idle, Icon::Ban, "The run was cancelled".to_owned(), "What was done stays; what was not begun stays as it was.")
        }
        RunState::Stopped => (
            Tone::Bad,
            Icon::Stop,
            "The run stopped".to_owned(),
            "What is done stays; nothing is half-done. See the cause at the step, have it put right, then try again.",
        ),
    };
    Markup::new("<section class=\"note ")
        .raw(tone.class())
        .raw("\">")
        .icon(glyph)
        .raw("<h2>")
        .text(&title)
        .raw("</h2><p>")
        .raw(text)
        .raw("</p></section>")
        .draw()
}
