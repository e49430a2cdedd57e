//! Every run that the person may see, newest first.

use crate::components::filters::{Active, chips};
use crate::components::head::PageHead;
use crate::components::notice::empty;
use crate::components::pager::pager;
use crate::components::status::{attention, run_state};
use crate::components::table::{nothing, scroll};
use crate::components::time::{ago, date_time};
use crate::frame::{About, Frame, Place, page};
use crate::query::Query;
use crate::visit::{Reply, Visit};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_core::access::{ReadTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::RunRow;
use steward_domain::moment;
use steward_domain::run::{RunState, heading};

const PATH: &str = "/runs";
const ROWS: usize = 25;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The runs.
    pub runs: Vec<RunRow>,
    /// The state in the URL.
    pub query: Query,
    /// Whether there are older ones.
    pub more: bool,
}

/// The page.
///
/// # Errors
/// When the person may not see tenants, or the database fails.
pub async fn get(visit: &Visit, query: &[(String, String)]) -> Result<Reply, Error> {
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    let query = Query::read(query, &["state", "before"]);
    let state = query.get("state").and_then(RunState::parse);
    let before = query.get("before").and_then(|number| number.parse().ok());
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX) + 1;
    let mut runs = services.provisioning.runs_list(&authority, state, before, limit).await?;
    let more = runs.len() > ROWS;
    runs.truncate(ROWS);
    Ok(Reply::page(view(&visit.frame, Model { runs, query, more })))
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let now = frame.now;
    page(frame, &About::page("Runs", Place::Runs), move || {
        let state = model.query.get("state").and_then(RunState::parse);
        let tab = |word: &'static str, of: Option<RunState>| {
            let link = of.map_or_else(|| PATH.to_owned(), |state| format!("{PATH}?state={}", state.as_str()));
            view! { <a href=link aria-current=(of == state).then_some("page")>{word}</a> }
        };
        let active = state.map(|state| Active { names: &["state"], words: format!("State {}", state.label()) });
        let body = if model.runs.is_empty() {
            match state {
                Some(state) => {
                    let clear = view! { <a class="btn small" href=PATH>"All runs"</a> };
                    empty(format!("No run is {}", state.label().to_lowercase()), "Runs of other states are in the whole list.", clear)
                        .into_any()
                }
                None => empty(
                    "No runs yet",
                    "A run begins when somebody presses Create on the plan of a tenant.",
                    view! { <a class="btn small" href="/tenants">"Tenants"</a> },
                )
                .into_any(),
            }
        } else {
            table(&model, now).into_any()
        };
        view! {
            {PageHead::titled("Runs").draw()}
            <nav class="tabs" aria-label="Views">
                {tab("All", None)}
                {tab("Running", Some(RunState::Running))}
                {tab("Stopped", Some(RunState::Stopped))}
                {tab("Done", Some(RunState::Done))}
            </nav>
            {chips(PATH, &model.query, active.into_iter().collect())}
            {body}
        }
    })
}

fn table(model: &Model, now: DateTime<Utc>) -> impl IntoView + use<> {
    let rows: Vec<_> = model.runs.iter().cloned().map(|run| row(run, now)).collect();
    let last = model.runs.last().map(|run| run.number);
    let older = last.filter(|_| model.more).map(|number| model.query.with("before", number.to_string()).link(PATH));
    let newest = model.query.get("before").map(|_| model.query.without(&["before"]).link(PATH));
    let shown = format!("{} shown, newest first", model.runs.len());
    view! {
        {scroll(
            "Runs",
            view! {
                <table class="grid full">
                    <caption class="vh">"Runs, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Run"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Attention"</th>
                            <th scope="col">"Asked for by"</th>
                            <th scope="col" class="num">"Took"</th>
                            <th scope="col" class="num" aria-sort="descending">"Started"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            },
        )}
        {pager(shown, ("Newest", newest), ("Older", older))}
    }
}

fn row(run: RunRow, now: DateTime<Utc>) -> impl IntoView {
    let link = format!("/tenants/{}/runs/{}", run.tenant_id, run.number);
    view! {
        <tr>
            <th scope="row"><a href=link>{heading(run.kind, &run.title, &run.tenant_name)}</a><small>{format!("run {}", moment::thousands(run.number))}</small></th>
            <td>{run_state(run.state)}</td>
            <td>{run.attention.as_ref().map_or_else(|| nothing("none"), attention)}</td>
            <td>{run.requested_by}</td>
            <td class="num">{run.took_ms.map_or_else(|| nothing("not ended").into_any(), |took| moment::duration(took).into_any())}</td>
            <td class="num">{ago(run.created_at, now)}<small>{date_time(run.created_at)}</small></td>
        </tr>
    }
}
