-- 情報セキュリティ: セキュリティクラウド. Each change of a generation's state is a new row.
create table security.cloud_version (
    prefecture  text        not null check (prefecture ~ '^[0-9]{2}$'),
    generation  integer     not null check (generation between 1 and 20),
    revision    integer     not null check (revision >= 1),
    content     text        not null,
    what        text        not null,
    changed_by  text        not null,
    changed_at  timestamptz not null,
    primary key (prefecture, generation, revision)
);
comment on table security.cloud_version is
    'states of a prefecture''s security cloud, by generation; content is the JSON of cloud.model.Cloud';

-- what has left for the ministry (S07), numbered by prefecture
create table security.cloud_sent (
    prefecture  text        not null,
    number      integer     not null check (number >= 1),
    generation  integer     not null,
    revision    integer     not null,
    sent_by     text        not null,
    sent_at     timestamptz not null,
    primary key (prefecture, number),
    foreign key (prefecture, generation, revision) references security.cloud_version
);
create index cloud_sent_by_generation on security.cloud_sent (prefecture, generation, revision);

grant select, insert on security.cloud_version, security.cloud_sent to jichitai_app;
grant select on security.cloud_version, security.cloud_sent to jichitai_reader;
