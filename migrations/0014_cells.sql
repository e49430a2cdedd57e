-- Several clusters of Keycloak, called cells: a tenant's realm is in one of them, chosen when the tenant is created, and stays there.

alter table tenant add column cell text constraint tenant_cell_form check (cell ~ '^[a-z][a-z0-9-]{0,29}$');
-- Until now there was one, whatever it is called: from here on it is called `main`, and STEWARD_KEYCLOAK_CELL must say so.
update tenant set cell = 'main' where status <> 'draft';
alter table tenant add constraint tenant_cell_not_in_draft check (status <> 'draft' or cell is null);
comment on column tenant.cell is 'The Keycloak cell that has the tenant''s realm, by its name. None in a draft: it is chosen with the run that creates the tenant.';
create index tenant_by_cell on tenant (cell) where cell is not null;

create function tenant_keeps_its_cell() returns trigger language plpgsql as $$
begin
    raise exception 'the realm of tenant % is in cell %, and stays there', old.id, old.cell using constraint = 'tenant_keeps_its_cell';
end
$$;
create trigger tenant_keeps_its_cell before update on tenant for each row
    when (old.cell is distinct from new.cell and old.status <> 'draft' and new.status <> 'draft') execute function tenant_keeps_its_cell();

alter table run_step add column cell text;
comment on column run_step.cell is 'Which cell the step works in, if its system is Keycloak and it is not the first one.';

-- A realm takes its place from the moment its tenant is created until the tenant is purged, also while it is still to be made.
create function cells_filled() returns table (cell text, tenants bigint, waiting bigint) language sql stable security definer
set search_path = public, pg_temp
as $$
    select t.cell, count(*), count(*) filter (where t.status = 'provisioning' and exists (
               select from run_step s join run r on r.id = s.run_id
               where r.tenant_id = t.id and r.ended_at is null and s.kind = 'realm' and s.action = 'apply' and s.state not in ('done', 'cancelled')))
    from tenant t where t.cell is not null and t.status <> 'purged' group by t.cell
$$;
comment on function cells_filled is 'How many tenants each cell has, and how many of their realms are still to be made; looks past row-level security on purpose and says only counts.';
revoke execute on function cells_filled from public;
grant execute on function cells_filled to steward_staff, steward_scoped, steward_worker;
