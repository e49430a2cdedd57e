//! First page of the wizard: the organisation.

use super::{KEPT, NotSaved, crumbs, draft_status, error_pairs, pressed, value_pairs, wizard_page};
use crate::api::error::ApiError;
use crate::api::tenants::{Save, save_organisation};
use crate::components::head::PageHead;
use crate::components::path::{Page, path};
use crate::components::problem::problem;
use crate::frame::{About, Frame, Place};
use crate::islands::Pairs;
use crate::islands::organisation::OrganisationFields;
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_core::access::{CreateTenants, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::draft;
use steward_domain::field::FieldError;
use steward_domain::onboarding::OrganisationForm;
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The draft, once there is one.
    pub draft: Option<Uuid>,
    /// When it was last saved.
    pub saved_at: Option<DateTime<Utc>>,
    /// What was typed.
    pub values: OrganisationForm,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// The resellers to choose from: short name and name.
    pub resellers: Pairs,
    /// Why it was not saved.
    pub not_saved: Option<NotSaved>,
}

/// The fields of this page, by the names that errors give them.
pub(super) const FIELDS: [&str; 4] = ["name", "short_name", "contact_email", "reseller"];

/// The page: empty, or of a draft.
///
/// # Errors
/// When the person may not, or there is no such draft.
pub async fn get(visit: &Visit, id: Option<Uuid>) -> Result<Reply, Error> {
    match (load(visit, id).await, id) {
        // Created meanwhile, or never there: the tenant's page knows.
        (Err(Error::NotFound(_)), Some(id)) => Ok(Reply::see_other(format!("/tenants/{id}"))),
        (model, _) => Ok(Reply::page(view(&visit.frame, model?))),
    }
}

async fn load(visit: &Visit, id: Option<Uuid>) -> Result<Model, Error> {
    let services = &visit.services;
    let authority = demand::<CreateTenants>(&services.database, &visit.frame.actor).await?;
    let read = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    let resellers = services.resellers.of(&services.database, &read, visit.frame.now).await?;
    let resellers = resellers.iter().map(|reseller| (reseller.short_name.clone(), reseller.name.clone())).collect();
    let found = match id {
        Some(id) => Some(draft(&services.database, &authority, id).await?),
        None => None,
    };
    Ok(Model {
        draft: id,
        saved_at: found.as_ref().map(|found| found.saved_at),
        values: found.map(|found| found.draft.organisation).unwrap_or_default(),
        errors: Vec::new(),
        resellers,
        not_saved: None,
    })
}

/// What the form sends.
fn read(body: &FormBody) -> OrganisationForm {
    OrganisationForm {
        name: value_of(body, "name"),
        short_name: value_of(body, "short_name"),
        contact_email: value_of(body, "contact_email"),
        reseller: value_of(body, "reseller"),
    }
}

/// The form.
///
/// # Errors
/// When the page cannot be loaded again to show what is wrong.
pub async fn post(visit: &Visit, id: Option<Uuid>, body: FormBody) -> Result<Reply, Error> {
    let values = read(&body);
    let save = pressed(&body);
    match visit.within(save_organisation(id, values.clone(), save)).await {
        Ok(_) if save == Save::ForLater => Ok(Reply::done("/tenants?status=draft", KEPT)),
        Ok(id) => Ok(Reply::see_other(Page::Settings.of(id))),
        Err(ApiError::Invalid(errors)) => {
            let model = Model { values, errors, ..load(visit, id).await? };
            Ok(Reply::Page { status: 422, html: view(&visit.frame, model) })
        }
        Err(error) => Ok(match NotSaved::of(error) {
            Ok(why) => not_saved(visit, id, &body, why),
            Err(error) => failed(visit, error),
        }),
    }
}

/// The page with what was typed, which was not saved. It reads nothing: the database may be away, or the person signed out.
#[must_use]
pub fn not_saved(visit: &Visit, id: Option<Uuid>, body: &FormBody, why: NotSaved) -> Reply {
    let status = why.status;
    let model = Model { draft: id, values: read(body), not_saved: Some(why), ..Model::default() };
    Reply::Page { status, html: view(&visit.frame, model) }
}

/// The page of a draft that was refused later on, with what is wrong at its fields.
///
/// # Errors
/// When the draft cannot be loaded.
pub(super) async fn refused(visit: &Visit, id: Uuid, errors: Vec<FieldError>) -> Result<Reply, Error> {
    let model = Model { errors, ..load(visit, Some(id)).await? };
    Ok(Reply::Page { status: 422, html: view(&visit.frame, model) })
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let wrong = !model.errors.is_empty() || model.not_saved.is_some();
    let about = About::with_islands("Organisation, onboard a tenant", Place::Tenants).wrong_if(wrong);
    let (base_domain, request_id) = (frame.site.base_domain.clone(), frame.request_id.clone());
    wizard_page(frame, &about, move || {
        let Model { draft, saved_at, values, errors, resellers, not_saved } = model;
        let status = not_saved.is_none().then(|| draft_status(saved_at));
        let head = PageHead { crumbs: crumbs(), status, ..PageHead::titled("Organisation") };
        let OrganisationForm { name, short_name, contact_email, reseller } = values;
        let values = value_pairs([("name", name), ("short_name", short_name), ("contact_email", contact_email), ("reseller", reseller)]);
        let action = draft.map_or_else(|| "/tenants/new".to_owned(), |draft| Page::Organisation.of(draft));
        view! {
            {head.draw()}
            {path(Page::Organisation, draft)}
            {not_saved.map(|why| why.draw(&request_id))}
            <form action=action method="post" novalidate>
                <div class="cols">{problem(&errors)}<OrganisationFields values errors=error_pairs(&errors) resellers base_domain/></div>
            </form>
        }
    })
}
