//! ResourceQuota of the namespace: the tenant's limits, enforced by Kubernetes itself.

use super::kubernetes_object::{Content, metadata};
use crate::provisioning::wanted::{Site, Wanted};
use k8s_openapi::api::core::v1::{ResourceQuota, ResourceQuotaSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct TenantQuota;

/// Gibibytes in the form in which Kubernetes gives them back, with the largest suffix that leaves a whole number: `1024` are `1Ti`.
/// In another form the quota would differ for ever from what was wanted.
fn gibibytes(count: u32) -> Quantity {
    Quantity(match count {
        0 => "0".to_owned(),
        count if count.is_multiple_of(1024) => format!("{}Ti", count / 1024),
        count => format!("{count}Gi"),
    })
}

impl Content for TenantQuota {
    type Object = ResourceQuota;
    const KIND: ResourceKind = ResourceKind::ResourceQuota;

    fn exactly(_: &Site, wanted: &Wanted) -> String {
        wanted.settings.limits.sentence()
    }

    fn object(_: &Site, wanted: &Wanted) -> ResourceQuota {
        let limits = &wanted.settings.limits;
        let hard = BTreeMap::from([
            ("requests.cpu".to_owned(), Quantity(limits.cpu.to_string())),
            ("requests.memory".to_owned(), gibibytes(limits.memory_gib)),
            ("requests.storage".to_owned(), gibibytes(limits.storage_gib)),
            ("requests.nvidia.com/gpu".to_owned(), Quantity(limits.gpu.to_string())),
        ]);
        ResourceQuota {
            metadata: metadata(wanted),
            spec: Some(ResourceQuotaSpec { hard: Some(hard), ..ResourceQuotaSpec::default() }),
            ..ResourceQuota::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gibibytes_have_the_form_that_kubernetes_gives_back() {
        for (count, form) in [(0, "0"), (8, "8Gi"), (1023, "1023Gi"), (1024, "1Ti"), (1536, "1536Gi"), (4096, "4Ti"), (100_000, "100000Gi")]
        {
            assert_eq!(gibibytes(count).0, form);
        }
    }
}
