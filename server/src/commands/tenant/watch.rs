//! `steward tenant watch`: follows a run to its end. The code it ends with is the run's.

use super::client::{Client, path_of};
use super::output::{json, say};
use crate::command_line::Stopped;
use crate::commands::exit::Exit;
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use steward_domain::moment;
use steward_domain::run::{RunState, RunView, StepState};
use uuid::Uuid;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// For so long Steward may be away while a run is watched.
const AWAY_MAX: Duration = Duration::from_secs(60);

/// Follows a tenant's run; the last one if none is named.
pub(super) async fn run(client: &Client, as_json: bool, tenant: &str, number: Option<i64>) -> Result<(), Stopped> {
    let path = path_of(tenant);
    let number = match number {
        Some(number) => number,
        None => {
            let list = client.get(&format!("{path}/runs?limit=1")).await?.body;
            let last = list.pointer("/runs/0/number").and_then(Value::as_i64);
            last.ok_or_else(|| Stopped::Ended(Exit::NotFound, format!("{tenant} has no runs yet.")))?
        }
    };
    follow(client, as_json, &format!("{path}/runs/{number}")).await
}

/// Follows the run at a path.
pub(super) async fn follow(client: &Client, as_json: bool, path: &str) -> Result<(), Stopped> {
    let mut told: HashMap<Uuid, StepState> = HashMap::new();
    let mut seen_last = Instant::now();
    loop {
        let answer = match client.get(path).await {
            Ok(answer) => answer.body,
            Err(refusal) if refusal.may_pass() && seen_last.elapsed() < AWAY_MAX => {
                tokio::time::sleep(EVERY).await;
                continue;
            }
            Err(refusal) => return Err(refusal.into()),
        };
        seen_last = Instant::now();
        let run: RunView = serde_json::from_value(answer.clone())
            .map_err(|error| anyhow::anyhow!("Steward's answer is not understood, are both of one version? {error}"))?;
        if !as_json {
            tell(&run, &mut told);
        }
        if run.is_over() || run.state == RunState::Stopped {
            if as_json {
                json(&answer);
            }
            return end(&run);
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// A line for each step whose state changed.
fn tell(run: &RunView, told: &mut HashMap<Uuid, StepState>) {
    if told.is_empty() {
        say(&format!("Run {}: {}, asked for by {}", run.number, run.heading(), run.requested_by));
    }
    for step in &run.steps {
        if told.insert(step.id, step.state) == Some(step.state) || matches!(step.state, StepState::Blocked | StepState::Ready) {
            continue;
        }
        let took = step.took_ms.filter(|_| step.state == StepState::Done).map(|took| format!(", {}", moment::duration(took)));
        let why = step.cause.as_ref().map(|cause| format!(": {} {} ({})", cause.what, cause.helps, cause.code));
        say(&format!(
            "{}  {:<9} {}{}{}",
            moment::clock(run.seen_at),
            step.state.as_str(),
            step.title,
            took.unwrap_or_default(),
            why.unwrap_or_default()
        ));
    }
}

fn end(run: &RunView) -> Result<(), Stopped> {
    let took = run.ended_at.map(|ended| moment::duration((ended - run.created_at).num_milliseconds()));
    match run.state {
        RunState::Done => {
            // Progress and outcome are for people; what a program reads is the run.
            eprintln!("Run {} is done after {}.", run.number, took.unwrap_or_default());
            Ok(())
        }
        RunState::Cancelled => Err(Stopped::Ended(Exit::Failed, format!("Run {} was cancelled.", run.number))),
        _ => {
            let stopped = run.count(StepState::Stopped);
            Err(Stopped::Ended(Exit::Failed, format!("Run {} stopped: {stopped} of {} steps need a person.", run.number, run.steps.len())))
        }
    }
}
