-- カード代替電磁的記録: credentials in phones, made from the card, and presentations to our verifier.

-- root, document signer and reader (verifier) of phone credentials; keys are in the vault
create table jpki.phone_authority (
    role        text        not null check (role in ('root', 'signer', 'reader')),
    generation  integer     not null,
    certificate bytea       not null,
    key_label   text        not null,
    not_before  timestamptz not null,
    not_after   timestamptz not null,
    made_at     timestamptz not null,
    primary key (role, generation)
);

-- what a card must sign to ask for a credential; taken out by the first answer
create table jpki.phone_challenge (
    challenge_hash bytea       not null primary key,
    expires_at     timestamptz not null
);
create index phone_challenge_by_end on jpki.phone_challenge (expires_at);

-- one credential; in force as long as it and the card's certificate are
create table jpki.phone_credential (
    person_id     uuid        not null,
    credential_id uuid        not null,
    authority     text        not null,
    serial        bytea       not null,   -- the card certificate that signed the request
    device_key    bytea       not null,   -- SHA-256 of the phone's public key
    status_list   integer     not null,
    status_index  integer     not null check (status_index between 0 and 65535),
    evidence      bytea       not null,   -- column-sealed: statement, signature, certificate
    valid_from    timestamptz not null,
    valid_until   timestamptz not null,
    issued_at     timestamptz not null,
    ended_at      timestamptz,
    cause         text,
    primary key (person_id, credential_id)
) with (fillfactor = 90);
create unique index phone_credential_status on jpki.phone_credential (status_list, status_index);
create unique index phone_credential_in_force on jpki.phone_credential (person_id)
    where ended_at is null;
create unique index phone_credential_key on jpki.phone_credential (device_key);

-- one request of our verifier to one browser; what was shown is erased with the row
create table jpki.presentation (
    presentation_id uuid        not null primary key,
    browser_hash    bytea       not null,
    query           text        not null,
    client_id       text        not null,
    nonce           text        not null,
    sealed          bytea       not null,   -- column-sealed: response key, state
    state           text        not null
        check (state in ('waiting', 'received', 'accepted', 'refused')),
    refusal         text,                   -- type of the refusal
    detail          text,
    shown           bytea,                  -- column-sealed items
    code_hash       bytea,                  -- brings the browser back from the wallet
    made_at         timestamptz not null,
    expires_at      timestamptz not null
);
create index presentation_by_end on jpki.presentation (expires_at);

grant select, insert on jpki.phone_authority to jichitai_app;
grant select, insert, delete on jpki.phone_challenge to jichitai_app;
grant select, insert, update on jpki.phone_credential to jichitai_app;
grant select, insert, update, delete on jpki.presentation to jichitai_app;
grant select on jpki.phone_authority to jichitai_reader;
