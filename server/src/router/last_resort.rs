//! The page for when pages cannot be drawn: a panic, a request given up, no database. It needs nothing but its template.

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

/// The page as a response.
pub(super) fn response(status: StatusCode, code: &str, request_id: &str, stylesheet: Option<&str>) -> Response {
    let (title, what) = match status {
        StatusCode::GATEWAY_TIMEOUT => {
            ("This took too long", "Steward gave the request up after 30 seconds. Look at what became of it before you try again.")
        }
        StatusCode::SERVICE_UNAVAILABLE => ("Steward cannot reach its database", "Nothing was changed. Try again in a minute."),
        _ => ("Something is wrong on our side", "Give Support the code and the request id."),
    };
    let page = LastResort { title, what, code, request_id, stylesheet };
    let html = page.render().unwrap_or_else(|_| format!("{title}. {what} {code} {request_id}"));
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], html).into_response()
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
}
