-- システム標準化: what a prefecture is asked about its own progress, and the check of what its
-- members answer.
create schema standardisation;
grant usage on schema standardisation to jichitai_app, jichitai_reader;

-- 調査の依頼: what the ministry asks; the day of a change is in sent_at
create table standardisation.request (
    municipality text        not null,
    round_id     uuid        not null,
    subject      text        not null check (length(subject) between 1 and 120),
    note         text        not null check (length(note) <= 2000),
    as_of        date        not null,
    due_on       date        not null,
    checked_by   date        not null,
    state        text        not null check (state in ('open', 'closed')),
    asked        boolean     not null,
    members      text[]      not null,
    sent_at      timestamptz not null,
    received_at  timestamptz not null,
    primary key (municipality, round_id)
);
call infra.isolate('standardisation.request', 'municipality');

-- 下書き: what was typed but not sent
create table standardisation.answer_draft (
    municipality text        not null,
    round_id     uuid        not null,
    content      jsonb       not null,
    saved_at     timestamptz not null,
    saved_by     text        not null,
    primary key (municipality, round_id)
);
call infra.isolate('standardisation.answer_draft', 'municipality');

-- 回答: every answer that was sent; a later one does not replace it
create table standardisation.answer_sent (
    municipality text        not null,
    round_id     uuid        not null,
    revision     integer     not null,
    content      jsonb       not null,
    reason       text        not null,
    answered_at  timestamptz not null,
    answered_by  text        not null,
    primary key (municipality, round_id, revision)
);
call infra.isolate('standardisation.answer_sent', 'municipality');

-- 都道府県の確認: what the prefecture found of an answer
create table standardisation.answer_verdict (
    municipality text        not null,
    round_id     uuid        not null,
    revision     integer     not null,
    number       integer     not null,
    state        text        not null check (state in ('ok', 'returned')),
    reason       text        not null,
    checked_at   timestamptz not null,
    received_at  timestamptz not null,
    primary key (municipality, round_id, revision, number),
    check (state = 'ok' or reason <> '')
);
call infra.isolate('standardisation.answer_verdict', 'municipality');

grant select, insert on standardisation.request, standardisation.answer_sent,
    standardisation.answer_verdict to jichitai_app;
grant update (subject, note, as_of, due_on, checked_by, state, asked, members, sent_at, received_at)
    on standardisation.request to jichitai_app;
grant select, insert, update, delete on standardisation.answer_draft to jichitai_app;
grant select on standardisation.request, standardisation.answer_sent,
    standardisation.answer_verdict to jichitai_reader;

-- 構成団体の回答: what members answered, as it passed through; rows are only ever added
create table standardisation.member_answer (
    prefecture  text        not null,
    round_id    uuid        not null,
    body        text        not null,
    revision    integer     not null,
    content     jsonb       not null,
    reason      text        not null,
    answered_at timestamptz not null,
    received_at timestamptz not null,
    primary key (prefecture, round_id, body, revision)
);
create index member_answer_by_body
    on standardisation.member_answer (prefecture, body, answered_at);

-- 回答の確認: each finding of the prefecture, with who found it
create table standardisation.member_check (
    prefecture text        not null,
    round_id   uuid        not null,
    body       text        not null,
    revision   integer     not null,
    number     integer     not null,
    state      text        not null check (state in ('ok', 'returned')),
    reason     text        not null,
    checked_at timestamptz not null,
    checked_by text        not null,
    primary key (prefecture, round_id, body, revision, number),
    check (state = 'ok' or reason <> '')
);

grant select, insert on standardisation.member_answer, standardisation.member_check
    to jichitai_app;
grant select on standardisation.member_answer, standardisation.member_check to jichitai_reader;
