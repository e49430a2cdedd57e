//! The domain's record, which leads it to the ingress controller, and the mark beside it: a text at `_steward.<domain>`. The mark is
//! written first and removed last, so that no record of ours ever stands without it. What stands at the name without it is foreign.

use super::evidence::{Evidence, Looked, RecordSeen};
use super::{Domain, Observation, Resource};
use crate::platform::{Dns, Failure, Record, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// How the mark begins; the tenant's id follows.
const MARK: &str = "steward-tenant-id=";

/// The kind.
pub(super) struct DnsRecord;

fn mark(wanted: &Wanted) -> Record {
    Record::text(&format!("_steward.{}", wanted.names().domain), &format!("{MARK}{}", wanted.mark()))
}

fn leading(site: &Site, wanted: &Wanted) -> Record {
    Record::leading(&wanted.names().domain, &site.settings.domains.target)
}

/// The records of both names.
struct Seen {
    /// The marks of whichever tenants.
    marks: Vec<Record>,
    /// Everything at the domain itself.
    records: Vec<Record>,
}

impl Seen {
    async fn look(dns: &Dns, wanted: &Wanted) -> Result<Self, Failure> {
        let (mark, domain) = (mark(wanted).name, wanted.names().domain);
        let (marks, records) = tokio::join!(dns.records(&mark), dns.records(&domain));
        let mut marks = marks?;
        marks.retain(|record| record.kind == "TXT" && record.content.starts_with(MARK));
        Ok(Self { marks, records: records? })
    }

    /// What leads the domain somewhere.
    fn leading(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| record.leads())
    }

    fn says(&self, site: &Site, wanted: &Wanted) -> Observation {
        let (own, domain) = (mark(wanted), wanted.names().domain);
        if self.marks.iter().any(|mark| mark.content != own.content) {
            return Observation::Foreign { what: format!("{domain} with the mark of another tenant at {}", own.name) };
        }
        if self.marks.is_empty() {
            return match self.records.first() {
                None => Observation::Absent,
                Some(found) => Observation::Foreign { what: format!("{} at {domain} without this tenant's mark", found.in_words()) },
            };
        }
        let target = leading(site, wanted);
        let seen: Vec<String> = self.leading().map(Record::in_words).collect();
        if seen.is_empty() {
            return Observation::Partial { missing: target.in_words() };
        }
        let ttl = self.leading().map(|record| record.ttl).find(|ttl| *ttl != target.ttl);
        let differences = [
            Difference::unless(seen == [target.in_words()], "record", &seen.join(", "), &target.in_words()),
            ttl.map(|ttl| Difference::new("ttl", ttl.to_string(), target.ttl.to_string())),
        ];
        Observation::Ours { differences: differences.into_iter().flatten().collect(), detail: exactly(site, wanted) }
    }
}

fn exactly(site: &Site, wanted: &Wanted) -> String {
    format!("{}, at {}", leading(site, wanted).in_words(), site.platform.dns.provider())
}

/// Writes the mark where nothing was, and looks once more: the provider cannot do it only if nothing is there.
async fn take(site: &Site, wanted: &Wanted) -> Result<(), Failure> {
    let (dns, domain) = (&site.platform.dns, wanted.names().domain);
    dns.create(&mark(wanted)).await?;
    let seen = Seen::look(dns, wanted).await?;
    if seen.records.is_empty() && matches!(seen.says(site, wanted), Observation::Partial { .. }) {
        return Ok(());
    }
    // Somebody else took the name in the same moment: the mark must not make theirs ours.
    let own = mark(wanted).content;
    for mark in seen.marks.iter().filter(|mark| mark.content == own) {
        dns.delete(mark).await?;
    }
    Err(Failure::new(System::Dns, Trouble::Busy, format!("{domain} was taken meanwhile"))
        .saying(format!("{domain} was taken by somebody else in the same moment.")))
}

#[async_trait]
impl Resource for DnsRecord {
    fn kind(&self) -> ResourceKind {
        ResourceKind::DnsRecord
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.names().domain
    }

    fn exactly(&self, site: &Site, wanted: &Wanted) -> String {
        exactly(site, wanted)
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        self.look(site, wanted).await.seen
    }

    async fn look(&self, site: &Site, wanted: &Wanted) -> Looked {
        let found = match Seen::look(&site.platform.dns, wanted).await {
            Ok(found) => found,
            Err(failure) => return Err(failure).into(),
        };
        let seen = found.says(site, wanted);
        let record = RecordSeen {
            host: wanted.names().domain,
            leads_to: found.leading().map(Record::in_words).collect(),
            asked: site.platform.dns.provider().to_owned(),
            as_wanted: seen.is_as_wanted(),
        };
        Looked { seen: Ok(seen), evidence: Some(Evidence::Record(Domain::Default, record)) }
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, _: &Observation) -> Result<(), Failure> {
        let (dns, target) = (&site.platform.dns, leading(site, wanted));
        let found = Seen::look(dns, wanted).await?;
        match found.says(site, wanted) {
            Observation::Foreign { what } => Err(Failure::foreign(System::Dns, &what)),
            Observation::Absent => {
                take(site, wanted).await?;
                dns.create(&target).await
            }
            Observation::Partial { .. } => dns.create(&target).await,
            Observation::Ours { differences, .. } if differences.is_empty() => Ok(()),
            Observation::Ours { .. } => {
                let mut records: Vec<&Record> = found.leading().collect();
                // The one that is nearest to what is wanted becomes it, last: a CNAME cannot stand beside others.
                records.sort_by_key(|record| (record.content == target.content, record.kind == target.kind));
                let Some((nearest, others)) = records.split_last() else { return dns.create(&target).await };
                for other in others {
                    dns.delete(other).await?;
                }
                dns.change(nearest, &target).await
            }
        }
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let dns = &site.platform.dns;
        let found = Seen::look(dns, wanted).await?;
        match found.says(site, wanted) {
            Observation::Absent => Ok(()),
            Observation::Foreign { what } => Err(Failure::foreign(System::Dns, &what)),
            Observation::Ours { .. } | Observation::Partial { .. } => {
                for record in found.leading() {
                    dns.delete(record).await?;
                }
                for mark in &found.marks {
                    dns.delete(mark).await?;
                }
                Ok(())
            }
        }
    }
}
