//! The stand-in is strict: credentials, schema, unknown calls; and stateful.

use serde_json::{Value, json};
use steward_standins::grafana::{Caller, Request, answer};
use steward_standins::state::GrafanaState;

fn call(state: &mut GrafanaState, caller: Caller, method: &str, path: &str, body: Value) -> (u16, Value) {
    let (answer, known) = answer(state, caller, &Request { method, path, query: &[], body: &body });
    assert_eq!(known, answer.status != 501);
    (answer.status, answer.body)
}

#[test]
fn strangers_and_weak_callers_are_refused() {
    let mut state = GrafanaState::default();
    assert_eq!(call(&mut state, Caller::Unknown, "GET", "/api/health", Value::Null).0, 200);
    assert_eq!(call(&mut state, Caller::Unknown, "GET", "/api/folders/x", Value::Null).0, 401);
    assert_eq!(call(&mut state, Caller::Steward, "POST", "/api/serviceaccounts", json!({"name": "x"})).0, 403);
    assert_eq!(call(&mut state, Caller::Admin, "POST", "/api/serviceaccounts", json!({"name": "x"})).0, 201);
    assert_eq!(call(&mut state, Caller::Admin, "GET", "/api/orgs", Value::Null).0, 501);
}

#[test]
fn folders_datasources_and_dashboards_live_as_grafana_s_table_says() {
    let state = &mut GrafanaState::default();
    let me = Caller::Steward;
    assert_eq!(call(state, me, "POST", "/api/folders", json!({"title": ""})).0, 400);
    assert_eq!(call(state, me, "POST", "/api/folders", json!({"titel": "a"})).0, 400);
    assert_eq!(call(state, me, "POST", "/api/folders", json!({"uid": "f1", "title": "a"})).0, 200);
    assert_eq!(call(state, me, "POST", "/api/folders", json!({"uid": "f2", "title": "a"})).0, 409);
    assert_eq!(call(state, me, "POST", "/api/folders", json!({"uid": "f1", "title": "b"})).0, 409);
    assert_eq!(call(state, me, "PUT", "/api/folders/f1", json!({"title": "c", "version": 9})).0, 412);

    let source = json!({"uid": "d1", "name": "p", "type": "prometheus", "url": "http://x", "access": "proxy", "jsonData": {"k": 1}, "secureJsonData": {"s": "x"}});
    assert_eq!(call(state, me, "POST", "/api/datasources", source.clone()).0, 200);
    assert_eq!(call(state, me, "POST", "/api/datasources", source).0, 409);
    let seen = call(state, me, "GET", "/api/datasources/name/p", Value::Null).1;
    assert_eq!((seen.get("secureJsonData"), seen.pointer("/secureJsonFields/s")), (None, Some(&json!(true))));
    assert_eq!(call(state, me, "POST", "/api/datasources", json!({"name": "q", "type": "loki", "access": "sideways"})).0, 400);

    let dashboard = json!({"dashboard": {"uid": "t", "title": "T", "panels": []}, "folderUid": "f1", "overwrite": false});
    assert_eq!(call(state, me, "POST", "/api/dashboards/db", dashboard.clone()).0, 200);
    assert_eq!(call(state, me, "POST", "/api/dashboards/db", dashboard).0, 412);
    assert_eq!(call(state, me, "POST", "/api/dashboards/db", json!({"dashboard": {"title": "T", "panels": 3}})).0, 422);
    assert_eq!(call(state, me, "POST", "/api/dashboards/db", json!({"dashboard": {"title": "T"}, "folderUid": "none"})).0, 404);
    assert_eq!(call(state, me, "GET", "/api/dashboards/uid/t", Value::Null).1.pointer("/meta/folderUid"), Some(&json!("f1")));

    assert_eq!(call(state, me, "DELETE", "/api/folders/f1", Value::Null).0, 200);
    assert_eq!(call(state, me, "GET", "/api/dashboards/uid/t", Value::Null).0, 404);
    assert_eq!(call(state, me, "DELETE", "/api/datasources/uid/d1", Value::Null).0, 200);
    assert_eq!(call(state, me, "DELETE", "/api/datasources/uid/d1", Value::Null).0, 404);
}
