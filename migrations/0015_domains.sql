-- What was seen of tenants' domains, certificates that are renewed by themselves, and custom domains.

alter table tenant drop constraint tenant_attention_kind_known;
alter table tenant add constraint tenant_attention_kind_known check (attention_kind in ('retrying', 'waiting', 'stopped', 'drift', 'expiring'));

alter table change add column renews text[] not null default '{}';
comment on column change.renews is 'Serial numbers of the certificates that are to be replaced, however long they hold.';

create table domain_look (
    tenant_id uuid not null references tenant,
    domain text not null constraint domain_look_known check (domain in ('default', 'custom')),
    record jsonb,
    record_at timestamptz,
    certificate jsonb,
    certificate_at timestamptz,
    replaced_serial text,
    replaced_at timestamptz,
    handshake jsonb,
    handshake_at timestamptz,
    primary key (tenant_id, domain)
);

comment on table domain_look is 'What the last looks at a tenant''s domains saw, each with its time; nothing in it is what should be.';
comment on column domain_look.record is 'What the name leads to (core::provisioning::resources::RecordSeen).';
comment on column domain_look.certificate is 'The certificate that is kept (CertificateSeen). Never a key.';
comment on column domain_look.replaced_serial is 'The serial number of the certificate before it, and since when another one is kept.';
comment on column domain_look.handshake is 'What the ingress controller served, and whether it held (HandshakeSeen).';

create table renewal (
    tenant_id uuid primary key references tenant,
    failures int not null check (failures > 0),
    cause text not null,
    whose text not null,
    failing_since timestamptz not null default now(),
    next_try_at timestamptz
);

comment on table renewal is 'Tenants whose certificate is due and could not be renewed. A row goes when a new certificate is seen.';
comment on column renewal.next_try_at is 'When Steward tries again by itself; null while it does.';

create index renewal_due on renewal (next_try_at) where next_try_at is not null;

do $$
declare
    name text;
begin
    foreach name in array array['domain_look', 'renewal'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy staff on %I to steward_staff using (true) with check (true)', name);
        execute format('create policy worker on %I to steward_worker using (true) with check (true)', name);
        execute format('create policy scoped on %I to steward_scoped using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id))', name);
    end loop;
end
$$;
-- A person may have the domain looked at; workers look by themselves, and note what becomes of renewals.
grant select, insert, update on domain_look to steward_staff, steward_scoped, steward_worker;
-- A run that a person retries or cancels settles in their name.
grant select, insert, update on renewal to steward_staff, steward_scoped;
grant select, insert, update, delete on renewal to steward_worker;

alter table tenant_config add column custom_domain text;
comment on column tenant_config.custom_domain is 'The domain of its own that the tenant is reached at too, as DNS knows it.';
create unique index tenant_custom_domain_unique on tenant_config (custom_domain) where custom_domain is not null;

create table domain_challenge (
    tenant_id uuid not null references tenant,
    domain text not null check (domain <> ''),
    token text not null constraint domain_challenge_token_unique unique,
    begun_by text not null,
    begun_at timestamptz not null default now(),
    expires_at timestamptz not null,
    checked_at timestamptz,
    found text,
    verified_at timestamptz,
    primary key (tenant_id, domain)
);

comment on table domain_challenge is 'What a tenant is to write into its DNS, so that it is known to be its domain. Anybody may read it there: it is no secret.';
comment on column domain_challenge.token is 'Random, and this tenant''s alone: what another tenant was given proves nothing.';
comment on column domain_challenge.found is 'What the last look found, in words.';
comment on column domain_challenge.verified_at is 'When it was found first. It is looked at again before a certificate is issued.';

alter table domain_challenge enable row level security;
create policy staff on domain_challenge to steward_staff using (true) with check (true);
create policy worker on domain_challenge to steward_worker using (true) with check (true);
create policy scoped on domain_challenge to steward_scoped using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id));
grant select, insert, update, delete on domain_challenge to steward_staff, steward_scoped;
grant select on domain_challenge to steward_worker;

-- Domains are unique over the whole platform, also for those who may not see who has one.
create function custom_domain_taken(wanted text, but uuid) returns boolean language sql stable security definer set search_path = public, pg_temp
    return exists (select from tenant_config where custom_domain = wanted and tenant_id <> but);
comment on function custom_domain_taken is 'Looks past row-level security on purpose and says only yes or no.';
revoke execute on function custom_domain_taken from public;
grant execute on function custom_domain_taken to steward_staff, steward_scoped, steward_worker;
