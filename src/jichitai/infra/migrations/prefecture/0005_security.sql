-- 情報セキュリティ at a prefecture: its own, as a body, and what it sees of its members.
-- A body's own tables are the same as at a town, kept apart by the body's code in the same way.

-- Tenancy. A login acts for one town, or for all: '*' is the platform of shared hosting.
-- Every transaction names its town with set_config('jichitai.town', <code or '*'>, true).
create table infra.tenant_login (
    login name primary key,
    municipality text not null
);
insert into infra.tenant_login (login, municipality) values ('jichitai_app', '*');

-- The town of this transaction: the one it names, or for '*' all that the login may act for
-- (its own town, or '*'). Null when it names none, or another's.
-- session_user is the login itself and is not changed by set role or by this function.
create function infra.scope() returns text
    language sql stable security definer
    set search_path = pg_catalog, infra, pg_temp
    return (
        select case asked.town when '*' then tenant.municipality else asked.town end
          from (select nullif(current_setting('jichitai.town', true), '') as town) as asked
          join infra.tenant_login as tenant
            on tenant.login = session_user
           and (asked.town = '*' or tenant.municipality in (asked.town, '*'))
    );
revoke all on function infra.scope() from public;
grant execute on function infra.scope() to jichitai_app, jichitai_reader;

-- Use in every migration:  call infra.isolate('register.resident', 'municipality');
create procedure infra.isolate(target regclass, key text, prefix text default '')
    language plpgsql
as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'create policy town on %s using (%I = %L || (select infra.scope())'
        ' or (select infra.scope()) = ''*'')', target, key, prefix);
end
$$;

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
