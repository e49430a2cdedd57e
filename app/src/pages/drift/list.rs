//! The board of all tenants that the person may see, newest first.

use super::rows::section;
use crate::components::filters::{Active, chips, choose, text};
use crate::components::head::PageHead;
use crate::components::notice::empty;
use crate::components::pager::pager;
use crate::frame::{About, Frame, Place, page};
use crate::query::Query;
use crate::visit::{Reply, Visit};
use chrono::{DateTime, SecondsFormat, Utc};
use leptos::prelude::*;
use steward_core::access::{ReadTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::{BoardFilter, DriftRow};
use steward_domain::drift::Decision;
use steward_domain::system::System;
use uuid::Uuid;

const PATH: &str = "/drift";
const ROWS: u16 = 20;
const KNOWN: [&str; 4] = ["tenant", "system", "decision", "after"];
/// The value of `decision` that shows all; without one, what is open is shown.
const ALL: &str = "all";

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// What is not as wanted.
    pub rows: Vec<DriftRow>,
    /// The state in the URL.
    pub query: Query,
    /// Whether there are older ones.
    pub more: bool,
}

/// What to show. Values that mean nothing are ignored: an old link still opens.
fn filter(query: &Query) -> BoardFilter {
    BoardFilter {
        tenant: query.get("tenant").map(|tenant| tenant.chars().take(200).collect()),
        system: query.get("system").and_then(System::parse),
        decision: match query.get("decision") {
            Some(ALL) => None,
            chosen => Some(chosen.and_then(Decision::parse).unwrap_or(Decision::Open)),
        },
    }
}

fn after(query: &Query) -> Option<(DateTime<Utc>, Uuid)> {
    let (id, at) = query.get("after")?.split_once('.')?;
    Some((DateTime::parse_from_rfc3339(at).ok()?.to_utc(), id.parse().ok()?))
}

fn write_cursor((since, id): (DateTime<Utc>, Uuid)) -> String {
    format!("{}.{}", id.simple(), since.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// The page.
///
/// # Errors
/// When the person may not see tenants, or the database fails.
pub async fn get(visit: &Visit, query: &[(String, String)]) -> Result<Reply, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    let query = Query::read(query, &KNOWN);
    let found = services.provisioning.drift_list(&authority, &filter(&query), after(&query), ROWS).await?;
    Ok(Reply::page(view(&visit.frame, Model { rows: found.rows, query, more: found.more })))
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    page(frame, &About::page("Drift", Place::Drift), || main(frame, model))
}

fn main(frame: &Frame, model: Model) -> impl IntoView + use<> {
    let filter = filter(&model.query);
    let rest = model.query.without(&["decision", "after"]);
    let tab = |word: &'static str, value: Option<&'static str>, here: bool| {
        let link = value.map_or_else(|| rest.clone(), |value| rest.with("decision", value)).link(PATH);
        view! { <a href=link aria-current=here.then_some("page")>{word}</a> }
    };
    let systems = System::ALL.map(|system| (system.as_str(), system.label()));
    let decision = model.query.get("decision").map(|decision| view! { <input type="hidden" name="decision" value=decision.to_owned()/> });
    let active = [
        filter.tenant.as_ref().map(|tenant| Active { names: &["tenant"], words: format!("Tenant “{tenant}”") }),
        filter.system.map(|system| Active { names: &["system"], words: format!("System {system}") }),
    ];
    let filtered = active.iter().any(Option::is_some);
    let last = model.rows.last().map(DriftRow::cursor).filter(|_| model.more);
    let older = last.map(|cursor| model.query.with("after", write_cursor(cursor)).link(PATH));
    let newest = model.query.get("after").map(|_| model.query.without(&["after"]).link(PATH));
    let shown = format!("{} shown, newest first", model.rows.len());
    let none = model.rows.is_empty();
    let rows: Vec<_> = model.rows.into_iter().map(|row| section(frame, row, true, None)).collect();
    let body = if none { nothing_there(filter.decision, filtered).into_any() } else { rows.into_any() };
    view! {
        {PageHead {
            under: Some("What is not as wanted although nobody asked Steward to change it. Repaired when somebody says so.".into_any()),
            ..PageHead::titled("Drift")
        }.draw()}
        <nav class="tabs" aria-label="Views">
            {tab("Open", None, filter.decision == Some(Decision::Open))}
            {tab("Accepted", Some("accepted"), filter.decision == Some(Decision::Accepted))}
            {tab("Ignored", Some("ignored"), filter.decision == Some(Decision::Ignored))}
            {tab("All", Some(ALL), filter.decision.is_none())}
        </nav>
        <form class="filters" role="search" aria-label="Filter drift" action=PATH>
            {text("f-tenant", "tenant", "Tenant: name, domain, contact or id", true, filter.tenant.as_deref())}
            {choose("f-system", "system", "System", "Any", filter.system.map(System::as_str), &systems)}
            {decision}
            <button class="btn" type="submit">"Filter"</button>
        </form>
        {chips(PATH, &model.query, active.into_iter().flatten().collect())}
        {body}
        {(!none || newest.is_some()).then(|| pager(shown, ("Newest", newest), ("Older", older)))}
    }
}

fn nothing_there(decision: Option<Decision>, filtered: bool) -> impl IntoView {
    let all = view! { <a class="btn small" href="/drift?decision=all">"All drift"</a> };
    match decision {
        _ if filtered => empty("Nothing matches", "Nothing of this tenant or system is on the board like that.", all).into_any(),
        Some(Decision::Accepted) => empty("Nothing is accepted", "What is accepted counts as wanted until it changes.", all).into_any(),
        Some(Decision::Ignored) => empty("Nothing is ignored", "What is ignored is reported again on its day.", all).into_any(),
        _ => empty(
            "Everything is as wanted",
            "Every tenant is looked at every few minutes, and Kubernetes is watched. What differs appears here.",
            view! { <a class="btn small" href="/tenants">"Tenants"</a> },
        )
        .into_any(),
    }
}
