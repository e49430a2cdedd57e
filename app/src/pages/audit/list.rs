//! The log: filtered, newest first, keyset pages; the URL is its state.

use super::list_query::{KNOWN, RANGES, after, filter, write_cursor};
use super::rows::entry_rows;
use crate::components::filters::{Active, chips, choose, text};
use crate::components::head::PageHead;
use crate::components::notice::empty;
use crate::components::pager::pager;
use crate::frame::{About, Frame, Place, page};
use crate::query::Query;
use crate::visit::{Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{ReadAudit, demand};
use steward_core::audit::{self, Action, EntryView, Filter, Outcome};
use steward_core::error::Error;

const PATH: &str = "/audit";
const ROWS: i64 = 50;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The entries.
    pub entries: Vec<EntryView>,
    /// The state in the URL.
    pub query: Query,
    /// The link to older entries.
    pub older: Option<String>,
}

/// The page.
///
/// # Errors
/// When the person may not read the log, or the database fails.
pub async fn get(visit: &Visit, query: &[(String, String)]) -> Result<Reply, Error> {
    let services = &visit.services;
    let authority = demand::<ReadAudit>(&services.database, &visit.frame.actor).await?;
    let query = Query::read(query, &KNOWN);
    let found = audit::list(&services.database, &authority, &filter(&query, visit.frame.now), after(&query), ROWS).await?;
    let older = found.next.map(|cursor| query.with("after", write_cursor(cursor)).link(PATH));
    Ok(Reply::page(view(&visit.frame, Model { entries: found.entries, query, older })))
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    page(frame, &About::page("Audit log", Place::Audit), || main(frame, model))
}

fn main(frame: &Frame, model: Model) -> impl IntoView + use<> {
    let filter = filter(&model.query, frame.now);
    let head = PageHead {
        under: Some(
            view! { <span>"Every change, refusal and sign-in, written together with what it tells of. Times are UTC."</span> }.into_any(),
        ),
        ..PageHead::titled("Audit log")
    };
    let active = active(&filter, &model);
    let newest = model.query.get("after").map(|_| model.query.without(&["after"]).link(PATH));
    let body = if model.entries.is_empty() {
        let clear = view! { <a class="btn small" href=PATH>"Clear filters"</a> };
        if active.is_empty() && newest.is_none() {
            empty("No entries yet", "The first sign-in writes the first one.", ()).into_any()
        } else {
            empty("No entry matches these filters", "Take a filter away, or widen the time.", clear).into_any()
        }
    } else {
        let shown = format!("{} shown, newest first", model.entries.len());
        view! {
            {entry_rows(frame, model.entries.clone(), true)}
            {pager(shown, ("Newest", newest), ("Older", model.older.clone()))}
        }
        .into_any()
    };
    view! {
        {head.draw()}
        {filters(&model, &filter)}
        {chips(PATH, &model.query, active)}
        {body}
    }
}

fn filters(model: &Model, filter: &Filter) -> impl IntoView + use<> {
    let actions: Vec<(&str, &str)> = Action::ALL.iter().map(|action| (action.as_str(), action.label())).collect();
    let results = Outcome::ALL.map(|outcome| (outcome.as_str(), outcome.label()));
    let ranges = RANGES.map(|(value, words, _)| (value, words));
    // Filters that come by a link only stay on while others change.
    let kept: Vec<_> = ["tenant", "correlation", "request"]
        .into_iter()
        .filter_map(|name| model.query.get(name).map(|value| view! { <input type="hidden" name=name value=value.to_owned()/> }))
        .collect();
    view! {
        <form class="filters" role="search" aria-label="Filter entries" action=PATH>
            {text("a-person", "person", "Person", true, filter.person.as_deref())}
            {text("a-object", "object", "Object id", false, filter.object.as_deref())}
            {text("a-address", "address", "Address", false, filter.address.as_deref())}
            {choose("a-action", "action", "Action", "Any", filter.action.map(Action::as_str), &actions)}
            {choose("a-result", "result", "Outcome", "Any", filter.result.map(Outcome::as_str), &results)}
            {choose("a-range", "range", "Time", "All", model.query.get("range"), &ranges)}
            {kept}
            <button class="btn" type="submit">"Filter"</button>
        </form>
    }
}

fn active(filter: &Filter, model: &Model) -> Vec<Active> {
    let tenant = filter.tenant.map(|id| {
        let name = model.entries.iter().find(|entry| entry.tenant_id == Some(id)).and_then(|entry| entry.tenant_name.clone());
        format!("Tenant {}", name.unwrap_or_else(|| id.to_string()))
    });
    let range = model.query.get("range").and_then(|range| RANGES.iter().find(|(name, _, _)| *name == range));
    [
        filter.person.as_ref().map(|person| Active { names: &["person"], words: format!("Person {person}") }),
        tenant.map(|words| Active { names: &["tenant"], words }),
        filter.action.map(|action| Active { names: &["action"], words: action.label().to_owned() }),
        filter.object.as_ref().map(|object| Active { names: &["object"], words: format!("Object {object}") }),
        filter.address.as_ref().map(|address| Active { names: &["address"], words: format!("Address {address}") }),
        filter.result.map(|result| Active { names: &["result"], words: result.label().to_owned() }),
        range.map(|(_, words, _)| Active { names: &["range"], words: (*words).to_owned() }),
        filter.correlation.map(|_| Active { names: &["correlation"], words: "One run".to_owned() }),
        filter.request.as_ref().map(|request| Active { names: &["request"], words: format!("Request {request}") }),
    ]
    .into_iter()
    .flatten()
    .collect()
}
