//! Clients of the outside systems: one file per system, the client and nothing else.
//!
//! They know addresses, credentials and how each system says that it failed. They never know what a tenant is: that is
//! `provisioning`'s business. Every failure becomes a [`Failure`] whose cause a person can read and whose log half is never shown.
//!
//! Start reading at [`Platform`], then [`failure`].

mod certificate;
mod dns;
mod examination;
pub mod failure;
mod gate;
mod grafana;
pub mod http;
mod ingress;
mod instance;
mod keycloak;
mod kubernetes;
mod openbao;
mod resolver;
mod secret;

pub use certificate::{Certificate, CertificateAuthority, DoesNotHold, key_is_its_own};
pub use dns::{Answered, CloudflareSettings, Dns, DnsSettings, PowerDnsSettings, Record};
pub use examination::Finding;
pub use failure::{Failure, Trouble};
pub use gate::{CallLimits, Circuit, Errand, Gate, GateLimits, GateReport, Heard, Lane, MINUTES, quantile};
pub use grafana::{Grafana, GrafanaSettings};
pub use ingress::{Ingress, IngressSettings, Served};
pub use instance::Instance;
pub use keycloak::{Keycloak, KeycloakSettings};
pub use kubernetes::{FIELD_MANAGER, Kubernetes, KubernetesSettings};
pub use openbao::{Issued, Issuer, KvMetadata, OpenBao, OpenBaoSettings};
pub use resolver::{Answer, Resolver, ResolverSettings};
pub use secret::Secret;

use std::collections::BTreeMap;
use steward_domain::system::System;

/// Where the systems are and how Steward signs in there.
#[derive(Clone, Debug)]
pub struct PlatformSettings {
    /// Keycloak, the first cell.
    pub keycloak: KeycloakSettings,
    /// Its further cells, by name.
    pub cells: BTreeMap<String, KeycloakSettings>,
    /// OpenBao or Vault.
    pub openbao: OpenBaoSettings,
    /// Kubernetes.
    pub kubernetes: KubernetesSettings,
    /// Grafana.
    pub grafana: GrafanaSettings,
    /// DNS.
    pub dns: DnsSettings,
    /// The ingress controller.
    pub ingress: IngressSettings,
    /// Who is asked what the DNS of others says.
    pub resolver: ResolverSettings,
    /// How many calls each may have at the same time.
    pub calls: CallLimits,
}

/// The clients of all systems. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Platform {
    /// Keycloak, the first cell.
    pub keycloak: Keycloak,
    /// Its further cells, by name.
    pub cells: BTreeMap<String, Keycloak>,
    /// OpenBao or Vault.
    pub openbao: OpenBao,
    /// Kubernetes.
    pub kubernetes: Kubernetes,
    /// Grafana.
    pub grafana: Grafana,
    /// DNS.
    pub dns: Dns,
    /// The ingress controller.
    pub ingress: Ingress,
    /// What the DNS of others says.
    pub resolver: Resolver,
}

impl Platform {
    /// Builds the clients. Nothing is called yet: a system that is away now is waited for when it is needed.
    ///
    /// # Errors
    /// When a setting cannot be used: an address that is none, a kubeconfig that cannot be read.
    pub async fn new(settings: PlatformSettings) -> Result<Self, Failure> {
        let calls = settings.calls;
        let gate = |system: System, limits| Gate::new(system, system.as_str(), limits);
        let cells = settings.cells.into_iter().map(|(name, cell)| {
            let gate = Gate::new(System::Keycloak, &name, calls.keycloak);
            Ok((name, Keycloak::new(cell)?.through(gate)))
        });
        Ok(Self {
            keycloak: Keycloak::new(settings.keycloak)?.through(gate(System::Keycloak, calls.keycloak)),
            cells: cells.collect::<Result<_, Failure>>()?,
            openbao: OpenBao::new(settings.openbao)?.through(gate(System::OpenBao, calls.openbao)),
            kubernetes: Kubernetes::new(settings.kubernetes).await?.through(gate(System::Kubernetes, calls.kubernetes)),
            grafana: Grafana::new(settings.grafana)?.through(gate(System::Grafana, calls.grafana)),
            dns: Dns::new(settings.dns)?.through(gate(System::Dns, calls.dns)),
            ingress: Ingress::new(settings.ingress).through(gate(System::Ingress, calls.ingress)),
            resolver: Resolver::new(&settings.resolver),
        })
    }

    /// Every gate, in the order in which pages list the systems; the further cells of Keycloak come last.
    #[must_use]
    pub fn gates(&self) -> Vec<&Gate> {
        let mut gates = vec![
            self.kubernetes.gate(),
            self.keycloak.gate(),
            self.openbao.gate(),
            self.grafana.gate(),
            self.dns.gate(),
            self.ingress.gate(),
        ];
        gates.extend(self.cells.values().map(Keycloak::gate));
        gates
    }

    /// As [`Platform::reach`]; of Keycloak, the cell that is meant. A cell that is not configured is missing, not away.
    ///
    /// # Errors
    /// When it cannot be reached, or says that it is not ready.
    pub async fn reach_instance(&self, at: &Instance) -> Result<(), Failure> {
        match &at.cell {
            None => self.reach(at.system).await,
            Some(name) => self.cells.get(name).ok_or_else(|| Failure::unknown_cell(name))?.reach().await.map_err(|failure| failure.at(at)),
        }
    }

    /// Every system once, and every further cell of Keycloak.
    #[must_use]
    pub fn instances(&self) -> Vec<Instance> {
        System::ALL.into_iter().map(Instance::from).chain(self.cells.keys().map(Instance::cell)).collect()
    }

    /// Whether a system can be reached and says that it is ready; of Keycloak, its first cell. It uses no credentials.
    ///
    /// # Errors
    /// When it cannot, or says that it is not.
    pub async fn reach(&self, system: System) -> Result<(), Failure> {
        match system {
            System::Keycloak => self.keycloak.reach().await,
            System::Kubernetes => self.kubernetes.reach().await,
            System::OpenBao => self.openbao.reach().await,
            System::Grafana => self.grafana.reach().await,
            System::Dns => self.dns.reach().await,
            System::Ingress => self.ingress.reach().await,
        }
    }
}
