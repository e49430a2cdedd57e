//! What people see who follow a link into Grafana: the objects themselves, as the stand-in keeps them. Secrets are not among them:
//! the state keeps only the names of secure fields.

use crate::grafana::{dashboard_json, datasource_json, folder_json};
use crate::state::GrafanaState;
use serde_json::Value;

/// The page at a path that people's links lead to, if it is one. `None` below a known path means that there is no such object.
pub fn page(state: &GrafanaState, path: &str, query: &[(String, String)]) -> Option<Option<String>> {
    let wanted = query.iter().find(|(name, _)| name == "query").map(|(_, value)| value.as_str()).unwrap_or_default();
    let named = |object: &Value, field: &str| object.get(field).and_then(Value::as_str).is_some_and(|name| name.contains(wanted));
    let found: Vec<Value> = match path {
        "/dashboards" => state.folders.values().map(folder_json).filter(|folder| named(folder, "title")).collect(),
        "/connections/datasources" => state.datasources.values().map(datasource_json).filter(|source| named(source, "name")).collect(),
        _ => {
            let uid = path.strip_prefix("/d/")?;
            state.dashboards.get(uid).map(|dashboard| dashboard_json(state, uid, dashboard)).into_iter().collect()
        }
    };
    Some((!found.is_empty()).then(|| document(path, &found)))
}

fn document(path: &str, objects: &[Value]) -> String {
    let objects: String = objects.iter().map(|object| format!("<pre>{}</pre>", escaped(&format!("{object:#}")))).collect();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Grafana's stand-in</title></head>\
         <body><h1>Grafana's stand-in: {}</h1>{objects}</body></html>",
        escaped(path)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Folder;

    #[test]
    fn a_folder_is_found_by_a_piece_of_its_title_and_nothing_else_is() {
        let mut state = GrafanaState::default();
        let folder =
            Folder { id: 1, uid: "u".into(), title: "tenant-<acme>".into(), parent_uid: None, version: 1, permissions: Vec::new() };
        state.folders.insert("u".into(), folder);
        let look = |path, wanted: &str| page(&state, path, &[("query".into(), wanted.into())]);
        assert!(look("/dashboards", "tenant-").is_some_and(|found| found.is_some_and(|html| html.contains("tenant-&lt;acme&gt;"))));
        assert_eq!(look("/dashboards", "other"), Some(None));
        assert_eq!(look("/d/none", ""), Some(None));
        assert_eq!(look("/api/folders", ""), None);
    }
}
