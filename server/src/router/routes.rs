//! The list of routes. Whatever is served is registered here, so that the test of entry points finds it by its being registered.

use super::page::{self, Asked};
use crate::steward::Steward;
use axum::Router;
use axum::routing::{MethodRouter, get, post};
use http::Method;
use std::future::Future;
use steward_app::visit::{Reply, Visit};
use steward_core::error::Result;

/// What guards a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Anybody: nothing of a tenant is behind it.
    Open,
    /// Anybody, by a form of ours: the origin is checked.
    OpenForm,
    /// Signed-in people, to look.
    Page,
    /// Signed-in people, to change something: the origin is checked and the roles are read again.
    Form,
    /// Signed-in people, as a stream.
    Events,
    /// Islands of signed-in people: as a form.
    ServerFunction,
    /// Bearer tokens.
    Api,
    /// Keycloak, with a signed logout token.
    Keycloak,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteEntry {
    /// Its method.
    pub method: Method,
    /// Its path, with `{parameters}`.
    pub path: String,
    /// What guards it.
    pub door: Door,
}

/// The routes while they are registered.
pub struct Routes {
    router: Router<Steward>,
    entries: Vec<RouteEntry>,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self { router: Router::new(), entries: Vec::new() }
    }

    /// A page for signed-in people.
    #[must_use]
    pub fn page<F, W>(self, path: &str, handler: F) -> Self
    where
        F: Fn(Visit, Asked) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.route(Method::GET, path, Door::Page, get(page::page(handler)))
    }

    /// A form of signed-in people.
    #[must_use]
    pub fn form<F, W>(self, path: &str, handler: F) -> Self
    where
        F: Fn(Visit, Asked) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.route(Method::POST, path, Door::Form, post(page::form(handler)))
    }

    /// Anything else.
    pub(crate) fn route(mut self, method: Method, path: &str, door: Door, handler: MethodRouter<Steward>) -> Self {
        self.router = self.router.route(path, handler);
        self.entries.push(RouteEntry { method, path: path.to_owned(), door });
        self
    }

    /// Server functions: one route serves them all, the list names each.
    pub(super) fn server_functions(mut self, handler: MethodRouter<Steward>) -> Self {
        self.router = self.router.route("/api/{*function}", handler);
        for (path, method) in server_fn::axum::server_fn_paths() {
            self.entries.push(RouteEntry { method, path: path.to_owned(), door: Door::ServerFunction });
        }
        self
    }

    pub(super) fn finish(self) -> (Router<Steward>, Vec<RouteEntry>) {
        (self.router, self.entries)
    }
}
