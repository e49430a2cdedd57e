//! `steward tenant drift`

use super::client::{Client, path_of};
use super::output::{json, say, table};
use super::plan::read;
use crate::command_line::Stopped;
use crate::commands::exit::Exit;
use steward_domain::plan::{Action, Verdict};

/// Lists what differs, and ends with a code of its own if anything does.
pub(super) async fn run(client: &Client, as_json: bool, tenant: &str) -> Result<(), Stopped> {
    let answer = client.get(&format!("{}/plan", path_of(tenant))).await?.body;
    let plan = read(Some(&answer))?;
    let differing: Vec<_> = plan.items.iter().filter(|item| item.action != Action::Keep).collect();
    let unseen: Vec<_> = plan.preflight.iter().filter(|check| check.verdict == Verdict::Look).collect();
    if as_json {
        json(&answer);
    } else {
        let mut rows = Vec::new();
        for item in &differing {
            let row = |field: &str, seen: &str, wanted: &str| {
                vec![item.kind.as_str().to_owned(), item.name.clone(), field.to_owned(), seen.to_owned(), wanted.to_owned()]
            };
            match item.action {
                Action::Create => rows.push(row("–", "missing", &item.exactly)),
                Action::Remove => rows.push(row("–", &item.exactly, "none")),
                Action::Foreign => rows.push(row("–", &format!("not made by Steward: {}", item.exactly), "Steward's own")),
                Action::Change | Action::Keep => {
                    rows.extend(item.differences.iter().map(|one| row(&one.field, &one.seen, &one.wanted)));
                }
            }
        }
        if rows.is_empty() && unseen.is_empty() {
            say("Nothing differs.");
        } else if !rows.is_empty() {
            say(&table(&["KIND", "NAME", "FIELD", "SEEN", "WANTED"], &rows));
        }
        for check in &unseen {
            say(&format!("look  {} ({})", check.what, check.source));
        }
    }
    match (differing.len(), unseen.is_empty()) {
        (0, true) => Ok(()),
        (0, false) => Err(Stopped::Ended(Exit::Away, "Not everything could be looked at.".to_owned())),
        (count, _) => Err(Stopped::Ended(Exit::Differs, format!("{count} of {} differ.", plan.items.len()))),
    }
}
