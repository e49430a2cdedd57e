//! Key and certificate of a tenant's domain: issued by the PKI engine, kept at `certificates/<name>` in the KV store, which the tenant's
//! policy does not reach. They are looked at before they are kept, and kept with check-and-set, so that of two who renew at once one loses
//! and revokes what it got.
//!
//! A certificate has no lease: renewing is issuing anew. The one before is revoked when the new one is deployed (`tls_secret.rs`), so that
//! what is served is never revoked; until then the path names it. An attempt that is lost between issuing and keeping leaves a certificate
//! whose key nobody has.

use super::custom_domain;
use super::evidence::{CertificateSeen, Evidence, Looked};
use super::secrets::{self, MARK};
use super::{Domain, Observation, Resource};
use crate::platform::{Certificate, CertificateAuthority, DoesNotHold, Failure, Issued, Issuer, OpenBao, Secret, Trouble, key_is_its_own};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;
use steward_domain::difference::Difference;
use steward_domain::moment;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// The custom metadata that names the replaced certificates that were revoked.
const REVOKED: &str = "steward_revoked";

/// The field of a difference that says that a certificate is to be renewed. That is no drift: time passes by itself.
pub(in crate::provisioning) const RENEWAL: &str = "renewal";

/// The kind.
pub(super) struct DomainCertificate(pub(super) Domain);

/// What stands in the place of a tenant's certificate.
pub(super) enum Place {
    /// Nothing.
    Empty,
    /// Something without this tenant's mark.
    Foreign,
    /// It is ours, and a part of it is missing.
    Unfinished {
        /// What is missing, in words.
        missing: &'static str,
        /// The newest version, 0 if there is none.
        version: u64,
        /// Whether a certificate is there and only the mark is missing.
        only_mark: bool,
    },
    /// It is ours.
    Kept(Box<Kept>),
}

/// A certificate that is kept, with its key.
pub(super) struct Kept {
    /// The certificate and what leads from it to the CA; empty if it cannot be read.
    pub(super) chain: Vec<Certificate>,
    /// The same as it is kept.
    pub(super) pem: String,
    /// The key.
    pub(super) key: Secret,
    /// The serial number.
    pub(super) serial: String,
    /// Serial numbers of those before it that are not revoked yet.
    pub(super) replaced: Vec<String>,
    version: u64,
    custom: HashMap<String, String>,
}

impl Kept {
    /// In words: "serial 3f:a0:…, by Tenants CA, until 4 Jun 2027".
    pub(super) fn in_words(&self) -> String {
        match self.chain.first() {
            Some(leaf) => format!("serial {}, by {}, until {}", leaf.serial, leaf.issuer, moment::date(leaf.not_after)),
            None => "a certificate that cannot be read".to_owned(),
        }
    }

    /// Where it is not as wanted. `asked` says that somebody wants it renewed, however long it holds.
    fn differences(
        &self,
        domain: &str,
        authority: &CertificateAuthority,
        revoked: bool,
        asked: bool,
        now: DateTime<Utc>,
    ) -> Vec<Difference> {
        let Some(leaf) = self.chain.first() else {
            return vec![Difference::new("certificate", "cannot be read", format!("one for {domain}"))];
        };
        let host = leaf.names.first().map_or(domain, String::as_str);
        let due = leaf.renewal_due_at();
        // Whether it still holds is what the renewal says; the chain is asked about a moment at which it does.
        let chain = authority.vouches_for(&self.chain, host, now.clamp(leaf.not_before, leaf.not_after));
        let key = key_is_its_own(&self.chain, &self.key);
        let issued = format!("issued {}, two thirds of its life passed", moment::date(leaf.not_before));
        let renewal = match (now < due, asked) {
            (false, _) => Some(Difference::new(RENEWAL, issued, "issued less than two thirds of its life ago")),
            (true, true) => Some(Difference::new(RENEWAL, format!("serial {}", leaf.serial), "a new one")),
            (true, false) => None,
        };
        let found = [
            Difference::unless(leaf.names == [domain], "domain", &leaf.names.join(", "), domain),
            key.err().map(|DoesNotHold(why)| Difference::new("key", why, "the certificate's own")),
            chain.err().map(|DoesNotHold(why)| Difference::new("chain", why, format!("from {}", authority.name))),
            renewal,
            Difference::unless(!revoked, "revocation", "revoked", "not revoked"),
        ];
        found.into_iter().flatten().collect()
    }
}

/// Looks at what is kept for one of a tenant's domains.
pub(super) async fn look(openbao: &OpenBao, domain: Domain, wanted: &Wanted) -> Result<Place, Failure> {
    let path = domain.certificate_path(wanted);
    let Some(metadata) = openbao.kv_metadata(&path).await? else { return Ok(Place::Empty) };
    let is_marked = secrets::is_marked(&metadata, wanted);
    if !is_marked && metadata.custom.contains_key(MARK) {
        return Ok(Place::Foreign);
    }
    let version = metadata.current_version;
    let Some(data) = openbao.kv_read(&path).await? else {
        let missing = "key and certificate";
        return Ok(if is_marked { Place::Unfinished { missing, version, only_mark: false } } else { Place::Foreign });
    };
    let text = |field: &str| data.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    if text(field::TENANT) != wanted.mark() {
        // Marked, but with content that Steward did not write: the path is the tenant's, what is in it is replaced.
        let missing = "key and certificate";
        return Ok(if is_marked { Place::Unfinished { missing, version, only_mark: false } } else { Place::Foreign });
    }
    if !is_marked {
        return Ok(Place::Unfinished { missing: "the mark in its metadata", version, only_mark: true });
    }
    let replaces = text(field::REPLACES);
    let is_revoked = metadata.custom.get(REVOKED) == Some(&replaces);
    let replaced = if is_revoked { Vec::new() } else { replaces.split_whitespace().map(str::to_owned).collect() };
    let pem = text(field::CERTIFICATE);
    Ok(Place::Kept(Box::new(Kept {
        chain: Certificate::read_pem(&pem).unwrap_or_default(),
        pem,
        key: Secret::new(text(field::KEY)),
        serial: text(field::SERIAL),
        replaced,
        version,
        custom: metadata.custom,
    })))
}

/// Revokes the certificates that this one replaced, and notes that it is done. Only when this one is deployed.
pub(super) async fn revoke_replaced(openbao: &OpenBao, domain: Domain, wanted: &Wanted, kept: &Kept) -> Result<(), Failure> {
    if kept.replaced.is_empty() {
        return Ok(());
    }
    for serial in &kept.replaced {
        openbao.revoke(serial).await?;
    }
    let mut custom = kept.custom.clone();
    custom.insert(REVOKED.to_owned(), kept.replaced.join(" "));
    openbao.kv_mark(&domain.certificate_path(wanted), custom).await
}

/// The fields of what is kept.
mod field {
    pub(super) const TENANT: &str = "tenant_id";
    pub(super) const DOMAIN: &str = "domain";
    pub(super) const SERIAL: &str = "serial";
    pub(super) const CERTIFICATE: &str = "certificate";
    pub(super) const KEY: &str = "private_key";
    pub(super) const REPLACES: &str = "replaces";
}

/// Looks at what was issued, before anybody relies on it.
async fn check(site: &Site, domain: &str, issued: &Issued) -> Result<(), Failure> {
    let authority = site.platform.openbao.fetch_certificate_authority().await?;
    let chain = Certificate::read_pem(&issued.chain);
    let verdict = chain.and_then(|chain| {
        key_is_its_own(&chain, &issued.private_key)?;
        authority.vouches_for(&chain, domain, site.context.now())?;
        match chain.first() {
            Some(leaf) if leaf.names != [domain] => Err(DoesNotHold(format!("it is for {}", leaf.names.join(", ")))),
            Some(leaf) if leaf.serial != issued.serial => Err(DoesNotHold(format!("its serial is {}", leaf.serial))),
            _ => Ok(()),
        }
    });
    verdict.map_err(|DoesNotHold(why)| {
        Failure::new(System::OpenBao, Trouble::NotAsWanted, format!("issued {}: {why}", issued.serial))
            .saying(format!("OpenBao issued a certificate for {domain} that does not hold: {why}. It was revoked."))
    })
}

/// Issues a certificate and keeps it as the version after the one that was seen.
async fn issue_and_keep(site: &Site, domain: Domain, wanted: &Wanted, version: u64, replaces: &[String]) -> Result<(), Failure> {
    let openbao = &site.platform.openbao;
    let path = domain.certificate_path(wanted);
    let host = domain.shown(wanted);
    let issuer = match domain {
        Domain::Default => Issuer::TenantDomains,
        Domain::Custom => {
            // Whoever owned the domain when it was proposed may have lost it since.
            custom_domain::demand_proof(site, wanted).await?;
            Issuer::CustomDomains
        }
    };
    let issued = openbao.issue(issuer, &host, site.settings.domains.certificate_life).await?;
    if let Err(failure) = check(site, &host, &issued).await {
        openbao.revoke(&issued.serial).await?;
        return Err(failure);
    }
    let data = HashMap::from([
        (field::TENANT, wanted.mark()),
        (field::DOMAIN, host.clone()),
        (field::SERIAL, issued.serial.clone()),
        (field::CERTIFICATE, issued.chain),
        (field::KEY, issued.private_key.expose().to_owned()),
        (field::REPLACES, replaces.join(" ")),
    ]);
    if openbao.kv_replace(&path, version, &data).await? {
        return Ok(());
    }
    openbao.revoke(&issued.serial).await?;
    Err(Failure::new(System::OpenBao, Trouble::Busy, format!("{path} changed meanwhile"))
        .saying(format!("The certificate of {host} was renewed by somebody else in the same moment.")))
}

async fn put_mark(openbao: &OpenBao, domain: Domain, wanted: &Wanted) -> Result<(), Failure> {
    let path = domain.certificate_path(wanted);
    let mut custom = openbao.kv_metadata(&path).await?.map(|metadata| metadata.custom).unwrap_or_default();
    if custom.get(MARK) == Some(&wanted.mark()) {
        return Ok(());
    }
    custom.insert(MARK.to_owned(), wanted.mark());
    openbao.kv_mark(&path, custom).await
}

fn without_mark(domain: Domain, wanted: &Wanted) -> String {
    format!("certificate at {} without this tenant's mark", domain.certificate_path(wanted))
}

#[async_trait]
impl Resource for DomainCertificate {
    fn kind(&self) -> ResourceKind {
        self.0.certificate()
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        self.0.shown(wanted)
    }

    fn exactly(&self, site: &Site, _: &Wanted) -> String {
        let days = site.settings.domains.certificate_life.as_secs() / 86_400;
        format!("for {days} days, renewed after two thirds of them, kept at {}", site.platform.openbao.kv_mount())
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        self.look(site, wanted).await.seen
    }

    async fn look(&self, site: &Site, wanted: &Wanted) -> Looked {
        match self.look_at_kept(site, wanted).await {
            Ok((seen, evidence)) => Looked { seen: Ok(seen), evidence },
            Err(failure) => Err(failure).into(),
        }
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, _: &Observation) -> Result<(), Failure> {
        let (domain, openbao) = (self.0, &site.platform.openbao);
        match look(openbao, domain, wanted).await? {
            Place::Foreign => return Err(Failure::foreign(System::OpenBao, &without_mark(domain, wanted))),
            Place::Empty => issue_and_keep(site, domain, wanted, 0, &[]).await?,
            Place::Unfinished { only_mark: true, .. } => {}
            Place::Unfinished { version, .. } => issue_and_keep(site, domain, wanted, version, &[]).await?,
            Place::Kept(kept) => {
                if !self.observe(site, wanted).await?.is_as_wanted() {
                    let replaces: Vec<String> =
                        kept.replaced.iter().chain([&kept.serial]).filter(|serial| !serial.is_empty()).cloned().collect();
                    issue_and_keep(site, domain, wanted, kept.version, &replaces).await?;
                }
            }
        }
        put_mark(openbao, domain, wanted).await
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let (domain, openbao) = (self.0, &site.platform.openbao);
        match look(openbao, domain, wanted).await? {
            Place::Empty => return Ok(()),
            Place::Foreign => return Err(Failure::foreign(System::OpenBao, &without_mark(domain, wanted))),
            // The mark is put on first, for the serial is in what only then counts as kept.
            Place::Unfinished { only_mark: true, .. } => put_mark(openbao, domain, wanted).await?,
            Place::Unfinished { .. } | Place::Kept(_) => {}
        }
        if let Place::Kept(kept) = look(openbao, domain, wanted).await? {
            for serial in kept.replaced.iter().chain([&kept.serial]).filter(|serial| !serial.is_empty()) {
                openbao.revoke(serial).await?;
            }
        }
        openbao.kv_delete(&domain.certificate_path(wanted)).await
    }
}

impl DomainCertificate {
    async fn look_at_kept(&self, site: &Site, wanted: &Wanted) -> Result<(Observation, Option<Evidence>), Failure> {
        let (domain, openbao) = (self.0, &site.platform.openbao);
        let kept = match look(openbao, domain, wanted).await? {
            Place::Empty => return Ok((Observation::Absent, None)),
            Place::Foreign => return Ok((Observation::Foreign { what: without_mark(domain, wanted) }, None)),
            Place::Unfinished { missing, .. } => return Ok((Observation::Partial { missing: missing.to_owned() }, None)),
            Place::Kept(kept) => kept,
        };
        let (authority, revoked) = tokio::join!(openbao.certificate_authority(), openbao.is_revoked(&kept.serial));
        let (authority, revoked) = (authority?, revoked?.unwrap_or_default());
        let asked = wanted.renews.contains(&kept.serial);
        let differences = kept.differences(&domain.shown(wanted), &authority, revoked, asked, site.context.now());
        let evidence = kept.chain.first().map(|leaf| Evidence::Certificate(domain, CertificateSeen::of(leaf, revoked)));
        Ok((Observation::Ours { differences, detail: kept.in_words() }, evidence))
    }
}
