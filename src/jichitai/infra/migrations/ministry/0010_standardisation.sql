-- システム標準化: progress of the bodies, body by body.
-- Everything is only added to: a later edition stands beside the earlier one, so that what was
-- known at any moment can be read again.
create schema standardisation;
grant usage on schema standardisation to jichitai_app, jichitai_reader;

-- data sets: one set of facts about one day, from one source
create table standardisation.dataset (
    dataset_id   text        not null primary key check (dataset_id ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    title        text        not null,
    source_kind  text        not null check (source_kind in ('open', 'survey', 'rehearsal')),
    as_of        date        not null,
    published_on date,
    recorded_at  timestamptz not null,
    holds        text[]      not null check (holds <@ array['steps', 'systems', 'late']),
    covers       text        not null check (covers in ('all', 'municipalities')),
    of_systems   integer     check (of_systems > 0),
    source       text        not null,
    confidence   text        not null,
    note         text        not null default ''
);
comment on column standardisation.dataset.recorded_at is
    'when it became known: the day of publication, or the end of as_of where that is not known';

-- what one body told in one data set; a correction is a later edition
create table standardisation.report (
    dataset_id  text        not null references standardisation.dataset,
    body        text        not null check (body ~ '^[0-9]{6}$'),
    edition     integer     not null check (edition >= 1),
    prefecture  text        not null check (prefecture ~ '^[0-9]{2}$'),
    class       text        not null check (class in
                    ('都道府県', '指定都市', '中核市', 'その他の市', '特別区', '町', '村')),
    population  integer     not null check (population >= 0),
    recorded_at timestamptz not null,
    recorded_by text        not null,
    origin      text        not null default '',
    note        text        not null default '',
    primary key (dataset_id, body, edition)
);
comment on column standardisation.report.origin is 'the answer of a round that it was taken from';
create index report_of_body on standardisation.report (body, recorded_at);

-- the systems of a report
create table standardisation.system (
    dataset_id     text     not null,
    body           text     not null,
    edition        integer  not null,
    business       text     not null,
    runs           text     not null check (runs in ('yes', 'no', 'unknown')),
    runs_reason    text     not null,
    done           smallint check (done between 0 and 40),
    states         text     check (states ~ '^[0-3]{40}$'),
    late           boolean,
    reason_class   smallint check (reason_class between 1 and 4),
    target_on      date,
    deadline_class text     not null default '' check (deadline_class in
                       ('', 'in-time', 'late', 'undecided')),
    vendor         text     not null default '',
    contract       text     not null default '',
    cloud          text     not null default '' check (cloud in ('', 'yes', 'no')),
    risks          text     not null default '',
    reason         text     not null default '',
    primary key (dataset_id, body, edition, business),
    foreign key (dataset_id, body, edition) references standardisation.report,
    check (states is null or done = length(translate(states, '01', '')))
);
comment on column standardisation.system.done is 'steps done or excluded, of forty';
comment on column standardisation.system.states is
    'one character a step: 0 not started, 1 working, 2 done, 3 excluded; null where only the sum is known';
comment on column standardisation.system.reason is 'why a figure went back';
create index system_late on standardisation.system (dataset_id, business) where late;

-- sums of a report, so that long series need not read every system again
create table standardisation.tally (
    dataset_id     text     not null,
    body           text     not null,
    edition        integer  not null,
    told_steps     smallint not null,
    told_late      smallint not null,
    done_steps     smallint not null,
    complete       smallint not null,
    late           smallint not null,
    all_told_steps smallint not null,
    all_told_late  smallint not null,
    all_done_steps smallint not null,
    all_complete   smallint not null,
    all_late       smallint not null,
    unknown        smallint not null,
    outside        smallint not null,
    primary key (dataset_id, body, edition),
    foreign key (dataset_id, body, edition) references standardisation.report
);
comment on column standardisation.tally.told_steps is
    'systems that the body runs and whose steps are known; all_ counts every row';

-- target dates of late systems: each change is kept
create table standardisation.target (
    source_kind text        not null check (source_kind in ('open', 'survey', 'rehearsal')),
    body        text        not null check (body ~ '^[0-9]{6}$'),
    business    text        not null,
    number      integer     not null check (number >= 1),
    dataset_id  text        not null references standardisation.dataset,
    as_of       date        not null,
    target_on   date,
    reason      text        not null default '',
    recorded_at timestamptz not null,
    primary key (source_kind, body, business, number)
);
create index target_recorded on standardisation.target (source_kind, recorded_at);

-- costs before and after, item by item
create table standardisation.cost (
    dataset_id  text    not null,
    body        text    not null,
    edition     integer not null,
    phase       text    not null check (phase in ('before', 'after')),
    item        text    not null,
    fiscal_year integer not null check (fiscal_year between 2000 and 2100),
    yen         bigint  not null check (yen >= 0),
    months      smallint not null check (months between 1 and 120),
    basis       text    not null check (basis in ('actual', 'contract', 'budget', 'estimate')),
    usd_rate    numeric(8, 3) check (usd_rate > 0),
    note        text    not null default '',
    primary key (dataset_id, body, edition, phase, item),
    foreign key (dataset_id, body, edition) references standardisation.report
);
comment on column standardisation.cost.months is 'how many months the amount is for';
comment on column standardisation.cost.usd_rate is
    'yen for a dollar that the amount was reckoned with, where it depends on one';

-- national figures as they were published
create table standardisation.published (
    measure      text        not null check (measure in ('late', 'systems')),
    as_of        date        not null,
    number       integer     not null check (number >= 1),
    as_of_text   text        not null,
    what         text        not null,
    systems      integer,
    of_systems   integer,
    bodies       integer,
    published_on date,
    recorded_at  timestamptz not null,
    source       text        not null,
    confidence   text        not null,
    note         text        not null default '',
    primary key (measure, as_of, number)
);

grant select, insert on standardisation.dataset, standardisation.report, standardisation.system,
    standardisation.tally, standardisation.target, standardisation.cost,
    standardisation.published to jichitai_app;
grant select on all tables in schema standardisation to jichitai_reader;
