//! Pages for what went wrong: what happened, what to do, a code, the request, the time. Inside the shell for a signed-in person.
//! They never show what belongs to the log.

use crate::api::error::{ApiError, status_of};
use crate::components::facts::fact;
use crate::components::icon::{Icon, icon};
use crate::components::time::date_time;
use crate::frame::{About, Frame, Place, bare_page, page as framed};
use crate::visit::{Reply, Visit};
use leptos::prelude::*;
use steward_core::error::Error;

/// What an error page says.
#[derive(Clone, Debug)]
pub struct Model {
    /// AREA-number.
    pub code: String,
    /// What happened.
    pub title: String,
    /// What was fine and what to do.
    pub message: String,
    /// The link that helps most, and its words.
    pub act: (String, String),
}

/// The title of a page with that status.
#[must_use]
pub const fn title_of(status: u16) -> &'static str {
    match status {
        400 => "The request was not understood",
        401 => "You are not signed in",
        403 => "Your roles do not allow this",
        404 => "There is no such page",
        405 => "This address does not take that",
        409 => "It does not fit what is there now",
        413 => "That is too much at once",
        422 => "Something typed is not right",
        502 => "A system answered with an error",
        503 => "A system does not answer",
        504 => "It took too long",
        _ => "Something is wrong on our side",
    }
}

/// Where to go from a page with that status.
fn act_of(visit: &Visit, status: u16) -> (String, String) {
    match status {
        401 => ("/auth/sign-in".to_owned(), "Sign in".to_owned()),
        500..=599 if visit.frame.path_and_query.starts_with('/') && !visit.frame.path_and_query.starts_with("//") => {
            (visit.frame.path_and_query.clone(), "Try again".to_owned())
        }
        _ => ("/".to_owned(), "Go to tenants".to_owned()),
    }
}

/// An error of core as its page.
#[must_use]
pub fn reply(visit: &Visit, error: &Error) -> Reply {
    let status = status_of(error);
    let title = match error {
        Error::NotFound(what) => format!("There is no such {what}"),
        _ => title_of(status).to_owned(),
    };
    Reply::Page { status, html: page(visit, status, error.code(), &title, &error.message()) }
}

/// What a server function answered, as a page. Errors at fields belong to the form's own page; here they are listed in words.
#[must_use]
pub fn failed(visit: &Visit, error: ApiError) -> Reply {
    let (status, code, message) = match error {
        ApiError::Invalid(errors) => {
            (422, "APP-422".to_owned(), errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(". "))
        }
        ApiError::PlanChanged(_) => (
            409,
            "TEN-409".to_owned(),
            "Settings or a system changed since you reviewed the plan. Nothing ran. Review the new plan.".to_owned(),
        ),
        ApiError::Failed { status, code, message } => (status, code, message),
    };
    Reply::Page { status, html: page(visit, status, &code, title_of(status), &message) }
}

/// A page for any status.
#[must_use]
pub fn page(visit: &Visit, status: u16, code: &str, title: &str, message: &str) -> String {
    let model = Model { code: code.to_owned(), title: title.to_owned(), message: message.to_owned(), act: act_of(visit, status) };
    view(&visit.frame, model)
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let about = About::page(model.title.clone(), Place::Elsewhere);
    if frame.session.is_some() {
        framed(frame, &about, || view! { <div class="apart">{body(frame, model)}</div> })
    } else {
        bare_page(frame, &about, || body(frame, model))
    }
}

pub(crate) fn body(frame: &Frame, model: Model) -> impl IntoView + use<> {
    let Model { code, title, message, act: (href, words) } = model;
    view! {
        <p class="code">{icon(Icon::Warn)}<code>{code.clone()}</code></p>
        <h1>{title}</h1>
        <p class="lede">{message}</p>
        <p class="acts"><a class="btn primary" href=href>{words}</a></p>
        <hr/>
        <h2>"If it stays like this"</h2>
        <p class="s dim">"Ask Support and give the code and the request below."</p>
        <dl class="facts ruled">
            {fact("Code", view! { <code class="id">{code}</code> })}
            {fact("Request", view! { <code class="id">{frame.request_id.clone()}</code> })}
            {fact("Time", date_time(frame.now))}
        </dl>
    }
}
