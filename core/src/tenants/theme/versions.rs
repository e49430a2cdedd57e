//! The versions of a theme: none is ever overwritten, and any can be proposed again.

use super::logo::kept_logo;
use crate::access::{Authority, ConfigureTenants};
use crate::database::{Database, Reader, Transaction};
use crate::error::{Error, Result, broken_constraint};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use steward_domain::theme::Theme;
use uuid::Uuid;

/// A theme that a tenant has or had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeVersion {
    /// Counts from 1.
    pub version: i32,
    /// How it looks.
    pub theme: Theme,
    /// Who saved it.
    pub saved_by: String,
    /// When.
    pub saved_at: DateTime<Utc>,
}

/// The theme in use and those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Themes {
    /// The tenant's name.
    pub tenant_name: String,
    /// Its short name.
    pub short_name: String,
    /// Its domain.
    pub domain: String,
    /// Its contact's address.
    pub contact_email: String,
    /// The version of the tenant's settings: what a change is proposed upon.
    pub tenant_version: i64,
    /// The theme in use; the defaults for a tenant that never chose one.
    pub current: Theme,
    /// The saved ones, newest first: the first is the one in use.
    pub versions: Vec<ThemeVersion>,
}

/// So many versions are listed. The others stay and can be asked for by their number.
const LISTED: i64 = 20;

#[derive(FromRow)]
struct Row {
    version: i32,
    theme: Json<Theme>,
    saved_by: String,
    saved_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct TenantRow {
    name: String,
    short_name: String,
    domain: String,
    contact_email: String,
    version: i64,
    theme: Json<Theme>,
}

impl From<Row> for ThemeVersion {
    fn from(row: Row) -> Self {
        Self { version: row.version, theme: row.theme.0, saved_by: row.saved_by, saved_at: row.saved_at }
    }
}

/// The theme of a tenant, and those it had.
///
/// # Errors
/// [`Error::NotFound`] if there is no such tenant (a draft has no theme yet) or the actor may not see it.
pub async fn themes(database: &Database, authority: &Authority<ConfigureTenants>, tenant_id: Uuid) -> Result<Themes> {
    let mut reader = database.read(authority).await?;
    let tenant: Option<TenantRow> = sqlx::query_as(
        "select t.name, t.short_name, t.domain, t.contact_email, t.version, coalesce(c.theme, '{}') as theme
         from tenant t left join tenant_config c on c.tenant_id = t.id where t.id = $1 and t.status <> 'draft'",
    )
    .bind(tenant_id)
    .fetch_optional(reader.conn())
    .await?;
    let tenant = tenant.ok_or(Error::NotFound("tenant"))?;
    let versions = list(&mut reader, tenant_id).await?;
    Ok(Themes {
        tenant_name: tenant.name,
        short_name: tenant.short_name,
        domain: tenant.domain,
        contact_email: tenant.contact_email,
        tenant_version: tenant.version,
        current: tenant.theme.0,
        versions,
    })
}

async fn list(reader: &mut Reader, tenant_id: Uuid) -> Result<Vec<ThemeVersion>> {
    let rows: Vec<Row> =
        sqlx::query_as("select version, theme, saved_by, saved_at from tenant_theme where tenant_id = $1 order by version desc limit $2")
            .bind(tenant_id)
            .bind(LISTED)
            .fetch_all(reader.conn())
            .await?;
    Ok(rows.into_iter().map(ThemeVersion::from).collect())
}

/// One version.
///
/// # Errors
/// [`Error::NotFound`] if there is none of that number or the actor may not see it.
pub async fn version(database: &Database, authority: &Authority<ConfigureTenants>, tenant_id: Uuid, number: i32) -> Result<ThemeVersion> {
    let mut reader = database.read(authority).await?;
    let row: Option<Row> =
        sqlx::query_as("select version, theme, saved_by, saved_at from tenant_theme where tenant_id = $1 and version = $2")
            .bind(tenant_id)
            .bind(number)
            .fetch_optional(reader.conn())
            .await?;
    row.map(ThemeVersion::from).ok_or(Error::NotFound("version"))
}

/// Makes a theme the tenant's, as its next version; nothing if it is so already. Whoever calls it writes the entry and counts the
/// settings' version.
///
/// # Errors
/// [`Error::Conflict`] if the theme's logo is gone; [`Error::NotFound`] if the tenant has no settings.
pub(crate) async fn save_theme(transaction: &mut Transaction, tenant_id: Uuid, theme: &Theme) -> Result<()> {
    // The row is held until the end of the transaction: two that save at once get two numbers.
    let current: Option<Json<Theme>> = sqlx::query_scalar("select theme from tenant_config where tenant_id = $1 for update")
        .bind(tenant_id)
        .fetch_optional(transaction.conn())
        .await?;
    if current.ok_or(Error::NotFound("tenant"))?.0 == *theme {
        return Ok(());
    }
    sqlx::query("update tenant_config set theme = $2, changed_at = now() where tenant_id = $1")
        .bind(tenant_id)
        .bind(Json(theme))
        .execute(transaction.conn())
        .await?;
    let saved_by = transaction.actor().name().to_owned();
    sqlx::query(
        "insert into tenant_theme (tenant_id, version, theme, saved_by)
         select $1, coalesce(max(version), 0) + 1, $2, $3 from tenant_theme where tenant_id = $1",
    )
    .bind(tenant_id)
    .bind(Json(theme))
    .bind(saved_by)
    .execute(transaction.conn())
    .await
    .map(|_| ())
    .map_err(|error| match broken_constraint(&error) {
        Some("tenant_theme_logo_is_there") => logo_is_gone(),
        _ => error.into(),
    })
}

fn logo_is_gone() -> Error {
    let message = "The logo of this branding is not kept any more. Nothing was changed. Upload it again, then save.".to_owned();
    Error::Conflict { code: "TEN-418", message }
}

/// Whether the logo of a theme is one of the tenant's, with the name and size that it was kept with: themes come by the API too.
///
/// # Errors
/// [`Error::Conflict`] if it is not.
pub(crate) async fn demand_logo(connection: &mut PgConnection, tenant_id: Uuid, theme: &Theme) -> Result<()> {
    let Some(named) = &theme.logo else { return Ok(()) };
    let kept = kept_logo(connection, tenant_id, &named.hash).await?;
    if kept.is_some_and(|kept| kept.logo == *named) { Ok(()) } else { Err(logo_is_gone()) }
}
