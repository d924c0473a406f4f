-- 点検・監査・是正・例外措置・リスク: what a body knows of its own gaps. Nothing of it leaves the
-- body but counts (S05).

-- numbers that people read: rounds, corrections, exceptions, risks
create table security.check_counter (
    municipality text   not null,
    kind         text   not null,
    last_number  integer not null,
    primary key (municipality, kind)
);

create table security.check_round (
    municipality   text        not null,
    round_id       uuid        not null,
    sort           text        not null check (sort in ('self-check', 'audit', 'external-audit')),
    fiscal_year    smallint    not null,
    number         integer     not null,
    title          text        not null,
    guideline_version text     not null,
    network_model  text        not null,
    cloud          boolean     not null,
    auditor        text        not null default '',
    previous_id    uuid,
    due_on         date,
    state          text        not null check (state in ('open', 'closed')),
    opened_by      text        not null,
    opened_by_name text        not null,
    opened_at      timestamptz not null,
    closed_by      text,
    closed_by_name text,
    closed_at      timestamptz,
    finished_on    date,
    note           text        not null default '',
    revision       integer     not null default 0,   -- of what was reported upwards
    primary key (municipality, round_id)
);
create index check_round_of_year on security.check_round (municipality, sort, fiscal_year desc);

create table security.check_target (
    municipality text    not null,
    round_id     uuid    not null,
    target_id    uuid    not null,
    kind         text    not null check (kind in ('whole', 'area', 'system')),
    name         text    not null,
    area         text    not null default '',
    cloud        boolean not null default false,
    ref          text    not null default '',
    key          text    not null,          -- the same target has the same one every year
    place        smallint not null,
    primary key (municipality, target_id)
);
create index check_target_of_round on security.check_target (municipality, round_id);

-- what is asked, as the guideline read when the round began
create table security.check_question (
    municipality text     not null,
    round_id     uuid     not null,
    target_id    uuid     not null,
    item_id      text     not null,
    slug         text     not null,
    chapter_no   text     not null,
    chapter      text     not null,
    section      text     not null,
    title        text     not null,
    meaning      text     not null,
    level        text     not null,
    law          text     not null,
    spots        text[]   not null,
    place        integer  not null,
    primary key (municipality, target_id, item_id)
);
create index check_question_of_round on security.check_question (municipality, round_id, place);

-- every version of every answer; the newest one counts
create table security.check_answer (
    municipality text        not null,
    round_id     uuid        not null,
    target_id    uuid        not null,
    item_id      text        not null,
    version      integer     not null check (version > 0),
    answer       text        not null check (answer in ('met', 'partly', 'unmet', 'not-applicable')),
    reason       text        not null,
    practice     text        not null,
    evidence     uuid[]      not null,
    confirmed    boolean     not null,
    carried_from uuid,                  -- the round that it was carried over from
    stale        text[]      not null,
    answered_by  text        not null,
    answered_by_name text    not null,
    answered_at  timestamptz not null,
    primary key (municipality, target_id, item_id, version)
);
create index check_answer_of_round on security.check_answer
    (municipality, round_id, target_id, item_id, version desc);
create index check_answer_evidence on security.check_answer using gin (evidence);

create table security.check_evidence (
    municipality text        not null,
    evidence_id  uuid        not null,
    title        text        not null,
    place        text        not null default '',  -- where it is kept, when it is not kept here
    file_name    text,
    media_type   text,
    size         integer,
    sha256       text,
    content      bytea,
    valid_from   date        not null,
    valid_until  date,
    added_by     text        not null,
    added_by_name text       not null,
    added_at     timestamptz not null,
    withdrawn_at timestamptz,
    withdrawn_why text       not null default '',
    primary key (municipality, evidence_id),
    check ((content is null) = (sha256 is null)),
    check (content is not null or place <> '')
);

create table security.correction (
    municipality text        not null,
    correction_id uuid       not null,
    number       integer     not null,
    title        text        not null,
    detail       text        not null,
    owner        text        not null,
    due_on       date        not null,
    severity     text        not null check (severity in
        ('informational', 'low', 'medium', 'high', 'critical')),
    origin       text        not null check (origin in
        ('check', 'finding', 'risk', 'exception', 'manual')),
    state        text        not null check (state in
        ('open', 'doing', 'done', 'verified', 'withdrawn')),
    round_id     uuid,
    target_id    uuid,
    item_id      text        not null default '',
    target_key   text        not null default '',  -- of the question, over the years
    risk_id      uuid,
    finding_id   uuid,                  -- of whoever found it
    source       text        not null default '',
    reference    text        not null default '',
    target       text        not null default '',
    found_on     date,
    version      integer     not null default 1,
    opened_by    text        not null,
    opened_at    timestamptz not null,
    done_by      text,
    done_at      timestamptz,
    verified_by  text,
    verified_at  timestamptz,
    primary key (municipality, correction_id),
    unique (municipality, number)
);
create index correction_due on security.correction (municipality, state, due_on);
create index correction_of_item on security.correction (municipality, item_id, target_key);
create unique index correction_of_finding on security.correction (municipality, finding_id)
    where finding_id is not null;

create table security.check_exception (
    municipality text        not null,
    exception_id uuid        not null,
    number       integer     not null,
    title        text        not null,
    items        text[]      not null,
    target_key   text        not null default '',
    target_name  text        not null default '',
    reason       text        not null,
    risk         text        not null,
    compensating text        not null,
    until        date        not null,
    emergency    boolean     not null,
    correction_id uuid,
    state        text        not null check (state in ('applied', 'approved', 'refused', 'ended')),
    applied_by   text        not null,
    applied_by_name text     not null,
    applied_at   timestamptz not null,
    decided_by   text,
    decided_by_name text,
    decided_at   timestamptz,
    note         text        not null default '',
    primary key (municipality, exception_id),
    unique (municipality, number),
    check (decided_by is null or decided_by <> applied_by)
);
create index check_exception_until on security.check_exception (municipality, state, until);

create table security.risk (
    municipality text        not null,
    risk_id      uuid        not null,
    number       integer     not null,
    asset        text        not null,
    system_id    uuid,
    threat       text        not null,
    weakness     text        not null,
    likelihood   smallint    not null check (likelihood between 1 and 5),
    impact       smallint    not null check (impact between 1 and 5),
    treatment    text        not null check (treatment in ('reduce', 'avoid', 'transfer', 'accept')),
    plan         text        not null,
    owner        text        not null,
    residual_likelihood smallint check (residual_likelihood between 1 and 5),
    residual_impact smallint check (residual_impact between 1 and 5),
    review_on    date        not null,
    items        text[]      not null,
    state        text        not null check (state in ('open', 'accepted', 'closed')),
    version      integer     not null default 1,
    assessed_by  text        not null,
    assessed_by_name text    not null,
    assessed_at  timestamptz not null,
    decided_by   text,
    decided_by_name text,
    decided_at   timestamptz,
    note         text        not null default '',
    primary key (municipality, risk_id),
    unique (municipality, number),
    check (state <> 'accepted' or decided_by <> assessed_by)
);

-- what happened to a round, a correction, an exception or a risk, in order
create table security.check_event (
    municipality text        not null,
    subject_id   uuid        not null,
    number       integer     not null,
    at           timestamptz not null,
    by_id        text        not null,
    by_name      text        not null,
    what         text        not null,
    note         text        not null default '',
    primary key (municipality, subject_id, number)
);

-- a filled-in workbook that was read and waits for its confirmation
create table security.check_import (
    municipality text        not null,
    import_id    uuid        not null,
    round_id     uuid        not null,
    file_name    text        not null,
    sha256       text        not null,
    changes      jsonb       not null,
    read_by      text        not null,
    read_at      timestamptz not null,
    applied_at   timestamptz,
    primary key (municipality, import_id)
);

call infra.isolate('security.check_counter', 'municipality');
call infra.isolate('security.check_round', 'municipality');
call infra.isolate('security.check_target', 'municipality');
call infra.isolate('security.check_question', 'municipality');
call infra.isolate('security.check_answer', 'municipality');
call infra.isolate('security.check_evidence', 'municipality');
call infra.isolate('security.correction', 'municipality');
call infra.isolate('security.check_exception', 'municipality');
call infra.isolate('security.risk', 'municipality');
call infra.isolate('security.check_event', 'municipality');
call infra.isolate('security.check_import', 'municipality');

grant select, insert, update on security.check_counter, security.check_round,
    security.check_evidence, security.correction, security.check_exception, security.risk,
    security.check_import to jichitai_app;
grant select, insert on security.check_target, security.check_question, security.check_answer,
    security.check_event to jichitai_app;
grant select on security.check_round, security.check_target, security.check_question,
    security.check_answer, security.correction, security.check_exception, security.risk,
    security.check_event to jichitai_reader;
