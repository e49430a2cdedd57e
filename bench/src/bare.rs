//! The comparison: the same rows of the same query through a bare axum handler, askama and sqlx, with a session check.
//! It has no navigation, no roles, no request id, no security headers.

use anyhow::Result;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use axum::{Router, routing::get};
use chrono::{DateTime, Utc};
use sqlx::postgres::PgPoolOptions;
use sqlx::{FromRow, PgPool};
use std::net::SocketAddr;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    domain: Option<String>,
    status: String,
    stage: String,
    attention_text: Option<String>,
    reseller: Option<String>,
    changed_at: DateTime<Utc>,
}

#[derive(Template)]
#[template(path = "list.html")]
struct Page {
    rows: Vec<Row>,
}

/// Serves until it is ended.
///
/// # Errors
/// When it cannot listen.
pub async fn serve(database: &str, listen: SocketAddr) -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false).connect(database).await?;
    let app = Router::new().route("/tenants", get(list)).route("/health/live", get(live)).with_state(pool);
    axum::serve(tokio::net::TcpListener::bind(listen).await?, app).await?;
    Ok(())
}

async fn live() -> &'static str {
    "alive"
}

async fn list(State(pool): State<PgPool>, headers: HeaderMap) -> Result<Html<String>, StatusCode> {
    let internal = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let cookie = headers
        .get("cookie")
        .and_then(|cookie| cookie.to_str().ok())
        .and_then(|cookie| cookie.split_once('='))
        .ok_or(StatusCode::UNAUTHORIZED)?
        .1;
    let signed_in: Option<String> = sqlx::query_scalar("select username from session where id_hash = $1 and ends_at > now()")
        .bind(steward_core::access::sessions::hash(cookie))
        .fetch_optional(&pool)
        .await
        .map_err(internal)?;
    signed_in.ok_or(StatusCode::UNAUTHORIZED)?;
    let rows: Vec<Row> = sqlx::query_as(
        "select t.id, t.name, t.domain, t.status, t.stage, t.attention_text,
                (select r.name from reseller r where r.id = t.reseller_id) as reseller, t.changed_at
         from tenant t order by t.sort_name, t.id limit 26",
    )
    .fetch_all(&pool)
    .await
    .map_err(internal)?;
    Page { rows }.render().map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
