//! Secret `domain-tls` in the namespace: key and certificate of a domain, from where the ingress controller takes them. A pair that does
//! not match is never deployed: Kubernetes would take it, and the ingress controller would serve its default certificate instead.
//!
//! Nothing of the secret is ever compared in the open or printed: a difference names serial numbers, and that the key is another one.
//! When a new certificate is deployed, the one before is revoked.

use super::certificate::{self, Kept, Place};
use super::kubernetes_object::{self, Found, metadata_of};
use super::{Domain, Observation, Resource, differences};
use crate::platform::{Certificate, Failure, Trouble, key_is_its_own};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// The annotation that says which certificate it holds.
const SERIAL: &str = "steward.inosec.com/certificate-serial";
const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";

/// The kind.
pub(super) struct TlsSecret(pub(super) Domain);

fn object(domain: Domain, wanted: &Wanted, kept: &Kept) -> Secret {
    let mut metadata = metadata_of(domain.tls_secret_name(), wanted);
    metadata.annotations = Some(BTreeMap::from([(SERIAL.to_owned(), kept.serial.clone())]));
    let data = [(CERTIFICATE, kept.pem.as_str()), (KEY, kept.key.expose())];
    Secret {
        metadata,
        type_: Some("kubernetes.io/tls".to_owned()),
        data: Some(data.map(|(name, text)| (name.to_owned(), ByteString(text.as_bytes().to_vec()))).into()),
        ..Secret::default()
    }
}

/// What may be seen of a secret.
fn in_the_open(secret: &Secret) -> Value {
    json!({
        "type": secret.type_,
        "metadata": { "labels": secret.metadata.labels, "annotations": secret.metadata.annotations },
    })
}

/// The certificate that a secret holds, in words.
fn serial_in(secret: &Secret) -> String {
    let pem = secret.data.as_ref().and_then(|data| data.get(CERTIFICATE)).and_then(|pem| std::str::from_utf8(&pem.0).ok());
    match pem.and_then(|pem| Certificate::read_pem(pem).ok()).as_deref() {
        Some([leaf, ..]) => format!("serial {}", leaf.serial),
        _ => "none that can be read".to_owned(),
    }
}

/// Where the secret is not what is kept.
fn compare(found: &Secret, object: &Secret, kept: &Kept) -> Vec<Difference> {
    let holds = |secret: &Secret, name: &str| secret.data.as_ref().and_then(|data| data.get(name)).cloned();
    let mut differences = differences(&in_the_open(found), &in_the_open(object));
    let certificate = holds(found, CERTIFICATE) == holds(object, CERTIFICATE);
    let key = holds(found, KEY) == holds(object, KEY);
    differences.extend(Difference::unless(certificate, "certificate", &serial_in(found), &format!("serial {}", kept.serial)));
    differences.extend(Difference::unless(key, "key", "another one", "the certificate's own"));
    if !kept.replaced.is_empty() {
        differences.push(Difference::new("replaced certificate", format!("serial {} still holds", kept.replaced.join(", ")), "revoked"));
    }
    differences
}

/// A failure of a call that carried the key: what Kubernetes says of a refused object is not passed on.
fn without_words(failure: Failure) -> Failure {
    if failure.cause.code != Trouble::Refused.code(System::Kubernetes) {
        return failure;
    }
    Failure::new(System::Kubernetes, Trouble::Refused, "a TLS secret refused").saying("Kubernetes refuses the TLS secret.")
}

#[async_trait]
impl Resource for TlsSecret {
    fn kind(&self) -> ResourceKind {
        self.0.tls_secret()
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        format!("{}/{}", wanted.names().namespace, self.0.tls_secret_name())
    }

    fn exactly(&self, _: &Site, wanted: &Wanted) -> String {
        format!("key and certificate of {}", self.0.shown(wanted))
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let kubernetes = &site.platform.kubernetes;
        let api = kubernetes.namespaced::<Secret>(&wanted.names().namespace);
        let found = match kubernetes_object::look(kubernetes, &api, self.0.tls_secret_name(), wanted).await? {
            Found::Else(observation) => return Ok(observation),
            Found::Ours(found) => found,
        };
        Ok(match certificate::look(&site.platform.openbao, self.0, wanted).await? {
            Place::Kept(kept) => {
                let differences = compare(&found, &object(self.0, wanted, &kept), &kept);
                Observation::Ours { differences, detail: kept.in_words() }
            }
            _ => Observation::Ours {
                differences: vec![Difference::new("certificate", serial_in(&found), "one that is kept in OpenBao")],
                detail: serial_in(&found),
            },
        })
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        let (domain, kubernetes, openbao) = (self.0, &site.platform.kubernetes, &site.platform.openbao);
        let (path, host) = (domain.certificate_path(wanted), domain.shown(wanted));
        let Place::Kept(kept) = certificate::look(openbao, domain, wanted).await? else {
            return Err(Failure::new(System::OpenBao, Trouble::Missing, format!("no certificate at {path}"))
                .saying(format!("There is no certificate of {host} that could be deployed.")));
        };
        if let Err(why) = key_is_its_own(&kept.chain, &kept.key) {
            return Err(Failure::new(System::OpenBao, Trouble::NotAsWanted, format!("{} at {path}: {why}", kept.serial))
                .saying(format!("Key and certificate of {host} do not match: {why}. They are not deployed.")));
        }
        let api = kubernetes.namespaced(&wanted.names().namespace);
        kubernetes_object::apply(kubernetes, &api, &object(domain, wanted, &kept), wanted, seen).await.map_err(without_words)?;
        certificate::revoke_replaced(openbao, domain, wanted, &kept).await
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let kubernetes = &site.platform.kubernetes;
        let api = kubernetes.namespaced(&wanted.names().namespace);
        kubernetes_object::remove::<Secret>(kubernetes, &api, self.0.tls_secret_name(), wanted).await
    }
}
