//! The review of a proposed change: what it changes, both versions if somebody else was faster, the plan. What is agreed to here runs.

use super::proposing::{crumbs, review_path};
use crate::api::changes::{Proposed, discard_change, insist_on_change, propose_change, start_change};
use crate::api::error::ApiError;
use crate::components::diff::{Change, diff};
use crate::components::facts::fact;
use crate::components::field::error_line;
use crate::components::head::PageHead;
use crate::components::icon::{Icon, icon};
use crate::components::notice::note;
use crate::components::plan::{plan_table, preflight};
use crate::components::problem::problem;
use crate::components::status::{Tone, status};
use crate::components::table::scroll;
use crate::components::tenant_tabs::Tab;
use crate::components::time::date_time;
use crate::frame::{About, Frame, Place, page};
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Authority, Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::{ChangeView, Conflicting};
use steward_domain::field::{FieldError, error_of};
use steward_domain::moment;
use steward_domain::plan::{Action, Plan, Verdict};
use steward_domain::run::RunKind;
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The change.
    pub change: ChangeView,
    /// What would happen.
    pub plan: Plan,
    /// Whether the plan is another one than was agreed to.
    pub plan_changed: bool,
    /// What is wrong with what was typed.
    pub errors: Vec<FieldError>,
}

async fn load(visit: &Visit, tenant: Uuid, id: Uuid) -> Result<(ChangeView, Authority<ReadTenants>), Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    let change = services.provisioning.change_view(&authority, tenant, id).await?;
    Ok((change, authority))
}

/// The page; of a change that was started its run, of one that was thrown away the tenant.
///
/// # Errors
/// When there is no such change, or the person may not see it.
pub async fn get(visit: &Visit, tenant: Uuid, id: Uuid) -> Result<Reply, Error> {
    let (change, authority) = load(visit, tenant, id).await?;
    if let Some(ended) = ended(&change) {
        return Ok(ended);
    }
    let plan = visit.services.provisioning.plan_change(&authority, &change).await?;
    Ok(Reply::page(view(&visit.frame, Model { change, plan, plan_changed: false, errors: Vec::new() })))
}

fn ended(change: &ChangeView) -> Option<Reply> {
    change.ended_at?;
    Some(match change.run_number {
        Some(number) => Reply::see_other(format!("/tenants/{}/runs/{number}", change.tenant.id)),
        None => Reply::done(Tab::Overview.of(change.tenant.id), "That change was thrown away."),
    })
}

/// The form that starts it.
///
/// # Errors
/// When there is no such change, or the person may not see it.
pub async fn start(visit: &Visit, tenant: Uuid, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    let (change, authority) = load(visit, tenant, id).await?;
    if let Some(ended) = ended(&change) {
        return Ok(ended);
    }
    let title = change.title;
    match visit.within(start_change(tenant, id, value_of(&body, "plan"), value_of(&body, "short_name"))).await {
        Ok(started) => {
            let path = format!("/tenants/{tenant}/runs/{}", started.run_number);
            Ok(if started.already {
                Reply::done(path, "It was started before; this is its run.")
            } else {
                Reply::done(path, format!("{title}: started."))
            })
        }
        Err(ApiError::PlanChanged(plan)) => {
            let model = Model { change: load(visit, tenant, id).await?.0, plan: *plan, plan_changed: true, errors: Vec::new() };
            Ok(Reply::Page { status: 409, html: view(&visit.frame, model) })
        }
        Err(ApiError::Invalid(errors)) => {
            let plan = visit.services.provisioning.plan_change(&authority, &change).await?;
            Ok(Reply::Page { status: 422, html: view(&visit.frame, Model { change, plan, plan_changed: false, errors }) })
        }
        // Both versions are shown on the page itself.
        Err(ApiError::Failed { code, .. }) if code == "TEN-415" => Ok(Reply::see_other(review_path(tenant, id))),
        Err(error) => Ok(failed(visit, error)),
    }
}

/// The button that throws it away.
///
/// # Errors
/// None of its own.
pub async fn discard(visit: &Visit, tenant: Uuid, id: Uuid) -> Result<Reply, Error> {
    Ok(match visit.within(discard_change(tenant, id)).await {
        Ok(()) => Reply::done(Tab::Overview.of(tenant), "Discarded. Nothing was changed."),
        Err(error) => failed(visit, error),
    })
}

/// The button that keeps it although somebody else changed the same settings.
///
/// # Errors
/// None of its own.
pub async fn insist(visit: &Visit, tenant: Uuid, id: Uuid) -> Result<Reply, Error> {
    Ok(match visit.within(insist_on_change(tenant, id)).await {
        Ok(()) => Reply::see_other(review_path(tenant, id)),
        Err(error) => failed(visit, error),
    })
}

/// The button that proposes rolling a creation back.
///
/// # Errors
/// None of its own.
pub async fn roll_back(visit: &Visit, tenant: Uuid) -> Result<Reply, Error> {
    Ok(match visit.within(propose_change(tenant, Proposed::RollBack)).await {
        Ok(change) => Reply::see_other(review_path(tenant, change)),
        Err(error) => failed(visit, error),
    })
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let heading = heading(&model.change);
    let wrong = model.plan_changed || !model.errors.is_empty();
    let about = About::page(format!("Review: {heading}"), Place::Tenants).of_tenant(&model.change.tenant.settings.name).wrong_if(wrong);
    page(frame, &about, move || main(frame, heading, model))
}

fn heading(change: &ChangeView) -> String {
    steward_domain::run::heading(change.kind, change.title, &change.tenant.settings.name)
}

fn main(frame: &Frame, heading: String, model: Model) -> impl IntoView + use<> {
    let Model { change, plan, plan_changed, errors } = model;
    let id = change.tenant.id;
    let head = PageHead {
        crumbs: crumbs(id, &change.tenant.settings.name, "Review"),
        status: Some(status(Tone::Idle, Icon::Ring, "Proposed, nothing runs yet").into_any()),
        under: Some(
            view! { <span>"Proposed "{date_time(change.proposed_at)}" by "<strong>{change.proposed_by.clone()}</strong></span> }.into_any(),
        ),
        ..PageHead::titled(format!("Review: {heading}"))
    };
    let changed = plan_changed.then(|| {
        let body = view! { <p>"Settings or a system changed since you looked. Nothing ran. This is the plan as it is now. "<code>"TEN-409"</code></p> };
        view! { <div class="sec" role="alert">{note(Tone::Warn, Icon::Warn, "The plan changed", body)}</div> }
    });
    let conflict = change.conflict.as_ref().map(|(both, who)| both_versions(&change, both, who, frame));
    let settings = (!change.changed.is_empty()).then(|| settings_section(&change));
    let stands = change.conflict.is_none();
    let blocked = blocked(&plan);
    view! {
        {head.draw()}
        {problem(&errors)}
        {changed}
        {conflict}
        {stands.then(|| view! {
            <div class="stack">
                {blocked}
                {settings}
                {plan_table(&plan)}
                {preflight(&plan)}
                {acts(frame, &change, &plan, &errors)}
            </div>
        })}
    }
}

fn settings_section(change: &ChangeView) -> impl IntoView + use<> {
    let rows = change.changed.iter().map(|setting| Change {
        field: setting.label.clone(),
        before: Some(setting.before.clone()),
        after: Some(setting.after.clone()),
    });
    let reason = change.reason.clone().map(|reason| view! { <dl class="facts">{fact("Reason", reason)}</dl> });
    view! { <section class="sec"><header><h2>"What you change"</h2></header>{diff(rows.collect())}{reason}</section> }
}

fn blocked(plan: &Plan) -> Option<impl IntoView + use<>> {
    if plan.may_run() {
        return None;
    }
    let failed = plan.preflight.iter().filter(|check| check.verdict == Verdict::Fail);
    let lines: Vec<_> = failed
        .map(|check| view! { <li><strong>{check.what.clone()}</strong>{check.helps.clone().map(|helps| format!(". {helps}"))}</li> })
        .collect();
    let body = view! { <p>"Nothing was changed and nothing foreign is touched."</p><ul class="dots">{lines}</ul> };
    Some(note(Tone::Bad, Icon::Stop, "This plan cannot run", body))
}

fn both_versions(change: &ChangeView, both: &[Conflicting], who: &str, frame: &Frame) -> impl IntoView + use<> {
    let rows: Vec<_> = both
        .iter()
        .map(|both| {
            let (label, base, theirs, mine) = (both.label.clone(), both.base.clone(), both.theirs.clone(), both.mine.clone());
            view! { <tr><th scope="row">{label}</th><td><del>{base}</del></td><td>{theirs}</td><td><ins>{mine}</ins></td></tr> }
        })
        .collect();
    let path = review_path(change.tenant.id, change.id);
    let acts = frame.may(change.permission()).then(|| {
        view! {
            <div class="acts">
                <form method="post" action=format!("{path}/insist")><button class="btn" type="submit">"Go on with yours"</button></form>
                <form method="post" action=format!("{path}/discard")><button class="btn primary" type="submit">"Keep theirs"</button></form>
            </div>
        }
    });
    let table = scroll(
        "Both versions",
        view! {
            <table class="grid tight mid">
                <caption class="vh">"Settings that two people changed"</caption>
                <thead><tr><th scope="col">"Setting"</th><th scope="col">"When you began"</th><th scope="col">{format!("Now, by {who}")}</th><th scope="col">"Yours"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        },
    );
    let body = view! { <p>"Nothing of yours ran and nothing of theirs was overwritten. Choose which version is to be. "<code>"TEN-415"</code></p>{table}{acts} };
    view! { <div class="sec" role="alert">{note(Tone::Warn, Icon::Warn, format!("{who} changed the same settings meanwhile"), body)}</div> }
}

/// The words of the button: verb and object, as the result; whether it is a destructive one.
fn deed(change: &ChangeView, plan: &Plan) -> (String, bool) {
    let name = &change.tenant.settings.name;
    match change.kind {
        RunKind::Suspend => (format!("Suspend {name}"), true),
        RunKind::RollBack => (format!("Roll back {name}"), true),
        RunKind::Change => {
            let words = of_resources(change).unwrap_or_else(|| change.title.replacen("Change", "Apply", 1));
            (words, plan.count(Action::Remove) > 0)
        }
        _ => (heading(change), false),
    }
}

/// Of a change of nothing but the resources that the tenant has: "Remove limit range", "Bring back 2 resources". None if it does both.
fn of_resources(change: &ChangeView) -> Option<String> {
    let (verb, kinds) = match change.resources()? {
        (removed, back) if back.is_empty() => ("Remove", removed),
        (removed, back) if removed.is_empty() => ("Bring back", back),
        _ => return None,
    };
    match kinds.as_slice() {
        [] => None,
        [kind] => Some(format!("{verb} {}", kind.within_a_sentence())),
        several => Some(format!("{verb} {} resources", several.len())),
    }
}

fn acts(frame: &Frame, change: &ChangeView, plan: &Plan, errors: &[FieldError]) -> impl IntoView + use<> {
    let path = review_path(change.tenant.id, change.id);
    if !frame.may(change.permission()) {
        let ask = format!("It is the turn of {} to start this.", change.permission().who());
        return view! { <p class="s dim">{ask}</p> }.into_any();
    }
    let discard = view! { <form class="acts" method="post" action=format!("{path}/discard")><button class="btn small quiet" type="submit">"Discard this change"</button></form> };
    if !plan.may_run() {
        return view! {
            <div class="formend"><a class="btn primary" href=path>{icon(Icon::Retry)}"Check again"</a></div>
            {discard}
        }
        .into_any();
    }
    let usual = match plan.usual {
        Some(usual) => format!("Usually takes {}. You can watch it, or leave.", moment::duration(usual.median_ms)),
        None => "No such run has been yet. You can watch it, or leave.".to_owned(),
    };
    let (words, destructive) = deed(change, plan);
    let typed = (change.permission() == Permission::TenantRollBack).then(|| typed_name(&change.tenant.short_name.to_string(), errors));
    view! {
        <form class="stack" method="post" action=format!("{path}/start") data-once>
            {typed}
            <div class="formend">
                <input type="hidden" name="plan" value=plan.hash.clone()/>
                <button class=if destructive { "btn danger" } else { "btn primary" } type="submit" data-busy="Starting…">{words}</button>
                <a class="btn quiet" href=Tab::Overview.of(change.tenant.id)>"Back"</a>
                <span class="faint">{usual}</span>
            </div>
        </form>
        {discard}
    }
    .into_any()
}

fn typed_name(short_name: &str, errors: &[FieldError]) -> impl IntoView + use<> {
    let error = error_of(errors, "short_name");
    let wrong = error.is_some();
    let described = if wrong { "short_name-hint short_name-error" } else { "short_name-hint" };
    let error = error.map(|message| error_line("short_name", message).draw());
    let hint = format!("What its creation had made is removed. Type {short_name} to say that you mean this tenant.");
    view! {
        <div class=if wrong { "field wrong" } else { "field" }>
            <label for="short_name">"Short name of the tenant"</label>
            <p class="hint" id="short_name-hint">{hint}</p>
            {error}
            <input class="w-m" id="short_name" name="short_name" autocomplete="off" spellcheck="false" aria-invalid=wrong.then_some("true") aria-describedby=described/>
        </div>
    }
}
