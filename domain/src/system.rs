//! The outside systems in which a tenant has resources.

use crate::role::Role;
use serde::{Deserialize, Serialize};

/// A system that Steward drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// Realms, roles, sign-in flows, the first administrator.
    Keycloak,
    /// Namespaces, quotas, limit ranges, network policies.
    Kubernetes,
    /// OpenBao or Vault: they speak one API.
    #[serde(rename = "openbao")]
    OpenBao,
    /// Folders, datasources, dashboards.
    Grafana,
    /// The records of tenants' domains, at Cloudflare or PowerDNS.
    Dns,
    /// What terminates TLS for tenants' domains.
    Ingress,
}

impl System {
    /// Every system, in the order in which pages list them.
    pub const ALL: [System; 6] = [System::Kubernetes, System::Keycloak, System::OpenBao, System::Grafana, System::Dns, System::Ingress];

    /// The name in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            System::Keycloak => "keycloak",
            System::Kubernetes => "kubernetes",
            System::OpenBao => "openbao",
            System::Grafana => "grafana",
            System::Dns => "dns",
            System::Ingress => "ingress",
        }
    }

    /// The system's own name, for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            System::Keycloak => "Keycloak",
            System::Kubernetes => "Kubernetes",
            System::OpenBao => "OpenBao",
            System::Grafana => "Grafana",
            System::Dns => "DNS",
            System::Ingress => "Ingress controller",
        }
    }

    /// The area of the error codes that concern this system (LOOK.md, "Words").
    #[must_use]
    pub const fn code_area(self) -> &'static str {
        match self {
            System::Keycloak => "KEY",
            System::Kubernetes => "K8S",
            System::OpenBao => "VLT",
            System::Grafana => "GRA",
            System::Dns => "DNS",
            System::Ingress => "ING",
        }
    }

    /// Who runs the system and is asked when it is away.
    #[must_use]
    pub const fn owner(self) -> Role {
        Role::Sre
    }

    /// The system of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<System> {
        System::ALL.into_iter().find(|system| system.as_str() == name)
    }
}

impl std::fmt::Display for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.label())
    }
}
