//! What a look at a domain saw, in a form that can be kept and shown. It says what was, never what should be; never a key.

use super::{Domain, Observation};
use crate::platform::{Certificate, Failure};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a look gave: what follows for the plan, and what is worth keeping of it.
#[derive(Debug)]
pub struct Looked {
    /// What is in the place of the resource.
    pub seen: Result<Observation, Failure>,
    /// What was seen of a domain, if the kind has to do with one.
    pub evidence: Option<Evidence>,
}

impl From<Result<Observation, Failure>> for Looked {
    fn from(seen: Result<Observation, Failure>) -> Self {
        Self { seen, evidence: None }
    }
}

/// What was seen of one of a tenant's domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// What its name leads to.
    Record(Domain, RecordSeen),
    /// The certificate that is kept.
    Certificate(Domain, CertificateSeen),
    /// What is served.
    Handshake(Domain, HandshakeSeen),
}

impl Evidence {
    /// Of which domain.
    #[must_use]
    pub const fn domain(&self) -> Domain {
        match self {
            Evidence::Record(domain, _) | Evidence::Certificate(domain, _) | Evidence::Handshake(domain, _) => *domain,
        }
    }
}

/// The records of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSeen {
    /// The name.
    pub host: String,
    /// What it leads to: "CNAME to ingress.inosec.com". Empty if it leads nowhere.
    pub leads_to: Vec<String>,
    /// Where that was looked up: "Cloudflare".
    pub asked: String,
    /// Whether it leads where it should.
    pub as_wanted: bool,
}

impl RecordSeen {
    /// As a sentence for people.
    #[must_use]
    pub fn in_words(&self) -> String {
        let seen = if self.leads_to.is_empty() { "leads nowhere".to_owned() } else { self.leads_to.join(", ") };
        format!("{}: {seen}", self.asked)
    }
}

/// A certificate that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSeen {
    /// The serial number: "3f:a0:…".
    pub serial: String,
    /// Who issued it.
    pub issuer: String,
    /// The host names that it is for.
    pub names: Vec<String>,
    /// From when on it holds.
    pub not_before: DateTime<Utc>,
    /// Until when it holds.
    pub not_after: DateTime<Utc>,
    /// When it is renewed.
    pub renews_at: DateTime<Utc>,
    /// Of what kind its key is.
    pub key_algorithm: String,
    /// SHA-256 over it.
    pub fingerprint: String,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl CertificateSeen {
    pub(super) fn of(leaf: &Certificate, revoked: bool) -> Self {
        Self {
            serial: leaf.serial.clone(),
            issuer: leaf.issuer.clone(),
            names: leaf.names.clone(),
            not_before: leaf.not_before,
            not_after: leaf.not_after,
            renews_at: leaf.renewal_due_at(),
            key_algorithm: leaf.key_algorithm.clone(),
            fingerprint: leaf.fingerprint.clone(),
            revoked,
        }
    }
}

/// A handshake with the ingress controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandshakeSeen {
    /// The name that was asked for.
    pub host: String,
    /// Where.
    pub address: String,
    /// The serial number of the certificate that was served.
    pub serial: Option<String>,
    /// Whether that is the one that is kept, and its chain holds.
    pub holds: bool,
    /// How it went: "TLS 1.3, chain verified", "it has expired".
    pub result: String,
}

impl HandshakeSeen {
    /// As a sentence for people.
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.serial {
            Some(serial) => format!("{}, serial {serial} is served", self.result),
            None => self.result.clone(),
        }
    }
}
