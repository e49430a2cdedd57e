//! Prometheus datasource of the tenant.

use super::{Observation, Resource, datasource, folder, refuse_foreign};
use crate::platform::Failure;
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use serde_json::{Value, json};
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct PrometheusDatasource;

/// The uid, to which dashboards refer.
pub(super) fn uid(wanted: &Wanted) -> String {
    folder::uid(wanted, "prometheus")
}

fn model(site: &Site, wanted: &Wanted) -> Value {
    json!({
        "uid": uid(wanted),
        "name": format!("{}-prometheus", wanted.names().namespace),
        "type": "prometheus",
        "access": "proxy",
        "url": site.settings.prometheus_url,
        "isDefault": false,
        "jsonData": {
            datasource::MARK: wanted.mark(),
            "httpMethod": "GET",
            // For a proxy that enforces labels; Prometheus itself ignores it.
            "customQueryParameters": format!("namespace={}", wanted.names().namespace),
        },
    })
}

#[async_trait]
impl Resource for PrometheusDatasource {
    fn kind(&self) -> ResourceKind {
        ResourceKind::PrometheusDatasource
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        format!("{}-prometheus", wanted.names().namespace)
    }

    fn exactly(&self, _: &Site, wanted: &Wanted) -> String {
        format!("metrics of namespace {}", wanted.names().namespace)
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
