//! KV path `secret/data/tenants/<name>`. Its first version is written with check-and-set 0, so that nothing is ever overwritten.

use super::{Observation, Resource};
use crate::platform::{Failure, KvMetadata, OpenBao, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use std::collections::HashMap;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// The custom metadata that carries the tenant's id: the mark.
pub(super) const MARK: &str = "steward_tenant_id";
/// The same in the first version itself: it is there from the first moment, the metadata a call later.
const MARK_IN_DATA: &str = "tenant_id";

/// The kind.
pub(super) struct Secrets;

/// Whether the path's metadata carries the mark.
pub(super) fn is_marked(metadata: &KvMetadata, wanted: &Wanted) -> bool {
    metadata.custom.get(MARK) == Some(&wanted.mark())
}

/// Removes the path and all that lies below it: deleting metadata does not recurse.
async fn remove_all(openbao: &OpenBao, path: &str) -> Result<(), Failure> {
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for name in openbao.kv_list(&folder).await? {
            match name.strip_suffix('/') {
                Some(below) => folders.push(format!("{folder}/{below}")),
                None => openbao.kv_delete(&format!("{folder}/{name}")).await?,
            }
        }
    }
    // The marked path itself goes last: until then a second attempt still knows that all this is the tenant's.
    openbao.kv_delete(path).await
}

#[async_trait]
impl Resource for Secrets {
    fn kind(&self) -> ResourceKind {
        ResourceKind::Secrets
    }

    fn name(&self, site: &Site, wanted: &Wanted) -> String {
        format!("{}/data/{}", site.platform.openbao.kv_mount(), wanted.names().secrets)
    }

    fn exactly(&self, _: &Site, _: &Wanted) -> String {
        "versioned, marked with the tenant's id".to_owned()
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let openbao = &site.platform.openbao;
        let path = wanted.names().secrets;
        let Some(metadata) = openbao.kv_metadata(&path).await? else { return Ok(Observation::Absent) };
        let foreign = || Observation::Foreign { what: format!("secrets at {path} without this tenant's mark") };
        if is_marked(&metadata, wanted) {
            return Ok(if metadata.current_version > 0 {
                Observation::Ours { differences: Vec::new(), detail: format!("version {}", metadata.current_version) }
            } else {
                Observation::Partial { missing: "the first version".to_owned() }
            });
        }
        if metadata.custom.contains_key(MARK) {
            return Ok(foreign());
        }
        let marked =
            openbao.kv_read(&path).await?.is_some_and(|data| data.get(MARK_IN_DATA).and_then(|id| id.as_str()) == Some(&wanted.mark()));
        Ok(if marked { Observation::Partial { missing: "the mark in its metadata".to_owned() } } else { foreign() })
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        let openbao = &site.platform.openbao;
        let names = wanted.names();
        let path = &names.secrets;
        let data = HashMap::from([(MARK_IN_DATA, wanted.mark()), ("domain", names.domain.clone())]);
        let made = openbao.kv_create(path, &data).await?;
        if !made && *seen == Observation::Absent {
            return Err(Failure::new(System::OpenBao, Trouble::Busy, "secrets appeared meanwhile")
                .saying(format!("Secrets at {path} appeared meanwhile.")));
        }
        let mut custom = openbao.kv_metadata(path).await?.map(|metadata| metadata.custom).unwrap_or_default();
        if custom.get(MARK) != Some(&wanted.mark()) {
            custom.insert(MARK.to_owned(), wanted.mark());
            openbao.kv_mark(path, custom).await?;
        }
        Ok(())
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        match self.observe(site, wanted).await? {
            Observation::Absent => Ok(()),
            Observation::Foreign { what } => Err(Failure::foreign(System::OpenBao, &what)),
            Observation::Ours { .. } | Observation::Partial { .. } => remove_all(&site.platform.openbao, &wanted.names().secrets).await,
        }
    }
}
