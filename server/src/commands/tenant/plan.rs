//! `steward tenant plan`, `apply`, `repair`, `suspend`, `resume`: a plan is shown; what is started is exactly that plan.

use super::client::{Client, Refusal, path_of};
use super::output::{confirms, has_person, json, plan as plan_text, say, settings as settings_text, table, text};
use super::settings::{Resources, Settings};
use super::{Go, watch};
use crate::command_line::Stopped;
use crate::commands::exit::Exit;
use reqwest::Method;
use serde_json::{Value, json as value};
use steward_domain::plan::Plan;

/// What is to be other than it is, as typed.
type Wish<'a> = (&'a Settings, &'a Resources);

/// Says what changed settings would do: what `apply` would show.
pub(super) async fn look(client: &Client, as_json: bool, tenant: &str, wish: Wish<'_>) -> Result<(), Stopped> {
    let (tag, body) = wanted(client, tenant, wish).await?;
    let looked = client.send(Method::POST, &format!("{}/plan?dry_run=true", path_of(tenant)), Some(&tag), &body).await;
    match looked {
        Ok(answer) if as_json => json(&answer.body),
        Ok(answer) => show(&answer.body)?,
        Err(refusal) => return nothing_to_do(as_json, refusal),
    }
    Ok(())
}

/// Changes settings.
pub(super) async fn apply(client: &Client, as_json: bool, tenant: &str, wish: Wish<'_>, go: &Go) -> Result<(), Stopped> {
    let (tag, body) = wanted(client, tenant, wish).await?;
    propose(client, as_json, tenant, Some(&tag), body, go).await
}

/// Proposes, shows the plan, asks, starts.
pub(super) async fn propose(
    client: &Client,
    as_json: bool,
    tenant: &str,
    if_match: Option<&str>,
    body: Value,
    go: &Go,
) -> Result<(), Stopped> {
    if !go.yes && !has_person() {
        return Err(Stopped::Ended(Exit::Usage, "There is no terminal to ask on: give --yes to start what the plan says.".to_owned()));
    }
    let (change, planned_at) = match client.send(Method::POST, &format!("{}/plan", path_of(tenant)), if_match, &body).await {
        Ok(answer) => (answer.body, answer.etag),
        Err(refusal) => return nothing_to_do(as_json, refusal),
    };
    if !as_json {
        show(&change)?;
    }
    let planned = change.get("plan").cloned().unwrap_or_default();
    if planned.get("may_run") != Some(&Value::Bool(true)) {
        if as_json {
            json(&change);
        }
        return Err(Stopped::Ended(Exit::Conflict, "The plan cannot run. Nothing was started.".to_owned()));
    }
    if !go.yes && !confirms(&format!("{} {tenant}?", text(&change, "title"))) {
        return Err(Stopped::Ended(Exit::Failed, "Nothing was started.".to_owned()));
    }
    let start = value!({ "change": change.get("change"), "plan_hash": planned.get("hash") });
    let run = match client.send(Method::POST, &format!("{}/runs", path_of(tenant)), planned_at.as_deref(), &start).await {
        Ok(answer) => answer.body,
        Err(refusal @ Refusal::Problem(412, _)) => return Err(versions(refusal)),
        Err(refusal) => return Err(another_plan(refusal)),
    };
    if go.watch {
        return watch::follow(client, as_json, run.get("href").and_then(Value::as_str).unwrap_or_default()).await;
    }
    if as_json {
        json(&run);
    } else {
        let number = text(&run, "number");
        say(&format!("Run {number} was started. Follow it: steward tenant watch {tenant} {number}"));
    }
    Ok(())
}

/// What is to be changed, and the version that it is changed against.
async fn wanted(client: &Client, tenant: &str, (settings, resources): Wish<'_>) -> Result<(String, Value), Stopped> {
    let mut body = settings.body()?;
    if body.is_empty() && resources.is_empty() {
        let message = "Say what is to change, like --cpu 8, --without dashboard or --file settings.yaml. What differs in the systems: steward tenant drift.";
        return Err(Stopped::Ended(Exit::Usage, message.to_owned()));
    }
    let seen = client.get(&path_of(tenant)).await?;
    resources.add_to(&mut body, &seen.body)?;
    Ok((seen.etag.unwrap_or_default(), Value::Object(body)))
}

fn show(change: &Value) -> Result<(), Stopped> {
    say(format!("{}\n{}", settings_text(change), plan_text(&read(change.get("plan"))?)).trim_start());
    Ok(())
}

/// A plan of an answer.
pub(super) fn read(plan: Option<&Value>) -> Result<Plan, Stopped> {
    let plan = serde_json::from_value(plan.cloned().unwrap_or_default());
    plan.map_err(|error| Stopped::Failed(anyhow::anyhow!("Steward's answer is not understood, are both of one version? {error}")))
}

/// Settings that are as wanted are no failure.
fn nothing_to_do(as_json: bool, refusal: Refusal) -> Result<(), Stopped> {
    if refusal.code() != "TEN-414" {
        return Err(versions(refusal));
    }
    if as_json {
        json(&Value::Null);
    } else {
        say("Nothing is to change: every setting is as wanted already.");
    }
    Ok(())
}

/// Somebody else's change, side by side with one's own.
fn versions(refusal: Refusal) -> Stopped {
    let rows: Vec<Vec<String>> = match &refusal {
        Refusal::Problem(412, document) => document
            .get("settings")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|both| ["setting", "base", "theirs", "mine"].map(|name| text(both, name)).to_vec())
            .collect(),
        _ => Vec::new(),
    };
    beside(refusal, (!rows.is_empty()).then(|| table(&["SETTING", "BASE", "THEIRS", "MINE"], &rows)))
}

/// The plan that would run now.
fn another_plan(refusal: Refusal) -> Stopped {
    let now = match &refusal {
        Refusal::Problem(_, document) => document.get("plan").and_then(|plan| read(Some(plan)).ok()),
        Refusal::Away(_) => None,
    };
    beside(refusal, now.map(|now| plan_text(&now)))
}

fn beside(refusal: Refusal, more: Option<String>) -> Stopped {
    match (Stopped::from(refusal), more) {
        (Stopped::Ended(exit, message), Some(more)) => Stopped::Ended(exit, format!("{message}\n{more}")),
        (stopped, _) => stopped,
    }
}
