-- Every change of a tenant is proposed, reviewed as a plan, and carried out as a run.

alter table run drop constraint run_kind_check;
alter table run add constraint run_kind_known check (kind in ('onboard', 'change', 'suspend', 'resume', 'repair', 'renew', 'roll-back'));
alter table run add column title text not null default 'Onboard';
alter table run alter column title drop default;
alter table run add column cancel_asked_at timestamptz;
alter table run drop constraint run_state_known;
alter table run add constraint run_state_known check (state in ('running', 'done', 'stopped', 'cancelled'));
alter table run drop constraint run_ended;
alter table run add constraint run_ended check ((state in ('done', 'cancelled')) = (ended_at is not null));
drop index run_took;
create index run_took on run (title, ended_at desc) where state = 'done';

comment on column run.title is 'What the run is called: "Onboard", "Change limits". How long such runs usually take is reckoned by it.';
comment on column run.cancel_asked_at is 'A person cancelled it; what a worker holds comes to its end, nothing else begins.';

alter table run_step add column action text not null default 'apply' constraint run_step_action_known check (action in ('apply', 'remove'));
alter table run_step add column destructive boolean not null default false;
alter table run_step drop constraint run_step_state_known;
alter table run_step add constraint run_step_state_known
    check (state in ('blocked', 'ready', 'running', 'retrying', 'waiting', 'done', 'stopped', 'cancelled'));

comment on column run_step.destructive is 'It removes something or keeps people out: not claimed while destructive work is paused.';

alter table tenant_config add column suspended boolean not null default false;
alter table tenant_config add column without text[] not null default '{}';

comment on column tenant_config.suspended is 'Whether the tenant''s people are to be kept out. What it is follows when the run is done: tenant.status.';
comment on column tenant_config.without is 'The kinds of resources that the tenant is to do without.';

create table tenant_settings (
    tenant_id uuid not null references tenant,
    version bigint not null,
    settings jsonb not null,
    changed_by text not null,
    changed_at timestamptz not null default now(),
    primary key (tenant_id, version)
);

comment on table tenant_settings is 'The settings at each version (domain::change::TenantSettings), so that two who change at once see both, and so that one can go back.';

insert into tenant_settings (tenant_id, version, settings, changed_by, changed_at)
select t.id, t.version, jsonb_build_object('name', t.name, 'contact_email', t.contact_email, 'limits', c.limits, 'features', c.features,
                                           'suspended', false, 'without', '[]'::jsonb), t.created_by, t.changed_at
from tenant t join tenant_config c on c.tenant_id = t.id where t.status <> 'draft';

alter table tenant_settings enable row level security;
create policy staff on tenant_settings to steward_staff using (true) with check (true);
create policy worker on tenant_settings to steward_worker using (true) with check (true);
create policy scoped on tenant_settings to steward_scoped using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id));
grant select, insert on tenant_settings to steward_staff, steward_scoped, steward_worker;

create table change (
    id uuid primary key,
    tenant_id uuid not null references tenant,
    kind text not null constraint change_kind_known check (kind in ('change', 'suspend', 'resume', 'repair', 'renew', 'roll-back')),
    patch jsonb not null,
    only_kinds text[],
    reason text,
    base_version bigint not null,
    proposed_by text not null,
    proposed_at timestamptz not null default now(),
    run_id uuid references run,
    ended_at timestamptz,
    constraint change_started_has_ended check (run_id is null or ended_at is not null)
);

comment on table change is 'What somebody wants to be other than it is, until it is started as a run or discarded.';
comment on column change.patch is 'The settings that are to change (domain::change::SettingsPatch).';
comment on column change.only_kinds is 'The kinds of resources that a repair is about; null for all.';

create index change_open on change (tenant_id, proposed_at desc) where ended_at is null;

alter table change enable row level security;
create policy staff on change to steward_staff using (true) with check (true);
create policy worker on change to steward_worker using (true) with check (true);
create policy scoped on change to steward_scoped using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id));
grant select, insert, update on change to steward_staff, steward_scoped, steward_worker;

create table destruction_pause (
    id uuid primary key,
    reason text not null check (reason <> ''),
    paused_by text not null,
    paused_at timestamptz not null default now(),
    resumed_by text,
    resumed_at timestamptz,
    constraint destruction_pause_resumed_whole check ((resumed_by is null) = (resumed_at is null))
);

comment on table destruction_pause is 'The switch that stops all destructive work of every tenant: while a row is open, no such step is claimed.';

create unique index destruction_pause_one_open on destruction_pause ((true)) where resumed_at is null;
grant select, insert, update on destruction_pause to steward_staff;
grant select on destruction_pause to steward_scoped, steward_worker;
