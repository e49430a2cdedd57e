create table reseller (
    id uuid primary key,
    short_name text not null constraint reseller_short_name_unique unique constraint reseller_short_name_form check (short_name ~ '^[a-z][a-z0-9-]{1,28}[a-z0-9]$'),
    name text not null check (name <> ''),
    created_at timestamptz not null default now()
);

create table tenant (
    id uuid primary key,
    status text not null constraint tenant_status_known check (status in ('draft', 'provisioning', 'active', 'suspended', 'offboarding', 'deactivated', 'purged')),
    status_since timestamptz not null default now(),
    stage text not null constraint tenant_stage_known check (stage in ('creation', 'configuration', 'activation', 'monitoring', 'termination')),
    stage_since timestamptz not null default now(),
    name text not null default '',
    short_name text constraint tenant_short_name_form check (short_name ~ '^[a-z][a-z0-9-]{1,28}[a-z0-9]$'),
    domain text,
    contact_email text,
    reseller_id uuid references reseller,
    region text check (region in ('morocco', 'mena', 'eu')),
    draft jsonb,
    attention_kind text check (attention_kind in ('retrying', 'waiting', 'stopped')),
    attention_text text,
    attention_since timestamptz,
    version bigint not null default 1,
    created_by text not null,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    sort_name text collate "C" not null generated always as (lower(name)) stored,
    search_text text collate "C" not null generated always as (lower(name || ' ' || coalesce(short_name, '') || ' ' || coalesce(domain, '') || ' ' || coalesce(contact_email, '') || ' ' || id::text)) stored,
    constraint tenant_whole_unless_draft check (
        status = 'draft' and draft is not null
        or status <> 'draft' and draft is null and name <> '' and short_name is not null and domain is not null and contact_email is not null and region is not null),
    constraint tenant_attention_whole check ((attention_kind is null) = (attention_text is null) and (attention_kind is null) = (attention_since is null))
);

comment on table tenant is 'An organisation on the platform, from its draft to its purge.';
comment on column tenant.draft is 'What was typed into the wizard so far (domain::onboarding::Draft); only while the status is draft.';
comment on column tenant.search_text is 'One combined, normalised column: three OR-ed trigram columns end at 690 searches a second.';
comment on column tenant.version is 'Goes up with every change of the settings; later ETags are made of it.';

-- Two drafts may ask for one name; the first to be created has it.
create unique index tenant_short_name_unique on tenant (short_name) where status <> 'draft';
create unique index tenant_domain_unique on tenant (domain) where status <> 'draft';
-- search_text rides along, so that a search can look through the next rows in order without touching the table.
create index tenant_by_name on tenant (sort_name, id) include (search_text);
create index tenant_by_change on tenant (changed_at desc, id desc);
create index tenant_by_stage on tenant (stage, sort_name, id);
create index tenant_by_status on tenant (status, sort_name, id);
create index tenant_by_attention on tenant (attention_kind, sort_name, id) where attention_kind is not null;
create index tenant_by_reseller on tenant (reseller_id, sort_name, id) where reseller_id is not null;
create index tenant_search on tenant using gin (search_text gin_trgm_ops);

create table tenant_config (
    tenant_id uuid primary key references tenant on delete cascade,
    theme jsonb not null default '{}',
    limits jsonb not null,
    features jsonb not null,
    changed_at timestamptz not null default now()
);

comment on table tenant_config is 'The settings of GUIDE.md §3.1. Name, domain and contact are in tenant: lists and search read them there.';

create table idempotency (
    client text not null,
    key text not null,
    request_hash bytea not null,
    tenant_id uuid not null references tenant on delete cascade,
    status smallint not null,
    body jsonb not null,
    created_at timestamptz not null default now(),
    primary key (client, key)
);

comment on table idempotency is 'The stored answers of API requests that carried an Idempotency-Key; written in the transaction of the change itself.';

alter table tenant enable row level security;
create policy staff on tenant to steward_staff using (true) with check (true);
create policy worker on tenant to steward_worker using (true) with check (true);
create policy scoped on tenant to steward_scoped
    using (reseller_id = steward_reseller() or id = steward_tenant())
    with check (reseller_id = steward_reseller() or id = steward_tenant());

alter table tenant_config enable row level security;
create policy staff on tenant_config to steward_staff using (true) with check (true);
create policy worker on tenant_config to steward_worker using (true) with check (true);
create policy scoped on tenant_config to steward_scoped
    using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id));

alter table idempotency enable row level security;
create policy staff on idempotency to steward_staff using (true) with check (true);
create policy scoped on idempotency to steward_scoped
    using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id));

grant select on reseller to steward_staff, steward_scoped, steward_worker;
grant insert, update on reseller to steward_worker;
grant select, insert, update, delete on tenant to steward_staff, steward_scoped;
grant select, update on tenant to steward_worker;
grant select, insert, update on tenant_config to steward_staff, steward_scoped;
grant select, update on tenant_config to steward_worker;
grant select, insert on idempotency to steward_staff, steward_scoped;

-- Only drafts may be deleted: what once existed is purged, never deleted.
create function tenant_delete_drafts_only() returns trigger language plpgsql as $$
begin
    if old.status <> 'draft' then
        raise exception 'a tenant that is % is never deleted', old.status using constraint = 'tenant_delete_drafts_only';
    end if;
    return old;
end
$$;
create trigger tenant_delete_drafts_only before delete on tenant for each row execute function tenant_delete_drafts_only();

-- Names are unique over the whole platform, also for those who may not see who has one.
create function short_name_taken(wanted text) returns boolean language sql stable security definer set search_path = public, pg_temp
    return exists (select from tenant where short_name = wanted and status <> 'draft');
comment on function short_name_taken is 'Looks past row-level security on purpose and says only yes or no.';
revoke execute on function short_name_taken from public;
grant execute on function short_name_taken to steward_staff, steward_scoped, steward_worker;
