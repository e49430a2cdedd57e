//! Default-deny NetworkPolicy of the namespace: nothing comes in, and nothing goes out but questions to the cluster's DNS.

use super::kubernetes_object::{Content, metadata};
use crate::provisioning::wanted::{Site, Wanted};
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct TenantNetworkPolicy;

impl Content for TenantNetworkPolicy {
    type Object = NetworkPolicy;
    const KIND: ResourceKind = ResourceKind::NetworkPolicy;

    fn exactly(_: &Site, _: &Wanted) -> String {
        "deny all traffic but questions to the cluster's DNS".to_owned()
    }

    fn object(_: &Site, wanted: &Wanted) -> NetworkPolicy {
        let dns = |protocol: &str| NetworkPolicyPort {
            protocol: Some(protocol.to_owned()),
            port: Some(IntOrString::Int(53)),
            ..NetworkPolicyPort::default()
        };
        let kube_system = LabelSelector {
            match_labels: Some(BTreeMap::from([("kubernetes.io/metadata.name".to_owned(), "kube-system".to_owned())])),
            ..LabelSelector::default()
        };
        let to_dns = NetworkPolicyEgressRule {
            to: Some(vec![NetworkPolicyPeer { namespace_selector: Some(kube_system), ..NetworkPolicyPeer::default() }]),
            ports: Some(vec![dns("UDP"), dns("TCP")]),
        };
        NetworkPolicy {
            metadata: metadata(wanted),
            spec: Some(NetworkPolicySpec {
                pod_selector: Some(LabelSelector::default()),
                policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
                // None at all, said in so many words: a rule that somebody adds is then a difference.
                ingress: Some(Vec::new()),
                egress: Some(vec![to_dns]),
            }),
        }
    }
}
