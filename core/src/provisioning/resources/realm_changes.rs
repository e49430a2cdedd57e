//! Who changed something in a realm: Keycloak keeps the acts of its administrators, each with the person's id.

use super::ChangedBy;
use crate::platform::{Failure, Keycloak};
use chrono::DateTime;
use serde_json::Value;

/// So many of the last acts are read.
const ACTS: u32 = 20;

/// Whoever made the last change of one of these sorts, if it was not Steward.
pub(super) async fn last_other(keycloak: &Keycloak, realm: &str, sorts: &[&str]) -> Result<Option<ChangedBy>, Failure> {
    let sorts: String = sorts.iter().map(|sort| format!("&resourceTypes={sort}")).collect();
    let acts = keycloak.get(&format!("/{realm}/admin-events?max={ACTS}{sorts}")).await?.success()?;
    let own = keycloak.own_id().await?;
    let whose = |act: &Value| act.pointer("/authDetails/userId").and_then(Value::as_str).map(str::to_owned);
    let last = acts.as_array().into_iter().flatten().find(|act| whose(act) != own);
    let Some((act, user)) = last.and_then(|act| Some((act, whose(act)?))) else { return Ok(None) };
    let at = act.get("time").and_then(Value::as_i64).and_then(DateTime::from_timestamp_millis);
    let same_realm = act.pointer("/authDetails/realmId") == act.get("realmId");
    let name = if same_realm { username(keycloak, realm, &user).await? } else { None };
    // Of another realm's people Steward may see no names.
    let who = name.unwrap_or_else(|| format!("{} {user}", if same_realm { "person" } else { "administrator" }));
    Ok(Some(ChangedBy { who, at }))
}

async fn username(keycloak: &Keycloak, realm: &str, user: &str) -> Result<Option<String>, Failure> {
    let found = keycloak.get(&format!("/{realm}/users/{user}")).await?.found()?;
    Ok(found.and_then(|user| user.get("username").and_then(Value::as_str).map(str::to_owned)))
}
