//! The version of a tenant's settings as an ETag, and the demand that whoever changes them says which version they saw.
//!
//! The tag is that of the settings. What only follows from them or happens to the tenant (its status, its runs) does not change it.

use super::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

/// Which version a client saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Whichever is the present one: `*`.
    Any,
    /// This one.
    Version(i64),
}

/// Puts the ETag of a version on an answer.
pub(super) fn tagged(mut response: Response, version: i64) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"v{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The version that `If-Match` names, if it is there.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<Seen>, Problem> {
    let mut all = headers.get_all(header::IF_MATCH).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => one.to_str().ok().and_then(seen).map(Some).ok_or_else(unusable),
        _ => Err(unusable()),
    }
}

/// The version that `If-Match` must name.
pub(super) fn demanded(headers: &HeaderMap) -> Result<Seen, Problem> {
    if_match(headers)?.ok_or_else(|| {
        let detail = "Send the ETag of the tenant that you changed in If-Match, so that nobody's change is overwritten unseen.";
        Problem::new(StatusCode::PRECONDITION_REQUIRED, "APP-428", detail)
    })
}

fn seen(value: &str) -> Option<Seen> {
    let value = value.trim();
    if value == "*" {
        return Some(Seen::Any);
    }
    let version = value.strip_prefix("\"v")?.strip_suffix('"')?;
    version.parse().ok().filter(|version| *version >= 0).map(Seen::Version)
}

fn unusable() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "APP-400", "Send one ETag in If-Match, as the tenant's answer has it: \"v7\", with its quotes.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_strong_tag_of_ours_is_taken() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_MATCH, value.parse().unwrap());
            }
            if_match(&headers).map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["\"v7\""]), Ok(Some(Seen::Version(7))));
        assert_eq!(read(&["*"]), Ok(Some(Seen::Any)));
        for wrong in [&["W/\"v7\""][..], &["v7"], &["\"v-7\""], &["\"x\""], &["\"v7\", \"v8\""], &["\"v7\"", "\"v8\""]] {
            assert_eq!(read(wrong), Err(400), "{wrong:?}");
        }
    }
}
