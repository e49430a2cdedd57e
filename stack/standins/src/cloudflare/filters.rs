//! Finding records: filters, order, pages.

use super::envelope::{failure, success};
use super::state::{CloudflareState, Record};
use super::{Outcome, RecordType, Request};
use crate::answer::Answer;
use serde_json::{Value, json};
use std::ops::RangeInclusive;

/// Whether a record is wanted.
type Filter = Box<dyn Fn(&Record) -> bool>;

/// One page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// The page that a request asks for.
    pub fn of(request: &Request<'_>, usual_size: usize, sizes: RangeInclusive<usize>) -> Result<Self, Answer> {
        let number = |name: &str, usual, range: &RangeInclusive<usize>| match request.parameter(name) {
            None => Ok(usual),
            Some(text) => match text.parse() {
                Ok(number) if range.contains(&number) => Ok(number),
                _ => {
                    let wanted = format!("{name} must be a whole number from {} to {}", range.start(), range.end());
                    Err(failure(400, 9207, &wanted))
                }
            },
        };
        Ok(Self { number: number("page", 1, &(1..=usize::MAX))?, size: number("per_page", usual_size, &sizes)? })
    }

    /// That page of all that was found.
    pub fn cut(self, found: Vec<Value>) -> Answer {
        let total = found.len();
        let page: Vec<Value> = found.into_iter().skip((self.number - 1).saturating_mul(self.size)).take(self.size).collect();
        let info = json!({
            "page": self.number, "per_page": self.size, "count": page.len(), "total_count": total, "total_pages": total.div_ceil(self.size),
        });
        let mut answer = success(Value::Array(page));
        if let Some(envelope) = answer.body.as_object_mut() {
            envelope.insert("result_info".into(), info);
        }
        answer
    }
}

/// Lists the records that a request asks for.
pub fn list(state: &CloudflareState, request: &Request<'_>) -> Outcome {
    let page = match Page::of(request, 100, 1..=5_000_000) {
        Ok(page) => page,
        Err(refusal) => return Outcome::answered(refusal),
    };
    let mut filters: Vec<Filter> = Vec::new();
    let mut any = false;
    let mut order = "type";
    let mut descending = false;
    for (name, value) in request.query {
        match (name.as_str(), value.as_str()) {
            ("page" | "per_page", _) => {}
            ("match", "all" | "any") => any = value == "any",
            ("direction", "asc" | "desc") => descending = value == "desc",
            ("order", "type" | "name" | "content" | "ttl") => order = value,
            _ => match filter(name, value) {
                Some(filter) => filters.push(filter),
                None => return Outcome::unknown(&format!("the parameter {name}={value} of GET …/dns_records")),
            },
        }
    }
    let fits = |record: &Record| {
        if any && !filters.is_empty() { filters.iter().any(|fits| fits(record)) } else { filters.iter().all(|fits| fits(record)) }
    };
    let mut found: Vec<(&String, &Record)> = state.records.iter().filter(|(_, record)| fits(record)).collect();
    found.sort_by(|(_, a), (_, b)| {
        let by_order = match order {
            "name" => a.name.cmp(&b.name),
            "content" => a.content.cmp(&b.content),
            "ttl" => a.ttl.cmp(&b.ttl),
            _ => a.kind.name().cmp(b.kind.name()),
        };
        let by_order = if descending { by_order.reverse() } else { by_order };
        by_order.then_with(|| a.name.cmp(&b.name)).then_with(|| a.number.cmp(&b.number))
    });
    Outcome::answered(page.cut(found.into_iter().map(|(id, record)| record.json(id)).collect()))
}

/// The filter that a parameter asks for, if the stand-in knows it. None of them heeds upper and lower case.
fn filter(parameter: &str, value: &str) -> Option<Filter> {
    let wanted = value.to_lowercase();
    let (field, how) = parameter.split_once('.').unwrap_or((parameter, "exact"));
    let fits: Box<dyn Fn(&str) -> bool> = match how {
        "exact" => Box::new(move |text| text == wanted),
        "contains" => Box::new(move |text| text.contains(&wanted)),
        "startswith" => Box::new(move |text| text.starts_with(&wanted)),
        "endswith" => Box::new(move |text| text.ends_with(&wanted)),
        "present" | "absent" if field == "comment" => {
            let present = how == "present";
            return Some(Box::new(move |record| record.comment.is_some() == present));
        }
        "present" | "absent" if field == "tag" => {
            let present = how == "present";
            return Some(Box::new(move |record| record.tags.iter().any(|tag| tag_name(tag) == wanted) == present));
        }
        _ => return None,
    };
    Some(match field {
        "name" => Box::new(move |record| fits(&record.name)),
        "content" => Box::new(move |record| fits(&record.content.to_lowercase())),
        "comment" => Box::new(move |record| record.comment.as_ref().is_some_and(|comment| fits(&comment.to_lowercase()))),
        // A name alone asks for any value.
        "tag" if parameter == "tag" && !value.contains(':') => return filter("tag.present", value),
        "tag" if how == "exact" => Box::new(move |record| record.tags.iter().any(|tag| fits(&tag.to_lowercase()))),
        "type" if parameter == "type" => {
            let kind = RecordType::named(value);
            Box::new(move |record| Some(record.kind) == kind)
        }
        "proxied" if parameter == "proxied" && ["true", "false"].contains(&value) => {
            let proxied = value == "true";
            Box::new(move |_| !proxied)
        }
        _ => return None,
    })
}

fn tag_name(tag: &str) -> String {
    tag.split(':').next().unwrap_or_default().to_lowercase()
}
