//! The kinds of resources: how each is observed, applied and removed. One file per kind.
//!
//! A resource never decides when it runs, never writes to the database and never touches what does not carry the tenant's
//! mark. Order and what runs side by side come from [`ResourceKind::after`] alone.

mod administrator;
mod dashboard;
mod datasource;
mod folder;
mod kubernetes_object;
mod limit_range;
mod loki_datasource;
mod namespace;
mod network_policy;
mod policy;
mod prometheus_datasource;
mod realm;
mod resource_quota;
mod second_factor;
mod secrets;
mod transit_key;

use super::wanted::{Site, Wanted};
use crate::platform::Failure;
use async_trait::async_trait;
use datasource::Datasource;
use kubernetes_object::InNamespace;
use std::time::Duration;
use steward_domain::resource::ResourceKind;

/// What was found in the place of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Nothing.
    Absent,
    /// It carries the tenant's mark.
    Ours {
        /// Whether it is as wanted.
        as_wanted: bool,
        /// What was seen, in words: "4 roles, brute-force protection on".
        detail: String,
    },
    /// It is ours, and a part of it is missing: an earlier attempt did not come to its end.
    Partial {
        /// What is missing, in words.
        missing: String,
    },
    /// Something of that name is there without the tenant's mark. It is left alone.
    Foreign {
        /// What was found, in words: "namespace tenant-acme without Steward's mark".
        what: String,
    },
}

impl Observation {
    /// Whether nothing is left to do.
    #[must_use]
    pub const fn is_as_wanted(&self) -> bool {
        matches!(self, Observation::Ours { as_wanted: true, .. })
    }
}

/// A kind of resource.
#[async_trait]
pub trait Resource: Send + Sync {
    /// Which kind.
    fn kind(&self) -> ResourceKind;

    /// Its name in its system: `tenant-acme`, `secret/data/tenants/acme`.
    fn name(&self, site: &Site, wanted: &Wanted) -> String;

    /// What exactly is wanted, for the plan: "4 cores, 8 GiB memory, 200 GiB storage, no GPU".
    fn exactly(&self, site: &Site, wanted: &Wanted) -> String;

    /// Whether making it fails, and changes nothing, if something of that name is there. If so, the engine may skip the look
    /// before it when the plan saw nothing there a moment ago.
    fn creation_detects_existing(&self) -> bool {
        false
    }

    /// For how long what an attempt asked for may still come about after its worker gave up or was lost, when doing it once more would
    /// do it twice. Until then the engine only looks.
    fn effect_outlives_call(&self) -> Duration {
        Duration::ZERO
    }

    /// Looks; changes nothing.
    ///
    /// # Errors
    /// When no answer came or looking was refused.
    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure>;

    /// Makes it, completes it or brings it to what is wanted. Safe to repeat.
    ///
    /// # Errors
    /// When the system failed or refused. What was done by then is unknown: observe.
    async fn apply(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure>;

    /// Removes it if it carries the tenant's mark. Safe to repeat. Some systems remove in the background: observe.
    ///
    /// # Errors
    /// When the system failed or refused, or the resource is foreign.
    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure>;
}

/// The resource of a kind: total, so that a new kind cannot be forgotten.
#[must_use]
pub fn resource(kind: ResourceKind) -> &'static dyn Resource {
    match kind {
        ResourceKind::Namespace => &namespace::TenantNamespace,
        ResourceKind::ResourceQuota => &InNamespace(resource_quota::TenantQuota),
        ResourceKind::LimitRange => &InNamespace(limit_range::TenantLimitRange),
        ResourceKind::NetworkPolicy => &InNamespace(network_policy::TenantNetworkPolicy),
        ResourceKind::Realm => &realm::Realm,
        ResourceKind::SecondFactor => &second_factor::SecondFactor,
        ResourceKind::Administrator => &administrator::Administrator,
        ResourceKind::Secrets => &secrets::Secrets,
        ResourceKind::Policy => &policy::TenantPolicy,
        ResourceKind::TransitKey => &transit_key::TransitKey,
        ResourceKind::Folder => &folder::Folder,
        ResourceKind::PrometheusDatasource => &Datasource(prometheus_datasource::Prometheus),
        ResourceKind::LokiDatasource => &Datasource(loki_datasource::Loki),
        ResourceKind::Dashboard => &dashboard::Dashboard,
    }
}

/// Refuses to go on over something foreign.
fn refuse_foreign(kind: ResourceKind, seen: &Observation) -> Result<(), Failure> {
    match seen {
        Observation::Foreign { what } => Err(Failure::foreign(kind.system(), what)),
        _ => Ok(()),
    }
}

/// Whether every value of `wanted` is in `seen`: systems add fields and defaults of their own. Lists must be equal in length.
fn contains(seen: &serde_json::Value, wanted: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (seen, wanted) {
        (Value::Object(seen), Value::Object(wanted)) => wanted.iter().all(|(field, value)| match seen.get(field) {
            Some(found) => contains(found, value),
            // An empty list or object and an absent one are the same to Kubernetes.
            None => {
                value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(serde_json::Map::is_empty)
            }
        }),
        (Value::Array(seen), Value::Array(wanted)) => {
            seen.len() == wanted.len() && seen.iter().zip(wanted).all(|(seen, wanted)| contains(seen, wanted))
        }
        (seen, wanted) => seen == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_is_served_by_its_own_resource() {
        for kind in ResourceKind::ALL {
            assert_eq!(resource(kind).kind(), kind);
        }
    }

    #[test]
    fn what_a_system_adds_does_not_count_as_a_difference() {
        assert!(contains(&json!({"a": {"b": 1, "c": 2}, "l": [1]}), &json!({"a": {"b": 1}, "l": [1], "none": []})));
        assert!(!contains(&json!({"a": 1}), &json!({"a": 2})));
        assert!(!contains(&json!({"l": [1, 2]}), &json!({"l": [1]})));
    }
}
