//! Resellers: partners whose people see their own customers only.

use crate::access::{Authority, ManageResellers, ReadTenants};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Database;
use crate::error::Result;
use sqlx::FromRow;
use uuid::Uuid;

/// A reseller.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Reseller {
    /// Its id.
    pub id: Uuid,
    /// The name that tokens carry in the claim `reseller`.
    pub short_name: String,
    /// Its name for people.
    pub name: String,
}

/// Every reseller by name. They are few: partners under contract.
///
/// # Errors
/// When the database fails.
pub async fn resellers(database: &Database, authority: &Authority<ReadTenants>) -> Result<Vec<Reseller>> {
    let mut reader = database.read(authority).await?;
    let all: Vec<Reseller> = sqlx::query_as("select id, short_name, name from reseller order by name").fetch_all(reader.conn()).await?;
    Ok(match authority.actor().reseller() {
        Some(own) => all.into_iter().filter(|reseller| reseller.id == own).collect(),
        None => all,
    })
}

/// Adds a reseller, or renames the one of that short name.
///
/// # Errors
/// When the short name has another form than a tenant's, or the database fails.
pub async fn add_reseller(database: &Database, authority: &Authority<ManageResellers>, short_name: &str, name: &str) -> Result<Reseller> {
    let short_name =
        steward_domain::short_name::ShortName::parse(short_name).map_err(|message| crate::error::Error::field("short_name", message))?;
    let mut transaction = database.begin(authority).await?;
    let id = transaction.context().id()?;
    let before: Option<String> = sqlx::query_scalar("select name from reseller where short_name = $1 for update")
        .bind(short_name.as_str())
        .fetch_optional(transaction.conn())
        .await?;
    let reseller: Reseller = sqlx::query_as(
        "insert into reseller (id, short_name, name) values ($1, $2, $3)
         on conflict (short_name) do update set name = excluded.name returning id, short_name, name",
    )
    .bind(id)
    .bind(short_name.as_str())
    .bind(name)
    .fetch_one(transaction.conn())
    .await?;
    let changed = if reseller.id == id {
        let detail = serde_json::json!({ "short_name": { "after": reseller.short_name }, "name": { "after": reseller.name } });
        Some((Action::ResellerAdded, detail))
    } else {
        let detail = serde_json::json!({ "name": { "before": before, "after": reseller.name } });
        (before.as_ref() != Some(&reseller.name)).then_some((Action::ResellerRenamed, detail))
    };
    if let Some((action, detail)) = changed {
        transaction
            .record(Entry {
                class: Class::Audit,
                action,
                result: Outcome::Done,
                tenant_id: None,
                object_kind: "reseller",
                object_id: reseller.id.to_string(),
                correlation: None,
                code: None,
                detail,
            })
            .await?;
    }
    transaction.commit().await?;
    Ok(reseller)
}
