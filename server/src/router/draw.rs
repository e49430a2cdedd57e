//! Errors, refusals and failed sign-ins as responses: a page of the console for people, a problem document for programs.

use super::arrival::Arrival;
use super::page::{Asked, Kept, see_other, wants_json};
use super::problem_page::words;
use super::visitor::{self, Act, Turned};
use super::{cookies, last_resort};
use crate::api::problem;
use crate::sign_in::{Failure, local_path};
use crate::steward::Steward;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use cookie::time::Duration;
use steward_app::pages;
use steward_app::pages::signed_out::AtKeycloak;
use steward_app::pages::tenants::wizard::NotSaved;
use steward_app::visit::{Reply, Visit};
use steward_core::audit::{Action, Class, Entry, Outcome};
use steward_core::error::Error;

/// An error of core as its page. The log's half goes to the log and nowhere else.
pub(super) fn error(visit: &Visit, error: &Error) -> Response {
    if let Some(log) = error.log() {
        tracing::error!(code = error.code(), "{log}");
    }
    drawn(pages::error::reply(visit, error))
}

/// An error of core as its page, for whoever asks.
pub(crate) async fn error_page(steward: &Steward, arrival: &Arrival, headers: &HeaderMap, failed: &Error) -> Response {
    error(&visitor::whoever(steward, arrival, headers).await, failed)
}

/// A status with words: a page, or a problem document for those who want JSON.
pub(super) fn problem(visit: &Visit, status: StatusCode, code: &str, title: &str, message: &str, headers: &HeaderMap) -> Response {
    if wants_json(visit.frame.path(), headers) {
        return problem::document(status, code, message, visit.frame.path(), &visit.frame.request_id);
    }
    (status, Html(pages::error::page(visit, status.as_u16(), code, title, message))).into_response()
}

/// Somebody was not let in.
pub(crate) async fn turned_away(steward: &Steward, arrival: &Arrival, headers: &HeaderMap, turned: Turned, act: Act) -> Response {
    let visit = visitor::anonymous(steward, arrival, headers);
    let json = wants_json(visit.frame.path(), headers);
    let failure = match turned {
        Turned::Broken(error) => {
            tracing::error!(code = error.code(), "{}", error.log().unwrap_or_default());
            let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, "APP-503");
            if json {
                return last_resort::document(status, code, &arrival.request_id, visit.frame.path());
            }
            return last_resort::response(status, code, &arrival.request_id, Some(&steward.services.site.assets.stylesheet));
        }
        Turned::KeycloakAway => {
            let (code, title, message) = words(StatusCode::SERVICE_UNAVAILABLE);
            return problem(
                &visitor::whoever(steward, arrival, headers).await,
                StatusCode::SERVICE_UNAVAILABLE,
                code,
                title,
                message,
                headers,
            );
        }
        Turned::SignedOut if !act.changes() && !json => {
            let query = serde_urlencoded::to_string([("return_to", &arrival.path_and_query)]).unwrap_or_default();
            return see_other(&format!("/auth/sign-in?{query}"));
        }
        Turned::SignedOut => Failure::NoSession,
        Turned::Ended => Failure::EndedByKeycloak,
    };
    let mut response = if json {
        problem::document(failure.status(), failure.code(), failure.message(), visit.frame.path(), &visit.frame.request_id)
    } else {
        failed(&visit, failure, &local_path(steward, Some(&arrival.path_and_query)))
    };
    cookies::clear(&mut response, cookies::SESSION);
    response
}

/// Somebody's form was not taken because they were not let in. It comes back with what was typed, if it is one to type into.
pub(super) async fn form_turned_away(
    steward: &Steward,
    arrival: &Arrival,
    headers: &HeaderMap,
    turned: Turned,
    kept: Option<(Kept, Asked)>,
) -> Response {
    let program = wants_json(&arrival.path_and_query, headers);
    let Some((kept, asked)) = kept.filter(|_| !program) else {
        return turned_away(steward, arrival, headers, turned, Act::Change).await;
    };
    let visit = match turned {
        Turned::KeycloakAway => visitor::whoever(steward, arrival, headers).await,
        Turned::SignedOut | Turned::Ended | Turned::Broken(_) => visitor::anonymous(steward, arrival, headers),
    };
    let Ok(reply) = kept(&visit, &asked, not_saved(&turned)) else {
        return turned_away(steward, arrival, headers, turned, Act::Change).await;
    };
    let mut response = drawn(reply);
    match &turned {
        Turned::SignedOut | Turned::Ended => cookies::clear(&mut response, cookies::SESSION),
        Turned::Broken(error) => tracing::error!(code = error.code(), "{}", error.log().unwrap_or_default()),
        Turned::KeycloakAway => {}
    }
    response
}

/// Why a form was not saved, and what to do with it.
fn not_saved(turned: &Turned) -> NotSaved {
    let (status, code, title, message) = match turned {
        Turned::SignedOut | Turned::Ended => {
            let failure = if matches!(turned, Turned::Ended) { Failure::EndedByKeycloak } else { Failure::NoSession };
            (failure.status(), failure.code(), failure.title(), "Sign in again in another tab, then send this form again.")
        }
        Turned::KeycloakAway => {
            let (code, title, _) = words(StatusCode::SERVICE_UNAVAILABLE);
            let message = "Steward cannot read your roles, so nothing can be changed now. Send this form again in a few minutes.";
            (StatusCode::SERVICE_UNAVAILABLE, code, title, message)
        }
        Turned::Broken(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "APP-503", "Steward cannot reach its database", "Send this form again in a minute.")
        }
    };
    let sign_in = status == StatusCode::UNAUTHORIZED;
    NotSaved { status: status.as_u16(), code: code.to_owned(), title: title.to_owned(), message: message.to_owned(), sign_in }
}

/// A sign-in that did not work: its entry, then its page.
pub(crate) async fn not_signed_in(
    steward: &Steward,
    arrival: &Arrival,
    headers: &HeaderMap,
    failure: Failure,
    log: Option<&str>,
) -> Response {
    let visit = visitor::anonymous(steward, arrival, headers);
    let why = log.unwrap_or_default();
    tracing::info!(code = failure.code(), why, "a sign-in did not work");
    let entry = Entry {
        class: Class::Security,
        action: Action::SignIn,
        result: Outcome::Failed,
        tenant_id: None,
        object_kind: "sign-in",
        object_id: arrival.request_id.clone(),
        correlation: None,
        code: Some(failure.code().to_owned()),
        detail: serde_json::json!({ "why": why }),
    };
    if let Err(broken) = steward.database().record_alone(&visit.frame.actor, entry).await {
        return error(&visit, &broken);
    }
    let mut response = failed(&visit, failure, "/");
    if failure.asks_anew() {
        cookies::set(&mut response, cookies::ANEW, "1", Some(Duration::minutes(10)));
    }
    response
}

/// The page after signing out, with what became of Keycloak's own session if that is known.
pub(crate) fn signed_out(visit: &Visit, at_keycloak: Option<AtKeycloak>) -> Response {
    drawn(pages::signed_out::signed_out(visit, at_keycloak))
}

fn failed(visit: &Visit, failure: Failure, return_to: &str) -> Response {
    let page = pages::signed_out::Failed {
        status: failure.status().as_u16(),
        code: failure.code().to_owned(),
        what: failure.name().to_owned(),
        title: failure.title().to_owned(),
        lede: failure.message().to_owned(),
        advice: failure.advice().iter().map(|line| (*line).to_owned()).collect(),
        return_to: return_to.to_owned(),
    };
    drawn(pages::signed_out::failed(visit, page))
}

fn drawn(reply: Reply) -> Response {
    match reply {
        Reply::Page { status, html } => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Html(html)).into_response()
        }
        Reply::SeeOther { to, .. } => see_other(&to),
    }
}
