//! ResourceQuota of the namespace: the tenant's limits, enforced by Kubernetes itself.

use super::{Observation, Resource, kubernetes_object, refuse_foreign};
use crate::platform::Failure;
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use k8s_openapi::api::core::v1::{ResourceQuota, ResourceQuotaSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use steward_domain::resource::ResourceKind;

/// The name of the object: there is one per namespace.
const NAME: &str = "tenant";

/// The kind.
pub(super) struct TenantQuota;

fn object(wanted: &Wanted) -> ResourceQuota {
    let limits = &wanted.settings.limits;
    let hard = BTreeMap::from([
        ("requests.cpu".to_owned(), Quantity(limits.cpu.to_string())),
        ("requests.memory".to_owned(), Quantity(format!("{}Gi", limits.memory_gib))),
        ("requests.storage".to_owned(), Quantity(format!("{}Gi", limits.storage_gib))),
        ("requests.nvidia.com/gpu".to_owned(), Quantity(limits.gpu.to_string())),
    ]);
    ResourceQuota {
        metadata: kubernetes_object::metadata(wanted, NAME),
        spec: Some(ResourceQuotaSpec { hard: Some(hard), ..ResourceQuotaSpec::default() }),
        ..ResourceQuota::default()
    }
}

#[async_trait]
impl Resource for TenantQuota {
    fn kind(&self) -> ResourceKind {
        ResourceKind::ResourceQuota
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        format!("{}/{NAME}", wanted.names().namespace)
    }

    fn exactly(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.settings.limits.sentence()
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let kubernetes = &site.platform.kubernetes;
        kubernetes_object::observe(
            kubernetes,
            &kubernetes.namespaced(&wanted.names().namespace),
            &object(wanted),
            wanted,
            self.exactly(site, wanted),
        )
        .await
    }

    async fn apply(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        refuse_foreign(self.kind(), seen)?;
        let kubernetes = &site.platform.kubernetes;
        kubernetes_object::apply(kubernetes, &kubernetes.namespaced(&wanted.names().namespace), &object(wanted), seen).await
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let kubernetes = &site.platform.kubernetes;
        kubernetes_object::remove::<ResourceQuota>(kubernetes, &kubernetes.namespaced(&wanted.names().namespace), NAME, wanted).await
    }
}
