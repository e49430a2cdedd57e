//! The switch that stops all destructive work: who turned it on, and the forms that turn it.

use crate::components::facts::fact;
use crate::components::field::{described_by, error_line};
use crate::components::icon::Icon;
use crate::components::notice::note;
use crate::components::status::Tone;
use crate::components::time::date_time;
use crate::frame::Frame;
use leptos::prelude::*;
use steward_core::access::Permission;
use steward_core::provisioning::DestructionPause;
use steward_domain::field::{FieldError, error_of};

/// "3 destructive steps wait"
fn held_words(held: i64) -> String {
    match held {
        0 => "none right now".to_owned(),
        1 => "1 destructive step".to_owned(),
        held => format!("{held} destructive steps"),
    }
}

/// What is so while it is on.
pub(super) fn paused(frame: &Frame, pause: DestructionPause, held: i64) -> impl IntoView + use<> {
    let act = if frame.may(Permission::DestructionPause) {
        view! {
            <form class="acts" method="post" action="/platform/resume">
                <button class="btn primary" type="submit">"Let destructive work go on"</button>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="s dim">{format!("To let it go on, ask {}.", Permission::DestructionPause.who())}</p> }.into_any()
    };
    let body = view! {
        <dl class="facts">
            {fact("Why", pause.reason)}
            {fact("By", pause.paused_by)}
            {fact("Since", date_time(pause.paused_at))}
            {fact("Waits", held_words(held))}
        </dl>
        {act}
    };
    view! { <div class="sec">{note(Tone::Warn, Icon::Pause, "Destructive work is paused", body)}</div> }
}

/// The form that turns it on, or whom to ask.
pub(super) fn form(may: bool, reason: String, errors: &[FieldError]) -> impl IntoView + use<> {
    let wrong = error_of(errors, "reason").map(str::to_owned);
    let is_wrong = wrong.is_some();
    let form = if may {
        view! {
            <form class="stack" method="post" action="/platform" novalidate>
                <div class=if is_wrong { "field wrong" } else { "field" }>
                    <label for="reason">"Reason"</label>
                    <p class="hint" id="reason-hint">"It stands in the audit log, and on every run that waits."</p>
                    {wrong.map(|message| error_line("reason", &message).draw())}
                    <input class="w-l" id="reason" name="reason" maxlength="300" autocomplete="off" required value=reason aria-invalid=is_wrong.then_some("true") aria-describedby=described_by("reason", is_wrong)/>
                </div>
                <div class="formend">
                    <button class="btn to-danger" type="submit">"Pause destructive work"</button>
                    <span class="faint">"What is under way comes to its end."</span>
                </div>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="s dim">{format!("To pause it, ask {}.", Permission::DestructionPause.who())}</p> }.into_any()
    };
    view! {
        <section class="sec">
            <header><h2>"Destructive work"</h2><span>"Goes on as usual"</span></header>
            <p class="s">"While it is paused, nothing of any tenant is removed and nobody is kept out: roll-backs, suspensions and removals wait. Everything else goes on."</p>
            {form}
        </section>
    }
}
