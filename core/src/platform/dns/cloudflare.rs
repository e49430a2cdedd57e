//! Cloudflare's API, version 4: a bearer token that may edit the records of one zone, answers in an envelope, lists in pages.

use super::{Answered, Record, plain_content, plain_name, quoted};
use crate::platform::failure::{Failure, Trouble};
use crate::platform::gate::{Errand, Gate};
use crate::platform::http::{Channel, Reply};
use crate::platform::secret::Secret;
use reqwest::Method;
use serde_json::{Value, json};
use steward_domain::system::System;

/// How many records a page has.
const PAGE: u32 = 100;
/// Most pages of one name: a name with more records than that is no name of a tenant.
const PAGES_MAX: u32 = 20;

/// Where the zone is and how Steward signs in.
#[derive(Clone, Debug)]
pub struct CloudflareSettings {
    /// Address with the path of the version: `https://api.cloudflare.com/client/v4`.
    pub url: String,
    /// Id of the zone that tenants' domains lie in.
    pub zone_id: String,
    /// A token that may edit this zone's records.
    pub token: Secret,
}

/// The client.
#[derive(Debug)]
pub struct Cloudflare {
    settings: CloudflareSettings,
    channel: Channel,
}

impl Cloudflare {
    pub(super) fn new(mut settings: CloudflareSettings, gate: Gate) -> Result<Self, Failure> {
        settings.url = settings.url.trim_end_matches('/').to_owned();
        Ok(Self { channel: Channel::new(gate)?, settings })
    }

    pub(super) fn through(self, gate: Gate) -> Self {
        Self { channel: self.channel.through(gate), ..self }
    }

    pub(super) fn gate(&self) -> &Gate {
        self.channel.gate()
    }

    pub(super) async fn reach(&self) -> Result<(), Failure> {
        let call = self.channel.call(Method::GET, &self.url(""), None, "GET dns_records without a token");
        let reply = call.for_errand(Errand::Look).send().await?;
        if reply.status < 500 { Ok(()) } else { Err(reply.unexpected()) }
    }

    pub(super) async fn records(&self, name: &str) -> Result<Vec<Record>, Failure> {
        let mut records = Vec::new();
        for page in 1..=PAGES_MAX {
            let query = [("name.exact", name), ("per_page", &PAGE.to_string()), ("page", &page.to_string())];
            let call = self.channel.call(Method::GET, &self.url(""), None, format!("GET dns_records {name}, page {page}"));
            let call = call.with(|request| request.query(&query).bearer_auth(self.settings.token.expose()));
            let body = answer(call.send().await?)?;
            let found = body.get("result").and_then(Value::as_array);
            records.extend(found.into_iter().flatten().filter_map(record).filter(|record| record.name == name));
            let pages = body.pointer("/result_info/total_pages").and_then(Value::as_u64).unwrap_or(1);
            if u64::from(page) >= pages {
                return Ok(records);
            }
        }
        Err(Failure::new(System::Dns, Trouble::Unreadable, format!("{name} has more than {PAGES_MAX} pages of records")))
    }

    pub(super) async fn create(&self, record: &Record) -> Result<(), Failure> {
        let made = answer(self.call(Method::POST, "", Some(&model(record))).await?)?;
        // A name outside the zone is taken for one below it: the record would be somewhere else than wanted.
        let name = made.pointer("/result/name").and_then(Value::as_str).map(plain_name);
        if name.as_deref() == Some(&record.name) {
            return Ok(());
        }
        if let Some(id) = made.pointer("/result/id").and_then(Value::as_str) {
            self.delete_id(id).await?;
        }
        let log = format!("POST dns_records {} made {}", record.name, name.unwrap_or_default());
        Err(Failure::new(System::Dns, Trouble::Refused, log)
            .saying(format!("The zone with the id {} is not the one that {} lies in.", self.settings.zone_id, record.name)))
    }

    pub(super) async fn change(&self, seen: &Record, record: &Record) -> Result<(), Failure> {
        answer(self.call(Method::PUT, &id_of(seen)?, Some(&model(record))).await?).map(|_| ())
    }

    pub(super) async fn delete(&self, seen: &Record) -> Result<(), Failure> {
        self.delete_id(&id_of(seen)?).await
    }

    async fn delete_id(&self, id: &str) -> Result<(), Failure> {
        let reply = self.call(Method::DELETE, id, None).await?;
        if errors(&reply.body).iter().any(|(code, _)| *code == NOT_FOUND) {
            return Ok(());
        }
        answer(reply).map(|_| ())
    }

    async fn call(&self, method: Method, id: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        let call = self.channel.call(method.clone(), &self.url(id), body, format!("{method} dns_records {id}"));
        call.with(|request| request.bearer_auth(self.settings.token.expose())).send().await
    }

    fn url(&self, id: &str) -> String {
        let records = format!("{}/zones/{}/dns_records", self.settings.url, self.settings.zone_id);
        if id.is_empty() { records } else { format!("{records}/{id}") }
    }
}

fn id_of(seen: &Record) -> Result<String, Failure> {
    seen.id.clone().ok_or_else(|| Failure::new(System::Dns, Trouble::Unreadable, format!("record of {} without an id", seen.name)))
}

/// A record as Cloudflare takes it. The proxy stays out of it: TLS ends at the platform's own ingress controller.
fn model(record: &Record) -> Value {
    let content = if record.kind == "TXT" { quoted(&record.content) } else { record.content.clone() };
    let mut model = json!({ "type": record.kind, "name": record.name, "content": content, "ttl": record.ttl });
    if let Some(fields) = model.as_object_mut().filter(|_| record.leads()) {
        fields.insert("proxied".to_owned(), json!(false));
    }
    model
}

fn record(found: &Value) -> Option<Record> {
    let text = |field: &str| found.get(field).and_then(Value::as_str);
    let kind = text("type")?.to_owned();
    let proxied = found.get("proxied").and_then(Value::as_bool).unwrap_or_default();
    Some(Record {
        content: plain_content(&kind, text("content")?),
        name: plain_name(text("name")?),
        ttl: found.get("ttl").and_then(Value::as_u64).and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default(),
        answered: if proxied { Answered::ByProxy } else { Answered::AsWritten },
        id: text("id").map(str::to_owned),
        kind,
    })
}

/// "Record does not exist."
const NOT_FOUND: u64 = 81_044;

/// The errors of an envelope with their codes, those under them too.
fn errors(body: &Value) -> Vec<(u64, String)> {
    let list = |of: &Value, field: &str| of.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut all = Vec::new();
    for error in list(body, "errors") {
        for one in std::iter::once(&error).chain(&list(&error, "error_chain")) {
            let message = one.get("message").and_then(Value::as_str).unwrap_or_default();
            all.push((one.get("code").and_then(Value::as_u64).unwrap_or_default(), message.to_owned()));
        }
    }
    all
}

/// The envelope of a call that went well.
fn answer(reply: Reply) -> Result<Value, Failure> {
    if reply.is_success() && reply.body.get("success").and_then(Value::as_bool) == Some(true) {
        return Ok(reply.body);
    }
    let errors = errors(&reply.body);
    let words: Vec<String> = errors.iter().map(|(code, message)| format!("{code} {message}")).collect();
    let log = format!("{}[{}]", reply.log(), words.join("; "));
    let is = |codes: &[u64]| errors.iter().any(|(code, _)| codes.contains(code));
    // The status alone does not say what is wrong: a bad token is 400, 401 or 403.
    let mut failure = if reply.status == 401 || is(&[1_000, 6_003, 6_111, 9_106, 9_109]) {
        Failure::new(System::Dns, Trouble::Credentials, log).saying("Cloudflare does not accept Steward's token.")
    } else if is(&[81_053, 81_054, 81_057, 81_058]) {
        Failure::new(System::Dns, Trouble::Busy, log).saying("A record of that name appeared meanwhile.")
    } else if is(&[7_000, 7_003]) {
        Failure::new(System::Dns, Trouble::Missing, log).saying("Cloudflare does not know the zone that Steward is told to use.")
    } else if reply.is_success() {
        Failure::new(System::Dns, Trouble::Unreadable, log)
    } else {
        Failure { log, ..reply.unexpected() }
    };
    failure.retry_after = reply.retry_after;
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: Value) -> Reply {
        Reply::of(System::Dns, "GET dns_records", status, body)
    }

    fn envelope(code: u64, message: &str) -> Value {
        json!({ "success": false, "errors": [{ "code": code, "message": message }], "messages": [], "result": null })
    }

    #[test]
    fn what_cloudflare_says_becomes_what_a_person_can_do() {
        for (status, code, expected) in [
            (400, 6_003, "DNS-401"),
            (403, 9_109, "DNS-401"),
            (403, 10_000, "DNS-403"),
            (400, 81_058, "DNS-423"),
            (404, 7_003, "DNS-404"),
            (400, 9_005, "DNS-400"),
            (429, 10_000, "DNS-429"),
            (500, 0, "DNS-500"),
            (200, 0, "DNS-502"),
        ] {
            let failure = answer(reply(status, envelope(code, "so it is"))).err().map(|failure| (failure.cause.code, failure.log));
            let (found, log) = failure.unwrap();
            assert_eq!(found, expected, "{status} {code}");
            assert!(log.contains(&format!("{code} so it is")), "{log}");
        }
        assert!(answer(reply(200, json!({ "success": true, "errors": [], "result": [] }))).is_ok());
    }

    #[test]
    fn an_asked_for_pause_is_passed_on() {
        let mut limited = reply(429, envelope(10_000, "Rate limited"));
        limited.retry_after = Some(std::time::Duration::from_secs(37));
        assert_eq!(answer(limited).unwrap_err().retry_after.map(|pause| pause.as_secs()), Some(37));
    }
}
