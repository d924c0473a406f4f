-- 情報セキュリティ: what a prefecture sees of its members, and its surveys.
-- What bodies reported, every revision of it; `prefecture` is who oversees: two digits, or '00'
-- for the ministry. Rows are only ever added.
create table security.oversight_policy (
    prefecture  text        not null,
    body        text        not null,
    policy_id   uuid        not null,
    revision    integer     not null,
    content     jsonb       not null,
    reported_at timestamptz not null,
    received_at timestamptz not null,
    primary key (prefecture, body, policy_id, revision)
);

create table security.oversight_incident (
    prefecture  text        not null,
    body        text        not null,
    incident_id uuid        not null,
    revision    integer     not null,
    content     jsonb       not null,
    reported_at timestamptz not null,
    received_at timestamptz not null,
    primary key (prefecture, body, incident_id, revision)
);

create table security.oversight_check (
    prefecture  text        not null,
    body        text        not null,
    check_id    uuid        not null,
    revision    integer     not null,
    content     jsonb       not null,
    reported_at timestamptz not null,
    received_at timestamptz not null,
    primary key (prefecture, body, check_id, revision)
);

-- 調査: a survey round, the bodies that it asks, and their answers, every one of them
create table security.oversight_round (
    prefecture  text        not null,
    round_id    uuid        not null,
    title       text        not null check (length(title) between 1 and 120),
    purpose     text        not null check (length(purpose) <= 2000),
    form        jsonb       not null,
    as_of       date        not null,
    due_on      date        not null,
    denominator text        not null,
    state       text        not null check (state in ('draft', 'open', 'closed')),
    made_at     timestamptz not null,
    made_by     text        not null,
    opened_at   timestamptz,
    closed_at   timestamptz,
    primary key (prefecture, round_id)
);

create table security.oversight_target (
    prefecture text not null,
    round_id   uuid not null,
    body       text not null,
    primary key (prefecture, round_id, body)
);

create table security.oversight_answer (
    prefecture  text        not null,
    round_id    uuid        not null,
    body        text        not null,
    number      integer     not null,
    revision    integer,
    answers     jsonb       not null,
    reason      text        not null,
    via         text        not null check (via in ('message', 'sheet')),
    answered_at timestamptz not null,
    received_at timestamptz not null,
    received_by text        not null default '',
    primary key (prefecture, round_id, body, number)
);
create unique index oversight_answer_once
    on security.oversight_answer (prefecture, round_id, body, revision) where revision is not null;

-- 公表: editions of a survey's result; a correction adds one with its reason
create table security.oversight_publication (
    prefecture   text        not null,
    round_id     uuid        not null,
    edition      integer     not null,
    reason       text        not null,
    content      jsonb       not null,
    published_at timestamptz not null,
    published_by text        not null,
    primary key (prefecture, round_id, edition)
);

grant select, insert on security.oversight_policy, security.oversight_incident,
    security.oversight_check, security.oversight_round, security.oversight_target,
    security.oversight_answer, security.oversight_publication to jichitai_app;
grant update (title, purpose, form, as_of, due_on, denominator, state, opened_at, closed_at)
    on security.oversight_round to jichitai_app;
grant select on security.oversight_policy, security.oversight_incident, security.oversight_check,
    security.oversight_round, security.oversight_target, security.oversight_answer,
    security.oversight_publication to jichitai_reader;
