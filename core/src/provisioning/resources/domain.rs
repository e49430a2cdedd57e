//! The two domains that a tenant may have, and what belongs to each: so that one implementation serves both.

use crate::provisioning::wanted::Wanted;
use serde::{Deserialize, Serialize};
use steward_domain::resource::ResourceKind;

/// Which of a tenant's domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Domain {
    /// Its short name below the base domain: every tenant has it.
    Default,
    /// The customer's own, if it has one.
    Custom,
}

impl Domain {
    /// Both, in the order of pages.
    pub const ALL: [Domain; 2] = [Domain::Default, Domain::Custom];

    /// The name in the database and in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Domain::Default => "default",
            Domain::Custom => "custom",
        }
    }

    /// The domain of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Domain> {
        Domain::ALL.into_iter().find(|domain| domain.as_str() == name)
    }

    /// Its host name; none if the tenant is to have no such domain.
    pub(in crate::provisioning) fn host(self, wanted: &Wanted) -> Option<String> {
        match self {
            Domain::Default => Some(wanted.names().domain),
            Domain::Custom => wanted.custom_domain.as_ref().map(|wish| wish.host.to_string()),
        }
    }

    /// Its host name for people and logs.
    pub(super) fn shown(self, wanted: &Wanted) -> String {
        self.host(wanted).unwrap_or_else(|| "the custom domain".to_owned())
    }

    /// Where its key and certificate are kept, below the KV mount.
    pub(super) fn certificate_path(self, wanted: &Wanted) -> String {
        match self {
            Domain::Default => wanted.names().certificate,
            Domain::Custom => wanted.names().custom_certificate,
        }
    }

    /// The name of its TLS secret: Steward's rights are for these alone.
    pub(super) const fn tls_secret_name(self) -> &'static str {
        match self {
            Domain::Default => "domain-tls",
            Domain::Custom => "custom-domain-tls",
        }
    }

    /// The kind that looks after its record.
    pub(in crate::provisioning) const fn record(self) -> ResourceKind {
        match self {
            Domain::Default => ResourceKind::DnsRecord,
            Domain::Custom => ResourceKind::CustomDomain,
        }
    }

    /// The kind of its certificate.
    pub(in crate::provisioning) const fn certificate(self) -> ResourceKind {
        match self {
            Domain::Default => ResourceKind::Certificate,
            Domain::Custom => ResourceKind::CustomCertificate,
        }
    }

    /// The kind of its TLS secret.
    pub(super) const fn tls_secret(self) -> ResourceKind {
        match self {
            Domain::Default => ResourceKind::TlsSecret,
            Domain::Custom => ResourceKind::CustomTlsSecret,
        }
    }

    /// The kind of its Ingress.
    pub(super) const fn ingress(self) -> ResourceKind {
        match self {
            Domain::Default => ResourceKind::Ingress,
            Domain::Custom => ResourceKind::CustomIngress,
        }
    }

    /// The kind of its validation.
    pub(in crate::provisioning) const fn validation(self) -> ResourceKind {
        match self {
            Domain::Default => ResourceKind::Validation,
            Domain::Custom => ResourceKind::CustomValidation,
        }
    }
}
