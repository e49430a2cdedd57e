//! The REST API, `/v2`: bearer tokens in, JSON out, problems as RFC 9457 says. `docs/openapi.yaml` describes it.
//!
//! It has no rule of its own: it calls the same functions of `core` as the pages do.
//!
//! Start reading at [`register`]; one file per operation.

mod batch;
mod bearer;
mod body;
mod change_document;
mod changing;
mod cursor;
mod etag;
mod features;
mod openapi;
mod plan_create;
mod plan_get;
pub(crate) mod problem;
mod run_act;
mod run_create;
mod run_get;
mod run_list;
mod settings_request;
mod tenant_create;
mod tenant_deactivate;
mod tenant_get;
mod tenant_list;
mod tenant_patch;
mod tenant_request;

use crate::router::{Arrival, Door, Routes, path_parameters, visitor};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, get, on};
use http::Method;
use problem::Problem;
use std::future::Future;
use std::pin::Pin;
use steward_core::access::{Actor, Authority, ReadTenants};
use steward_core::error::{Error, Result};
use steward_core::tenants::{self, TenantFacts, TenantView};
use steward_domain::short_name::ShortName;
use uuid::Uuid;

/// Demands a permission that is known only now, and goes on with that authority.
macro_rules! permitted {
    ($steward:ident, $actor:ident, $permission:expr, |$authority:ident| $act:block) => {
        match $permission {
            Permission::TenantSuspend => {
                let $authority = demand::<access::SuspendTenants>($steward.database(), &$actor).await?;
                $act
            }
            Permission::TenantRollBack => {
                let $authority = demand::<access::RollBackTenants>($steward.database(), &$actor).await?;
                $act
            }
            Permission::DriftRepair => {
                let $authority = demand::<access::RepairDrift>($steward.database(), &$actor).await?;
                $act
            }
            _ => {
                let $authority = demand::<access::ConfigureTenants>($steward.database(), &$actor).await?;
                $act
            }
        }
    };
}
use permitted;

/// The routes of the API.
pub(crate) fn register(routes: Routes) -> Routes {
    routes
        .route(Method::GET, "/v2/openapi.yaml", Door::Open, get(openapi::document))
        .operation(Method::GET, "/v2/tenants", tenant_list::list)
        .operation(Method::POST, "/v2/tenants", tenant_create::create)
        .operation(Method::POST, "/v2/tenants/bulk", batch::create)
        .operation(Method::GET, "/v2/tenants/bulk/{batch}", batch::get)
        .operation(Method::POST, "/v2/tenants/bulk/{batch}/start", batch::start)
        .operation(Method::GET, "/v2/tenants/{id}", tenant_get::get)
        .operation(Method::PATCH, "/v2/tenants/{id}", tenant_patch::patch)
        .operation(Method::GET, "/v2/tenants/{id}/features", features::get)
        .operation(Method::PATCH, "/v2/tenants/{id}/features", features::patch)
        .operation(Method::GET, "/v2/tenants/{id}/plan", plan_get::get)
        .operation(Method::POST, "/v2/tenants/{id}/plan", plan_create::create)
        .operation(Method::GET, "/v2/tenants/{id}/runs", run_list::list)
        .operation(Method::POST, "/v2/tenants/{id}/runs", run_create::create)
        .operation(Method::GET, "/v2/tenants/{id}/runs/{run}", run_get::get)
        .operation(Method::POST, "/v2/tenants/{id}/runs/{run}/cancel", run_act::cancel)
        .operation(Method::POST, "/v2/tenants/{id}/runs/{run}/retry", run_act::retry)
        .operation(Method::POST, "/v2/tenants/{id}/deactivate", tenant_deactivate::deactivate)
}

impl Routes {
    /// An operation of the API.
    fn operation<F, W>(self, method: Method, path: &str, handler: F) -> Self
    where
        F: Fn(Call) -> W + Copy + Send + Sync + 'static,
        W: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let filter = match method {
            Method::POST => MethodFilter::POST,
            Method::PATCH => MethodFilter::PATCH,
            _ => MethodFilter::GET,
        };
        self.route(method, path, Door::Api, on(filter, operation(handler)))
    }
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

    /// The tenant that the path names: by its id, or by its short name.
    // A body may not be looked at from two threads: the future holds nothing of the call.
    fn tenant<'a>(&self, reader: &'a Authority<ReadTenants>) -> impl Future<Output = Result<TenantView>> + Send + use<'a> {
        let (named, steward) = (self.parameter("id").to_owned(), self.steward.clone());
        async move {
            match (named.parse::<Uuid>(), ShortName::parse(&named)) {
                (Ok(id), _) => tenants::view(steward.database(), reader, id).await,
                (_, Ok(short_name)) => tenants::view_by_short_name(steward.database(), reader, &short_name).await,
                _ => Err(Error::NotFound("tenant")),
            }
        }
    }

    /// The same with its present settings. A draft has none.
    fn facts<'a>(&self, reader: &'a Authority<ReadTenants>) -> impl Future<Output = Result<TenantFacts>> + Send + use<'a> {
        let (tenant, steward) = (self.tenant(reader), self.steward.clone());
        async move { steward.services.provisioning.tenant_facts(reader, tenant.await?.id).await }
    }
}

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler that gets calls of those only whose token holds, and whose failures become problem documents.
fn operation<F, W>(handler: F) -> impl Fn(State<Steward>, Extension<Arrival>, Request) -> Answer + Clone + Send + Sync + 'static
where
    F: Fn(Call) -> W + Copy + Send + Sync + 'static,
    W: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    move |State(steward): State<Steward>, Extension(arrival): Extension<Arrival>, request: Request| -> Answer {
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
    }
}
