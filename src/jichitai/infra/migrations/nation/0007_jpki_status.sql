-- 公的個人認証: what verifiers may ask, and the consents of holders.

-- Which transaction wrote a revocation: whoever follows the table misses none, however they commit.
-- After a restore into a new cluster set it to '0' everywhere, because numbers start anew there.
alter table jpki.revocation add column written xid8 not null default pg_current_xact_id();
create index revocation_by_write on jpki.revocation (written);

-- 署名検証者・利用者証明検証者: bodies that notified and have an arrangement (第17条, 第36条)
create table jpki.verifying_body (
    body_id       text        not null primary key check (body_id ~ '^[A-Za-z0-9][A-Za-z0-9-]{0,39}$'),
    name          text        not null,
    service       text        not null,   -- what a holder knows it by; a consent is for this only
    origin        text        not null,   -- where its pages are, as the card agent sees it
    kinds         text[]      not null check (kinds <@ array['signing', 'user-auth']),
    state         text        not null check (state in ('active', 'suspended')),
    registered_at timestamptz not null
);

-- certificates that a body once found valid here, and so may ask about again (第19条第4項)
create table jpki.confirmed_certificate (
    person_id    uuid        not null,
    body_id      text        not null references jpki.verifying_body,
    authority    text        not null,
    serial       bytea       not null,
    confirmed_at timestamptz not null,
    primary key (person_id, body_id, authority, serial)
);

-- what a holder is about to sign: taken out by the first answer, before anything is checked
create table jpki.consent_request (
    challenge_hash bytea       not null primary key,
    request_id     uuid        not null unique,
    body_id        text        not null references jpki.verifying_body,
    items          text[]      not null,
    until          date        not null,
    text           text        not null,
    expires_at     timestamptz not null
);
create index consent_request_by_end on jpki.consent_request (expires_at);

-- 同意 (施行規則 第35条の2): per item and service, ten years at most, withdrawn at any time
create table jpki.consent (
    person_id   uuid        not null,
    consent_id  uuid        not null,
    body_id     text        not null references jpki.verifying_body,
    service     text        not null,
    items       text[]      not null,
    given_at    timestamptz not null,
    until       date        not null,   -- the last day
    authority   text        not null,
    serial      bytea       not null,
    sealed      bytea       not null,   -- column-sealed: statement, signature, certificate
    digest      bytea       not null,   -- SHA-256 of the statement
    state       text        not null check (state in ('given', 'withdrawn', 'returned')),
    ended_at    timestamptz,
    reviewed_on date        not null,   -- when the holder last said that it shall go on
    primary key (person_id, consent_id)
);
create unique index consent_by_id on jpki.consent (consent_id);
create index consent_by_body on jpki.consent (body_id, given_at) where state = 'given';
comment on column jpki.consent.sealed is 'context: consent_id bytes';

-- 最新の利用者情報の提供: every look-up under a consent, for the holder to see; never the values
create table jpki.item_provision (
    person_id    uuid        not null,
    provision_id uuid        not null,
    consent_id   uuid        not null,
    body_id      text        not null,
    at           timestamptz not null,
    items        text[]      not null,
    result       text        not null check (result in ('given', 'no-record')),
    primary key (person_id, provision_id)
);

grant select, insert, update on jpki.verifying_body, jpki.consent to jichitai_app;
grant select, insert on jpki.confirmed_certificate, jpki.item_provision to jichitai_app;
grant select, insert, delete on jpki.consent_request to jichitai_app;
grant select on jpki.verifying_body, jpki.confirmed_certificate, jpki.item_provision
    to jichitai_reader;
