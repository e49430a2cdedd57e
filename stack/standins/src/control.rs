//! The control listener: faults on demand and a look at the calls, per system. Apart from the stand-ins' own listeners, so that
//! nothing of it can be mistaken for a system that is played.
//!
//! `POST /grafana/faults {"match":"POST /api/folders","status":503,"count":2,"delay_ms":0,"apply":false}` · `GET /grafana/faults` ·
//! `DELETE /grafana/faults` · `GET /grafana/calls` · `DELETE /grafana/calls`, and the same below `/cloudflare`. Without a system's
//! name Grafana is meant. `GET`, `PUT` and `DELETE /cloudflare/limit {"requests":1200,"seconds":300}`: how many calls a token has;
//! `DELETE` brings back Cloudflare's own figures. Either begins the count anew. `GET /healthz`.

use crate::cloudflare::limit::Limit;
use crate::cloudflare::server::Cloudflare;
use crate::faults::{Call, Fault, Played};
use crate::server::Grafana;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

/// The router of the control listener.
pub fn router(grafana: &Arc<Grafana>, cloudflare: &Arc<Cloudflare>) -> Router {
    let limit = Router::new().route("/limit", get(limit).put(change_limit).delete(usual_limit)).with_state(Arc::clone(cloudflare));
    Router::new()
        .route("/healthz", get(async || StatusCode::OK))
        .merge(of(Arc::clone(grafana)))
        .nest("/grafana", of(Arc::clone(grafana)))
        .nest("/cloudflare", of(Arc::clone(cloudflare)).merge(limit))
}

fn of<S: Played>(system: Arc<S>) -> Router {
    Router::new()
        .route("/faults", get(list::<S>).post(order::<S>).delete(clear::<S>))
        .route("/calls", get(calls::<S>).delete(forget::<S>))
        .with_state(system)
}

async fn list<S: Played>(State(system): State<Arc<S>>) -> Json<Vec<Fault>> {
    Json(system.faults().orders().to_vec())
}

async fn order<S: Played>(State(system): State<Arc<S>>, Json(fault): Json<Fault>) -> StatusCode {
    system.faults().order(fault);
    StatusCode::NO_CONTENT
}

async fn clear<S: Played>(State(system): State<Arc<S>>) -> StatusCode {
    system.faults().clear();
    StatusCode::NO_CONTENT
}

async fn calls<S: Played>(State(system): State<Arc<S>>) -> Json<Vec<Call>> {
    Json(system.faults().calls().cloned().collect())
}

async fn forget<S: Played>(State(system): State<Arc<S>>) -> StatusCode {
    system.faults().forget_calls();
    StatusCode::NO_CONTENT
}

async fn limit(State(cloudflare): State<Arc<Cloudflare>>) -> Json<Limit> {
    Json(cloudflare.rate().limit())
}

async fn change_limit(State(cloudflare): State<Arc<Cloudflare>>, Json(limit): Json<Limit>) -> StatusCode {
    cloudflare.rate().change(limit);
    StatusCode::NO_CONTENT
}

async fn usual_limit(State(cloudflare): State<Arc<Cloudflare>>) -> StatusCode {
    cloudflare.rate().change(Limit::default());
    StatusCode::NO_CONTENT
}
