//! Dashboard `tenant-<name>`, rendered from `templates/tenant_dashboard.json`. The mark is a tag.

use super::loki_datasource::Loki;
use super::prometheus_datasource::Prometheus;
use super::{Observation, Resource, datasource, differences, folder};
use crate::platform::{Failure, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use askama::Template;
use async_trait::async_trait;
use serde_json::{Value, json};
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// The kind.
pub(super) struct Dashboard;

/// Every value is text within JSON quotes; `json` escapes it.
#[derive(Template)]
#[template(path = "tenant_dashboard.json", escape = "none")]
struct Text {
    uid: String,
    title: String,
    mark: String,
    namespace: String,
    prometheus: String,
    loki: String,
    limits: steward_domain::limits::Limits,
}

fn mark(wanted: &Wanted) -> String {
    format!("steward-tenant-id:{}", wanted.mark())
}

/// A text without what would end or break a JSON string.
fn json_text(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

fn model(wanted: &Wanted) -> Result<Value, Failure> {
    let unusable = |error: &dyn std::fmt::Display| Failure::new(System::Grafana, Trouble::Refused, format!("dashboard template: {error}"));
    let names = wanted.names();
    let text = Text {
        uid: names.namespace.clone(),
        title: json_text(&format!("{} ({})", wanted.organisation, names.namespace)),
        mark: mark(wanted),
        namespace: names.namespace,
        prometheus: datasource::uid::<Prometheus>(wanted),
        loki: datasource::uid::<Loki>(wanted),
        limits: wanted.settings.limits,
    };
    serde_json::from_str(&text.render().map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))
}

fn is_marked(dashboard: &Value, wanted: &Wanted) -> bool {
    let mark = mark(wanted);
    dashboard.get("tags").and_then(Value::as_array).is_some_and(|tags| tags.iter().any(|tag| tag.as_str() == Some(&mark)))
}

#[async_trait]
impl Resource for Dashboard {
    fn kind(&self) -> ResourceKind {
        ResourceKind::Dashboard
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.names().namespace
    }

    fn exactly(&self, _: &Site, _: &Wanted) -> String {
        "usage against limits, requests, errors, logs".to_owned()
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let uid = wanted.names().namespace;
        let Some(found) = site.platform.grafana.get(&format!("/api/dashboards/uid/{uid}"), &[]).await?.found()? else {
            return Ok(Observation::Absent);
        };
        let dashboard = found.get("dashboard").cloned().unwrap_or_default();
        if !is_marked(&dashboard, wanted) {
            return Ok(Observation::Foreign { what: format!("dashboard {uid} without this tenant's mark") });
        }
        let in_folder = found.pointer("/meta/folderUid").and_then(Value::as_str) == Some(&folder::folder_uid(wanted));
        let mut differences = differences(&dashboard, &model(wanted)?);
        differences.extend(Difference::unless(in_folder, "folder", "another one", &uid));
        Ok(Observation::Ours { differences, detail: self.exactly(site, wanted) })
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        // Overwriting is asked for only over what was seen to be ours.
        let body = json!({
            "dashboard": model(wanted)?,
            "folderUid": folder::folder_uid(wanted),
            "overwrite": *seen != Observation::Absent,
            "message": "Steward",
        });
        let reply = site.platform.grafana.post("/api/dashboards/db", &body).await?;
        if reply.status == 412 {
            return Err(Failure::new(System::Grafana, Trouble::Busy, reply.log()).saying("A dashboard of that name appeared meanwhile."));
        }
        reply.success().map(|_| ())
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        match self.observe(site, wanted).await? {
            Observation::Absent => Ok(()),
            Observation::Foreign { what } => Err(Failure::foreign(System::Grafana, &what)),
            Observation::Ours { .. } | Observation::Partial { .. } => {
                site.platform.grafana.delete(&format!("/api/dashboards/uid/{}", wanted.names().namespace)).await?.gone()
            }
        }
    }
}
