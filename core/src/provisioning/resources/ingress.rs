//! Ingress of the namespace: the domain leads to the tenant's Service, over TLS with the domain's certificate.

use super::Domain;
use super::kubernetes_object::{Content, metadata};
use crate::provisioning::wanted::{Site, Wanted};
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec, IngressTLS,
    ServiceBackendPort,
};
use steward_domain::resource::ResourceKind;

/// The kind.
pub(super) struct TenantIngress;

impl Content for TenantIngress {
    type Object = Ingress;
    const KIND: ResourceKind = ResourceKind::Ingress;

    fn exactly(site: &Site, wanted: &Wanted) -> String {
        let (class, (service, port)) = (&site.settings.domains.ingress_class, &site.settings.domains.service);
        format!("class {class}, {} to {service}:{port}", wanted.names().domain)
    }

    fn object(site: &Site, wanted: &Wanted) -> Ingress {
        let domain = wanted.names().domain;
        let (service, port) = &site.settings.domains.service;
        let backend = IngressServiceBackend {
            name: service.clone(),
            port: Some(ServiceBackendPort { number: Some(i32::from(*port)), ..ServiceBackendPort::default() }),
        };
        let path = HTTPIngressPath {
            path: Some("/".to_owned()),
            path_type: "Prefix".to_owned(),
            backend: IngressBackend { service: Some(backend), ..IngressBackend::default() },
        };
        Ingress {
            metadata: metadata(wanted),
            spec: Some(IngressSpec {
                ingress_class_name: Some(site.settings.domains.ingress_class.clone()),
                rules: Some(vec![IngressRule { host: Some(domain.clone()), http: Some(HTTPIngressRuleValue { paths: vec![path] }) }]),
                tls: Some(vec![IngressTLS { hosts: Some(vec![domain]), secret_name: Some(Domain::Default.tls_secret_name().to_owned()) }]),
                ..IngressSpec::default()
            }),
            ..Ingress::default()
        }
    }
}
