//! Loki datasource of the tenant. Loki itself keeps it to the tenant's logs: each query carries the namespace as Loki's tenant id, in a
//! header that who queries can neither see nor change. That takes a Loki with `auth_enabled: true` whose agents write each namespace's
//! logs under its name (Loki's manual, "Manage tenant isolation").

use super::datasource::Source;
use crate::provisioning::wanted::{Site, Wanted};
use serde_json::{Map, Value, json};
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
        json!({
            "maxLines": 1000,
            "predefinedOperations": format!("| namespace = `{}`", wanted.names().namespace),
            "httpHeaderName1": "X-Scope-OrgID",
        })
    }

    fn secure_options(wanted: &Wanted) -> Map<String, Value> {
        Map::from_iter([("httpHeaderValue1".to_owned(), json!(wanted.names().namespace))])
    }
}
