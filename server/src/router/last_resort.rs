//! The page for when pages cannot be drawn: a panic, a request given up, no database. It needs nothing but its template. Programs
//! get a problem document.

use crate::api::problem;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "last-resort.html")]
struct LastResort<'a> {
    title: &'a str,
    what: &'a str,
    code: &'a str,
    request_id: &'a str,
    stylesheet: Option<&'a str>,
}

/// The page as a response, for people.
pub(super) fn response(status: StatusCode, code: &str, request_id: &str, stylesheet: Option<&str>) -> Response {
    let (title, what) = words(status);
    let page = LastResort { title, what, code, request_id, stylesheet };
    let html = page.render().unwrap_or_else(|_| format!("{title}. {what} {code} {request_id}"));
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], html).into_response()
}

/// The same as a problem document, for programs. `path` is what was asked for.
pub(super) fn document(status: StatusCode, code: &str, request_id: &str, path: &str) -> Response {
    let (title, what) = words(status);
    problem::document(status, code, &format!("{title}. {what}"), path, request_id)
}

fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::GATEWAY_TIMEOUT => {
            ("This took too long", "Steward gave the request up after 30 seconds. Look at what became of it before you try again.")
        }
        StatusCode::SERVICE_UNAVAILABLE => ("Steward cannot reach its database", "Nothing was changed. Try again in a minute."),
        _ => ("Something is wrong on our side", "Give Support the code and the request id."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_code_and_request() {
        let page =
            LastResort { title: "T", what: "W", code: "APP-500", request_id: "<r1>", stylesheet: Some("/pkg/s.css") }.render().unwrap();
        assert!(page.contains("APP-500") && page.contains("&#60;r1&#62;") && page.contains("href=\"/pkg/s.css\""), "{page}");
    }

    #[tokio::test]
    async fn programs_get_a_problem_document() {
        for (status, code) in [
            (StatusCode::INTERNAL_SERVER_ERROR, "APP-500"),
            (StatusCode::GATEWAY_TIMEOUT, "APP-504"),
            (StatusCode::SERVICE_UNAVAILABLE, "APP-503"),
        ] {
            let response = document(status, code, "r1", "/v2/tenants?q=x");
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
            let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
            let said: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((&said["code"], &said["request_id"], &said["instance"]), (&code.into(), &"r1".into(), &"/v2/tenants".into()));
        }
    }
}
