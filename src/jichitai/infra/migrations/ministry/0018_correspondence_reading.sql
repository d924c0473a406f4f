-- 取込みの読取り: an archive that was handed in and is read in the background; then it is an upload.
-- The row is work to be done, not a record: it goes when the archive was read.
create table correspondence.reading (
    prefecture text        not null,
    area       text        not null,
    upload_id  uuid        not null,
    subject    text        not null,
    name       text        not null,
    data       bytea       not null,
    total      integer     not null check (total >= 1),
    done       integer     not null default 0 check (done between 0 and total),
    asked_at   timestamptz not null,
    asked_by   text        not null,
    tries      integer     not null default 0,
    claim      uuid,
    claimed_at timestamptz,
    started_at timestamptz,
    refusal    text        not null default '',
    primary key (prefecture, area, upload_id)
);
comment on column correspondence.reading.claimed_at is
    'last sign of life of the process that reads, by the clock of the database';
comment on column correspondence.reading.refusal is 'why it is not read; the data is gone then';

grant select, insert, delete on correspondence.reading to jichitai_app;
grant update (data, done, tries, claim, claimed_at, started_at, refusal) on correspondence.reading
    to jichitai_app;
