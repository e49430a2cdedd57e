//! Second page of the wizard: domain and limits, region, features.

use super::{KEPT, NotSaved, crumbs, draft_status, error_pairs, pressed, value_pairs, wizard_page};
use crate::api::error::ApiError;
use crate::api::tenants::{Save, save_settings};
use crate::components::facts::{fact, fact_code};
use crate::components::head::PageHead;
use crate::components::path::{Page, path};
use crate::components::problem::problem;
use crate::frame::{About, Frame, Place};
use crate::islands::settings::SettingsFields;
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_core::access::{CreateTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::draft;
use steward_domain::field::FieldError;
use steward_domain::limits::Limits;
use steward_domain::onboarding::{OrganisationForm, SettingsForm};
use steward_domain::resource::Names;
use steward_domain::short_name::ShortName;
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The draft.
    pub draft: Uuid,
    /// When it was last saved, and the page before, as typed; nothing of it is read for a page that was not saved.
    pub saved: Option<(DateTime<Utc>, OrganisationForm)>,
    /// What was typed.
    pub values: SettingsForm,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// Why it was not saved.
    pub not_saved: Option<NotSaved>,
}

/// The page.
///
/// # Errors
/// When the person may not, or there is no such draft.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    match load(visit, id).await {
        // Created meanwhile, or never there: the tenant's page knows.
        Err(Error::NotFound(_)) => Ok(Reply::see_other(format!("/tenants/{id}"))),
        model => Ok(Reply::page(view(&visit.frame, model?))),
    }
}

async fn load(visit: &Visit, id: Uuid) -> Result<Model, Error> {
    let services = &visit.services;
    let authority = demand::<CreateTenants>(&services.database, &visit.frame.actor).await?;
    let found = draft(&services.database, &authority, id).await?;
    Ok(Model {
        draft: id,
        saved: Some((found.saved_at, found.draft.organisation)),
        values: found.draft.settings.unwrap_or_default(),
        errors: Vec::new(),
        not_saved: None,
    })
}

/// What the form sends.
fn read(body: &FormBody) -> SettingsForm {
    SettingsForm {
        cpu: value_of(body, "cpu"),
        memory_gib: value_of(body, "memory_gib"),
        storage_gib: value_of(body, "storage_gib"),
        gpu: value_of(body, "gpu"),
        region: value_of(body, "region"),
        features: body.iter().filter(|(name, _)| name == "features").map(|(_, value)| value.clone()).collect(),
    }
}

/// The form.
///
/// # Errors
/// When the page cannot be loaded again to show what is wrong.
pub async fn post(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    let values = read(&body);
    let save = pressed(&body);
    match visit.within(save_settings(id, values.clone(), save)).await {
        Ok(()) if save == Save::ForLater => Ok(Reply::done("/tenants?status=draft", KEPT)),
        Ok(()) => Ok(Reply::see_other(Page::Review.of(id))),
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
pub fn not_saved(visit: &Visit, id: Uuid, body: &FormBody, why: NotSaved) -> Reply {
    let status = why.status;
    let model = Model { draft: id, saved: None, values: read(body), errors: Vec::new(), not_saved: Some(why) };
    Reply::Page { status, html: view(&visit.frame, model) }
}

/// The page of a draft that was refused later on, with what is wrong at its fields.
///
/// # Errors
/// When the draft cannot be loaded.
pub(super) async fn refused(visit: &Visit, id: Uuid, errors: Vec<FieldError>) -> Result<Reply, Error> {
    let model = Model { errors, ..load(visit, id).await? };
    Ok(Reply::Page { status: 422, html: view(&visit.frame, model) })
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let wrong = !model.errors.is_empty() || model.not_saved.is_some();
    let about = About::with_islands("Domain and limits, onboard a tenant", Place::Tenants).wrong_if(wrong);
    let (base_domain, request_id) = (frame.site.base_domain.clone(), frame.request_id.clone());
    wizard_page(frame, &about, move || {
        let Model { draft, saved, values, errors, not_saved } = model;
        let status = saved.as_ref().map(|(at, _)| draft_status(Some(*at)));
        let head = PageHead { crumbs: crumbs(), status, ..PageHead::titled("Domain and limits") };
        let back = Page::Organisation.of(draft);
        let aside = saved.map(|(_, organisation)| aside(organisation, &base_domain, back.clone()));
        let SettingsForm { cpu, memory_gib, storage_gib, gpu, region, features } = values;
        let mut values =
            value_pairs([("cpu", cpu), ("memory_gib", memory_gib), ("storage_gib", storage_gib), ("gpu", gpu), ("region", region)]);
        values.extend(features.into_iter().map(|feature| ("features".to_owned(), feature)));
        view! {
            {head.draw()}
            {path(Page::Settings, Some(draft))}
            {not_saved.map(|why| why.draw(&request_id))}
            <form action=Page::Settings.of(draft) method="post" novalidate>
                <div class="cols">
                    {problem(&errors)}
                    <div><SettingsFields values errors=error_pairs(&errors) back/></div>
                    {aside}
                </div>
            </form>
        }
    })
}

/// For whom it is, and what is usual.
fn aside(organisation: OrganisationForm, base_domain: &str, back: String) -> impl IntoView + use<> {
    let names = ShortName::parse(&organisation.short_name).ok().map(|short_name| Names::of(&short_name, base_domain));
    let domain = match names {
        Some(names) => fact_code("Domain", names.domain).into_any(),
        None => fact("Domain", view! { "none yet: "<a href=back>"choose a short name"</a> }).into_any(),
    };
    let usual = Limits::default_for(false);
    let defaults = format!("A new tenant starts with {}. With AI and automation, 1 GPU is usual.", usual.sentence());
    view! {
        <aside class="stack" aria-labelledby="for-whom">
            <section class="panel tint">
                <h2 id="for-whom">{if organisation.name.trim().is_empty() { "This tenant".to_owned() } else { organisation.name.clone() }}</h2>
                <dl class="facts tall">{domain}{fact("Contact", organisation.contact_email)}</dl>
            </section>
            <p class="s faint">{defaults}</p>
            <p class="s faint">"Limits become the quota of its namespace. Nothing is made until you press Create on the last page."</p>
        </aside>
    }
}
