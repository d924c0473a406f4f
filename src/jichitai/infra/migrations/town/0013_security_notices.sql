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
