//! How a customer's domain is known to be theirs before anything is made for it: the tenant is given a random text, and only who owns the
//! domain can write it into its DNS. Nothing of it runs; a verified domain may then be proposed as a change.

use crate::access::{Authority, ConfigureTenants};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Transaction;
use crate::error::{Error, Result};
use crate::provisioning::Provisioning;
use crate::provisioning::resources::{Found, challenge_name, challenge_text, look_for};
use crate::tenants::{self, TenantFacts};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, PgConnection};
use steward_domain::host_name::HostName;
use steward_domain::moment;
use steward_domain::tenant::Status;
use uuid::Uuid;

/// For so long a challenge may be met.
const EXPIRES_AFTER: TimeDelta = TimeDelta::days(7);
/// The field that people enter a domain in.
const FIELD: &str = "custom_domain";

/// A domain that is to be proved to be the tenant's, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The domain.
    pub host: HostName,
    /// Where the text is to stand.
    pub name: String,
    /// The text.
    pub text: String,
    /// Until when it may be met.
    pub expires_at: DateTime<Utc>,
    /// Whether that is over.
    pub expired: bool,
    /// When it was looked for last, and what was found then.
    pub checked: Option<(String, DateTime<Utc>)>,
    /// When it was found first.
    pub verified_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct Row {
    domain: String,
    token: String,
    expires_at: DateTime<Utc>,
    checked_at: Option<DateTime<Utc>>,
    found: Option<String>,
    verified_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "select domain, token, expires_at, checked_at, found, verified_at from domain_challenge where tenant_id = $1";

impl Row {
    fn shown(self, now: DateTime<Utc>) -> Option<Challenge> {
        Some(Challenge {
            host: HostName::parse(&self.domain).ok()?,
            name: challenge_name(&self.domain),
            text: challenge_text(&self.token),
            expires_at: self.expires_at,
            expired: self.verified_at.is_none() && self.expires_at <= now,
            checked: self.found.zip(self.checked_at),
            verified_at: self.verified_at,
        })
    }
}

/// The challenges of a tenant, the newest first.
pub(super) async fn challenges(connection: &mut PgConnection, tenant_id: Uuid, now: DateTime<Utc>) -> Result<Vec<Challenge>> {
    let rows: Vec<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} order by begun_at desc"))).bind(tenant_id).fetch_all(connection).await?;
    Ok(rows.into_iter().filter_map(|row| row.shown(now)).collect())
}

/// Whether another tenant has that custom domain.
async fn is_taken(connection: &mut PgConnection, domain: &HostName, tenant_id: Uuid) -> Result<bool> {
    Ok(sqlx::query_scalar("select custom_domain_taken($1, $2)").bind(domain.as_str()).bind(tenant_id).fetch_one(connection).await?)
}

/// Refuses a custom domain that may not be proposed: not verified, another tenant's, or below the base domain.
pub(in crate::provisioning) async fn demand_verified(
    connection: &mut PgConnection,
    facts: &TenantFacts,
    domain: &HostName,
    base_domain: &str,
) -> Result<()> {
    domain.clone().outside(base_domain).map_err(|why| Error::field(FIELD, why))?;
    if is_taken(connection, domain, facts.id).await? {
        return Err(tenants::domain_taken(domain));
    }
    if facts.proofs.contains_key(domain.as_str()) {
        return Ok(());
    }
    let message =
        format!("{} is not verified yet: begin on the tenant's page Domain, and have the customer write the TXT record", domain.shown());
    Err(Error::field(FIELD, message))
}

fn entry(action: Action, result: Outcome, tenant_id: Uuid, domain: &HostName, detail: serde_json::Value) -> Entry {
    Entry {
        class: Class::Audit,
        action,
        result,
        tenant_id: Some(tenant_id),
        object_kind: "domain",
        object_id: domain.to_string(),
        correlation: None,
        code: None,
        detail,
    }
}

/// A tenant whose domains may be changed, held until the transaction ends.
async fn changeable(transaction: &mut Transaction, tenant_id: Uuid) -> Result<TenantFacts> {
    let facts = tenants::lock_facts(transaction, tenant_id).await?.ok_or(Error::NotFound("tenant"))?;
    if matches!(facts.status, Status::Active | Status::Suspended) {
        return Ok(facts);
    }
    let message = format!("The tenant is {}: it cannot be changed now. Nothing was changed.", facts.status.label().to_lowercase());
    Err(Error::Conflict { code: "TEN-413", message })
}

impl Provisioning {
    /// Gives a tenant the text that proves a domain to be its own. Asked again before it expires, it stays the same; another domain that
    /// was begun and not verified is forgotten: one at a time.
    ///
    /// # Errors
    /// [`Error::Invalid`] at field `custom_domain` if it is no public host name, not the customer's, or another tenant's.
    pub async fn begin_challenge(&self, authority: &Authority<ConfigureTenants>, tenant_id: Uuid, typed: &str) -> Result<HostName> {
        let domain = HostName::parse(typed)
            .and_then(|name| name.outside(&self.site.settings.base_domain))
            .map_err(|why| Error::field(FIELD, why))?;
        let mut transaction = self.database.begin(authority).await?;
        let facts = changeable(&mut transaction, tenant_id).await?;
        if facts.settings.custom_domain.as_ref() == Some(&domain) {
            return Err(Error::field(FIELD, format!("{} is this tenant's custom domain already", domain.shown())));
        }
        if is_taken(transaction.conn(), &domain, tenant_id).await? {
            return Err(tenants::domain_taken(&domain));
        }
        let token = hex::encode(self.database.context().random::<16>()?);
        let begun_by = transaction.actor().name().to_owned();
        let held = facts.settings.custom_domain.as_ref().map(HostName::as_str);
        sqlx::query("delete from domain_challenge where tenant_id = $1 and domain <> $2 and domain is distinct from $3")
            .bind(tenant_id)
            .bind(domain.as_str())
            .bind(held)
            .execute(transaction.conn())
            .await?;
        let begun = sqlx::query(
            "insert into domain_challenge as c (tenant_id, domain, token, begun_by, expires_at) values ($1, $2, $3, $4, now() + $5 * interval '1 second')
             on conflict (tenant_id, domain) do update
                set token = excluded.token, begun_by = excluded.begun_by, begun_at = now(), expires_at = excluded.expires_at,
                    checked_at = null, found = null, verified_at = null
                where c.expires_at <= now()",
        )
        .bind(tenant_id)
        .bind(domain.as_str())
        .bind(token)
        .bind(begun_by)
        .bind(EXPIRES_AFTER.num_seconds())
        .execute(transaction.conn())
        .await?
        .rows_affected();
        if begun > 0 {
            transaction.record(entry(Action::DomainChallenged, Outcome::Done, tenant_id, &domain, serde_json::Value::Null)).await?;
        }
        transaction.commit().await?;
        Ok(domain)
    }

    /// Looks whether the customer wrote the text into their DNS, and keeps what was found. Gives it in words, and whether it was the text.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such challenge, [`Error::Invalid`] if it expired or another tenant has the domain,
    /// [`Error::Conflict`] if no answer came.
    pub async fn check_challenge(&self, authority: &Authority<ConfigureTenants>, tenant_id: Uuid, domain: &str) -> Result<(bool, String)> {
        let mut reader = self.database.read(authority).await?;
        let query = format!("{COLUMNS} and domain = $2");
        let row: Option<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(tenant_id).bind(domain).fetch_optional(reader.conn()).await?;
        let row = row.ok_or(Error::NotFound("domain"))?;
        let domain = HostName::parse(domain).map_err(|_| Error::NotFound("domain"))?;
        let taken = is_taken(reader.conn(), &domain, tenant_id).await?;
        drop(reader);
        if row.verified_at.is_none() && row.expires_at <= self.database.context().now() {
            let message = format!("The time for {} was over on {}: begin again", domain.shown(), moment::date_time(row.expires_at));
            return Err(Error::field(FIELD, message));
        }
        let found = look_for(&self.site.platform.resolver, domain.as_str(), &row.token).await;
        let (proved, words) = match found {
            Ok(found) => (found == Found::Proof, found.in_words().to_owned()),
            Err(failure) => (false, failure.cause.what.trim_end_matches('.').to_owned()),
        };
        let mut transaction = self.database.begin(authority).await?;
        let facts = changeable(&mut transaction, tenant_id).await?;
        // What proves the domain that the tenant has stays known: whether it still stands there, the drift board says.
        let has_it = facts.settings.custom_domain.as_ref() == Some(&domain);
        let written = sqlx::query(
            "update domain_challenge set checked_at = now(), found = $3, verified_at = case when $4 then coalesce(verified_at, now()) when $6 then verified_at end
             where tenant_id = $1 and domain = $2 and token = $5",
        )
        .bind(tenant_id)
        .bind(domain.as_str())
        .bind(&words)
        .bind(proved && !taken)
        .bind(&row.token)
        .bind(has_it)
        .execute(transaction.conn())
        .await?
        .rows_affected();
        if written == 0 {
            return Err(Error::NotFound("domain"));
        }
        let result = if proved && !taken { Outcome::Done } else { Outcome::Failed };
        let detail = serde_json::json!({ "found": words, "asked": self.site.platform.resolver.asked() });
        transaction.record(entry(Action::DomainVerified, result, tenant_id, &domain, detail)).await?;
        transaction.commit().await?;
        if proved && taken {
            return Err(tenants::domain_taken(&domain));
        }
        Ok((proved, words))
    }

    /// Forgets a domain that was begun; what the customer wrote proves nothing any more.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, [`Error::Conflict`] if it is the tenant's custom domain.
    pub async fn end_challenge(&self, authority: &Authority<ConfigureTenants>, tenant_id: Uuid, domain: &str) -> Result<()> {
        let mut transaction = self.database.begin(authority).await?;
        let facts = changeable(&mut transaction, tenant_id).await?;
        let domain = HostName::parse(domain).map_err(|_| Error::NotFound("domain"))?;
        if facts.settings.custom_domain.as_ref() == Some(&domain) {
            let message = format!("{} is this tenant's custom domain: remove it first. Nothing was changed.", domain.shown());
            return Err(Error::Conflict { code: "TEN-413", message });
        }
        let ended = sqlx::query("delete from domain_challenge where tenant_id = $1 and domain = $2")
            .bind(tenant_id)
            .bind(domain.as_str())
            .execute(transaction.conn())
            .await?
            .rows_affected();
        if ended == 0 {
            return Err(Error::NotFound("domain"));
        }
        transaction.record(entry(Action::DomainForgotten, Outcome::Done, tenant_id, &domain, serde_json::Value::Null)).await?;
        transaction.commit().await
    }
}
