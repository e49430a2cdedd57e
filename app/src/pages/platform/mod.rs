//! The platform: each system's health, latency, queue and head-room, the processes that work, and the switch that stops destructive work.

mod rows;
mod switch;

use crate::api::error::ApiError;
use crate::api::platform::{pause_destruction, resume_destruction};
use crate::components::head::PageHead;
use crate::components::icon::{Icon, icon};
use crate::components::notice::note;
use crate::components::problem::problem;
use crate::components::status::Tone;
use crate::components::time::clock;
use crate::frame::{About, Frame, Place};
use crate::pages::error::failed;
use crate::pages::tenants::wizard::{NotSaved, wizard_page};
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Permission, ReadPlatform, demand};
use steward_core::error::Error;
use steward_core::operations::{Overview, overview};
use steward_core::platform::MINUTES;
use steward_core::provisioning::CellGauge;
use steward_domain::field::FieldError;

const PATH: &str = "/platform";

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The platform and the cells of Keycloak; not read for a form that was not saved.
    pub loaded: Option<(Overview, Vec<CellGauge>)>,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// Why it was not saved.
    pub not_saved: Option<NotSaved>,
}

async fn load(visit: &Visit) -> Result<(Overview, Vec<CellGauge>), Error> {
    let services = &visit.services;
    let authority = demand::<ReadPlatform>(&services.database, &visit.frame.actor).await?;
    let overview = overview(&services.database, &authority, services.provisioning.site().settings.capacity).await?;
    Ok((overview, services.provisioning.cells(&authority).await?))
}

/// The page.
///
/// # Errors
/// When the person may not see the platform, or the database fails.
pub async fn get(visit: &Visit) -> Result<Reply, Error> {
    let model = Model { loaded: Some(load(visit).await?), ..Model::default() };
    Ok(Reply::page(view(&visit.frame, model)))
}

/// The form that pauses destructive work. Wrong input comes back on the page, with what was typed.
///
/// # Errors
/// When the page cannot be loaded again.
pub async fn pause(visit: &Visit, body: &FormBody) -> Result<Reply, Error> {
    let reason = value_of(body, "reason");
    match visit.within(pause_destruction(reason.clone())).await {
        Ok(()) => Ok(Reply::done(PATH, "Destructive work is paused. What is under way comes to its end; nothing else begins.")),
        Err(ApiError::Invalid(errors)) => {
            let model = Model { loaded: Some(load(visit).await?), reason, errors, not_saved: None };
            Ok(Reply::Page { status: 422, html: view(&visit.frame, model) })
        }
        Err(error) => Ok(match NotSaved::of(error) {
            Ok(why) => not_saved(visit, body, why),
            Err(error) => failed(visit, error),
        }),
    }
}

/// The page with what was typed, which was not saved. It reads nothing: the database may be away, or the person signed out.
#[must_use]
pub fn not_saved(visit: &Visit, body: &FormBody, why: NotSaved) -> Reply {
    let status = why.status;
    let model = Model { reason: value_of(body, "reason"), not_saved: Some(why), ..Model::default() };
    Reply::Page { status, html: view(&visit.frame, model) }
}

/// The button that lets destructive work go on.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn resume(visit: &Visit) -> Result<Reply, Error> {
    Ok(match visit.within(resume_destruction()).await {
        Ok(()) => Reply::done(PATH, "Destructive work goes on."),
        Err(error) => failed(visit, error),
    })
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let wrong = model.not_saved.is_some() || !model.errors.is_empty();
    let about = About::page("Platform", Place::Platform).wrong_if(wrong);
    wizard_page(frame, &about, move || main(frame, model))
}

fn main(frame: &Frame, model: Model) -> impl IntoView + use<> {
    let Model { loaded, reason, errors, not_saved } = model;
    let (overview, cells) = loaded.map_or((None, Vec::new()), |(overview, cells)| (Some(overview), cells));
    let may = frame.may(Permission::DestructionPause) || not_saved.is_some();
    let may_see_cells = frame.may(Permission::SystemOpen);
    let head = PageHead {
        under: overview.as_ref().map(|overview| {
            let processes = match overview.processes.len() {
                1 => "1 process".to_owned(),
                count => format!("{count} processes"),
            };
            view! { <span>{format!("Calls of the last {MINUTES} minutes, measured by {processes}. As of ")}{clock(overview.seen_at)}</span> }.into_any()
        }),
        acts: overview.as_ref().map(|_| {
            let cells = may_see_cells.then(|| view! { <a class="btn quiet" href="/platform/cells">"Keycloak cells"</a> });
            view! { {cells}<a class="btn" href=PATH>{icon(Icon::Retry)}"Refresh"</a> }.into_any()
        }),
        ..PageHead::titled("Platform")
    };
    let pause = overview.as_ref().and_then(|overview| overview.pause.clone().map(|pause| (pause, overview.destructive_steps)));
    let paused = pause.map(|(pause, held)| switch::paused(frame, pause, held));
    let form = paused.is_none().then(|| switch::form(may, reason, &errors));
    let measured = overview.map(|overview| {
        let silent = overview.processes.is_empty().then(|| {
            let body = view! { <p>"No process of Steward reported in the last seconds: none works on runs, and nothing is known of the systems."</p> };
            view! { <div class="sec" role="alert">{note(Tone::Bad, Icon::Stop, "No process works", body)}</div> }
        });
        view! { {silent}{rows::systems(&overview, &cells)}{rows::processes(&overview)} }
    });
    view! {
        {head.draw()}
        {not_saved.map(|why| why.draw(&frame.request_id))}
        {problem(&errors)}
        {paused}
        {measured}
        {form}
    }
}
