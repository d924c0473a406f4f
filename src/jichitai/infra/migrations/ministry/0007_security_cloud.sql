-- 情報セキュリティ: セキュリティクラウドの状況 as the prefectures reported it (S07); reports stay.
create table security.cloud_report (
    prefecture  text        not null check (prefecture ~ '^[0-9]{2}$'),
    number      integer     not null check (number >= 1),
    generation  integer     not null check (generation between 1 and 20),
    content     text        not null,
    message_id  text        not null,
    reported_at timestamptz not null,
    received_at timestamptz not null,
    primary key (prefecture, number)
);
create index cloud_report_by_generation on security.cloud_report (generation, prefecture, number desc);

grant select, insert on security.cloud_report to jichitai_app;
grant select on security.cloud_report to jichitai_reader;
