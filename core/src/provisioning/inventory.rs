//! The inventory of a tenant: what it has in each system, as last observed.

use super::Provisioning;
use super::wanted::Site;
use crate::access::{Authority, ReadTenants};
use crate::error::Result;
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;
use uuid::Uuid;

/// A resource of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRow {
    /// Of what kind.
    pub kind: ResourceKind,
    /// In which system.
    pub system: System,
    /// Its name there.
    pub name: String,
    /// `planned`, `present`, `partial`, `foreign` or `removed`.
    pub state: String,
    /// What was observed, in words.
    pub detail: String,
    /// When.
    pub observed_at: Option<DateTime<Utc>>,
    /// Where to open it in its system's own console.
    pub link: Option<String>,
}

#[derive(FromRow)]
struct Row {
    kind: String,
    name: String,
    state: String,
    detail: String,
    observed_at: Option<DateTime<Utc>>,
    short_name: Option<String>,
    cell: Option<String>,
}

impl Provisioning {
    /// What a tenant has, in the order of plans. Empty for a draft or a tenant that the actor may not see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resources_of(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid) -> Result<Vec<ResourceRow>> {
        let mut reader = self.database.read(authority).await?;
        let rows: Vec<Row> = sqlx::query_as(
            "select r.kind, r.name, r.state, r.detail, r.observed_at, t.short_name, t.cell from resource r join tenant t on t.id = r.tenant_id where r.tenant_id = $1",
        )
        .bind(tenant_id)
        .fetch_all(reader.conn())
        .await?;
        let mut resources: Vec<ResourceRow> = rows
            .into_iter()
            .filter_map(|row| {
                let kind = ResourceKind::parse(&row.kind)?;
                let link = link(&self.site, kind, &row.name, row.short_name.as_deref().unwrap_or_default(), row.cell.as_deref());
                Some(ResourceRow {
                    kind,
                    system: kind.system(),
                    name: row.name,
                    state: row.state,
                    detail: row.detail,
                    observed_at: row.observed_at,
                    link,
                })
            })
            .collect();
        resources.sort_by_key(|resource| resource.kind);
        Ok(resources)
    }
}

/// Where to open a resource. The names are ours: letters, digits, hyphens.
fn link(site: &Site, kind: ResourceKind, name: &str, short_name: &str, cell: Option<&str>) -> Option<String> {
    let (links, openbao) = (&site.settings.links, &site.platform.openbao);
    let keycloak = match cell.filter(|cell| *cell != site.settings.cells.first().name) {
        None => links.keycloak.clone(),
        Some(cell) => site.settings.cells.get(cell).and_then(|cell| cell.link.clone()),
    };
    let base = |url: &Option<String>| url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
    Some(match kind {
        ResourceKind::Namespace => format!("{}/#/namespace/{name}", base(&links.kubernetes)?),
        ResourceKind::ResourceQuota
        | ResourceKind::LimitRange
        | ResourceKind::NetworkPolicy
        | ResourceKind::TlsSecret
        | ResourceKind::Ingress
        | ResourceKind::CustomTlsSecret
        | ResourceKind::CustomIngress => {
            format!("{}/#/namespace/{}", base(&links.kubernetes)?, name.split('/').next().unwrap_or_default())
        }
        ResourceKind::Realm => format!("{}/admin/{name}/console/#/{name}/realm-settings", base(&keycloak)?),
        ResourceKind::SecondFactor => format!("{}/admin/{short_name}/console/#/{short_name}/authentication", base(&keycloak)?),
        ResourceKind::Administrator => format!("{}/admin/{short_name}/console/#/{short_name}/users", base(&keycloak)?),
        ResourceKind::Secrets => format!("{}/ui/vault/secrets/{}/kv/tenants%2F{short_name}", base(&links.openbao)?, openbao.kv_mount()),
        ResourceKind::Policy => format!("{}/ui/vault/policy/acl/{name}", base(&links.openbao)?),
        ResourceKind::TransitKey => format!("{}/ui/vault/secrets/{}/show/{name}", base(&links.openbao)?, openbao.transit_mount()),
        ResourceKind::Folder => format!("{}/dashboards?query={name}", base(&links.grafana)?),
        ResourceKind::PrometheusDatasource | ResourceKind::LokiDatasource => {
            format!("{}/connections/datasources?query={name}", base(&links.grafana)?)
        }
        ResourceKind::Dashboard => format!("{}/d/{name}", base(&links.grafana)?),
        ResourceKind::Certificate => {
            format!("{}/ui/vault/secrets/{}/kv/certificates%2F{short_name}", base(&links.openbao)?, openbao.kv_mount())
        }
        ResourceKind::CustomCertificate => {
            format!("{}/ui/vault/secrets/{}/kv/custom-certificates%2F{short_name}", base(&links.openbao)?, openbao.kv_mount())
        }
        // Cloudflare's console is reached through an account that Steward does not know; PowerDNS and the handshake have none.
        ResourceKind::DnsRecord | ResourceKind::Validation | ResourceKind::CustomDomain | ResourceKind::CustomValidation => return None,
    })
}
