//! Default-deny NetworkPolicy of the namespace: nothing comes in, and nothing goes out but questions to the cluster's DNS.

use super::{Observation, Resource, kubernetes_object, refuse_foreign};
use crate::platform::Failure;
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;
use steward_domain::resource::ResourceKind;

/// The name of the object: there is one per namespace.
const NAME: &str = "tenant";

/// The kind.
pub(super) struct TenantNetworkPolicy;

fn object(wanted: &Wanted) -> NetworkPolicy {
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
        metadata: kubernetes_object::metadata(wanted, NAME),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector::default()),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            egress: Some(vec![to_dns]),
            ..NetworkPolicySpec::default()
        }),
    }
}

#[async_trait]
impl Resource for TenantNetworkPolicy {
    fn kind(&self) -> ResourceKind {
        ResourceKind::NetworkPolicy
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        format!("{}/{NAME}", wanted.names().namespace)
    }

    fn exactly(&self, _: &Site, _: &Wanted) -> String {
        "deny all traffic but questions to the cluster's DNS".to_owned()
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
        kubernetes_object::remove::<NetworkPolicy>(kubernetes, &kubernetes.namespaced(&wanted.names().namespace), NAME, wanted).await
    }
}
