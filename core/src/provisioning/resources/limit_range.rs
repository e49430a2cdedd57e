//! LimitRange of the namespace: what a container gets that asks for nothing. Without it the quota would refuse such containers.

use super::{Observation, Resource, kubernetes_object, refuse_foreign};
use crate::platform::Failure;
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use k8s_openapi::api::core::v1::{LimitRange, LimitRangeItem, LimitRangeSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use steward_domain::resource::ResourceKind;

/// The name of the object: there is one per namespace.
const NAME: &str = "tenant";

/// The kind.
pub(super) struct TenantLimitRange;

fn amounts(cpu: &str, memory: &str) -> Option<BTreeMap<String, Quantity>> {
    Some(BTreeMap::from([("cpu".to_owned(), Quantity(cpu.to_owned())), ("memory".to_owned(), Quantity(memory.to_owned()))]))
}

fn object(wanted: &Wanted) -> LimitRange {
    let item = LimitRangeItem {
        type_: "Container".to_owned(),
        default: amounts("500m", "512Mi"),
        default_request: amounts("250m", "256Mi"),
        ..LimitRangeItem::default()
    };
    LimitRange { metadata: kubernetes_object::metadata(wanted, NAME), spec: Some(LimitRangeSpec { limits: vec![item] }) }
}

#[async_trait]
impl Resource for TenantLimitRange {
    fn kind(&self) -> ResourceKind {
        ResourceKind::LimitRange
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        format!("{}/{NAME}", wanted.names().namespace)
    }

    fn exactly(&self, _: &Site, _: &Wanted) -> String {
        "containers that ask for nothing get 0.25 cores and 256 MiB, at most 0.5 cores and 512 MiB".to_owned()
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
        kubernetes_object::remove::<LimitRange>(kubernetes, &kubernetes.namespaced(&wanted.names().namespace), NAME, wanted).await
    }
}
