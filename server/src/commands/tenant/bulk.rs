//! `steward tenant create --csv`: many tenants from one table.

use super::Go;
use super::client::Client;
use super::output::{confirms, has_person, json, say, table, text};
use super::settings::content;
use crate::command_line::Stopped;
use crate::commands::exit::Exit;
use reqwest::Method;
use serde_json::{Value, json as value};
use std::path::Path;
use std::time::Duration;

/// How often a batch is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Shows a verdict per row, asks, and creates every tenant of the table.
pub(super) async fn run(client: &Client, as_json: bool, path: &Path, dry_run: bool, go: &Go) -> Result<(), Stopped> {
    if !dry_run && !go.yes && !has_person() {
        return Err(Stopped::Ended(Exit::Usage, "There is no terminal to ask on: give --yes, or --dry-run.".to_owned()));
    }
    let csv = content(path)?;
    let address = if dry_run { "/v2/tenants/bulk?dry_run=true" } else { "/v2/tenants/bulk" };
    let send = |request: reqwest::RequestBuilder| request.header("content-type", "text/csv; charset=utf-8").body(csv.clone());
    let batch = client.call(Method::POST, address, send).await?.body;
    let may_start = batch.get("may_start") == Some(&Value::Bool(true));
    if !as_json {
        say(&rows(&batch));
    }
    if dry_run || !may_start {
        if as_json {
            json(&batch);
        }
        let refused = || Stopped::Ended(Exit::Usage, "Not every row passes. Nothing was created.".to_owned());
        return if may_start { Ok(()) } else { Err(refused()) };
    }
    let count = batch.get("rows").and_then(Value::as_array).map_or(0, Vec::len);
    if !go.yes && !confirms(&format!("Create {count} tenants?")) {
        return Err(Stopped::Ended(Exit::Failed, "Nothing was created.".to_owned()));
    }
    let path = format!("/v2/tenants/bulk/{}", text(&batch, "id"));
    let started = client.send(Method::POST, &format!("{path}/start"), None, &value!({})).await?.body;
    if go.watch {
        return follow(client, as_json, &path).await;
    }
    if as_json {
        json(&started);
    } else {
        say(&format!("{count} tenants are being created: {path}"));
    }
    Ok(())
}

async fn follow(client: &Client, as_json: bool, path: &str) -> Result<(), Stopped> {
    let mut told = Value::Null;
    loop {
        let batch = client.get(path).await?.body;
        let progress = batch.get("progress").cloned().unwrap_or_default();
        let count = |name: &str| progress.get(name).and_then(Value::as_u64).unwrap_or_default();
        let total = batch.get("rows").and_then(Value::as_array).map_or(0, Vec::len);
        if progress != told && !as_json {
            say(&format!(
                "{} of {total} done, {} running, {} waiting, {} stopped, {} not created",
                count("done"),
                count("running"),
                count("waiting"),
                count("stopped"),
                count("failed")
            ));
        }
        told = progress.clone();
        if count("waiting") == 0 && count("running") == 0 {
            if as_json {
                json(&batch);
            } else {
                say(&rows(&batch));
            }
            let well = count("stopped") == 0 && count("failed") == 0;
            let ended = || {
                Stopped::Ended(
                    Exit::Failed,
                    format!("{} of {total} tenants need a person.", count("stopped").saturating_add(count("failed"))),
                )
            };
            return if well { Ok(()) } else { Err(ended()) };
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn rows(batch: &Value) -> String {
    let rows: Vec<Vec<String>> = batch
        .get("rows")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|row| {
            let errors = row.get("errors").and_then(Value::as_array).into_iter().flatten();
            let mut words: Vec<String> = errors.map(|error| format!("{}: {}", text(error, "field"), text(error, "message"))).collect();
            if row.get("problem").is_some_and(Value::is_string) {
                words.push(text(row, "problem"));
            }
            if row.get("run_number").is_some_and(Value::is_number) {
                words.push(format!("run {} is {}", text(row, "run_number"), text(row, "run_state")));
            }
            vec![text(row, "line"), text(row, "verdict"), text(row, "short_name"), text(row, "name"), words.join("; ")]
        })
        .collect();
    table(&["LINE", "VERDICT", "SHORT NAME", "NAME", "WHAT"], &rows)
}
