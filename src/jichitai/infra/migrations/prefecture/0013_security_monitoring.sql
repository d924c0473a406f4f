-- セキュリティクラウドの目: sources of logs, what arrived, files of events, rules, alerts, findings.
-- The events themselves lie in Parquet files; a file counts once it is listed here.

create table security.monitoring_source (
    prefecture    text        not null,
    source_id     uuid        not null,
    body          text        not null,
    area          text        not null check (area in ('MN', 'LGWAN', 'INT', 'CLOUD')),
    function      text        not null,
    format        text        not null,
    name          text        not null,
    address       inet,
    heading       text        not null default '',
    registered_at timestamptz not null,
    registered_by text        not null,
    retired_at    timestamptz,
    primary key (prefecture, source_id)
);
comment on column security.monitoring_source.body is
    '団体コード: whose logs they are; an event takes its body from here and from nowhere else';
create index monitoring_source_by_address on security.monitoring_source using gist (address inet_ops)
    where retired_at is null and address is not null;

-- what a source shows when it sends by HTTP; only a hash of it is kept
create table security.monitoring_token (
    prefecture text        not null,
    source_id  uuid        not null,
    token_hash bytea       not null check (octet_length(token_hash) = 32),
    made_at    timestamptz not null,
    primary key (prefecture, source_id)
);

create table security.monitoring_batch (
    prefecture  text        not null,
    batch_no    bigint      not null generated always as identity,
    source_id   uuid        not null,
    transport   text        not null check (transport in ('http', 'syslog', 'page')),
    state       text        not null check (state in ('waiting', 'stored', 'failed')),
    bytes       bigint      not null,
    lines       bigint      not null default 0,
    events      bigint      not null default 0,
    refused     jsonb       not null default '{}',
    marks       jsonb       not null default '{}',
    received_at timestamptz not null,
    read_at     timestamptz,
    primary key (prefecture, batch_no)
);
create index monitoring_batch_waiting on security.monitoring_batch (prefecture, batch_no)
    where state = 'waiting';
create index monitoring_batch_by_source on security.monitoring_batch
    (prefecture, source_id, received_at);

-- senders of syslog that nobody registered: nothing of theirs is kept but how much came
create table security.monitoring_stranger (
    prefecture text        not null,
    address    inet        not null,
    lines      bigint      not null,
    first_seen timestamptz not null,
    last_seen  timestamptz not null,
    primary key (prefecture, address)
);

create table security.monitoring_file (
    prefecture text        not null,
    file_no    bigint      not null generated always as identity,
    kind       text        not null check (kind in ('events', 'refused')),
    day        date        not null,
    path       text        not null,
    rows       bigint      not null,
    bytes      bigint      not null,
    first_time timestamptz not null,
    last_time  timestamptz not null,
    made_at    timestamptz not null,
    scanned_at timestamptz,
    primary key (prefecture, file_no)
);
create index monitoring_file_by_day on security.monitoring_file (prefecture, kind, day);
create index monitoring_file_to_scan on security.monitoring_file (prefecture, file_no)
    where kind = 'events' and scanned_at is null;

-- a prefecture's own rule files, and packaged ones that it switched off (these without a text)
create table security.monitoring_rule (
    prefecture text        not null,
    name       text        not null,
    text       text,
    samples    text        not null default '',
    enabled    boolean     not null,
    reason     text        not null default '',
    changed_at timestamptz not null,
    changed_by text        not null,
    primary key (prefecture, name)
);

create table security.monitoring_alert (
    prefecture     text        not null,
    alert_id       uuid        not null,
    rule_id        text        not null,
    rule_file      text        not null,
    title          text        not null,
    severity       text        not null,
    body           text        not null,
    area           text        not null,
    key            jsonb       not null,
    sample         jsonb       not null,
    raw_ids        bigint[]    not null,
    first_seen     timestamptz not null,
    last_seen      timestamptz not null,
    events         bigint      not null,
    state          text        not null check (state in
        ('new', 'working', 'notified', 'incident', 'false', 'closed', 'suppressed')),
    found_at       timestamptz not null,
    notified_at    timestamptz,
    incident       text        not null default '',
    suppression_id uuid,
    primary key (prefecture, alert_id),
    check (first_seen <= last_seen and events > 0)
);
create index monitoring_alert_by_state on security.monitoring_alert (prefecture, state, found_at);
create index monitoring_alert_same on security.monitoring_alert
    (prefecture, rule_id, body, last_seen);

-- what was done with an alert; only grows
create table security.monitoring_step (
    prefecture text        not null,
    alert_id   uuid        not null,
    step_no    integer     not null,
    at         timestamptz not null,
    by_id      text        not null,
    by_name    text        not null,
    action     text        not null,
    note       text        not null,
    primary key (prefecture, alert_id, step_no)
);

create table security.monitoring_suppression (
    prefecture     text        not null,
    suppression_id uuid        not null,
    rule_id        text        not null,
    body           text,
    field          text        not null,
    value          text        not null,
    reason         text        not null,
    until          date        not null,
    made_at        timestamptz not null,
    made_by        text        not null,
    ended_at       timestamptz,
    primary key (prefecture, suppression_id)
);

create table security.monitoring_finding (
    prefecture  text        not null,
    finding_id  uuid        not null,
    body        text        not null,
    source      text        not null,
    title       text        not null,
    reference   text        not null,
    target      text        not null,
    severity    text        not null,
    found_on    date        not null,
    due_on      date,
    advice      text        not null,
    imported_at timestamptz not null,
    imported_by text        not null,
    sent_at     timestamptz,
    primary key (prefecture, finding_id)
);
create index monitoring_finding_to_send on security.monitoring_finding (prefecture, body)
    where sent_at is null;

grant select, insert, update on security.monitoring_source, security.monitoring_batch,
    security.monitoring_stranger, security.monitoring_rule, security.monitoring_alert,
    security.monitoring_suppression, security.monitoring_finding to jichitai_app;
grant select, insert, update, delete on security.monitoring_token, security.monitoring_file
    to jichitai_app;
grant delete on security.monitoring_rule, security.monitoring_batch, security.monitoring_stranger
    to jichitai_app;
grant select, insert on security.monitoring_step to jichitai_app;
grant select on security.monitoring_source, security.monitoring_batch,
    security.monitoring_stranger, security.monitoring_file, security.monitoring_rule,
    security.monitoring_alert, security.monitoring_step, security.monitoring_suppression,
    security.monitoring_finding to jichitai_reader;
