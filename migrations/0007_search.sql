-- An id is found by the primary key. Without its 36 characters in every row, the searched text is a third shorter, and so is every search.
alter table tenant drop column search_text;
alter table tenant add column search_text text collate "C" not null
    generated always as (lower(name || ' ' || coalesce(short_name, '') || ' ' || coalesce(domain, '') || ' ' || coalesce(contact_email, ''))) stored;

comment on column tenant.search_text is 'One combined, normalised column: three OR-ed trigram columns end at 690 searches a second.';

-- search_text rides along, so that a search can look through the next rows in order without touching the table.
create index tenant_by_name on tenant (sort_name, id) include (search_text);
create index tenant_search on tenant using gin (search_text gin_trgm_ops);
-- One tenant in 256, by chance: ids end in random bytes. A search that asks tenant_search looks here first which piece of the
-- fragment is rare.
create index tenant_sample on tenant (id) include (search_text) where get_byte(uuid_send(id), 15) = 0;
