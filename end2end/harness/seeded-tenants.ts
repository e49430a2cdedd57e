// Tenants that only stand in the table, so that the list has several pages, every status and both resellers.
// Nothing of them is in any system, and no story acts on them.
import type { Inside } from "./database.ts";

export const seeded = 60;
export const seededOfMeridian = 12;
export const seededOfNordwerk = 8;
export const seededSuspended = 10;

/** Names in the order in which the list shows them. */
export function seededName(place: number): string {
  return `Ledger House ${String(place).padStart(2, "0")}`;
}

export async function seedTenants(inside: Inside): Promise<void> {
  await inside.rows(
    `insert into tenant (id, status, stage, name, short_name, domain, contact_email, reseller_id, region, attention_kind, attention_text, attention_since,
                         created_by, created_at, changed_at)
     select gen_random_uuid(),
            case when n <= 40 then 'active' when n <= 50 then 'suspended' when n <= 55 then 'deactivated' else 'purged' end,
            case when n <= 50 then 'monitoring' else 'termination' end,
            'Ledger House ' || lpad(n::text, 2, '0'), 'ledger-house-' || n, 'ledger-house-' || n || '.inosec.com', 'owner-' || n || '@ledger.example',
            case when n between 1 and $1 then (select id from reseller where short_name = 'meridian-cloud')
                 when n between $1 + 1 and $1 + $2 then (select id from reseller where short_name = 'nordwerk-partners') end,
            'morocco',
            case when n = 30 then 'waiting' when n = 31 then 'stopped' end,
            case when n = 30 then 'Waits for Keycloak' when n = 31 then 'Stopped' end,
            case when n in (30, 31) then now() - interval '5 minutes' end,
            'seed', now() - n * interval '1 day', now() - n * interval '1 hour'
     from generate_series(1, 60) n`,
    [seededOfMeridian, seededOfNordwerk],
  );
  await inside.rows(
    `insert into tenant_config (tenant_id, limits, features)
     select id, '{"cpu":4,"memory_gib":8,"storage_gib":200,"gpu":0}', '["crm_enabled","erp_enabled"]' from tenant where created_by = 'seed'`,
  );
}
