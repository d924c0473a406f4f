-- Who may sign in here: accounts, passkeys, sessions.
create schema web;
grant usage on schema web to jichitai_app, jichitai_reader;

create table web.account (
    account_id uuid primary key,
    kind text not null check (kind in ('staff', 'resident')),
    display text not null,
    roles text[] not null,
    municipality text,
    prefecture text,
    organ_id text,
    operator_id text,
    person_id uuid,
    state text not null default 'active' check (state in ('active', 'suspended', 'closed')),
    persona boolean not null default false,
    about text not null default '',
    created_at timestamptz not null default now()
);
create index account_personas on web.account (kind, display) where persona;

-- Public keys only; the private half never leaves the person's device.
create table web.passkey (
    credential_id bytea primary key,
    account_id uuid not null references web.account,
    public_key bytea not null,
    sign_count bigint not null,
    label text not null,
    state text not null default 'active' check (state in ('active', 'revoked', 'suspect')),
    created_at timestamptz not null,
    used_at timestamptz
);
create index passkey_by_account on web.passkey (account_id);

-- A code that an administrator hands out once, kept as a hash.
create table web.invitation (
    code_hash bytea primary key,
    account_id uuid not null references web.account,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);

-- A challenge waits for its answer here and is taken out by the first one.
create table web.ceremony (
    ceremony_id uuid primary key,
    purpose text not null check (purpose in ('sign-in', 'enrol', 'add')),
    challenge bytea not null,
    account_id uuid,
    code_hash bytea,
    expires_at timestamptz not null
);

create table web.session (
    token_hash bytea primary key,
    account_id uuid not null references web.account,
    opened_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    locked boolean not null,
    return_path text not null,
    method text not null check (method in ('passkey', 'persona'))
);
create index session_by_account on web.session (account_id);
create index session_by_end on web.session (expires_at);

-- Programs of public bodies (OAuth 2.0 clients), and the assertions they have used up.
create table web.client (
    client_id text primary key,
    organ_id text not null,
    display text not null,
    jwks jsonb not null,
    scopes text[] not null,
    state text not null default 'active' check (state in ('active', 'suspended', 'closed')),
    not_after timestamptz not null,
    created_at timestamptz not null default now()
);

create table web.used_assertion (
    client_id text not null,
    jti_hash bytea not null,
    expires_at timestamptz not null,
    primary key (client_id, jti_hash)
);
create index used_assertion_by_end on web.used_assertion (expires_at);

grant select, insert, update on web.account, web.passkey, web.invitation to jichitai_app;
grant select, insert, update, delete on web.session to jichitai_app;
grant select, insert, delete on web.ceremony to jichitai_app;
-- Towns take no access tokens: nobody may register a program here.
grant select on web.client to jichitai_app;
grant select, delete on web.used_assertion to jichitai_app;
grant select on web.account, web.client to jichitai_reader;

-- Sign-in finds the account before its town is known and runs for all towns; everything else
-- sees the accounts of its own town.
call infra.isolate('web.account', 'municipality');

-- What belongs to an account is seen by whoever sees the account, so that a town's own login can
-- neither read nor make a session or passkey of another town's account.
create procedure web.follow_account(target regclass)
    language plpgsql
as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'create policy town on %1$s using ((select infra.scope()) = ''*'' or'
        ' exists (select from web.account as owner where owner.account_id = %1$s.account_id))',
        target);
end
$$;

call web.follow_account('web.passkey');
call web.follow_account('web.invitation');
call web.follow_account('web.session');

-- A question may be asked before anybody is known.
alter table web.ceremony enable row level security;
alter table web.ceremony force row level security;
create policy town on web.ceremony using (
    (select infra.scope()) is not null
    and (account_id is null or (select infra.scope()) = '*'
         or exists (select from web.account as owner
                     where owner.account_id = ceremony.account_id)));
