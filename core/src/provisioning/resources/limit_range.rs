//! LimitRange of the namespace: what a container gets that asks for nothing. Without it the quota would refuse such containers.

use super::kubernetes_object::{Content, metadata};
use crate::provisioning::wanted::{Site, Wanted};
use k8s_openapi::api::core::v1::{LimitRange, LimitRangeItem, LimitRangeSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct TenantLimitRange;

fn amounts(cpu: &str, memory: &str) -> Option<BTreeMap<String, Quantity>> {
    Some(BTreeMap::from([("cpu".to_owned(), Quantity(cpu.to_owned())), ("memory".to_owned(), Quantity(memory.to_owned()))]))
}

impl Content for TenantLimitRange {
    type Object = LimitRange;
    const KIND: ResourceKind = ResourceKind::LimitRange;

    fn exactly(_: &Site, _: &Wanted) -> String {
        "containers that ask for nothing get 0.25 cores and 256 MiB, at most 0.5 cores and 512 MiB".to_owned()
    }

    fn object(_: &Site, wanted: &Wanted) -> LimitRange {
        let item = LimitRangeItem {
            type_: "Container".to_owned(),
            default: amounts("500m", "512Mi"),
            default_request: amounts("250m", "256Mi"),
            ..LimitRangeItem::default()
        };
        LimitRange { metadata: metadata(wanted), spec: Some(LimitRangeSpec { limits: vec![item] }) }
    }
}
