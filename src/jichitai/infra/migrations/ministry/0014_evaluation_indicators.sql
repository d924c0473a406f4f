-- 政策評価: indicators, their targets and actuals. Nothing is changed or deleted: a correction is a
-- further edition, and what is known at an instant is found by recorded_at.

-- a version is a series of its own; an edition changes the wording of a version
create table evaluation.indicator_definition (
    indicator_id text        not null check (indicator_id ~ '^[A-Z][A-Z0-9]*(-[A-Za-z0-9]+){1,4}$'),
    version      integer     not null check (version between 1 and 1000),
    edition      integer     not null check (edition >= 1),
    content      text        not null,
    reason       text        not null default '' check (length(reason) <= 1000),
    by_id        text        not null,
    by_name      text        not null,
    recorded_at  timestamptz not null,
    primary key (indicator_id, version, edition)
);
comment on column evaluation.indicator_definition.content is 'the definition, as JSON';

create table evaluation.indicator_target (
    indicator_id text        not null,
    version      integer     not null,
    target_on    date        not null,
    edition      integer     not null check (edition >= 1),
    value        numeric,
    shown        text        not null check (length(shown) <= 100),
    yearly       boolean     not null,
    source       text        not null check (length(source) <= 200),
    reason       text        not null default '' check (length(reason) <= 1000),
    by_id        text        not null,
    by_name      text        not null,
    recorded_at  timestamptz not null,
    primary key (indicator_id, version, target_on, edition),
    check (edition = 1 or reason <> '')
);

create table evaluation.indicator_point (
    indicator_id text        not null,
    version      integer     not null,
    as_of        date        not null,
    edition      integer     not null check (edition >= 1),
    label        text        not null check (length(label) <= 100),
    dated        boolean     not null,
    value        numeric,
    shown        text        not null check (length(shown) <= 100),
    numerator    numeric,
    denominator  numeric     check (denominator > 0),
    source       text        not null check (length(source) between 1 and 200),
    confidence   text        not null check (length(confidence) <= 40),
    assumed      text        not null default '' check (length(assumed) <= 200),
    reason       text        not null default '' check (length(reason) <= 1000),
    by_id        text        not null,
    by_name      text        not null,
    recorded_at  timestamptz not null,
    primary key (indicator_id, version, as_of, edition),
    check (edition = 1 or reason <> '')
);
comment on column evaluation.indicator_point.dated is 'whether the source states as_of';
comment on column evaluation.indicator_point.assumed is 'why recorded_at had to be assumed; empty when it is certain';

grant select, insert on evaluation.indicator_definition, evaluation.indicator_target,
    evaluation.indicator_point to jichitai_app;
grant select on evaluation.indicator_definition, evaluation.indicator_target,
    evaluation.indicator_point to jichitai_reader;
