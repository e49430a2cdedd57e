//! Cloudflare's API v4 as far as Steward uses it: one function from state and call to answer, which does no input or output.
//!
//! Paths, fields and parameters follow Cloudflare's published reference. The reference names no error codes: codes, messages and
//! statuses are those that people's reports of the real API show (2017 to 2026). Where reports of different years differ, the latest
//! counts. Nobody checked them against Cloudflare itself: whether it behaves so in each case is not proved here.
//!
//! It has one zone, on a plan with tags, and knows records of the types A, AAAA, CNAME and TXT that are not proxied. Anything else, a
//! query parameter included, is a failure with status 501: refused by the stand-in, not by Cloudflare.

mod envelope;
mod filters;
pub mod limit;
mod record;
mod records;
mod rights;
pub mod server;
mod state;

pub use crate::request::Request;
pub use record::RecordType;
pub use rights::Caller;
pub use state::{CloudflareState, Record, Zone};

use crate::answer::Answer;
use chrono::{DateTime, Utc};
use envelope::{failure, success};
use rights::Right;
use serde_json::json;

/// What a call came to.
#[derive(Debug)]
pub struct Outcome {
    /// The answer.
    pub answer: Answer,
    /// Whether the stand-in knows the call.
    pub known: bool,
    /// Names and types whose records are no longer what they were.
    pub touched: Vec<(String, RecordType)>,
}

impl Outcome {
    fn answered(answer: Answer) -> Self {
        Self { answer, known: true, touched: Vec::new() }
    }

    /// What the real API may well know, but not the stand-in.
    fn unknown(what: &str) -> Self {
        let answer = failure(501, 10013, &format!("the stand-in does not know {what}"));
        Self { answer, known: false, touched: Vec::new() }
    }
}

/// What a call brings along that is new each time: the stand-in itself has neither clock nor chance.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The time.
    pub now: DateTime<Utc>,
    /// An id that nothing has yet.
    pub id: String,
}

/// Answers a call.
pub fn answer(state: &mut CloudflareState, zone: &Zone, caller: &Caller, request: &Request<'_>, fresh: &Fresh) -> Outcome {
    let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let Some(segments) = segments.strip_prefix(&["client", "v4"]) else {
        return Outcome::answered(could_not_route(request.path));
    };
    match segments {
        ["user", "tokens", "verify"] if request.method == "GET" => Outcome::answered(verify(caller)),
        ["zones"] if request.method == "GET" => list_zones(zone, caller, request),
        ["zones", id] if request.method == "GET" => Outcome::answered(show_zone(zone, caller, id, request.path)),
        ["zones", id, "dns_records", rest @ ..] if rest.len() < 2 => {
            if !is_id(id) || rest.first().is_some_and(|record| !is_id(record)) {
                return Outcome::answered(could_not_route(request.path));
            }
            let right = if request.method == "GET" { Right::ReadRecords } else { Right::WriteRecords };
            // Before it is known whether there is such a zone: a refusal tells nothing.
            if *id != zone.id() || !caller.may(right) {
                return Outcome::answered(failure(403, 10000, "Authentication error"));
            }
            records::answer(state, zone, request, rest.first().copied(), fresh)
        }
        _ => Outcome::unknown(&format!("{} {}", request.method, request.path)),
    }
}

/// Whether this is an id as Cloudflare gives them out: 32 hexadecimal digits.
fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn could_not_route(path: &str) -> Answer {
    failure(400, 7003, &format!("Could not route to {path}, perhaps your object identifier is invalid?"))
}

fn verify(caller: &Caller) -> Answer {
    match caller {
        Caller::Unknown => failure(401, 1000, "Invalid API Token"),
        Caller::Token { id, .. } => {
            let mut answer = success(json!({ "id": id, "status": "active" }));
            if let Some(envelope) = answer.body.as_object_mut() {
                let message = json!([{ "code": 10000, "message": "This API Token is valid and active", "type": null }]);
                envelope.insert("messages".into(), message);
            }
            answer
        }
    }
}

/// A token sees the zones that it may read; without that right none, which is not an error.
fn list_zones(zone: &Zone, caller: &Caller, request: &Request<'_>) -> Outcome {
    if matches!(caller, Caller::Unknown) {
        return Outcome::answered(failure(403, 9109, "Invalid access token"));
    }
    if let Some((unknown, _)) = request.query.iter().find(|(key, _)| !["name", "status", "page", "per_page"].contains(&key.as_str())) {
        return Outcome::unknown(&format!("the parameter {unknown} of GET /zones"));
    }
    let page = match filters::Page::of(request, 20, 5..=50) {
        Ok(page) => page,
        Err(refusal) => return Outcome::answered(refusal),
    };
    let wanted = |name: &str, value: &str| request.parameter(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value));
    let seen = caller.may(Right::ReadZone) && wanted("name", zone.name()) && wanted("status", "active");
    Outcome::answered(page.cut(if seen { vec![zone.json()] } else { Vec::new() }))
}

fn show_zone(zone: &Zone, caller: &Caller, id: &str, path: &str) -> Answer {
    match caller {
        Caller::Unknown => failure(403, 9109, "Invalid access token"),
        _ if !is_id(id) => could_not_route(path),
        _ if id != zone.id() || !caller.may(Right::ReadZone) => failure(403, 9109, "Unauthorized to access requested resource"),
        _ => success(zone.json()),
    }
}
