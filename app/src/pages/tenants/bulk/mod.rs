//! Many tenants from one table: the form here, what came of it in `progress.rs`. Both work without a script.

pub mod progress;

use super::wizard::{NotSaved, wizard_page};
use crate::api::bulk::propose_batch;
use crate::api::error::ApiError;
use crate::components::field::{described_by, error_line};
use crate::components::head::PageHead;
use crate::components::markup::Markup;
use crate::components::problem::problem;
use crate::frame::{About, Frame, Place};
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Upload, Visit};
use leptos::prelude::*;
use steward_core::access::{CreateTenants, demand};
use steward_core::error::Error;
use steward_domain::bulk::{COLUMNS, ROWS_MAX};
use steward_domain::field::FieldError;

const PATH: &str = "/tenants/bulk";
/// What a table looks like.
const EXAMPLE: &str =
    "name,contact_email,cpu,features\nAcme Corp,admin@acme.com,8,crm_enabled;ml_enabled\nKestrel Freight,ops@kestrel.example,,";

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The table as typed.
    pub csv: String,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// Why it was not saved.
    pub not_saved: Option<NotSaved>,
}

/// The breadcrumb.
fn crumbs() -> Vec<(String, Option<String>)> {
    vec![("Tenants".to_owned(), Some("/tenants".to_owned())), ("Many at once".to_owned(), None)]
}

/// The page.
///
/// # Errors
/// When the person may not.
pub async fn get(visit: &Visit) -> Result<Reply, Error> {
    demand::<CreateTenants>(&visit.services.database, &visit.frame.actor).await?;
    Ok(Reply::page(view(&visit.frame, Model::default())))
}

/// The form: every row is looked at; nothing is created yet. A file wins over what was typed.
///
/// # Errors
/// None of its own.
pub async fn post(visit: &Visit, body: &FormBody, file: Option<Upload>) -> Result<Reply, Error> {
    let csv = match file.map(|file| String::from_utf8(file.bytes)) {
        None => value_of(body, "csv"),
        Some(Ok(csv)) => csv,
        Some(Err(_)) => {
            let errors = vec![FieldError::new("csv", "The file is not a text in UTF-8; save it as CSV UTF-8")];
            return Ok(Reply::Page {
                status: 422,
                html: view(&visit.frame, Model { csv: value_of(body, "csv"), errors, not_saved: None }),
            });
        }
    };
    match visit.within(propose_batch(csv.clone())).await {
        Ok(batch) => Ok(Reply::see_other(progress::path(batch))),
        Err(ApiError::Invalid(errors)) => Ok(Reply::Page { status: 422, html: view(&visit.frame, Model { csv, errors, not_saved: None }) }),
        Err(error) => Ok(match NotSaved::of(error) {
            Ok(why) => not_saved(visit, body, why),
            Err(error) => failed(visit, error),
        }),
    }
}

/// The page with what was typed, which was not looked at. It reads nothing: the database may be away, or the person signed out.
#[must_use]
pub fn not_saved(visit: &Visit, body: &FormBody, why: NotSaved) -> Reply {
    let status = why.status;
    Reply::Page { status, html: view(&visit.frame, Model { csv: value_of(body, "csv"), errors: Vec::new(), not_saved: Some(why) }) }
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let wrong = !model.errors.is_empty() || model.not_saved.is_some();
    let about = About::page("Many tenants at once", Place::Tenants).wrong_if(wrong);
    let request_id = frame.request_id.clone();
    wizard_page(frame, &about, move || {
        let Model { csv, errors, not_saved } = model;
        let head = PageHead { crumbs: crumbs(), ..PageHead::titled("Many tenants at once") };
        let wrong = !errors.is_empty();
        let first = errors.first().map(|error| error_line("csv", &error.message).draw());
        let limit = format!("At most {ROWS_MAX} tenants and 64 KiB; more with the command line or the API, a table at a time.");
        view! {
            {head.draw()}
            {not_saved.map(|why| why.draw(&request_id))}
            <form class="stack" action=PATH method="post" enctype="multipart/form-data" novalidate>
                {problem(&errors)}
                <div class=if wrong { "field wrong" } else { "field" }>
                    <label for="csv">"The table, as CSV"</label>
                    <p class="hint" id="csv-hint">"The first row names the columns: "<code>"name"</code>" and "<code>"contact_email"</code>", and any of "{COLUMNS.iter().skip(2).copied().collect::<Vec<_>>().join(", ")}". What is left empty has its default. Features are separated by semicolons. "{limit}</p>
                    {first}
                    {table(&csv, wrong)}
                </div>
                <div class="field">
                    <label for="file">"Or a file "<span class="faint">"(optional)"</span></label>
                    <p class="hint" id="file-hint">"CSV in UTF-8, with the same columns. It is taken instead of what stands above."</p>
                    <input id="file" type="file" name="file" accept=".csv,text/csv" aria-describedby="file-hint"/>
                </div>
                <div class="formend">
                    <button class="btn primary" type="submit">"Check every row"</button>
                    <a class="btn quiet" href="/tenants">"Back"</a>
                    <span class="faint">"Nothing is created before you agreed."</span>
                </div>
            </form>
        }
    })
}

/// The field of the table. Leptos writes what stands in a textarea as it is: here it is made safe.
fn table(csv: &str, wrong: bool) -> impl IntoView + use<> {
    Markup::new("<textarea id=\"csv\" name=\"csv\" rows=\"10\" spellcheck=\"false\" autocomplete=\"off\" placeholder=\"")
        .text(EXAMPLE)
        .raw(if wrong { "\" aria-invalid=\"true\" aria-describedby=\"" } else { "\" aria-describedby=\"" })
        .text(&described_by("csv", wrong))
        .raw("\">")
        .text(csv)
        .raw("</textarea>")
        .draw()
}
