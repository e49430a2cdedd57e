//! Namespace `tenant-<name>`. Everything of the tenant that runs, runs in it.

use super::{ChangedBy, Observation, Resource, kubernetes_object};
use crate::platform::Failure;
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use steward_domain::difference::Difference;
use steward_domain::features::Feature;
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct TenantNamespace;

fn object(wanted: &Wanted) -> Namespace {
    let mut labels = kubernetes_object::labels(wanted);
    // Kubernetes itself then refuses containers that could take over their node.
    labels.insert("pod-security.kubernetes.io/enforce".to_owned(), "restricted".to_owned());
    // What runs in the namespace reads there which modules are on.
    for feature in Feature::ALL {
        labels.insert(format!("steward.inosec.com/{}", feature.as_str()), wanted.settings.features.has(feature).to_string());
    }
    labels.insert("steward.inosec.com/region".to_owned(), wanted.settings.region.as_str().to_owned());
    Namespace {
        metadata: ObjectMeta { name: Some(wanted.names().namespace), labels: Some(labels), ..ObjectMeta::default() },
        ..Namespace::default()
    }
}

#[async_trait]
impl Resource for TenantNamespace {
    fn kind(&self) -> ResourceKind {
        ResourceKind::Namespace
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.names().namespace
    }

    fn exactly(&self, _: &Site, wanted: &Wanted) -> String {
        format!("pod security restricted, region {}, features {}", wanted.settings.region.label(), wanted.settings.features.sentence())
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let kubernetes = &site.platform.kubernetes;
        kubernetes_object::observe(kubernetes, &kubernetes.cluster(), &object(wanted), wanted, self.exactly(site, wanted)).await
    }

    async fn changed_by(&self, site: &Site, wanted: &Wanted, differences: &[Difference]) -> Result<Option<ChangedBy>, Failure> {
        let kubernetes = &site.platform.kubernetes;
        let name = wanted.names().namespace;
        kubernetes_object::changed_by::<Namespace>(kubernetes, &kubernetes.cluster(), &name, differences).await
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        let kubernetes = &site.platform.kubernetes;
        kubernetes_object::apply(kubernetes, &kubernetes.cluster(), &object(wanted), wanted, seen).await
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let kubernetes = &site.platform.kubernetes;
        kubernetes_object::remove::<Namespace>(kubernetes, &kubernetes.cluster(), &wanted.names().namespace, wanted).await
    }
}
