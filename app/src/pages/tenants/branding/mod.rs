//! The branding of a tenant: colours, logo, font, layout, dark mode; a preview of what was typed; the versions that were.
//!
//! Everything works as one ordinary form with a few buttons: *Save branding* proposes the change, *Preview* comes back with what was
//! typed and how it looks, *Use #967103* does the same with the colour that was offered. `branding.js` only presses *Preview* by itself.

pub mod compare;
mod fields;
mod versions;

use super::proposing::{crumbs, review_path};
use super::wizard::{NotSaved, wizard_page};
use crate::api::changes::{Proposed, propose_change};
use crate::api::error::ApiError;
use crate::components::head::PageHead;
use crate::components::icon::Icon;
use crate::components::problem::problem;
use crate::components::status::{Tone, chip, status};
use crate::components::tenant_tabs::{Tab, tenant_tabs};
use crate::frame::{About, Frame, Place};
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Upload, Visit};
use fields::Fields;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use steward_core::access::{Authority, ConfigureTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::theme::{Heading, StoredLogo, Surface, Themes, logo, store_logo, surface, surface_properties, themes, version};
use steward_domain::change::SettingsPatch;
use steward_domain::contrast::Colour;
use steward_domain::field::FieldError;
use steward_domain::theme::{Scheme, Theme, ThemeError, ThemeForm};
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The tenant.
    pub id: Uuid,
    /// Its name, its theme and those before it; nothing is read for a form that was not saved.
    pub themes: Option<Themes>,
    /// The version of the settings upon which this form was begun.
    pub settings_version: i64,
    /// What was typed.
    pub values: ThemeForm,
    /// The logo that it names.
    pub logo: Option<StoredLogo>,
    /// What is wrong with it.
    pub errors: Vec<ThemeError>,
    /// Why it was not saved.
    pub not_saved: Option<NotSaved>,
}

/// The page.
///
/// # Errors
/// When the person may not, or there is no such tenant.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let authority = demand::<ConfigureTenants>(&visit.services.database, &visit.frame.actor).await?;
    let themes = themes(&visit.services.database, &authority, id).await?;
    let values = ThemeForm::from(themes.current.clone());
    let logo = logo(&visit.services.database, &authority, id, &values.logo).await?;
    let settings_version = themes.tenant_version;
    let model = Model { id, themes: Some(themes), settings_version, values, logo, errors: Vec::new(), not_saved: None };
    Ok(Reply::page(view(&visit.frame, model)?))
}

/// What the form sends.
fn read(body: &FormBody) -> ThemeForm {
    let text = |name: &str| value_of(body, name);
    let without_logo = !text("no_logo").is_empty();
    ThemeForm {
        primary: text("primary"),
        secondary: text("secondary"),
        font: text("font"),
        layout: text("layout"),
        dark_mode: text("dark_mode"),
        logo: if without_logo { String::new() } else { text("logo") },
    }
}

/// Puts the colour that was offered where it belongs. Whether that was asked for.
fn use_offered(values: &mut ThemeForm, body: &FormBody) -> bool {
    for (name, field) in [("use_primary", &mut values.primary), ("use_secondary", &mut values.secondary)] {
        if let Some(colour) = Colour::parse(&value_of(body, name)) {
            *field = colour.to_string();
            return true;
        }
    }
    false
}

/// The form.
///
/// # Errors
/// When the person may not, there is no such tenant, or the page cannot be drawn again.
pub async fn post(visit: &Visit, id: Uuid, body: &FormBody, file: Option<Upload>) -> Result<Reply, Error> {
    let database = &visit.services.database;
    let authority = demand::<ConfigureTenants>(database, &visit.frame.actor).await?;
    let themes = themes(database, &authority, id).await?;
    let mut values = read(body);
    let offer_taken = use_offered(&mut values, body);
    let (stored, not_stored) = upload(visit, &authority, id, file).await?;
    let logo = match stored {
        Some(stored) => Some(stored),
        None => logo(database, &authority, id, &values.logo).await?,
    };
    if let Some(logo) = &logo {
        values.logo.clone_from(&logo.logo.hash);
    }
    let checked = values.check(logo.as_ref().map(|logo| &logo.logo));
    let not_stored = not_stored.into_iter().map(|error| ThemeError { error, offer: None });
    // A form that lost its number was begun upon what is there now.
    let settings_version = value_of(body, "version").parse().unwrap_or(themes.tenant_version);
    let saves = !offer_taken && !value_of(body, "save").is_empty();
    let model = |errors, values| Model { id, themes: Some(themes), settings_version, values, logo, errors, not_saved: None };
    let errors: Vec<ThemeError> = checked.clone().err().into_iter().flatten().chain(not_stored).collect();
    let theme = match checked {
        Ok(theme) if saves && errors.is_empty() => theme,
        _ => {
            let status = if errors.is_empty() { 200 } else { 422 };
            return Ok(Reply::Page { status, html: view(&visit.frame, model(errors, values))? });
        }
    };
    match propose(visit, id, settings_version, theme).await {
        Ok(reply) => Ok(reply),
        Err(ApiError::Invalid(errors)) => {
            let errors = errors.into_iter().map(|error| ThemeError { error, offer: None }).collect();
            Ok(Reply::Page { status: 422, html: view(&visit.frame, model(errors, values))? })
        }
        Err(error) => match NotSaved::of(error) {
            Ok(why) => not_saved(visit, id, body, why),
            Err(error) => Ok(failed(visit, error)),
        },
    }
}

/// Proposes a theme: on to its review, or back if it is in use already.
async fn propose(visit: &Visit, id: Uuid, version: i64, theme: Theme) -> Result<Reply, ApiError> {
    let patch = SettingsPatch { theme: Some(theme), ..SettingsPatch::default() };
    match visit.within(propose_change(id, Proposed::Settings { patch, version, below_use: false })).await {
        Ok(change) => Ok(Reply::see_other(review_path(id, change))),
        Err(ApiError::Failed { code, message, .. }) if code == "TEN-414" => Ok(Reply::done(Tab::Branding.of(id), message)),
        Err(error) => Err(error),
    }
}

/// Keeps the file, if one came: what is kept, or what is wrong with it.
async fn upload(
    visit: &Visit,
    authority: &Authority<ConfigureTenants>,
    id: Uuid,
    file: Option<Upload>,
) -> Result<(Option<StoredLogo>, Vec<FieldError>), Error> {
    let Some(file) = file else { return Ok((None, Vec::new())) };
    match store_logo(&visit.services.database, authority, id, &file.name, &file.bytes).await {
        Ok(stored) => Ok((Some(stored), Vec::new())),
        Err(Error::Invalid(errors)) => Ok((None, errors)),
        Err(error) => Err(error),
    }
}

/// The button beside a version: proposes its theme again.
///
/// # Errors
/// When the person may not, or there is no such tenant or version.
pub async fn bring_back(visit: &Visit, id: Uuid, body: &FormBody) -> Result<Reply, Error> {
    let database = &visit.services.database;
    let authority = demand::<ConfigureTenants>(database, &visit.frame.actor).await?;
    let number = value_of(body, "number").parse().map_err(|_| Error::NotFound("version"))?;
    let theme = version(database, &authority, id, number).await?.theme;
    let now = themes(database, &authority, id).await?.tenant_version;
    let settings_version = value_of(body, "version").parse().unwrap_or(now);
    Ok(propose(visit, id, settings_version, theme).await.unwrap_or_else(|error| failed(visit, error)))
}

/// The page with what was typed, which was not saved. It reads nothing: the database may be away, or the person signed out.
///
/// # Errors
/// When the page cannot be drawn.
pub fn not_saved(visit: &Visit, id: Uuid, body: &FormBody, why: NotSaved) -> Result<Reply, Error> {
    let status = why.status;
    let model = Model {
        id,
        themes: None,
        settings_version: value_of(body, "version").parse().unwrap_or_default(),
        values: read(body),
        logo: None,
        errors: Vec::new(),
        not_saved: Some(why),
    };
    Ok(Reply::Page { status, html: view(&visit.frame, model)? })
}

/// Draws the page.
///
/// # Errors
/// When a preview cannot be drawn: a mistake of ours.
pub fn view(frame: &Frame, model: Model) -> Result<String, Error> {
    let wrong = !model.errors.is_empty() || model.not_saved.is_some();
    let in_use = model.themes.as_ref().map(|themes| themes.current.clone()).unwrap_or_default();
    let shown = model.values.nearest(&in_use, model.logo.as_ref().map(|logo| &logo.logo));
    let name = model.themes.as_ref().map_or("this tenant", |themes| themes.tenant_name.as_str()).to_owned();
    let figures = figures(&shown, &name)?;
    let title = format!("Branding of {name}");
    let about = About {
        style: Some(surface_properties(&shown)),
        module: Some(frame.site.assets.branding.clone()),
        tenant: model.themes.as_ref().map(|themes| themes.tenant_name.clone()),
        ..About::page(title, Place::Tenants).wrong_if(wrong)
    };
    let (request_id, now) = (frame.request_id.clone(), frame.now);
    let main = move || {
        let Model { id, themes, settings_version, values, logo, errors, not_saved } = model;
        let unsaved = themes.is_some() && (wrong || shown != in_use);
        let head = PageHead {
            crumbs: crumbs(id, if themes.is_some() { &name } else { "" }, "Branding"),
            status: themes.as_ref().map(|themes| state(themes, unsaved)),
            under: Some(view! { <span>"For its sign-in page, its pages here and the mails to its people."</span> }.into_any()),
            ..PageHead::titled("Branding")
        };
        let tabs = themes.as_ref().map(|_| tenant_tabs(frame, id, &name, Tab::Branding));
        let plain: Vec<FieldError> = errors.iter().map(|error| error.error.clone()).collect();
        let stays = themes.as_ref().map_or_else(String::new, |themes| match themes.versions.first() {
            Some(latest) => format!("Version {} stays until you apply the change on the next page.", latest.version),
            None => "The defaults stay until you apply the change on the next page.".to_owned(),
        });
        let heading = preview_heading(&shown, &values);
        view! {
            {head.draw()}
            {tabs}
            {not_saved.map(|why| why.draw(&request_id))}
            <div class="cols even">
                <form method="post" action=Tab::Branding.of(id) enctype="multipart/form-data" novalidate data-preview="">
                    {problem(&plain)}
                    // The first button of a form is the one that Enter presses: it must not be one that changes a colour.
                    <button class="vh" type="submit" name="preview" value="1" tabindex="-1" aria-hidden="true">"Preview"</button>
                    <input type="hidden" name="version" value=settings_version/>
                    {Fields { values, logo, errors, in_use }.draw()}
                    <div class="formend">
                        <button class="btn primary" type="submit" name="save" value="1">"Save branding"</button>
                        <button class="btn" type="submit" name="preview" value="1">"Preview"</button>
                        <a class="btn quiet" href=Tab::Branding.of(id)>"Discard"</a>
                        <span class="faint">{stays}</span>
                    </div>
                </form>
                <div class="stack">
                    <section class="sec" id="preview">
                        <header><h2>{heading}</h2><span>"Drawn by the same code as its pages and mails"</span></header>
                        <div class="stack previews">{figures}</div>
                    </section>
                    {themes.map(|themes| versions::section(id, &themes, now))}
                </div>
            </div>
        }
    };
    Ok(wizard_page(frame, &about, main))
}

/// "Version 7 in use", and whether something else is typed.
fn state(themes: &Themes, unsaved: bool) -> AnyView {
    let status = match themes.versions.first() {
        Some(latest) => status(Tone::Ok, Icon::Dot, &format!("Version {} in use", latest.version)),
        None => status(Tone::Idle, Icon::Ring, "Defaults in use"),
    };
    let chip = unsaved.then(|| chip(Tone::Idle, Icon::Ring, "Unsaved changes"));
    view! { {status}<span class="chips">{chip}</span> }.into_any()
}

/// What is shown instead of what was typed, if it could not be read.
fn preview_heading(shown: &Theme, values: &ThemeForm) -> String {
    let instead: Vec<String> = [(shown.primary, &values.primary), (shown.secondary, &values.secondary)]
        .into_iter()
        .filter(|(shown, typed)| Colour::parse(typed) != Some(*shown))
        .map(|(shown, _)| shown.to_string())
        .collect();
    if instead.is_empty() { "Preview".to_owned() } else { format!("Preview with {}", instead.join(" and ")) }
}

fn figures(shown: &Theme, name: &str) -> Result<Vec<AnyView>, Error> {
    let content = Surface::sign_in(name, Heading::Third, None, None);
    let mut figures = Vec::new();
    for scheme in Scheme::ALL {
        if scheme == Scheme::Dark && !shown.has_dark() {
            figures.push(view! { <p class="s faint">"Dark: none. Its pages and mails stay light on every device."</p> }.into_any());
            continue;
        }
        let drawn = InertElement::new(surface(shown, scheme, &content)?);
        figures.push(view! { <figure><figcaption class="s faint">{scheme.label()}</figcaption>{drawn}</figure> }.into_any());
    }
    Ok(figures)
}
