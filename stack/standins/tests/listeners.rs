//! Over HTTP: headers, the limit of calls, faults on demand, the control listener, and what goes on to the DNS server.
#![allow(clippy::unwrap_used, reason = "tests say what they expect")]

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use steward_standins::cloudflare::server::{Cloudflare, router};
use steward_standins::cloudflare::{RecordType, Zone};
use steward_standins::control;
use steward_standins::powerdns::PowerDns;
use steward_standins::server::{Grafana, serve};
use tower::ServiceExt;

const RECORDS: &str = "/client/v4/zones/0123456789abcdef0123456789abcdef/dns_records";

fn cloudflare(dns: Option<SocketAddr>) -> Arc<Cloudflare> {
    let zone = Zone::new("0123456789abcdef0123456789abcdef", "example.com").unwrap();
    let dns = dns.map(|address| PowerDns::new(address, "dns-key".into(), "example.com"));
    Cloudflare::new(zone, "admin".into(), "steward".into(), None, dns).unwrap()
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn code(&self) -> Option<u64> {
        self.body.pointer("/errors/0/code").and_then(Value::as_u64)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

async fn send(router: &Router, request: Request<Body>) -> Answer {
    let answer = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

async fn call(router: &Router, method: &str, path: &str, token: &str, body: &Value) -> Answer {
    let request = Request::builder().method(method).uri(path).header("Authorization", format!("Bearer {token}"));
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    send(router, request.header("Content-Type", "application/json").body(body).unwrap()).await
}

fn record(name: &str) -> Value {
    json!({ "type": "TXT", "name": name, "content": "x" })
}

#[tokio::test]
async fn credentials_and_bodies_come_as_cloudflare_wants_them() {
    let api = router(cloudflare(None));
    let request = |header: &str, value: &str| Request::post(RECORDS).header(header, value);
    let none = send(&api, Request::get(RECORDS).body(Body::empty()).unwrap()).await;
    assert_eq!((none.status, none.code()), (400, Some(9106)));
    for malformed in ["steward", "Basic c3Rld2FyZA==", "Bearer ", "Bearer a b"] {
        let answer = send(&api, request("Authorization", malformed).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.code()), (400, Some(6003)), "{malformed}");
        assert_eq!(answer.body.pointer("/errors/0/error_chain/0/code"), Some(&json!(6111)));
    }
    let wrong = call(&api, "GET", RECORDS, "wrong", &Value::Null).await;
    assert_eq!((wrong.status, wrong.code(), wrong.header("ratelimit")), (403, Some(10000), None));
    let untyped = send(&api, request("Authorization", "Bearer steward").body(Body::from("{}")).unwrap()).await;
    assert_eq!((untyped.status, untyped.code()), (400, Some(9207)));
    let broken = request("Authorization", "Bearer steward").header("Content-Type", "application/json; charset=utf-8");
    let broken = send(&api, broken.body(Body::from("{")).unwrap()).await;
    assert_eq!((broken.status, broken.code()), (400, Some(9207)));
    assert_eq!(call(&api, "POST", RECORDS, "steward", &record("a")).await.status, 200);
}

#[tokio::test]
async fn who_calls_too_often_waits_and_nobody_else_does() {
    let cloudflare = cloudflare(None);
    let api = router(Arc::clone(&cloudflare));
    let control = control::router(&Grafana::new("a".into(), "b".into(), None).unwrap(), &cloudflare);
    let first = call(&api, "GET", RECORDS, "steward", &Value::Null).await;
    assert_eq!(first.header("ratelimit"), Some("\"default\";r=1199;t=300"));
    assert_eq!((first.header("ratelimit-policy"), first.header("retry-after")), (Some("\"default\";q=1200;w=300"), None));

    let limit = json!({ "requests": 2, "seconds": 60 });
    assert_eq!(call(&control, "PUT", "/cloudflare/limit", "", &limit).await.status, 204);
    for _ in 0..2 {
        assert_eq!(call(&api, "POST", RECORDS, "steward", &json!({})).await.status, 400);
    }
    let refused = call(&api, "POST", RECORDS, "steward", &record("a")).await;
    assert_eq!((refused.status, refused.code(), refused.header("retry-after")), (429, Some(10100), Some("60")));
    assert!(cloudflare.state().await.records.is_empty(), "what is refused has no effect");
    assert_eq!(call(&api, "GET", RECORDS, "admin", &Value::Null).await.status, 200);

    assert_eq!(call(&control, "DELETE", "/cloudflare/limit", "", &Value::Null).await.status, 204);
    assert_eq!(call(&control, "GET", "/cloudflare/limit", "", &Value::Null).await.body, json!({ "requests": 1200, "seconds": 300 }));
    assert_eq!(call(&api, "GET", RECORDS, "steward", &Value::Null).await.status, 200);
}

#[tokio::test]
async fn each_system_has_faults_and_calls_of_its_own() {
    let cloudflare = cloudflare(None);
    let grafana = Grafana::new("admin".into(), "steward".into(), None).unwrap();
    let control = control::router(&grafana, &cloudflare);
    let (dns, boards) = (router(Arc::clone(&cloudflare)), steward_standins::server::router(grafana));
    for (status, apply) in [(503, false), (502, true), (429, false), (403, false)] {
        let fault = json!({ "match": "POST /client/v4/zones", "status": status, "apply": apply });
        assert_eq!(call(&control, "POST", "/cloudflare/faults", "", &fault).await.status, 204);
        let refused = call(&dns, "POST", RECORDS, "steward", &record(&format!("n{status}"))).await;
        assert_eq!((refused.status, refused.body.get("success")), (status, Some(&json!(false))));
        assert_eq!(refused.header("retry-after"), (status == 429).then_some("1"));
    }
    let names: Vec<String> = cloudflare.state().await.records.values().map(|record| record.name.clone()).collect();
    assert_eq!(names, ["n502.example.com"], "only what was applied all the same is there");

    // Without a system's name Grafana is meant.
    for path in ["/faults", "/grafana/faults"] {
        assert_eq!(call(&control, "POST", path, "", &json!({ "match": "GET", "status": 500 })).await.status, 204);
    }
    assert_eq!(call(&dns, "GET", RECORDS, "steward", &Value::Null).await.status, 200);
    for status in [500, 500, 200] {
        assert_eq!(call(&boards, "GET", "/api/search", "admin", &Value::Null).await.status, status);
    }
    let seen = |calls: Answer| calls.body.as_array().unwrap().len();
    assert_eq!(seen(call(&control, "GET", "/cloudflare/calls", "", &Value::Null).await), 5);
    assert_eq!(seen(call(&control, "GET", "/calls", "", &Value::Null).await), 3);
    assert_eq!(call(&control, "DELETE", "/cloudflare/calls", "", &Value::Null).await.status, 204);
    assert_eq!(seen(call(&control, "GET", "/cloudflare/calls", "", &Value::Null).await), 0);
}

/// Remembers what it is sent, and refuses what names `refused`.
async fn dns_server() -> (SocketAddr, Arc<Mutex<Vec<Value>>>) {
    let seen: Arc<Mutex<Vec<Value>>> = Arc::default();
    let remembers = Arc::clone(&seen);
    let app = Router::new().fallback(async move |headers: HeaderMap, axum::Json(body): axum::Json<Value>| {
        assert_eq!(headers.get("X-API-Key").unwrap(), "dns-key");
        if body.to_string().contains("refused") {
            return (StatusCode::UNPROCESSABLE_ENTITY, "Conflicts with pre-existing RRset");
        }
        remembers.lock().unwrap().push(body);
        (StatusCode::NO_CONTENT, "")
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, app));
    (address, seen)
}

#[tokio::test]
async fn the_dns_server_has_what_cloudflare_says_or_the_call_fails() {
    let (address, seen) = dns_server().await;
    let cloudflare = cloudflare(Some(address));
    let api = router(Arc::clone(&cloudflare));
    let made = call(&api, "POST", RECORDS, "steward", &json!({ "type": "A", "name": "a", "content": "192.0.2.1" })).await;
    let path = format!("{RECORDS}/{}", made.body.pointer("/result/id").and_then(Value::as_str).unwrap());
    let second = call(&api, "POST", RECORDS, "steward", &json!({ "type": "A", "name": "a", "content": "192.0.2.2", "ttl": 60 })).await;
    assert_eq!((made.status, second.status), (200, 200));
    assert_eq!(
        call(&api, "PATCH", &path, "steward", &json!({ "type": "CNAME", "name": "b", "content": "c.example.com" })).await.status,
        200
    );
    assert_eq!(call(&api, "DELETE", &path, "steward", &Value::Null).await.status, 200);
    let set = |name: &str, kind: &str, ttl: u32, contents: &[&str]| {
        let records: Vec<Value> = contents.iter().map(|content| json!({ "content": content, "disabled": false })).collect();
        json!({ "name": name, "type": kind, "changetype": "REPLACE", "ttl": ttl, "records": records })
    };
    let expected = [
        json!([set("a.example.com.", "A", 300, &["192.0.2.1"])]),
        json!([set("a.example.com.", "A", 300, &["192.0.2.1", "192.0.2.2"])]),
        json!([set("a.example.com.", "A", 60, &["192.0.2.2"]), set("b.example.com.", "CNAME", 300, &["c.example.com."])]),
        json!([{ "name": "b.example.com.", "type": "CNAME", "changetype": "DELETE" }]),
    ];
    let sent: Vec<Value> = seen.lock().unwrap().iter().map(|body| body.get("rrsets").unwrap().clone()).collect();
    assert_eq!(sent, expected);

    let refused = call(&api, "POST", RECORDS, "steward", &record("refused")).await;
    assert_eq!((refused.status, refused.code()), (500, Some(10013)));
    let away = router(self::cloudflare(Some(SocketAddr::from(([127, 0, 0, 1], 1)))));
    assert_eq!(call(&away, "POST", RECORDS, "steward", &record("a")).await.status, 500);
    let state = cloudflare.state().await;
    assert!(state.set("refused.example.com", RecordType::Txt).is_empty(), "what the DNS server refuses is not there");
    assert_eq!(state.records.len(), 1);
}

#[tokio::test]
async fn a_restart_keeps_the_records() {
    let file = std::env::temp_dir().join(format!("standins-cloudflare-{}.json", std::process::id()));
    let start = || {
        let zone = Zone::new("0123456789abcdef0123456789abcdef", "example.com").unwrap();
        Cloudflare::new(zone, "admin".into(), "steward".into(), Some(file.clone()), None).unwrap()
    };
    let made = call(&router(start()), "POST", RECORDS, "steward", &record("kept")).await;
    let found = call(&router(start()), "GET", RECORDS, "steward", &Value::Null).await;
    std::fs::remove_file(&file).unwrap();
    assert_eq!(found.body.pointer("/result/0"), made.body.get("result"));
}
