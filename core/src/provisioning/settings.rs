//! What every tenant's resources share: settings of the platform, not of a tenant.

use super::cells::Cells;
use crate::platform::Secret;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use steward_domain::limits::Limits;

/// Settings of the platform.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Tenants' domains lie below it: `inosec.com`.
    pub base_domain: String,
    /// How tenants' domains are served.
    pub domains: Domains,
    /// The Keycloak clusters that realms are placed on.
    pub cells: Cells,
    /// How much all tenants together may ask for; none means that head-room is not checked.
    pub capacity: Option<Capacity>,
    /// Where people open the systems.
    pub links: Links,
    /// Who sends mails.
    pub mail: MailSender,
    /// What the tenants' Prometheus datasource points to.
    pub prometheus_url: String,
    /// What the tenants' Loki datasource points to.
    pub loki_url: String,
    /// `https://steward.inosec.com`: where people reach the console, and Keycloak's pages and mails the tenants' logos.
    pub public_url: String,
}

/// How tenants' domains are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domains {
    /// What they point to: an address, or a name.
    pub target: String,
    /// For how long a certificate is asked for.
    pub certificate_life: Duration,
    /// The IngressClass of their Ingresses.
    pub ingress_class: String,
    /// The Service that they lead to, and its port.
    pub service: (String, u16),
}

impl Domains {
    /// For how long certificates are asked for: 90 days. They are renewed when two thirds have passed.
    pub const CERTIFICATE_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
}

/// The sum of limits that the platform is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// CPU cores.
    pub cpu: u64,
    /// Memory in GiB.
    pub memory_gib: u64,
    /// Storage in GiB.
    pub storage_gib: u64,
    /// GPUs.
    pub gpu: u64,
}

impl Capacity {
    /// What is left of it without some limits.
    #[must_use]
    pub fn without(self, limits: &Limits) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(u64::from(limits.cpu)),
            memory_gib: self.memory_gib.saturating_sub(u64::from(limits.memory_gib)),
            storage_gib: self.storage_gib.saturating_sub(u64::from(limits.storage_gib)),
            gpu: self.gpu.saturating_sub(u64::from(limits.gpu)),
        }
    }

    /// The figures beside those of some limits, with label and unit, in the order of forms.
    #[must_use]
    pub fn beside(&self, limits: &Limits) -> [(&'static str, &'static str, u64, u64); 4] {
        [
            ("CPU", "cores", self.cpu, u64::from(limits.cpu)),
            ("Memory", "GiB", self.memory_gib, u64::from(limits.memory_gib)),
            ("Storage", "GiB", self.storage_gib, u64::from(limits.storage_gib)),
            ("GPU", "GPUs", self.gpu, u64::from(limits.gpu)),
        ]
    }
}

/// Public addresses of the systems' own consoles, without a path. None: no link is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The admin console of Keycloak's first cell; the further ones have their own.
    pub keycloak: Option<String>,
    /// OpenBao's interface.
    pub openbao: Option<String>,
    /// A dashboard of the cluster.
    pub kubernetes: Option<String>,
    /// Grafana.
    pub grafana: Option<String>,
}

/// Who sends Steward's mails and the realms', and through which server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSender {
    /// Host of the mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The sender's address.
    pub from: String,
    /// The address that people write to: mails are answered there.
    pub support: String,
    /// How the connection is kept from others.
    pub security: MailSecurity,
    /// User and password, for Steward's own mails. The realms get none: whoever administers a realm could make it hand them out.
    pub credentials: Option<(String, Secret)>,
}

impl MailSender {
    /// A sender through a server beside Steward: no encryption, no user. People write to the address that mails come from.
    #[must_use]
    pub fn through(host: String, port: u16, from: String) -> Self {
        Self { host, port, support: from.clone(), from, security: MailSecurity::None, credentials: None }
    }
}

/// How a connection to the mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailSecurity {
    /// Not at all: for a server beside Steward.
    None,
    /// It begins in clear and goes on encrypted, or not at all.
    StartTls,
    /// Encrypted from the first byte.
    Tls,
}

impl MailSecurity {
    /// Every way.
    pub const ALL: [MailSecurity; 3] = [MailSecurity::None, MailSecurity::StartTls, MailSecurity::Tls];

    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            MailSecurity::None => "none",
            MailSecurity::StartTls => "starttls",
            MailSecurity::Tls => "tls",
        }
    }

    /// The one of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        MailSecurity::ALL.into_iter().find(|security| security.as_str() == word)
    }
}
