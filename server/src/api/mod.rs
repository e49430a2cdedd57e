//! The REST API, `/v2`: bearer tokens in, JSON out, problems as RFC 9457 says. `docs/openapi.yaml` describes it.
//!
//! It has no rule of its own: it calls the same functions of `core` as the pages do.
//!
//! Start reading at [`register`]; one file per operation.

mod bearer;
mod cursor;
mod openapi;
pub(crate) mod problem;
mod run_get;
mod tenant_create;
mod tenant_get;
mod tenant_list;
mod tenant_request;

use crate::router::{Arrival, Door, Routes, path_parameters, visitor};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, on};
use http::Method;
use problem::Problem;
use std::future::Future;
use std::pin::Pin;
use steward_core::access::Actor;

/// The routes of the API.
pub(crate) fn register(routes: Routes) -> Routes {
    routes
        .route(Method::GET, "/v2/openapi.yaml", Door::Open, get(openapi::document))
        .route(Method::GET, "/v2/tenants", Door::Api, operation(&Method::GET, tenant_list::list))
        .route(Method::POST, "/v2/tenants", Door::Api, operation(&Method::POST, tenant_create::create))
        .route(Method::GET, "/v2/tenants/{id}", Door::Api, operation(&Method::GET, tenant_get::get))
        .route(Method::GET, "/v2/tenants/{id}/runs/{run}", Door::Api, operation(&Method::GET, run_get::get))
}

/// One call of the API, by somebody who showed a token that holds.
pub(crate) struct Call {
    /// The program.
    pub steward: Steward,
    /// Who calls.
    pub actor: Actor,
    /// The request.
    pub request: Request,
    path: Vec<(String, String)>,
}

impl Call {
    /// A parameter of the path.
    fn parameter(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A route whose handler gets calls of those only whose token holds, and whose failures become problem documents.
fn operation<F, W>(method: &Method, handler: F) -> MethodRouter<Steward>
where
    F: Fn(Call) -> W + Copy + Send + Sync + 'static,
    W: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    let filter = if *method == Method::POST { axum::routing::MethodFilter::POST } else { axum::routing::MethodFilter::GET };
    on(filter, move |State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, request: Request| -> Answer {
        Box::pin(async move {
            let answer = async {
                let actor = bearer::caller(&steward, &arrival, request.headers()).await?;
                let (request, path) = path_parameters(request).await;
                let answer = handler(Call { steward: steward.clone(), actor: actor.clone(), request, path }).await;
                if let Err(problem) = &answer {
                    visitor::hidden(&steward, &actor, problem.status()).await?;
                }
                answer
            };
            answer.await.unwrap_or_else(|problem: Problem| problem.response(&arrival))
        })
    })
}
