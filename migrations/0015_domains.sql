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
