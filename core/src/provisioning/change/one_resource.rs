//! One resource taken away from a tenant, or brought back: a change of the kinds that it does without.

use super::Proposal;
use crate::access::{Authority, ConfigureTenants};
use crate::error::{Error, Result};
use crate::provisioning::Provisioning;
use crate::tenants;
use steward_domain::change::SettingsPatch;
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

impl Provisioning {
    /// Proposes that a tenant does without one more kind of resource than it does now. Nothing runs yet.
    ///
    /// # Errors
    /// As [`Provisioning::propose`]; at field `without` if another resource needs it.
    pub async fn propose_without(
        &self,
        authority: &Authority<ConfigureTenants>,
        tenant_id: Uuid,
        kind: ResourceKind,
        base_version: i64,
    ) -> Result<Uuid> {
        self.propose_one(authority, tenant_id, kind, true, base_version).await
    }

    /// Proposes that a tenant has a resource again that it does without. Nothing runs yet.
    ///
    /// # Errors
    /// As [`Provisioning::propose`]; at field `without` if it needs another that is not there.
    pub async fn propose_with(
        &self,
        authority: &Authority<ConfigureTenants>,
        tenant_id: Uuid,
        kind: ResourceKind,
        base_version: i64,
    ) -> Result<Uuid> {
        self.propose_one(authority, tenant_id, kind, false, base_version).await
    }

    /// The person named one kind: the others are those of now. If they are not those of the version that the person saw, the review shows
    /// both versions.
    async fn propose_one(
        &self,
        authority: &Authority<ConfigureTenants>,
        tenant_id: Uuid,
        kind: ResourceKind,
        does_without: bool,
        base_version: i64,
    ) -> Result<Uuid> {
        let mut reader = self.database.read(authority).await?;
        let facts = tenants::facts(reader.conn(), tenant_id).await?.ok_or(Error::NotFound("tenant"))?;
        drop(reader);
        let mut without = facts.settings.without;
        if does_without {
            without.insert(kind)
        } else {
            without.remove(&kind)
        };
        let patch = SettingsPatch { without: Some(without), ..SettingsPatch::default() };
        self.propose(authority, tenant_id, Proposal::settings(patch, Some(base_version))).await
    }
}
