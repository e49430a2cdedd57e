//! Second page of the wizard: domain and limits, region, features.

use super::{KEPT, crumbs, draft_status, error_pairs, pressed, value_pairs};
use crate::api::error::ApiError;
use crate::api::tenants::{Save, save_settings};
use crate::components::facts::{fact, fact_code};
use crate::components::head::PageHead;
use crate::components::path::{Page, path};
use crate::components::problem::problem;
use crate::frame::{About, Frame, Place, page};
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
    /// When it was last saved.
    pub saved_at: DateTime<Utc>,
    /// The page before, as typed.
    pub organisation: OrganisationForm,
    /// What was typed.
    pub values: SettingsForm,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
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
        saved_at: found.saved_at,
        organisation: found.draft.organisation,
        values: found.draft.settings.unwrap_or_default(),
        errors: Vec::new(),
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
        Err(error) => Ok(failed(visit, error)),
    }
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let about = About::with_islands("Domain and limits, onboard a tenant", Place::Tenants).wrong_if(!model.errors.is_empty());
    let base_domain = frame.site.base_domain.clone();
    page(frame, &about, move || {
        let Model { draft, saved_at, organisation, values, errors } = model;
        let head = PageHead { crumbs: crumbs(), status: Some(draft_status(Some(saved_at))), ..PageHead::titled("Domain and limits") };
        let back = Page::Organisation.of(draft);
        let names = ShortName::parse(&organisation.short_name).ok().map(|short_name| Names::of(&short_name, &base_domain));
        let domain = match names {
            Some(names) => fact_code("Domain", names.domain).into_any(),
            None => fact("Domain", view! { "none yet: "<a href=back.clone()>"choose a short name"</a> }).into_any(),
        };
        let SettingsForm { cpu, memory_gib, storage_gib, gpu, region, features } = values;
        let mut values =
            value_pairs([("cpu", cpu), ("memory_gib", memory_gib), ("storage_gib", storage_gib), ("gpu", gpu), ("region", region)]);
        values.extend(features.into_iter().map(|feature| ("features".to_owned(), feature)));
        let usual = Limits::default_for(false);
        let defaults = format!("A new tenant starts with {}. With AI and automation, 1 GPU is usual.", usual.sentence());
        view! {
            {head.draw()}
            {path(Page::Settings, Some(draft))}
            <form action=Page::Settings.of(draft) method="post" novalidate>
                <div class="cols">
                    {problem(&errors)}
                    <div><SettingsFields values errors=error_pairs(&errors) back/></div>
                    <aside class="stack" aria-labelledby="for-whom">
                        <section class="panel tint">
                            <h2 id="for-whom">{if organisation.name.trim().is_empty() { "This tenant".to_owned() } else { organisation.name.clone() }}</h2>
                            <dl class="facts tall">{domain}{fact("Contact", organisation.contact_email)}</dl>
                        </section>
                        <p class="s faint">{defaults}</p>
                        <p class="s faint">"Limits become the quota of its namespace. Nothing is made until you press Create on the last page."</p>
                    </aside>
                </div>
            </form>
        }
    })
}
