-- 情報セキュリティ: letters of a body, and the requests that others send to it.
-- Letters by e-mail: what was written, where each stands, and every attempt.
-- `municipality` is the code of the body whose office writes; at the ministry 'ministry'.
create table infra.letter (
    municipality text        not null,
    letter_id    uuid        not null,
    recipient    text        not null check (length(recipient) <= 254),
    subject      text        not null check (length(subject) between 1 and 120),
    body         text        not null check (length(body) <= 20000),
    purpose      text        not null check (length(purpose) <= 80),
    reference    text        not null check (length(reference) <= 200),
    state        text        not null check (state in ('waiting', 'sent', 'failed')),
    attempts     integer     not null default 0,
    written_at   timestamptz not null,
    next_at      timestamptz,
    decided_at   timestamptz,
    reason       text        not null default '',
    primary key (municipality, letter_id),
    check ((state = 'waiting') = (next_at is not null)),
    check ((state = 'waiting') = (decided_at is null))
);
create index letter_due on infra.letter (next_at) where state = 'waiting';
create index letter_by_reference on infra.letter (municipality, reference, written_at);

create table infra.letter_attempt (
    municipality text        not null,
    letter_id    uuid        not null,
    attempt      integer     not null,
    tried_at     timestamptz not null,
    outcome      text        not null check (outcome in ('sent', 'deferred', 'refused')),
    reason       text        not null,
    primary key (municipality, letter_id, attempt)
);
call infra.isolate('infra.letter', 'municipality');
call infra.isolate('infra.letter_attempt', 'municipality');
grant select, insert on infra.letter, infra.letter_attempt to jichitai_app;
grant update (state, attempts, next_at, decided_at, reason) on infra.letter to jichitai_app;
grant select on infra.letter_attempt to jichitai_reader;

-- 依頼と督促: what the ministry or the prefecture asks of the body
create table security.notice (
    municipality text        not null,
    notice_id    uuid        not null,
    sender       text        not null,
    sort         text        not null check (sort in ('survey', 'reminder', 'correction')),
    subject      text        not null,
    body         text        not null,
    due_on       date,
    round_id     uuid,
    form         text        not null default '',
    sent_at      timestamptz not null,
    received_at  timestamptz not null,
    read_at      timestamptz,
    read_by      text,
    primary key (municipality, notice_id)
);
create index notice_by_round on security.notice (municipality, round_id) where round_id is not null;
call infra.isolate('security.notice', 'municipality');

create table security.notice_draft (
    municipality text        not null,
    round_id     uuid        not null,
    answers      jsonb       not null,
    saved_at     timestamptz not null,
    saved_by     text        not null,
    primary key (municipality, round_id)
);
call infra.isolate('security.notice_draft', 'municipality');

-- 回答: every answer that was sent; a later one does not replace it
create table security.notice_answer (
    municipality text        not null,
    round_id     uuid        not null,
    revision     integer     not null,
    answers      jsonb       not null,
    reason       text        not null,
    answered_at  timestamptz not null,
    answered_by  text        not null,
    primary key (municipality, round_id, revision)
);
call infra.isolate('security.notice_answer', 'municipality');

grant select, insert on security.notice, security.notice_answer to jichitai_app;
grant update (read_at, read_by) on security.notice to jichitai_app;
grant select, insert, update, delete on security.notice_draft to jichitai_app;
grant select on security.notice, security.notice_answer to jichitai_reader;
