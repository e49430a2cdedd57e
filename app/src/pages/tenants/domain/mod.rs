//! A tenant's domains: what was seen of record, certificate and handshake, and when; the customer's own domain, from the challenge on. It
//! shows nothing that no look saw.

mod custom;
mod section;

use super::proposing::{Form, answer, crumbs, review_path};
use super::wizard::{NotSaved, wizard_page};
use crate::api::changes::{Proposed, propose_change};
use crate::api::domains::{begin_custom_domain, check_custom_domain, check_domains, forget_custom_domain, renew_certificates};
use crate::api::error::ApiError;
use crate::components::head::PageHead;
use crate::components::icon::Icon;
use crate::components::notice::note;
use crate::components::problem::problem;
use crate::components::status::{Tone, tenant_status};
use crate::components::tenant_tabs::{Tab, tenant_tabs};
use crate::components::time::date_time;
use crate::frame::{About, Frame, Place};
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use custom::custom;
use leptos::prelude::*;
use section::section;
use steward_core::access::{ConfigureTenants, Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::{DomainView, RenewalFailing};
use steward_domain::change::SettingsPatch;
use steward_domain::field::FieldError;
use steward_domain::host_name::HostName;
use steward_domain::moment::thousands;
use steward_domain::tenant::Status;
use uuid::Uuid;

/// The section of the domain that is to be proved.
const CHALLENGE: &str = "challenge";

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The domains; not read for a form that was not saved.
    pub domains: Option<DomainView>,
    /// What was typed.
    pub form: Form,
}

impl Model {
    /// The page of these domains, with nothing typed.
    #[must_use]
    pub fn of(domains: DomainView) -> Self {
        let form = Form { tenant: domains.tenant_id, version: domains.version, values: Vec::new(), errors: Vec::new(), not_saved: None };
        Self { domains: Some(domains), form }
    }
}

async fn load(visit: &Visit, id: Uuid) -> Result<DomainView, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    services.provisioning.domains_of(&authority, id).await
}

/// The page.
///
/// # Errors
/// When there is no such tenant, or the person may not see it.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    Ok(Reply::page(view(&visit.frame, Model::of(load(visit, id).await?))))
}

/// The form: gives the tenant the text that proves a domain, and shows what to write where.
///
/// # Errors
/// When the page cannot be loaded again to show what is wrong.
pub async fn post(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    match visit.within(begin_custom_domain(id, value_of(&body, "custom_domain"))).await {
        Ok(domain) => Ok(Reply::done(Tab::Domain.of(id), format!("Have the records of {domain} set, then check them."))),
        Err(error) => wrong(visit, id, &body, error).await,
    }
}

/// The page again with what is wrong, or the page of what went wrong.
async fn wrong(visit: &Visit, id: Uuid, body: &FormBody, error: ApiError) -> Result<Reply, Error> {
    match error {
        ApiError::Invalid(errors) => again(visit, id, body, errors).await,
        error => Ok(match NotSaved::of(error) {
            Ok(why) => not_saved(visit, id, body, why),
            Err(error) => failed(visit, error),
        }),
    }
}

async fn again(visit: &Visit, id: Uuid, body: &FormBody, errors: Vec<FieldError>) -> Result<Reply, Error> {
    let form = Form { errors, ..Form::of(id, body) };
    Ok(Reply::Page { status: 422, html: view(&visit.frame, Model { domains: Some(load(visit, id).await?), form }) })
}

/// The page with what was typed, which was not saved. It reads nothing: the database may be away, or the person signed out.
#[must_use]
pub fn not_saved(visit: &Visit, id: Uuid, body: &FormBody, why: NotSaved) -> Reply {
    let status = why.status;
    let form = Form { not_saved: Some(why), ..Form::of(id, body) };
    Reply::Page { status, html: view(&visit.frame, Model { domains: None, form }) }
}

/// Looks whether the customer wrote the text into their DNS, and says what was found.
///
/// # Errors
/// When the page cannot be loaded again to show what is wrong.
pub async fn verify(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    let domain = value_of(&body, "custom_domain");
    match visit.within(check_custom_domain(id, domain.clone())).await {
        Ok((true, _)) => Ok(Reply::done(Tab::Domain.of(id), format!("{domain} is verified. Review the change to have it served."))),
        // The section says what was found, in its own tone.
        Ok((false, _)) => Ok(Reply::see_other(format!("{}#{CHALLENGE}", Tab::Domain.of(id)))),
        Err(error) => wrong(visit, id, &body, error).await,
    }
}

/// Forgets a domain that was begun.
///
/// # Errors
/// When the page cannot be loaded again to show what is wrong.
pub async fn forget(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    let domain = value_of(&body, "custom_domain");
    match visit.within(forget_custom_domain(id, domain.clone())).await {
        Ok(()) => Ok(Reply::done(Tab::Domain.of(id), format!("{domain} is forgotten."))),
        Err(error) => wrong(visit, id, &body, error).await,
    }
}

/// Proposes a verified domain, and goes on to the review: nothing runs yet.
///
/// # Errors
/// When the page cannot be loaded again to show what is wrong.
pub async fn propose(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    // Asked before anything is read: who may not change tenants learns nothing about their rules.
    demand::<ConfigureTenants>(&visit.services.database, &visit.frame.actor).await?;
    match HostName::parse(&value_of(&body, "custom_domain")) {
        Ok(domain) => proposed(visit, id, body, Some(domain)).await,
        Err(message) => again(visit, id, &body, vec![FieldError::new("custom_domain", message)]).await,
    }
}

/// Proposes to do without the custom domain, and goes on to the review: nothing runs yet.
///
/// # Errors
/// When the page cannot be loaded again to show what is wrong.
pub async fn remove(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    proposed(visit, id, body, None).await
}

async fn proposed(visit: &Visit, id: Uuid, body: FormBody, domain: Option<HostName>) -> Result<Reply, Error> {
    let patch = SettingsPatch { custom_domain: Some(domain), ..SettingsPatch::default() };
    match visit.within(propose_change(id, Proposed::Settings { patch, version: Form::version_of(&body), below_use: false })).await {
        Err(ApiError::Invalid(errors)) => again(visit, id, &body, errors).await,
        outcome => Ok(answer(visit, id, Tab::Domain, outcome, |why| not_saved(visit, id, &body, why))),
    }
}

/// Has the domains looked at now, and says what was seen.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn check(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    Ok(match visit.within(check_domains(id)).await {
        Ok(lines) => Reply::done(Tab::Domain.of(id), format!("Looked just now. {}", lines.join(" "))),
        Err(error) => failed(visit, error),
    })
}

/// Proposes to renew the certificates, and goes on to the review: nothing runs yet.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn renew(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    Ok(match visit.within(renew_certificates(id)).await {
        Ok(change) => Reply::see_other(review_path(id, change)),
        Err(error) => failed(visit, error),
    })
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let name = model.domains.as_ref().map(|domains| domains.tenant_name.clone()).unwrap_or_default();
    let title = if name.is_empty() { "Domain".to_owned() } else { format!("Domain, {name}") };
    let about = About::page(title, Place::Tenants).of_tenant(&name).wrong_if(model.form.is_wrong());
    wizard_page(frame, &about, move || main(frame, name, model))
}

fn main(frame: &Frame, name: String, model: Model) -> impl IntoView + use<> {
    let (tenant, now) = (model.form.tenant, frame.now);
    let view = model.domains.as_ref();
    let head = PageHead {
        crumbs: crumbs(tenant, &name, "Domain"),
        status: view.map(|view| tenant_status(view.status).into_any()),
        acts: view.and_then(|view| acts(frame, view)),
        ..PageHead::titled("Domain")
    };
    let tabs = view.map(|_| tenant_tabs(frame, tenant, &name, Tab::Domain));
    let run = view.and_then(|view| view.open_run).map(|number| {
        let link = format!("/tenants/{tenant}/runs/{number}");
        let body = view! {
            <p>"Until its end nothing is renewed, and what is shown below is as it was before."</p>
            <p class="acts"><a class="btn small" href=link>{format!("Open run {}", thousands(number))}</a></p>
        };
        view! { <div class="sec">{note(Tone::Run, Icon::Half, "A run of this tenant is open", body)}</div> }
    });
    let sections: Vec<_> = view.into_iter().flat_map(|view| view.domains.iter().map(|facts| section(facts, &view.target, now))).collect();
    view! {
        {head.draw()}
        {tabs}
        {model.form.not_saved.clone().map(|why| why.draw(&frame.request_id))}
        {problem(&model.form.errors)}
        {view.and_then(|view| view.failing.clone()).map(failing)}
        {run}
        {sections}
        {custom(frame, &model)}
    }
}

/// What may be done with all of them.
fn acts(frame: &Frame, domains: &DomainView) -> Option<AnyView> {
    let tenant = domains.tenant_id;
    let fits = matches!(domains.status, Status::Active | Status::Suspended) && domains.open_run.is_none();
    frame.may(Permission::DriftRepair).then(|| {
        let renew = fits.then(|| {
            view! {
                <form method="post" action=format!("/tenants/{tenant}/domain/renew")>
                    <button class="btn" type="submit">"Renew now"</button>
                </form>
            }
        });
        view! {
            <form method="post" action=format!("/tenants/{tenant}/domain/check")>
                <button class="btn primary" type="submit">"Check now"</button>
            </form>
            {renew}
        }
        .into_any()
    })
}

/// A renewal that fails: why, whose job it is, and what happens next.
fn failing(failing: RenewalFailing) -> impl IntoView {
    let title = match failing.failures {
        1 => "The certificate is due, and could not be renewed".to_owned(),
        more => format!("The certificate is due, and could not be renewed {more} times"),
    };
    let next = match failing.next_try_at {
        Some(at) => view! { "Steward tries again by itself "{date_time(at)}"." }.into_any(),
        None => "Steward is trying again right now.".into_any(),
    };
    let body = view! {
        <p>{failing.cause}</p>
        <p>{format!("It is up to {}. Failing since ", failing.whose)}{date_time(failing.since)}". The old certificate serves until it expires. "{next}</p>
    };
    view! { <div class="sec">{note(Tone::Bad, Icon::Wait, title, body)}</div> }
}
