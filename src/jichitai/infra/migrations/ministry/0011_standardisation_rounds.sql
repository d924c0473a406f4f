-- システム標準化: survey rounds of the progress, and what bodies answered, every time.
create table standardisation.round (
    round_id   uuid        not null primary key,
    title      text        not null check (length(title) between 1 and 120),
    note       text        not null check (length(note) <= 2000),
    as_of      date        not null,
    due_on     date        not null,
    checked_by date        not null,
    status     text        not null check (status in ('draft', 'open', 'closed')),
    made_at    timestamptz not null,
    made_by    text        not null,
    opened_at  timestamptz,
    closed_at  timestamptz,
    check (as_of <= due_on and due_on <= checked_by)
);

-- 対象: fixed when the round opens
create table standardisation.round_target (
    round_id uuid not null references standardisation.round,
    body     text not null check (body ~ '^[0-9]{6}$'),
    primary key (round_id, body)
);

-- 回答: rows are only added; the highest number stands
create table standardisation.answer (
    round_id    uuid        not null,
    body        text        not null,
    number      integer     not null check (number >= 1),
    revision    integer     check (revision >= 1),
    via         text        not null check (via in ('sheet', 'message')),
    content     jsonb       not null,
    told        text[]      not null,
    answered_at timestamptz not null,
    received_at timestamptz not null,
    received_by text        not null,
    primary key (round_id, body, number),
    foreign key (round_id, body) references standardisation.round_target
);
comment on column standardisation.answer.revision is
    'the body''s own count of its answers; null where a sheet was taken in at the ministry';
comment on column standardisation.answer.told is
    'the businesses that came with it; the other rows are carried on from the answer before';
create unique index answer_once on standardisation.answer (round_id, body, revision)
    where revision is not null;
create index answer_of_body on standardisation.answer (body, received_at);

-- 都道府県の確認: of one answer; rows are only added
create table standardisation.answer_check (
    round_id    uuid        not null,
    body        text        not null,
    number      integer     not null,
    seq         integer     not null check (seq >= 1),
    state       text        not null check (state in ('ok', 'returned')),
    reason      text        not null check (length(reason) <= 400),
    checked_at  timestamptz not null,
    received_at timestamptz not null,
    primary key (round_id, body, number, seq),
    foreign key (round_id, body, number) references standardisation.answer
);

grant select, insert on standardisation.round, standardisation.round_target,
    standardisation.answer, standardisation.answer_check to jichitai_app;
grant update (title, note, as_of, due_on, checked_by, status, opened_at, closed_at)
    on standardisation.round to jichitai_app;
grant select on standardisation.round, standardisation.round_target, standardisation.answer,
    standardisation.answer_check to jichitai_reader;
