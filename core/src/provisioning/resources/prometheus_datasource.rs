//! Prometheus datasource of the tenant. Prometheus knows no tenants: each query carries the namespace as a parameter that who queries can
//! neither see nor change, and a proxy before Prometheus that enforces it (prom-label-proxy with `-label namespace`) keeps tenants
//! apart. Without the proxy, whoever may query the datasource sees every tenant's metrics; the plan does not claim otherwise.

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
        format!("metrics; tells the proxy before Prometheus to keep to namespace {}", wanted.names().namespace)
    }

    fn url(site: &Site) -> &str {
        &site.settings.prometheus_url
    }

    fn options(wanted: &Wanted) -> Value {
        json!({ "httpMethod": "GET", "customQueryParameters": format!("namespace={}", wanted.names().namespace) })
    }
}
