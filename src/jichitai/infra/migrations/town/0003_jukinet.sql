-- 市町村CS: the town's copy of the identity file and its part in the network. Derived from the
-- register's event log in order; row-level security keeps the towns apart.
create schema jukinet;

-- how far the network worker has read the register's event log
create table jukinet.cursor (
    municipality text        not null primary key,
    event_number bigint      not null,
    moved_at     timestamptz not null
);

-- 本人確認情報ファイル
create table jukinet.identity_record (
    municipality    text        not null,
    resident_id     uuid        not null,
    state           text        not null check (state in ('live', 'removed')),
    sealed          bytea       not null,
    code_hash       bytea       not null,
    name            text        not null,
    kana            text        not null,
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
    resent          integer     not null default 0,
    updated_at      timestamptz not null,
    primary key (municipality, resident_id)
);
create index identity_record_bucket on jukinet.identity_record (municipality, bucket)
    where state = 'live';
create unique index identity_record_code on jukinet.identity_record (municipality, code_hash)
    where state = 'live';

comment on column jukinet.identity_record.sealed is
    'column-sealed JSON {"code","number"}, context: resident_id';

-- 個人番号の生成・変更要求 (M11) and its answer (M12)
create table jukinet.number_request (
    municipality text        not null,
    request_id   uuid        not null,
    resident_id  uuid        not null,
    change       boolean     not null,
    requested_at timestamptz not null,
    answered_at  timestamptz,
    primary key (municipality, request_id)
);

-- 住民票コードの補充要求 (M10R) and its answer (M10)
create table jukinet.code_request (
    municipality text        not null,
    request_id   uuid        not null,
    wanted       integer     not null check (wanted between 1 and 10000),
    requested_at timestamptz not null,
    answered_at  timestamptz,
    primary key (municipality, request_id)
);

-- 特例転入: asked by the arrival town (M06), answered by the departure town (M07)
create table jukinet.transfer_request (
    municipality text        not null,
    request_id   uuid        not null,
    direction    text        not null check (direction in ('asked', 'asked-of-us')),
    other        text        not null,
    persons      integer     not null check (persons between 1 and 100),
    requested_at timestamptz not null,
    answered_at  timestamptz,
    refusal      text,
    primary key (municipality, request_id, direction)
);

-- 誤り通報・脱漏通報 (M15) received
create table jukinet.error_report (
    municipality text        not null,
    report_id    uuid        not null,
    kind         text        not null,
    code_hash    bytea,
    detail       text        not null,
    reported_by  text        not null,
    reported_at  timestamptz not null,
    state        text        not null check (state in ('open', 'closed')),
    closed_by    text,
    closed_at    timestamptz,
    primary key (municipality, report_id)
);

-- 整合性確認 sent
create table jukinet.digest_run (
    municipality text        not null,
    digest_id    uuid        not null,
    rows         bigint      not null,
    root         bytea       not null,
    event_number bigint      not null,
    sent_at      timestamptz not null,
    primary key (municipality, digest_id)
);

call infra.isolate('jukinet.cursor', 'municipality');
call infra.isolate('jukinet.identity_record', 'municipality');
call infra.isolate('jukinet.number_request', 'municipality');
call infra.isolate('jukinet.code_request', 'municipality');
call infra.isolate('jukinet.transfer_request', 'municipality');
call infra.isolate('jukinet.error_report', 'municipality');
call infra.isolate('jukinet.digest_run', 'municipality');

grant usage on schema jukinet to jichitai_app, jichitai_reader;
grant select, insert, update on
    jukinet.cursor, jukinet.identity_record, jukinet.number_request, jukinet.code_request,
    jukinet.transfer_request, jukinet.error_report
    to jichitai_app;
grant select, insert on jukinet.digest_run to jichitai_app;
grant select on jukinet.cursor, jukinet.digest_run, jukinet.error_report to jichitai_reader;
