//! `GET /v2/tenants`: searched, filtered, in pages that follow each other by cursor. No totals: an exact count costs 16 pages.

use super::problem::Problem;
use super::{Call, cursor};
use crate::router::pairs;
use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use steward_core::access::{Authority, ReadTenants, demand};
use steward_core::database::Database;
use steward_core::tenants::{self, Cursor, Direction, Filter, ResellerFilter, Sort, TenantRow};
use steward_domain::tenant::{Attention, AttentionKind, Stage, Status};
use uuid::Uuid;

/// Rows of a page if nothing is said.
const LIMIT_DEFAULT: u16 = 50;
/// Most rows of a page.
const LIMIT_MAX: u16 = 200;

#[derive(Serialize)]
struct List {
    tenants: Vec<Row>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Row {
    tenant_id: Uuid,
    name: String,
    domain: Option<String>,
    status: Status,
    stage: Stage,
    attention: Option<Attention>,
    reseller: Option<String>,
    changed_at: DateTime<Utc>,
}

impl From<TenantRow> for Row {
    fn from(row: TenantRow) -> Self {
        Self {
            tenant_id: row.id,
            name: row.name,
            domain: row.domain,
            status: row.status,
            stage: row.stage,
            attention: row.attention,
            reseller: row.reseller,
            changed_at: row.changed_at,
        }
    }
}

/// What the address asks for.
struct Asked {
    filter: Filter,
    sort: Sort,
    cursor: Option<Cursor>,
    limit: u16,
    /// Everything but the cursor, for the address of the next page.
    rest: Vec<(String, String)>,
}

/// A page of tenants.
pub(super) async fn list(call: Call) -> Result<Response, Problem> {
    let authority = demand::<ReadTenants>(call.steward.database(), &call.actor).await?;
    let asked = asked(call.steward.database(), &authority, call.request.uri().query().unwrap_or_default()).await?;
    let edge = asked.cursor.as_ref().map(|cursor| (cursor, Direction::Forward));
    let page = tenants::list(call.steward.database(), &authority, &asked.filter, asked.sort, edge, asked.limit).await?;
    let next = match page.rows.last() {
        Some(last) if page.has_next => Some(address(asked.rest, &cursor::encode(&last.cursor(), asked.sort))),
        _ => None,
    };
    let link = next.as_ref().and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok());
    let mut response = Json(List { tenants: page.rows.into_iter().map(Row::from).collect(), next }).into_response();
    if let Some(link) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

async fn asked(database: &Database, authority: &Authority<ReadTenants>, query: &str) -> Result<Asked, Problem> {
    let all = pairs(query.as_bytes());
    let mut asked = Asked { filter: Filter::default(), sort: Sort::default(), cursor: None, limit: LIMIT_DEFAULT, rest: Vec::new() };
    let mut place = None;
    for (name, value) in all {
        match name.as_str() {
            "q" => asked.filter.search = Some(value.clone()),
            "status" => asked.filter.status = Some(known("status", &value, Status::parse, &Status::ALL.map(Status::as_str))?),
            "attention" => {
                asked.filter.attention =
                    Some(known("attention", &value, AttentionKind::parse, &AttentionKind::ALL.map(AttentionKind::as_str))?)
            }
            "reseller" => asked.filter.reseller = Some(reseller(database, authority, &value).await?),
            "sort" => asked.sort = known("sort", &value, sort, &["name", "changed"])?,
            "limit" => asked.limit = limit(&value)?,
            "cursor" => {
                place = Some(value);
                continue;
            }
            other => return Err(Problem::parameter(other, format!("There is no parameter called {other}"))),
        }
        asked.rest.push((name, value));
    }
    if let Some(place) = place {
        let cursor = cursor::decode(&place, asked.sort)
            .ok_or_else(|| Problem::parameter("cursor", "Take the cursor from `next` of the page before, with the same sort"))?;
        asked.cursor = Some(cursor);
    }
    Ok(asked)
}

fn known<T>(name: &str, value: &str, parse: impl Fn(&str) -> Option<T>, words: &[&str]) -> Result<T, Problem> {
    parse(value).ok_or_else(|| Problem::parameter(name, format!("{name} is one of {}", words.join(", "))))
}

fn sort(name: &str) -> Option<Sort> {
    match name {
        "name" => Some(Sort::Name),
        "changed" => Some(Sort::Changed),
        _ => None,
    }
}

fn limit(text: &str) -> Result<u16, Problem> {
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| Problem::parameter("limit", format!("limit is a whole number from 1 to {LIMIT_MAX}")))
}

async fn reseller(database: &Database, authority: &Authority<ReadTenants>, short_name: &str) -> Result<ResellerFilter, Problem> {
    if short_name == "direct" {
        return Ok(ResellerFilter::Direct);
    }
    let all = tenants::resellers(database, authority).await?;
    let found = all.iter().find(|reseller| reseller.short_name == short_name);
    found
        .map(|reseller| ResellerFilter::Of(reseller.id))
        .ok_or_else(|| Problem::parameter("reseller", "reseller is a reseller's short name, or direct"))
}

fn address(rest: Vec<(String, String)>, cursor: &str) -> String {
    let mut pairs = rest;
    pairs.push(("cursor".to_owned(), cursor.to_owned()));
    format!("/v2/tenants?{}", serde_urlencoded::to_string(pairs).unwrap_or_default())
}
