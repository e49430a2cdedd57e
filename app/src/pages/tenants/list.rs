//! The list of tenants: search, filters, order, keyset pages; the URL is its state.

use super::list_query::{DIRECT, KNOWN, edge, filter, sort, write_cursor};
use crate::components::filters::{Active, chips, choose, text};
use crate::components::head::PageHead;
use crate::components::icon::{Icon, icon};
use crate::components::notice::empty;
use crate::components::pager::pager;
use crate::components::status::{attention, tenant_status};
use crate::components::table::{Sorted, nothing, scroll, sort_head};
use crate::components::time::ago;
use crate::frame::{About, Frame, Place, page};
use crate::query::Query;
use crate::visit::{Reply, Visit};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use std::sync::Arc;
use steward_core::access::{Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::{self, Filter, Reseller, ResellerFilter, Sort, TenantRow};
use steward_domain::tenant::{Attention, AttentionKind, Stage, Status};
use uuid::Uuid;

const PATH: &str = "/tenants";
const ROWS: u16 = 25;

/// A row of the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: Uuid,
    /// Its name; may be empty in a draft.
    pub name: String,
    /// Its domain; none in a draft.
    pub domain: Option<String>,
    /// What it is.
    pub status: Status,
    /// Whose turn it is.
    pub stage: Stage,
    /// What is wrong right now.
    pub attention: Option<Attention>,
    /// Its reseller's name.
    pub reseller: Option<String>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl From<TenantRow> for Row {
    fn from(row: TenantRow) -> Self {
        let TenantRow { id, name, domain, status, stage, attention, reseller, changed_at, .. } = row;
        Self { id, name, domain, status, stage, attention, reseller, changed_at }
    }
}

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The rows.
    pub rows: Vec<Row>,
    /// The resellers to filter by; none for those who see one only.
    pub resellers: Arc<[Reseller]>,
    /// The state in the URL.
    pub query: Query,
    /// The link to the page before.
    pub previous: Option<String>,
    /// The link to the page behind.
    pub next: Option<String>,
}

/// The page.
///
/// # Errors
/// When the person may not see tenants, or the database fails.
pub async fn get(visit: &Visit, query: &[(String, String)]) -> Result<Reply, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    let query = Query::read(query, &KNOWN);
    let sort = sort(&query);
    let edge = edge(&query, sort);
    let edge = edge.as_ref().map(|(cursor, direction)| (cursor, *direction));
    let found = tenants::list(&services.database, &authority, &filter(&query), sort, edge, ROWS).await?;
    let resellers = services.resellers.of(&services.database, &authority, visit.frame.now).await?;
    let link = |name: &str, row: Option<&TenantRow>| {
        row.map(|row| query.without(&["after", "before"]).with(name, write_cursor(&row.cursor(), sort)).link(PATH))
    };
    let model = Model {
        previous: link("before", found.rows.first().filter(|_| found.has_previous)),
        next: link("after", found.rows.last().filter(|_| found.has_next)),
        rows: found.rows.into_iter().map(Row::from).collect(),
        resellers,
        query,
    };
    Ok(Reply::page(view(&visit.frame, model)))
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let about = About::page("Tenants", Place::Tenants);
    page(frame, &about, || main(frame, model))
}

fn main(frame: &Frame, model: Model) -> impl IntoView + use<> {
    let may_create = frame.may(Permission::TenantCreate);
    let filter = filter(&model.query);
    let filtered = filter != Filter::default();
    let create = move || {
        may_create.then(|| view! { <a class="btn primary" href="/tenants/new">{icon(Icon::Plus)}"Onboard a tenant"</a><a class="btn" href="/tenants/bulk">"Many at once"</a> })
    };
    let head = PageHead { acts: create().map(IntoAny::into_any), ..PageHead::titled("Tenants") };
    let body = if model.rows.is_empty() {
        let back = model.previous.is_some() || model.query.get("after").is_some() || model.query.get("before").is_some();
        if filtered || back {
            let title = match &filter.search {
                Some(search) => format!("No tenant matches “{search}”"),
                None => "No tenant matches these filters".to_owned(),
            };
            let clear = view! { <a class="btn small" href=PATH>"Clear filters"</a> };
            empty(title, "Check the spelling, or take a filter away.", clear).into_any()
        } else if may_create {
            empty("No tenants yet", "Onboard the first one: three short pages, a plan to look at, then Steward makes everything.", create())
                .into_any()
        } else {
            empty("No tenants yet", "Platform Ops and resellers onboard them. They appear here as soon as somebody begins.", ()).into_any()
        }
    } else {
        table(frame, &model).into_any()
    };
    view! {
        {head.draw()}
        {views(&model.query)}
        {filters(&model, &filter)}
        {chips(PATH, &model.query, active(&filter, &model.resellers))}
        {body}
    }
}

/// The filters that are asked for most, as links.
fn views(query: &Query) -> impl IntoView + use<> {
    let tab = |word: &'static str, name: &'static str, value: &'static str| {
        let here = match (name, value) {
            ("status", "") => query.get("status").is_none() && query.get("attention").is_none(),
            (name, value) => query.get(name) == Some(value),
        };
        let rest = query.without(&["status", "attention", "after", "before"]);
        let link = if value.is_empty() { rest } else { rest.with(name, value) }.link(PATH);
        view! { <a href=link aria-current=here.then_some("page")>{word}</a> }
    };
    view! {
        <nav class="tabs" aria-label="Views">
            {tab("All", "status", "")}
            {tab("Drafts", "status", "draft")}
            {tab("Provisioning", "status", "provisioning")}
            {tab("Active", "status", "active")}
            {tab("Stopped", "attention", "stopped")}
            {tab("Waiting", "attention", "waiting")}
            {tab("Drift", "attention", "drift")}
        </nav>
    }
}

fn filters(model: &Model, filter: &Filter) -> impl IntoView + use<> {
    let statuses = Status::ALL.map(|status| (status.as_str(), status.label()));
    let kinds = AttentionKind::ALL.map(|kind| (kind.as_str(), kind.label()));
    let stages = Stage::ALL.map(|stage| (stage.as_str(), stage.responsible().label()));
    let ids: Vec<String> = model.resellers.iter().map(|reseller| reseller.id.to_string()).collect();
    let resellers: Vec<(&str, &str)> = std::iter::once((DIRECT, "None, direct"))
        .chain(ids.iter().map(String::as_str).zip(model.resellers.iter().map(|reseller| reseller.name.as_str())))
        .collect();
    let sort = model.query.get("sort").map(|sort| view! { <input type="hidden" name="sort" value=sort.to_owned()/> });
    let reseller =
        (!model.resellers.is_empty()).then(|| choose("f-reseller", "reseller", "Reseller", "Any", model.query.get("reseller"), &resellers));
    view! {
        <form class="filters" role="search" aria-label="Filter tenants" action=PATH>
            {text("f-q", "q", "Name, domain, contact or id", true, filter.search.as_deref())}
            {choose("f-status", "status", "Status", "Any", filter.status.map(Status::as_str), &statuses)}
            {choose("f-stage", "stage", "Whose turn", "Anyone", filter.stage.map(Stage::as_str), &stages)}
            {choose("f-attention", "attention", "Attention", "Any", filter.attention.map(AttentionKind::as_str), &kinds)}
            {reseller}
            {sort}
            <button class="btn" type="submit">"Filter"</button>
        </form>
    }
}

fn active(filter: &Filter, resellers: &[Reseller]) -> Vec<Active> {
    let reseller = filter.reseller.map(|reseller| match reseller {
        ResellerFilter::Direct => "No reseller".to_owned(),
        ResellerFilter::Of(id) => {
            let name = resellers.iter().find(|reseller| reseller.id == id).map_or("unknown", |reseller| reseller.name.as_str());
            format!("Reseller {name}")
        }
    });
    [
        filter.search.as_ref().map(|search| Active { names: &["q"], words: format!("“{search}”") }),
        filter.status.map(|status| Active { names: &["status"], words: format!("Status {}", status.label()) }),
        filter.stage.map(|stage| Active { names: &["stage"], words: format!("Turn of {}", stage.responsible().label()) }),
        filter.attention.map(|kind| Active { names: &["attention"], words: kind.label().to_owned() }),
        reseller.map(|words| Active { names: &["reseller"], words }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn row(row: Row, now: DateTime<Utc>, may_create: bool) -> impl IntoView {
    let draft = row.status == Status::Draft;
    let name = if row.name.is_empty() { "Unnamed draft".to_owned() } else { row.name };
    let name = match (draft, may_create) {
        (true, true) => view! { <a href=format!("/tenants/{}/draft/organisation", row.id)>{name}</a> }.into_any(),
        (true, false) => name.into_any(),
        (false, _) => view! { <a href=format!("/tenants/{}", row.id)>{name}</a> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{name}<small>{row.domain.unwrap_or_else(|| "not created yet".to_owned())}</small></th>
            <td>{tenant_status(row.status)}</td>
            <td>{row.attention.as_ref().map_or_else(|| nothing("none"), attention)}</td>
            <td>{row.stage.label()}<small>{row.stage.responsible().label()}</small></td>
            <td>{row.reseller.unwrap_or_else(|| "Direct".to_owned())}</td>
            <td class="num">{ago(row.changed_at, now)}</td>
        </tr>
    }
}

fn table(frame: &Frame, model: &Model) -> impl IntoView + use<> {
    let (now, may_create) = (frame.now, frame.may(Permission::TenantCreate));
    let by = sort(&model.query);
    let rest = model.query.without(&["sort", "after", "before"]);
    let count = model.rows.len();
    let name_of =
        |row: Option<&Row>| row.map(|row| if row.name.is_empty() { "unnamed" } else { row.name.as_str() }).unwrap_or_default().to_owned();
    let shown = match count {
        1 => "1 shown".to_owned(),
        count => format!("{count} shown, {} to {}", name_of(model.rows.first()), name_of(model.rows.last())),
    };
    let rows: Vec<_> = model.rows.iter().cloned().map(|tenant| row(tenant, now, may_create)).collect();
    let (by_name, by_change) = match by {
        Sort::Name => (Sorted::Up, Sorted::No),
        Sort::Changed => (Sorted::No, Sorted::Down),
    };
    view! {
        {scroll(
            "Tenants",
            view! {
                <table class="grid full">
                    <caption class="vh">"Tenants with status, attention and whose turn it is"</caption>
                    <thead>
                        <tr>
                            {sort_head("Tenant", "", by_name, rest.link(PATH))}
                            <th scope="col">"Status"</th>
                            <th scope="col">"Attention"</th>
                            <th scope="col">"Stage and whose turn"</th>
                            <th scope="col">"Reseller"</th>
                            {sort_head("Changed", "num", by_change, rest.with("sort", "changed").link(PATH))}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            },
        )}
        {pager(shown, ("Previous", model.previous.clone()), ("Next", model.next.clone()))}
    }
}
