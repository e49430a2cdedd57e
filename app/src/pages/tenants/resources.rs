//! What a tenant has in each system, on its page; and the forms that take one resource away or bring it back, each as a proposed change.

use super::proposing::{Form, review_path};
use super::view::{Model, load, view};
use crate::api::error::ApiError;
use crate::api::resources::{bring_resource_back, remove_resource};
use crate::components::icon::Icon;
use crate::components::markup::{Markup, pairs};
use crate::components::notice::empty;
use crate::components::status::{Tone, status};
use crate::components::table::{nothing, scroll};
use crate::components::tenant_tabs::Tab;
use crate::components::time::ago;
use crate::frame::Frame;
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_core::access::{ConfigureTenants, Permission, demand};
use steward_core::error::Error;
use steward_core::provisioning::ResourceRow;
use steward_core::tenants::{TenantConfig, TenantView};
use steward_domain::field::FieldError;
use steward_domain::resource::ResourceKind;
use steward_domain::tenant::Status;
use uuid::Uuid;

/// The field that what is wrong with a choice of resources is told at: the section has its name.
pub(super) const WITHOUT: &str = "without";

/// The form that proposes to do without a resource, and goes on to the review: nothing runs yet.
///
/// # Errors
/// When the person may not, or the page cannot be loaded again to show what is wrong.
pub async fn remove(visit: &Visit, tenant: Uuid, body: &FormBody) -> Result<Reply, Error> {
    let outcome = match kind(visit, body).await? {
        Some(kind) => visit.within(remove_resource(tenant, kind, Form::version_of(body))).await,
        None => Err(no_kind()),
    };
    proposed(visit, tenant, outcome).await
}

/// The form that proposes to have a resource again, and goes on to the review: nothing runs yet.
///
/// # Errors
/// When the person may not, or the page cannot be loaded again to show what is wrong.
pub async fn bring_back(visit: &Visit, tenant: Uuid, body: &FormBody) -> Result<Reply, Error> {
    let outcome = match kind(visit, body).await? {
        Some(kind) => visit.within(bring_resource_back(tenant, kind, Form::version_of(body))).await,
        None => Err(no_kind()),
    };
    proposed(visit, tenant, outcome).await
}

async fn kind(visit: &Visit, body: &FormBody) -> Result<Option<ResourceKind>, Error> {
    // Asked before anything is read: who may not change tenants learns nothing about their rules.
    demand::<ConfigureTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(ResourceKind::parse(&value_of(body, "kind")))
}

fn no_kind() -> ApiError {
    ApiError::Invalid(vec![FieldError::new(WITHOUT, "There is no such kind of resource; choose one from the list")])
}

async fn proposed(visit: &Visit, tenant: Uuid, outcome: Result<Uuid, ApiError>) -> Result<Reply, Error> {
    Ok(match outcome {
        Ok(change) => Reply::see_other(review_path(tenant, change)),
        Err(ApiError::Invalid(errors)) => {
            let model = Model { errors, ..load(visit, tenant).await? };
            Reply::Page { status: 422, html: view(&visit.frame, model) }
        }
        Err(ApiError::Failed { code, message, .. }) if code == "TEN-414" => Reply::done(Tab::Overview.of(tenant), message),
        Err(error) => failed(visit, error),
    })
}

/// What each row may be asked for, by those who may.
#[derive(Clone)]
struct Acts {
    tenant: Uuid,
    version: i64,
    config: TenantConfig,
}

impl Acts {
    /// None where nothing may be asked for: by this person, or of this tenant now.
    fn of(frame: &Frame, tenant: &TenantView) -> Option<Self> {
        let fits = matches!(tenant.status, Status::Active | Status::Suspended) && frame.may(Permission::TenantConfigure);
        let config = tenant.config.clone().filter(|_| fits)?;
        Some(Self { tenant: tenant.id, version: tenant.version, config })
    }

    fn cell(&self, kind: ResourceKind, state: &str) -> impl IntoView + use<> {
        let act = if self.config.may_bring_back(kind) {
            Some(("bring-back-resource", "Bring back"))
        } else if state != "foreign" && self.config.may_do_without(kind) {
            Some(("remove-resource", "Remove"))
        } else {
            None
        };
        let (tenant, version) = (self.tenant, self.version);
        let form = act.map(|(path, words)| {
            view! {
                <form class="acts" method="post" action=format!("/tenants/{tenant}/{path}")>
                    <input type="hidden" name="kind" value=kind.as_str()/>
                    <input type="hidden" name="version" value=version/>
                    <button class="btn small quiet" type="submit">{words}<span class="vh">{format!(" {}", kind.within_a_sentence())}</span></button>
                </form>
            }
        });
        view! { <td class="num">{form}</td> }
    }
}

/// The section of the tenant's page.
pub(super) fn section(frame: &Frame, tenant: &TenantView, resources: Vec<ResourceRow>) -> impl IntoView + use<> {
    let acts = Acts::of(frame, tenant);
    let without = tenant.config.as_ref().map(|config| config.without.clone()).unwrap_or_default();
    let left_out = resources.iter().filter(|resource| without.contains(&resource.kind) && resource.state == "removed").count();
    let count = |state: &str| resources.iter().filter(|resource| resource.state == state).count();
    let mut sums = vec![format!("{} of {} present", count("present"), resources.len() - left_out)];
    for (some, word) in [(count("partial"), "incomplete"), (count("foreign"), "foreign"), (left_out, "done without")] {
        if some > 0 {
            sums.push(format!("{some} {word}"));
        }
    }
    let (now, may_open) = (frame.now, frame.may(Permission::SystemOpen));
    let told = acts.is_some().then(|| {
        view! { <p class="s faint">"Remove and Bring back lead to a plan; nothing changes before you agreed to it. What another resource needs can be removed after that one."</p> }
    });
    let body = if resources.is_empty() {
        empty("Nothing is planned yet", "Resources appear when the tenant's first run begins.", ()).into_any()
    } else {
        let head = acts.is_some().then(|| view! { <th scope="col"><span class="vh">"Actions"</span></th> });
        let rows: Vec<_> = resources.into_iter().map(|resource| row(resource, acts.as_ref(), may_open, now)).collect();
        let table = scroll(
            "Resources",
            view! {
                <table class="grid tight mid">
                    <caption class="vh">"Resources in each system"</caption>
                    <thead><tr><th scope="col">"Resource"</th><th scope="col">"System"</th><th scope="col">"Observed"</th>{head}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            },
        );
        view! { {table}{told} }.into_any()
    };
    view! { <section class="sec" id=WITHOUT><header><h2>"Resources"</h2><span>{sums.join(", ")}</span></header>{body}</section> }
}

fn row(resource: ResourceRow, acts: Option<&Acts>, may_open: bool, now: DateTime<Utc>) -> impl IntoView + use<> {
    let (tone, glyph, word) = match resource.state.as_str() {
        "present" => (Tone::Ok, Icon::Check, "Present"),
        "partial" => (Tone::Warn, Icon::Warn, "Incomplete"),
        "foreign" => (Tone::Odd, Icon::Ban, "Foreign, left alone"),
        "removed" => (Tone::Idle, Icon::Gone, "Removed"),
        _ => (Tone::Idle, Icon::Ring, "Planned"),
    };
    let kind = resource.kind.label();
    let act = acts.map(|acts| acts.cell(resource.kind, &resource.state));
    let name = match resource.link.filter(|_| may_open) {
        Some(link) => view! { <a href=link rel="noreferrer">{kind}</a> }.into_any(),
        None => view! { <b>{kind}</b> }.into_any(),
    };
    let detail = Some(resource.detail)
        .filter(|detail| !detail.is_empty())
        .map(|detail| Markup::new("<small>").then(&pairs(&detail)).raw("</small>").draw());
    view! {
        <tr>
            <th scope="row">{name}<small><code>{resource.name}</code></small>{detail}</th>
            <td>{resource.system.label()}</td>
            <td class="nw">{status(tone, glyph, word)}<small>{resource.observed_at.map_or_else(|| nothing("not yet"), |at| ago(at, now))}</small></td>
            {act}
        </tr>
    }
}
