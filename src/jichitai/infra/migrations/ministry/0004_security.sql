-- 情報セキュリティ at the ministry.
create schema security;
grant usage on schema security to jichitai_app, jichitai_reader;

-- 一部事務組合・広域連合: bodies beyond the 1,788 that owe a policy too
create table security.joint_body (
    municipality text        not null primary key,
    name         text        not null,
    kind         text        not null check (kind in ('一部事務組合', '広域連合')),
    members      text[]      not null,
    registered_at timestamptz not null
);
grant select, insert, update on security.joint_body to jichitai_app;
grant select on security.joint_body to jichitai_reader;
