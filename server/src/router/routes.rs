//! The list of routes. Whatever is served is registered here, so that the test of entry points finds it by its being registered.

use super::page::{self, Asked, Kept, Takes, see_other};
use crate::steward::Steward;
use axum::Router;
use axum::routing::{MethodRouter, get, post};
use http::{Method, Uri};
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
    /// Signed-in people, as a form with a file.
    Upload,
    /// Signed-in people, as a stream.
    Events,
    /// Islands of signed-in people: as a form.
    ServerFunction,
    /// Bearer tokens.
    Api,
    /// Keycloak, with a signed logout token.
    Keycloak,
}

/// `page` below the parent of `path`.
fn beside(path: &str, page: &str) -> String {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    format!("{parent}{page}")
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

    /// A form in which people type, at the address of its page. Whoever is not let in gets it back by `kept`, with what was typed.
    #[must_use]
    pub fn form<F, W>(self, path: &str, handler: F, kept: Kept) -> Self
    where
        F: Fn(Visit, Asked) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.route(Method::POST, path, Door::Form, post(page::form(handler, Some(kept), Takes::Texts)))
    }

    /// As [`Routes::form`], and a file may come with it. Its path ends as `page.rs` says, where its limit is.
    #[must_use]
    pub fn upload<F, W>(self, path: &str, handler: F, kept: Kept) -> Self
    where
        F: Fn(Visit, Asked) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.route(Method::POST, path, Door::Upload, post(page::form(handler, Some(kept), Takes::File)))
    }

    /// A form that is a button on another page: `page` below the form's parent. Its address leads there, so that signing in again
    /// and trying again have somewhere to go.
    #[must_use]
    pub fn button<F, W>(self, path: &str, page: &'static str, handler: F) -> Self
    where
        F: Fn(Visit, Asked) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.route(Method::POST, path, Door::Form, post(page::form(handler, None, Takes::Texts))).route(
            Method::GET,
            path,
            Door::Open,
            get(async move |uri: Uri| see_other(&beside(uri.path(), page))),
        )
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
