//! The stand-in is strict: credentials, rights, schema, unknown calls; and stateful.
#![allow(clippy::unwrap_used, reason = "tests say what they expect")]

use serde_json::{Value, json};
use steward_standins::grafana::{Request, answer, caller_of};
use steward_standins::rights::{BasicRole, Caller};
use steward_standins::state::GrafanaState;

const ADMIN: Caller = Caller::Basic(BasicRole::Admin);
const EDITOR: Caller = Caller::Basic(BasicRole::Editor);
const VIEWER: Caller = Caller::Basic(BasicRole::Viewer);

fn call(state: &mut GrafanaState, caller: &Caller, method: &str, path: &str, body: Value) -> (u16, Value) {
    let (answer, known) = answer(state, caller, &Request { method, path, query: &[], body: &body });
    assert_eq!(known, answer.status != 501);
    (answer.status, answer.body)
}

/// What a refusal says is missing.
fn refused(state: &mut GrafanaState, caller: &Caller, method: &str, path: &str, body: Value) -> String {
    let (status, answer) = call(state, caller, method, path, body);
    assert_eq!((status, answer.get("title")), (403, Some(&json!("Access denied"))), "{method} {path}: {answer}");
    assert!(answer.get("accessErrorId").and_then(Value::as_str).unwrap().starts_with("ACE"), "{answer}");
    let message = answer.get("message").and_then(Value::as_str).unwrap();
    message.strip_prefix("You'll need additional permissions to perform this action. Permissions needed: ").unwrap().to_owned()
}

const SOURCE: &str = r#"{"uid": "d1", "name": "p", "type": "prometheus", "url": "http://x", "access": "proxy"}"#;

fn source() -> Value {
    serde_json::from_str(SOURCE).unwrap()
}

fn dashboard() -> Value {
    json!({"dashboard": {"uid": "t", "title": "T", "panels": []}, "folderUid": "f1", "overwrite": true})
}

/// A Grafana with one folder, one data source and one dashboard.
fn furnished() -> GrafanaState {
    let mut state = GrafanaState::default();
    for (path, body) in
        [("/api/folders", json!({"uid": "f1", "title": "a"})), ("/api/datasources", source()), ("/api/dashboards/db", dashboard())]
    {
        assert_eq!(call(&mut state, &ADMIN, "POST", path, body).0, 200);
    }
    state
}

#[test]
fn strangers_get_nothing_and_unknown_calls_are_failures() {
    let mut state = GrafanaState::default();
    assert_eq!(call(&mut state, &Caller::Unknown, "GET", "/api/health", Value::Null).0, 200);
    assert_eq!(call(&mut state, &Caller::Unknown, "GET", "/api/folders/x", Value::Null).0, 401);
    assert_eq!(call(&mut state, &ADMIN, "GET", "/api/orgs", Value::Null).0, 501);
}

#[test]
fn a_token_may_what_its_accounts_role_may() {
    let state = &mut furnished();
    for (role, reads, writes) in [("None", 403, 403), ("Viewer", 200, 403), ("Editor", 200, 200), ("Admin", 200, 200)] {
        let account = call(state, &ADMIN, "POST", "/api/serviceaccounts", json!({"name": role, "role": role}));
        assert_eq!(account.0, 201);
        let tokens = format!("/api/serviceaccounts/{}/tokens", account.1.get("id").unwrap());
        let token = call(state, &ADMIN, "POST", &tokens, json!({"name": "t"})).1;
        let caller = caller_of(state, token.get("key").and_then(Value::as_str).unwrap());
        assert_eq!(call(state, &caller, "GET", "/api/folders/f1", Value::Null).0, reads, "{role}");
        assert_eq!(call(state, &caller, "POST", "/api/dashboards/db", dashboard()).0, writes, "{role}");
    }
    assert_eq!(call(state, &ADMIN, "POST", "/api/serviceaccounts", json!({"name": "x", "role": "King"})).0, 400);
}

#[test]
fn a_viewer_writes_nothing() {
    let state = &mut furnished();
    for (method, path, body, needed) in [
        ("POST", "/api/folders", json!({"title": "b"}), "folders:create"),
        ("PUT", "/api/folders/f1", json!({"title": "b", "overwrite": true}), "folders:write"),
        ("DELETE", "/api/folders/f1", Value::Null, "folders:delete"),
        ("POST", "/api/folders/f1/permissions", json!({"items": []}), "folders.permissions:write"),
        ("POST", "/api/dashboards/db", dashboard(), "dashboards:write"),
        ("POST", "/api/dashboards/db", json!({"dashboard": {"title": "U"}}), "dashboards:create"),
        ("DELETE", "/api/dashboards/uid/t", Value::Null, "dashboards:delete"),
        ("POST", "/api/datasources", source(), "datasources:create"),
        ("PUT", "/api/datasources/uid/d1", source(), "datasources:write"),
        ("DELETE", "/api/datasources/uid/d1", Value::Null, "datasources:delete"),
        ("POST", "/api/serviceaccounts", json!({"name": "x"}), "serviceaccounts:create"),
        ("POST", "/api/serviceaccounts/1/tokens", json!({"name": "x"}), "serviceaccounts:write"),
    ] {
        assert_eq!(refused(state, &VIEWER, method, path, body), needed);
    }
    assert_eq!(call(state, &VIEWER, "GET", "/api/dashboards/uid/t", Value::Null).0, 200);
}

#[test]
fn an_editor_keeps_folders_and_dashboards_but_no_data_sources_and_no_rights() {
    let state = &mut furnished();
    assert_eq!(call(state, &EDITOR, "POST", "/api/folders", json!({"uid": "f2", "title": "b"})).0, 200);
    assert_eq!(call(state, &EDITOR, "POST", "/api/dashboards/db", dashboard()).0, 200);
    assert_eq!(call(state, &EDITOR, "DELETE", "/api/folders/f2", Value::Null).0, 200);
    assert_eq!(refused(state, &EDITOR, "POST", "/api/datasources", source()), "datasources:create");
    assert_eq!(refused(state, &EDITOR, "GET", "/api/datasources/uid/d1", Value::Null), "datasources:read");
    assert_eq!(refused(state, &EDITOR, "GET", "/api/datasources/name/p", Value::Null), "datasources:read");
    assert_eq!(refused(state, &EDITOR, "PUT", "/api/datasources/uid/d1", source()), "datasources:write");
    assert_eq!(refused(state, &EDITOR, "DELETE", "/api/datasources/uid/d1", Value::Null), "datasources:delete");
    assert_eq!(refused(state, &EDITOR, "GET", "/api/folders/f1/permissions", Value::Null), "folders.permissions:read");
}

#[test]
fn steward_may_what_its_policy_lists_and_no_more() {
    let state = &mut furnished();
    let steward = &Caller::steward().unwrap();
    assert_eq!(call(state, steward, "POST", "/api/folders/f1/permissions", json!({"items": []})).0, 200);
    assert_eq!(call(state, steward, "DELETE", "/api/datasources/uid/d1", Value::Null).0, 200);
    assert_eq!(call(state, steward, "DELETE", "/api/dashboards/uid/t", Value::Null).0, 200);
    assert_eq!(call(state, steward, "DELETE", "/api/folders/f1", Value::Null).0, 200);
    assert_eq!(refused(state, steward, "POST", "/api/serviceaccounts", json!({"name": "x"})), "serviceaccounts:create");
    assert_eq!(refused(state, steward, "POST", "/api/serviceaccounts/1/tokens", json!({"name": "x"})), "serviceaccounts:write");
}

#[test]
fn a_folder_is_seen_by_whom_its_permissions_name() {
    let state = &mut furnished();
    let listed = call(state, &ADMIN, "GET", "/api/folders/f1/permissions", Value::Null).1;
    let of = |item: &Value| (item["role"].clone(), item["permission"].clone(), item["permissionName"].clone());
    let roles: Vec<_> = listed.as_array().unwrap().iter().map(of).collect();
    assert_eq!(roles, [(json!("Viewer"), json!(1), json!("View")), (json!("Editor"), json!(2), json!("Edit"))]);

    let permissions = "/api/folders/f1/permissions";
    let updated =
        call(state, &ADMIN, "POST", permissions, json!({"items": [{"role": "Editor", "permission": 1}, {"teamId": 7, "permission": 4}]}));
    assert_eq!(updated, (200, json!({"message": "Folder permissions updated"})));
    let listed = call(state, &ADMIN, "GET", permissions, Value::Null).1;
    assert_eq!((listed.pointer("/1/teamId"), listed.pointer("/1/role")), (Some(&json!(7)), None));
    assert_eq!(refused(state, &VIEWER, "GET", "/api/folders/f1", Value::Null), "folders:read");
    assert_eq!(refused(state, &VIEWER, "GET", "/api/dashboards/uid/t", Value::Null), "dashboards:read");
    assert_eq!(call(state, &VIEWER, "GET", "/api/search", Value::Null), (200, json!([])));
    assert_eq!(call(state, &EDITOR, "GET", "/api/folders/f1", Value::Null).0, 200);
    assert_eq!(refused(state, &EDITOR, "POST", "/api/dashboards/db", dashboard()), "dashboards:write");

    // A folder in it inherits, and shows nothing of its own.
    assert_eq!(call(state, &ADMIN, "POST", "/api/folders", json!({"uid": "f2", "title": "b", "parentUid": "f1"})).0, 200);
    assert_eq!(call(state, &ADMIN, "GET", "/api/folders/f2/permissions", Value::Null), (200, json!([])));
    assert_eq!(call(state, &EDITOR, "GET", "/api/folders/f2", Value::Null).0, 200);
    assert_eq!(refused(state, &VIEWER, "GET", "/api/folders/f2", Value::Null), "folders:read");

    for wrong in [
        json!({}),
        json!({"items": [{"permission": 1}]}),
        json!({"items": [{"role": "Viewer", "userId": 3, "permission": 1}]}),
        json!({"items": [{"userId": 3, "teamId": 3, "permission": 1}]}),
        json!({"items": [{"role": "Viewer", "permission": 3}]}),
        json!({"items": [{"role": "King", "permission": 1}]}),
        json!({"items": [{"rolle": "Viewer", "permission": 1}]}),
    ] {
        assert_eq!(call(state, &ADMIN, "POST", permissions, wrong.clone()).0, 400, "{wrong}");
    }
    assert_eq!(call(state, &ADMIN, "GET", "/api/folders/none/permissions", Value::Null).0, 404);
}

#[test]
fn folders_datasources_and_dashboards_live_as_grafana_s_table_says() {
    let state = &mut GrafanaState::default();
    let me = &Caller::steward().unwrap();
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
