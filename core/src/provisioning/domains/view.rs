//! A tenant's domains as people see them, read from what the last looks kept.

use super::challenge::{Challenge, challenges};
use crate::access::{Authority, ReadTenants};
use crate::error::{Error, Result};
use crate::provisioning::resources::{CertificateSeen, Domain, HandshakeSeen, RecordSeen};
use crate::provisioning::{Provisioning, Wanted};
use crate::tenants;
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use steward_domain::tenant::Status;
use uuid::Uuid;

/// What was seen of one domain; what was never looked at is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainFacts {
    /// Which one.
    pub domain: Domain,
    /// Its host name.
    pub host: String,
    /// What the name leads to, and when that was seen.
    pub record: Option<(RecordSeen, DateTime<Utc>)>,
    /// The certificate that is kept, and when it was seen.
    pub certificate: Option<(CertificateSeen, DateTime<Utc>)>,
    /// The serial number of the one before, and when another was first seen.
    pub replaced: Option<(String, DateTime<Utc>)>,
    /// The last handshake, and when it was made.
    pub handshake: Option<(HandshakeSeen, DateTime<Utc>)>,
}

/// A certificate that is due and could not be renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalFailing {
    /// How often it failed.
    pub failures: i32,
    /// Why, the last time.
    pub cause: String,
    /// Whose job it is.
    pub whose: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When Steward tries again by itself; none while it does.
    pub next_try_at: Option<DateTime<Utc>>,
}

/// A tenant's domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainView {
    /// The tenant.
    pub tenant_id: Uuid,
    /// Its name.
    pub tenant_name: String,
    /// What it is.
    pub status: Status,
    /// The version of its settings.
    pub version: i64,
    /// What its domains are to lead to.
    pub target: String,
    /// What was seen of each domain that it is to have.
    pub domains: Vec<DomainFacts>,
    /// Domains that are to be proved to be the tenant's, or were; not the one that it has.
    pub challenges: Vec<Challenge>,
    /// The renewal that fails, if one does.
    pub failing: Option<RenewalFailing>,
    /// The number of its open run, if there is one: until its end nothing is renewed.
    pub open_run: Option<i64>,
}

#[derive(FromRow)]
struct Row {
    domain: String,
    record: Option<Json<RecordSeen>>,
    record_at: Option<DateTime<Utc>>,
    certificate: Option<Json<CertificateSeen>>,
    certificate_at: Option<DateTime<Utc>>,
    replaced_serial: Option<String>,
    replaced_at: Option<DateTime<Utc>>,
    handshake: Option<Json<HandshakeSeen>>,
    handshake_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct FailingRow {
    failures: i32,
    cause: String,
    whose: String,
    failing_since: DateTime<Utc>,
    next_try_at: Option<DateTime<Utc>>,
}

impl Row {
    /// What is known of a host; what was seen of another that the tenant had before does not count.
    fn facts(self, domain: Domain, host: String) -> DomainFacts {
        let plain = |json: Option<Json<_>>| json.map(|json| json.0);
        let record: Option<RecordSeen> = self.record.map(|json| json.0).filter(|record| record.host == host);
        let certificate: Option<CertificateSeen> =
            plain(self.certificate).filter(|certificate: &CertificateSeen| certificate.names.contains(&host));
        let handshake: Option<HandshakeSeen> = self.handshake.map(|json| json.0).filter(|handshake| handshake.host == host);
        let replaced = self.replaced_serial.zip(self.replaced_at).filter(|_| certificate.is_some());
        DomainFacts {
            domain,
            record: record.zip(self.record_at),
            certificate: certificate.zip(self.certificate_at),
            replaced,
            handshake: handshake.zip(self.handshake_at),
            host,
        }
    }
}

impl Provisioning {
    /// A tenant's domains, as the last looks saw them. It looks at nothing itself.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such tenant or the actor may not see it; a draft has no domain.
    pub async fn domains_of(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid) -> Result<DomainView> {
        let mut reader = self.database.read(authority).await?;
        self.domain_view(reader.conn(), tenant_id).await
    }

    async fn domain_view(&self, connection: &mut PgConnection, tenant_id: Uuid) -> Result<DomainView> {
        let facts = tenants::facts(&mut *connection, tenant_id).await?.ok_or(Error::NotFound("tenant"))?;
        let wanted = Wanted::of_tenant(&facts, &facts.settings, &self.site.settings.base_domain);
        let rows: Vec<Row> = sqlx::query_as(
            "select domain, record, record_at, certificate, certificate_at, replaced_serial, replaced_at, handshake, handshake_at
             from domain_look where tenant_id = $1",
        )
        .bind(tenant_id)
        .fetch_all(&mut *connection)
        .await?;
        let mut rows: Vec<(Option<Domain>, Row)> = rows.into_iter().map(|row| (Domain::parse(&row.domain), row)).collect();
        let mut domains = Vec::new();
        for domain in Domain::ALL {
            let Some(host) = domain.host(&wanted) else { continue };
            let place = rows.iter().position(|(of, _)| *of == Some(domain));
            domains.push(match place.map(|place| rows.swap_remove(place)) {
                Some((_, row)) => row.facts(domain, host),
                None => DomainFacts { domain, host, record: None, certificate: None, replaced: None, handshake: None },
            });
        }
        let failing: Option<FailingRow> =
            sqlx::query_as("select failures, cause, whose, failing_since, next_try_at from renewal where tenant_id = $1")
                .bind(tenant_id)
                .fetch_optional(&mut *connection)
                .await?;
        let open_run: Option<i64> = sqlx::query_scalar("select number from run where tenant_id = $1 and ended_at is null")
            .bind(tenant_id)
            .fetch_optional(&mut *connection)
            .await?;
        let mut challenges = challenges(&mut *connection, tenant_id, self.database.context().now()).await?;
        challenges.retain(|challenge| Some(&challenge.host) != facts.settings.custom_domain.as_ref());
        Ok(DomainView {
            challenges,
            tenant_id,
            tenant_name: facts.settings.name.clone(),
            status: facts.status,
            version: facts.version,
            target: self.site.settings.domains.target.clone(),
            domains,
            failing: failing.map(|row| RenewalFailing {
                failures: row.failures,
                cause: row.cause,
                whose: row.whose,
                since: row.failing_since,
                next_try_at: row.next_try_at,
            }),
            open_run,
        })
    }
}
