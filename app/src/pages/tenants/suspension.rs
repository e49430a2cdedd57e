//! Keeping a tenant's people out, and letting them in again: what it means, then a proposed change.

use super::proposing::{answer, crumbs};
use super::wizard::{NotSaved, wizard_page};
use crate::api::changes::{Proposed, propose_change};
use crate::components::head::PageHead;
use crate::components::icon::Icon;
use crate::components::notice::note;
use crate::components::status::{Tone, tenant_status};
use crate::components::tenant_tabs::{Tab, tenant_tabs};
use crate::frame::{About, Frame, Place};
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::{self, TenantView};
use steward_domain::tenant::Status;
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The tenant's id.
    pub id: Uuid,
    /// The tenant; not read for a form that was not saved.
    pub tenant: Option<TenantView>,
    /// The reason as typed.
    pub reason: String,
    /// Why it was not saved.
    pub not_saved: Option<NotSaved>,
}

/// The page.
///
/// # Errors
/// When there is no such tenant, or the person may not see it.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    let tenant = tenants::view(&services.database, &authority, id).await?;
    if !matches!(tenant.status, Status::Active | Status::Suspended) {
        return Ok(Reply::see_other(Tab::Overview.of(id)));
    }
    Ok(Reply::page(view(&visit.frame, Model { id, tenant: Some(tenant), reason: String::new(), not_saved: None })))
}

/// The form: proposes suspending, or resuming, and goes on to the review.
///
/// # Errors
/// None of its own.
pub async fn post(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    let proposed = match value_of(&body, "act").as_str() {
        "resume" => Proposed::Resume,
        _ => Proposed::Suspend { reason: value_of(&body, "reason") },
    };
    let outcome = visit.within(propose_change(id, proposed)).await;
    Ok(answer(visit, id, Tab::Overview, outcome, |why| not_saved(visit, id, &body, why)))
}

/// The page with what was typed, which was not saved. It reads nothing: the database may be away, or the person signed out.
#[must_use]
pub fn not_saved(visit: &Visit, id: Uuid, body: &FormBody, why: NotSaved) -> Reply {
    let status = why.status;
    let model = Model { id, tenant: None, reason: value_of(body, "reason"), not_saved: Some(why) };
    Reply::Page { status, html: view(&visit.frame, model) }
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let name = model.tenant.as_ref().map(|tenant| tenant.name.clone()).unwrap_or_default();
    let resumes = model.tenant.as_ref().is_some_and(|tenant| tenant.status == Status::Suspended);
    let title = format!("{} {}", if resumes { "Resume" } else { "Suspend" }, if name.is_empty() { "a tenant" } else { &name });
    let about = About::page(title.clone(), Place::Tenants).of_tenant(&name).wrong_if(model.not_saved.is_some());
    wizard_page(frame, &about, move || main(frame, title, name, resumes, model))
}

fn main(frame: &Frame, title: String, name: String, resumes: bool, model: Model) -> impl IntoView + use<> {
    let Model { id, tenant, reason, not_saved } = model;
    let may = frame.may(Permission::TenantSuspend) || not_saved.is_some();
    let head = PageHead {
        crumbs: crumbs(id, &name, if resumes { "Resume" } else { "Suspend" }),
        status: tenant.as_ref().map(|tenant| tenant_status(tenant.status).into_any()),
        ..PageHead::titled(title)
    };
    let tabs = tenant.is_some().then(|| tenant_tabs(frame, id, &name, Tab::Overview));
    let meaning = if resumes {
        let body = view! {
            <ul class="dots">
                <li>"Its people can sign in again, with the accounts, roles and second factors they had."</li>
                <li>"Sessions from before do not come back: everybody signs in anew."</li>
            </ul>
        };
        note(Tone::Run, Icon::Info, "What resuming does", body).into_any()
    } else {
        let body = view! {
            <ul class="dots">
                <li>"Nobody of this tenant can sign in, and every session ends at once."</li>
                <li>"Nothing is removed and nothing is scaled away: services, volumes, accounts and settings stay."</li>
                <li>"Resuming brings it back exactly as it was."</li>
            </ul>
        };
        note(Tone::Warn, Icon::Pause, "What suspending does", body).into_any()
    };
    let form = if !may {
        view! { <p class="s dim">{format!("To do this, ask {}.", Permission::TenantSuspend.who())}</p> }.into_any()
    } else if resumes {
        view! {
            <form class="formend" method="post" action=format!("/tenants/{id}/suspension")>
                <input type="hidden" name="act" value="resume"/>
                <button class="btn primary" type="submit">"Review resuming"</button>
                <a class="btn quiet" href=Tab::Overview.of(id)>"Back"</a>
            </form>
        }
        .into_any()
    } else {
        view! {
            <form class="stack" method="post" action=format!("/tenants/{id}/suspension")>
                <div class="field">
                    <label for="reason">"Reason "<span class="faint">"(optional)"</span></label>
                    <p class="hint" id="reason-hint">"It stands in the audit log and in the review, for staff. The mail to the tenant’s contact does not tell it."</p>
                    <input class="w-l" id="reason" name="reason" maxlength="300" autocomplete="off" value=reason aria-describedby="reason-hint"/>
                </div>
                <div class="formend">
                    <button class="btn to-danger" type="submit">"Review suspending"</button>
                    <a class="btn quiet" href=Tab::Overview.of(id)>"Back"</a>
                    <span class="faint">"Nothing changes before you agreed to the plan."</span>
                </div>
            </form>
        }
        .into_any()
    };
    view! {
        {head.draw()}
        {tabs}
        {not_saved.map(|why| why.draw(&frame.request_id))}
        <div class="sec">{meaning}</div>
        {form}
    }
}
