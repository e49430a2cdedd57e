//! A tenant's domains: what was seen of record, certificate and handshake, and when. It shows nothing that no look saw.

mod section;

use super::proposing::{crumbs, review_path};
use crate::api::domains::{check_domains, renew_certificates};
use crate::components::head::PageHead;
use crate::components::icon::Icon;
use crate::components::notice::note;
use crate::components::status::{Tone, tenant_status};
use crate::components::tenant_tabs::{Tab, tenant_tabs};
use crate::components::time::date_time;
use crate::frame::{About, Frame, Place, page};
use crate::pages::error::failed;
use crate::visit::{Reply, Visit};
use leptos::prelude::*;
use section::section;
use steward_core::access::{Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::{DomainView, RenewalFailing};
use steward_domain::moment::thousands;
use steward_domain::tenant::Status;
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The domains.
    pub domains: DomainView,
}

/// The page.
///
/// # Errors
/// When there is no such tenant, or the person may not see it.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    let domains = services.provisioning.domains_of(&authority, id).await?;
    Ok(Reply::page(view(&visit.frame, Model { domains })))
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
    let name = model.domains.tenant_name.clone();
    let about = About::page(format!("Domain, {name}"), Place::Tenants).of_tenant(&name);
    page(frame, &about, || main(frame, model))
}

fn main(frame: &Frame, model: Model) -> impl IntoView + use<> {
    let Model { domains } = model;
    let (tenant, name, now) = (domains.tenant_id, domains.tenant_name.clone(), frame.now);
    let head = PageHead {
        crumbs: crumbs(tenant, &name, "Domain"),
        status: Some(tenant_status(domains.status).into_any()),
        acts: acts(frame, &domains),
        ..PageHead::titled("Domain")
    };
    let run = domains.open_run.map(|number| {
        let link = format!("/tenants/{tenant}/runs/{number}");
        let body = view! {
            <p>"Until its end nothing is renewed, and what is shown below is as it was before."</p>
            <p class="acts"><a class="btn small" href=link>{format!("Open run {}", thousands(number))}</a></p>
        };
        view! { <div class="sec">{note(Tone::Run, Icon::Half, "A run of this tenant is open", body)}</div> }
    });
    let sections: Vec<_> = domains.domains.iter().map(|facts| section(facts, &domains.target, now)).collect();
    view! {
        {head.draw()}
        {tenant_tabs(frame, tenant, &name, Tab::Domain)}
        {domains.failing.clone().map(failing)}
        {run}
        {sections}
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
