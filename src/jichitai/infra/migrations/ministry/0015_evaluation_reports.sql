-- 政策評価: 評価書. Nothing here is changed or deleted; what is known at a time is found by recorded_at.

create table evaluation.report (
    policy      integer     not null check (policy between 1 and 999),
    fiscal_year integer     not null check (fiscal_year between 2000 and 2999),
    begun_by    text        not null,
    begun_name  text        not null,
    recorded_at timestamptz not null,
    primary key (policy, fiscal_year)
);

-- texts of the officers; each save of a slot is a version
create table evaluation.report_text (
    policy      integer     not null,
    fiscal_year integer     not null,
    slot        text        not null check (slot ~ '^[a-z0-9-]{1,40}$'),
    version     integer     not null check (version > 0),
    content     text        not null check (length(content) <= 20000),
    note        text        not null default '' check (length(note) <= 400),
    by_id       text        not null,
    by_name     text        not null,
    recorded_at timestamptz not null,
    primary key (policy, fiscal_year, slot, version),
    foreign key (policy, fiscal_year) references evaluation.report (policy, fiscal_year)
);

-- コメント, and 学識経験者の意見 with the office's answer to it
create table evaluation.report_remark (
    remark_id   uuid        not null primary key,
    policy      integer     not null,
    fiscal_year integer     not null,
    edition     integer     not null check (edition > 0),
    sort        text        not null check (sort in ('comment', 'expert')),
    slot        text        not null default '' check (slot ~ '^[a-z0-9-]{0,40}$'),
    content     text        not null check (length(content) <= 4000),
    by_id       text        not null,
    by_name     text        not null,
    recorded_at timestamptz not null,
    foreign key (policy, fiscal_year) references evaluation.report (policy, fiscal_year)
);
create index report_remark_of on evaluation.report_remark (policy, fiscal_year, recorded_at);

create table evaluation.report_answer (
    remark_id   uuid        not null references evaluation.report_remark (remark_id),
    number      integer     not null check (number > 0),
    content     text        not null check (length(content) <= 4000),
    by_id       text        not null,
    by_name     text        not null,
    recorded_at timestamptz not null,
    primary key (remark_id, number)
);

-- 決裁: handed in, sent back, approved, published; `content` is the document that was handed in,
-- or published
create table evaluation.report_step (
    policy      integer     not null,
    fiscal_year integer     not null,
    number      integer     not null check (number > 0),
    kind        text        not null
        check (kind in ('submitted', 'withdrawn', 'returned', 'approved', 'published')),
    edition     integer     not null check (edition > 0),
    as_of       date        not null,
    reason      text        not null default '' check (length(reason) <= 2000),
    content     text,
    by_id       text        not null,
    by_name     text        not null,
    recorded_at timestamptz not null,
    primary key (policy, fiscal_year, number),
    foreign key (policy, fiscal_year) references evaluation.report (policy, fiscal_year),
    check ((content is not null) = (kind in ('submitted', 'published')))
);
create unique index report_step_published on evaluation.report_step (policy, fiscal_year, edition)
    where kind = 'published';

-- the files of an edition, as they were on the day of publication
create table evaluation.report_file (
    policy      integer     not null,
    fiscal_year integer     not null,
    edition     integer     not null check (edition > 0),
    name        text        not null check (name ~ '^[a-z]{1,20}\.[a-z]{3,5}$'),
    media_type  text        not null,
    content     bytea       not null,
    digest      text        not null check (digest ~ '^[0-9a-f]{64}$'),
    primary key (policy, fiscal_year, edition, name),
    foreign key (policy, fiscal_year) references evaluation.report (policy, fiscal_year)
);

grant select, insert on evaluation.report, evaluation.report_text, evaluation.report_remark,
    evaluation.report_answer, evaluation.report_step, evaluation.report_file to jichitai_app;
grant select on evaluation.report, evaluation.report_text, evaluation.report_step,
    evaluation.report_file to jichitai_reader;
