//! Transit key `tenant-<name>`, aes256-gcm96, never exportable. Transit keys have no metadata, so the mark is kept with the tenant's
//! secrets, and is written before the key is made: what stands in the place without it is foreign.

use super::{Observation, Resource, secrets};
use crate::platform::{Failure, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// The custom metadata of the tenant's secrets that names the key: the key's mark.
const MARK: &str = "steward_transit_key";

/// The kind.
pub(super) struct TransitKey;

#[async_trait]
impl Resource for TransitKey {
    fn kind(&self) -> ResourceKind {
        ResourceKind::TransitKey
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.names().namespace
    }

    fn exactly(&self, _: &Site, _: &Wanted) -> String {
        "aes256-gcm96, cannot be exported".to_owned()
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let openbao = &site.platform.openbao;
        let names = wanted.names();
        let name = &names.namespace;
        let (key, metadata) = tokio::join!(openbao.transit_key(name), openbao.kv_metadata(&names.secrets));
        let Some(key) = key? else { return Ok(Observation::Absent) };
        let marked = metadata?.is_some_and(|metadata| secrets::is_marked(&metadata, wanted) && metadata.custom.get(MARK) == Some(name));
        if !marked {
            return Ok(Observation::Foreign { what: format!("transit key {name} without this tenant's mark") });
        }
        let differences = [
            Difference::unless(key.is_aes256_gcm96, "type", "another type", "aes256-gcm96"),
            Difference::unless(!key.can_leave, "exportable", "true", "false"),
        ];
        Ok(Observation::Ours { differences: differences.into_iter().flatten().collect(), detail: self.exactly(site, wanted) })
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        let openbao = &site.platform.openbao;
        let names = wanted.names();
        let name = &names.namespace;
        if matches!(seen, Observation::Ours { differences, .. } if !differences.is_empty()) {
            let failure = Failure::new(System::OpenBao, Trouble::Refused, format!("key {name} is of another type or can leave"));
            return Err(failure.saying(format!(
                "Transit key {name} was changed so that it can be exported, or is of another type. That cannot be undone."
            )));
        }
        let Some(metadata) = openbao.kv_metadata(&names.secrets).await?.filter(|metadata| secrets::is_marked(metadata, wanted)) else {
            return Err(Failure::new(System::OpenBao, Trouble::Missing, format!("no marked metadata at {}", names.secrets)));
        };
        if metadata.custom.get(MARK) != Some(name) {
            let mut custom = metadata.custom;
            custom.insert(MARK.to_owned(), name.clone());
            openbao.kv_mark(&names.secrets, custom).await?;
        }
        openbao.create_transit_key(name).await
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        match self.observe(site, wanted).await? {
            Observation::Absent => Ok(()),
            Observation::Foreign { what } => Err(Failure::foreign(System::OpenBao, &what)),
            Observation::Ours { .. } | Observation::Partial { .. } => {
                site.platform.openbao.destroy_transit_key(&wanted.names().namespace).await
            }
        }
    }
}
