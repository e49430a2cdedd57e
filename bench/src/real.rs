//! The real systems of the instance, with the credentials that Steward has of them.

use crate::fixture::variable;
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeMap;
use std::sync::Arc;
use steward_core::platform::{
    CallLimits, CloudflareSettings, DnsSettings, GrafanaSettings, IngressSettings, KeycloakSettings, KubernetesSettings, OpenBaoSettings,
    Platform, PlatformSettings, ResolverSettings, Secret,
};
use steward_core::provisioning::{Cells, Domains, Links, MailSender, Settings, Site};

/// Below it lie the tenants' domains.
pub const BASE_DOMAIN: &str = "inosec.com";

fn secret(name: &str) -> Result<Secret> {
    let path = variable(name)?;
    Ok(Secret::new(std::fs::read_to_string(&path).with_context(|| path.clone())?.trim().to_owned()))
}

async fn platform() -> Result<Platform> {
    let settings = PlatformSettings {
        keycloak: KeycloakSettings {
            url: variable("STEWARD_KEYCLOAK_URL")?,
            client_id: variable("STEWARD_KEYCLOAK_CLIENT_ID")?,
            client_secret: secret("STEWARD_KEYCLOAK_CLIENT_SECRET_FILE")?,
        },
        cells: BTreeMap::new(),
        openbao: OpenBaoSettings {
            url: variable("STEWARD_VAULT_URL")?,
            role_id: variable("STEWARD_VAULT_ROLE_ID")?,
            secret_id: secret("STEWARD_VAULT_SECRET_ID_FILE")?,
            approle_mount: "approle".into(),
            kv_mount: "secret".into(),
            transit_mount: "transit".into(),
            pki_mount: variable("STEWARD_PKI_MOUNT")?,
            pki_role: variable("STEWARD_PKI_ROLE")?,
            pki_custom_role: variable("STEWARD_PKI_CUSTOM_ROLE")?,
        },
        kubernetes: KubernetesSettings { kubeconfig: variable("STEWARD_KUBECONFIG")?.into() },
        grafana: GrafanaSettings { url: variable("STEWARD_GRAFANA_URL")?, token: secret("STEWARD_GRAFANA_TOKEN_FILE")? },
        dns: DnsSettings::Cloudflare(CloudflareSettings {
            url: variable("STEWARD_CLOUDFLARE_URL")?,
            zone_id: variable("STEWARD_CLOUDFLARE_ZONE_ID")?,
            token: secret("STEWARD_CLOUDFLARE_TOKEN_FILE")?,
        }),
        ingress: IngressSettings { address: variable("STEWARD_INGRESS_ADDRESS")? },
        resolver: ResolverSettings { server: None },
        calls: CallLimits::default(),
    };
    Platform::new(settings).await.map_err(|failure| anyhow!("{}: {}", failure.cause.what, failure.log))
}

fn settings() -> Result<Settings> {
    Ok(Settings {
        base_domain: BASE_DOMAIN.into(),
        domains: Domains {
            target: variable("STEWARD_DNS_TARGET")?,
            certificate_life: Domains::CERTIFICATE_LIFE,
            ingress_class: variable("STEWARD_INGRESS_CLASS")?,
            service: (variable("STEWARD_INGRESS_SERVICE")?, 80),
        },
        cells: Cells::default(),
        capacity: None,
        links: Links::default(),
        mail: MailSender::through(variable("STEWARD_SMTP_HOST")?, variable("STEWARD_SMTP_PORT")?.parse()?, variable("STEWARD_SMTP_FROM")?),
        prometheus_url: variable("STEWARD_PROMETHEUS_URL")?,
        loki_url: variable("STEWARD_LOKI_URL")?,
        public_url: "https://steward.example".into(),
    })
}

/// The real systems, and what they are told about each other.
///
/// # Errors
/// When the instance's environment is missing.
pub async fn site() -> Result<Site> {
    Ok(Site::real(Arc::new(platform().await?), Arc::new(settings()?), steward_core::context::Context::default()))
}
