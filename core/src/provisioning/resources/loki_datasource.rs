//! Loki datasource of the tenant, filtered to its namespace.

use super::{Observation, Resource, datasource, folder, refuse_foreign};
use crate::platform::Failure;
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use serde_json::{Value, json};
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct LokiDatasource;

/// The uid, to which dashboards refer.
pub(super) fn uid(wanted: &Wanted) -> String {
    folder::uid(wanted, "loki")
}

fn model(site: &Site, wanted: &Wanted) -> Value {
    json!({
        "uid": uid(wanted),
        "name": format!("{}-loki", wanted.names().namespace),
        "type": "loki",
        "access": "proxy",
        "url": site.settings.loki_url,
        "isDefault": false,
        "jsonData": {
            datasource::MARK: wanted.mark(),
            "maxLines": 1000,
            "predefinedOperations": format!("| namespace = `{}`", wanted.names().namespace),
        },
    })
}

#[async_trait]
impl Resource for LokiDatasource {
    fn kind(&self) -> ResourceKind {
        ResourceKind::LokiDatasource
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        format!("{}-loki", wanted.names().namespace)
    }

    fn exactly(&self, _: &Site, wanted: &Wanted) -> String {
        format!("logs of namespace {}", wanted.names().namespace)
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        datasource::observe(&site.platform.grafana, &model(site, wanted), wanted, self.exactly(site, wanted)).await
    }

    async fn apply(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        refuse_foreign(self.kind(), seen)?;
        datasource::apply(&site.platform.grafana, &model(site, wanted), seen).await
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        datasource::remove(&site.platform.grafana, &model(site, wanted), wanted).await
    }
}
