//! One tenant, as its page and the API show it.

use super::list::attention;
use crate::access::{Authority, CreateTenants, ReadTenants};
use crate::database::Database;
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, Postgres, QueryBuilder};
use std::collections::BTreeSet;
use steward_domain::features::Features;
use steward_domain::limits::Limits;
use steward_domain::region::Region;
use steward_domain::resource::ResourceKind;
use steward_domain::short_name::ShortName;
use steward_domain::tenant::{Attention, Stage, Status};
use uuid::Uuid;

/// One tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct TenantView {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub status: Status,
    /// Since when.
    pub status_since: DateTime<Utc>,
    /// Whose turn it is.
    pub stage: Stage,
    /// Since when.
    pub stage_since: DateTime<Utc>,
    /// Its name; may be empty in a draft.
    pub name: String,
    /// Its short name; none in a draft.
    pub short_name: Option<String>,
    /// Its domain; none in a draft.
    pub domain: Option<String>,
    /// Its first administrator's address; none in a draft.
    pub contact_email: Option<String>,
    /// Its reseller's name.
    pub reseller: Option<String>,
    /// Where its data may live; none in a draft.
    pub region: Option<Region>,
    /// The Keycloak cell that has its realm; none in a draft.
    pub cell: Option<String>,
    /// Its settings; none in a draft.
    pub config: Option<TenantConfig>,
    /// What is wrong right now.
    pub attention: Option<Attention>,
    /// Goes up with every change of the settings.
    pub version: i64,
    /// Who brought it here.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// The settings of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantConfig {
    /// Limits.
    pub limits: Limits,
    /// Features.
    pub features: Features,
    /// The kinds of resources that it does without.
    pub without: BTreeSet<ResourceKind>,
    /// Whether it has a domain of its own beside the default one.
    pub has_custom_domain: bool,
}

impl TenantConfig {
    /// Whether it is to have a resource of a kind.
    #[must_use]
    pub fn wants(&self, kind: ResourceKind) -> bool {
        kind.is_wanted(&self.without, self.has_custom_domain)
    }

    /// Whether it may do without a resource of a kind that it is to have: nothing else that it is to have needs it.
    #[must_use]
    pub fn may_do_without(&self, kind: ResourceKind) -> bool {
        self.wants(kind) && kind.needed_by(|other| self.wants(other)).is_none()
    }

    /// Whether a resource of a kind that it does without may be brought back: all that it needs is to be there.
    #[must_use]
    pub fn may_bring_back(&self, kind: ResourceKind) -> bool {
        self.without.contains(&kind) && kind.after().iter().all(|before| self.wants(*before))
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    status: String,
    status_since: DateTime<Utc>,
    stage: String,
    stage_since: DateTime<Utc>,
    name: String,
    short_name: Option<String>,
    domain: Option<String>,
    contact_email: Option<String>,
    reseller: Option<String>,
    region: Option<String>,
    cell: Option<String>,
    limits: Option<Json<Limits>>,
    features: Option<Json<Features>>,
    without: Option<Vec<String>>,
    has_custom_domain: bool,
    attention_kind: Option<String>,
    attention_text: Option<String>,
    attention_since: Option<DateTime<Utc>>,
    version: i64,
    created_by: String,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

impl From<Row> for TenantView {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            status: Status::parse(&row.status).unwrap_or(Status::Draft),
            status_since: row.status_since,
            stage: Stage::parse(&row.stage).unwrap_or(Stage::Creation),
            stage_since: row.stage_since,
            name: row.name,
            short_name: row.short_name,
            domain: row.domain,
            contact_email: row.contact_email,
            reseller: row.reseller,
            region: row.region.as_deref().and_then(Region::parse),
            cell: row.cell,
            config: row.limits.zip(row.features).map(|(limits, features)| TenantConfig {
                limits: limits.0,
                features: features.0,
                without: row.without.iter().flatten().filter_map(|kind| ResourceKind::parse(kind)).collect(),
                has_custom_domain: row.has_custom_domain,
            }),
            attention: attention(row.attention_kind, row.attention_text, row.attention_since),
            version: row.version,
            created_by: row.created_by,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}

const COLUMNS: &str = "select t.id, t.status, t.status_since, t.stage, t.stage_since, t.name, t.short_name, t.domain, t.contact_email,
    (select r.name from reseller r where r.id = t.reseller_id) as reseller, t.region, t.cell, c.limits, c.features,
    c.without, c.custom_domain is not null as has_custom_domain, t.attention_kind, t.attention_text, t.attention_since, t.version, t.created_by, t.created_at, t.changed_at
    from tenant t left join tenant_config c on c.tenant_id = t.id where ";

/// The tenant of that id.
///
/// # Errors
/// [`Error::NotFound`] if there is none or the actor may not see it.
pub async fn view(database: &Database, authority: &Authority<ReadTenants>, id: Uuid) -> Result<TenantView> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    query.push("t.id = ").push_bind(id);
    one(database, authority, query).await
}

/// The tenant of that short name; drafts have none.
///
/// # Errors
/// [`Error::NotFound`] if there is none or the actor may not see it.
pub async fn view_by_short_name(database: &Database, authority: &Authority<ReadTenants>, short_name: &ShortName) -> Result<TenantView> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    query.push("t.status <> 'draft' and t.short_name = ").push_bind(short_name.as_str().to_owned());
    one(database, authority, query).await
}

async fn one(database: &Database, authority: &Authority<ReadTenants>, mut query: QueryBuilder<Postgres>) -> Result<TenantView> {
    let mut reader = database.read(authority).await?;
    let row: Option<Row> = query.build_query_as().fetch_optional(reader.conn()).await?;
    row.map(TenantView::from).ok_or(Error::NotFound("tenant"))
}

/// Who has a short name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameHolder {
    /// Nobody.
    Free,
    /// A tenant that the actor may see.
    Known {
        /// Its name.
        name: String,
    },
    /// A tenant that the actor may not know of.
    Hidden,
}

impl NameHolder {
    /// What to say at the field, if the name is taken.
    #[must_use]
    pub fn message(&self, short_name: &str) -> Option<String> {
        match self {
            NameHolder::Free => None,
            NameHolder::Known { name } => Some(format!("The short name {short_name} is taken by {name}")),
            NameHolder::Hidden => Some(format!("The short name {short_name} is taken by another tenant")),
        }
    }
}

/// Who has that short name: asked of every tenant, answered as far as the actor may know.
///
/// # Errors
/// When the database fails.
pub async fn short_name_holder(database: &Database, authority: &Authority<CreateTenants>, short_name: &ShortName) -> Result<NameHolder> {
    let mut reader = database.read(authority).await?;
    let known: Option<String> = sqlx::query_scalar("select name from tenant where short_name = $1 and status <> 'draft'")
        .bind(short_name.as_str())
        .fetch_optional(reader.conn())
        .await?;
    if let Some(name) = known {
        return Ok(NameHolder::Known { name });
    }
    // Row-level security hides other resellers' tenants: the function looks past it and says no more than yes or no.
    let taken: bool = sqlx::query_scalar("select short_name_taken($1)").bind(short_name.as_str()).fetch_one(reader.conn()).await?;
    Ok(if taken { NameHolder::Hidden } else { NameHolder::Free })
}
