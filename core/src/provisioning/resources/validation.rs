//! Whether the domain works: a TLS handshake with the ingress controller, as a browser would make it, must show exactly the certificate
//! that is kept, with a chain that leads to the CA. A handshake alone proves nothing: for a name without a certificate the ingress
//! controller serves its default one. Nothing is made here.

use super::certificate::{self, Place};
use super::{Observation, Resource, refuse_foreign, resource};
use crate::platform::{Certificate, Failure, Served, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use std::time::Duration;
use steward_domain::difference::Difference;
use steward_domain::moment;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;
use tokio::time::Instant;

/// How long the ingress controller may take to serve what was just deployed.
const SERVED_WITHIN: Duration = Duration::from_secs(10);
/// The pause between two handshakes meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

/// The kind.
pub(super) struct Validation;

fn in_words(certificate: &Certificate) -> String {
    format!("serial {} by {}", certificate.serial, certificate.issuer)
}

/// What is served, if it is not for this domain, in words.
fn something_else(served: &Served) -> String {
    match served {
        Served::Verified { certificate, .. } | Served::Other { certificate, .. } => format!("{} is served", certificate.subject),
        Served::Nothing { why } => format!("the name is refused ({why})"),
    }
}

#[async_trait]
impl Resource for Validation {
    fn kind(&self) -> ResourceKind {
        ResourceKind::Validation
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.names().domain
    }

    fn exactly(&self, site: &Site, _: &Wanted) -> String {
        format!("{} serves the certificate, chain verified", site.platform.ingress.address())
    }

    fn makes_something(&self) -> bool {
        false
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let domain = wanted.names().domain;
        let (place, authority) =
            tokio::join!(certificate::look(&site.platform.openbao, wanted), site.platform.openbao.certificate_authority());
        let (place, authority) = (place?, authority?);
        let served = site.platform.ingress.handshake(&domain, &authority).await?;
        let (certificate, verdict) = match &served {
            Served::Verified { certificate, protocol } if certificate.names_exactly(&domain) => (certificate, Ok(*protocol)),
            Served::Other { certificate, why } if certificate.names_exactly(&domain) => (certificate, Err(why)),
            // Its default certificate, or one for many names. As long as the Ingress is there, something is wrong with it.
            other => {
                return Ok(match resource(ResourceKind::Ingress).observe(site, wanted).await? {
                    Observation::Ours { .. } => {
                        Observation::Partial { missing: format!("the certificate of {domain}: {}", something_else(other)) }
                    }
                    _ => Observation::Absent,
                });
            }
        };
        let Place::Kept(kept) = place else {
            return Ok(Observation::Foreign { what: format!("certificate with {}, served for {domain}", in_words(certificate)) });
        };
        let serial = format!("serial {}", kept.serial);
        let differences = [
            Difference::unless(certificate.serial == kept.serial, "served certificate", &in_words(certificate), &serial),
            verdict.err().map(|why| Difference::new("handshake", why, "chain verified")),
        ];
        let verdict = verdict.map_or_else(Clone::clone, |protocol| format!("{protocol}, chain verified"));
        Ok(Observation::Ours {
            differences: differences.into_iter().flatten().collect(),
            detail: format!("serial {}, until {}, {verdict}", certificate.serial, moment::date(certificate.not_after)),
        })
    }

    /// Waits until the ingress controller serves what was deployed.
    async fn apply(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        refuse_foreign(self.kind(), seen)?;
        let began = Instant::now();
        loop {
            let seen = self.observe(site, wanted).await?;
            refuse_foreign(self.kind(), &seen)?;
            if seen.is_as_wanted() {
                return Ok(());
            }
            if began.elapsed() >= SERVED_WITHIN {
                return Err(Failure::new(System::Ingress, Trouble::NotAsWanted, format!("{seen:?}")).saying(told(&seen)));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn remove(&self, _: &Site, _: &Wanted) -> Result<(), Failure> {
        Ok(())
    }
}

/// What is wrong, as a sentence.
fn told(seen: &Observation) -> String {
    match seen {
        Observation::Partial { missing } => format!("The ingress controller does not serve {missing}."),
        Observation::Ours { differences, .. } => {
            let all: Vec<String> = differences.iter().map(|it| format!("{}: {} instead of {}", it.field, it.seen, it.wanted)).collect();
            format!("The ingress controller serves something else than was deployed: {}.", all.join("; "))
        }
        _ => "The ingress controller serves nothing of the tenant's: its Ingress is not there.".to_owned(),
    }
}
