-- 本人確認情報 at the nation (全国サーバ): every table that grows with people carries person_id and
-- has it, or the hash it is found by, in its primary key, so that it can be distributed later.
create schema jukinet;

create table jukinet.person (
    person_id       uuid        not null,
    municipality    text        not null,
    state           text        not null check (state in ('live', 'removed')),
    voided          boolean     not null default false,
    resent          integer     not null default 0,
    sealed          bytea       not null,
    code_hash       bytea       not null,
    number_hash     bytea,
    name            text        not null,
    name_reduced    text        not null,
    kana            text        not null,
    kana_key        text        not null,
    birth_date      text        not null,
    sex             text        not null,
    postal_code     text        not null,
    address         text        not null,
    former_name     text,
    former_kana     text,
    alias           text,
    alias_kana      text,
    net_reason      text        not null,
    changed_on      text        not null,
    residence_since date        not null,
    event_number    bigint      not null,
    row_hash        bytea       not null check (octet_length(row_hash) = 16),
    row_high        bigint      generated always as
        (('x' || encode(substr(row_hash, 1, 8), 'hex'))::bit(64)::bigint) stored,
    row_low         bigint      generated always as
        (('x' || encode(substr(row_hash, 9, 8), 'hex'))::bit(64)::bigint) stored,
    bucket          smallint    not null check (bucket between 0 and 4095),
    updated_at      timestamptz not null default now(),
    primary key (person_id)
) with (fillfactor = 90);

-- the rows of one town: digests, export, the operations board
create index person_by_town on jukinet.person (municipality, bucket) where state = 'live';

comment on table jukinet.person is
    '本人確認情報: the one standing record of a person; person_id never changes (Art 30-7)';
comment on column jukinet.person.sealed is
    'column-sealed JSON {"code","number"}, context: person_id';
comment on column jukinet.person.voided is
    'the entry it came from was cancelled (異動の取消し), so any other residence is better';

-- look-up by 住民票コード and by 個人番号: keyed hashes, every value ever used
create table jukinet.code_lookup (
    code_hash bytea   not null,
    person_id uuid    not null,
    current   boolean not null,
    primary key (code_hash)
);

create table jukinet.number_lookup (
    number_hash bytea   not null,
    person_id   uuid    not null,
    current     boolean not null,
    primary key (number_hash)
);

-- look-up by name and birth date: keyed hashes of the reduced name and of the kana key
create table jukinet.match_lookup (
    match_key bytea not null,
    person_id uuid  not null,
    primary key (match_key, person_id)
);

-- rows that were standing before, and rows that arrived but never stood
create table jukinet.person_history (
    person_id       uuid        not null,
    municipality    text        not null,
    event_number    bigint      not null,
    state           text        not null check (state in ('live', 'removed')),
    voided          boolean     not null,
    resent          integer     not null default 0,
    sealed          bytea       not null,
    code_hash       bytea       not null,
    number_hash     bytea,
    name            text        not null,
    name_reduced    text        not null,
    kana            text        not null,
    kana_key        text        not null,
    birth_date      text        not null,
    sex             text        not null,
    postal_code     text        not null,
    address         text        not null,
    former_name     text,
    former_kana     text,
    alias           text,
    alias_kana      text,
    net_reason      text        not null,
    changed_on      text        not null,
    residence_since date        not null,
    row_hash        bytea       not null,
    bucket          smallint    not null,
    recorded_at     timestamptz not null,
    primary key (person_id, municipality, event_number, resent)
);

-- towns that still hold a live record of a person whose newest residence is elsewhere
create table jukinet.other_residence (
    person_id       uuid        not null,
    municipality    text        not null,
    residence_since date        not null,
    event_number    bigint      not null,
    code_hash       bytea       not null,
    row_hash        bytea       not null,
    row_high        bigint      generated always as
        (('x' || encode(substr(row_hash, 1, 8), 'hex'))::bit(64)::bigint) stored,
    row_low         bigint      generated always as
        (('x' || encode(substr(row_hash, 9, 8), 'hex'))::bit(64)::bigint) stored,
    bucket          smallint    not null,
    since           timestamptz not null,
    primary key (person_id, municipality)
);
create index other_residence_by_town on jukinet.other_residence (municipality, bucket);

-- differences and contradictions; each has an owner, an age and an end
create table jukinet.digest_case (
    case_id      uuid        not null,
    municipality text        not null,
    kind         text        not null check (kind in
                     ('missing-above', 'missing-below', 'differs', 'second-live', 'altered')),
    code_hash    bytea       not null,
    owner        text        not null,
    opened_at    timestamptz not null,
    detail       text        not null,
    digest_id    uuid,
    state        text        not null check (state in ('open', 'explained', 'closed')),
    closed_at    timestamptz,
    closed_by    text,
    closing_note text,
    primary key (case_id)
);
create unique index digest_case_open on jukinet.digest_case (municipality, kind, code_hash)
    where state = 'open';

-- the last comparison of each town
create table jukinet.digest_state (
    municipality text        not null,
    digest_id    uuid        not null,
    state        text        not null check (state in ('equal', 'comparing', 'differs')),
    rows_below   bigint      not null,
    rows_here    bigint      not null,
    buckets_open integer     not null default 0,
    differences  integer     not null default 0,
    compared_at  timestamptz not null,
    equal_at     timestamptz,
    primary key (municipality)
);

-- when each town was last heard of (本人確認情報通知)
create table jukinet.town_intake (
    municipality text        not null,
    event_number bigint      not null,
    messages     bigint      not null,
    recorded_at  timestamptz not null,
    received_at  timestamptz not null,
    primary key (municipality)
);

-- initial loads: the town's signed file that was taken in
create table jukinet.initial_load (
    municipality text        not null,
    file_digest  bytea       not null,
    persons      bigint      not null,
    event_number bigint      not null,
    signed_by    text        not null,
    loaded_at    timestamptz not null,
    primary key (municipality)
);

-- 切断 and its return: asked by one operator, confirmed by another
create table jukinet.link_request (
    request_id   uuid        not null,
    municipality text        not null,
    action       text        not null check (action in ('cut', 'return')),
    reason       text        not null,
    requested_by text        not null,
    requested_at timestamptz not null,
    state        text        not null check (state in ('waiting', 'confirmed', 'withdrawn')),
    decided_by   text,
    decided_at   timestamptz,
    primary key (request_id)
);
create unique index link_request_waiting on jukinet.link_request (municipality)
    where state = 'waiting';

-- 住民票コード: the stock allotted to towns (Art 30-2). A code is handed out once, ever.
create table jukinet.code_stock (
    code_hash    bytea       not null primary key,
    municipality text        not null,
    batch_id     uuid        not null,
    allotted_at  timestamptz not null
);

create table jukinet.code_batch (
    batch_id     uuid        not null primary key,
    municipality text        not null,
    request_id   uuid        unique,
    codes        integer     not null,
    sent_at      timestamptz not null
);

-- 個人番号: every number ever made (番号法 Art 8(2)), sealed, and the request it answers
create table jukinet.issued_number (
    number_hash bytea       not null primary key,
    code_hash   bytea       not null,
    counter     integer     not null,
    sealed      bytea       not null,
    current     boolean     not null,
    issued_at   timestamptz not null
);
create unique index issued_number_current on jukinet.issued_number (code_hash) where current;

create table jukinet.number_request (
    request_id   uuid        not null primary key,
    municipality text        not null,
    number_hash  bytea       not null,
    answered_at  timestamptz not null
);

grant usage on schema jukinet to jichitai_app, jichitai_reader;
grant select, insert, update, delete on
    jukinet.person, jukinet.code_lookup, jukinet.number_lookup, jukinet.match_lookup,
    jukinet.other_residence, jukinet.digest_state, jukinet.town_intake
    to jichitai_app;
grant select, insert, update on jukinet.digest_case, jukinet.link_request to jichitai_app;
grant select, insert on jukinet.person_history, jukinet.initial_load to jichitai_app;
grant select on
    jukinet.other_residence, jukinet.digest_case, jukinet.digest_state, jukinet.town_intake,
    jukinet.initial_load, jukinet.link_request
    to jichitai_reader;
grant select, insert on jukinet.code_stock, jukinet.code_batch, jukinet.number_request to jichitai_app;
grant select, insert, update on jukinet.issued_number to jichitai_app;
grant select on jukinet.code_batch to jichitai_reader;
