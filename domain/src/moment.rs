//! Moments and durations in words. Every moment is shown in UTC: people of several zones work on one tenant,
//! and systems' logs are in UTC too.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

// Written by hand, because the browser has this code too: chrono's formatter and parser would weigh more there than the rest of this crate.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// "19 Mar 2026"
#[must_use]
pub fn date(at: DateTime<Utc>) -> String {
    let month = usize::try_from(at.month0()).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    format!("{} {month} {}", at.day(), at.year())
}

/// "19 Mar 2026, 14:32 UTC"
#[must_use]
pub fn date_time(at: DateTime<Utc>) -> String {
    format!("{}, {:02}:{:02} UTC", date(at), at.hour(), at.minute())
}

/// "19 Mar, 14:32 UTC": in few words, of what is not years ago.
#[must_use]
pub fn day_time(at: DateTime<Utc>) -> String {
    let month = usize::try_from(at.month0()).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    format!("{} {month}, {:02}:{:02} UTC", at.day(), at.hour(), at.minute())
}

/// "2026-03-19": the value of a field in which a day is entered.
#[must_use]
pub fn day(at: DateTime<Utc>) -> String {
    format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day())
}

/// The beginning of the day that [`day`] wrote; none if the text has another form or there is no such day.
#[must_use]
pub fn read_day(text: &str) -> Option<DateTime<Utc>> {
    read(&format!("{text}T00:00:00.000Z"))
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

/// The moment that [`machine`] wrote; none if the text has another form.
fn read(text: &str) -> Option<DateTime<Utc>> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let date = NaiveDate::from_ymd_opt(number(0, 4)?.try_into().ok()?, number(5, 7)?, number(8, 10)?)?;
    let at = date.and_hms_milli_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?)?.and_utc();
    (machine(at) == text).then_some(at)
}

/// How moments travel to programs and to the browser: RFC 3339 with milliseconds. For `#[serde(with = "rfc3339")]`.
pub mod rfc3339 {
    use super::{DateTime, Utc, machine, read};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes a moment.
    ///
    /// # Errors
    /// When the format does.
    pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&machine(*at))
    }

    /// Reads a moment.
    ///
    /// # Errors
    /// When it was written in another form.
    pub fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        read(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("not a moment"))
    }
}

/// As [`rfc3339`], for what may be absent.
pub mod rfc3339_option {
    use super::{DateTime, Utc, machine, read};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes a moment, or null.
    ///
    /// # Errors
    /// When the format does.
    pub fn serialize<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(machine).serialize(serializer)
    }

    /// Reads a moment; null and other forms are none.
    ///
    /// # Errors
    /// When it is no text.
    pub fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.as_deref().and_then(read))
    }
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

/// How long it is until then, roughly: "61 days", "5 h", "12 min", "34 s". None if it is over.
#[must_use]
pub fn left(until: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    let seconds = (until - now).num_seconds();
    match seconds {
        ..=0 => None,
        1..60 => Some(format!("{seconds} s")),
        60..3_600 => Some(format!("{} min", seconds / 60)),
        3_600..172_800 => Some(format!("{} h", seconds / 3_600)),
        _ => Some(format!("{} days", seconds / 86_400)),
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
        assert_eq!(day_time(at), "19 Mar, 14:32 UTC");
        assert_eq!(read_day(&day(at)).map(machine).as_deref(), Some("2026-03-19T00:00:00.000Z"));
        assert!(["19.3.2026", "2026-02-30", ""].into_iter().all(|other| read_day(other).is_none()));
        assert_eq!(clock(at), "14:32:05 UTC");
        assert_eq!(exact(at), "19 Mar 2026, 14:32:05.123");
        assert_eq!(machine(at), at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
        assert_eq!(read(&machine(at)), Some(at));
        for other in ["", "2026-03-19", "2026-03-19T14:32:05Z", "2026-13-19T14:32:05.123Z", "2026-03-19T14:32:05.123+01:00"] {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(ago(at, at + TimeDelta::minutes(11)), "11 min ago");
        assert_eq!(ago(at, at + TimeDelta::hours(30)), "yesterday");
        assert_eq!(left(at + TimeDelta::hours(49), at).as_deref(), Some("2 days"));
        assert_eq!(left(at + TimeDelta::minutes(90), at).as_deref(), Some("1 h"));
        assert_eq!(left(at, at), None);
        assert_eq!(duration(412), "0.4 s");
        assert_eq!(duration(134_000), "2 min 14 s");
        assert_eq!(thousands(1_284_000), "1,284,000");
        assert_eq!(thousands(284), "284");
    }
}
