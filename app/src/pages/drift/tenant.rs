//! The board of one tenant.

use super::rows::{NotIgnored, section};
use crate::components::head::PageHead;
use crate::components::icon::{Icon, icon};
use crate::components::notice::{empty, note};
use crate::components::problem::problem;
use crate::components::status::{Tone, chip, status};
use crate::components::tenant_tabs::{Tab, tenant_tabs};
use crate::components::time::{ago, date_time};
use crate::frame::{About, Frame, Place, page};
use crate::visit::{Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::{TenantBoard, Unseen};
use steward_domain::drift::Decision;
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The board.
    pub board: TenantBoard,
    /// A form that came back.
    pub wrong: Option<NotIgnored>,
}

/// Loads the board.
///
/// # Errors
/// When there is no such tenant, the person may not see it, or the database fails.
pub(super) async fn load(visit: &Visit, id: Uuid) -> Result<TenantBoard, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    services.provisioning.drift_of(&authority, id).await
}

/// The page.
///
/// # Errors
/// When there is no such tenant, the person may not see it, or the database fails.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let board = load(visit, id).await?;
    Ok(Reply::page(view(&visit.frame, Model { board, wrong: None })))
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let about = About::page(format!("Drift of {}", model.board.tenant_name), Place::Drift)
        .of_tenant(&model.board.tenant_name)
        .wrong_if(model.wrong.is_some());
    page(frame, &about, || main(frame, model))
}

fn main(frame: &Frame, model: Model) -> impl IntoView + use<> {
    let Model { board, wrong } = model;
    let (tenant, name) = (board.tenant_id, board.tenant_name.clone());
    let open = board.rows.iter().filter(|row| row.decision == Decision::Open).count();
    let repairable = board.rows.iter().filter(|row| row.decision == Decision::Open && row.finding.can_be_repaired()).count();
    let verdict = match open {
        0 => status(Tone::Ok, Icon::Dot, "As wanted"),
        1 => chip(Tone::Warn, Icon::Drift, "1 resource differs"),
        open => chip(Tone::Warn, Icon::Drift, &format!("{open} resources differ")),
    };
    let now = frame.now;
    let looked = match board.looked_at {
        Some(at) => view! { <span>"Looked at "{ago(at, now)}</span> }.into_any(),
        None => view! { <span>"Not looked at yet"</span> }.into_any(),
    };
    let silent = if board.repair_silently { "Repaired by itself" } else { "Reported, never repaired silently" };
    let silently = silently(frame, &board);
    let acts = frame.may(Permission::DriftRepair).then(|| {
        let repair_all = (repairable > 1).then(|| {
            view! {
                <form method="post" action=format!("/tenants/{tenant}/drift/repair")>
                    <button class="btn primary" type="submit">{icon(Icon::Retry)}{format!("Repair all {repairable}")}</button>
                </form>
            }
        });
        view! {
            {repair_all}
            <form method="post" action=format!("/tenants/{tenant}/drift/look")>
                <button class="btn" type="submit">"Look again now"</button>
            </form>
        }
        .into_any()
    });
    let head = PageHead {
        crumbs: vec![
            ("Tenants".to_owned(), Some("/tenants".to_owned())),
            (board.tenant_name.clone(), Some(format!("/tenants/{tenant}"))),
            ("Drift".to_owned(), None),
        ],
        title: format!("Drift of {}", board.tenant_name),
        status: Some(verdict.into_any()),
        under: Some(view! { {looked}<span>{silent}</span> }.into_any()),
        acts,
    };
    let run_open = board.run_open.then(|| {
        let body =
            view! { <p>"Until its end nobody looks, and nothing can be repaired. What the run makes as wanted leaves the board."</p> };
        view! { <div class="sec">{note(Tone::Run, Icon::Half, "A run of this tenant is open", body)}</div> }
    });
    let errors = wrong.as_ref().map(|wrong| wrong.errors.clone()).unwrap_or_default();
    let none = board.rows.is_empty();
    let sections: Vec<_> = board
        .rows
        .into_iter()
        .map(|row| {
            let wrong = wrong.as_ref().filter(|wrong| wrong.id == row.id);
            section(frame, row, false, wrong)
        })
        .collect();
    let body = if none {
        let back = view! { <a class="btn small" href=format!("/tenants/{tenant}")>"To the tenant"</a> };
        empty("Everything is as wanted", "What differs in one of its systems appears here.", back).into_any()
    } else {
        sections.into_any()
    };
    view! {
        {head.draw()}
        {tenant_tabs(frame, tenant, &name, Tab::Drift)}
        {problem(&errors)}
        {run_open}
        {unseen(board.unseen)}
        {body}
        {silently}
    }
}

/// Whether Steward repairs by itself, and the way to have it otherwise: a change like any other.
fn silently(frame: &Frame, board: &TenantBoard) -> impl IntoView + use<> {
    let (silently, words, button) = if board.repair_silently {
        ("false", "What differs in this tenant's systems is repaired by itself, as a run that everybody sees.", "Only report it")
    } else {
        ("true", "What differs is reported, and stays as it is until somebody repairs it.", "Repair by itself")
    };
    let form = frame.may(Permission::TenantConfigure).then(|| {
        view! {
            <form method="post" action=format!("/tenants/{}/drift/silently", board.tenant_id)>
                <input type="hidden" name="silently" value=silently/>
                <input type="hidden" name="version" value=board.version.to_string()/>
                <p class="acts"><button class="btn small" type="submit">{button}</button></p>
            </form>
        }
    });
    view! { <section class="sec"><header><h2>"Repair"</h2></header><p>{words}</p>{form}</section> }
}

/// What could not be looked at: it is not drift, and not said to be well either.
fn unseen(unseen: Vec<Unseen>) -> Option<impl IntoView> {
    if unseen.is_empty() {
        return None;
    }
    let lines: Vec<_> = unseen
        .into_iter()
        .map(|unseen| {
            let since = match unseen.looked_at {
                Some(at) => view! { "not looked at since "{date_time(at)} }.into_any(),
                None => "never looked at".into_any(),
            };
            view! { <li><span>{unseen.kind.label()}", "<code>{unseen.code}</code></span><span>{since}</span></li> }
        })
        .collect();
    let body = view! { <p>"It stays on this board as it was last seen."</p><ul class="lines">{lines}</ul> };
    Some(view! { <div class="sec">{note(Tone::Warn, Icon::Wait, "Not everything could be looked at", body)}</div> })
}
