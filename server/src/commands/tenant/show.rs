//! `steward tenant show`

use super::client::{Client, path_of};
use super::output::{json, say, table, text};
use crate::command_line::Stopped;
use serde_json::Value;

/// Shows one tenant.
pub(super) async fn run(client: &Client, as_json: bool, tenant: &str) -> Result<(), Stopped> {
    let tenant = client.get(&path_of(tenant)).await?.body;
    if as_json {
        json(&tenant);
        return Ok(());
    }
    let mut rows: Vec<Vec<String>> = [
        ("Name", "name"),
        ("Short name", "short_name"),
        ("Id", "tenant_id"),
        ("Status", "status"),
        ("Since", "status_since"),
        ("Stage", "stage"),
        ("Domain", "domain"),
        ("Contact", "contact_email"),
        ("Reseller", "reseller"),
        ("Region", "region"),
        ("Keycloak cell", "cell"),
    ]
    .into_iter()
    .map(|(label, name)| vec![label.to_owned(), text(&tenant, name)])
    .collect();
    if let Some(limits) = tenant.get("limits").filter(|limits| limits.is_object()) {
        for (label, name, unit) in
            [("CPU", "cpu", " cores"), ("Memory", "memory_gib", " GiB"), ("Storage", "storage_gib", " GiB"), ("GPU", "gpu", "")]
        {
            rows.push(vec![label.to_owned(), format!("{}{unit}", text(limits, name))]);
        }
    }
    if let Some(features) = tenant.get("features").and_then(Value::as_object) {
        let on: Vec<&str> = features.iter().filter(|(_, is_on)| **is_on == Value::Bool(true)).map(|(name, _)| name.as_str()).collect();
        rows.push(vec!["Features".to_owned(), if on.is_empty() { "none".to_owned() } else { on.join(", ") }]);
    }
    let without: Vec<&str> = tenant.get("without").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if !without.is_empty() {
        rows.push(vec!["Does without".to_owned(), without.join(", ")]);
    }
    if let Some(attention) = tenant.get("attention").filter(|attention| attention.is_object()) {
        rows.push(vec!["Attention".to_owned(), format!("{}, since {}", text(attention, "text"), text(attention, "since"))]);
    }
    if let Some(run) = tenant.get("last_run").filter(|run| run.is_object()) {
        rows.push(vec!["Last run".to_owned(), format!("{} {}, {}", text(run, "kind"), text(run, "number"), text(run, "state"))]);
    }
    rows.push(vec!["Version".to_owned(), text(&tenant, "version")]);
    say(&table(&["FACT", "VALUE"], &rows));
    Ok(())
}
