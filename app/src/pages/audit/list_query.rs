//! The state of the log as its URL.

use crate::query::Query;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use steward_core::audit::{Action, Cursor, Filter, Outcome};

/// The names that the log knows.
pub(super) const KNOWN: [&str; 10] =
    ["person", "tenant", "action", "object", "address", "result", "range", "correlation", "request", "after"];

/// The ranges of time to choose from: value, words, hours.
pub(super) const RANGES: [(&str, &str, i64); 4] =
    [("hour", "Last hour", 1), ("day", "Last 24 hours", 24), ("week", "Last 7 days", 168), ("month", "Last 30 days", 720)];

/// What to show. Values that mean nothing are ignored: an old link still opens.
pub(super) fn filter(query: &Query, now: DateTime<Utc>) -> Filter {
    let text = |name| query.get(name).map(|text: &str| text.chars().take(200).collect::<String>());
    let hours = query.get("range").and_then(|range| RANGES.iter().find(|(name, _, _)| *name == range)).map(|(_, _, hours)| *hours);
    Filter {
        person: text("person"),
        tenant: query.get("tenant").and_then(|id| id.parse().ok()),
        action: query.get("action").and_then(Action::parse),
        object: text("object"),
        address: text("address"),
        result: query.get("result").and_then(Outcome::parse),
        from: hours.map(|hours| now - TimeDelta::hours(hours)),
        until: None,
        correlation: query.get("correlation").and_then(|id| id.parse().ok()),
        request: text("request"),
    }
}

/// Where the page begins.
pub(super) fn after(query: &Query) -> Option<Cursor> {
    let (id, at) = query.get("after")?.split_once('.')?;
    Some(Cursor { id: id.parse().ok()?, occurred_at: DateTime::parse_from_rfc3339(at).ok()?.to_utc() })
}

/// An edge as it stands in the URL.
pub(super) fn write_cursor(cursor: Cursor) -> String {
    format!("{}.{}", cursor.id.simple(), cursor.occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true))
}
