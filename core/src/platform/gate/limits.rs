//! How many calls each system may have at the same time, from one process.

use steward_domain::system::System;

/// The limits of one gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLimits {
    /// Calls at the same time.
    pub calls: u32,
    /// Heavy ones among them; none if the system knows no such thing.
    pub heavy: Option<u32>,
}

impl GateLimits {
    /// So many calls, none of them heavy.
    #[must_use]
    pub const fn of(calls: u32) -> Self {
        Self { calls, heavy: None }
    }
}

/// The limits of every system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// Keycloak. Making a realm is heavy: it is mostly making the realm's keys, which takes a processor of Keycloak's for seconds. More at
    /// once are no faster, they only run into the time limit together, and Keycloak goes on with those given up.
    pub keycloak: GateLimits,
    /// OpenBao or Vault.
    pub openbao: GateLimits,
    /// Kubernetes.
    pub kubernetes: GateLimits,
    /// Grafana.
    pub grafana: GateLimits,
    /// DNS.
    pub dns: GateLimits,
    /// The ingress controller.
    pub ingress: GateLimits,
}

impl CallLimits {
    /// Those of one system.
    pub const fn of_mut(&mut self, system: System) -> &mut GateLimits {
        match system {
            System::Keycloak => &mut self.keycloak,
            System::OpenBao => &mut self.openbao,
            System::Kubernetes => &mut self.kubernetes,
            System::Grafana => &mut self.grafana,
            System::Dns => &mut self.dns,
            System::Ingress => &mut self.ingress,
        }
    }
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            keycloak: GateLimits { calls: 8, heavy: Some(2) },
            openbao: GateLimits::of(32),
            kubernetes: GateLimits::of(32),
            grafana: GateLimits::of(16),
            dns: GateLimits::of(8),
            ingress: GateLimits::of(32),
        }
    }
}
