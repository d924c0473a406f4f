-- 公的個人認証: sign-in with the card, for relying parties (OpenID Connect) and for own pages.
alter table web.session drop constraint session_method_check;
alter table web.session add constraint session_method_check
    check (method in ('passkey', 'persona', 'card'));

-- 相手先 (relying parties); everything about them is public to operators
create table jpki.relying_party (
    client_id       text        not null primary key,
    display         text        not null,
    organisation    text        not null,
    purpose         text        not null,
    policy_url      text        not null,
    contact         text        not null,
    state           text        not null
        check (state in ('rehearsal', 'open', 'suspended', 'closed')),
    sector          text        not null,
    redirect_urls   text[]      not null,
    logout_urls     text[]      not null,
    backchannel_url text,
    items           text[]      not null,
    pushed_only     boolean     not null,
    id_token_alg    text        not null check (id_token_alg in ('ES256', 'RS256')),
    not_after       timestamptz not null,
    rehearsed_from  timestamptz not null,   -- steps before this do not count any more
    fault           text,                   -- what the next answer of a rehearsal has wrong
    registered_at   timestamptz not null
);
create index relying_party_by_sector on jpki.relying_party (sector);

create table jpki.relying_party_key (
    client_id text        not null references jpki.relying_party,
    kid       text        not null,
    jwk       jsonb       not null,
    not_after timestamptz not null,
    added_at  timestamptz not null,
    primary key (client_id, kid)
);

-- what a party under rehearsal has been seen to do
create table jpki.rehearsal_step (
    client_id text        not null references jpki.relying_party,
    step      text        not null,
    seen_at   timestamptz not null,
    primary key (client_id, step, seen_at)
);

-- keys of ID tokens: published from made_at, signing from signs_from, gone at gone_at
create table jpki.openid_key (
    kid        text        not null primary key,
    alg        text        not null check (alg in ('ES256', 'RS256')),
    public_jwk jsonb       not null,
    sealed     bytea       not null,
    made_at    timestamptz not null,
    signs_from timestamptz not null,
    gone_at    timestamptz
);

-- RFC 9126: requests that wait for their browser; used once
create table jpki.pushed_request (
    request_hash bytea       not null primary key,
    client_id    text        not null references jpki.relying_party,
    request      jsonb       not null,
    expires_at   timestamptz not null
);
create index pushed_request_by_end on jpki.pushed_request (expires_at);

-- one person at one browser who is about to sign in
create table jpki.login (
    login_id     uuid        not null primary key,
    browser_hash bytea       not null,
    client_id    text        references jpki.relying_party,   -- null: our own pages
    request      jsonb,
    return_path  text        not null,
    language     text        not null,
    state        text        not null
        check (state in ('waiting', 'proven', 'confirmed', 'refused')),
    ticket_hash  bytea,        -- given to the browser that brought the card's answer
    refusal      jsonb,
    proof        bytea,        -- column-sealed
    expires_at   timestamptz not null
);
create index login_by_end on jpki.login (expires_at);

-- what the card must sign; taken out by the first answer, before anything is checked
create table jpki.card_challenge (
    transaction_hash bytea       not null primary key,
    login_id         uuid        not null references jpki.login on delete cascade,
    transaction_name text        not null,
    challenge        text        not null,
    purpose          text        not null check (purpose in ('user-auth', 'signature')),
    statement        text        not null,
    expires_at       timestamptz not null
);
create unique index card_challenge_by_login on jpki.card_challenge (login_id);

create table jpki.authorization_code (
    code_hash  bytea       not null primary key,
    client_id  text        not null references jpki.relying_party,
    sign_in_id uuid        not null,
    sealed     bytea       not null,   -- what was granted
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index authorization_code_by_end on jpki.authorization_code (expires_at);
create index authorization_code_by_sign_in on jpki.authorization_code (sign_in_id);

create table jpki.access_token (
    token_hash bytea       not null primary key,
    client_id  text        not null references jpki.relying_party,
    sign_in_id uuid        not null,
    sealed     bytea       not null,
    expires_at timestamptz not null
);
create index access_token_by_end on jpki.access_token (expires_at);
create index access_token_by_sign_in on jpki.access_token (sign_in_id);

-- the person's own history: where they signed in and what was given away
create table jpki.sign_in (
    person_id    uuid        not null,
    sign_in_id   uuid        not null,
    client_id    text        not null references jpki.relying_party,
    subject      text        not null,
    kind         text        not null check (kind in ('signing', 'user-auth')),
    authority    text        not null,
    serial       bytea       not null,
    items        text[]      not null,
    rehearsal    boolean     not null,
    evidence     bytea       not null,   -- column-sealed: statement, certificate, signature
    signed_in_at timestamptz not null,
    ended_at     timestamptz,
    primary key (person_id, sign_in_id)
) with (fillfactor = 90);
create unique index sign_in_by_id on jpki.sign_in (sign_in_id);

-- OpenID Connect Back-Channel Logout: notices that still have to reach a party
create table jpki.logout_notice (
    sign_in_id uuid        not null primary key,
    client_id  text        not null references jpki.relying_party,
    subject    text        not null,
    tries      integer     not null default 0,
    next_try   timestamptz not null
);

grant select, insert, update on jpki.relying_party to jichitai_app;
grant select, insert, update, delete on jpki.relying_party_key, jpki.openid_key, jpki.login,
    jpki.authorization_code, jpki.logout_notice to jichitai_app;
grant select, insert on jpki.rehearsal_step to jichitai_app;
grant select, insert, delete on jpki.pushed_request, jpki.card_challenge, jpki.access_token
    to jichitai_app;
grant select, insert, update on jpki.sign_in to jichitai_app;
grant select on jpki.relying_party, jpki.relying_party_key, jpki.rehearsal_step to jichitai_reader;
