//! The settings of a tenant, as they are to be: read to be changed, and changed with the run that carries them out.

use super::theme;
use crate::database::Transaction;
use crate::error::{Error, Result, broken_constraint};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use std::collections::BTreeMap;
use steward_domain::change::TenantSettings;
use steward_domain::email::EmailAddress;
use steward_domain::features::Features;
use steward_domain::host_name::HostName;
use steward_domain::limits::Limits;
use steward_domain::region::Region;
use steward_domain::resource::ResourceKind;
use steward_domain::short_name::ShortName;
use steward_domain::tenant::Status;
use steward_domain::theme::Theme;
use uuid::Uuid;

/// What a tenant is, beside what can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantFacts {
    /// Its id.
    pub id: Uuid,
    /// Its short name.
    pub short_name: ShortName,
    /// Where its data may live.
    pub region: Region,
    /// Short name of its reseller.
    pub reseller: Option<String>,
    /// The Keycloak cell that has its realm.
    pub cell: Option<String>,
    /// What it is.
    pub status: Status,
    /// Goes up with every change of the settings.
    pub version: i64,
    /// Its settings.
    pub settings: TenantSettings,
    /// The domains that were verified to be its own, each with the text that proved it.
    pub proofs: BTreeMap<String, String>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    short_name: String,
    region: String,
    reseller: Option<String>,
    cell: Option<String>,
    status: String,
    version: i64,
    name: String,
    contact_email: String,
    limits: Json<Limits>,
    features: Json<Features>,
    suspended: bool,
    without: Vec<String>,
    repair_silently: bool,
    theme: Json<Theme>,
    custom_domain: Option<String>,
    proofs: Option<Json<BTreeMap<String, String>>>,
}

const COLUMNS: &str = "select t.id, t.short_name, t.region, (select r.short_name from reseller r where r.id = t.reseller_id) as reseller,
    t.cell, t.status, t.version, t.name, t.contact_email, c.limits, c.features, c.suspended, c.without, c.repair_silently, c.theme,
    c.custom_domain,
    (select jsonb_object_agg(d.domain, d.token) from domain_challenge d where d.tenant_id = t.id and d.verified_at is not null) as proofs
    from tenant t join tenant_config c on c.tenant_id = t.id where t.id = any($1) and t.status <> 'draft'";

impl Row {
    fn facts(self) -> Result<TenantFacts> {
        let odd = |what: &str| Error::internal(format_args!("tenant {}: {what}", self.id));
        let settings = TenantSettings {
            contact_email: EmailAddress::parse(&self.contact_email).map_err(|_| odd("its contact is no address"))?,
            limits: self.limits.0,
            features: self.features.0,
            suspended: self.suspended,
            without: self.without.iter().filter_map(|kind| ResourceKind::parse(kind)).collect(),
            repair_silently: self.repair_silently,
            name: self.name.clone(),
            theme: self.theme.0.clone(),
            custom_domain: match &self.custom_domain {
                Some(name) => Some(HostName::parse(name).map_err(|_| odd("its custom domain is none"))?),
                None => None,
            },
        };
        Ok(TenantFacts {
            id: self.id,
            short_name: ShortName::parse(&self.short_name).map_err(|_| odd("its short name is none"))?,
            region: Region::parse(&self.region).ok_or_else(|| odd("its region is none"))?,
            reseller: self.reseller.clone(),
            cell: self.cell.clone(),
            status: Status::parse(&self.status).ok_or_else(|| odd("its status is none"))?,
            version: self.version,
            settings,
            proofs: self.proofs.map(|proofs| proofs.0).unwrap_or_default(),
        })
    }
}

/// A tenant's facts and settings. None for a draft, and if there is none that the connection's actor may see.
///
/// # Errors
/// When the database fails.
pub(crate) async fn facts(connection: &mut PgConnection, id: Uuid) -> Result<Option<TenantFacts>> {
    let row: Option<Row> = sqlx::query_as(COLUMNS).bind([id]).fetch_optional(connection).await?;
    row.map(Row::facts).transpose()
}

/// The same of several tenants.
///
/// # Errors
/// When the database fails.
pub(crate) async fn facts_of(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<TenantFacts>> {
    let rows: Vec<Row> = sqlx::query_as(COLUMNS).bind(ids).fetch_all(connection).await?;
    rows.into_iter().map(Row::facts).collect()
}

/// The same, held until the transaction ends.
///
/// # Errors
/// When the database fails.
pub(crate) async fn lock_facts(transaction: &mut Transaction, id: Uuid) -> Result<Option<TenantFacts>> {
    let row: Option<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} for update of t"))).bind([id]).fetch_optional(transaction.conn()).await?;
    row.map(Row::facts).transpose()
}

/// Settings as they were at a version, and who made them so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsVersion {
    /// The version.
    pub version: i64,
    /// The settings.
    pub settings: TenantSettings,
    /// Who changed them.
    pub changed_by: String,
    /// When.
    pub changed_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct VersionRow {
    version: i64,
    settings: Json<TenantSettings>,
    changed_by: String,
    changed_at: DateTime<Utc>,
}

/// The settings of a tenant at a version.
///
/// # Errors
/// When the database fails.
pub(crate) async fn settings_at(connection: &mut PgConnection, id: Uuid, version: i64) -> Result<Option<SettingsVersion>> {
    let row: Option<VersionRow> =
        sqlx::query_as("select version, settings, changed_by, changed_at from tenant_settings where tenant_id = $1 and version = $2")
            .bind(id)
            .bind(version)
            .fetch_optional(connection)
            .await?;
    Ok(row.map(|row| SettingsVersion {
        version: row.version,
        settings: row.settings.0,
        changed_by: row.changed_by,
        changed_at: row.changed_at,
    }))
}

/// Keeps the settings at the tenant's present version.
///
/// # Errors
/// When the database fails.
pub(crate) async fn keep_version(transaction: &mut Transaction, id: Uuid, settings: &TenantSettings) -> Result<()> {
    let changed_by = transaction.actor().name().to_owned();
    sqlx::query(
        "insert into tenant_settings (tenant_id, version, settings, changed_by) select id, version, $2, $3 from tenant where id = $1",
    )
    .bind(id)
    .bind(Json(settings))
    .bind(changed_by)
    .execute(transaction.conn())
    .await?;
    Ok(())
}

/// Another tenant has that custom domain. Whose it is nobody is told.
pub(crate) fn domain_taken(domain: &HostName) -> Error {
    Error::field("custom_domain", format!("{} is another tenant's custom domain: it must be removed there first", domain.shown()))
}

/// Writes changed settings; the version goes up, and is kept.
///
/// # Errors
/// [`Error::Conflict`] if the logo of its theme is gone; [`Error::Invalid`] if another tenant has its custom domain; when the database fails.
pub(crate) async fn write_settings(transaction: &mut Transaction, id: Uuid, settings: &TenantSettings) -> Result<()> {
    sqlx::query("update tenant set name = $2, contact_email = $3, version = version + 1, changed_at = now() where id = $1")
        .bind(id)
        .bind(&settings.name)
        .bind(settings.contact_email.as_str())
        .execute(transaction.conn())
        .await?;
    let without: Vec<&str> = settings.without.iter().map(|kind| kind.as_str()).collect();
    sqlx::query(
        "update tenant_config set limits = $2, features = $3, suspended = $4, without = $5, repair_silently = $6, custom_domain = $7, changed_at = now() where tenant_id = $1",
    )
    .bind(id)
    .bind(Json(settings.limits))
    .bind(Json(&settings.features))
    .bind(settings.suspended)
    .bind(without)
    .bind(settings.repair_silently)
    .bind(settings.custom_domain.as_ref().map(HostName::as_str))
    .execute(transaction.conn())
    .await
    .map_err(|error| match (broken_constraint(&error), &settings.custom_domain) {
        (Some("tenant_custom_domain_unique"), Some(domain)) => domain_taken(domain),
        _ => error.into(),
    })?;
    theme::save_theme(transaction, id, &settings.theme).await?;
    keep_version(transaction, id, settings).await
}
