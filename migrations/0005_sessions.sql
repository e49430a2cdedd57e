create table session (
    id_hash bytea primary key check (octet_length(id_hash) = 32),
    person_id text not null,
    username text not null,
    display_name text not null,
    roles text[] not null,
    reseller_id uuid references reseller,
    keycloak_session text not null,
    refresh_token bytea not null,
    id_token bytea not null,
    amr text[] not null,
    authenticated_at timestamptz not null,
    roles_read_at timestamptz not null,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    ends_at timestamptz not null
);

comment on table session is 'Signed-in people. The cookie holds the id, the table its SHA-256. Rows are inserted at sign-in only; everything else is an update, which cannot bring back what was deleted.';
comment on column session.refresh_token is 'Sealed with the server''s session key (AES-256-GCM); never reaches the browser.';
comment on column session.ends_at is 'The absolute end, 8 h after sign-in. The idle end is seen_at + 15 min.';

create index session_by_keycloak_session on session (keycloak_session);
create index session_by_person on session (person_id);
create index session_by_end on session (ends_at);

create table sign_in (
    state_hash bytea primary key check (octet_length(state_hash) = 32),
    browser_hash bytea not null check (octet_length(browser_hash) = 32),
    nonce text not null,
    pkce_verifier bytea not null,
    return_to text not null,
    created_at timestamptz not null default now()
);

comment on table sign_in is 'Sign-ins that were begun and not finished. A row is deleted when its answer comes: an answer counts once.';
comment on column sign_in.browser_hash is 'SHA-256 of a cookie: the answer must come from the browser that asked.';

create index sign_in_by_age on sign_in (created_at);

grant select, insert, update, delete on session, sign_in to steward_worker;
