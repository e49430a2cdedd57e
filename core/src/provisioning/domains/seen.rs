//! What looks saw, kept for pages. A row says what was, with the time of each look.

use crate::database::Transaction;
use crate::error::Result;
use crate::provisioning::resources::Evidence;
use sqlx::types::Json;
use uuid::Uuid;

/// Keeps what was seen in the place of what was seen before. Another certificate than the last time has replaced that one.
pub(in crate::provisioning) async fn keep(transaction: &mut Transaction, tenant_id: Uuid, evidence: &[Evidence]) -> Result<()> {
    for seen in evidence {
        let (statement, json) = match seen {
            Evidence::Record(_, record) => (
                "insert into domain_look (tenant_id, domain, record, record_at) values ($1, $2, $3, now())
                 on conflict (tenant_id, domain) do update set record = excluded.record, record_at = excluded.record_at",
                serde_json::to_value(record)?,
            ),
            Evidence::Handshake(_, handshake) => (
                "insert into domain_look (tenant_id, domain, handshake, handshake_at) values ($1, $2, $3, now())
                 on conflict (tenant_id, domain) do update set handshake = excluded.handshake, handshake_at = excluded.handshake_at",
                serde_json::to_value(handshake)?,
            ),
            Evidence::Certificate(_, certificate) => (
                "insert into domain_look as l (tenant_id, domain, certificate, certificate_at) values ($1, $2, $3, now())
                 on conflict (tenant_id, domain) do update set certificate = excluded.certificate, certificate_at = excluded.certificate_at,
                    replaced_serial = case when l.certificate ->> 'serial' <> excluded.certificate ->> 'serial'
                                           then l.certificate ->> 'serial' else l.replaced_serial end,
                    replaced_at = case when l.certificate ->> 'serial' <> excluded.certificate ->> 'serial' then now() else l.replaced_at end",
                serde_json::to_value(certificate)?,
            ),
        };
        sqlx::query(statement).bind(tenant_id).bind(seen.domain().as_str()).bind(Json(json)).execute(transaction.conn()).await?;
    }
    Ok(())
}
