//! Problem documents (RFC 9457). They say what the person's half of an error says, and nothing of the log's half.

use super::change_document::PlanDocument;
use crate::router::Arrival;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use steward_app::api::error::status_of;
use steward_core::error::Error;
use steward_domain::plan::{Action, Plan, Verdict};

/// What is wrong with one member of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct MemberProblem {
    /// The member or parameter: `contact_email`, `limits.cpu`.
    pub field: String,
    /// Where it is in the body (RFC 6901): `/limits/cpu`; none for a parameter of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What to do.
    pub message: String,
}

/// Something that did not work.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: String,
    detail: String,
    errors: Vec<MemberProblem>,
    challenge: Option<Box<str>>,
    log: Option<Box<str>>,
    /// What else the client needs to go on: a new plan, both versions.
    beside: Option<Box<Map<String, Value>>>,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [MemberProblem],
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    beside: Option<&'a Map<String, Value>>,
}

impl Problem {
    /// A problem.
    pub(crate) fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), errors: Vec::new(), challenge: None, log: None, beside: None }
    }

    /// 422, with what is wrong.
    pub(crate) fn invalid(errors: Vec<MemberProblem>) -> Self {
        let detail = errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(". ");
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "APP-422", detail) }
    }

    /// 422, at one parameter of the address.
    pub(crate) fn parameter(name: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![MemberProblem { field: name.to_owned(), pointer: None, message: message.into() }])
    }

    /// 401, with what the client is to bring (RFC 6750).
    pub(crate) fn unauthorized(challenge: String, detail: &str) -> Self {
        Self { challenge: Some(challenge.into()), ..Self::new(StatusCode::UNAUTHORIZED, "AUTH-201", detail) }
    }

    /// The same with a member beside the usual ones.
    pub(crate) fn with(mut self, member: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.beside.get_or_insert_default().insert(member.to_owned(), value);
        self
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// As a response.
    pub(crate) fn response(self, arrival: &Arrival) -> Response {
        if let Some(log) = &self.log {
            tracing::error!(code = self.code, "{log}");
        }
        let document = Document {
            errors: &self.errors,
            beside: self.beside.as_deref(),
            ..Document::of(self.status, &self.code, &self.detail, &arrival.path_and_query, &arrival.request_id)
        };
        let mut response = document.response(self.status);
        if let Some(challenge) = self.challenge.as_deref().and_then(|challenge| HeaderValue::from_str(challenge).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl<'a> Document<'a> {
    fn of(status: StatusCode, code: &'a str, detail: &'a str, instance: &'a str, request_id: &'a str) -> Self {
        Self {
            kind: format!("urn:steward:error:{code}"),
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail,
            instance: instance.split('?').next().unwrap_or_default(),
            code,
            request_id,
            errors: &[],
            beside: None,
        }
    }

    fn response(&self, status: StatusCode) -> Response {
        let body = serde_json::to_vec(self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))], body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        response
    }
}

/// A problem document of a status, for those who asked for JSON.
pub(crate) fn document(status: StatusCode, code: &str, detail: &str, instance: &str, request_id: &str) -> Response {
    Document::of(status, code, detail, instance, request_id).response(status)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = StatusCode::from_u16(status_of(&error)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let errors = match &error {
            Error::Invalid(fields) => fields
                .iter()
                .map(|field| MemberProblem {
                    field: field.field.clone(),
                    pointer: Some(format!("/{}", field.field)),
                    message: field.message.clone(),
                })
                .collect(),
            Error::PlanChanged(plan) => obstacles(plan),
            _ => Vec::new(),
        };
        let log = error.log().map(Box::from);
        let problem = Self { errors, log, ..Self::new(status, error.code(), error.message()) };
        match &error {
            Error::PlanChanged(plan) => problem.with("plan", PlanDocument::from(plan.as_ref())),
            _ => problem,
        }
    }
}

/// What stands in the way of a plan.
fn obstacles(plan: &Plan) -> Vec<MemberProblem> {
    let foreign = plan
        .items
        .iter()
        .filter(|item| item.action == Action::Foreign)
        .map(|item| format!("{} {}: {}", item.kind.label(), item.name, item.exactly));
    let failed = plan.preflight.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| check.what.clone());
    foreign.chain(failed).map(|message| MemberProblem { field: "plan".to_owned(), pointer: None, message }).collect()
}
