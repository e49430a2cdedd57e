//! What commands print: tables for people, JSON for programs. A reader that has gone is nobody's failure.

use serde_json::Value;
use std::io::{IsTerminal, Write};
use steward_domain::moment;
use steward_domain::plan::{Action, Plan, Verdict};

/// Prints a text and a line's end.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints JSON.
pub(super) fn json(value: &Value) {
    say(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// A text of an answer; "–" if there is none.
pub(super) fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(is)) => if *is { "yes" } else { "no" }.to_owned(),
        _ => "–".to_owned(),
    }
}

/// Rows under a heading, in columns as wide as they need; the last one is as long as it is.
pub(super) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heading.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(heading.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

/// A plan: what is done, what speaks against it, how long it takes.
pub(super) fn plan(plan: &Plan) -> String {
    let mut lines = Vec::new();
    let rows: Vec<Vec<String>> = plan
        .items
        .iter()
        .filter(|item| item.action != Action::Keep)
        .map(|item| vec![item.action.label().to_owned(), item.kind.as_str().to_owned(), item.name.clone(), item.exactly.clone()])
        .collect();
    if rows.is_empty() {
        lines.push("Nothing is to be done in any system.".to_owned());
    } else {
        lines.push(table(&["ACTION", "KIND", "NAME", "EXACTLY"], &rows));
    }
    for item in &plan.items {
        for difference in &item.differences {
            lines.push(format!("  {} {}: {} → {}", item.kind.as_str(), difference.field, difference.seen, difference.wanted));
        }
    }
    let kept = plan.count(Action::Keep);
    if kept > 0 {
        lines.push(format!("{kept} kept as they are."));
    }
    for item in &plan.items {
        if let Some(interrupts) = &item.interrupts {
            lines.push(format!("Interrupts: {interrupts} ({} {}).", item.kind.label().to_lowercase(), item.name));
        }
    }
    for check in plan.preflight.iter().filter(|check| check.verdict != Verdict::Pass) {
        let word = if check.verdict == Verdict::Fail { "FAIL" } else { "look" };
        lines.push(
            format!("{word}  {} ({}). {}", check.what, check.source, check.helps.as_deref().unwrap_or_default()).trim_end().to_owned(),
        );
    }
    if let Some(usual) = plan.usual {
        lines.push(format!("Usually takes {}.", moment::duration(usual.median_ms)));
    }
    lines.join("\n")
}

/// Settings before and after.
pub(super) fn settings(change: &Value) -> String {
    let rows: Vec<Vec<String>> = change
        .get("settings")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|setting| vec![text(setting, "label"), text(setting, "before"), text(setting, "after")])
        .collect();
    if rows.is_empty() { String::new() } else { format!("{}\n", table(&["SETTING", "BEFORE", "AFTER"], &rows)) }
}

/// Whether somebody is there to be asked.
pub(super) fn has_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks.
pub(super) fn confirms(question: &str) -> bool {
    let mut typed = String::new();
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    std::io::stdin().read_line(&mut typed).is_ok() && matches!(typed.trim(), "y" | "Y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let rows = [vec!["acme".to_owned(), "active".to_owned()], vec!["petit-marché".to_owned(), "–".to_owned()]];
        assert_eq!(table(&["NAME", "STATUS"], &rows), "NAME          STATUS\nacme          active\npetit-marché  –");
    }
}
