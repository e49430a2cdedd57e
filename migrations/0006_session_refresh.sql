-- Roles are read again through the refresh token: one caller at a time per session, over all processes.
alter table session add column refreshing_until timestamptz;
comment on column session.refreshing_until is 'Whoever reads the roles again holds the session until then; a lease, so that one who dies holds nobody up.';

create table logout_token (
    jti_hash bytea primary key check (octet_length(jti_hash) = 32),
    seen_at timestamptz not null default now()
);
comment on table logout_token is 'Back-channel logout tokens that were taken: each counts once. Rows are kept for longer than such a token is valid.';
create index logout_token_by_age on logout_token (seen_at);

grant select, insert, delete on logout_token to steward_worker;
