-- What differs from what is wanted although nobody asked Steward to change it: found by looking, decided by people.

alter table tenant_config add column repair_silently boolean not null default false;
comment on column tenant_config.repair_silently is 'Whether what differs is repaired without anybody being asked. If not, it is reported only.';

alter table tenant drop constraint tenant_attention_kind_check;
alter table tenant add constraint tenant_attention_kind_known check (attention_kind in ('retrying', 'waiting', 'stopped', 'drift'));

create table drift (
    id uuid primary key,
    tenant_id uuid not null references tenant,
    kind text not null,
    system text not null,
    finding text not null constraint drift_finding_known check (finding in ('differs', 'absent', 'partial', 'foreign')),
    differences jsonb not null constraint drift_differences_some check (jsonb_array_length(differences) > 0),
    revision bigint not null default 1,
    since timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    changed_by text,
    changed_at timestamptz,
    decision text not null default 'open' constraint drift_decision_known check (decision in ('open', 'accepted', 'ignored')),
    decided_by text,
    decided_at timestamptz,
    decided jsonb not null default '[]',
    ignored_until timestamptz,
    reason text,
    constraint drift_one_of_a_kind unique (tenant_id, kind),
    constraint drift_decided_whole check (decision = 'open' or decided_by is not null and decided_at is not null),
    constraint drift_ignored_until check ((decision = 'ignored') = (ignored_until is not null))
);

comment on table drift is 'One row per resource that is not as wanted. It goes when the resource is seen to be as wanted again.';
comment on column drift.differences is 'Field by field what was seen and what is wanted (domain::difference::Difference).';
comment on column drift.revision is 'Goes up whenever the differences are others: whoever decides, decides about what they saw.';
comment on column drift.changed_by is 'Who changed it, if the system knows.';
comment on column drift.decided is 'The differences that the decision is about. Any other one is reported again.';

create index drift_newest on drift (since desc, id desc);
create index drift_of_decision on drift (decision, since desc, id desc);
create index drift_ignored on drift (ignored_until) where decision = 'ignored';

alter table drift enable row level security;
create policy staff on drift to steward_staff using (true) with check (true);
create policy worker on drift to steward_worker using (true) with check (true);
create policy scoped on drift to steward_scoped using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id));
-- What is found, workers write; people decide about it.
grant select, update on drift to steward_staff, steward_scoped;
grant select, insert, update, delete on drift to steward_worker;

create table drift_look (
    tenant_id uuid primary key references tenant,
    due_at timestamptz not null default now(),
    watched_due_at timestamptz,
    looked_at timestamptz,
    unseen jsonb not null default '{}',
    repaired_at timestamptz,
    owner text,
    epoch bigint not null default 0,
    lease_until timestamptz,
    claimed_at timestamptz,
    constraint drift_look_leased_whole check ((owner is null) = (lease_until is null) and (owner is null) = (claimed_at is null))
);

comment on table drift_look is 'When each tenant is looked at next, and by which process: they share the sweep, as they share steps.';
comment on column drift_look.due_at is 'When everything is looked at next; never while the tenant is neither active nor suspended.';
comment on column drift_look.watched_due_at is 'When what Steward watches is looked at next: set as soon as something changed there.';
comment on column drift_look.unseen is 'The kinds that could not be looked at the last time, each with the code that says why.';
comment on column drift_look.repaired_at is 'When Steward last began a repair by itself: not at every change of somebody who insists.';
comment on column drift_look.epoch is 'As of run_step: every write names the epoch of its claim.';

create index drift_look_due on drift_look ((least(due_at, coalesce(watched_due_at, 'infinity'::timestamptz))));

alter table drift_look enable row level security;
create policy staff on drift_look to steward_staff using (true) with check (true);
create policy worker on drift_look to steward_worker using (true) with check (true);
create policy scoped on drift_look to steward_scoped using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id));
-- A person may ask for a look at once, and nothing else.
grant select, update (due_at) on drift_look to steward_staff, steward_scoped;
grant select, update on drift_look to steward_worker;

-- Whoever makes a tenant active need not think of it. As the owner: nobody else may add rows.
create function tenant_is_looked_at() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into drift_look (tenant_id, due_at)
    values (new.id, case when new.status in ('active', 'suspended') then now() else 'infinity'::timestamptz end)
    on conflict (tenant_id) do update set due_at = excluded.due_at, watched_due_at = null;
    return null;
end
$$;
revoke execute on function tenant_is_looked_at() from public;
create trigger tenant_is_looked_at after insert on tenant for each row when (new.status in ('active', 'suspended'))
    execute function tenant_is_looked_at();
create trigger tenant_is_looked_at_again after update on tenant for each row when (old.status is distinct from new.status and new.status <> 'draft')
    execute function tenant_is_looked_at();
insert into drift_look (tenant_id) select id from tenant where status in ('active', 'suspended');

-- Whoever looks is told that there is something to look at.
create function drift_look_due() returns trigger language plpgsql as $$
begin
    perform pg_notify('drift_look_due', '');
    return null;
end
$$;
create trigger drift_look_due after update on drift_look for each row
    when (new.due_at < old.due_at or new.watched_due_at is not null and new.watched_due_at is distinct from old.watched_due_at)
    execute function drift_look_due();
