//! Grafana folder `tenant-<name>`. A folder has no place for a mark, so its uid is one: derived from the tenant's id, which nobody
//! outside guesses.
//!
//! Grafana shows a new folder to everybody who may view anything. Tenants' people are viewers, so that role loses sight of it: what a
//! tenant sees there is given to it by name, and whatever was given so is kept.

use super::{Observation, Resource};
use crate::platform::{Failure, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// The kind.
pub(super) struct Folder;

/// A uid of at most 40 characters for one of the tenant's objects.
pub(super) fn uid(wanted: &Wanted, object: &str) -> String {
    let hash = Sha256::digest(format!("steward {object} {}", wanted.tenant_id));
    let mut uid = hex::encode(hash);
    uid.truncate(32);
    format!("st-{uid}")
}

/// The uid of the tenant's folder.
pub(super) fn folder_uid(wanted: &Wanted) -> String {
    uid(wanted, "folder")
}

fn permissions_path(wanted: &Wanted) -> String {
    format!("/api/folders/{}/permissions", folder_uid(wanted))
}

fn items(permissions: &Value) -> &[Value] {
    permissions.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_for_viewers(item: &Value) -> bool {
    item.get("role").and_then(Value::as_str) == Some("Viewer")
}

/// A permission in the form in which it is given: to one of role, team and person.
fn as_given(item: &Value) -> Value {
    let to = ["role", "teamId", "userId"].into_iter().find_map(|field| {
        let to = item.get(field)?;
        (to.as_str().is_some_and(|role| !role.is_empty()) || to.as_i64().is_some_and(|id| id > 0)).then(|| (field.to_owned(), to.clone()))
    });
    to.into_iter().chain([("permission".to_owned(), item.get("permission").cloned().unwrap_or_default())]).collect()
}

#[async_trait]
impl Resource for Folder {
    fn kind(&self) -> ResourceKind {
        ResourceKind::Folder
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.names().namespace
    }

    fn exactly(&self, _: &Site, _: &Wanted) -> String {
        "hidden from Grafana's viewers, among them other tenants".to_owned()
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let grafana = &site.platform.grafana;
        let title = wanted.names().namespace;
        if let Some(found) = grafana.get(&format!("/api/folders/{}", folder_uid(wanted)), &[]).await?.found()? {
            let shown = grafana.get(&permissions_path(wanted), &[]).await?.success()?;
            let seen_title = found.get("title").and_then(Value::as_str).unwrap_or_default();
            let hidden = !items(&shown).iter().any(is_for_viewers);
            let differences = [
                Difference::unless(seen_title == title, "title", seen_title, &title),
                Difference::unless(hidden, "permissions", "shown to viewers", "hidden from viewers"),
            ];
            return Ok(Observation::Ours { differences: differences.into_iter().flatten().collect(), detail: self.exactly(site, wanted) });
        }
        let hits = grafana.get("/api/search", &[("type", "dash-folder"), ("query", &title)]).await?.success()?;
        let taken = hits.as_array().is_some_and(|hits| hits.iter().any(|hit| hit.get("title").and_then(Value::as_str) == Some(&title)));
        Ok(if taken { Observation::Foreign { what: format!("a folder {title} that Steward did not make") } } else { Observation::Absent })
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        let grafana = &site.platform.grafana;
        let title = wanted.names().namespace;
        if *seen == Observation::Absent {
            let reply = grafana.post("/api/folders", &json!({ "uid": folder_uid(wanted), "title": title })).await?;
            if matches!(reply.status, 409 | 412) {
                return Err(
                    Failure::new(System::Grafana, Trouble::Busy, reply.log()).saying(format!("A folder {title} appeared meanwhile."))
                );
            }
            reply.success()?;
        } else {
            grafana.put(&format!("/api/folders/{}", folder_uid(wanted)), &json!({ "title": title, "overwrite": true })).await?.success()?;
        }
        let shown = grafana.get(&permissions_path(wanted), &[]).await?.success()?;
        let kept: Vec<Value> = items(&shown).iter().filter(|item| !is_for_viewers(item)).map(as_given).collect();
        grafana.post(&permissions_path(wanted), &json!({ "items": kept })).await?.success().map(|_| ())
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        // Only a folder with the tenant's own uid is ever touched.
        let (grafana, path) = (&site.platform.grafana, format!("/api/folders/{}", folder_uid(wanted)));
        match grafana.get(&path, &[]).await?.found()? {
            None => Ok(()),
            Some(_) => grafana.delete(&path).await?.gone(),
        }
    }
}
