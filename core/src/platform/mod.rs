//! Clients of the outside systems: one file per system, the client and nothing else.
//!
//! They know addresses, credentials and how each system says that it failed. They never know what a tenant is: that is
//! `provisioning`'s business. Every failure becomes a [`Failure`] whose cause a person can read and whose log half is never shown.
//!
//! Start reading at [`Platform`], then [`failure`].

pub mod failure;
mod grafana;
pub mod http;
mod keycloak;
mod kubernetes;
mod openbao;
mod secret;

pub use failure::{Failure, Trouble};
pub use grafana::{Grafana, GrafanaSettings};
pub use keycloak::{Keycloak, KeycloakSettings};
pub use kubernetes::{FIELD_MANAGER, Kubernetes, KubernetesSettings};
pub use openbao::{KvMetadata, OpenBao, OpenBaoSettings};
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
}

impl Platform {
    /// Builds the clients. Nothing is called yet: a system that is away now is waited for when it is needed.
    ///
    /// # Errors
    /// When a setting cannot be used: an address that is none, a kubeconfig that cannot be read.
    pub async fn new(settings: PlatformSettings) -> Result<Self, Failure> {
        Ok(Self {
            keycloak: Keycloak::new(settings.keycloak)?,
            openbao: OpenBao::new(settings.openbao)?,
            kubernetes: Kubernetes::new(settings.kubernetes).await?,
            grafana: Grafana::new(settings.grafana)?,
        })
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
        }
    }
}
