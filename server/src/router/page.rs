//! Pages and forms: from the request to the handler, and from its answer to the response.

use super::arrival::Arrival;
use super::visitor::{self, Act, Admitted};
use super::{cookies, draw, problem_page};
use crate::steward::Steward;
use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use cookie::time::Duration;
use http_body_util::LengthLimitError;
use std::future::Future;
use std::pin::Pin;
use steward_app::pages::tenants::wizard::NotSaved;
use steward_app::visit::{FormBody, Reply, Upload, Visit};
use steward_core::error::{Error, Result};
use uuid::Uuid;

/// Most bytes of a form.
pub(super) const FORM_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of a form with a file. The file itself may have less: one that is too large shall be answered at its field, not turned away.
const UPLOAD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most bytes of a request to the API.
const API_BYTES_MAX: usize = 256 * 1024;
/// The end of the paths of forms with a file: the limit is set before a route is found.
const UPLOAD_PATH_END: &str = "/branding";
/// Most fields of a form with a file.
const FIELDS_MAX: usize = 64;

/// Most bytes of a request to that path.
fn bytes_max(path: &str) -> usize {
    if path.starts_with("/v2/") {
        API_BYTES_MAX
    } else if path.starts_with("/tenants/") && path.ends_with(UPLOAD_PATH_END) {
        UPLOAD_BYTES_MAX
    } else {
        FORM_BYTES_MAX
    }
}

/// What was asked for: parameters of the path, pairs of the query, pairs of the form.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The pairs of the query.
    pub query: FormBody,
    /// The pairs of the form; none for a page.
    pub form: FormBody,
    /// The file that came with it.
    pub file: Option<Upload>,
    path: Vec<(String, String)>,
}

impl Asked {
    /// A parameter of the path.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.path.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the path that is an id.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is none: there is no page for it.
    pub fn id(&self, name: &str) -> Result<Uuid> {
        self.text(name).and_then(|text| text.parse().ok()).ok_or(Error::NotFound("page"))
    }

    /// A parameter of the path that is a number.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is none: there is no page for it.
    pub fn number(&self, name: &str) -> Result<i64> {
        self.text(name).and_then(|text| text.parse().ok()).ok_or(Error::NotFound("page"))
    }
}

/// The parameters of a request's path.
pub(crate) async fn path_parameters(request: Request) -> (Request, Vec<(String, String)>) {
    let (mut parts, body) = request.into_parts();
    let parameters = match RawPathParams::from_request_parts(&mut parts, &()).await {
        Ok(raw) => raw.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        Err(_) => Vec::new(),
    };
    (Request::from_parts(parts, body), parameters)
}

/// The pairs of a query or of a form's body; none if they cannot be read.
pub(crate) fn pairs(encoded: &[u8]) -> FormBody {
    decoded(encoded).unwrap_or_default()
}

/// The one field of a form that has lines: a table.
const LINES: &str = "csv";

/// Pairs without control characters: no other field has more than one line, and PostgreSQL takes no NUL in a text.
fn decoded(encoded: &[u8]) -> std::result::Result<FormBody, serde_urlencoded::de::Error> {
    Ok(without_controls(serde_urlencoded::from_bytes(encoded)?))
}

fn without_controls(mut pairs: FormBody) -> FormBody {
    for (name, value) in &mut pairs {
        name.retain(|c| !c.is_control());
        let lines = name == LINES;
        value.retain(|c| !c.is_control() || lines && matches!(c, '\n' | '\r'));
    }
    pairs
}

/// Whether there is a control character in pairs that somebody else will read.
pub(super) fn has_controls(encoded: &[u8]) -> bool {
    let pairs: FormBody = serde_urlencoded::from_bytes(encoded).unwrap_or_default();
    pairs.iter().flat_map(|(name, value)| [name, value]).any(|text| text.chars().any(char::is_control))
}

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A page's handler as a handler of axum.
pub(super) fn page<F, W>(handler: F) -> impl Fn(State<Steward>, Extension<Arrival>, Request) -> Answer + Clone + Send + Sync + 'static
where
    F: Fn(Visit, Asked) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = Result<Reply>> + Send + 'static,
{
    move |State(steward), Extension(arrival), request| {
        let handler = handler.clone();
        Box::pin(async move {
            let query = pairs(request.uri().query().unwrap_or_default().as_bytes());
            let act = Act::looking(&query);
            let visit = match visitor::admit(&steward, &arrival, request.headers(), act).await {
                Ok(Admitted { visit, .. }) => visit,
                Err(turned) => return draw::turned_away(&steward, &arrival, request.headers(), turned, act).await,
            };
            let (_, path) = path_parameters(request).await;
            let shows_flash = visit.frame.flash.is_some();
            let reply = handler(visit.clone(), Asked { query, path, ..Asked::default() }).await;
            watched(&steward, &visit, respond(&visit, reply, shows_flash)).await
        })
    }
}

/// Whether a form may come with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Texts only.
    Texts,
    /// Texts and one file.
    File,
}

/// Draws a form again with what was typed, for somebody who was not let in.
pub(super) type Kept = fn(&Visit, &Asked, NotSaved) -> Result<Reply>;

/// A form's handler as a handler of axum.
pub(super) fn form<F, W>(
    handler: F,
    kept: Option<Kept>,
    takes: Takes,
) -> impl Fn(State<Steward>, Extension<Arrival>, Request) -> Answer + Clone + Send + Sync + 'static
where
    F: Fn(Visit, Asked) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = Result<Reply>> + Send + 'static,
{
    move |State(steward), Extension(arrival), request| {
        let handler = handler.clone();
        Box::pin(async move {
            let (request, path) = path_parameters(request).await;
            let query = pairs(request.uri().query().unwrap_or_default().as_bytes());
            let headers = request.headers().clone();
            // Before anybody is turned away: they get back what they typed.
            let read = match multipart_boundary(&headers).filter(|_| takes == Takes::File) {
                Some(boundary) => multipart_body(request, boundary).await,
                None => form_body(request).await.map(|form| (form, None)),
            };
            let ((form, file), unread) = match read {
                Ok(read) => (read, None),
                Err(status) => ((Vec::new(), None), Some(status)),
            };
            let asked = Asked { query, form, file, path };
            let visit = match visitor::admit(&steward, &arrival, &headers, Act::Change).await {
                Ok(Admitted { visit, .. }) => visit,
                Err(turned) => {
                    let kept = kept.filter(|_| unread.is_none()).map(|kept| (kept, asked));
                    return draw::form_turned_away(&steward, &arrival, &headers, turned, kept).await;
                }
            };
            if let Some(status) = unread {
                return problem_page::of_status(&visit, status, &headers);
            }
            let reply = handler(visit.clone(), asked).await;
            watched(&steward, &visit, respond(&visit, reply, false)).await
        })
    }
}

/// The pairs of a form's body, or the status that says why there are none.
pub(crate) async fn form_body(request: Request) -> Result<FormBody, StatusCode> {
    let is_form = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    });
    let body = whole_body(request.into_body(), FORM_BYTES_MAX).await?;
    if !is_form && !body.is_empty() {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    decoded(&body).map_err(|_| StatusCode::BAD_REQUEST)
}

/// The boundary of a form with files, if that is what comes.
fn multipart_boundary(headers: &HeaderMap) -> Option<String> {
    multer::parse_boundary(headers.get(header::CONTENT_TYPE)?.to_str().ok()?).ok()
}

/// The pairs and the file of a form, or the status that says why there are none. A field for a file in which none was chosen is no file.
async fn multipart_body(request: Request, boundary: String) -> Result<(FormBody, Option<Upload>), StatusCode> {
    let body = whole_body(request.into_body(), UPLOAD_BYTES_MAX).await?;
    let mut parts = multer::Multipart::new(futures::stream::iter([Ok::<_, std::convert::Infallible>(body)]), boundary);
    let (mut pairs, mut file) = (FormBody::new(), None);
    while let Some(part) = parts.next_field().await.map_err(|_| StatusCode::BAD_REQUEST)? {
        let name = part.name().unwrap_or_default().to_owned();
        if let Some(file_name) = part.file_name().map(str::to_owned) {
            let bytes = part.bytes().await.map_err(|_| StatusCode::BAD_REQUEST)?;
            if !bytes.is_empty() {
                file = Some(Upload { name: file_name, bytes: bytes.to_vec() });
            }
        } else {
            let text = part.text().await.map_err(|_| StatusCode::BAD_REQUEST)?;
            pairs.push((name, text));
        }
        if pairs.len() > FIELDS_MAX {
            return Err(StatusCode::BAD_REQUEST);
        }
    }
    let texts: usize = pairs.iter().map(|(name, text)| name.len() + text.len()).sum();
    if texts > FORM_BYTES_MAX {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    Ok((without_controls(pairs), file))
}

/// A whole body of at most `bytes_max`, or the status that says why there is none.
pub(crate) async fn whole_body(body: Body, bytes_max: usize) -> Result<axum::body::Bytes, StatusCode> {
    to_bytes(body, bytes_max).await.map_err(|error| {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(error) = source {
            if error.is::<LengthLimitError>() {
                return StatusCode::PAYLOAD_TOO_LARGE;
            }
            source = error.source();
        }
        StatusCode::BAD_REQUEST
    })
}

/// Limits every body, also those that stream and do not say how long they are.
pub(super) async fn limit_body(
    State(steward): State<Steward>,
    Extension(arrival): Extension<Arrival>,
    request: Request,
    next: Next,
) -> Response {
    let bytes_max = bytes_max(request.uri().path());
    let declared =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > bytes_max) {
        let visit = visitor::whoever(&steward, &arrival, request.headers()).await;
        return problem_page::of_status(&visit, StatusCode::PAYLOAD_TOO_LARGE, request.headers());
    }
    next.run(request.map(|body| Body::new(http_body_util::Limited::new(body, bytes_max)))).await
}

/// The response, once the entry is written that it may need.
pub(crate) async fn watched(steward: &Steward, visit: &Visit, response: Response) -> Response {
    match visitor::hidden(steward, &visit.frame.actor, response.status()).await {
        Ok(()) => response,
        Err(error) => draw::error(visit, &error),
    }
}

/// A handler's answer as a response.
fn respond(visit: &Visit, reply: Result<Reply>, shows_flash: bool) -> Response {
    match reply {
        Ok(Reply::Page { status, html }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let mut response = (status, Html(html)).into_response();
            if shows_flash {
                cookies::clear(&mut response, cookies::FLASH);
            }
            response
        }
        Ok(Reply::SeeOther { to, flash, appearance }) => {
            let mut response = see_other(&to);
            if let Some(line) = flash {
                cookies::set_flash(&mut response, &line);
            }
            if let Some(appearance) = appearance {
                cookies::set(&mut response, cookies::APPEARANCE, appearance.as_str(), Some(Duration::days(365)));
            }
            response
        }
        Err(error) => draw::error(visit, &error),
    }
}

/// 303.
pub(crate) fn see_other(to: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Whether the caller wants JSON rather than a page.
pub(crate) fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    path.starts_with("/v2/")
        || path.starts_with("/api/")
        || headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|accept| !accept.contains("text/html") && accept.contains("json"))
}
