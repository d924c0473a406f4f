-- 方針と対策基準: workshop, decisions, publication. Nothing here leaves the body but what its own
-- published versions show and the state that it reports (S01).

-- one policy of one or more organs; `slug` is the last part of its public address and never changes
create table security.policy (
    municipality   text        not null,
    policy_id      uuid        not null,
    slug           text        not null check (slug ~ '^[a-z0-9-]{1,40}$'),
    name           text        not null,
    organs         text[]      not null check (cardinality(organs) > 0),
    answers        jsonb       not null default '{}',
    edition        integer     not null default 1,   -- of the answers
    reports        integer     not null default 0,   -- S01 sent so far
    guideline_seen text        not null default '',  -- newest version that its body was told of
    next_review_on date,
    opened_by      text        not null,
    opened_at      timestamptz not null,
    primary key (municipality, policy_id),
    unique (municipality, slug)
);

create table security.policy_version (
    municipality      text        not null,
    policy_id         uuid        not null,
    version           integer     not null check (version > 0),
    state             text        not null check (state in ('drafting', 'review', 'approval',
        'adopted', 'published', 'in-force', 'review-due', 'superseded', 'repealed', 'dropped')),
    name              text        not null,
    form              text        not null check (form in ('article', 'heading')),
    guideline_version text        not null,
    network_model     text        not null,
    cloud             text        not null,
    organs            text[]      not null,
    drafting          text        not null,
    office            text        not null,
    review_months     integer     not null check (review_months between 1 and 60),
    designated        text        not null default '',  -- the existing document that is named the policy
    reason            text        not null default '',  -- why it was opened
    opened_by         text        not null,
    opened_at         timestamptz not null,
    round             integer     not null default 0,   -- of approval; a return begins a new one
    submitted_by      text,
    submitted_at      timestamptz,
    accepted_gaps     text        not null default '',
    committee_number  text        not null default '',
    committee_on      date,
    document_hash     text,                             -- of the basic policy, fixed for approval
    standard_hash     text,
    adopted_at        timestamptz,
    effective_on      date,
    published_at      timestamptz,
    address           text        not null default '',
    document          bytea,                            -- canonical text, as published
    paper             bytea,                            -- signed PDF
    paper_hash        text,
    signed_by         text        not null default '',
    reachable_at      timestamptz,
    checked_at        timestamptz,
    check_result      text        not null default '',
    failures          integer     not null default 0,   -- looks in a row that did not find it
    ended_on          date,
    end_reason        text        not null default '',
    primary key (municipality, policy_id, version),
    foreign key (municipality, policy_id) references security.policy (municipality, policy_id)
);
create unique index policy_version_one_draft on security.policy_version (municipality, policy_id)
    where state in ('drafting', 'review', 'approval', 'adopted');
create index policy_version_to_check on security.policy_version (checked_at nulls first)
    where state in ('published', 'in-force', 'review-due');

create table security.policy_clause (
    municipality      text        not null,
    policy_id         uuid        not null,
    version           integer     not null,
    clause_id         uuid        not null,          -- the same in all versions
    part              text        not null check (part in ('basic', 'standard')),
    position          integer     not null,
    chapter           text        not null,
    title             text        not null,
    body              text        not null,
    items             text[]      not null,          -- control items of the guideline behind it
    guideline_version text        not null,          -- against which it was last looked at
    origin            text        not null check (origin in ('interview', 'import', 'hand')),
    template          text        not null default '',
    edition           integer     not null default 1,
    removed           boolean     not null default false,
    changed_by        text        not null,
    changed_at        timestamptz not null,
    primary key (municipality, policy_id, version, clause_id),
    foreign key (municipality, policy_id, version)
        references security.policy_version (municipality, policy_id, version)
);

-- every text that a clause ever had
create table security.policy_edit (
    municipality text        not null,
    policy_id    uuid        not null,
    version      integer     not null,
    clause_id    uuid        not null,
    edition      integer     not null,
    title        text        not null,
    body         text        not null,
    items        text[]      not null,
    verb         text        not null,
    reason       text        not null default '',
    edited_by    text        not null,
    edited_at    timestamptz not null,
    primary key (municipality, policy_id, version, clause_id, edition)
);

-- a text that somebody wrote while another one was saved: kept until both are merged
create table security.policy_rival (
    municipality text        not null,
    policy_id    uuid        not null,
    version      integer     not null,
    clause_id    uuid        not null,
    rival_id     uuid        not null,
    base_edition integer     not null,
    title        text        not null,
    body         text        not null,
    items        text[]      not null,
    written_by   text        not null,
    written_at   timestamptz not null,
    settled_at   timestamptz,
    settled_by   text,
    primary key (municipality, policy_id, version, rival_id)
);
create index policy_rival_open on security.policy_rival (municipality, policy_id, version)
    where settled_at is null;

-- 適用しない: an item of the guideline that the body does not apply, or applies unchanged, and why
create table security.policy_decision (
    municipality      text        not null,
    policy_id         uuid        not null,
    version           integer     not null,
    number            integer     not null,
    item              text        not null,
    guideline_version text        not null,
    applies           boolean     not null,
    reason            text        not null,
    decided_by        text        not null,
    decided_at        timestamptz not null,
    primary key (municipality, policy_id, version, item, number)
);

-- 決裁: one organ's decision on one text; rows are only added
create table security.policy_adoption (
    municipality    text        not null,
    policy_id       uuid        not null,
    version         integer     not null,
    round           integer     not null,
    organ           text        not null,
    decision_number text        not null,
    decided_on      date        not null,
    joint           boolean     not null,
    document_hash   text        not null,
    standard_hash   text,
    recorded_by     text        not null,
    recorded_at     timestamptz not null,
    primary key (municipality, policy_id, version, round, organ)
);

-- what happened to a policy, in order
create table security.policy_step (
    municipality text        not null,
    policy_id    uuid        not null,
    number       integer     not null,
    version      integer     not null,
    verb         text        not null,
    at           timestamptz not null,
    actor_id     text        not null,
    organ        text        not null default '',
    reference    text        not null default '',
    reason       text        not null default '',
    hash         text        not null default '',
    primary key (municipality, policy_id, number)
);

-- an existing regulation as it was read
create table security.policy_source (
    municipality text        not null,
    policy_id    uuid        not null,
    version      integer     not null,
    source_id    uuid        not null,
    name         text        not null,
    sha256       text        not null,
    articles     jsonb       not null,
    matches      jsonb       not null,
    taken_by     text        not null,
    taken_at     timestamptz not null,
    used_at      timestamptz,
    primary key (municipality, policy_id, version, source_id)
);

-- what a look at a published address found
create table security.policy_check (
    municipality text        not null,
    policy_id    uuid        not null,
    version      integer     not null,
    checked_at   timestamptz not null,
    address      text        not null,
    result       text        not null,
    detail       text        not null,
    primary key (municipality, policy_id, version, checked_at)
);

call infra.isolate('security.policy', 'municipality');
call infra.isolate('security.policy_version', 'municipality');
call infra.isolate('security.policy_clause', 'municipality');
call infra.isolate('security.policy_edit', 'municipality');
call infra.isolate('security.policy_rival', 'municipality');
call infra.isolate('security.policy_decision', 'municipality');
call infra.isolate('security.policy_adoption', 'municipality');
call infra.isolate('security.policy_step', 'municipality');
call infra.isolate('security.policy_source', 'municipality');
call infra.isolate('security.policy_check', 'municipality');

grant select, insert, update on security.policy, security.policy_version,
    security.policy_clause, security.policy_rival, security.policy_source to jichitai_app;
grant select, insert on security.policy_edit, security.policy_decision,
    security.policy_adoption, security.policy_step, security.policy_check to jichitai_app;
grant select on security.policy, security.policy_version, security.policy_adoption,
    security.policy_step, security.policy_check to jichitai_reader;
