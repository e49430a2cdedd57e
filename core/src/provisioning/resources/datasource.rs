//! The datasources: the same but for what they lead to. The mark lies in `jsonData`.

use super::{Observation, Resource, differences, folder};
use crate::platform::{Failure, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use serde_json::{Value, json};
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// What a datasource leads to.
pub(super) trait Source: Send + Sync {
    /// As Steward knows it.
    const KIND: ResourceKind;
    /// Grafana's type; also the end of the datasource's name.
    const TYPE: &str;

    /// What exactly is wanted, for the plan.
    fn exactly(wanted: &Wanted) -> String;

    /// Where the data is.
    fn url(site: &Site) -> &str;

    /// What this type takes in `jsonData`: how it is kept to the tenant's namespace.
    fn options(wanted: &Wanted) -> Value;

    /// What this type takes in `secureJsonData`. Grafana never shows it again, only that it is there.
    fn secure_options(_: &Wanted) -> serde_json::Map<String, Value> {
        serde_json::Map::new()
    }
}

/// The uid of a tenant's datasource, to which dashboards refer.
pub(super) fn uid<S: Source>(wanted: &Wanted) -> String {
    folder::uid(wanted, S::TYPE)
}

fn name<S: Source>(wanted: &Wanted) -> String {
    format!("{}-{}", wanted.names().namespace, S::TYPE)
}

fn path<S: Source>(wanted: &Wanted) -> String {
    format!("/api/datasources/uid/{}", uid::<S>(wanted))
}

/// The field of `jsonData` that carries the tenant's id: the mark.
const MARK: &str = "stewardTenantId";

/// The datasource as Grafana shows it.
fn model<S: Source>(site: &Site, wanted: &Wanted) -> Value {
    let mut options = S::options(wanted);
    if let Some(fields) = options.as_object_mut() {
        fields.insert(MARK.to_owned(), json!(wanted.mark()));
    }
    json!({
        "uid": uid::<S>(wanted),
        "name": name::<S>(wanted),
        "type": S::TYPE,
        "access": "proxy",
        "url": S::url(site),
        "isDefault": false,
        "jsonData": options,
        "secureJsonFields": S::secure_options(wanted).keys().map(|name| (name.clone(), json!(true))).collect::<serde_json::Map<_, _>>(),
    })
}

fn is_marked(found: &Value, wanted: &Wanted) -> bool {
    found.pointer("/jsonData/stewardTenantId").and_then(Value::as_str) == Some(&wanted.mark())
}

fn without_mark<S: Source>(wanted: &Wanted) -> String {
    format!("datasource {} without this tenant's mark", name::<S>(wanted))
}

/// The resource.
pub(super) struct Datasource<S>(pub S);

#[async_trait]
impl<S: Source> Resource for Datasource<S> {
    fn kind(&self) -> ResourceKind {
        S::KIND
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        name::<S>(wanted)
    }

    fn exactly(&self, _: &Site, wanted: &Wanted) -> String {
        S::exactly(wanted)
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    /// Looks by uid, and by name: names are unique in Grafana too.
    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let grafana = &site.platform.grafana;
        let found = match grafana.get(&path::<S>(wanted), &[]).await?.found()? {
            Some(found) => Some(found),
            None => grafana.get(&format!("/api/datasources/name/{}", name::<S>(wanted)), &[]).await?.found()?,
        };
        Ok(match found {
            None => Observation::Absent,
            Some(found) if is_marked(&found, wanted) => {
                Observation::Ours { differences: differences(&found, &model::<S>(site, wanted)), detail: S::exactly(wanted) }
            }
            Some(_) => Observation::Foreign { what: without_mark::<S>(wanted) },
        })
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        let grafana = &site.platform.grafana;
        let mut model = model::<S>(site, wanted);
        if let Some(fields) = model.as_object_mut() {
            fields.remove("secureJsonFields");
            fields.insert("secureJsonData".to_owned(), S::secure_options(wanted).into());
        }
        if *seen != Observation::Absent {
            return grafana.put(&path::<S>(wanted), &model).await?.success().map(|_| ());
        }
        let reply = grafana.post("/api/datasources", &model).await?;
        if reply.status == 409 {
            return Err(Failure::new(System::Grafana, Trouble::Busy, reply.log())
                .saying(format!("A datasource {} appeared meanwhile.", name::<S>(wanted))));
        }
        reply.success().map(|_| ())
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let grafana = &site.platform.grafana;
        match grafana.get(&path::<S>(wanted), &[]).await?.found()? {
            None => Ok(()),
            Some(found) if is_marked(&found, wanted) => grafana.delete(&path::<S>(wanted)).await?.gone(),
            Some(_) => Err(Failure::foreign(System::Grafana, &without_mark::<S>(wanted))),
        }
    }
}
