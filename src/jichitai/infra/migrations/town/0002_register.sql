-- 住民基本台帳: the legal record of each municipality. History and events only ever grow.
create schema register;

-- Numbers that run without gaps in each town; its row is the lock of every writer.
create table register.town_counter (
    municipality     text   not null primary key,
    event_number     bigint not null default 0,
    receipt_number   bigint not null default 0,
    addressee_serial bigint not null default 0,
    household_serial bigint not null default 0
);

-- 異動: one row for each approved event
create table register.event (
    municipality          text        not null,
    number                bigint      not null,
    event_id              uuid        not null,
    kind                  text        not null,
    reason                text        not null,
    net_reason            text        not null,
    basis                 text        not null check (basis in ('report', 'ex-officio')),
    delta                 integer     not null,
    occurred_on           text        not null,
    reported_on           date        not null,
    recorded_at           timestamptz not null,
    entry_id              uuid,
    entered_by            text        not null,
    approved_by           text        not null,
    alerts                text[]      not null default '{}',
    previous_municipality text,
    destination           text,
    destination_address   text        not null default '',
    planned_on            date,
    special               boolean     not null default false,
    cancels               bigint,
    persons               integer     not null,
    primary key (municipality, number)
);
create unique index event_entry on register.event (municipality, entry_id)
    where entry_id is not null;
create unique index event_cancels on register.event (municipality, cancels)
    where cancels is not null;

-- 住民票 and 除票: the newest row of each person
create table register.resident (
    municipality          text    not null,
    resident_id           uuid    not null,
    version               integer not null check (version > 0),
    event_number          bigint  not null,
    state                 text    not null check (state in ('live', 'removed')),
    addressee_number      text    not null,
    household_id          uuid    not null,
    relation              text    not null,
    name                  text    not null,
    kana                  text    not null,
    kana_confirmed        boolean not null,
    kana_key              text    not null,
    given_key             text    not null,
    name_key              text    not null,
    former_name           text,
    former_kana           text,
    alias                 text,
    alias_kana            text,
    birth_date            text    not null,
    sex                   text    not null check (sex in ('1', '2', '3')),
    address_town          text    not null,
    address_lot           text    not null,
    address_building      text    not null,
    postal_code           text    not null,
    machiaza              text    not null,
    resident_since        text    not null,
    address_since         text    not null,
    reported_on           date    not null,
    basis                 text    not null check (basis in ('report', 'ex-officio')),
    previous_municipality text    not null,
    previous_address      text    not null,
    honseki               text    not null,
    hittosha              text    not null,
    planned_on            date,
    destination           text    not null default '',
    destination_address   text    not null default '',
    destination_abroad    boolean not null default false,
    destination_special   boolean not null default false,
    fixed_on              date,
    fixed_municipality    text    not null default '',
    fixed_address         text    not null default '',
    told_at               timestamptz,
    removed_on            text,
    removed_reason        text,
    juki_code             bytea   not null,
    code_index            bytea   not null,
    my_number             bytea,
    number_index          bytea,
    primary key (municipality, resident_id)
);

comment on column register.resident.juki_code is 'column-sealed, context: resident_id';
comment on column register.resident.my_number is 'column-sealed, context: resident_id';

-- 異動履歴: the whole row after each event (住民記録システム標準仕様書 1.2.1)
create table register.resident_history (
    like register.resident including defaults including comments,
    primary key (municipality, resident_id, version)
);

-- Row-level security lets only leakproof operators use an index, so beginnings of names are
-- asked as ranges (~>=~, ~<~). Keys that hardly repeat stand first: then no other index can
-- look as cheap while statistics are missing; and none is partial by state for the same reason.
create unique index resident_code_live on register.resident
    ((case when state = 'live' then code_index end), municipality);
create index resident_code on register.resident (code_index, municipality);
create index resident_number on register.resident (number_index, municipality)
    where number_index is not null;
create unique index resident_addressee on register.resident (addressee_number, municipality);
create index resident_household on register.resident (household_id, municipality);
create index resident_kana on register.resident (municipality, kana_key text_pattern_ops);
create index resident_given on register.resident (municipality, given_key text_pattern_ops);
create index resident_name on register.resident (municipality, name_key text_pattern_ops);
create index resident_birth on register.resident (birth_date, municipality);
create index resident_due on register.resident (planned_on, municipality)
    where planned_on is not null;
create index history_event on register.resident_history (event_number, municipality);
create index history_household on register.resident_history (household_id, municipality);
create index history_kana on register.resident_history (municipality, kana_key text_pattern_ops);

-- 世帯
create table register.household (
    municipality     text    not null,
    household_id     uuid    not null,
    household_number text    not null,
    head_id          uuid,
    closed           boolean not null,
    event_number     bigint  not null,
    primary key (municipality, household_id)
);
create unique index household_number on register.household (municipality, household_number);

-- 仮登録: what was entered and waits; invisible to everything but its own screens
create table register.entry (
    municipality   text        not null,
    entry_id       uuid        not null,
    receipt_number bigint      not null,
    kind           text        not null,
    state          text        not null
        check (state in ('draft', 'submitted', 'approved', 'returned', 'withdrawn')),
    revision       integer     not null,
    form           bytea       not null,
    form_index     bytea       not null,
    errors         integer     not null,
    alerts         integer     not null,
    entered_by     text        not null,
    entered_name   text        not null,
    entered_at     timestamptz not null,
    changed_at     timestamptz not null,
    submitted_at   timestamptz,
    decided_by     text,
    decided_name   text,
    decided_at     timestamptz,
    return_reason  text,
    event_number   bigint,
    primary key (municipality, entry_id)
);
create unique index entry_receipt on register.entry (municipality, receipt_number);
create index entry_open on register.entry (municipality, state, receipt_number)
    where state in ('draft', 'submitted', 'returned');

comment on column register.entry.form is 'column-sealed JSON of the form and the reasons, context: entry_id';

-- 編集中: whom an open entry holds, so that no second clerk enters for the same person
create table register.editing (
    municipality text        not null,
    resident_id  uuid        not null,
    entry_id     uuid        not null,
    held_by      text        not null,
    held_name    text        not null,
    since        timestamptz not null,
    primary key (municipality, resident_id)
);
create index editing_entry on register.editing (municipality, entry_id);

-- 住民票コードの在庫 (法第30条の2)
create table register.juki_code_batch (
    municipality text        not null,
    batch_id     text        not null,
    size         integer     not null,
    content_hash bytea       not null,
    received_at  timestamptz not null,
    primary key (municipality, batch_id)
);

create table register.juki_code_pool (
    municipality text    not null,
    code_index   bytea   not null,
    juki_code    bytea   not null,
    batch_id     text    not null,
    draw         integer not null,
    event_number bigint,
    primary key (municipality, code_index)
);
create index juki_code_free on register.juki_code_pool (municipality, draw, code_index)
    where event_number is null;

comment on column register.juki_code_pool.juki_code is 'column-sealed, context: code_index';

-- 転出証明書情報 received through the network (M07)
create table register.certificate (
    municipality      text        not null,
    from_municipality text        not null,
    number            bigint      not null,
    body              bytea       not null,
    received_at       timestamptz not null,
    primary key (municipality, from_municipality, number)
);

comment on column register.certificate.body is
    'column-sealed JSON, context: municipality, from_municipality and number with slashes';

create table register.certificate_person (
    municipality      text   not null,
    code_index        bytea  not null,
    from_municipality text   not null,
    number            bigint not null,
    primary key (municipality, code_index, from_municipality, number)
);

call infra.isolate('register.town_counter', 'municipality');
call infra.isolate('register.event', 'municipality');
call infra.isolate('register.resident', 'municipality');
call infra.isolate('register.resident_history', 'municipality');
call infra.isolate('register.household', 'municipality');
call infra.isolate('register.entry', 'municipality');
call infra.isolate('register.editing', 'municipality');
call infra.isolate('register.juki_code_batch', 'municipality');
call infra.isolate('register.juki_code_pool', 'municipality');
call infra.isolate('register.certificate', 'municipality');
call infra.isolate('register.certificate_person', 'municipality');

grant usage on schema register to jichitai_app, jichitai_reader;
grant select, insert on
    register.event, register.resident_history, register.juki_code_batch,
    register.certificate, register.certificate_person
    to jichitai_app;
grant select, insert, update on
    register.town_counter, register.resident, register.household, register.entry,
    register.juki_code_pool
    to jichitai_app;
grant select, insert, delete on register.editing to jichitai_app;
grant select on register.town_counter, register.event, register.household to jichitai_reader;
