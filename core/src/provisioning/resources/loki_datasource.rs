//! Loki datasource of the tenant, filtered to its namespace.

use super::datasource::Source;
use crate::provisioning::wanted::{Site, Wanted};
use serde_json::{Value, json};
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct Loki;

impl Source for Loki {
    const KIND: ResourceKind = ResourceKind::LokiDatasource;
    const TYPE: &str = "loki";

    fn exactly(wanted: &Wanted) -> String {
        format!("logs of namespace {}", wanted.names().namespace)
    }

    fn url(site: &Site) -> &str {
        &site.settings.loki_url
    }

    fn options(wanted: &Wanted) -> Value {
        json!({ "maxLines": 1000, "predefinedOperations": format!("| namespace = `{}`", wanted.names().namespace) })
    }
}
