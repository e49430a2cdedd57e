//! Moments and durations in words. Every moment is shown in UTC: people of several zones work on one tenant,
//! and systems' logs are in UTC too.

use chrono::{DateTime, Datelike, Timelike, Utc};

// Written by hand, because the browser has this code too: chrono's formatter would weigh more there than the rest of this crate.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// "19 Mar 2026"
fn date(at: DateTime<Utc>) -> String {
    let month = usize::try_from(at.month0()).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    format!("{} {month} {}", at.day(), at.year())
}

/// "19 Mar 2026, 14:32 UTC"
#[must_use]
pub fn date_time(at: DateTime<Utc>) -> String {
    format!("{}, {:02}:{:02} UTC", date(at), at.hour(), at.minute())
}

/// "14:32:05 UTC": within a page that has said the day.
#[must_use]
pub fn clock(at: DateTime<Utc>) -> String {
    format!("{:02}:{:02}:{:02} UTC", at.hour(), at.minute(), at.second())
}

/// "19 Mar 2026, 14:32:05.123": where order matters.
#[must_use]
pub fn exact(at: DateTime<Utc>) -> String {
    format!("{}, {:02}:{:02}:{:02}.{:03}", date(at), at.hour(), at.minute(), at.second(), at.timestamp_subsec_millis())
}

/// The value of a `datetime` attribute (RFC 3339, milliseconds).
#[must_use]
pub fn machine(at: DateTime<Utc>) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.timestamp_subsec_millis()
    )
}

/// "now", "11 min ago", "3 h ago", "yesterday", "4 days ago", then the date.
#[must_use]
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds().max(0);
    match seconds {
        0..60 => "now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..172_800 => "yesterday".to_owned(),
        172_800..1_209_600 => format!("{} days ago", seconds / 86_400),
        _ => date(at),
    }
}

/// "0.4 s", "12 s", "2 min 14 s", "51 h 8 min"
#[must_use]
pub fn duration(milliseconds: i64) -> String {
    let ms = milliseconds.max(0);
    let seconds = ms / 1_000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, (ms % 1_000) / 100),
        10..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, (seconds % 3_600) / 60),
    }
}

/// "1,284"
#[must_use]
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if n < 0 { format!("−{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn words_for_moments_and_figures() {
        let at = DateTime::parse_from_rfc3339("2026-03-19T14:32:05.123Z").unwrap_or_default().to_utc();
        assert_eq!(date_time(at), "19 Mar 2026, 14:32 UTC");
        assert_eq!(clock(at), "14:32:05 UTC");
        assert_eq!(exact(at), "19 Mar 2026, 14:32:05.123");
        assert_eq!(machine(at), at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
        assert_eq!(ago(at, at + TimeDelta::minutes(11)), "11 min ago");
        assert_eq!(ago(at, at + TimeDelta::hours(30)), "yesterday");
        assert_eq!(duration(412), "0.4 s");
        assert_eq!(duration(134_000), "2 min 14 s");
        assert_eq!(thousands(1_284_000), "1,284,000");
        assert_eq!(thousands(284), "284");
    }
}
