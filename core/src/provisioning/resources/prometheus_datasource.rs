//! Prometheus datasource of the tenant.

use super::datasource::Source;
use crate::provisioning::wanted::{Site, Wanted};
use serde_json::{Value, json};
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct Prometheus;

impl Source for Prometheus {
    const KIND: ResourceKind = ResourceKind::PrometheusDatasource;
    const TYPE: &str = "prometheus";

    fn exactly(wanted: &Wanted) -> String {
        format!("metrics of namespace {}", wanted.names().namespace)
    }

    fn url(site: &Site) -> &str {
        &site.settings.prometheus_url
    }

    fn options(wanted: &Wanted) -> Value {
        // The parameters are for a proxy that enforces labels; Prometheus itself ignores them.
        json!({ "httpMethod": "GET", "customQueryParameters": format!("namespace={}", wanted.names().namespace) })
    }
}
