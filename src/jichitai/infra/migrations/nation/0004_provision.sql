-- 提供 (住民基本台帳法 第30条の9 ほか) and its disclosure: who asked about whom, under which affair.

create table jukinet.organ (
    organ_id      text        not null primary key check (organ_id ~ '^[A-Za-z0-9][A-Za-z0-9-]{0,39}$'),
    name          text        not null,
    affairs       text[]      not null,
    daily_quota   integer     not null check (daily_quota >= 0),
    state         text        not null check (state in ('active', 'suspended')),
    registered_at timestamptz not null
);
comment on table jukinet.organ is '利用機関: a body that may ask, for the affairs listed here only';

create table jukinet.operator (
    organ_id      text        not null,
    operator_id   text        not null check (operator_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
    name          text        not null,
    state         text        not null check (state in ('active', 'suspended')),
    registered_at timestamptz not null,
    primary key (organ_id, operator_id)
);
comment on column jukinet.operator.name is '操作者の氏名: never shown to residents, never in the log';

create table jukinet.organ_usage (
    organ_id text    not null,
    day      date    not null,
    asked    integer not null,
    primary key (organ_id, day)
) with (fillfactor = 50);

-- 支援措置: addresses of these persons are withheld from answers.
create table jukinet.protected_person (
    person_id  uuid not null primary key,
    since      date not null,
    until      date,
    decided_by text not null
);

-- One row per answered look-up; its canonical form with the salt is a leaf of the log.
create table jukinet.provision (
    person_id   uuid        not null,
    month       date        not null,
    group_id    uuid        not null,
    place       integer     not null,
    at          timestamptz not null,
    organ_id    text        not null,
    affair_id   text        not null,
    operator_id text        not null,
    reason      text        not null,
    reference   text        not null,
    key_kind    text        not null,
    fields      smallint    not null,
    result      text        not null,
    salt        bytea       not null,
    primary key (person_id, month, group_id, place)
) partition by list (month);
create index provision_by_group on jukinet.provision using brin (group_id)
    with (pages_per_range = 16, autosummarize = on);
comment on column jukinet.provision.person_id is
    'the person who was found; a random value of its own when nobody or several were found';
comment on column jukinet.provision.fields is 'bits of the fields that were given';

-- Look-ups that were answered by one commit: their leaves stand at first_index + place.
create table jukinet.provision_group (
    group_id    uuid        not null primary key,
    first_index bigint      not null,
    size        integer     not null check (size > 0),
    month       date        not null,
    at          timestamptz not null
);
create unique index provision_group_by_index on jukinet.provision_group (first_index);

-- 一括提供: a request number is answered once.
create table jukinet.provision_batch (
    organ_id       text        not null,
    request_number text        not null,
    group_id       uuid        not null,
    size           integer     not null,
    at             timestamptz not null,
    primary key (organ_id, request_number)
);

-- Refused questions: who asked and why it was refused, never the key.
create table jukinet.provision_refusal (
    refusal_id  uuid        not null primary key,
    month       date        not null,
    at          timestamptz not null,
    organ_id    text        not null,
    affair_id   text        not null,
    operator_id text        not null,
    key_kind    text        not null,
    type        text        not null
);
create index provision_refusal_by_organ on jukinet.provision_refusal (organ_id, at);

-- Counts for the yearly publication (第30条の16), rolled up in the order of the log.
create table jukinet.provision_count (
    month     date   not null,
    organ_id  text   not null,
    affair_id text   not null,
    result    text   not null,
    provided  bigint not null,
    primary key (month, organ_id, affair_id, result)
);
create table jukinet.provision_rollup (
    only_row   boolean not null primary key default true check (only_row),
    next_index bigint  not null
);
insert into jukinet.provision_rollup (next_index) values (0);

-- 心当たりのない提供の照会, 訂正の申出 (第30条の35): a case with a clock of 30 days.
create table jukinet.disclosure_inquiry (
    person_id   uuid        not null,
    inquiry_id  uuid        not null,
    kind        text        not null check (kind in ('unknown-provision', 'correction')),
    log_index   bigint,
    words       bytea       not null,
    asked_at    timestamptz not null,
    due_on      date        not null,
    extended_on date,
    extension_reason text,
    state       text        not null check (state in ('open', 'answered')),
    answer      bytea,
    answered_at timestamptz,
    answered_by text,
    primary key (person_id, inquiry_id)
);
create index disclosure_inquiry_open on jukinet.disclosure_inquiry (due_on) where state = 'open';
comment on column jukinet.disclosure_inquiry.words is 'column-sealed text, context: inquiry_id';

-- Months are made ahead by the owner's function, because the app may not create tables.
create function jukinet.ensure_provision_month(wanted date) returns void
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    first_day date := date_trunc('month', wanted)::date;
    partition text := 'provision_' || to_char(first_day, 'YYYYMM');
begin
    if to_regclass('jukinet.' || partition) is null then
        perform pg_advisory_xact_lock(7240812);
        execute format(
            'create table if not exists jukinet.%I partition of jukinet.provision for values in (%L)',
            partition, first_day);
    end if;
end
$$;
revoke all on function jukinet.ensure_provision_month(date) from public;
grant execute on function jukinet.ensure_provision_month(date) to jichitai_app;

grant select, insert, update on
    jukinet.organ, jukinet.operator, jukinet.organ_usage, jukinet.protected_person,
    jukinet.provision_count, jukinet.provision_rollup, jukinet.disclosure_inquiry
    to jichitai_app;
grant select, insert on
    jukinet.provision, jukinet.provision_group, jukinet.provision_batch, jukinet.provision_refusal
    to jichitai_app;
grant select on
    jukinet.organ_usage, jukinet.provision_group, jukinet.provision_batch,
    jukinet.provision_refusal, jukinet.provision_count, jukinet.provision_rollup
    to jichitai_reader;
