//! Making, showing, changing and deleting records.

use super::envelope::{chained, failure, success};
use super::record::{Fault, Fields, RecordType, checked};
use super::state::{CloudflareState, Record, Zone};
use super::{Fresh, Outcome, Request, filters};
use crate::answer::Answer;
use serde_json::{Value, json};

/// Answers a call to the zone's records, or to one of them. Zone and rights were looked at.
pub fn answer(state: &mut CloudflareState, zone: &Zone, request: &Request<'_>, id: Option<&str>, fresh: &Fresh) -> Outcome {
    let Some(id) = id else {
        return match request.method {
            "GET" => filters::list(state, request),
            "POST" => create(state, zone, request.body, fresh),
            _ => Outcome::unknown(&format!("{} {}", request.method, request.path)),
        };
    };
    let Some(record) = state.records.get(id).cloned() else {
        return Outcome::answered(failure(404, 81044, "Record does not exist."));
    };
    match request.method {
        "GET" => Outcome::answered(success(record.json(id))),
        "PUT" => change(state, zone, (id, &record), request.body, fresh),
        "PATCH" => match merged(&record, request.body) {
            Some(body) => change(state, zone, (id, &record), &body, fresh),
            None => Outcome::answered(body_invalid()),
        },
        "DELETE" => {
            state.records.remove(id);
            let answer = success(json!({ "id": id }));
            Outcome { touched: vec![(record.name, record.kind)], ..Outcome::answered(answer) }
        }
        _ => Outcome::unknown(&format!("{} {}", request.method, request.path)),
    }
}

fn body_invalid() -> Answer {
    failure(400, 9207, "Request body is invalid.")
}

/// The whole record, with what the body says changed.
fn merged(record: &Record, body: &Value) -> Option<Value> {
    let mut whole = json!({
        "type": record.kind, "name": record.name, "content": record.content, "ttl": record.ttl,
        "comment": record.comment, "tags": record.tags,
    });
    whole.as_object_mut()?.extend(body.as_object()?.clone());
    Some(whole)
}

/// What a body makes of a record, or what is wrong with it. Reports show a fault of a new record below a general error, and one of a
/// record that is there alone.
fn read(zone: &Zone, body: &Value, new: bool) -> Result<(Fields, RecordType), Outcome> {
    let fields: Fields = serde_json::from_value(body.clone()).map_err(|_| Outcome::answered(body_invalid()))?;
    let Some(kind) = RecordType::named(&fields.kind) else {
        return Err(Outcome::unknown(&format!("records of the type {:?}", fields.kind)));
    };
    if fields.proxied {
        return Err(Outcome::unknown("proxied records"));
    }
    let fields = checked(fields, kind, zone).map_err(|fault| Outcome::answered(refused(&fault, new)))?;
    Ok((fields, kind))
}

fn refused((code, message): &Fault, new: bool) -> Answer {
    if new { chained(400, 1004, "DNS Validation Error", (*code, message)) } else { failure(400, *code, message) }
}

/// Which record stands in the way of these fields; the record of the id `except` does not.
fn conflict(state: &CloudflareState, fields: &Fields, kind: RecordType, except: Option<&str>) -> Option<Answer> {
    let others = || state.records.iter().filter(|(id, other)| Some(id.as_str()) != except && other.name == fields.name);
    let has = |kinds: &[RecordType]| others().any(|(_, other)| kinds.contains(&other.kind));
    match kind {
        RecordType::Cname if has(&[RecordType::A, RecordType::Aaaa, RecordType::Cname]) => {
            Some(failure(400, 81053, "An A, AAAA, or CNAME record with that host already exists."))
        }
        RecordType::A | RecordType::Aaaa if has(&[RecordType::Cname]) => {
            Some(failure(400, 81054, "A CNAME record with that host already exists."))
        }
        _ if others().any(|(_, other)| other.kind == kind && other.content == fields.content) => {
            Some(failure(400, 81058, "An identical record already exists."))
        }
        _ => None,
    }
}

fn create(state: &mut CloudflareState, zone: &Zone, body: &Value, fresh: &Fresh) -> Outcome {
    let (fields, kind) = match read(zone, body, true) {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    if let Some(refusal) = conflict(state, &fields, kind, None) {
        return Outcome::answered(refusal);
    }
    state.made += 1;
    let Fresh { now, id } = fresh.clone();
    let record = Record {
        number: state.made,
        name: fields.name,
        kind,
        content: fields.content,
        ttl: fields.ttl,
        comment_modified_on: fields.comment.as_ref().map(|_| now),
        tags_modified_on: (!fields.tags.is_empty()).then_some(now),
        comment: fields.comment,
        tags: fields.tags,
        created_on: now,
        modified_on: now,
    };
    let answer = success(record.json(&id));
    let touched = vec![(record.name.clone(), kind)];
    state.records.insert(id, record);
    Outcome { touched, ..Outcome::answered(answer) }
}

fn change(state: &mut CloudflareState, zone: &Zone, (id, old): (&str, &Record), body: &Value, fresh: &Fresh) -> Outcome {
    let (fields, kind) = match read(zone, body, false) {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    if let Some(refusal) = conflict(state, &fields, kind, Some(id)) {
        return Outcome::answered(refusal);
    }
    let now = fresh.now;
    let record = Record {
        number: old.number,
        comment_modified_on: if fields.comment == old.comment { old.comment_modified_on } else { Some(now) },
        tags_modified_on: if fields.tags == old.tags { old.tags_modified_on } else { Some(now) },
        name: fields.name,
        kind,
        content: fields.content,
        ttl: fields.ttl,
        comment: fields.comment,
        tags: fields.tags,
        created_on: old.created_on,
        modified_on: now,
    };
    let mut touched = vec![(old.name.clone(), old.kind), (record.name.clone(), kind)];
    touched.dedup();
    let answer = success(record.json(id));
    state.records.insert(id.to_owned(), record);
    Outcome { touched, ..Outcome::answered(answer) }
}
