-- `steward check` compares what is applied with what it brings along. The list is the owner's; who asks sees nothing else of it.
create function migrations_applied() returns table (version bigint, checksum bytea, success boolean) language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$ select version, checksum, success from public._sqlx_migrations $$;

comment on function migrations_applied() is 'The migrations that were applied, for `steward check`.';

-- Many tenants from one table: every row is looked at first, then each is created by a run of its own.
create table batch (
    id uuid primary key,
    reseller_id uuid references reseller,
    requested_by text not null,
    created_at timestamptz not null default now(),
    started_at timestamptz
);

comment on table batch is 'Tenants that were asked for in one table. Whose it is follows from who asked: reseller_id is theirs, not the rows''.';

create table batch_row (
    batch_id uuid not null references batch on delete cascade,
    line int not null,
    draft jsonb not null,
    name text not null,
    short_name text,
    verdict text not null constraint batch_row_verdict_known check (verdict in ('pass', 'look', 'fail')),
    errors jsonb not null,
    tenant_id uuid references tenant on delete set null,
    run_id uuid references run on delete set null,
    problem text,
    primary key (batch_id, line)
);

comment on column batch_row.draft is 'What the row asks for (domain::onboarding::Draft), as typed.';
comment on column batch_row.errors is 'What is wrong with it, each at its column.';
comment on column batch_row.problem is 'Why its tenant was not created when the batch was carried out.';

alter table batch enable row level security;
create policy staff on batch to steward_staff using (true) with check (true);
create policy scoped on batch to steward_scoped using (reseller_id = steward_reseller()) with check (reseller_id = steward_reseller());
grant select, insert, update on batch to steward_staff, steward_scoped;

alter table batch_row enable row level security;
create policy staff on batch_row to steward_staff using (true) with check (true);
create policy scoped on batch_row to steward_scoped using (exists (select from batch where batch.id = batch_id)) with check (exists (select from batch where batch.id = batch_id));
grant select, insert, update on batch_row to steward_staff, steward_scoped;
