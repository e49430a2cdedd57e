//! What the kinds in Kubernetes have in common: the mark is a label, making is a create, changing a server-side apply. And those of them
//! that lie in the namespace and hide nothing, whole but for their object.

use super::{ChangedBy, Observation, Resource, differences, field_owners};
use crate::platform::{Failure, Kubernetes, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// The label that carries the tenant's id: the mark.
pub(in crate::provisioning) const MARK: &str = "steward.inosec.com/tenant-id";

/// Labels that every object of a tenant carries.
pub(super) fn labels(wanted: &Wanted) -> BTreeMap<String, String> {
    BTreeMap::from([
        (MARK.to_owned(), wanted.mark()),
        ("steward.inosec.com/tenant".to_owned(), wanted.short_name.to_string()),
        ("app.kubernetes.io/managed-by".to_owned(), "steward".to_owned()),
    ])
}

/// The name of what a namespace holds one of.
pub(super) const NAME: &str = "tenant";

/// Metadata of what the tenant's namespace holds one of.
pub(super) fn metadata(wanted: &Wanted) -> ObjectMeta {
    metadata_of(NAME, wanted)
}

/// Metadata of an object of that name in the tenant's namespace.
pub(super) fn metadata_of(name: &str, wanted: &Wanted) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(wanted.names().namespace),
        labels: Some(labels(wanted)),
        ..ObjectMeta::default()
    }
}

/// The bounds on an object of one of the kinds.
pub(super) trait Object:
    kube::Resource<DynamicType = ()> + Clone + Serialize + DeserializeOwned + std::fmt::Debug + Send + Sync
{
}
impl<K: kube::Resource<DynamicType = ()> + Clone + Serialize + DeserializeOwned + std::fmt::Debug + Send + Sync> Object for K {}

/// What stands in the place of an object.
pub(super) enum Found<K> {
    /// The tenant's own.
    Ours(Box<K>),
    /// Nothing, or something foreign.
    Else(Observation),
}

/// Looks for an object and whose it is.
pub(super) async fn look<K: Object>(kubernetes: &Kubernetes, api: &Api<K>, name: &str, wanted: &Wanted) -> Result<Found<K>, Failure> {
    let Some(found) = kubernetes.find(api, name).await? else { return Ok(Found::Else(Observation::Absent)) };
    if found.labels().get(MARK) != Some(&wanted.mark()) {
        return Ok(Found::Else(Observation::Foreign { what: format!("{} {name} without this tenant's mark", K::kind(&())) }));
    }
    if found.meta().deletion_timestamp.is_some() {
        return Err(Failure::new(System::Kubernetes, Trouble::Busy, format!("{name} is being deleted"))
            .saying(format!("{} {name} is still being deleted.", K::kind(&()))));
    }
    Ok(Found::Ours(Box::new(found)))
}

/// Looks for an object and compares it with the wanted one.
pub(super) async fn observe<K: Object>(
    kubernetes: &Kubernetes,
    api: &Api<K>,
    object: &K,
    wanted: &Wanted,
    detail: String,
) -> Result<Observation, Failure> {
    Ok(match look(kubernetes, api, &object.name_any(), wanted).await? {
        Found::Else(observation) => observation,
        Found::Ours(found) => Observation::Ours { differences: differences(&json(&*found)?, &json(object)?), detail },
    })
}

/// Who changed the fields that differ, by what the object says of its managers.
pub(super) async fn changed_by<K: Object>(
    kubernetes: &Kubernetes,
    api: &Api<K>,
    name: &str,
    differences: &[Difference],
) -> Result<Option<ChangedBy>, Failure> {
    let found = kubernetes.find(api, name).await?;
    Ok(found.and_then(|found| field_owners::last_other(found.managed_fields(), differences)))
}

/// Makes the object, or brings it to what is wanted. Not called for what is as wanted: the first apply after a create would still change
/// who owns the fields, and with it the version.
pub(super) async fn apply<K: Object>(
    kubernetes: &Kubernetes,
    api: &Api<K>,
    object: &K,
    wanted: &Wanted,
    seen: &Observation,
) -> Result<(), Failure> {
    let name = object.name_any();
    if *seen == Observation::Absent {
        return match kubernetes.create(api, object).await? {
            Some(_) => Ok(()),
            // Somebody was faster. Whose it is, the next look says; nothing of it was touched.
            None => Err(Failure::new(System::Kubernetes, Trouble::Busy, format!("{name} appeared meanwhile"))),
        };
    }
    let Some(found) = kubernetes.find(api, &name).await? else {
        return Err(Failure::new(System::Kubernetes, Trouble::Busy, format!("{name} went away meanwhile")));
    };
    if found.labels().get(MARK) != Some(&wanted.mark()) {
        return Err(without_mark::<K>(&name));
    }
    let mut object = object.clone();
    object.meta_mut().uid = found.meta().uid.clone();
    object.meta_mut().resource_version = found.meta().resource_version.clone();
    kubernetes.apply(api, &name, &object).await.map(|_| ())
}

fn without_mark<K: Object>(name: &str) -> Failure {
    Failure::foreign(System::Kubernetes, &format!("{} {name} without this tenant's mark", K::kind(&())))
}

/// Removes the object if it carries the mark.
pub(super) async fn remove<K: Object>(kubernetes: &Kubernetes, api: &Api<K>, name: &str, wanted: &Wanted) -> Result<(), Failure> {
    match kubernetes.find(api, name).await? {
        None => Ok(()),
        Some(found) if found.labels().get(MARK) == Some(&wanted.mark()) => kubernetes.delete(api, name).await,
        Some(_) => Err(without_mark::<K>(name)),
    }
}

/// What a tenant's namespace holds one of.
pub(super) trait Content: Send + Sync {
    /// As Kubernetes knows it.
    type Object: Object + kube::Resource<Scope = NamespaceResourceScope>;
    /// As Steward knows it.
    const KIND: ResourceKind;
    /// Its name: of most kinds a namespace holds one.
    const NAME: &'static str = NAME;

    /// What exactly is wanted, for the plan.
    fn exactly(site: &Site, wanted: &Wanted) -> String;

    /// The object that is wanted, with [`metadata`].
    fn object(site: &Site, wanted: &Wanted) -> Self::Object;
}

/// The resource whose object lies in the tenant's namespace.
pub(super) struct InNamespace<C>(pub C);

#[async_trait]
impl<C: Content> Resource for InNamespace<C> {
    fn kind(&self) -> ResourceKind {
        C::KIND
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        format!("{}/{}", wanted.names().namespace, C::NAME)
    }

    fn exactly(&self, site: &Site, wanted: &Wanted) -> String {
        C::exactly(site, wanted)
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let kubernetes = &site.platform.kubernetes;
        let api = kubernetes.namespaced(&wanted.names().namespace);
        observe(kubernetes, &api, &C::object(site, wanted), wanted, C::exactly(site, wanted)).await
    }

    async fn changed_by(&self, site: &Site, wanted: &Wanted, differences: &[Difference]) -> Result<Option<ChangedBy>, Failure> {
        let kubernetes = &site.platform.kubernetes;
        changed_by::<C::Object>(kubernetes, &kubernetes.namespaced(&wanted.names().namespace), C::NAME, differences).await
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        let kubernetes = &site.platform.kubernetes;
        apply(kubernetes, &kubernetes.namespaced(&wanted.names().namespace), &C::object(site, wanted), wanted, seen).await
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let kubernetes = &site.platform.kubernetes;
        remove::<C::Object>(kubernetes, &kubernetes.namespaced(&wanted.names().namespace), C::NAME, wanted).await
    }
}

fn json<K: Serialize>(object: &K) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(object).map_err(|error| Failure::new(System::Kubernetes, Trouble::Unreadable, error.to_string()))
}
