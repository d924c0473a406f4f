-- 政策評価: the officer's year.

-- 仕事, データの依頼, 行政事業レビュー, 評価結果の反映; each edition stays, the highest known one counts
create table evaluation.year_record (
    record_id     uuid        not null,
    edition       integer     not null check (edition >= 1),
    kind          text        not null check (kind in ('task', 'request', 'review', 'use')),
    fiscal_year   integer     not null check (fiscal_year between 2000 and 2100),
    content       text        not null,
    recorded_at   timestamptz not null,
    recorded_by   text        not null,
    recorded_name text        not null,
    primary key (record_id, edition)
);
create index year_record_by_year on evaluation.year_record (kind, fiscal_year, recorded_at);
comment on column evaluation.year_record.content is 'the record as JSON; its shape follows from kind';

grant select, insert on evaluation.year_record to jichitai_app;
grant select on evaluation.year_record to jichitai_reader;
