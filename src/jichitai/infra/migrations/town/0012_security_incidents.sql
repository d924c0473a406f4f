-- 情報セキュリティ: incidents, their clocks and reports, the time line, the CSIRT, drills
-- one incident; `facts` are the fields of its record (JSON of jichitai.security.incidents.model)
create table security.incident (
    municipality text        not null,
    incident_id  uuid        not null,
    number       text        not null,   -- I-0042; an exercise D-0007
    drill        boolean     not null,
    outward      boolean     not null,   -- whether its reports leave this body as messages
    scenario     text        not null default '',
    state        text        not null check (state in
                 ('received', 'handling', 'contained', 'recovered', 'closed', 'dismissed')),
    version      integer     not null check (version > 0),
    revision     integer     not null default 0,   -- of what was told upwards (S02)
    kind         text        not null,
    area         text        not null,
    severity     text        not null,
    known_at     timestamptz not null,
    facts        jsonb       not null,
    reported_by  text        not null,   -- account
    reporter     text        not null,
    handler      text        not null default '',
    recorded_at  timestamptz not null,
    triaged_at   timestamptz,
    closed_at    timestamptz,
    primary key (municipality, incident_id),
    unique (municipality, number)
);
create index incident_open on security.incident (municipality, known_at)
    where state not in ('closed', 'dismissed');
create index incident_by_time on security.incident (municipality, known_at desc, incident_id);

-- 受付番号: the last one given, for incidents and for exercises
create table security.incident_counter (
    municipality text    not null,
    sort         text    not null check (sort in ('I', 'D')),
    last         integer not null,
    primary key (municipality, sort)
);

-- 経緯: what was done and learnt, each entry bound to the one before it by its hash
create table security.incident_entry (
    municipality  text        not null,
    incident_id   uuid        not null,
    sequence      integer     not null check (sequence > 0),
    at            timestamptz not null,
    kind          text        not null,
    author_id     text        not null,
    author        text        not null,
    text          text        not null,
    facts         text        not null default '{}',
    previous_hash bytea       not null check (length(previous_hash) = 32),
    hash          bytea       not null check (length(hash) = 32),
    primary key (municipality, incident_id, sequence),
    foreign key (municipality, incident_id) references security.incident
);

-- 報告: what was handed in to whom, or why not; never changed
create table security.incident_report (
    municipality  text        not null,
    incident_id   uuid        not null,
    report_id     uuid        not null,
    clock         text        not null,   -- id of security_deadlines.csv
    recipient     text        not null,
    report        text        not null,
    sort          text        not null check (sort in ('sent', 'waived')),
    due_at        timestamptz,
    sent_at       timestamptz not null,
    recorded_at   timestamptz not null,
    sent_by       text        not null,
    method        text        not null,
    receipt       text        not null default '',
    reason        text        not null default '',
    form          text        not null default '',
    content       jsonb,                  -- the form as it was filled in
    document_hash text        not null default '',
    revision      integer     not null default 0,
    primary key (municipality, incident_id, report_id),
    foreign key (municipality, incident_id) references security.incident
);

-- photos: the picture alone, sealed
create table security.incident_file (
    municipality text        not null,
    incident_id  uuid        not null,
    file_id      uuid        not null,
    media_type   text        not null,
    size         integer     not null,
    sha256       text        not null,
    sealed       bytea       not null,
    added_at     timestamptz not null,
    added_by     text        not null,
    primary key (municipality, incident_id, file_id),
    foreign key (municipality, incident_id) references security.incident
);

-- what the security cloud told this body (S03), waiting for a decision
create table security.incident_alert (
    municipality text        not null,
    alert_id     uuid        not null,
    rule_id      text        not null,
    rule_title   text        not null,
    severity     text        not null,
    area         text        not null,
    first_seen   timestamptz not null,
    last_seen    timestamptz not null,
    events       bigint      not null,
    context      jsonb       not null,
    advice       text        not null,
    sent_at      timestamptz not null,
    received_at  timestamptz not null,
    state        text        not null check (state in ('new', 'incident', 'dismissed')),
    incident_id  uuid,
    decided_by   text        not null default '',
    decided_at   timestamptz,
    reason       text        not null default '',
    primary key (municipality, alert_id)
);
create index incident_alert_new on security.incident_alert (municipality, last_seen desc)
    where state = 'new';

-- CSIRT: who is told, by their duty; offices' addresses, not private ones
create table security.incident_member (
    municipality text        not null,
    member_id    uuid        not null,
    duty         text        not null,
    name         text        not null,
    office       text        not null,
    mail         text        not null default '',
    telephone    text        not null default '',
    since        timestamptz not null,
    until        timestamptz,
    primary key (municipality, member_id)
);

-- notices to the CSIRT; without a word about what happened or to whom
create table security.incident_notice (
    municipality text        not null,
    notice_id    uuid        not null,
    incident_id  uuid        not null,
    cause        text        not null,   -- recorded, late:<clock>, soon:<clock>
    member_id    uuid        not null,   -- all zero: whoever is in charge
    duty         text        not null,
    title        text        not null,
    made_at      timestamptz not null,
    letter_id    uuid,                   -- of the e-mail that says the same
    read_at      timestamptz,
    read_by      text        not null default '',
    primary key (municipality, notice_id),
    foreign key (municipality, incident_id) references security.incident
);
create unique index incident_notice_once
    on security.incident_notice (municipality, incident_id, cause, member_id);

call infra.isolate('security.incident', 'municipality');
call infra.isolate('security.incident_counter', 'municipality');
call infra.isolate('security.incident_entry', 'municipality');
call infra.isolate('security.incident_report', 'municipality');
call infra.isolate('security.incident_file', 'municipality');
call infra.isolate('security.incident_alert', 'municipality');
call infra.isolate('security.incident_member', 'municipality');
call infra.isolate('security.incident_notice', 'municipality');

grant select, insert, update on security.incident, security.incident_counter,
    security.incident_alert, security.incident_member, security.incident_notice to jichitai_app;
grant select, insert on security.incident_entry, security.incident_report,
    security.incident_file to jichitai_app;
grant select on security.incident, security.incident_entry, security.incident_report,
    security.incident_alert, security.incident_member, security.incident_notice to jichitai_reader;
