//! Whether a domain works: a TLS handshake with the ingress controller, as a browser would make it, must show exactly the certificate
//! that is kept, with a chain that leads to the CA. A handshake alone proves nothing: for a name without a certificate the ingress
//! controller serves its default one. Nothing is made here.

use super::certificate::{self, Place};
use super::evidence::{Evidence, HandshakeSeen, Looked};
use super::{Domain, Observation, Resource, resource};
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
pub(super) struct Validation(pub(super) Domain);

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

/// What a handshake showed, as it is kept.
fn evidence(site: &Site, host: &str, serial: Option<String>, holds: bool, result: String) -> HandshakeSeen {
    HandshakeSeen { host: host.to_owned(), address: site.platform.ingress.address().to_owned(), serial, holds, result }
}

impl Validation {
    /// A handshake, and what follows from it.
    async fn shake_hands(&self, site: &Site, wanted: &Wanted, host: &str) -> Looked {
        let openbao = &site.platform.openbao;
        let (place, authority) = tokio::join!(certificate::look(openbao, self.0, wanted), openbao.certificate_authority());
        let (place, authority) = match (place, authority) {
            (Ok(place), Ok(authority)) => (place, authority),
            (Err(failure), _) | (_, Err(failure)) => return Err(failure).into(),
        };
        let served = match site.platform.ingress.handshake(host, &authority).await {
            Ok(served) => served,
            Err(failure) => {
                let seen = evidence(site, host, None, false, failure.cause.what.trim_end_matches('.').to_owned());
                return Looked { seen: Err(failure), evidence: Some(Evidence::Handshake(self.0, seen)) };
            }
        };
        let kept = match &place {
            Place::Kept(kept) => Some(kept.serial.as_str()),
            _ => None,
        };
        let handshake = match &served {
            Served::Verified { certificate, protocol } => {
                let result = format!("{protocol}, chain verified");
                let holds = kept == Some(certificate.serial.as_str());
                evidence(site, host, Some(certificate.serial.clone()), holds, result)
            }
            Served::Other { certificate, why } => {
                let result = format!("{} does not hold: {why}", certificate.subject);
                evidence(site, host, Some(certificate.serial.clone()), false, result)
            }
            Served::Nothing { why } => evidence(site, host, None, false, format!("the name is refused ({why})")),
        };
        Looked { seen: self.judge(site, wanted, host, place, &served).await, evidence: Some(Evidence::Handshake(self.0, handshake)) }
    }

    async fn judge(&self, site: &Site, wanted: &Wanted, host: &str, place: Place, served: &Served) -> Result<Observation, Failure> {
        let (certificate, verdict) = match served {
            Served::Verified { certificate, protocol } if certificate.names_exactly(host) => (certificate, Ok(*protocol)),
            Served::Other { certificate, why } if certificate.names_exactly(host) => (certificate, Err(why)),
            // Its default certificate, or one for many names. As long as the Ingress is there, something is wrong with it.
            other => {
                return Ok(match resource(self.0.ingress()).observe(site, wanted).await? {
                    Observation::Ours { .. } => {
                        Observation::Partial { missing: format!("the certificate of {host}: {}", something_else(other)) }
                    }
                    _ => Observation::Absent,
                });
            }
        };
        let Place::Kept(kept) = place else {
            return Ok(Observation::Foreign { what: format!("certificate with {}, served for {host}", in_words(certificate)) });
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
}

#[async_trait]
impl Resource for Validation {
    fn kind(&self) -> ResourceKind {
        self.0.validation()
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        self.0.shown(wanted)
    }

    fn exactly(&self, site: &Site, _: &Wanted) -> String {
        format!("{} serves the certificate, chain verified", site.platform.ingress.address())
    }

    fn makes_something(&self) -> bool {
        false
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        self.look(site, wanted).await.seen
    }

    async fn look(&self, site: &Site, wanted: &Wanted) -> Looked {
        match self.0.host(wanted) {
            Some(host) => self.shake_hands(site, wanted, &host).await,
            // Without a domain there is nothing to ask for.
            None => Ok(Observation::Absent).into(),
        }
    }

    /// Waits until the ingress controller serves what was deployed.
    async fn bring_about(&self, site: &Site, wanted: &Wanted, _: &Observation) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            let seen = self.observe(site, wanted).await?;
            if let Observation::Foreign { what } = &seen {
                return Err(Failure::foreign(System::Ingress, what));
            }
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
