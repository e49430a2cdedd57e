//! What each system itself counts of a tenant's resources: versions, times of writing, the acts that it recorded. They go up with every
//! write, whatever it changes, so that equal ones mean that nothing was written. Every kind has its own here: a new one does not compile
//! without.

use crate::world::*;
use k8s_openapi::api::core::v1::{LimitRange, Namespace, ResourceQuota, Secret};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Debug;
use steward_core::platform::http;
use steward_core::provisioning::{Site, Wanted};
use steward_domain::resource::ResourceKind;

/// What is counted of each kind, beside what is seen of it. Null where nothing is.
pub async fn versions(site: &Site, wanted: &Wanted) -> BTreeMap<ResourceKind, Value> {
    let openbao = OpenBaoItself::sign_in().await;
    let mut all = BTreeMap::new();
    for kind in ResourceKind::ALL {
        let seen = site.resource(kind).observe(site, wanted).await.unwrap_or_else(|failure| panic!("{kind:?}: {failure:?}"));
        let counted = counted(site, wanted, &openbao, kind).await;
        // A handshake counts nothing, and neither does somebody else's DNS.
        let makes_something = site.resource(kind).makes_something();
        assert!(!wanted.wants(kind) || !makes_something || !counted.is_null(), "{kind:?} is there and nothing counts its changes");
        all.insert(kind, json!([format!("{seen:?}"), counted]));
    }
    all
}

async fn counted(site: &Site, wanted: &Wanted, openbao: &OpenBaoItself, kind: ResourceKind) -> Value {
    let names = wanted.names();
    let kubernetes = &site.platform.kubernetes;
    let namespace = names.namespace.as_str();
    let secrets = || kubernetes.namespaced::<Secret>(namespace);
    match kind {
        ResourceKind::Namespace => object(kubernetes.cluster::<Namespace>(), namespace).await,
        ResourceKind::ResourceQuota => object(kubernetes.namespaced::<ResourceQuota>(namespace), "tenant").await,
        ResourceKind::LimitRange => object(kubernetes.namespaced::<LimitRange>(namespace), "tenant").await,
        ResourceKind::NetworkPolicy => object(kubernetes.namespaced::<NetworkPolicy>(namespace), "tenant").await,
        ResourceKind::Ingress => object(kubernetes.namespaced::<Ingress>(namespace), "tenant").await,
        ResourceKind::CustomIngress => object(kubernetes.namespaced::<Ingress>(namespace), "custom-domain").await,
        ResourceKind::TlsSecret => object(secrets(), "domain-tls").await,
        ResourceKind::CustomTlsSecret => object(secrets(), "custom-domain-tls").await,
        // Every act of an administrator in the realm.
        ResourceKind::Realm | ResourceKind::SecondFactor | ResourceKind::Administrator => {
            let acts = site.platform.keycloak.get(&format!("/{}/admin-events?max=100000", names.realm)).await.unwrap();
            acts.found().unwrap().and_then(|acts| acts.as_array().map(Vec::len)).map_or(Value::Null, |acts| json!(acts))
        }
        ResourceKind::Secrets => openbao.read(&format!("secret/metadata/{}", names.secrets)).await,
        ResourceKind::Certificate => openbao.read(&format!("secret/metadata/{}", names.certificate)).await,
        ResourceKind::CustomCertificate => openbao.read(&format!("secret/metadata/{}", names.custom_certificate)).await,
        ResourceKind::Policy => openbao.read(&format!("sys/policies/acl/{}", names.policy)).await,
        ResourceKind::TransitKey => openbao.read(&format!("transit/keys/{namespace}")).await,
        ResourceKind::Folder => folder(site, namespace).await,
        ResourceKind::PrometheusDatasource => grafana(site, &format!("/api/datasources/name/{namespace}-prometheus")).await,
        ResourceKind::LokiDatasource => grafana(site, &format!("/api/datasources/name/{namespace}-loki")).await,
        ResourceKind::Dashboard => grafana(site, &format!("/api/dashboards/uid/{namespace}")).await,
        ResourceKind::DnsRecord => records(&[&names.domain, &format!("_steward.{}", names.domain)]).await,
        ResourceKind::Validation | ResourceKind::CustomDomain | ResourceKind::CustomValidation => Value::Null,
    }
}

/// Which object it is, and its version.
async fn object<K: Resource + Clone + DeserializeOwned + Debug>(api: Api<K>, name: &str) -> Value {
    let found = api.get_opt(name).await.unwrap();
    found.map_or(Value::Null, |found| json!([found.uid(), found.resource_version()]))
}

/// Everything that Grafana says of something; its version is in it.
async fn grafana(site: &Site, path: &str) -> Value {
    site.platform.grafana.get(path, &[]).await.unwrap().found().unwrap().unwrap_or_default()
}

/// The folder and who may see it.
async fn folder(site: &Site, title: &str) -> Value {
    let hits = site.platform.grafana.get("/api/search", &[("type", "dash-folder"), ("query", title)]).await.unwrap().success().unwrap();
    let hit = hits.as_array().unwrap().iter().find(|hit| hit["title"] == title);
    match hit.and_then(|hit| hit["uid"].as_str()) {
        None => Value::Null,
        Some(uid) => {
            let path = format!("/api/folders/{uid}");
            json!([grafana(site, &path).await, grafana(site, &format!("{path}/permissions")).await])
        }
    }
}

/// Everything that Cloudflare says of the records of these names; when each was written is in it.
async fn records(names: &[&str]) -> Value {
    let steward = cloudflare_settings();
    let mut all = Vec::new();
    for name in names {
        let url = format!("{}/zones/{}/dns_records?name.exact={name}&per_page=100", steward.url, steward.zone_id);
        let request = http::client().unwrap().get(url).bearer_auth(steward.token.expose());
        let found: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
        all.extend(found["result"].as_array().unwrap().clone());
    }
    if all.is_empty() { Value::Null } else { Value::Array(all) }
}

/// OpenBao as it shows itself to Steward, with what Steward's own client leaves out.
struct OpenBaoItself {
    token: String,
}

impl OpenBaoItself {
    async fn sign_in() -> Self {
        let settings = platform_settings().openbao;
        let credentials = json!({ "role_id": settings.role_id, "secret_id": settings.secret_id.expose() });
        let request = http::client().unwrap().post(format!("{}/v1/auth/approle/login", settings.url)).json(&credentials);
        let answer: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
        Self { token: answer["auth"]["client_token"].as_str().unwrap().to_owned() }
    }

    async fn read(&self, path: &str) -> Value {
        let request = http::client().unwrap().get(format!("{}/v1/{path}", platform_settings().openbao.url));
        let answer = request.header("X-Vault-Token", &self.token).send().await.unwrap();
        if answer.status() == 404 {
            return Value::Null;
        }
        let answer: Value = answer.error_for_status().unwrap().json().await.unwrap();
        answer["data"].clone()
    }
}
