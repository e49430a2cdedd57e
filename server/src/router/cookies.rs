//! The cookies: session, sign-in under way, one line for the next page, what became of signing out, appearance. All of them
//! `__Host-`: Secure, for this host only, for every path. None carries a token or anything that could be read off a screen.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::{Cookie, SameSite, time::Duration};

/// The session's random id.
pub const SESSION: &str = "__Host-sid";
/// Ties the answer of a sign-in to the browser that began it.
pub const SIGN_IN: &str = "__Host-signin";
/// One line for the next page.
pub const FLASH: &str = "__Host-flash";
/// Light or dark.
pub const APPEARANCE: &str = "__Host-appearance";
/// What Keycloak said when somebody signed out, for the page that says so.
pub const SIGNED_OUT: &str = "__Host-signed-out";
/// The next sign-in asks for everything anew: with Keycloak's session as it is, it would fail the same way.
pub const ANEW: &str = "__Host-anew";

/// Most bytes of a line for the next page: cookies of 4 KiB are dropped.
const FLASH_BYTES_MAX: usize = 600;

/// The value of a cookie that came.
#[must_use]
pub fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

/// Sends a cookie. Without a life it lasts as long as the browser.
pub fn set(response: &mut Response, name: &'static str, value: &str, life: Option<Duration>) {
    let mut cookie = Cookie::build((name, value.to_owned())).path("/").secure(true).http_only(true).same_site(SameSite::Lax);
    if let Some(life) = life {
        cookie = cookie.max_age(life);
    }
    append(response, &cookie.build());
}

/// Takes a cookie back.
pub fn clear(response: &mut Response, name: &'static str) {
    set(response, name, "", Some(Duration::ZERO));
}

/// Sends one line for the next page.
pub fn set_flash(response: &mut Response, line: &str) {
    let mut end = line.len().min(FLASH_BYTES_MAX);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    set(response, FLASH, &URL_SAFE_NO_PAD.encode(line.get(..end).unwrap_or_default()), Some(Duration::minutes(5)));
}

/// The line that the last response sent.
#[must_use]
pub fn flash(headers: &HeaderMap) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(value(headers, FLASH)?).ok()?;
    String::from_utf8(bytes).ok().filter(|line| !line.is_empty() && line.len() <= FLASH_BYTES_MAX)
}

fn append(response: &mut Response, cookie: &Cookie<'_>) {
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn the_session_cookie_is_what_trust_says() {
        let mut response = ().into_response();
        set(&mut response, SESSION, "abc", None);
        assert_eq!(response.headers()[header::SET_COOKIE], "__Host-sid=abc; HttpOnly; SameSite=Lax; Secure; Path=/");
    }

    #[test]
    fn a_line_of_any_letters_comes_back() {
        let mut response = ().into_response();
        set_flash(&mut response, "Petit Marché; created, \"now\"");
        let sent = response.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(&sent).unwrap());
        assert_eq!(flash(&headers).as_deref(), Some("Petit Marché; created, \"now\""));
    }
}
