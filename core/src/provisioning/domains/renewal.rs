//! Renewals that fail: counted, told as the tenant's attention, and tried again later and later. A row goes as soon as a certificate is
//! seen that is not due.

use crate::database::Transaction;
use crate::error::Result;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, PgConnection};
use steward_domain::moment;
use uuid::Uuid;

/// The pause after the first failure; it doubles with each.
const PAUSE_FIRST: TimeDelta = TimeDelta::hours(1);
/// No pause is longer.
const PAUSE_MAX: TimeDelta = TimeDelta::hours(24);
/// No pause is shorter, however little is left of the certificate's life.
const PAUSE_MIN: TimeDelta = TimeDelta::seconds(5);
/// A pause takes no more than this share of what is left.
const SHARE_OF_WHAT_IS_LEFT: i32 = 8;

/// The pause after so many failures, with so much of the certificate's life left.
fn pause(failures: i32, left: Option<TimeDelta>) -> TimeDelta {
    let doubled = PAUSE_FIRST * 2_i32.saturating_pow(u32::try_from(failures.clamp(1, 6)).unwrap_or(1) - 1);
    let share = left.map_or(PAUSE_MAX, |left| left / SHARE_OF_WHAT_IS_LEFT);
    doubled.min(PAUSE_MAX).min(share).max(PAUSE_MIN)
}

/// "Certificate expires in 29 days, renewal failed: OpenBao does not allow Steward to do this. Up to DevOps"
fn words(not_after: Option<DateTime<Utc>>, cause: &str, whose: &str, now: DateTime<Utc>) -> String {
    let expires = match not_after.map(|until| (moment::left(until, now), until)) {
        Some((Some(left), _)) => format!("Certificate expires in {left}"),
        Some((None, until)) => format!("Certificate expired {}", moment::date(until)),
        None => "Certificate is due".to_owned(),
    };
    format!("{expires}, renewal failed: {} ({whose})", cause.trim_end_matches('.'))
}

/// Until when the first of the tenant's certificates to expire holds, as it was last seen.
async fn expires_at(connection: &mut PgConnection, tenant_id: Uuid) -> Result<Option<DateTime<Utc>>> {
    let query = "select min((certificate ->> 'not_after')::timestamptz) from domain_look where tenant_id = $1";
    Ok(sqlx::query_scalar(query).bind(tenant_id).fetch_one(connection).await?)
}

/// Notes that a renewal failed, and when it is tried again.
pub(in crate::provisioning) async fn note_failed(transaction: &mut Transaction, tenant_id: Uuid, cause: &str, whose: &str) -> Result<()> {
    let now = transaction.context().now();
    let left = expires_at(transaction.conn(), tenant_id).await?.map(|until| until - now);
    let failures: Option<i32> = sqlx::query_scalar("select failures from renewal where tenant_id = $1 for update")
        .bind(tenant_id)
        .fetch_optional(transaction.conn())
        .await?;
    let failures = failures.unwrap_or_default().saturating_add(1);
    sqlx::query(
        "insert into renewal (tenant_id, failures, cause, whose, next_try_at) values ($1, $2, $3, $4, now() + $5 * interval '1 millisecond')
         on conflict (tenant_id) do update set failures = excluded.failures, cause = excluded.cause, whose = excluded.whose,
            next_try_at = excluded.next_try_at",
    )
    .bind(tenant_id)
    .bind(failures)
    .bind(cause)
    .bind(whose)
    .bind(pause(failures, left).num_milliseconds())
    .execute(transaction.conn())
    .await?;
    Ok(())
}

/// Nothing is due any more.
pub(in crate::provisioning) async fn note_renewed(transaction: &mut Transaction, tenant_id: Uuid) -> Result<()> {
    sqlx::query("delete from renewal where tenant_id = $1").bind(tenant_id).execute(transaction.conn()).await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    cause: String,
    whose: String,
    failing_since: DateTime<Utc>,
}

/// What the tenant's chip says, and since when, if its renewal fails.
pub(in crate::provisioning) async fn attention(transaction: &mut Transaction, tenant_id: Uuid) -> Result<Option<(String, DateTime<Utc>)>> {
    let row: Option<Row> = sqlx::query_as("select cause, whose, failing_since from renewal where tenant_id = $1")
        .bind(tenant_id)
        .fetch_optional(transaction.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let until = expires_at(transaction.conn(), tenant_id).await?;
    Ok(Some((words(until, &row.cause, &row.whose, transaction.context().now()), row.failing_since)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_leave_room_before_the_certificate_expires() {
        let month = Some(TimeDelta::days(30));
        assert_eq!([1, 2, 3, 4, 5, 6, 60].map(|failures| pause(failures, month).num_hours()), [1, 2, 4, 8, 16, 24, 24]);
        assert_eq!(pause(5, Some(TimeDelta::hours(8))), TimeDelta::hours(1));
        assert_eq!(pause(1, Some(TimeDelta::seconds(20))), PAUSE_MIN);
        assert_eq!(pause(1, Some(TimeDelta::days(-1))), PAUSE_MIN, "it has expired");
        assert_eq!(pause(1, None), PAUSE_FIRST);
    }

    #[test]
    fn the_words_say_when_why_and_whose() {
        let now = moment::read_day("2026-03-19").unwrap_or_default();
        let said = |days| words(Some(now + TimeDelta::days(days)), "OpenBao refuses the request.", "DevOps", now);
        assert_eq!(said(29), "Certificate expires in 29 days, renewal failed: OpenBao refuses the request (DevOps)");
        assert_eq!(said(-2), "Certificate expired 17 Mar 2026, renewal failed: OpenBao refuses the request (DevOps)");
    }
}
