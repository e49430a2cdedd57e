//! The page of one tenant: what it is, whose turn it is, what it has in each system, what happened to it.

use super::resources;
use crate::components::facts::{address, fact, fact_code};
use crate::components::head::PageHead;
use crate::components::icon::Icon;
use crate::components::notice::{empty, note};
use crate::components::problem::problem;
use crate::components::stages::stages;
use crate::components::status::{self, Tone, attention, run_state, tenant_status};
use crate::components::table::{nothing, scroll};
use crate::components::tenant_tabs::{Tab, tenant_tabs};
use crate::components::time::{ago, date_time};
use crate::frame::{About, Frame, Place, page};
use crate::pages::audit::rows::entry_rows;
use crate::visit::{Reply, Visit};
use leptos::prelude::*;
use std::collections::BTreeSet;
use steward_core::access::{Permission, ReadTenants, demand};
use steward_core::audit::{self, EntryView};
use steward_core::error::Error;
use steward_core::mail;
use steward_core::provisioning::{ResourceRow, RunRow};
use steward_core::tenants::{self, TenantView};
use steward_domain::field::FieldError;
use steward_domain::moment;
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunState;
use steward_domain::tenant::{AttentionKind, Status};
use uuid::Uuid;

const RUNS: i64 = 5;
const ENTRIES: i64 = 6;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The tenant.
    pub tenant: TenantView,
    /// What it has in each system.
    pub resources: Vec<ResourceRow>,
    /// Its last runs.
    pub runs: Vec<RunRow>,
    /// Its last entries.
    pub entries: Vec<EntryView>,
    /// How many mails to its contact were given up.
    pub mails_given_up: i64,
    /// What is wrong with what was asked for.
    pub errors: Vec<FieldError>,
}

/// The page; of a draft its wizard, or for those who may not go on with it a page that says so.
///
/// # Errors
/// When there is no such tenant, the person may not see it, or the database fails.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let model = load(visit, id).await?;
    if model.tenant.status == Status::Draft && !visit.frame.may(Permission::TenantCreate) {
        return Ok(Reply::page(view_draft(&visit.frame, &model.tenant)));
    }
    if model.tenant.status == Status::Draft {
        return Ok(Reply::see_other(format!("/tenants/{id}/draft/organisation")));
    }
    Ok(Reply::page(view(&visit.frame, model)))
}

/// What the page shows, with nothing wrong.
pub(super) async fn load(visit: &Visit, id: Uuid) -> Result<Model, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    Ok(Model {
        tenant: tenants::view(&services.database, &authority, id).await?,
        resources: services.provisioning.resources_of(&authority, id).await?,
        runs: services.provisioning.runs_of(&authority, id, RUNS).await?,
        entries: audit::of_tenant(&services.database, &authority, id, ENTRIES).await?,
        mails_given_up: mail::given_up(&services.database, &authority, id).await?,
        errors: Vec::new(),
    })
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let wrong = !model.errors.is_empty();
    let about = About::page(model.tenant.name.clone(), Place::Tenants).of_tenant(&model.tenant.name).wrong_if(wrong);
    page(frame, &about, || main(frame, model))
}

/// Draws the page of a draft for somebody who may look, but not go on with it.
#[must_use]
pub fn view_draft(frame: &Frame, tenant: &TenantView) -> String {
    let name = if tenant.name.trim().is_empty() { "Unnamed draft".to_owned() } else { tenant.name.clone() };
    let words = format!("{} began it. It is the turn of {} to go on.", tenant.created_by, Permission::TenantCreate.who());
    page(frame, &About::page(name.clone(), Place::Tenants), move || {
        let head = PageHead {
            crumbs: vec![("Tenants".to_owned(), Some("/tenants".to_owned())), (name.clone(), None)],
            status: Some(tenant_status(Status::Draft).into_any()),
            ..PageHead::titled(name)
        };
        let acts = view! { <a class="btn small" href="/tenants">"All tenants"</a> };
        view! {
            {head.draw()}
            <div class="empty"><h2>"A draft: nothing is made yet"</h2><p>{words}</p><p class="acts">{acts}</p></div>
        }
    })
}

fn main(frame: &Frame, model: Model) -> impl IntoView + use<> {
    let Model { tenant, resources, runs, entries, mails_given_up, errors } = model;
    let under_way = runs.iter().find(|run| run.ended_at.is_none()).cloned();
    let head = PageHead {
        crumbs: vec![("Tenants".to_owned(), Some("/tenants".to_owned())), (tenant.name.clone(), None)],
        title: tenant.name.clone(),
        status: Some(head_status(&tenant, under_way.as_ref(), mails_given_up)),
        under: Some(
            view! {
                <span>{tenant.domain.clone()}</span>
                <span>"id "<code class="id">{tenant.id.to_string()}</code></span>
            }
            .into_any(),
        ),
        acts: Some(acts(frame, &tenant, under_way.as_ref()).into_any()),
    };
    let all_entries = frame.may(Permission::AuditRead).then(|| view! { <a href=format!("/audit?tenant={}", tenant.id)>"All entries"</a> });
    let progress = (tenant.status == Status::Provisioning).then(|| under_way.as_ref().map(run_note));
    view! {
        {head.draw()}
        {tenant_tabs(frame, tenant.id, &tenant.name, Tab::Overview)}
        {problem(&errors)}
        {stages(tenant.stage, tenant.stage_since, frame.now)}
        {progress}
        <div class="cols">
            <div class="stack">
                {resources::section(frame, &tenant, resources)}
                {run_section(frame, runs)}
                <section class="sec">
                    <header><h2>"Last entries"</h2>{all_entries}</header>
                    {entry_rows(frame, entries, false)}
                </section>
            </div>
            <div class="stack">{settings(&tenant)}{facts(&tenant)}</div>
        </div>
    }
}

/// The one thing to do now, and what else may be done.
fn acts(frame: &Frame, tenant: &TenantView, under_way: Option<&RunRow>) -> impl IntoView + use<> {
    let id = tenant.id;
    let watch = under_way.map(|run| view! { <a class="btn primary" href=run_link(run)>"Watch the run"</a> });
    let limits = (frame.may(Permission::TenantConfigure) && matches!(tenant.status, Status::Active | Status::Suspended))
        .then(|| view! { <a class="btn" href=Tab::Limits.of(id)>"Change limits"</a> });
    let suspension = match tenant.status {
        Status::Active => Some(("Suspend", "btn to-danger")),
        Status::Suspended => Some(("Resume", "btn primary")),
        _ => None,
    };
    let suspension = suspension
        .filter(|_| frame.may(Permission::TenantSuspend))
        .map(|(words, class)| view! { <a class=class href=format!("/tenants/{id}/suspension")>{words}</a> });
    view! { {watch}{limits}{suspension} }
}

fn run_link(run: &RunRow) -> String {
    format!("/tenants/{}/runs/{}", run.tenant_id, run.number)
}

fn head_status(tenant: &TenantView, under_way: Option<&RunRow>, mails_given_up: i64) -> AnyView {
    let chip = tenant.attention.as_ref().map(|wrong| match (wrong.kind, under_way) {
        (AttentionKind::Expiring, None) => view! { <a href=Tab::Domain.of(tenant.id)>{attention(wrong)}</a> }.into_any(),
        (AttentionKind::Drift, _) => view! { <a href=Tab::Drift.of(tenant.id)>{attention(wrong)}</a> }.into_any(),
        (_, Some(run)) => view! { <a href=run_link(run)>{attention(wrong)}</a> }.into_any(),
        (_, None) => attention(wrong).into_any(),
    });
    let mails = (mails_given_up > 0).then(|| {
        let words = if mails_given_up == 1 { "1 mail given up".to_owned() } else { format!("{mails_given_up} mails given up") };
        view! { <a href=Tab::Mails.of(tenant.id)>{status::chip(Tone::Bad, Icon::Stop, &words)}</a> }
    });
    view! { {tenant_status(tenant.status)}<span class="chips">{chip}{mails}</span> }.into_any()
}

fn run_note(run: &RunRow) -> impl IntoView + use<> {
    let link = run_link(run);
    let (tone, glyph, title, words) = match run.state {
        RunState::Stopped => {
            (Tone::Bad, Icon::Stop, "The run stopped", "A step needs a person. Its cause, whose job it is and what helps stand in the run.")
        }
        RunState::Running | RunState::Done | RunState::Cancelled => {
            (Tone::Run, Icon::Half, "Being made right now", "You may leave; the run goes on by itself.")
        }
    };
    let body = view! { <p>{words}</p><p class="acts"><a class="btn small" href=link>{format!("Open run {}", moment::thousands(run.number))}</a></p> };
    view! { <div class="sec">{note(tone, glyph, title, body)}</div> }
}

fn run_section(frame: &Frame, runs: Vec<RunRow>) -> impl IntoView + use<> {
    let now = frame.now;
    let body = if runs.is_empty() {
        empty("No runs yet", "A run begins when somebody presses Create on the plan.", ()).into_any()
    } else {
        let rows: Vec<_> = runs
            .into_iter()
            .map(|run| {
                view! {
                    <tr>
                        <th scope="row"><a href=run_link(&run)>{run.title.clone()}</a><small>{format!("run {}", moment::thousands(run.number))}</small></th>
                        <td>{run_state(run.state)}</td>
                        <td>{run.requested_by.clone()}</td>
                        <td class="num">{run.took_ms.map_or_else(|| nothing("not ended").into_any(), |took| moment::duration(took).into_any())}</td>
                        <td class="num">{ago(run.created_at, now)}</td>
                    </tr>
                }
            })
            .collect();
        scroll(
            "Last runs",
            view! {
                <table class="grid tight mid">
                    <caption class="vh">"Last runs"</caption>
                    <thead><tr><th scope="col">"Run"</th><th scope="col">"State"</th><th scope="col">"By"</th><th scope="col" class="num">"Took"</th><th scope="col" class="num">"Started"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            },
        )
        .into_any()
    };
    view! { <section class="sec"><header><h2>"Last runs"</h2></header>{body}</section> }
}

fn does_without(kinds: &BTreeSet<ResourceKind>) -> Option<impl IntoView + use<>> {
    let labels: Vec<&str> = kinds.iter().map(|kind| kind.label()).collect();
    (!labels.is_empty()).then(|| fact("Does without", labels.join(", ")))
}

fn settings(tenant: &TenantView) -> impl IntoView + use<> {
    let config = tenant.config.clone().map(|config| {
        let limits = config.limits;
        view! {
            {fact("CPU", format!("{} cores", limits.cpu))}
            {fact("Memory", format!("{} GiB", limits.memory_gib))}
            {fact("Storage", format!("{} GiB", limits.storage_gib))}
            {fact("GPU", limits.gpu.to_string())}
            {fact("Features", config.features.sentence())}
            {does_without(&config.without)}
        }
    });
    view! {
        <section class="sec">
            <header><h2>"Settings"</h2><span>{format!("version {}", tenant.version)}</span></header>
            <dl class="facts">{config}{tenant.region.map(|region| fact("Region", region.label()))}{tenant.cell.clone().map(|cell| fact("Keycloak cell", cell))}</dl>
        </section>
    }
}

fn facts(tenant: &TenantView) -> impl IntoView + use<> {
    view! {
        <section class="sec">
            <h2>"Facts"</h2>
            <dl class="facts">
                {tenant.short_name.clone().map(|short_name| fact_code("Short name", short_name))}
                {own_page(tenant).map(|path| fact("Own page", view! { <a href=path.clone()>{path.clone()}</a> }))}
                {tenant.contact_email.clone().map(|contact| fact("Contact", address(&contact)))}
                {fact("Reseller", tenant.reseller.clone().unwrap_or_else(|| "None, direct".to_owned()))}
                {fact("Created", view! { {date_time(tenant.created_at)}<small>{format!("by {}", tenant.created_by)}</small> })}
                {fact("Changed", date_time(tenant.changed_at))}
                {fact(tenant.status.label(), view! { "since "{date_time(tenant.status_since)} })}
            </dl>
        </section>
    }
}

/// The path of what its people see first; there is none before it is active.
fn own_page(tenant: &TenantView) -> Option<String> {
    let shown = matches!(tenant.status, Status::Active | Status::Suspended);
    tenant.short_name.as_ref().filter(|_| shown).map(|short_name| format!("/t/{short_name}"))
}
