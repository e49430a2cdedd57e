//! The server as a whole, on real PostgreSQL and real Keycloak (the stack's test instance; `make test` starts it). Without them these
//! tests fail: they skip nothing.
#![allow(clippy::disallowed_methods, reason = "tests call Steward and the systems as others do")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that cannot go on should say where; the lints' exception for tests does not reach integration tests' helpers"
)]

mod api;
mod away;
mod branding;
mod bulk;
mod changes;
mod command_line;
mod domains;
mod entry_points;
mod harness;
mod headers;
mod kept;
mod live;
mod own_page;
mod platform;
mod refusals;
mod resources;
mod review;
mod settings;
mod sign_in;

/// A bearer token of the stack's own API client.
async fn harness_token() -> String {
    let http = steward_core::platform::http::client().unwrap();
    harness::token(&http, &harness::environment("STEWARD_CLIENT_ID"), &harness::environment("STEWARD_CLIENT_SECRET")).await
}
