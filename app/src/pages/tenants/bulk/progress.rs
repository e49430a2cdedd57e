//! What came of a table: a verdict per row before it is started, how far each tenant is afterwards.

use super::PATH;
use crate::api::bulk::start_batch;
use crate::api::error::ApiError;
use crate::components::head::PageHead;
use crate::components::icon::{Icon, icon};
use crate::components::notice::note;
use crate::components::status::{Tone, run_state, status};
use crate::components::table::{nothing, scroll};
use crate::components::time::date_time;
use crate::frame::{About, Frame, Place, page};
use crate::pages::error::failed;
use crate::visit::{Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{CreateTenants, demand};
use steward_core::error::Error;
use steward_core::provisioning::{BatchRow, BatchView, Progress};
use steward_domain::plan::Verdict;
use uuid::Uuid;

/// The page of a batch.
pub(super) fn path(batch: Uuid) -> String {
    format!("{PATH}/{batch}")
}

/// The page.
///
/// # Errors
/// When there is no such batch, or the person may not.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let authority = demand::<CreateTenants>(&visit.services.database, &visit.frame.actor).await?;
    let batch = visit.services.provisioning.batch_view(&authority, id).await?;
    Ok(Reply::page(view(&visit.frame, batch)))
}

/// The button: starts the batch, or goes on with it.
///
/// # Errors
/// None of its own.
pub async fn start(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    match visit.within(start_batch(id)).await {
        Ok(()) => Ok(Reply::see_other(path(id))),
        // Started meanwhile, or not to be started: the page says which.
        Err(ApiError::Failed { code, message, .. }) if code == "TEN-417" => Ok(Reply::done(path(id), message)),
        Err(error) => Ok(failed(visit, error)),
    }
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, batch: BatchView) -> String {
    let title = format!("{} tenants from a table", batch.rows.len());
    let about = About::page(title.clone(), Place::Tenants);
    page(frame, &about, move || {
        let progress = batch.progress();
        let crumbs = vec![
            ("Tenants".to_owned(), Some("/tenants".to_owned())),
            ("Many at once".to_owned(), Some(PATH.to_owned())),
            ("Table".to_owned(), None),
        ];
        let under = view! { "Sent by "{batch.requested_by.clone()}", "{date_time(batch.created_at)} }.into_any();
        let head = PageHead { crumbs, status: Some(state(&batch, progress).into_any()), under: Some(under), ..PageHead::titled(title) };
        let rows: Vec<_> = batch.rows.iter().map(row).collect();
        view! {
            {head.draw()}
            {told(&batch, progress)}
            {scroll(
                "Rows of the table",
                view! {
                    <table class="grid full">
                        <caption class="vh">"Each row of the table, and how far its tenant is"</caption>
                        <thead>
                            <tr>
                                <th scope="col" class="num">"Line"</th>
                                <th scope="col">"Tenant"</th>
                                <th scope="col">"Check"</th>
                                <th scope="col">"Run"</th>
                                <th scope="col">"What"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                },
            )}
            {acts(&batch, progress)}
        }
    })
}

/// "3 of 12 done, 8 running"
fn words(total: usize, progress: Progress) -> String {
    let mut words = vec![format!("{} of {total} done", progress.done)];
    for (count, what) in
        [(progress.running, "running"), (progress.waiting, "waiting"), (progress.stopped, "stopped"), (progress.failed, "not created")]
    {
        if count > 0 {
            words.push(format!("{count} {what}"));
        }
    }
    words.join(", ")
}

fn state(batch: &BatchView, progress: Progress) -> impl IntoView + use<> {
    let total = batch.rows.len();
    match (batch.started_at, batch.may_start()) {
        (None, false) => status(Tone::Bad, Icon::Stop, "Not every row passes, nothing is created"),
        (None, true) => status(Tone::Idle, Icon::Ring, "Checked, nothing is created yet"),
        (Some(_), _) if progress.done == total => status(Tone::Ok, Icon::Check, &format!("All {total} done")),
        (Some(_), _) if progress.stopped > 0 || progress.failed > 0 => status(Tone::Bad, Icon::Stop, &words(total, progress)),
        (Some(_), _) => status(Tone::Run, Icon::Half, &words(total, progress)),
    }
}

/// What to do next, in words.
fn told(batch: &BatchView, progress: Progress) -> Option<impl IntoView + use<>> {
    let (tone, glyph, title, words) = match (batch.started_at, batch.may_start()) {
        (None, false) => (
            Tone::Bad,
            Icon::Stop,
            "Correct the table",
            "Nothing was created. What is wrong stands in each row; correct the table and send it again.",
        ),
        (None, true) => (
            Tone::Run,
            Icon::Info,
            "Every row passes",
            "Each tenant gets a run of its own. What the systems hold is looked at when its run is started: a row whose name belongs to somebody else there is left out, and told of here.",
        ),
        (Some(_), _) if progress.failed > 0 => (
            Tone::Warn,
            Icon::Warn,
            "Some were not created",
            "Nothing of them was made. Do what stands in their rows, then go on: what was created is not created again.",
        ),
        _ => return None,
    };
    Some(view! { <div class="sec">{note(tone, glyph, title, view! { <p>{words}</p> })}</div> })
}

fn row(row: &BatchRow) -> impl IntoView + use<> {
    let verdict = match row.review.verdict {
        Verdict::Pass => status(Tone::Ok, Icon::Check, "Passes"),
        Verdict::Look => status(Tone::Warn, Icon::Warn, "Passes, capacity runs short"),
        Verdict::Fail => status(Tone::Bad, Icon::Stop, "Does not pass"),
    };
    let name = if row.review.name.is_empty() { "no name".to_owned() } else { row.review.name.clone() };
    let name = match row.tenant_id {
        Some(tenant) => view! { <a href=format!("/tenants/{tenant}")>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    let run = match (row.tenant_id, row.run_number, row.run_state) {
        (Some(tenant), Some(number), Some(state)) => {
            view! { <a href=format!("/tenants/{tenant}/runs/{number}")>{format!("run {number}")}</a>" "{run_state(state)} }.into_any()
        }
        _ => nothing("not started").into_any(),
    };
    let mut what: Vec<String> = row.review.errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
    what.extend(row.problem.clone());
    let what: Vec<_> = what.into_iter().map(|line| view! { <p>{line}</p> }).collect();
    view! {
        <tr>
            <td class="num">{row.review.line}</td>
            <th scope="row">{name}<small><code>{row.review.short_name.clone()}</code></small></th>
            <td>{verdict}</td>
            <td>{run}</td>
            <td>{what}</td>
        </tr>
    }
}

fn acts(batch: &BatchView, progress: Progress) -> impl IntoView + use<> {
    let count = batch.rows.len();
    let left = progress.waiting + progress.failed;
    let words = match batch.started_at {
        None => format!("Create {count} tenants"),
        Some(_) => format!("Go on with {left}"),
    };
    let start = (batch.may_start() && left > 0).then(|| {
        view! {
            <form method="post" action=format!("{}/start", path(batch.id)) data-once>
                <button class="btn primary" type="submit" data-busy="Starting…">{words}</button>
            </form>
        }
    });
    view! {
        <div class="formend">
            {start}
            {batch.started_at.map(|_| view! { <a class="btn" href=path(batch.id)>{icon(Icon::Retry)}"Look again"</a> })}
            <a class="btn quiet" href=PATH>"Another table"</a>
        </div>
    }
}
