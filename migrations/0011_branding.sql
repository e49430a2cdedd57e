create table tenant_logo (
    tenant_id uuid not null references tenant,
    hash bytea not null,
    media_type text not null constraint tenant_logo_kind_known check (media_type in ('image/png', 'image/svg+xml', 'image/webp', 'image/avif')),
    name text not null check (name <> ''),
    content bytea not null constraint tenant_logo_size check (octet_length(content) between 1 and 262144),
    removed int not null check (removed >= 0),
    stored_by text not null,
    stored_at timestamptz not null default now(),
    primary key (tenant_id, hash),
    constraint tenant_logo_is_its_hash check (hash = sha256(content))
);

comment on table tenant_logo is 'Logos as they are served, by the SHA-256 of their content: a path never changes what it shows.';
comment on column tenant_logo.removed is 'How many elements and attributes were taken out of an SVG; 0 for the others.';

create index tenant_logo_by_hash on tenant_logo (hash);

create table tenant_theme (
    tenant_id uuid not null references tenant,
    version int not null check (version > 0),
    theme jsonb not null,
    logo bytea generated always as (decode(theme #>> '{logo,hash}', 'hex')) stored,
    saved_by text not null,
    saved_at timestamptz not null default now(),
    primary key (tenant_id, version),
    constraint tenant_theme_logo_is_there foreign key (tenant_id, logo) references tenant_logo
);

comment on table tenant_theme is 'Every theme that a tenant ever had, never overwritten; the newest is tenant_config.theme.';

create index tenant_theme_by_logo on tenant_theme (tenant_id, logo) where logo is not null;

do $$
declare
    name text;
begin
    foreach name in array array['tenant_logo', 'tenant_theme'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy staff on %I to steward_staff using (true) with check (true)', name);
        execute format('create policy worker on %I to steward_worker using (true) with check (true)', name);
        execute format('create policy scoped on %I to steward_scoped using (exists (select from tenant where tenant.id = tenant_id)) with check (exists (select from tenant where tenant.id = tenant_id))', name);
    end loop;
end
$$;
grant select, insert, delete on tenant_logo to steward_staff, steward_scoped;
grant select, insert on tenant_theme to steward_staff, steward_scoped, steward_worker;

-- People see a logo before they are signed in, in mails too. Who knows its hash has seen it, or was told its address by such a page.
create function published_logo(wanted bytea, out media_type text, out content bytea) returns setof record
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select l.media_type, l.content from tenant_logo l where l.hash = wanted limit 1;
    end;
comment on function published_logo is 'Looks past row-level security on purpose: content and media type of the logo with that hash, and not whose it is.';
revoke execute on function published_logo from public;
grant execute on function published_logo to steward_worker;
