//! ResourceQuota of the namespace: the tenant's limits, enforced by Kubernetes itself.

use super::kubernetes_object::{Content, metadata};
use crate::provisioning::wanted::Wanted;
use k8s_openapi::api::core::v1::{ResourceQuota, ResourceQuotaSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct TenantQuota;

impl Content for TenantQuota {
    type Object = ResourceQuota;
    const KIND: ResourceKind = ResourceKind::ResourceQuota;

    fn exactly(wanted: &Wanted) -> String {
        wanted.settings.limits.sentence()
    }

    fn object(wanted: &Wanted) -> ResourceQuota {
        let limits = &wanted.settings.limits;
        let hard = BTreeMap::from([
            ("requests.cpu".to_owned(), Quantity(limits.cpu.to_string())),
            ("requests.memory".to_owned(), Quantity(format!("{}Gi", limits.memory_gib))),
            ("requests.storage".to_owned(), Quantity(format!("{}Gi", limits.storage_gib))),
            ("requests.nvidia.com/gpu".to_owned(), Quantity(limits.gpu.to_string())),
        ]);
        ResourceQuota {
            metadata: metadata(wanted),
            spec: Some(ResourceQuotaSpec { hard: Some(hard), ..ResourceQuotaSpec::default() }),
            ..ResourceQuota::default()
        }
    }
}
