//! Grafana's HTTP API as far as Steward uses it: one pure function from state and call to answer.
//!
//! Paths, fields and statuses follow Grafana's published OpenAPI, the permission that each call needs its documentation. Nobody
//! checked them against a running Grafana: whether the real one behaves so in each case is not proved here.

use crate::answer::Answer;
use crate::folder_permissions;
pub use crate::request::Request;
use crate::rights::{BasicRole, Caller, Need};
use crate::state::{Dashboard, Datasource, Folder, FolderPermission, GrafanaState, ServiceAccount};
use serde_json::{Map, Value, json};

/// Longest uid that Grafana takes.
const UID_LENGTH_MAX: usize = 40;

/// Answers a call. The second value says whether the call is known at all.
pub fn answer(state: &mut GrafanaState, caller: &Caller, request: &Request<'_>) -> (Answer, bool) {
    let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    if request.method == "GET" && segments == ["api", "health"] {
        return (Answer::new(200, json!({ "database": "ok", "version": "12.0.0", "commit": "stand-in" })), true);
    }
    if matches!(caller, Caller::Unknown) {
        return (Answer::message(401, "Unauthorized"), true);
    }
    let body = request.body;
    // Before the body is looked at and before it is known whether there is such an object: a refusal tells nothing.
    if let Some(need) = need(state, request.method, &segments, body)
        && !caller.may(state, &need)
    {
        return (access_denied(state, need.action), true);
    }
    let answered = match (request.method, segments.as_slice()) {
        ("POST", ["api", "folders"]) => create_folder(state, body),
        ("GET", ["api", "folders", uid]) => {
            state.folders.get(*uid).map_or_else(folder_missing, |folder| Answer::new(200, folder_json(folder)))
        }
        ("PUT", ["api", "folders", uid]) => change_folder(state, uid, body),
        ("DELETE", ["api", "folders", uid]) => delete_folder(state, uid),
        ("GET", ["api", "folders", uid, "permissions"]) => folder_permissions::list(state, uid),
        ("POST", ["api", "folders", uid, "permissions"]) => folder_permissions::replace(state, uid, body),
        ("GET", ["api", "search"]) => search(state, caller, request.query),
        ("POST", ["api", "datasources"]) => create_datasource(state, body),
        ("GET", ["api", "datasources", "uid", uid]) => {
            state.datasources.get(*uid).map_or_else(datasource_missing, |source| Answer::new(200, datasource_json(source)))
        }
        ("PUT", ["api", "datasources", "uid", uid]) => change_datasource(state, uid, body),
        ("GET", ["api", "datasources", "name", name]) => {
            let name = decoded(name);
            state
                .datasources
                .values()
                .find(|source| text(&source.model, "name") == Some(&name))
                .map_or_else(datasource_missing, |source| Answer::new(200, datasource_json(source)))
        }
        ("DELETE", ["api", "datasources", "uid", uid]) => match state.datasources.remove(*uid) {
            Some(source) => Answer::new(200, json!({ "message": "Data source deleted", "id": source.id })),
            None => datasource_missing(),
        },
        ("POST", ["api", "dashboards", "db"]) => save_dashboard(state, body),
        ("GET", ["api", "dashboards", "uid", uid]) => {
            state.dashboards.get(*uid).map_or_else(dashboard_missing, |dashboard| Answer::new(200, dashboard_json(state, uid, dashboard)))
        }
        ("DELETE", ["api", "dashboards", "uid", uid]) => match state.dashboards.remove(*uid) {
            Some(dashboard) => {
                Answer::new(200, json!({ "title": text(&dashboard.model, "title"), "message": "Dashboard deleted", "id": dashboard.id }))
            }
            None => dashboard_missing(),
        },
        ("POST", ["api", "serviceaccounts"]) => create_service_account(state, body),
        ("POST", ["api", "serviceaccounts", id, "tokens"]) => create_token(state, id, body),
        _ => return (Answer::message(501, &format!("the stand-in does not know {} {}", request.method, request.path)), false),
    };
    (answered, true)
}

/// What a call asks for; none for a call that anybody with a token may make.
fn need(state: &GrafanaState, method: &str, segments: &[&str], body: &Value) -> Option<Need> {
    let on = |action, scope: String| Need { action, scopes: vec![scope] };
    Some(match (method, segments) {
        ("POST", ["api", "folders"]) => Need::on_folder("folders:create", text(body, "parentUid").unwrap_or_default()),
        ("GET", ["api", "folders", uid]) => Need::on_folder("folders:read", uid),
        ("PUT", ["api", "folders", uid]) => Need::on_folder("folders:write", uid),
        ("DELETE", ["api", "folders", uid]) => Need::on_folder("folders:delete", uid),
        ("GET", ["api", "folders", uid, "permissions"]) => Need::on_folder("folders.permissions:read", uid),
        ("POST", ["api", "folders", uid, "permissions"]) => Need::on_folder("folders.permissions:write", uid),
        ("POST", ["api", "datasources"]) => Need { action: "datasources:create", scopes: Vec::new() },
        ("GET", ["api", "datasources", "uid", uid]) => on("datasources:read", format!("datasources:uid:{uid}")),
        ("GET", ["api", "datasources", "name", name]) => on("datasources:read", format!("datasources:name:{}", decoded(name))),
        ("PUT", ["api", "datasources", "uid", uid]) => on("datasources:write", format!("datasources:uid:{uid}")),
        ("DELETE", ["api", "datasources", "uid", uid]) => on("datasources:delete", format!("datasources:uid:{uid}")),
        ("POST", ["api", "dashboards", "db"]) => match body.get("dashboard").and_then(|model| text(model, "uid")) {
            Some(uid) if state.dashboards.contains_key(uid) => Need::on_dashboard("dashboards:write", state, uid),
            _ => Need::on_folder("dashboards:create", text(body, "folderUid").unwrap_or_default()),
        },
        ("GET", ["api", "dashboards", "uid", uid]) => Need::on_dashboard("dashboards:read", state, uid),
        ("DELETE", ["api", "dashboards", "uid", uid]) => Need::on_dashboard("dashboards:delete", state, uid),
        ("POST", ["api", "serviceaccounts"]) => Need { action: "serviceaccounts:create", scopes: Vec::new() },
        ("POST", ["api", "serviceaccounts", id, "tokens"]) => on("serviceaccounts:write", format!("serviceaccounts:id:{id}")),
        _ => return None,
    })
}

fn access_denied(state: &mut GrafanaState, action: &str) -> Answer {
    Answer::new(
        403,
        json!({
            "title": "Access denied",
            "message": format!("You'll need additional permissions to perform this action. Permissions needed: {action}"),
            "accessErrorId": format!("ACE{:010}", state.next_id()),
        }),
    )
}

/// The caller that a token belongs to, among the service accounts that were made through the API.
#[must_use]
pub fn caller_of(state: &GrafanaState, token: &str) -> Caller {
    let account = state.service_accounts.values().find(|account| !account.disabled && account.tokens.values().any(|known| known == token));
    account.map_or(Caller::Unknown, |account| Caller::Basic(BasicRole::named(&account.role).unwrap_or(BasicRole::None)))
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair: Vec<u8> = rest.by_ref().take(2).collect();
            bytes.extend(std::str::from_utf8(&pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A uid as given, or one made of a number; none if it is not a uid.
fn uid_of(body: &Value, id: u64) -> Option<String> {
    match text(body, "uid") {
        None | Some("") => Some(format!("uid{id:08}")),
        Some(uid) if uid.len() <= UID_LENGTH_MAX && uid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') => {
            Some(uid.to_owned())
        }
        Some(_) => None,
    }
}

/// The first field of the body that the real API does not know, if any.
pub(crate) fn unknown_field<'a>(body: &'a Value, known: &[&str]) -> Option<&'a String> {
    body.as_object().and_then(|fields| fields.keys().find(|field| !known.contains(&field.as_str())))
}

pub(crate) fn folder_missing() -> Answer {
    Answer::new(404, json!({ "message": "folder not found", "status": "not-found" }))
}

fn datasource_missing() -> Answer {
    Answer::message(404, "Data source not found")
}

fn dashboard_missing() -> Answer {
    Answer::message(404, "Dashboard not found")
}

pub(crate) fn folder_json(folder: &Folder) -> Value {
    let mut json = json!({
        "id": folder.id, "uid": folder.uid, "orgId": 1, "title": folder.title, "url": format!("/dashboards/f/{}", folder.uid),
        "hasAcl": false, "canSave": true, "canEdit": true, "canAdmin": true, "canDelete": true, "version": folder.version,
    });
    if let (Some(parent), Some(fields)) = (&folder.parent_uid, json.as_object_mut()) {
        fields.insert("parentUid".into(), json!(parent));
    }
    json
}

fn create_folder(state: &mut GrafanaState, body: &Value) -> Answer {
    if !body.is_object() || unknown_field(body, &["uid", "title", "parentUid", "description"]).is_some() {
        return Answer::message(400, "bad request data");
    }
    let Some(title) = text(body, "title").filter(|title| !title.trim().is_empty()) else {
        return Answer::message(400, "folder title cannot be empty");
    };
    let parent_uid = text(body, "parentUid").filter(|uid| !uid.is_empty()).map(str::to_owned);
    if parent_uid.as_ref().is_some_and(|parent| !state.folders.contains_key(parent)) {
        return Answer::message(400, "parent folder not found");
    }
    if state.folders.values().any(|folder| folder.title == title && folder.parent_uid == parent_uid) {
        return Answer::message(409, "a folder with the same name already exists in the current location");
    }
    let id = state.next_id();
    let Some(uid) = uid_of(body, id) else { return Answer::message(400, "uid contains illegal characters") };
    if state.folders.contains_key(&uid) {
        return Answer::message(409, "a folder with the same uid already exists");
    }
    let permissions = if parent_uid.is_none() { FolderPermission::defaults() } else { Vec::new() };
    let folder = Folder { id, uid: uid.clone(), title: title.to_owned(), parent_uid, version: 1, permissions };
    let answer = Answer::new(200, folder_json(&folder));
    state.folders.insert(uid, folder);
    answer
}

fn change_folder(state: &mut GrafanaState, uid: &str, body: &Value) -> Answer {
    let Some(folder) = state.folders.get_mut(uid) else { return folder_missing() };
    if unknown_field(body, &["title", "version", "overwrite", "description"]).is_some() {
        return Answer::message(400, "bad request data");
    }
    let Some(title) = text(body, "title").filter(|title| !title.trim().is_empty()) else {
        return Answer::message(400, "folder title cannot be empty");
    };
    let overwrite = body.get("overwrite").and_then(Value::as_bool).unwrap_or(false);
    if !overwrite && body.get("version").and_then(Value::as_u64) != Some(folder.version) {
        return Answer::new(412, json!({ "message": "the folder has been changed by someone else", "status": "version-mismatch" }));
    }
    folder.title = title.to_owned();
    folder.version += 1;
    Answer::new(200, folder_json(folder))
}

/// Deleting a folder deletes what lies in it.
fn delete_folder(state: &mut GrafanaState, uid: &str) -> Answer {
    let Some(folder) = state.folders.remove(uid) else { return folder_missing() };
    state.dashboards.retain(|_, dashboard| dashboard.folder_uid != uid);
    Answer::new(200, json!({ "id": folder.id, "title": folder.title, "message": format!("Folder {} deleted", folder.title) }))
}

/// Finds what the caller may see.
fn search(state: &GrafanaState, caller: &Caller, query: &[(String, String)]) -> Answer {
    let parameter = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if query.iter().any(|(key, _)| !["query", "type", "folderUIDs", "limit", "tag"].contains(&key.as_str())) {
        return Answer::message(400, "bad request data");
    }
    let wanted = parameter("query").unwrap_or_default().to_lowercase();
    let kind = parameter("type");
    let tag = parameter("tag");
    let mut hits = Vec::new();
    if kind != Some("dash-db") && tag.is_none() {
        let seen = |folder: &&Folder| caller.may(state, &Need::on_folder("folders:read", &folder.uid));
        for folder in state.folders.values().filter(|folder| folder.title.to_lowercase().contains(&wanted)).filter(seen) {
            hits.push(json!({ "id": folder.id, "uid": folder.uid, "title": folder.title, "type": "dash-folder", "url": format!("/dashboards/f/{}", folder.uid), "tags": [] }));
        }
    }
    if kind != Some("dash-folder") {
        for (uid, dashboard) in &state.dashboards {
            let title = text(&dashboard.model, "title").unwrap_or_default();
            let tags = dashboard.model.get("tags").cloned().unwrap_or_else(|| json!([]));
            let tagged = tag.is_none_or(|tag| tags.as_array().is_some_and(|tags| tags.iter().any(|t| t == tag)));
            let seen = caller.may(state, &Need::on_dashboard("dashboards:read", state, uid));
            if tagged && seen && title.to_lowercase().contains(&wanted) {
                hits.push(json!({ "id": dashboard.id, "uid": uid, "title": title, "type": "dash-db", "tags": tags, "folderUid": dashboard.folder_uid }));
            }
        }
    }
    Answer::new(200, Value::Array(hits))
}

pub(crate) fn datasource_json(source: &Datasource) -> Value {
    let mut json = source.model.clone();
    if let Some(fields) = json.as_object_mut() {
        fields.insert("id".into(), json!(source.id));
        fields.insert("orgId".into(), json!(1));
        fields.insert("version".into(), json!(source.version));
        fields.insert("readOnly".into(), json!(false));
        fields.insert(
            "secureJsonFields".into(),
            source.secure_fields.iter().map(|field| (field.clone(), json!(true))).collect::<Map<_, _>>().into(),
        );
    }
    json
}

const DATASOURCE_FIELDS: [&str; 13] = [
    "uid",
    "name",
    "type",
    "url",
    "access",
    "jsonData",
    "secureJsonData",
    "isDefault",
    "user",
    "database",
    "basicAuth",
    "basicAuthUser",
    "version",
];

/// The body of a datasource without its secrets, and the names of those.
fn datasource_model(body: &Value, uid: &str) -> Result<(Value, Vec<String>), Answer> {
    if !body.is_object() || unknown_field(body, &DATASOURCE_FIELDS).is_some() {
        return Err(Answer::message(400, "bad request data"));
    }
    for field in ["name", "type", "access"] {
        if text(body, field).is_none_or(str::is_empty) {
            return Err(Answer::message(400, &format!("{field} is required")));
        }
    }
    if !["proxy", "direct"].contains(&text(body, "access").unwrap_or_default()) {
        return Err(Answer::message(400, "access must be proxy or direct"));
    }
    if text(body, "url").is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(Answer::message(400, "Validation error, invalid URL"));
    }
    let mut model = body.clone();
    let mut secure = Vec::new();
    if let Some(fields) = model.as_object_mut() {
        if let Some(Value::Object(secrets)) = fields.remove("secureJsonData") {
            secure.extend(secrets.keys().cloned());
        }
        fields.remove("version");
        fields.insert("uid".into(), json!(uid));
    }
    Ok((model, secure))
}

fn create_datasource(state: &mut GrafanaState, body: &Value) -> Answer {
    let id = state.next_id();
    let Some(uid) = uid_of(body, id) else { return Answer::message(400, "invalid format of UID") };
    let (model, secure_fields) = match datasource_model(body, &uid) {
        Ok(model) => model,
        Err(refused) => return refused,
    };
    let name = text(&model, "name").unwrap_or_default().to_owned();
    if state.datasources.contains_key(&uid) {
        return Answer::message(409, "data source with the same uid already exists");
    }
    if state.datasources.values().any(|source| text(&source.model, "name") == Some(&name)) {
        return Answer::message(409, "data source with the same name already exists");
    }
    let source = Datasource { id, version: 1, model, secure_fields };
    let answer = Answer::new(200, json!({ "id": id, "message": "Datasource added", "name": name, "datasource": datasource_json(&source) }));
    state.datasources.insert(uid, source);
    answer
}

fn change_datasource(state: &mut GrafanaState, uid: &str, body: &Value) -> Answer {
    let (model, secure_fields) = match datasource_model(body, uid) {
        Ok(model) => model,
        Err(refused) => return refused,
    };
    let name = text(&model, "name").unwrap_or_default().to_owned();
    if state.datasources.iter().any(|(other, source)| other != uid && text(&source.model, "name") == Some(&name)) {
        return Answer::message(409, "data source with the same name already exists");
    }
    let Some(source) = state.datasources.get_mut(uid) else { return datasource_missing() };
    source.model = model;
    source.secure_fields = secure_fields;
    source.version += 1;
    Answer::new(200, json!({ "id": source.id, "message": "Datasource updated", "name": name, "datasource": datasource_json(source) }))
}

pub(crate) fn dashboard_json(state: &GrafanaState, uid: &str, dashboard: &Dashboard) -> Value {
    let folder = state.folders.get(&dashboard.folder_uid);
    let mut model = dashboard.model.clone();
    if let Some(fields) = model.as_object_mut() {
        fields.insert("id".into(), json!(dashboard.id));
        fields.insert("uid".into(), json!(uid));
        fields.insert("version".into(), json!(dashboard.version));
    }
    json!({
        "meta": { "type": "db", "canSave": true, "url": format!("/d/{uid}"), "version": dashboard.version,
                  "folderUid": dashboard.folder_uid, "folderTitle": folder.map_or("General", |folder| &folder.title) },
        "dashboard": model,
    })
}

fn save_dashboard(state: &mut GrafanaState, body: &Value) -> Answer {
    if !body.is_object() || unknown_field(body, &["dashboard", "folderUid", "folderId", "overwrite", "message"]).is_some() {
        return Answer::message(400, "bad request data");
    }
    let Some(model) = body.get("dashboard").filter(|model| model.is_object()) else { return Answer::message(400, "bad request data") };
    let Some(title) = text(model, "title").filter(|title| !title.trim().is_empty()) else {
        return Answer::new(400, json!({ "message": "Dashboard title cannot be empty", "status": "empty-name" }));
    };
    if model.get("panels").is_some_and(|panels| !panels.is_array()) || model.get("tags").is_some_and(|tags| !tags.is_array()) {
        return Answer::message(422, "the dashboard does not fit its schema");
    }
    let folder_uid = text(body, "folderUid").unwrap_or_default().to_owned();
    if !folder_uid.is_empty() && !state.folders.contains_key(&folder_uid) {
        return Answer::new(404, json!({ "message": "folder not found", "status": "not-found" }));
    }
    let overwrite = body.get("overwrite").and_then(Value::as_bool).unwrap_or(false);
    let Some(uid) = uid_of(model, state.last_id + 1) else { return Answer::message(400, "uid contains illegal characters") };
    let same_title = state
        .dashboards
        .iter()
        .any(|(other, dashboard)| *other != uid && dashboard.folder_uid == folder_uid && text(&dashboard.model, "title") == Some(title));
    if same_title && !overwrite {
        return Answer::new(
            412,
            json!({ "message": "A dashboard with the same name in the folder already exists", "status": "name-exists" }),
        );
    }
    let (id, version) = match state.dashboards.get(&uid) {
        Some(known) if !overwrite && model.get("version").and_then(Value::as_u64) != Some(known.version) => {
            return Answer::new(412, json!({ "message": "The dashboard has been changed by someone else", "status": "version-mismatch" }));
        }
        Some(known) => (known.id, known.version + 1),
        None => (state.next_id(), 1),
    };
    state.dashboards.insert(uid.clone(), Dashboard { id, folder_uid: folder_uid.clone(), version, model: model.clone() });
    Answer::new(
        200,
        json!({ "id": id, "uid": uid, "url": format!("/d/{uid}"), "status": "success", "version": version, "slug": uid, "folderUid": folder_uid }),
    )
}

fn create_service_account(state: &mut GrafanaState, body: &Value) -> Answer {
    let Some(name) = text(body, "name").filter(|name| !name.is_empty()) else { return Answer::message(400, "name is required") };
    let role = text(body, "role").unwrap_or("Viewer");
    if BasicRole::named(role).is_none() || unknown_field(body, &["name", "role", "isDisabled"]).is_some() {
        return Answer::message(400, "bad request data");
    }
    if state.service_accounts.values().any(|account| account.name == name) {
        return Answer::message(400, "service account already exists");
    }
    let (name, role) = (name.to_owned(), role.to_owned());
    let disabled = body.get("isDisabled").and_then(Value::as_bool).unwrap_or(false);
    let id = state.next_id();
    let answer = Answer::new(201, json!({ "id": id, "name": name, "role": role, "isDisabled": disabled, "orgId": 1, "tokens": 0 }));
    state.service_accounts.insert(id, ServiceAccount { id, name, role, disabled, tokens: std::collections::BTreeMap::new() });
    answer
}

fn create_token(state: &mut GrafanaState, id: &str, body: &Value) -> Answer {
    let Some(account) = id.parse().ok().and_then(|id: u64| state.service_accounts.get_mut(&id)) else {
        return Answer::message(404, "service account not found");
    };
    let Some(name) = text(body, "name").filter(|name| !name.is_empty()) else { return Answer::message(400, "name is required") };
    if account.tokens.contains_key(name) {
        return Answer::message(409, "service account token with given name already exists");
    }
    #[allow(clippy::disallowed_methods, reason = "the stand-in is no part of Steward and has no context; a token must only be new")]
    let key = format!("glsa_{}", uuid::Uuid::new_v4().simple());
    account.tokens.insert(name.to_owned(), key.clone());
    Answer::new(200, json!({ "id": account.id, "name": name, "key": key }))
}
