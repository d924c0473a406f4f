-- システム標準化: the check of what a prefecture's members answer.
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
