//! The place in a list, as clients carry it: opaque, and good only for the same order.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_core::tenants::{Cursor, Sort};
use uuid::Uuid;

#[derive(Deserialize, Serialize)]
struct Place {
    s: char,
    n: String,
    c: DateTime<Utc>,
    i: Uuid,
}

const fn letter(sort: Sort) -> char {
    match sort {
        Sort::Name => 'n',
        Sort::Changed => 'c',
    }
}

/// The text of a cursor.
pub(super) fn encode(cursor: &Cursor, sort: Sort) -> String {
    let place = Place { s: letter(sort), n: cursor.name.clone(), c: cursor.changed_at, i: cursor.id };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&place).unwrap_or_default())
}

/// The cursor of a text, if it is one for this order.
pub(super) fn decode(text: &str, sort: Sort) -> Option<Cursor> {
    let place: Place = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    // A name that Steward gave out has no control characters, and PostgreSQL takes no NUL.
    let ours = place.s == letter(sort) && !place.n.chars().any(char::is_control);
    ours.then_some(Cursor { name: place.n, changed_at: place.c, id: place.i })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_for_its_own_order_only() {
        let cursor = Cursor { name: "petit marché".into(), changed_at: DateTime::UNIX_EPOCH, id: Uuid::nil() };
        let text = encode(&cursor, Sort::Name);
        assert_eq!(decode(&text, Sort::Name), Some(cursor));
        assert_eq!(decode(&text, Sort::Changed), None);
        assert_eq!(decode("x", Sort::Name), None);
        let forged = Cursor { name: "a\0".into(), changed_at: DateTime::UNIX_EPOCH, id: Uuid::nil() };
        assert_eq!(decode(&encode(&forged, Sort::Name), Sort::Name), None);
    }
}
