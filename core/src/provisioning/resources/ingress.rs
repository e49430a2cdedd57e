//! Ingresses of the namespace: a domain leads to the tenant's Service, over TLS with the domain's certificate.

use super::Domain;
use super::kubernetes_object::{Content, metadata_of};
use crate::provisioning::wanted::{Site, Wanted};
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec, IngressTLS,
    ServiceBackendPort,
};
use steward_domain::resource::ResourceKind;

/// The kind for the default domain.
pub(super) struct TenantIngress;

impl Content for TenantIngress {
    type Object = Ingress;
    const KIND: ResourceKind = ResourceKind::Ingress;

    fn exactly(site: &Site, wanted: &Wanted) -> String {
        exactly(Domain::Default, site, wanted)
    }

    fn object(site: &Site, wanted: &Wanted) -> Ingress {
        object(Domain::Default, Self::NAME, site, wanted)
    }
}

/// The kind for the custom domain.
pub(super) struct CustomIngress;

impl Content for CustomIngress {
    type Object = Ingress;
    const KIND: ResourceKind = ResourceKind::CustomIngress;
    const NAME: &'static str = "custom-domain";

    fn exactly(site: &Site, wanted: &Wanted) -> String {
        exactly(Domain::Custom, site, wanted)
    }

    fn object(site: &Site, wanted: &Wanted) -> Ingress {
        object(Domain::Custom, Self::NAME, site, wanted)
    }
}

fn exactly(domain: Domain, site: &Site, wanted: &Wanted) -> String {
    let (class, (service, port)) = (&site.settings.domains.ingress_class, &site.settings.domains.service);
    format!("class {class}, {} to {service}:{port}", domain.shown(wanted))
}

fn object(domain: Domain, name: &str, site: &Site, wanted: &Wanted) -> Ingress {
    // Without a host it would serve every name: of a domain that is not wanted it has no rule at all.
    let host = domain.host(wanted);
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
    let rule = |host| IngressRule { host: Some(host), http: Some(HTTPIngressRuleValue { paths: vec![path] }) };
    let tls = |host| IngressTLS { hosts: Some(vec![host]), secret_name: Some(domain.tls_secret_name().to_owned()) };
    Ingress {
        metadata: metadata_of(name, wanted),
        spec: Some(IngressSpec {
            ingress_class_name: Some(site.settings.domains.ingress_class.clone()),
            rules: host.clone().map(|host| vec![rule(host)]),
            tls: host.map(|host| vec![tls(host)]),
            ..IngressSpec::default()
        }),
        ..Ingress::default()
    }
}
