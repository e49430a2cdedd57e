//! Signing in and out through Keycloak: authorization code with PKCE, state, nonce and issuer check; roles read again; logout
//! from either side.
//!
//! Tokens never reach the browser. Whether somebody may do something is not decided here.
//!
//! Start reading at [`begin`](mod@begin), then [`callback`](mod@callback), then [`roles`]; [`ending`] for how sessions end.

mod backchannel;
mod begin;
mod callback;
mod claims;
pub(crate) mod ending;
mod failure;
mod http;
mod provider;
pub(crate) mod roles;
mod second_factor;
mod sign_out;
pub(crate) mod token;

pub use failure::{FAILURES, Failure};
pub use provider::Provider;

use crate::router::{Door, Routes, see_other};
use crate::steward::Steward;
use ::http::Method;
use axum::routing::{get, post};

/// Where Keycloak sends its logout tokens.
pub(crate) const BACKCHANNEL_LOGOUT: &str = "/auth/backchannel-logout";

/// The routes of signing in and out.
pub(crate) fn register(routes: Routes) -> Routes {
    routes
        .route(Method::GET, "/auth/sign-in", Door::Open, get(begin::begin))
        .route(Method::GET, "/auth/callback", Door::Open, get(callback::callback))
        .route(Method::POST, "/auth/sign-out", Door::OpenForm, post(sign_out::sign_out))
        // Where "Try again" leads after a sign-out that did not work: looking at an address signs nobody out.
        .route(Method::GET, "/auth/sign-out", Door::Open, get(async || see_other("/account")))
        .route(Method::GET, "/auth/signed-out", Door::Open, get(sign_out::signed_out))
        .route(Method::POST, BACKCHANNEL_LOGOUT, Door::Keycloak, post(backchannel::logout))
}

/// `return_to` if it is a path of ours, else the start page.
pub(crate) fn local_path(steward: &Steward, wanted: Option<&str>) -> String {
    local(&steward.url, wanted.unwrap_or("/"))
}

fn local(ours: &url::Url, wanted: &str) -> String {
    const BYTES_MAX: usize = 2000;
    let start = "/".to_owned();
    let plain =
        wanted.len() <= BYTES_MAX && wanted.starts_with('/') && !wanted.starts_with("//") && !wanted.contains(['\\', '\r', '\n', '\t']);
    if !plain {
        return start;
    }
    // Joining takes dots out of a path, and what is left may begin with two slashes: a browser would take what follows for a host.
    let leads_away = |path: &str| ["//", "/\\", "/auth/"].iter().any(|begin| path.starts_with(begin));
    match ours.join(wanted) {
        Ok(url) if url.origin() == ours.origin() && !leads_away(url.path()) => match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        },
        _ => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_only_ever_leads_to_paths_of_ours() {
        let ours = "https://steward.example".parse().unwrap();
        for (wanted, path) in [
            ("/tenants?q=a%20b&status=active", "/tenants?q=a%20b&status=active"),
            ("/tenants/../audit", "/audit"),
            ("https://evil.example", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/.//evil.example/", "/"),
            ("/..//evil.example/", "/"),
            ("/x/..//evil.example/", "/"),
            ("/%2e//evil.example/", "/"),
            ("/x/%2E%2e//evil.example/", "/"),
            ("/.///evil.example/", "/"),
            ("/tenants/.//evil.example/", "/tenants//evil.example/"),
            ("/\t/evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("tenants", "/"),
            ("/auth/sign-out", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(&ours, wanted), path, "{wanted}");
        }
    }
}
