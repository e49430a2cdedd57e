//! From a request to whoever answers it. Here are the layers that every request passes, and the list of routes.
//!
//! It never decides who may do what: it finds out who asks, and hands that on.
//!
//! Start reading at [`build`]; `pages.rs` lists the pages.

mod arrival;
pub mod cookies;
mod draw;
mod headers;
mod health;
mod last_resort;
mod logos;
mod origin;
mod own_page;
mod page;
mod pages;
mod problem_page;
mod routes;
mod server_functions;
mod site;
pub(crate) mod visitor;

pub use arrival::Arrival;
pub(crate) use draw::{error_page, not_signed_in, signed_out, turned_away};
pub use page::Asked;
pub(crate) use page::{form_body, pairs, path_parameters, see_other, watched, whole_body};
pub use routes::{Door, RouteEntry, Routes};

use crate::steward::Steward;
use crate::{api, live, sign_in};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::response::Redirect;
use axum::routing::{get, post};
use http::Method;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

/// The router with everything in it. Called once per [`Steward`]: it notes the routes there.
pub fn build(steward: &Steward) -> Router {
    let routes = Routes::new()
        .route(Method::GET, "/", Door::Open, get(async || Redirect::to("/tenants")))
        .route(Method::GET, "/health/live", Door::Open, get(health::live))
        .route(Method::GET, "/health/ready", Door::Open, get(health::ready))
        .route(Method::GET, "/logos/{hash}", Door::Open, get(logos::logo))
        .route(Method::GET, "/t/{short_name}", Door::Open, get(own_page::page));
    let routes = sign_in::register(routes);
    let routes = pages::register(routes);
    let routes = live::register(routes);
    let routes = api::register(routes);
    let (router, entries) = routes.server_functions(post(server_functions::call)).finish();
    let _ = steward.routes.set(entries);
    // Of Brotli's levels the last one that is quick: one more than the usual one takes a tenth off a page.
    let compression = CompressionLayer::new().gzip(true).br(true).quality(CompressionLevel::Precise(5));
    router
        .nest("/pkg", site::files(steward))
        .fallback(problem_page::not_found)
        .method_not_allowed_fallback(problem_page::method_not_allowed)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(steward.clone(), origin::check))
        .layer(middleware::from_fn_with_state(steward.clone(), page::limit_body))
        .layer(compression.compress_when(DefaultPredicate::new().and(SizeAbove::new(512))))
        .layer(middleware::from_fn_with_state(steward.clone(), arrival::arrive))
        .with_state(steward.clone())
}
