-- Published counts of provisions (住民基本台帳法 第30条の16), as the nation reported them.
create schema jukinet;
create table jukinet.published_count (
    month       date        not null,
    organ_id    text        not null,
    organ_name  text        not null,
    affair_id   text        not null,
    affair_name text        not null,
    result      text        not null,
    provided    bigint      not null,
    replaces_copy boolean   not null,
    up_to_index bigint      not null,
    reported_at timestamptz not null,
    primary key (month, organ_id, affair_id, result)
);
grant usage on schema jukinet to jichitai_app, jichitai_reader;
grant select, insert, update on jukinet.published_count to jichitai_app;
grant select on jukinet.published_count to jichitai_reader;
