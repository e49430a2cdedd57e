//! Cloudflare's stand-in is strict: tokens, envelopes, schema, conflicts, unknown calls; and stateful.
#![allow(clippy::unwrap_used, reason = "tests say what they expect")]

use chrono::DateTime;
use serde_json::{Value, json};
use steward_standins::cloudflare::{Caller, CloudflareState, Fresh, Request, Zone, answer};

const ZONE: &str = "0123456789abcdef0123456789abcdef";

/// A Cloudflare whose clock goes on by a second and whose ids by one with each call.
struct World {
    state: CloudflareState,
    zone: Zone,
    caller: Caller,
    calls: u32,
}

impl World {
    fn new() -> Self {
        let zone = Zone::new(ZONE, "example.com").unwrap();
        let caller = Caller::steward(&zone).unwrap();
        Self { state: CloudflareState::default(), zone, caller, calls: 0 }
    }

    /// The status, and the result if there is one, or else the code of the innermost error.
    fn call(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, envelope) = self.envelope(method, path, body);
        let error = envelope.pointer("/errors/0/error_chain/0/code").or_else(|| envelope.pointer("/errors/0/code"));
        (status, error.unwrap_or_else(|| envelope.get("result").unwrap()).clone())
    }

    fn envelope(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.calls += 1;
        let now = DateTime::from_timestamp(1_800_000_000 + i64::from(self.calls), 0).unwrap();
        let fresh = Fresh { now, id: format!("{:032x}", self.calls) };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query: Vec<(String, String)> =
            query.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let path = format!("/client/v4{path}");
        let request = Request { method, path: &path, query: &query, body: &body };
        let outcome = answer(&mut self.state, &self.zone, &self.caller, &request, &fresh);
        let answer = outcome.answer;
        assert_eq!(outcome.known, answer.status != 501, "{}", answer.body);
        let fields: Vec<&str> =
            answer.body.as_object().unwrap().keys().map(String::as_str).filter(|field| *field != "result_info").collect();
        assert_eq!(fields.len(), 4, "an envelope has four fields: {fields:?}");
        let success = answer.status == 200;
        assert_eq!(answer.body.get("success"), Some(&json!(success)));
        assert_eq!(answer.body.get("errors").and_then(Value::as_array).unwrap().is_empty(), success);
        assert!(success || outcome.touched.is_empty(), "a refusal touches nothing");
        (answer.status, answer.body)
    }

    fn make(&mut self, body: Value) -> Value {
        let (status, record) = self.call("POST", &records(""), body);
        assert_eq!(status, 200, "{record}");
        record
    }

    fn names(&mut self, query: &str) -> Vec<String> {
        let (status, found) = self.call("GET", &records(query), Value::Null);
        assert_eq!(status, 200, "{found}");
        found.as_array().unwrap().iter().map(|record| text(record, "name").to_owned()).collect()
    }
}

fn records(rest: &str) -> String {
    format!("/zones/{ZONE}/dns_records{rest}")
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap()
}

fn of(kind: &str, name: &str, content: &str) -> Value {
    json!({ "type": kind, "name": name, "content": content })
}

#[test]
fn a_token_opens_what_it_was_made_for() {
    let mut world = World::new();
    assert_eq!(text(&world.call("GET", "/user/tokens/verify", Value::Null).1, "status"), "active");
    assert_eq!(world.names(""), [""; 0]);
    // Steward's token keeps records and sees no zones.
    assert_eq!(world.call("GET", "/zones?name=example.com", Value::Null), (200, json!([])));
    assert_eq!(world.call("GET", &format!("/zones/{ZONE}"), Value::Null), (403, json!(9109)));
    assert_eq!(world.call("GET", "/zones/ffffffffffffffffffffffffffffffff/dns_records", Value::Null), (403, json!(10000)));

    world.caller = Caller::admin();
    assert_eq!(text(world.call("GET", "/zones?name=example.com", Value::Null).1.get(0).unwrap(), "id"), ZONE);
    assert_eq!(world.call("GET", "/zones?name=example.org", Value::Null), (200, json!([])));
    assert_eq!(text(&world.call("GET", &format!("/zones/{ZONE}"), Value::Null).1, "name"), "example.com");

    world.caller = Caller::Unknown;
    assert_eq!(world.call("GET", "/user/tokens/verify", Value::Null), (401, json!(1000)));
    assert_eq!(world.call("GET", "/zones", Value::Null), (403, json!(9109)));
    assert_eq!(world.call("GET", &records(""), Value::Null), (403, json!(10000)));
    assert_eq!(world.call("POST", &records(""), of("A", "a", "192.0.2.1")), (403, json!(10000)));
    assert!(world.state.records.is_empty());
}

#[test]
fn what_it_does_not_know_it_refuses() {
    let mut world = World::new();
    for (method, path) in
        [("GET", "/accounts"), ("POST", "/zones"), ("GET", "/zones/x/dnssec"), ("DELETE", &records("")), ("GET", &records("?search=x"))]
    {
        assert_eq!(world.call(method, path, Value::Null).0, 501, "{method} {path}");
    }
    assert_eq!(world.call("POST", &records(""), of("MX", "a", "b.example.com")).0, 501);
    assert_eq!(world.call("POST", &records(""), json!({"type": "A", "name": "a", "content": "192.0.2.1", "proxied": true})).0, 501);
    assert_eq!(world.call("GET", "/zones/example.com/dns_records", Value::Null), (400, json!(7003)));
    assert_eq!(world.call("GET", &records("/nine"), Value::Null), (400, json!(7003)));
}

#[test]
fn a_record_is_made_shown_changed_and_deleted() {
    let mut world = World::new();
    let made = world.make(
        json!({"type": "CNAME", "name": "Acme", "content": "Ingress.example.com.", "ttl": 60, "comment": "for acme", "tags": ["b:2", "a"]}),
    );
    assert_eq!(
        made,
        json!({
            "id": "00000000000000000000000000000001", "name": "acme.example.com", "type": "CNAME", "content": "ingress.example.com", "ttl": 60,
            "proxiable": true, "proxied": false, "settings": {"flatten_cname": false}, "meta": {}, "comment": "for acme", "tags": ["a", "b:2"],
            "created_on": "2027-01-15T08:00:01Z", "modified_on": "2027-01-15T08:00:01Z",
            "comment_modified_on": "2027-01-15T08:00:01Z", "tags_modified_on": "2027-01-15T08:00:01Z",
        })
    );
    let path = records(&format!("/{}", text(&made, "id")));
    assert_eq!(world.call("GET", &path, Value::Null), (200, made.clone()));

    // A part: the rest stays.
    let (_, changed) = world.call("PATCH", &path, json!({"content": "other.example.com"}));
    assert_eq!((text(&changed, "content"), text(&changed, "comment")), ("other.example.com", "for acme"));
    assert_eq!(
        (text(&changed, "created_on"), text(&changed, "comment_modified_on")),
        (text(&made, "created_on"), text(&made, "created_on"))
    );
    assert!(text(&changed, "modified_on") > text(&made, "modified_on"));
    // The whole: what is not said is gone.
    let (_, changed) = world.call("PUT", &path, of("CNAME", "acme.example.com", "other.example.com"));
    assert_eq!((changed.get("comment"), changed.get("tags"), changed.get("ttl")), (Some(&Value::Null), Some(&json!([])), Some(&json!(1))));

    assert_eq!(world.call("DELETE", &path, Value::Null), (200, json!({"id": text(&made, "id")})));
    for method in ["GET", "DELETE"] {
        assert_eq!(world.call(method, &path, Value::Null), (404, json!(81044)));
    }
    assert_eq!(world.call("PATCH", &path, json!({"ttl": 60})), (404, json!(81044)));
}

#[test]
fn records_that_cannot_stand_together_are_refused() {
    let mut world = World::new();
    world.make(of("CNAME", "acme", "a.example.com"));
    world.make(of("A", "beta", "192.0.2.1"));
    world.make(of("A", "beta", "192.0.2.2"));
    world.make(of("TXT", "beta", "one"));
    let refused = [
        (of("CNAME", "acme", "a.example.com"), 81053),
        (of("CNAME", "ACME.example.com", "b.example.com"), 81053),
        (of("CNAME", "beta", "a.example.com"), 81053),
        (of("A", "acme", "192.0.2.1"), 81054),
        (of("AAAA", "acme", "2001:db8::1"), 81054),
        (of("A", "beta", "192.0.2.2"), 81058),
        (of("TXT", "beta", "one"), 81058),
    ];
    for (body, code) in refused {
        assert_eq!(world.call("POST", &records(""), body.clone()), (400, json!(code)), "{body}");
    }
    // The same holds for a change, but a record does not stand in its own way.
    let gamma = records(&format!("/{}", text(&world.make(of("A", "gamma", "192.0.2.1")), "id")));
    assert_eq!(world.call("PATCH", &gamma, json!({"name": "acme"})), (400, json!(81054)));
    assert_eq!(world.call("PATCH", &gamma, json!({"name": "beta"})), (400, json!(81058)));
    assert_eq!(world.call("PATCH", &gamma, json!({"comment": "the same"})).0, 200);
}

#[test]
fn what_is_no_record_is_refused_with_its_reason() {
    let mut world = World::new();
    let long = "x".repeat(101);
    let cases = [
        (json!({"name": "-a"}), 9000),
        (json!({"name": "a..b"}), 9000),
        (json!({"name": "a b"}), 9000),
        (json!({"name": "x".repeat(64)}), 9000),
        (json!({"content": "192.0.2.256"}), 9005),
        (json!({"content": "b.example.com"}), 9005),
        (json!({"type": "AAAA", "content": "192.0.2.1"}), 9006),
        (json!({"type": "CNAME", "content": "192.0.2.1"}), 9007),
        (json!({"type": "CNAME", "content": "a.example.com."}), 9039),
        (json!({"type": "TXT", "content": ""}), 9010),
        (json!({"ttl": 59}), 9021),
        (json!({"ttl": 86401}), 9021),
        (json!({"comment": long}), 9313),
        (json!({"tags": vec!["t"; 21]}), 9300),
        (json!({"tags": ["a b"]}), 9301),
        (json!({"ttl": "60"}), 9207),
        (json!({"priority": 1}), 9207),
        (json!({"content": null}), 9207),
    ];
    let good = of("A", "a", "192.0.2.1");
    let made = records(&format!("/{}", text(&world.make(of("A", "made", "192.0.2.9")), "id")));
    for (change, code) in cases {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(world.call("POST", &records(""), body.clone()), (400, json!(code)), "{body}");
        assert_eq!(world.call("PUT", &made, body.clone()), (400, json!(code)), "{body}");
        // A fault of a new record stands below a general one, a fault of a change alone.
        let below = |envelope: &Value| envelope.pointer("/errors/0/code").cloned();
        let general = if code == 9207 { code } else { 1004 };
        assert_eq!(below(&world.envelope("POST", &records(""), body.clone()).1), Some(json!(general)));
        assert_eq!(below(&world.envelope("PUT", &made, body).1), Some(json!(code)));
    }
    assert_eq!(world.call("POST", &records(""), Value::Null), (400, json!(9207)));
    assert_eq!(world.state.records.len(), 1);
    for (ttl, name) in [(1, "@"), (60, "*.wild"), (86400, "_dmarc.a")] {
        world.make(json!({"type": "A", "name": name, "content": "192.0.2.1", "ttl": ttl}));
    }
    assert_eq!(world.names("?order=name"), ["*.wild.example.com", "_dmarc.a.example.com", "example.com", "made.example.com"]);
}

#[test]
fn records_are_found_by_what_they_say() {
    let mut world = World::new();
    world.make(json!({"type": "TXT", "name": "b", "content": "Owner=One", "comment": "Made by steward", "tags": ["tenant:one"]}));
    world.make(json!({"type": "A", "name": "b", "content": "192.0.2.1", "tags": ["tenant:two", "old"]}));
    world.make(of("A", "a", "192.0.2.1"));
    world.make(of("CNAME", "c.b", "a.example.com"));
    let (a, b, c) = ("a.example.com", "b.example.com", "c.b.example.com");
    for (query, expected) in [
        ("", vec![a, b, c, b]),
        ("?direction=desc", vec![b, c, a, b]),
        ("?name=b.example.com", vec![b, b]),
        ("?name.exact=B.example.com&type=TXT", vec![b]),
        ("?name=b", vec![]),
        ("?name.startswith=c", vec![c]),
        ("?name.endswith=b.example.com", vec![b, c, b]),
        ("?name.contains=.b.", vec![c]),
        ("?content=192.0.2.1", vec![a, b]),
        ("?content.contains=owner=", vec![b]),
        ("?comment=made by Steward", vec![b]),
        ("?comment.present=", vec![b]),
        ("?comment.absent=", vec![a, b, c]),
        ("?tag=tenant", vec![b, b]),
        ("?tag=tenant:one", vec![b]),
        ("?tag.absent=tenant", vec![a, c]),
        ("?type=A&content=192.0.2.1&name=a.example.com", vec![a]),
        ("?type=CNAME&name=a.example.com", vec![]),
        ("?type=CNAME&name=a.example.com&match=any", vec![a, c]),
        ("?proxied=true", vec![]),
        ("?order=name&per_page=3", vec![a, b, b]),
        ("?order=name&per_page=3&page=2", vec![c]),
        ("?per_page=3&page=3", vec![]),
    ] {
        assert_eq!(world.names(query), expected, "{query}");
    }
    let (_, envelope) = world.envelope("GET", &records("?per_page=3&page=2"), Value::Null);
    let info = json!({"page": 2, "per_page": 3, "count": 1, "total_count": 4, "total_pages": 2});
    assert_eq!(envelope.get("result_info"), Some(&info));
    for query in ["?page=0", "?per_page=0", "?per_page=many", "?per_page=5000001"] {
        assert_eq!(world.call("GET", &records(query), Value::Null).0, 400, "{query}");
    }
}
