//! The kinds of resources: how each is observed, applied and removed. One file per kind.
//!
//! A resource never decides when it runs, never writes to the database and never touches what does not carry the tenant's
//! mark. Order and what runs side by side come from [`ResourceKind::after`] alone.

mod administrator;
mod certificate;
mod custom_domain;
mod dashboard;
mod datasource;
mod dns_record;
mod domain;
mod evidence;
mod field_owners;
mod folder;
mod ingress;
mod kubernetes_object;
mod limit_range;
mod loki_datasource;
mod namespace;
mod network_policy;
mod policy;
mod prometheus_datasource;
mod realm;
mod realm_changes;
mod resource_quota;
mod second_factor;
mod secrets;
mod tls_secret;
mod transit_key;
mod validation;

use super::wanted::{Site, Wanted};
use crate::platform::{Failure, Instance, Platform};
use async_trait::async_trait;
pub(super) use certificate::RENEWAL;
use chrono::{DateTime, Utc};
pub(super) use custom_domain::{Found, challenge_name, challenge_text, look_for};
use datasource::Datasource;
pub use domain::Domain;
pub use evidence::{CertificateSeen, Evidence, HandshakeSeen, Looked, RecordSeen};
use kubernetes_object::InNamespace;
pub(super) use kubernetes_object::MARK as KUBERNETES_MARK;
use std::time::Duration;
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;

/// What was found in the place of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Nothing.
    Absent,
    /// It carries the tenant's mark.
    Ours {
        /// The fields that are not as wanted; none if it is as wanted.
        differences: Vec<Difference>,
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
    pub fn is_as_wanted(&self) -> bool {
        matches!(self, Observation::Ours { differences, .. } if differences.is_empty())
    }
}

/// Who changed something, as its system knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedBy {
    /// A name, or whatever the system calls them by: "kubectl-edit".
    pub who: String,
    /// When, if the system knows.
    pub at: Option<DateTime<Utc>>,
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

    /// Whether it is something in its system. What is none is only looked at: applying it waits until what it comes after works,
    /// removing it does nothing, and it is gone when that is.
    fn makes_something(&self) -> bool {
        true
    }

    /// Looks; changes nothing.
    ///
    /// # Errors
    /// When no answer came or looking was refused.
    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure>;

    /// Looks, and says what is worth keeping of what it saw; changes nothing.
    async fn look(&self, site: &Site, wanted: &Wanted) -> Looked {
        self.observe(site, wanted).await.into()
    }

    /// Who changed it last so that it differs, if its system knows. Asked only about what is not as wanted; changes nothing.
    ///
    /// # Errors
    /// When no answer came or looking was refused.
    async fn changed_by(&self, _: &Site, _: &Wanted, _: &[Difference]) -> Result<Option<ChangedBy>, Failure> {
        Ok(None)
    }

    /// Makes it, completes it or brings it to what is wanted. Safe to repeat: what is as wanted is not written once more, which would
    /// still count as a change in its system (a version, an act of an administrator), and what is foreign is refused. Everybody comes
    /// through here; what a kind does itself is [`Resource::bring_about`].
    ///
    /// # Errors
    /// When the system failed or refused, or the resource is foreign. What was done by then is unknown: observe.
    async fn apply(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        match seen {
            Observation::Foreign { what } => Err(Failure::foreign(self.kind().system(), what)),
            seen if seen.is_as_wanted() => Ok(()),
            seen => self.bring_about(site, wanted, seen).await,
        }
    }

    /// What [`Resource::apply`] does where something is left to do. What was seen is not foreign; what is there by now may be another
    /// thing than what was seen.
    ///
    /// # Errors
    /// As [`Resource::apply`].
    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure>;

    /// Removes it if it carries the tenant's mark. Safe to repeat: where nothing is, nothing is written. Some systems remove in the
    /// background: observe.
    ///
    /// # Errors
    /// When the system failed or refused, or the resource is foreign.
    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure>;
}

/// What a site's resources are served by: the real systems, unless a test or the bench says otherwise.
#[async_trait]
pub trait Systems: Send + Sync + std::fmt::Debug {
    /// The resource of a kind.
    fn resource(&self, kind: ResourceKind) -> &dyn Resource;

    /// Whether a system, or the cell that is meant, can be reached and says that it is ready.
    ///
    /// # Errors
    /// When it cannot, or says that it is not.
    async fn reach(&self, platform: &Platform, at: &Instance) -> Result<(), Failure>;
}

/// The real systems, by the clients of the platform.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealSystems;

#[async_trait]
impl Systems for RealSystems {
    fn resource(&self, kind: ResourceKind) -> &dyn Resource {
        resource(kind)
    }

    async fn reach(&self, platform: &Platform, at: &Instance) -> Result<(), Failure> {
        platform.reach_instance(at).await
    }
}

/// The resource of a kind on the real systems: total, so that a new kind cannot be forgotten.
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
        ResourceKind::DnsRecord => &dns_record::DnsRecord,
        ResourceKind::Certificate => &certificate::DomainCertificate(Domain::Default),
        ResourceKind::TlsSecret => &tls_secret::TlsSecret(Domain::Default),
        ResourceKind::Ingress => &InNamespace(ingress::TenantIngress),
        ResourceKind::Validation => &validation::Validation(Domain::Default),
        ResourceKind::CustomDomain => &custom_domain::CustomDomain,
        ResourceKind::CustomCertificate => &certificate::DomainCertificate(Domain::Custom),
        ResourceKind::CustomTlsSecret => &tls_secret::TlsSecret(Domain::Custom),
        ResourceKind::CustomIngress => &InNamespace(ingress::CustomIngress),
        ResourceKind::CustomValidation => &validation::Validation(Domain::Custom),
    }
}

/// The name of a tenant's quota in its namespace.
pub(super) const fn quota_name() -> &'static str {
    kubernetes_object::NAME
}

/// Where `seen` is not as `wanted`, field by field. Systems add fields and defaults of their own: what is not wanted does not count.
/// Lists must be equal in length.
fn differences(seen: &serde_json::Value, wanted: &serde_json::Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(seen), wanted, &mut found);
    found
}

fn compare(path: &str, seen: Option<&serde_json::Value>, wanted: &serde_json::Value, found: &mut Vec<Difference>) {
    use serde_json::Value;
    let below = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    match (seen, wanted) {
        (Some(Value::Object(seen)), Value::Object(wanted)) => {
            for (field, value) in wanted {
                compare(&below(field), seen.get(field), value, found);
            }
        }
        (Some(Value::Array(seen)), Value::Array(wanted)) if seen.len() == wanted.len() => {
            for (place, (seen, wanted)) in seen.iter().zip(wanted).enumerate() {
                compare(&below(&place.to_string()), Some(seen), wanted, found);
            }
        }
        (Some(seen), wanted) if seen == wanted => {}
        // An empty list or object and an absent one are the same to Kubernetes.
        (None, Value::Null) => {}
        (None, Value::Array(wanted)) if wanted.is_empty() => {}
        (None, Value::Object(wanted)) if wanted.is_empty() => {}
        (seen, wanted) => found.push(Difference::new(path, seen.map_or_else(|| "nothing".to_owned(), shown), shown(wanted))),
    }
}

/// Most characters of a value in a difference.
const SHOWN_MAX: usize = 200;

/// A value as people read it.
fn shown(value: &serde_json::Value) -> String {
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
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
        assert_eq!(differences(&json!({"a": {"b": 1, "c": 2}, "l": [1]}), &json!({"a": {"b": 1}, "l": [1], "none": []})), []);
    }

    #[test]
    fn a_difference_names_its_field_and_both_values() {
        let seen = json!({"a": {"b": 1}, "l": [{"x": "one"}], "m": [1, 2]});
        let found = differences(&seen, &json!({"a": {"b": 2, "c": true}, "l": [{"x": "two"}], "m": [1]}));
        let wanted = [("a.b", "1", "2"), ("a.c", "nothing", "true"), ("l.0.x", "one", "two"), ("m", "[1,2]", "[1]")];
        assert_eq!(found, wanted.map(|(field, seen, wanted)| Difference::new(field, seen, wanted)));
    }
}
