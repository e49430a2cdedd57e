//! Logos: kept by the hash of what is served, so that a path never changes what it shows.

use super::image;
use crate::access::{Authority, ConfigureTenants};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::{Database, Transaction};
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use sqlx::{FromRow, PgConnection};
use steward_domain::theme::{LogoKind, LogoRef};
use uuid::Uuid;

/// A logo of a tenant, as its editor tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLogo {
    /// What a theme names it by.
    pub logo: LogoRef,
    /// How many elements and attributes were taken out of it.
    pub removed: u32,
}

/// A logo as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// What it is.
    pub kind: LogoKind,
    /// The file.
    pub bytes: Vec<u8>,
}

/// So many logos that no version of the theme has are kept, the newest: somebody may be about to save one of them.
const UNUSED_KEPT: i64 = 10;
/// Most characters of a file's name that are kept.
const NAME_MAX: usize = 80;

/// The end of a file's path, short and of one line.
fn name_of(file: &str, kind: LogoKind) -> String {
    let end = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = end.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    let name = name.trim();
    if name.is_empty() { format!("logo.{}", kind.as_str()) } else { name.to_owned() }
}

/// Checks a file and keeps it for this tenant. The same file twice is kept once.
///
/// # Errors
/// At field `logo` with what to do instead, if it cannot be a logo; [`Error::NotFound`] if there is no such tenant.
pub async fn store_logo(
    database: &Database,
    authority: &Authority<ConfigureTenants>,
    tenant_id: Uuid,
    file_name: &str,
    file: &[u8],
) -> Result<StoredLogo> {
    let image::Checked { kind, bytes, removed } = image::check(file).map_err(|message| Error::field("logo", message))?;
    let hash = Sha256::digest(&bytes);
    let logo = LogoRef {
        hash: hex::encode(hash),
        kind,
        name: name_of(file_name, kind),
        bytes: u32::try_from(bytes.len()).map_err(Error::internal)?,
    };
    let mut transaction = database.begin(authority).await?;
    let exists: Option<i32> = sqlx::query_scalar("select 1 from tenant where id = $1 and status <> 'draft'")
        .bind(tenant_id)
        .fetch_optional(transaction.conn())
        .await?;
    exists.ok_or(Error::NotFound("tenant"))?;
    let name = authority.actor().name().to_owned();
    let added = sqlx::query(
        "insert into tenant_logo (tenant_id, hash, media_type, name, content, removed, stored_by) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, hash) do nothing",
    )
    .bind(tenant_id)
    .bind(hash.to_vec())
    .bind(kind.media_type())
    .bind(&logo.name)
    .bind(&bytes)
    .bind(i32::try_from(removed).unwrap_or(i32::MAX))
    .bind(name)
    .execute(transaction.conn())
    .await?
    .rows_affected();
    if added > 0 {
        forget_unused(&mut transaction, tenant_id).await?;
        record(&mut transaction, tenant_id, &logo, removed).await?;
    }
    transaction.commit().await?;
    Ok(StoredLogo { logo, removed })
}

/// What nobody came to use goes, so that trying out many files fills nothing.
async fn forget_unused(transaction: &mut Transaction, tenant_id: Uuid) -> Result<()> {
    sqlx::query(
        "delete from tenant_logo where tenant_id = $1 and hash in (
             select l.hash from tenant_logo l
             where l.tenant_id = $1 and not exists (select from tenant_theme t where t.tenant_id = $1 and t.logo = l.hash)
             order by l.stored_at desc, l.hash offset $2)",
    )
    .bind(tenant_id)
    .bind(UNUSED_KEPT)
    .execute(transaction.conn())
    .await?;
    Ok(())
}

async fn record(transaction: &mut Transaction, tenant_id: Uuid, logo: &LogoRef, removed: u32) -> Result<()> {
    let entry = Entry {
        class: Class::Audit,
        action: Action::LogoStored,
        result: Outcome::Done,
        tenant_id: Some(tenant_id),
        object_kind: "logo",
        object_id: logo.hash.clone(),
        correlation: None,
        code: None,
        detail: serde_json::json!({ "file": logo.name, "kind": logo.kind, "bytes": logo.bytes, "removed": removed }),
    };
    transaction.record(entry).await
}

#[derive(FromRow)]
struct Row {
    media_type: String,
    name: String,
    bytes: i32,
    removed: i32,
}

/// The bytes of a hash that was written as 64 small hexadecimal digits.
fn read_hash(hash: &str) -> Option<Vec<u8>> {
    hex::decode(hash).ok().filter(|bytes| bytes.len() == 32 && hex::encode(bytes) == hash)
}

/// The logo of a tenant by its hash, without its content. None if the tenant has none of that hash.
///
/// # Errors
/// When the database fails.
pub async fn logo(database: &Database, authority: &Authority<ConfigureTenants>, tenant_id: Uuid, hash: &str) -> Result<Option<StoredLogo>> {
    let mut reader = database.read(authority).await?;
    kept_logo(reader.conn(), tenant_id, hash).await
}

pub(super) async fn kept_logo(connection: &mut PgConnection, tenant_id: Uuid, hash: &str) -> Result<Option<StoredLogo>> {
    let Some(wanted) = read_hash(hash) else { return Ok(None) };
    let row: Option<Row> = sqlx::query_as(
        "select media_type, name, octet_length(content) as bytes, removed from tenant_logo where tenant_id = $1 and hash = $2",
    )
    .bind(tenant_id)
    .bind(wanted)
    .fetch_optional(connection)
    .await?;
    Ok(row.and_then(|row| {
        let kind = LogoKind::of_media_type(&row.media_type)?;
        let logo = LogoRef { hash: hash.to_owned(), kind, name: row.name, bytes: u32::try_from(row.bytes).ok()? };
        Some(StoredLogo { logo, removed: u32::try_from(row.removed).ok()? })
    }))
}

/// The logo of that hash, whosever it is: people see it before they are signed in. None if there is none.
///
/// # Errors
/// When the database fails.
pub async fn published_logo(database: &Database, hash: &str) -> Result<Option<Logo>> {
    let Some(wanted) = read_hash(hash) else { return Ok(None) };
    let row: Option<(String, Vec<u8>)> =
        sqlx::query_as("select media_type, content from published_logo($1)").bind(wanted).fetch_optional(database.for_anybody()).await?;
    Ok(row.and_then(|(media_type, bytes)| LogoKind::of_media_type(&media_type).map(|kind| Logo { kind, bytes })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_is_the_end_of_its_path_and_of_one_line() {
        for (file, name) in [
            ("acme-mark.svg", "acme-mark.svg"),
            ("C:\\Users\\ada\\logo.png", "logo.png"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nb.png", "ab.png"),
            ("", "logo.png"),
            (" / ", "logo.png"),
        ] {
            assert_eq!(name_of(file, LogoKind::Png), name, "{file:?}");
        }
        assert_eq!(name_of(&"é".repeat(200), LogoKind::Png).chars().count(), NAME_MAX);
    }

    #[test]
    fn a_hash_has_one_way_of_being_written() {
        let hash = "0a".repeat(32);
        assert_eq!(read_hash(&hash), Some(vec![10; 32]));
        for other in ["", "0a", &hash.to_uppercase(), &format!("{hash}0a"), &"zz".repeat(32), &hash[..63]] {
            assert_eq!(read_hash(other), None, "{other}");
        }
    }
}
