create table audit_intake (
    id uuid primary key,
    occurred_at timestamptz not null,
    class text not null constraint audit_class_known check (class in ('operational', 'security', 'audit')),
    action text not null,
    result text not null constraint audit_result_known check (result in ('done', 'refused', 'failed')),
    tenant_id uuid,
    actor_kind text not null constraint audit_actor_kind_known check (actor_kind in ('person', 'client', 'system', 'anonymous')),
    actor_id text not null,
    actor_name text not null,
    object_kind text not null,
    object_id text not null,
    address text,
    request_id text not null,
    correlation uuid,
    code text,
    body bytea not null
);

comment on table audit_intake is 'Every change, refusal and sign-in, inserted in the transaction of the change itself. Insert-only: the server''s roles can neither alter nor delete a row.';
comment on column audit_intake.body is 'The entry as bytes. Later a sequencer hashes exactly these, never re-serialised JSON; the columns beside it are an index.';
comment on column audit_intake.tenant_id is 'No foreign key: the entry outlives the tenant.';
comment on column audit_intake.correlation is 'The run, if the entry belongs to one.';

create index audit_intake_by_time on audit_intake (occurred_at desc, id desc);
create index audit_intake_by_tenant on audit_intake (tenant_id, occurred_at desc, id desc) where tenant_id is not null;
create index audit_intake_by_actor on audit_intake (actor_id, occurred_at desc, id desc);
create index audit_intake_by_action on audit_intake (action, occurred_at desc, id desc);
create index audit_intake_by_correlation on audit_intake (correlation, occurred_at desc, id desc) where correlation is not null;

alter table audit_intake enable row level security;
create policy append on audit_intake for insert to steward_staff, steward_scoped, steward_worker with check (true);
create policy staff_read on audit_intake for select to steward_staff using (true);
create policy worker_read on audit_intake for select to steward_worker using (true);
create policy scoped_read on audit_intake for select to steward_scoped using (exists (select from tenant where tenant.id = tenant_id));
grant select, insert on audit_intake to steward_staff, steward_scoped, steward_worker;
