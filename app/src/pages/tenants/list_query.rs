//! The state of the list as its URL: filters, order, and the edge of the page.

use crate::query::Query;
use chrono::{DateTime, SecondsFormat, Utc};
use steward_core::tenants::{Cursor, Direction, Filter, ResellerFilter, Sort};
use steward_domain::tenant::{AttentionKind, Stage, Status};
use uuid::Uuid;

/// The names that the list knows.
pub(super) const KNOWN: [&str; 8] = ["q", "status", "attention", "stage", "reseller", "sort", "after", "before"];

/// The value of `reseller` for tenants that have none.
pub(super) const DIRECT: &str = "direct";

/// What to show. Values that mean nothing are ignored: an old link still opens.
pub(super) fn filter(query: &Query) -> Filter {
    Filter {
        search: query.get("q").map(|search| search.chars().take(200).collect()),
        status: query.get("status").and_then(Status::parse),
        attention: query.get("attention").and_then(AttentionKind::parse),
        stage: query.get("stage").and_then(Stage::parse),
        reseller: query.get("reseller").and_then(|reseller| match reseller {
            DIRECT => Some(ResellerFilter::Direct),
            id => id.parse().ok().map(ResellerFilter::Of),
        }),
    }
}

/// The order.
pub(super) fn sort(query: &Query) -> Sort {
    match query.get("sort") {
        Some("changed") => Sort::Changed,
        _ => Sort::Name,
    }
}

/// The edge from which the page is drawn.
pub(super) fn edge(query: &Query, sort: Sort) -> Option<(Cursor, Direction)> {
    let read = |name| query.get(name).and_then(|text| read_cursor(text, sort));
    read("after").map(|cursor| (cursor, Direction::Forward)).or_else(|| read("before").map(|cursor| (cursor, Direction::Backward)))
}

/// A row as an edge: its id, then what the list is sorted by.
pub(super) fn write_cursor(cursor: &Cursor, sort: Sort) -> String {
    match sort {
        Sort::Name => format!("{}.{}", cursor.id.simple(), cursor.name),
        Sort::Changed => format!("{}.{}", cursor.id.simple(), cursor.changed_at.to_rfc3339_opts(SecondsFormat::Micros, true)),
    }
}

fn read_cursor(text: &str, sort: Sort) -> Option<Cursor> {
    let (id, by) = text.split_once('.')?;
    let id: Uuid = id.parse().ok()?;
    Some(match sort {
        Sort::Name => Cursor { name: by.to_owned(), changed_at: DateTime::<Utc>::default(), id },
        Sort::Changed => Cursor { name: String::new(), changed_at: DateTime::parse_from_rfc3339(by).ok()?.to_utc(), id },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_written() {
        let at = DateTime::parse_from_rfc3339("2026-03-19T14:32:05.123456Z").unwrap().to_utc();
        let cursor = Cursor { name: "borrow & lane.".into(), changed_at: at, id: Uuid::from_u128(7) };
        let by_name = read_cursor(&write_cursor(&cursor, Sort::Name), Sort::Name).unwrap();
        assert_eq!((by_name.name, by_name.id), (cursor.name.clone(), cursor.id));
        let by_change = read_cursor(&write_cursor(&cursor, Sort::Changed), Sort::Changed).unwrap();
        assert_eq!((by_change.changed_at, by_change.id), (at, cursor.id));
        assert_eq!(read_cursor("nonsense", Sort::Name), None);
    }
}
