-- The roles of an instance's PostgreSQL and its databases. Safe to run again.
--   steward_owner   owns the database `steward`; migrations run as it. No superuser, makes no roles.
--   steward         what the server signs in as. Owns nothing and inherits nothing: it takes on one of the
--                   three roles below (SET ROLE) for each piece of work, and that role's grants and row
--                   policies, made by migrations, are all it then has.
--   steward_staff   work on behalf of platform staff, across tenants
--   steward_scoped  work on behalf of one tenant or reseller, within row policies
--   steward_worker  the run engine
--   keycloak        owns the database `keycloak`; may not reach `steward`, nor the other way round.
--   keycloak_eu     the same for the second cluster of Keycloak: neither reaches the other's.
\getenv steward_owner STEWARD_OWNER
\getenv steward STEWARD
\getenv keycloak KEYCLOAK
\getenv keycloak_eu KEYCLOAK_EU

select format('create role %I nologin', name)
  from unnest(array['steward_staff', 'steward_scoped', 'steward_worker']) as name
 where not exists (select from pg_roles where rolname = name) \gexec

select format('create role %I login', name)
  from unnest(array['steward_owner', 'steward', 'keycloak', 'keycloak_eu']) as name
 where not exists (select from pg_roles where rolname = name) \gexec

-- Not in the log, should log_statement ever be on.
set log_min_duration_statement = -1;
alter role steward_owner nosuperuser nocreatedb nocreaterole nobypassrls password :'steward_owner';
alter role steward noinherit nosuperuser nocreatedb nocreaterole nobypassrls password :'steward';
alter role keycloak nosuperuser nocreatedb nocreaterole nobypassrls password :'keycloak';
alter role keycloak_eu nosuperuser nocreatedb nocreaterole nobypassrls password :'keycloak_eu';
grant steward_staff, steward_scoped, steward_worker to steward;

select format('create database %I owner %I', name, owner)
  from (values ('steward', 'steward_owner'), ('keycloak', 'keycloak'), ('keycloak_eu', 'keycloak_eu')) as wanted (name, owner)
 where not exists (select from pg_database where datname = name) \gexec

revoke all on database steward, keycloak, keycloak_eu from public;
grant connect on database steward to steward;
