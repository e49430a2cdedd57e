//! How much of the platform a tenant may use, and how much of it it uses. What is typed here becomes a proposed change.

use super::proposing::{Form, answer, crumbs, end};
use super::resources::WITHOUT;
use super::wizard::{NotSaved, wizard_page};
use crate::api::changes::{Proposed, propose_change};
use crate::components::field::error_line;
use crate::components::head::PageHead;
use crate::components::icon::Icon;
use crate::components::notice::note;
use crate::components::problem::problem;
use crate::components::status::{Tone, chip, tenant_status};
use crate::components::table::{nothing, scroll};
use crate::components::tenant_tabs::{Tab, tenant_tabs};
use crate::components::time::clock;
use crate::components::usage_bar::{share_tone, usage_bar};
use crate::frame::{About, Frame, Place};
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::{Usage, amount};
use steward_core::tenants::{self, TenantView};
use steward_domain::change::SettingsPatch;
use steward_domain::features::Feature;
use steward_domain::field::{FieldError, error_of};
use steward_domain::limits::{LimitRule, Limits};
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The tenant and what it uses; nothing of it is read for a form that was not saved.
    pub loaded: Option<(TenantView, Usage)>,
    /// What was typed.
    pub form: Form,
    /// The limits that are lower than what is used, as indices into [`Limits::RULES`] with what is used: to be confirmed.
    pub below: Vec<(usize, f64)>,
}

/// The page.
///
/// # Errors
/// When there is no such tenant, or the person may not see it.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let (tenant, usage) = load(visit, id).await?;
    let Some(config) = &tenant.config else { return Ok(Reply::see_other(format!("/tenants/{id}"))) };
    let values =
        Limits::RULES.iter().zip(config.limits.figures()).map(|(rule, figure)| (rule.field.to_owned(), figure.to_string())).collect();
    let form = Form { tenant: id, version: tenant.version, values, errors: Vec::new(), not_saved: None };
    Ok(Reply::page(view(&visit.frame, Model { loaded: Some((tenant, usage)), form, below: Vec::new() })))
}

async fn load(visit: &Visit, id: Uuid) -> Result<(TenantView, Usage), Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    let tenant = tenants::view(&services.database, &authority, id).await?;
    let usage = services.provisioning.usage_of(&authority, id).await?;
    Ok((tenant, usage))
}

fn read(body: &FormBody) -> Result<Limits, Vec<FieldError>> {
    let mut errors = Vec::new();
    let figures = Limits::RULES.map(|rule| {
        rule.parse(&value_of(body, rule.field)).unwrap_or_else(|message| {
            errors.push(FieldError::new(rule.field, message));
            0
        })
    });
    let [cpu, memory_gib, storage_gib, gpu] = figures;
    if errors.is_empty() { Ok(Limits { cpu, memory_gib, storage_gib, gpu }) } else { Err(errors) }
}

/// The form: proposes the change and goes on to its review.
///
/// # Errors
/// When the page cannot be loaded again to show what is wrong.
pub async fn post(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    let limits = match read(&body) {
        Ok(limits) => limits,
        Err(errors) => return again(visit, id, &body, errors, None).await,
    };
    let patch = SettingsPatch { limits: Some(limits), ..SettingsPatch::default() };
    let below_use = !value_of(&body, "below").is_empty();
    let proposed = Proposed::Settings { patch, version: Form::version_of(&body), below_use };
    match visit.within(propose_change(id, proposed)).await {
        Err(crate::api::error::ApiError::Invalid(errors)) => again(visit, id, &body, errors, Some(limits)).await,
        outcome => Ok(answer(visit, id, Tab::Limits, outcome, |why| not_saved(visit, id, &body, why))),
    }
}

async fn again(visit: &Visit, id: Uuid, body: &FormBody, errors: Vec<FieldError>, wanted: Option<Limits>) -> Result<Reply, Error> {
    let form = Form { errors, ..Form::of(id, body) };
    let (tenant, usage) = load(visit, id).await?;
    let below = wanted.map(|limits| usage.above(&limits)).unwrap_or_default();
    Ok(Reply::Page { status: 422, html: view(&visit.frame, Model { loaded: Some((tenant, usage)), form, below }) })
}

/// The page with what was typed, which was not saved. It reads nothing: the database may be away, or the person signed out.
#[must_use]
pub fn not_saved(visit: &Visit, id: Uuid, body: &FormBody, why: NotSaved) -> Reply {
    let status = why.status;
    let form = Form { not_saved: Some(why), ..Form::of(id, body) };
    Reply::Page { status, html: view(&visit.frame, Model { loaded: None, form, below: Vec::new() }) }
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let name = model.loaded.as_ref().map(|(tenant, _)| tenant.name.clone()).unwrap_or_default();
    let title = if name.is_empty() { "Limits".to_owned() } else { format!("Limits, {name}") };
    let about = About::page(title, Place::Tenants).of_tenant(&name).wrong_if(model.form.is_wrong());
    wizard_page(frame, &about, move || main(frame, name, model))
}

fn main(frame: &Frame, name: String, model: Model) -> impl IntoView + use<> {
    let Model { loaded, form, below } = model;
    let Form { tenant: id, version, values, errors, not_saved } = form;
    let may = frame.may(Permission::TenantConfigure) || not_saved.is_some();
    let chips: Vec<_> = loaded.iter().flat_map(|(_, usage)| warnings(usage)).map(|(tone, words)| chip(tone, Icon::Warn, &words)).collect();
    let head = PageHead {
        crumbs: crumbs(id, &name, "Limits"),
        status: loaded.as_ref().map(|(tenant, _)| view! { {tenant_status(tenant.status)}<span class="chips">{chips}</span> }.into_any()),
        ..PageHead::titled("Limits")
    };
    let tabs = loaded.is_some().then(|| tenant_tabs(frame, id, &name, Tab::Limits));
    let trouble = loaded.as_ref().and_then(|(_, usage)| usage.figures.as_ref().err().cloned()).map(|cause| {
        let body = view! { <p>{cause.what}" Figures of use are missing until it answers. "{cause.helps}" "<code>{cause.code}</code></p> };
        view! { <div class="sec">{note(Tone::Warn, Icon::Warn, "Use is not known right now", body)}</div> }
    });
    let source = loaded.as_ref().map(|(_, usage)| usage.source.clone());
    let has_ai = loaded.as_ref().and_then(|(tenant, _)| tenant.config.as_ref()).is_none_or(|config| config.features.has(Feature::Ml));
    let rows: Vec<_> = Limits::RULES
        .iter()
        .enumerate()
        .map(|(place, rule)| {
            let typed = values.iter().find(|(field, _)| field == rule.field).map(|(_, value)| value.clone()).unwrap_or_default();
            let usage = loaded.as_ref().map(|(_, usage)| usage);
            row(rule, place, typed, error_of(&errors, rule.field).map(str::to_owned), usage, may, has_ai)
        })
        .collect();
    let confirm = (!below.is_empty()).then(|| confirmation(&name, &below, &values));
    let end = may.then(|| end(id, version));
    let unlimited =
        loaded.as_ref().and_then(|(tenant, _)| tenant.config.as_ref()).is_some_and(|config| !config.wants(ResourceKind::ResourceQuota));
    let caption = source.filter(|_| !unlimited).map(|source| view! { "Enforced by "<code>{source}</code>". " });
    let unlimited = unlimited.then(|| {
        let list = format!("{}#{WITHOUT}", Tab::Overview.of(id));
        let body = view! { <p>"The tenant does without its resource quota: whatever runs in it may take as much as the cluster has, and use is not counted. "<a href=list>"Bring the quota back"</a>" to have them enforced."</p> };
        view! { <div class="sec">{note(Tone::Warn, Icon::Warn, "Nothing enforces these limits", body)}</div> }
    });
    view! {
        {head.draw()}
        {tabs}
        {not_saved.map(|why| why.draw(&frame.request_id))}
        {trouble}
        {unlimited}
        <form class="stack" method="post" action=Tab::Limits.of(id) novalidate>
            {problem(&errors)}
            <input type="hidden" name="version" value=version.to_string()/>
            {scroll(
                "Limits and use",
                view! {
                    <table class="grid limits full">
                        <caption>{caption}"Marks stand at 80 % and 100 % of the limit in force."</caption>
                        <thead><tr><th scope="col">"Resource"</th><th scope="col">"Limit"</th><th scope="col">"Used"</th><th scope="col">"Of the limit in force"</th><th scope="col">"Figure from"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                },
            )}
            {confirm}
            {end}
        </form>
    }
}

/// "Storage 86 %" for every figure from 80 % on.
fn warnings(usage: &Usage) -> Vec<(Tone, String)> {
    let figures = usage.figures.as_ref().map(|figures| figures.as_slice()).unwrap_or_default();
    let shares = Limits::RULES.iter().zip(figures).filter_map(|(rule, used)| Some((rule.label, used.percent()?, used.in_force?)));
    shares
        .filter(|(_, percent, in_force)| !share_tone(*percent).is_empty() && *in_force > 0.0)
        .map(|(label, percent, _)| (if share_tone(percent) == "bad" { Tone::Bad } else { Tone::Warn }, format!("{label} {percent} %")))
        .collect()
}

fn row(
    rule: &LimitRule,
    place: usize,
    typed: String,
    error: Option<String>,
    usage: Option<&Usage>,
    may: bool,
    has_ai: bool,
) -> impl IntoView + use<> {
    let (field, label, unit) = (rule.field, rule.label, rule.unit);
    let figure = usage.and_then(|usage| usage.figures.as_ref().ok()).and_then(|figures| figures.get(place)).copied();
    let in_force = figure.and_then(|figure| figure.in_force).map(amount);
    let differs =
        in_force.clone().filter(|in_force| *in_force != typed).map(|in_force| view! { <small>{format!("in force: {in_force}")}</small> });
    let wrong = error.is_some();
    let limit = if may {
        let described = wrong.then(|| format!("{field}-error"));
        view! {
            <div class=if wrong { "field wrong" } else { "" }>
            {error.map(|message| error_line(field, &message).draw())}
            <div class="with">
                <input class="w-s" id=field name=field inputmode="numeric" autocomplete="off" value=typed aria-invalid=wrong.then_some("true") aria-describedby=described/>
                <span class="unit">{unit}</span>
            </div>
            {differs}
            </div>
        }
        .into_any()
    } else {
        view! { {format!("{typed} {unit}")}{differs} }.into_any()
    };
    let used = match figure.and_then(|figure| figure.used) {
        Some(used) => format!("{} {unit}", amount(used)).into_any(),
        None => nothing("not known").into_any(),
    };
    let share = match figure.and_then(|figure| figure.percent()) {
        _ if field == "gpu" && !has_ai => {
            view! { <small>"AI and automation is off; turn it on under Settings to use GPUs."</small> }.into_any()
        }
        Some(percent) => usage_bar(label, percent).into_any(),
        None => nothing("not known").into_any(),
    };
    let measured = figure.is_some_and(|figure| figure.used.is_some() || figure.in_force.is_some());
    let from = match usage.filter(|_| measured) {
        Some(usage) => view! { "Kubernetes, quota"<small>{clock(usage.measured_at)}</small> }.into_any(),
        None => nothing("not measured").into_any(),
    };
    let head = if may { view! { <label for=field><b>{label}</b></label> }.into_any() } else { view! { <b>{label}</b> }.into_any() };
    view! { <tr><th scope="row">{head}</th><td>{limit}</td><td class="nw">{used}</td><td>{share}</td><td>{from}</td></tr> }
}

fn confirmation(name: &str, below: &[(usize, f64)], values: &[(String, String)]) -> impl IntoView + use<> {
    let lines: Vec<String> = below
        .iter()
        .filter_map(|(place, used)| {
            let rule = Limits::RULES.get(*place)?;
            let wanted = values.iter().find(|(field, _)| field == rule.field).map(|(_, value)| value.clone())?;
            Some(format!("{}: {wanted} {} wanted, {} in use.", rule.label, rule.unit, amount(*used)))
        })
        .collect();
    let lines: Vec<_> = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect();
    let body = view! {
        <ul class="dots">{lines}</ul>
        <p>"What runs goes on and existing volumes stay. Whatever is new or grows is refused until use falls below the limit."</p>
        <div class="pick"><input type="checkbox" id="below" name="below" value="1"/><label for="below">"Lower below what is used"</label></div>
    };
    note(Tone::Warn, Icon::Warn, format!("That is less than {name} uses"), body)
}
