//! PowerDNS' HTTP API: a key in a header, records in sets of one name and kind that are replaced as a whole.

use super::{Answered, Record, plain_content, plain_name, quoted};
use crate::platform::failure::{Failure, Trouble};
use crate::platform::gate::{Errand, Gate};
use crate::platform::http::{Call, Channel, Reply};
use crate::platform::secret::Secret;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use steward_domain::system::System;
use tokio::sync::Mutex;

/// A server over SQLite answers 500, with no word of why, when another changes its database in the same moment: "database is locked" stands
/// only in its own log. Nothing was changed then, and what is asked for is safe to repeat.
const LOCKED_PAUSES: [Duration; 4] =
    [Duration::from_millis(20), Duration::from_millis(60), Duration::from_millis(150), Duration::from_millis(400)];

/// Where PowerDNS is and how Steward signs in.
#[derive(Clone, Debug)]
pub struct PowerDnsSettings {
    /// Address of the HTTP API without a path.
    pub url: String,
    /// The API's key.
    pub key: Secret,
}

/// The client.
#[derive(Debug)]
pub struct PowerDns {
    settings: PowerDnsSettings,
    channel: Channel,
    zones: Mutex<HashSet<String>>,
    /// Held while something is changed: a set is read and then replaced as a whole.
    change: Mutex<()>,
}

impl PowerDns {
    pub(super) fn new(mut settings: PowerDnsSettings, gate: Gate) -> Result<Self, Failure> {
        settings.url = settings.url.trim_end_matches('/').to_owned();
        Ok(Self { channel: Channel::new(gate)?, settings, zones: Mutex::default(), change: Mutex::default() })
    }

    pub(super) fn through(self, gate: Gate) -> Self {
        Self { channel: self.channel.through(gate), ..self }
    }

    pub(super) fn gate(&self) -> &Gate {
        self.channel.gate()
    }

    pub(super) async fn reach(&self) -> Result<(), Failure> {
        let url = format!("{}/api/v1/servers", self.settings.url);
        let reply = self.channel.call(Method::GET, &url, None, "GET /api/v1/servers without a key").for_errand(Errand::Look).send().await?;
        if reply.status < 500 { Ok(()) } else { Err(reply.unexpected()) }
    }

    pub(super) async fn records(&self, name: &str) -> Result<Vec<Record>, Failure> {
        let Some(zone) = self.zone_of(name).await? else { return Ok(Vec::new()) };
        let query = [("rrset_name", format!("{name}."))];
        let path = zone_path(&zone);
        let call = self.call(Method::GET, &path, None, format!("GET {path} {name}")).with(|request| request.query(&query));
        let Some(body) = call.send().await?.found()? else { return Ok(Vec::new()) };
        let sets = body.get("rrsets").and_then(Value::as_array);
        // A server that does not know the parameter answers with the whole zone.
        Ok(sets.into_iter().flatten().flat_map(records_of).filter(|record| record.name == name).collect())
    }

    pub(super) async fn create(&self, record: &Record) -> Result<(), Failure> {
        let _one_at_a_time = self.change.lock().await;
        let mut set = self.set(record).await?;
        set.retain(|other| other.content != record.content);
        set.push(record.clone());
        self.patch(&record.name, vec![replace(record, &set)]).await
    }

    pub(super) async fn change(&self, seen: &Record, record: &Record) -> Result<(), Failure> {
        let _one_at_a_time = self.change.lock().await;
        let mut sets = Vec::new();
        let mut set = self.set(record).await?;
        if seen.kind != record.kind {
            let mut others = self.set(seen).await?;
            others.retain(|other| other.content != seen.content);
            sets.push(replace(seen, &others));
        }
        set.retain(|other| other.content != record.content && (seen.kind != record.kind || other.content != seen.content));
        set.push(record.clone());
        sets.push(replace(record, &set));
        self.patch(&record.name, sets).await
    }

    pub(super) async fn delete(&self, seen: &Record) -> Result<(), Failure> {
        let _one_at_a_time = self.change.lock().await;
        let mut set = self.set(seen).await?;
        set.retain(|other| other.content != seen.content);
        self.patch(&seen.name, vec![replace(seen, &set)]).await
    }

    /// The records of the same name and kind.
    async fn set(&self, record: &Record) -> Result<Vec<Record>, Failure> {
        let mut set = self.records(&record.name).await?;
        set.retain(|other| other.kind == record.kind);
        Ok(set)
    }

    /// Changes whole sets, all or none.
    async fn patch(&self, name: &str, sets: Vec<Value>) -> Result<(), Failure> {
        let Some(zone) = self.zone_of(name).await? else {
            return Err(Failure::new(System::Dns, Trouble::Missing, format!("no zone for {name}"))
                .saying(format!("PowerDNS has no zone that {name} lies in.")));
        };
        let path = zone_path(&zone);
        let body = json!({ "rrsets": sets });
        let mut pauses = LOCKED_PAUSES.into_iter();
        let reply = loop {
            let reply = self.call(Method::PATCH, &path, Some(&body), format!("PATCH {path} {name}")).send().await?;
            match pauses.next() {
                Some(pause) if reply.status == 500 => tokio::time::sleep(pause).await,
                _ => break reply,
            }
        };
        if reply.status == 422 && reply.log().contains("Conflicts with pre-existing RRset") {
            return Err(Failure::new(System::Dns, Trouble::Busy, reply.log()).saying("A record of that name appeared meanwhile."));
        }
        success(reply).map(|_| ())
    }

    /// The zone that a name lies in: the longest end of the name that is one.
    async fn zone_of(&self, name: &str) -> Result<Option<String>, Failure> {
        let mut rest = Some(name);
        while let Some(end) = rest {
            if self.zones.lock().await.contains(end) {
                return Ok(Some(end.to_owned()));
            }
            let query = [("zone", format!("{end}."))];
            let call = self.call(Method::GET, "/zones", None, format!("GET /zones {end}")).with(|request| request.query(&query));
            let found = success(call.send().await?)?;
            let is_it = |zone: &Value| zone.get("name").and_then(Value::as_str).is_some_and(|name| plain_name(name) == end);
            if found.as_array().is_some_and(|zones| zones.iter().any(is_it)) {
                self.zones.lock().await.insert(end.to_owned());
                return Ok(Some(end.to_owned()));
            }
            rest = end.split_once('.').map(|(_, rest)| rest);
        }
        Ok(None)
    }

    fn call(&self, method: Method, path: &str, body: Option<&Value>, shown: String) -> Call<'_> {
        let url = format!("{}/api/v1/servers/localhost{path}", self.settings.url);
        self.channel.call(method, &url, body, shown).with(|request| request.header("X-API-Key", self.settings.key.expose()))
    }
}

fn zone_path(zone: &str) -> String {
    format!("/zones/{zone}.")
}

fn success(reply: Reply) -> Result<Value, Failure> {
    reply.success().map_err(|failure| match failure.cause.code.as_str() {
        "DNS-401" => failure.saying("PowerDNS does not accept Steward's key."),
        _ => failure,
    })
}

/// A set as it is to be; none of it if it is empty.
fn replace(like: &Record, set: &[Record]) -> Value {
    let name = format!("{}.", like.name);
    if set.is_empty() {
        return json!({ "name": name, "type": like.kind, "changetype": "DELETE" });
    }
    let records: Vec<Value> =
        set.iter().map(|record| json!({ "content": wire(record), "disabled": record.answered == Answered::Never })).collect();
    json!({ "name": name, "type": like.kind, "ttl": like.ttl, "changetype": "REPLACE", "records": records })
}

/// A content as PowerDNS takes it.
fn wire(record: &Record) -> String {
    match record.kind.as_str() {
        "TXT" => quoted(&record.content),
        "CNAME" | "NS" | "PTR" => format!("{}.", record.content),
        _ => record.content.clone(),
    }
}

fn records_of(set: &Value) -> Vec<Record> {
    let text = |of: &Value, field: &str| of.get(field).and_then(Value::as_str).map(str::to_owned);
    let Some((name, kind)) = text(set, "name").zip(text(set, "type")) else { return Vec::new() };
    let ttl = set.get("ttl").and_then(Value::as_u64).and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
    let records = set.get("records").and_then(Value::as_array);
    records
        .into_iter()
        .flatten()
        .filter_map(|record| {
            let disabled = record.get("disabled").and_then(Value::as_bool).unwrap_or_default();
            Some(Record {
                content: plain_content(&kind, &text(record, "content")?),
                kind: kind.clone(),
                name: plain_name(&name),
                ttl,
                answered: if disabled { Answered::Never } else { Answered::AsWritten },
                id: None,
            })
        })
        .collect()
}
