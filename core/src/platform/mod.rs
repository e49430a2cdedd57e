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
mod keycloak;
mod kubernetes;
mod openbao;
mod secret;

pub use certificate::{Certificate, CertificateAuthority, DoesNotHold, key_is_its_own};
pub use dns::{Answered, CloudflareSettings, Dns, DnsSettings, PowerDnsSettings, Record};
pub use examination::Finding;
pub use failure::{Failure, Trouble};
pub use gate::{CallLimits, Circuit, Errand, Gate, GateLimits, GateReport, Heard, Lane, MINUTES, quantile};
pub use grafana::{Grafana, GrafanaSettings};
pub use ingress::{Ingress, IngressSettings, Served};
pub use keycloak::{Keycloak, KeycloakSettings};
pub use kubernetes::{FIELD_MANAGER, Kubernetes, KubernetesSettings};
pub use openbao::{Issued, KvMetadata, OpenBao, OpenBaoSettings};
pub use secret::Secret;

use steward_domain::system::System;

/// Where the systems are and how Steward signs in there.
#[derive(Clone, Debug)]
pub struct PlatformSettings {
    /// Keycloak.
    pub keycloak: KeycloakSettings,
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
    /// How many calls each may have at the same time.
    pub calls: CallLimits,
}

/// The clients of all systems. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Platform {
    /// Keycloak.
    pub keycloak: Keycloak,
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
}

impl Platform {
    /// Builds the clients. Nothing is called yet: a system that is away now is waited for when it is needed.
    ///
    /// # Errors
    /// When a setting cannot be used: an address that is none, a kubeconfig that cannot be read.
    pub async fn new(settings: PlatformSettings) -> Result<Self, Failure> {
        let calls = settings.calls;
        let gate = |system: System, limits| Gate::new(system, system.as_str(), limits);
        Ok(Self {
            keycloak: Keycloak::new(settings.keycloak)?.through(gate(System::Keycloak, calls.keycloak)),
            openbao: OpenBao::new(settings.openbao)?.through(gate(System::OpenBao, calls.openbao)),
            kubernetes: Kubernetes::new(settings.kubernetes).await?.through(gate(System::Kubernetes, calls.kubernetes)),
            grafana: Grafana::new(settings.grafana)?.through(gate(System::Grafana, calls.grafana)),
            dns: Dns::new(settings.dns)?.through(gate(System::Dns, calls.dns)),
            ingress: Ingress::new(settings.ingress).through(gate(System::Ingress, calls.ingress)),
        })
    }

    /// Every gate, in the order in which pages list the systems.
    #[must_use]
    pub fn gates(&self) -> Vec<&Gate> {
        vec![self.kubernetes.gate(), self.keycloak.gate(), self.openbao.gate(), self.grafana.gate(), self.dns.gate(), self.ingress.gate()]
    }

    /// Whether a system can be reached and says that it is ready. It uses no credentials.
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
