-- 公的個人認証: authorities, certificates, revocations. A table that grows with people carries
-- person_id in its primary key; a certificate is found by its serial through a look-up of its own.
create schema jpki;
grant usage on schema jpki to jichitai_app, jichitai_reader;

-- one row per authority and generation; the private key is in the vault under key_label
create table jpki.authority (
    authority   text        not null primary key,   -- e.g. signing-1, user-auth-2, card-1
    kind        text        not null check (kind in ('signing', 'user-auth', 'card')),
    generation  integer     not null,
    certificate bytea       not null,
    key_label   text        not null,
    state       text        not null check (state in ('active', 'retired', 'compromised')),
    not_before  timestamptz not null,
    not_after   timestamptz not null,
    made_at     timestamptz not null,
    unique (kind, generation)
);

-- certificates that sign answers on an authority's behalf (OCSP)
create table jpki.responder (
    authority   text        not null references jpki.authority,
    serial      bytea       not null,
    certificate bytea       not null,
    key_label   text        not null,
    not_before  timestamptz not null,
    not_after   timestamptz not null,
    made_at     timestamptz not null,
    primary key (authority, serial)
);

-- 鍵生成式 (key ceremony): the signed record as it was printed
create table jpki.ceremony (
    number      integer     not null primary key,   -- 1, 2, ... without gaps
    ceremony_id uuid        not null unique,
    purpose     text        not null,
    record      bytea       not null,
    signer      text        not null,   -- kid of the party key that signed the record
    signature   bytea       not null,
    held_at     timestamptz not null
);

create table jpki.certificate (
    person_id    uuid        not null,
    authority    text        not null,
    serial       bytea       not null,
    kind         text        not null check (kind in ('signing', 'user-auth')),
    medium       text        not null check (medium in ('card', 'phone')),
    municipality text        not null,
    chip_number  text        not null,
    request_id   uuid        not null,
    certificate  bytea       not null,
    basis        bytea       not null,   -- column-sealed 4 items the town last stood for
    not_before   timestamptz not null,
    not_after    timestamptz not null,
    state        text        not null check (state in ('valid', 'held', 'revoked')),
    reason       text,
    cause        text,
    ended_at     timestamptz,
    successor    bytea,                  -- serial of the certificate that took its place
    lapse_on     date,                   -- last day of the 30 days after 転出予定日
    issued_at    timestamptz not null,
    primary key (person_id, authority, serial)
) with (fillfactor = 80);
-- one of each kind (第6条); one that has expired makes way by naming its successor
create unique index certificate_in_force on jpki.certificate (person_id, kind, medium)
    where state = 'valid' and successor is null;
create index certificate_by_chip on jpki.certificate (chip_number)
    where medium = 'card' and state <> 'revoked';
create index certificate_to_lapse on jpki.certificate (lapse_on) where lapse_on is not null;
create index certificate_to_expire on jpki.certificate (not_after) where state = 'valid';

create table jpki.serial_lookup (
    authority text  not null,
    serial    bytea not null,
    person_id uuid  not null,
    primary key (authority, serial)
);

-- 失効情報: append-only source of the lists; kept ten years (令7条)
create table jpki.revocation (
    authority    text        not null,
    serial       bytea       not null,
    municipality text        not null,
    reason       text        not null,
    cause        text        not null,
    revoked_at   timestamptz not null,
    expires_at   timestamptz not null,
    primary key (authority, serial, revoked_at)
);
create index revocation_by_expiry on jpki.revocation (expires_at);

-- SHA-256 of every public key that was ever certified: no key is certified twice
create table jpki.certified_key (
    key_hash  bytea not null primary key,
    authority text  not null,
    serial    bytea not null
);

-- the newest list of revocations of each scope; partition is a municipality, or '' for the full
-- list. Earlier lists follow from jpki.revocation.
create table jpki.crl (
    authority   text        not null references jpki.authority,
    partition   text        not null,
    number      bigint      not null,
    list        bytea       not null,
    entries     integer     not null,
    this_update timestamptz not null,
    next_update timestamptz not null,
    primary key (authority, partition)
);

-- J01 that were answered: the same request gets the same answer
create table jpki.request (
    request_id   uuid        not null primary key,
    municipality text        not null,
    answer       bytea       not null,   -- network-sealed J02
    answered_at  timestamptz not null
);

grant select, insert, update on jpki.authority, jpki.responder, jpki.certificate, jpki.serial_lookup,
    jpki.crl to jichitai_app;
grant select, insert on jpki.ceremony, jpki.revocation, jpki.certified_key, jpki.request
    to jichitai_app;
grant select on jpki.authority, jpki.responder, jpki.ceremony, jpki.serial_lookup, jpki.revocation,
    jpki.crl to jichitai_reader;
