create table resource (
    id uuid primary key,
    tenant_id uuid not null references tenant,
    kind text not null,
    system text not null,
    name text not null,
    state text not null constraint resource_state_known check (state in ('planned', 'present', 'partial', 'foreign', 'removed')),
    detail text not null default '',
    observed_at timestamptz,
    created_at timestamptz not null default now(),
    constraint resource_one_of_a_kind unique (tenant_id, kind)
);

comment on table resource is 'The inventory. A row is written before the resource is made, so that whatever exists can be found again.';
comment on column resource.detail is 'What was observed, in words: "4 roles, second factor forced".';

create table run (
    id uuid primary key,
    number bigint not null generated always as identity constraint run_number_unique unique,
    tenant_id uuid not null references tenant,
    kind text not null check (kind in ('onboard')),
    plan_hash text not null,
    plan jsonb not null,
    wish jsonb not null,
    state text not null constraint run_state_known check (state in ('running', 'done', 'stopped')),
    requested_by text not null,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint run_ended check ((state = 'done') = (ended_at is not null))
);

comment on column run.wish is 'What the resources are made from: settings as they were when the plan was made. What runs is what was reviewed.';

create unique index run_one_open_per_tenant on run (tenant_id) where ended_at is null;
create index run_by_tenant on run (tenant_id, number desc);
create index run_open on run (number desc) where ended_at is null;
create index run_took on run (kind, ended_at desc) where state = 'done';

create table run_step (
    id uuid primary key,
    run_id uuid not null references run,
    tenant_id uuid not null references tenant,
    ordinal int not null,
    kind text not null,
    title text not null,
    system text not null,
    wave int not null,
    after text[] not null,
    state text not null constraint run_step_state_known check (state in ('blocked', 'ready', 'running', 'retrying', 'waiting', 'done', 'stopped')),
    failures int not null default 0,
    failures_max int not null,
    next_try_at timestamptz,
    waiting_since timestamptz,
    cause jsonb,
    owner text,
    epoch bigint not null default 0,
    lease_until timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    constraint run_step_order unique (run_id, ordinal),
    constraint run_step_one_of_a_kind unique (run_id, kind),
    constraint run_step_leased_while_running check ((state = 'running') = (owner is not null) and (owner is null) = (lease_until is null)),
    constraint run_step_has_next_try check ((state in ('retrying', 'waiting')) = (next_try_at is not null)),
    constraint run_step_waits_since check ((state = 'waiting') <= (waiting_since is not null))
);

comment on column run_step.epoch is 'Goes up at every claim; every write of a worker names the epoch it claimed with, so that one who lost its lease writes nothing.';
comment on column run_step.after is 'The kinds of the steps of this run that must be done before.';

create index run_step_claimable on run_step (coalesce(next_try_at, '-infinity'::timestamptz), id) where state in ('ready', 'retrying', 'waiting');
create index run_step_leased on run_step (lease_until) where state = 'running';

create table run_step_attempt (
    step_id uuid not null references run_step,
    number int not null,
    epoch bigint not null,
    worker text not null,
    intent text not null,
    began_at timestamptz not null default now(),
    ended_at timestamptz,
    outcome text,
    code text,
    primary key (step_id, number)
);

comment on table run_step_attempt is 'One row per attempt, never overwritten: committed with its intent before the effect, ended with its outcome after it.';

-- Whoever watches a run is told of its changes; whoever works is told of work.
create function run_changed() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'run' then
        perform pg_notify('run_changed', new.id::text);
    else
        perform pg_notify('run_changed', new.run_id::text);
        if new.state = 'ready' then
            perform pg_notify('step_ready', '');
        end if;
    end if;
    return null;
end
$$;
create trigger run_changed after insert or update on run for each row execute function run_changed();
create trigger run_step_added after insert on run_step for each row execute function run_changed();
-- A renewed lease is no news.
create trigger run_step_changed after update on run_step for each row
    when ((old.state, old.epoch, old.failures, old.next_try_at) is distinct from (new.state, new.epoch, new.failures, new.next_try_at))
    execute function run_changed();

-- Head-room is the platform's, whoever asks.
create function allocated_limits(out cpu bigint, out memory_gib bigint, out storage_gib bigint, out gpu bigint)
    language sql stable security definer set search_path = public, pg_temp
    return (select row (coalesce(sum((c.limits ->> 'cpu')::bigint), 0)::bigint, coalesce(sum((c.limits ->> 'memory_gib')::bigint), 0)::bigint,
                        coalesce(sum((c.limits ->> 'storage_gib')::bigint), 0)::bigint, coalesce(sum((c.limits ->> 'gpu')::bigint), 0)::bigint)
            from tenant_config c join tenant t on t.id = c.tenant_id where t.status not in ('draft', 'purged'));
comment on function allocated_limits is 'The sum of the limits of every tenant that has resources; looks past row-level security on purpose and says only sums.';
revoke execute on function allocated_limits from public;
grant execute on function allocated_limits to steward_staff, steward_scoped, steward_worker;

do $$
declare
    name text;
begin
    foreach name in array array['resource', 'run', 'run_step'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy staff on %I to steward_staff using (true) with check (true)', name);
        execute format('create policy worker on %I to steward_worker using (true) with check (true)', name);
        execute format('create policy scoped on %I to steward_scoped using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id))', name);
        execute format('grant select, insert, update on %I to steward_staff, steward_scoped, steward_worker', name);
    end loop;
end
$$;
alter table run_step_attempt enable row level security;
create policy staff on run_step_attempt for select to steward_staff using (true);
create policy worker on run_step_attempt to steward_worker using (true) with check (true);
create policy scoped on run_step_attempt for select to steward_scoped using (exists (select from run_step where run_step.id = step_id));
grant select on run_step_attempt to steward_staff, steward_scoped;
grant select, insert, update on run_step_attempt to steward_worker;
