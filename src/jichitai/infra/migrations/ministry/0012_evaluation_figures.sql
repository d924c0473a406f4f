-- 政策評価: daily figures of all tiers as they came, and the ministry's own.
create schema evaluation;
grant usage on schema evaluation to jichitai_app, jichitai_reader;

-- 日次集計: a statement says everything that one origin counted for one measure and one day; a later
-- revision takes the place of an earlier one, which stays. A flow is stated for days on which there
-- was something, a stock for days on which it changed; how far an origin has told is in
-- figure_coverage. The same at every tier.
create table evaluation.figure_statement (
    measure     text        not null check (length(measure) between 1 and 60),
    origin      text        not null,
    day         date        not null,
    revision    integer     not null check (revision >= 1),
    reason      text        not null default '' check (length(reason) <= 200),
    figures     integer     not null check (figures >= 0),
    total       bigint      not null,
    message_id  text        not null,
    counted_at  timestamptz not null,
    recorded_at timestamptz not null,
    primary key (measure, origin, day, revision)
);
create index figure_statement_by_message on evaluation.figure_statement (message_id);
comment on column evaluation.figure_statement.figures is
    'how many rows of daily_figure; 0 says that there is nothing (any more)';
comment on column evaluation.figure_statement.total is
    'the figures added up; sums over years read this and not every figure';
comment on column evaluation.figure_statement.recorded_at is 'since when this tier knows it';

-- the figures of a statement; parts are the values of the measure's dimensions, in their order
create table evaluation.daily_figure (
    measure     text        not null,
    origin      text        not null,
    day         date        not null,
    revision    integer     not null check (revision >= 1),
    parts       text[]      not null,
    value       bigint      not null,
    recorded_at timestamptz not null,
    primary key (measure, day, origin, revision, parts)
);

-- how far an origin has told of a measure: days without a statement up to here are empty (flow) or
-- as the day before (stock)
create table evaluation.figure_coverage (
    measure     text        not null,
    origin      text        not null,
    through     date        not null,
    message_id  text        not null,
    recorded_at timestamptz not null,
    primary key (measure, origin, through)
);

-- What was stated of days, as known at an instant: of each origin and day the newest revision of
-- then. For flows; a stock is read with evaluation.standing.
create function evaluation.daily(
    wanted text, first_day date, last_day date, known_at timestamptz
) returns table (origin text, day date, parts text[], value bigint)
    language sql stable
    begin atomic
        select figure.origin, figure.day, figure.parts, figure.value
          from (select distinct on (stated.origin, stated.day)
                       stated.origin, stated.day, stated.revision
                  from evaluation.figure_statement as stated
                 where stated.measure = wanted and stated.day between first_day and last_day
                   and stated.recorded_at <= known_at
                 order by stated.origin, stated.day, stated.revision desc) as newest
          join evaluation.daily_figure as figure
            on figure.measure = wanted and figure.day = newest.day
           and figure.origin = newest.origin and figure.revision = newest.revision;
    end;

-- How far each origin had told of a measure at an instant.
create function evaluation.covered(wanted text, known_at timestamptz)
    returns table (origin text, through date)
    language sql stable
    begin atomic
        select told.origin, max(told.through)
          from (select covered.origin, covered.through
                  from evaluation.figure_coverage as covered
                 where covered.measure = wanted and covered.recorded_at <= known_at
                union all
                select stated.origin, stated.day
                  from evaluation.figure_statement as stated
                 where stated.measure = wanted and stated.recorded_at <= known_at) as told
         group by told.origin;
    end;

-- How a stock stood at the end of a day, as known at an instant: of each origin that has told so far
-- the last statement up to the day.
create function evaluation.standing(wanted text, on_day date, known_at timestamptz)
    returns table (origin text, parts text[], value bigint)
    language sql stable
    begin atomic
        select figure.origin, figure.parts, figure.value
          from evaluation.covered(wanted, known_at) as told
         cross join lateral (
               select stated.day, stated.revision
                 from evaluation.figure_statement as stated
                where stated.measure = wanted and stated.origin = told.origin
                  and stated.day <= on_day and stated.recorded_at <= known_at
                order by stated.day desc, stated.revision desc
                limit 1) as newest
          join evaluation.daily_figure as figure
            on figure.measure = wanted and figure.day = newest.day
           and figure.origin = told.origin and figure.revision = newest.revision
         where told.through >= on_day;
    end;
grant execute on function evaluation.daily(text, date, date, timestamptz),
    evaluation.covered(text, timestamptz), evaluation.standing(text, date, timestamptz)
    to jichitai_app, jichitai_reader;

-- how far each measure of this tier has been counted
create table evaluation.counted (
    measure    text        not null primary key,
    through    date        not null,
    counted_at timestamptz not null
);

grant select, insert on evaluation.figure_statement, evaluation.daily_figure,
    evaluation.figure_coverage to jichitai_app;
grant select, insert, update on evaluation.counted to jichitai_app;
grant select on evaluation.figure_statement, evaluation.daily_figure, evaluation.figure_coverage,
    evaluation.counted to jichitai_reader;

-- evidence: the signed frames in which statements came, and the place of each message in its frame
create table evaluation.figure_frame (
    frame_hash  bytea       not null primary key,   -- SHA-256 of the signed text
    signed      bytea       not null,
    received_at timestamptz not null
);
create table evaluation.figure_message (
    message_id  text        not null primary key,
    origin      text        not null,
    number      bigint      not null,   -- of the message in the channel of its origin
    sent_at     timestamptz not null,
    frame_hash  bytea       not null references evaluation.figure_frame,
    place       integer     not null,
    received_at timestamptz not null
);
create index figure_message_by_arrival on evaluation.figure_message (received_at, message_id);

grant select, insert on evaluation.figure_frame, evaluation.figure_message to jichitai_app;
grant select on evaluation.figure_message to jichitai_reader;
