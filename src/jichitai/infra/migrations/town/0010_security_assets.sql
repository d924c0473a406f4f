-- 情報資産とネットワークの構成: systems, segments, links, the network model. Nothing of it leaves the body.

create table security.asset_counter (
    municipality text    not null,
    kind         text    not null check (kind in ('system', 'segment', 'link')),
    last_number  integer not null,
    primary key (municipality, kind)
);

-- 情報システム; the columns that lists and other parts ask for, and the whole as it was entered
create table security.asset_system (
    municipality text        not null,
    system_id    uuid        not null,
    number       integer     not null,
    revision     integer     not null,
    name         text        not null,
    area         text        not null check (area in ('mynumber', 'lgwan', 'internet', 'cloud')),
    segment_id   uuid,
    content      jsonb       not null,
    changed_at   timestamptz not null,
    retired_on   date,
    primary key (municipality, system_id)
);
create unique index asset_system_by_number on security.asset_system (municipality, number);

create table security.asset_segment (
    municipality text        not null,
    segment_id   uuid        not null,
    number       integer     not null,
    revision     integer     not null,
    area         text        not null check (area in ('mynumber', 'lgwan', 'internet', 'cloud')),
    content      jsonb       not null,
    changed_at   timestamptz not null,
    primary key (municipality, segment_id)
);
create unique index asset_segment_by_number on security.asset_segment (municipality, number);

create table security.asset_link (
    municipality text        not null,
    link_id      uuid        not null,
    number       integer     not null,
    revision     integer     not null,
    one_ref      text        not null,
    other_ref    text        not null,
    content      jsonb       not null,
    changed_at   timestamptz not null,
    primary key (municipality, link_id)
);
create unique index asset_link_by_number on security.asset_link (municipality, number);

-- ネットワーク構成のモデル: the line with the latest `since` up to a day counts, the newest of them
create table security.asset_model (
    municipality text        not null,
    line         integer     not null,
    since        date        not null,
    content      jsonb       not null,
    said_by      text        not null,
    said_at      timestamptz not null,
    primary key (municipality, line)
);

-- what was entered, changed and taken away, as it was then
create table security.asset_history (
    municipality text        not null,
    line         bigint      generated always as identity,
    kind         text        not null check (kind in ('system', 'segment', 'link')),
    ref          uuid        not null,
    deed         text        not null check (deed in ('enter', 'change', 'retire', 'remove')),
    content      jsonb       not null,
    done_by      text        not null,
    done_at      timestamptz not null,
    primary key (municipality, line)
);
create index asset_history_of_ref on security.asset_history (municipality, ref, line);

call infra.isolate('security.asset_counter', 'municipality');
call infra.isolate('security.asset_system', 'municipality');
call infra.isolate('security.asset_segment', 'municipality');
call infra.isolate('security.asset_link', 'municipality');
call infra.isolate('security.asset_model', 'municipality');
call infra.isolate('security.asset_history', 'municipality');

grant select, insert, update on security.asset_counter to jichitai_app;
grant select, insert, update on security.asset_system to jichitai_app;
grant select, insert, update, delete on security.asset_segment to jichitai_app;
grant select, insert, update, delete on security.asset_link to jichitai_app;
grant select, insert on security.asset_model, security.asset_history to jichitai_app;
grant select on security.asset_counter, security.asset_system, security.asset_segment,
    security.asset_link, security.asset_model, security.asset_history to jichitai_reader;
