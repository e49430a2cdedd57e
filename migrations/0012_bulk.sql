-- `steward check` compares what is applied with what it brings along. The list is the owner's; who asks sees nothing else of it.
create function migrations_applied() returns table (version bigint, checksum bytea, success boolean) language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$ select version, checksum, success from public._sqlx_migrations $$;

comment on function migrations_applied() is 'The migrations that were applied, for `steward check`.';
