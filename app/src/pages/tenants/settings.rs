//! Name, contact and features of a tenant. What is typed here becomes a proposed change.

use super::proposing::{Form, answer, crumbs, end};
use super::wizard::{NotSaved, wizard_page};
use crate::api::changes::{Proposed, propose_change};
use crate::components::field::error_line;
use crate::components::head::PageHead;
use crate::components::problem::problem;
use crate::components::status::tenant_status;
use crate::components::tenant_tabs::{Tab, tenant_tabs};
use crate::frame::{About, Frame, Place};
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::{self, TenantView};
use steward_domain::change::SettingsPatch;
use steward_domain::email::EmailAddress;
use steward_domain::features::{Feature, Features};
use steward_domain::field::{FieldError, error_of};
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The tenant; not read for a form that was not saved.
    pub tenant: Option<TenantView>,
    /// What was typed.
    pub form: Form,
}

/// The page.
///
/// # Errors
/// When there is no such tenant, or the person may not see it.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let tenant = load(visit, id).await?;
    let Some(config) = &tenant.config else { return Ok(Reply::see_other(format!("/tenants/{id}"))) };
    let mut values =
        vec![("name".to_owned(), tenant.name.clone()), ("contact_email".to_owned(), tenant.contact_email.clone().unwrap_or_default())];
    values.extend(config.features.on().iter().map(|feature| ("features".to_owned(), feature.as_str().to_owned())));
    let form = Form { tenant: id, version: tenant.version, values, errors: Vec::new(), not_saved: None };
    Ok(Reply::page(view(&visit.frame, Model { tenant: Some(tenant), form })))
}

async fn load(visit: &Visit, id: Uuid) -> Result<TenantView, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    tenants::view(&services.database, &authority, id).await
}

fn read(body: &FormBody) -> Result<SettingsPatch, Vec<FieldError>> {
    let mut errors = Vec::new();
    let name = value_of(body, "name").split_whitespace().collect::<Vec<_>>().join(" ");
    let contact_email = EmailAddress::parse(&value_of(body, "contact_email"))
        .map_err(|message| errors.push(FieldError::new("contact_email", message)))
        .ok();
    let mut on = Vec::new();
    for (_, typed) in body.iter().filter(|(field, _)| field == "features") {
        match Feature::parse(typed) {
            Some(feature) => on.push(feature),
            None => errors.push(FieldError::new("features", format!("There is no feature called {typed}; choose from the list"))),
        }
    }
    let patch = SettingsPatch { name: Some(name), contact_email, features: Some(Features::new(&on)), ..SettingsPatch::default() };
    if errors.is_empty() { Ok(patch) } else { Err(errors) }
}

/// The form: proposes the change and goes on to its review.
///
/// # Errors
/// When the page cannot be loaded again to show what is wrong.
pub async fn post(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    let outcome = match read(&body) {
        Ok(patch) => {
            let proposed = Proposed::Settings { patch, version: Form::version_of(&body), below_use: false };
            visit.within(propose_change(id, proposed)).await
        }
        Err(errors) => Err(crate::api::error::ApiError::Invalid(errors)),
    };
    match outcome {
        Err(crate::api::error::ApiError::Invalid(errors)) => {
            let form = Form { errors, ..Form::of(id, &body) };
            Ok(Reply::Page { status: 422, html: view(&visit.frame, Model { tenant: Some(load(visit, id).await?), form }) })
        }
        outcome => Ok(answer(visit, id, Tab::Settings, outcome, |why| not_saved(visit, id, &body, why))),
    }
}

/// The page with what was typed, which was not saved. It reads nothing: the database may be away, or the person signed out.
#[must_use]
pub fn not_saved(visit: &Visit, id: Uuid, body: &FormBody, why: NotSaved) -> Reply {
    let status = why.status;
    let form = Form { not_saved: Some(why), ..Form::of(id, body) };
    Reply::Page { status, html: view(&visit.frame, Model { tenant: None, form }) }
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let name = model.tenant.as_ref().map(|tenant| tenant.name.clone()).unwrap_or_default();
    let title = if name.is_empty() { "Settings".to_owned() } else { format!("Settings, {name}") };
    let about = About::page(title, Place::Tenants).of_tenant(&name).wrong_if(model.form.is_wrong());
    wizard_page(frame, &about, move || main(frame, name, model))
}

fn text(field: &'static str, label: &'static str, hint: &'static str, kind: &'static str, form: &Form, may: bool) -> AnyView {
    let value = value_of(&form.values, field);
    let error = error_of(&form.errors, field);
    let wrong = error.is_some();
    let described = if wrong { format!("{field}-hint {field}-error") } else { format!("{field}-hint") };
    let error = error.map(|message| error_line(field, message).draw());
    view! {
        <div class=if wrong { "field wrong" } else { "field" }>
            <label for=field>{label}</label>
            <p class="hint" id=format!("{field}-hint")>{hint}</p>
            {error}
            <input class="w-l" id=field name=field type=kind value=value readonly=!may autocomplete="off" aria-invalid=wrong.then_some("true") aria-describedby=described/>
        </div>
    }
    .into_any()
}

fn main(frame: &Frame, name: String, model: Model) -> impl IntoView + use<> {
    let Model { tenant, form } = model;
    let (id, version) = (form.tenant, form.version);
    let may = frame.may(Permission::TenantConfigure) || form.not_saved.is_some();
    let head = PageHead {
        crumbs: crumbs(id, &name, "Settings"),
        status: tenant.as_ref().map(|tenant| tenant_status(tenant.status).into_any()),
        ..PageHead::titled("Settings")
    };
    let tabs = tenant.is_some().then(|| tenant_tabs(frame, id, &name, Tab::Settings));
    let picks: Vec<_> = Feature::ALL
        .into_iter()
        .map(|feature| {
            let on = form.values.iter().any(|(field, value)| field == "features" && value == feature.as_str());
            let input = format!("feature-{}", feature.as_str());
            view! {
                <div class="pick">
                    <input type="checkbox" name="features" id=input.clone() value=feature.as_str() checked=on disabled=!may/>
                    <label for=input>{feature.label()}</label>
                </div>
            }
        })
        .collect();
    let features_error = error_of(&form.errors, "features").map(|message| error_line("features", message).draw());
    let end = may.then(|| end(id, version));
    let who = (!may).then(|| view! { <p class="s dim">{format!("To change these, ask {}.", Permission::TenantConfigure.who())}</p> });
    view! {
        {head.draw()}
        {tabs}
        {form.not_saved.clone().map(|why| why.draw(&frame.request_id))}
        <form class="stack" method="post" action=Tab::Settings.of(id) novalidate>
            {problem(&form.errors)}
            {who}
            <input type="hidden" name="version" value=version.to_string()/>
            {text("name", "Name of the organisation", "As its people read it: on the sign-in page, in mails, on its dashboard.", "text", &form, may)}
            {text("contact_email", "Contact", "The first administrator. A new contact is invited by mail; whoever was it before keeps the account.", "email", &form, may)}
            <fieldset class="field" id="features">
                <legend>"Features"</legend>
                <p class="hint">"What runs in the tenant’s namespace reads there which modules are on."</p>
                {features_error}
                {picks}
            </fieldset>
            {end}
        </form>
    }
}
