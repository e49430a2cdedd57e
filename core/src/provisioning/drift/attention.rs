//! What a tenant's chip says of its drift. A run's attention goes before it.

use crate::database::Transaction;
use crate::error::Result;
use crate::provisioning::domains::renewal;
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use steward_domain::drift::Finding;
use steward_domain::moment;
use steward_domain::tenant::AttentionKind;
use uuid::Uuid;

#[derive(FromRow)]
struct Sums {
    resources: i64,
    fields: i64,
    only_fields: Option<bool>,
    since: Option<DateTime<Utc>>,
}

/// "Drift, 1 field since 19 Mar, 14:21 UTC"
fn words(sums: &Sums, since: DateTime<Utc>) -> String {
    let (count, word) = if sums.only_fields == Some(true) { (sums.fields, "field") } else { (sums.resources, "resource") };
    let plural = if count == 1 { "" } else { "s" };
    format!("Drift, {} {word}{plural} since {}", moment::thousands(count), moment::day_time(since))
}

/// Brings the tenant's attention to a renewal that fails, or else to what is open on its board, unless a run has it.
pub(in crate::provisioning) async fn note_attention(transaction: &mut Transaction, tenant_id: Uuid) -> Result<()> {
    if let Some((text, since)) = renewal::attention(transaction, tenant_id).await? {
        return write(transaction, tenant_id, Some((AttentionKind::Expiring, text, since))).await;
    }
    let sums: Sums = sqlx::query_as(
        "select count(*) as resources, coalesce(sum(jsonb_array_length(differences)), 0)::bigint as fields, bool_and(finding = $2) as only_fields,
                min(since) as since
         from drift where tenant_id = $1 and decision = 'open'",
    )
    .bind(tenant_id)
    .bind(Finding::Differs.as_str())
    .fetch_one(transaction.conn())
    .await?;
    let drift = sums.since.map(|since| (AttentionKind::Drift, words(&sums, since), since));
    write(transaction, tenant_id, drift).await
}

async fn write(transaction: &mut Transaction, tenant_id: Uuid, wrong: Option<(AttentionKind, String, DateTime<Utc>)>) -> Result<()> {
    let since = wrong.as_ref().map(|(.., since)| *since);
    let (kind, text) = wrong.map(|(kind, text, _)| (kind.as_str(), text)).unzip();
    sqlx::query(
        "update tenant set attention_kind = $2, attention_text = $3, attention_since = $4
         where id = $1 and (attention_kind is null or attention_kind in ('drift', 'expiring'))
           and (attention_kind, attention_text, attention_since) is distinct from ($2, $3, $4)",
    )
    .bind(tenant_id)
    .bind(kind)
    .bind(text)
    .bind(since)
    .execute(transaction.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_unless_something_is_gone() {
        let since = moment::read_day("2026-03-19").unwrap_or_default();
        let sums = |resources, fields, only| Sums { resources, fields, only_fields: Some(only), since: Some(since) };
        assert_eq!(words(&sums(1, 1, true), since), "Drift, 1 field since 19 Mar, 00:00 UTC");
        assert_eq!(words(&sums(2, 3, true), since), "Drift, 3 fields since 19 Mar, 00:00 UTC");
        assert_eq!(words(&sums(1, 1, false), since), "Drift, 1 resource since 19 Mar, 00:00 UTC");
    }
}
