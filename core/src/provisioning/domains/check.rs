//! What a person asks of a domain: to look at it now, and to renew its certificate now.

use crate::access::{Authority, RepairDrift, Right};
use crate::error::{Error, Result};
use crate::platform::{Failure, Trouble};
use crate::provisioning::resources::{Domain, Evidence, Looked};
use crate::provisioning::{Proposal, Provisioning, Wanted};
use crate::tenants;
use futures::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

/// How long a look may take while a person waits for it.
const LOOK_MAX: Duration = Duration::from_secs(8);

/// What a look right now saw of one domain, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The host name.
    pub host: String,
    /// What its name leads to, or why that could not be looked up.
    pub record: String,
    /// What was served, or why there was no handshake.
    pub handshake: String,
    /// Whether all of it is as it should be.
    pub well: bool,
}

impl Provisioning {
    /// Looks at a tenant's domains now, by a question to DNS and a handshake each, keeps what was seen and says it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such tenant or the actor may not see it; a draft has no domain.
    pub async fn check_domains(&self, authority: &Authority<RepairDrift>, tenant_id: Uuid) -> Result<Vec<Checked>> {
        let wanted = self.wanted_now(authority, tenant_id).await?;
        let all = join_all(Domain::ALL.into_iter().filter_map(|domain| {
            let host = domain.host(&wanted)?;
            let wanted = &wanted;
            Some(async move {
                let (record, certificate, handshake) = tokio::join!(
                    self.look_within(domain.record(), wanted),
                    self.look_within(domain.certificate(), wanted),
                    self.look_within(domain.validation(), wanted)
                );
                (host, record, certificate, handshake)
            })
        }))
        .await;
        let mut checked = Vec::new();
        let mut evidence = Vec::new();
        for (host, record, certificate, handshake) in all {
            let well = [&record, &certificate, &handshake]
                .into_iter()
                .all(|look| look.seen.as_ref().is_ok_and(crate::provisioning::resources::Observation::is_as_wanted));
            checked.push(Checked { host, record: in_words(&record), handshake: in_words(&handshake), well });
            evidence.extend([record, certificate, handshake].into_iter().filter_map(|look| look.evidence));
        }
        let mut transaction = self.database.begin(authority).await?;
        super::keep(&mut transaction, tenant_id, &evidence).await?;
        transaction.commit().await?;
        Ok(checked)
    }

    async fn wanted_now<R: Right>(&self, authority: &Authority<R>, tenant_id: Uuid) -> Result<Wanted> {
        let mut reader = self.database.read(authority).await?;
        let facts = tenants::facts(reader.conn(), tenant_id).await?.ok_or(Error::NotFound("tenant"))?;
        Ok(Wanted::of_tenant(&facts, &facts.settings, &self.site.settings.base_domain))
    }

    async fn look_within(&self, kind: ResourceKind, wanted: &Wanted) -> Looked {
        match tokio::time::timeout(LOOK_MAX, self.site.resource(kind).look(&self.site, wanted)).await {
            Ok(looked) => looked,
            Err(_) => Err(Failure::new(kind.system(), Trouble::TimedOut, format!("looking for {}", kind.label()))).into(),
        }
    }

    /// Proposes to renew the certificates that a tenant has, however long they hold. Nothing runs yet. Gives the change's id.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such tenant, [`Error::Conflict`] if it has no certificate yet, OpenBao does not answer, or the
    /// tenant cannot be changed now.
    pub async fn renew_certificates(&self, authority: &Authority<RepairDrift>, tenant_id: Uuid) -> Result<Uuid> {
        let wanted = self.wanted_now(authority, tenant_id).await?;
        let mut kept = BTreeMap::new();
        for domain in Domain::ALL {
            let looked = self.look_within(domain.certificate(), &wanted).await;
            if let Err(failure) = &looked.seen {
                let message = format!("{} Nothing was changed.", failure.cause.what);
                return Err(Error::Conflict { code: "TEN-412", message });
            }
            if let Some(Evidence::Certificate(_, certificate)) = looked.evidence {
                kept.insert(domain.certificate(), certificate.serial);
            }
        }
        if kept.is_empty() {
            let message = "There is no certificate yet that could be renewed. A repair makes one: look at the drift board.".to_owned();
            return Err(Error::Conflict { code: "TEN-413", message });
        }
        self.propose(authority, tenant_id, Proposal::renewal(kept)).await
    }
}

impl Proposal {
    /// Replacing the certificates of these kinds, each with the serial number that it has.
    #[must_use]
    pub fn renewal(kept: BTreeMap<ResourceKind, String>) -> Self {
        let (only, renews): (BTreeSet<ResourceKind>, BTreeSet<String>) = kept.into_iter().unzip();
        Self { kind: steward_domain::run::RunKind::Renew, only: Some(only), renews, ..Self::repair(None) }
    }
}

fn in_words(looked: &Looked) -> String {
    match (&looked.evidence, &looked.seen) {
        (Some(Evidence::Record(_, record)), _) => record.in_words(),
        (Some(Evidence::Handshake(_, handshake)), _) => handshake.in_words(),
        (_, Err(failure)) => failure.cause.what.trim_end_matches('.').to_owned(),
        _ => "nothing was seen".to_owned(),
    }
}
