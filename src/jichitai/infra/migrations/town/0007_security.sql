-- 情報セキュリティ of a body: what every part of it stands on.
create schema security;
grant usage on schema security to jichitai_app, jichitai_reader;

-- 一部事務組合・広域連合: bodies beyond the 1,788, named by whoever runs this node
create table security.joint_body (
    municipality text        not null primary key,
    name         text        not null,
    kind         text        not null check (kind in ('一部事務組合', '広域連合')),
    members      text[]      not null,
    registered_at timestamptz not null
);
call infra.isolate('security.joint_body', 'municipality');
grant select, insert, update on security.joint_body to jichitai_app;
grant select on security.joint_body to jichitai_reader;

-- which organs a body has, as it said itself; the newest line of an organ counts
create table security.body_organ (
    municipality text        not null,
    organ        text        not null,
    line         integer     not null,
    established  boolean     not null,
    reason       text        not null,
    said_by      text        not null,
    said_at      timestamptz not null,
    primary key (municipality, organ, line)
);
call infra.isolate('security.body_organ', 'municipality');
grant select, insert on security.body_organ to jichitai_app;
grant select on security.body_organ to jichitai_reader;
