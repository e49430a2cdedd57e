//! Moments as `<time>`, so that machines read them too.

use super::markup::Markup;
use chrono::{DateTime, Utc};
use leptos::tachys::html::InertElement;
use steward_domain::moment;

fn time(at: DateTime<Utc>, words: &str) -> Markup {
    Markup::new("<time datetime=\"").text(&moment::machine(at)).raw("\">").text(words).raw("</time>")
}

/// "14:32:05 UTC", as part of something written.
#[must_use]
pub fn clock_markup(at: DateTime<Utc>) -> Markup {
    time(at, &moment::clock(at))
}

/// "19 Mar 2026, 14:32 UTC", as part of something written.
#[must_use]
pub fn date_time_markup(at: DateTime<Utc>) -> Markup {
    time(at, &moment::date_time(at))
}

/// "19 Mar 2026, 14:32:05.123", as part of something written, where order matters and the head of the column says the zone.
#[must_use]
pub fn exact_markup(at: DateTime<Utc>) -> Markup {
    time(at, &moment::exact(at))
}

/// "11 min ago", with the moment itself in the tooltip.
#[must_use]
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> InertElement {
    Markup::new("<time datetime=\"")
        .text(&moment::machine(at))
        .raw("\" title=\"")
        .text(&moment::date_time(at))
        .raw("\">")
        .text(&moment::ago(at, now))
        .raw("</time>")
        .draw()
}

/// "14:32:05 UTC", on a page that says the day.
#[must_use]
pub fn clock(at: DateTime<Utc>) -> InertElement {
    clock_markup(at).draw()
}

/// "19 Mar 2026, 14:32 UTC"
#[must_use]
pub fn date_time(at: DateTime<Utc>) -> InertElement {
    date_time_markup(at).draw()
}

/// "19 Mar 2026, 14:32:05.123"
#[must_use]
pub fn exact(at: DateTime<Utc>) -> InertElement {
    exact_markup(at).draw()
}
