-- Mails to a tenant's contact. A row is written in the transaction that settles the run it tells of; a worker sends it afterwards.
create table mail (
    id uuid primary key,
    tenant_id uuid not null references tenant,
    run_id uuid not null references run,
    kind text not null constraint mail_kind_known check (kind in ('ready', 'suspended', 'resumed', 'contact-new', 'contact-left')),
    recipient text not null check (recipient <> ''),
    state text not null default 'waiting' constraint mail_state_known check (state in ('waiting', 'sending', 'sent', 'given-up')),
    tries int not null default 0,
    next_try_at timestamptz default now(),
    give_up_at timestamptz not null default now() + interval '1 day',
    owner text,
    epoch bigint not null default 0,
    lease_until timestamptz,
    code text,
    failure text,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint mail_once unique (run_id, kind, recipient),
    constraint mail_leased_while_sending check ((state = 'sending') = (owner is not null) and (owner is null) = (lease_until is null)),
    constraint mail_has_next_try check ((state = 'waiting') = (next_try_at is not null)),
    constraint mail_ended check ((state in ('sent', 'given-up')) = (ended_at is not null)),
    constraint mail_failure_whole check ((code is null) = (failure is null))
);

comment on table mail is 'The outbox: once for each run, kind and recipient. What it says follows from the run''s wish, so that a retry says the same.';
comment on column mail.id is 'Also the Message-ID: whoever gets a mail twice, because a worker died after sending it, recognises it.';
comment on column mail.give_up_at is 'What failed for now is tried again until then.';
comment on column mail.epoch is 'As of run_step: every write names the epoch of its claim.';

create index mail_due on mail (next_try_at) where state = 'waiting';
create index mail_leased on mail (lease_until) where state = 'sending';
create index mail_by_tenant on mail (tenant_id, created_at desc, id desc);

alter table mail enable row level security;
create policy staff on mail to steward_staff using (true) with check (true);
create policy worker on mail to steward_worker using (true) with check (true);
create policy scoped on mail to steward_scoped using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id));
-- People's calls can settle a run too; beside that they ask for a mail to be sent again, and nothing else.
grant select, insert, update (state, tries, next_try_at, give_up_at, ended_at, code, failure) on mail to steward_staff, steward_scoped;
grant select, insert, update on mail to steward_worker;

create function mail_waiting() returns trigger language plpgsql as $$
begin
    perform pg_notify('mail_waiting', '');
    return null;
end
$$;
create trigger mail_added after insert on mail for each row execute function mail_waiting();
create trigger mail_waits_again after update on mail for each row when (old.state <> 'waiting' and new.state = 'waiting' and new.next_try_at <= now())
    execute function mail_waiting();

-- What a tenant's people see first, before anybody is signed in. That a draft has a name is nobody's business.
create function published_page(wanted text, out name text, out theme jsonb, out suspended boolean) returns setof record
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select t.name, c.theme, t.status = 'suspended' from tenant t join tenant_config c on c.tenant_id = t.id
        where t.short_name = wanted and t.status in ('active', 'suspended');
    end;
comment on function published_page is 'Looks past row-level security on purpose: name, theme and whether it is suspended, of the tenant that has that short name and is active or suspended.';
revoke execute on function published_page from public;
grant execute on function published_page to steward_worker;

-- A table of tenants goes on by itself when the process that carried it out has died: any other takes it over, as steps are.
alter table batch add column asked_by jsonb;
alter table batch add column going_since timestamptz;
alter table batch add column owner text;
alter table batch add column epoch bigint not null default 0;
alter table batch add column lease_until timestamptz;
alter table batch add constraint batch_going_whole check ((going_since is null) = (asked_by is null));
alter table batch add constraint batch_leased_while_going check ((owner is null) = (lease_until is null) and (owner is null or going_since is not null));

comment on column batch.asked_by is 'Who pressed Create, with roles and reseller (access::ActorKept): each row is created in their name, after their right was asked for again.';
comment on column batch.going_since is 'Set while rows are left to be created; null once every row has its tenant or its problem.';
comment on column batch.epoch is 'As of run_step: every write names the epoch of its claim.';

create index batch_going on batch (going_since) where going_since is not null;

create policy worker on batch to steward_worker using (true) with check (true);
create policy worker on batch_row to steward_worker using (true) with check (true);
grant select, update on batch, batch_row to steward_worker;
