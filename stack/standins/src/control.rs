//! The control listener: faults on demand and a look at the calls. Apart from the stand-ins' own listeners, so that
//! nothing of it can be mistaken for the system that is played.
//!
//! `POST /faults {"match":"POST /api/folders","status":503,"count":2,"delay_ms":0,"apply":false}` · `GET /faults` ·
//! `DELETE /faults` · `GET /calls` · `DELETE /calls` · `GET /healthz`.

use crate::faults::{Call, Fault};
use crate::server::Grafana;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

/// The router of the control listener.
pub fn router(grafana: Arc<Grafana>) -> Router {
    Router::new()
        .route("/healthz", get(async || StatusCode::OK))
        .route("/faults", get(list).post(order).delete(clear))
        .route("/calls", get(calls).delete(forget))
        .with_state(grafana)
}

async fn list(State(grafana): State<Arc<Grafana>>) -> Json<Vec<Fault>> {
    Json(grafana.faults().orders().to_vec())
}

async fn order(State(grafana): State<Arc<Grafana>>, Json(fault): Json<Fault>) -> StatusCode {
    grafana.faults().order(fault);
    StatusCode::NO_CONTENT
}

async fn clear(State(grafana): State<Arc<Grafana>>) -> StatusCode {
    grafana.faults().clear();
    StatusCode::NO_CONTENT
}

async fn calls(State(grafana): State<Arc<Grafana>>) -> Json<Vec<Call>> {
    Json(grafana.faults().calls().cloned().collect())
}

async fn forget(State(grafana): State<Arc<Grafana>>) -> StatusCode {
    grafana.faults().forget_calls();
    StatusCode::NO_CONTENT
}
