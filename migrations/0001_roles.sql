-- The roles that a transaction takes on. The login role of the server inherits nothing: each transaction
-- says `SET LOCAL ROLE` according to its actor, and row-level security follows from that role.
-- The roles belong to the cluster: whoever sets it up may have made them already.
do $$
declare
    name text;
begin
    foreach name in array array['steward_staff', 'steward_scoped', 'steward_worker'] loop
        if not exists (select from pg_roles where rolname = name) then
            begin
                execute format('create role %I nologin', name);
            exception when duplicate_object or unique_violation then null; -- another database of the cluster was faster
            end;
        end if;
    end loop;
end
$$;

create extension if not exists pg_trgm;

-- The scope of a transaction that runs as steward_scoped.
create function steward_reseller() returns uuid language sql stable parallel safe
    return nullif(current_setting('steward.reseller', true), '')::uuid;
create function steward_tenant() returns uuid language sql stable parallel safe
    return nullif(current_setting('steward.tenant', true), '')::uuid;

comment on function steward_reseller() is 'The reseller whose tenants a scoped transaction may see; set by the server from the actor.';
comment on function steward_tenant() is 'The one tenant that a scoped transaction may see; set by the server from the actor.';
