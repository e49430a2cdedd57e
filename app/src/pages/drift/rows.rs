//! One resource that is not as wanted, as both boards show it: field by field found and wanted, since when, by whom, and what can be done.

use crate::components::diff::found_and_wanted;
use crate::components::facts::fact;
use crate::components::field::error_line;
use crate::components::icon::{Icon, icon};
use crate::components::markup::Markup;
use crate::components::status::{Tone, chip, status};
use crate::components::time::{ago, date_time};
use crate::frame::Frame;
use chrono::TimeDelta;
use leptos::prelude::*;
use steward_core::access::Permission;
use steward_core::provisioning::{DriftRow, IGNORED_DAYS};
use steward_domain::drift::{Decision, Finding};
use steward_domain::field::FieldError;
use steward_domain::moment;
use uuid::Uuid;

/// A form that came back: for which row, what was typed, what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotIgnored {
    /// The row.
    pub id: Uuid,
    /// The day that was typed.
    pub until: String,
    /// The reason that was typed.
    pub reason: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// Draws a row as a section of its own; `of_all` names the tenant.
pub(super) fn section(frame: &Frame, row: DriftRow, of_all: bool, wrong: Option<&NotIgnored>) -> impl IntoView + use<> {
    let (tone, glyph) = match row.finding {
        Finding::Differs => (Tone::Warn, Icon::Tilde),
        Finding::Absent => (Tone::Bad, Icon::Minus),
        Finding::Partial => (Tone::Warn, Icon::Warn),
        Finding::Foreign => (Tone::Odd, Icon::Ban),
    };
    let label = row.kind.label();
    let heading = if of_all {
        let link = format!("/tenants/{}/drift", row.tenant_id);
        view! { <a href=link>{row.tenant_name.clone()}</a>", "{label.to_lowercase()} }.into_any()
    } else {
        label.into_any()
    };
    let id = anchor(row.id);
    let acts = frame.may(Permission::DriftRepair).then(|| acts(frame, &row, wrong));
    view! {
        <section class="sec drift" id=id>
            <header><h2>{heading}</h2><span>{status(tone, glyph, row.finding.label())}</span></header>
            <div class="cols">
                <div>{found_and_wanted(label, &row.differences)}{acts}</div>
                {facts(frame, row)}
            </div>
        </section>
    }
}

/// The id of a row's section.
pub(super) fn anchor(id: Uuid) -> String {
    format!("drift-{}", id.simple())
}

fn facts(frame: &Frame, row: DriftRow) -> impl IntoView + use<> {
    let now = frame.now;
    let by = match (row.changed_by, row.changed_at) {
        (Some(who), Some(at)) => view! { <code>{who}</code><small>{date_time(at)}</small> }.into_any(),
        (Some(who), None) => view! { <code>{who}</code> }.into_any(),
        (None, _) => format!("{} does not say", row.system.label()).into_any(),
    };
    let looked = match row.unseen {
        Some(code) => {
            view! { <span class="warn">"Not looked at since "{date_time(row.last_seen_at)}</span><small>"Code "<code>{code}</code></small> }
                .into_any()
        }
        None => ago(row.last_seen_at, now).into_any(),
    };
    let decision = match (row.decision, row.ignored_until) {
        (Decision::Open, _) => None,
        (Decision::Ignored, Some(until)) => Some((Icon::Pause, format!("Ignored until {}", moment::date(until)))),
        (decision, _) => Some((Icon::Check, decision.label().to_owned())),
    };
    let decision = decision.map(|(glyph, words)| {
        let who = row.decided_by.unwrap_or_default();
        let when = row.decided_at.map(date_time);
        let why = row.reason.map(|why| view! { <small>{why}</small> });
        fact("Decided", view! { {chip(Tone::Idle, glyph, &words)}<small>"by "{who}", "{when}</small>{why} })
    });
    view! {
        <dl class="facts">
            {fact("Where", view! { {row.system.label()}<small><code>{row.name}</code></small> })}
            {fact("Since", date_time(row.since))}
            {fact("Changed by", by)}
            {fact("Looked at", looked)}
            {decision}
        </dl>
    }
}

fn hidden(name: &'static str, value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}

fn acts(frame: &Frame, row: &DriftRow, wrong: Option<&NotIgnored>) -> AnyView {
    let to = |act: &str| format!("/tenants/{}/drift/{act}", row.tenant_id);
    let (id, revision) = (row.id.to_string(), row.revision.to_string());
    let which = format!(" {} of {}", row.kind.label().to_lowercase(), row.tenant_name);
    if row.decision != Decision::Open {
        return view! {
            <form method="post" action=to("report") class="acts">
                {hidden("difference", id)}
                <button class="btn small" type="submit">"Report again"<span class="vh">":"{which}</span></button>
            </form>
        }
        .into_any();
    }
    let repair = if row.finding.can_be_repaired() {
        view! {
            <form method="post" action=to("repair")>
                {hidden("kind", row.kind.as_str().to_owned())}
                <button class="btn small" type="submit">{icon(Icon::Retry)}"Repair"<span class="vh">":"{which.clone()}</span></button>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="s dim">"Steward leaves alone what it did not make. Have its owner remove it; then it can be made again."</p> }
            .into_any()
    };
    view! {
        <div class="acts">
            {repair}
            <form method="post" action=to("accept")>
                {hidden("difference", id.clone())}
                {hidden("revision", revision.clone())}
                <button class="btn small" type="submit">"Accept"<span class="vh">":"{which.clone()}</span></button>
            </form>
        </div>
        <details class="more" open=wrong.is_some()>
            <summary>"Ignore until"<span class="vh">":"{which}</span></summary>
            <form method="post" action=to("ignore") novalidate>
                {hidden("difference", id)}
                {hidden("revision", revision)}
                {day_field(frame, row.id, wrong).draw()}
                {reason_field(row.id, wrong).draw()}
                <button class="btn small" type="submit">"Ignore"</button>
            </form>
        </details>
    }
    .into_any()
}

/// The ids of a form's fields. The one that came back has the plain names, to which the summary of what is wrong links.
fn field_id(name: &'static str, row: Uuid, wrong: Option<&NotIgnored>) -> String {
    if wrong.is_some() { name.to_owned() } else { format!("{name}-{}", row.simple()) }
}

fn error_of(wrong: Option<&NotIgnored>, field: &str) -> Option<String> {
    wrong?.errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
}

fn typed_field(id: &str, name: &'static str, begun: Markup, error: Option<&str>, input: Markup) -> Markup {
    Markup::new(if error.is_some() { "<div class=\"field wrong\"><label for=\"" } else { "<div class=\"field\"><label for=\"" })
        .text(id)
        .raw("\">")
        .then(&begun)
        .maybe(error.map(|message| error_line(name, message)))
        .raw("<input id=\"")
        .text(id)
        .raw("\" name=\"")
        .raw(name)
        .raw("\" ")
        .maybe(error.map(|_| Markup::new("aria-invalid=\"true\" aria-describedby=\"").raw(name).raw("-error\" ")))
        .then(&input)
        .raw("></div>")
}

fn day_field(frame: &Frame, row: Uuid, wrong: Option<&NotIgnored>) -> Markup {
    let day = wrong.map_or_else(|| moment::day(frame.now + TimeDelta::days(IGNORED_DAYS)), |wrong| wrong.until.clone());
    let input = Markup::new("class=\"w-m\" type=\"date\" required value=\"").text(&day).raw("\"");
    typed_field(
        &field_id("until", row, wrong),
        "until",
        Markup::new("Until the beginning of (UTC)</label>"),
        error_of(wrong, "until").as_deref(),
        input,
    )
}

fn reason_field(row: Uuid, wrong: Option<&NotIgnored>) -> Markup {
    let reason = wrong.map(|wrong| wrong.reason.clone()).unwrap_or_default();
    let input = Markup::new("class=\"w-m\" type=\"text\" autocomplete=\"off\" maxlength=\"300\" value=\"").text(&reason).raw("\"");
    let label = Markup::new("Why <span class=\"faint\">(optional)</span></label>");
    typed_field(&field_id("reason", row, wrong), "reason", label, error_of(wrong, "reason").as_deref(), input)
}
