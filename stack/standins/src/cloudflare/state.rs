//! What the Cloudflare stand-in holds: the records of its one zone. Kept in a file, so that a restart keeps it.

use super::{RecordType, is_id};
use anyhow::ensure;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The one zone. It is always there and active, and nothing of it can be changed.
#[derive(Clone, Debug)]
pub struct Zone {
    id: String,
    name: String,
}

impl Zone {
    /// A zone of that id and name.
    ///
    /// # Errors
    /// If the id is not one as Cloudflare gives them out, or the name is not one in lower case without a dot at its end.
    pub fn new(id: &str, name: &str) -> anyhow::Result<Self> {
        ensure!(is_id(id), "the zone's id must be 32 hexadecimal digits, not {id:?}");
        let sound = super::record::is_hostname(name) && name.contains('.') && !name.chars().any(char::is_uppercase);
        ensure!(sound, "the zone's name must be a domain in lower case, not {name:?}");
        Ok(Self { id: id.to_owned(), name: name.to_owned() })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name, without a dot at its end.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "status": "active", "paused": false, "type": "full", "development_mode": 0,
            "name_servers": [format!("ns1.{}", self.name)], "account": { "id": "acc0000000000000000000000000acc0", "name": "stand-in" },
        })
    }
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its place among all that were ever made.
    pub number: u64,
    /// The whole name, in lower case.
    pub name: String,
    /// Type.
    pub kind: RecordType,
    /// What it says, as given; host names in lower case and without a dot at their end.
    pub content: String,
    /// Seconds; 1 for Cloudflare's choice.
    pub ttl: u32,
    /// A note for people and programs.
    pub comment: Option<String>,
    /// `name:value`, sorted.
    pub tags: Vec<String>,
    /// When it was made.
    pub created_on: DateTime<Utc>,
    /// When it was last changed.
    pub modified_on: DateTime<Utc>,
    /// When the comment last became another.
    pub comment_modified_on: Option<DateTime<Utc>>,
    /// When the tags last became others.
    pub tags_modified_on: Option<DateTime<Utc>>,
}

impl Record {
    pub(super) fn json(&self, id: &str) -> Value {
        let settings = if self.kind == RecordType::Cname { json!({ "flatten_cname": false }) } else { json!({}) };
        let mut json = json!({
            "id": id, "name": self.name, "type": self.kind, "content": self.content, "ttl": self.ttl,
            "proxiable": self.kind != RecordType::Txt, "proxied": false, "settings": settings, "meta": {},
            "comment": self.comment, "tags": self.tags, "created_on": self.created_on, "modified_on": self.modified_on,
        });
        if let Some(fields) = json.as_object_mut() {
            let times = [("comment_modified_on", self.comment_modified_on), ("tags_modified_on", self.tags_modified_on)];
            fields.extend(times.into_iter().filter_map(|(field, time)| Some((field.to_owned(), json!(time?)))));
        }
        json
    }
}

/// Everything.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CloudflareState {
    /// How many records were ever made.
    pub made: u64,
    /// Records by id.
    pub records: BTreeMap<String, Record>,
}

impl CloudflareState {
    /// The records of a name and type, in the order they were made.
    #[must_use]
    pub fn set(&self, name: &str, kind: RecordType) -> Vec<&Record> {
        let mut set: Vec<&Record> = self.records.values().filter(|record| record.kind == kind && record.name == name).collect();
        set.sort_by_key(|record| record.number);
        set
    }
}
