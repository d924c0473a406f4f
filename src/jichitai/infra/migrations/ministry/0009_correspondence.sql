-- 照会と督促: contacts of bodies, reminders, and files that wait to be written.
-- `prefecture` is who asks: two digits, or '00' for the ministry; `area` is whose work it is.
create schema correspondence;
grant usage on schema correspondence to jichitai_app, jichitai_reader;

-- 連絡先: the office of a body that answers; a change adds a row
create table correspondence.contact (
    prefecture  text        not null,
    area        text        not null,
    body        text        not null,
    revision    integer     not null,
    office      text        not null check (length(office) <= 120),
    mail        text        not null check (length(mail) <= 254),
    phone       text        not null check (length(phone) <= 30),
    recorded_at timestamptz not null,
    recorded_by text        not null,
    primary key (prefecture, area, body, revision)
);

-- 督促: who was reminded of what, when; the letter's own log is in infra.letter
create table correspondence.reminder (
    prefecture  text        not null,
    area        text        not null,
    reminder_id uuid        not null,
    body        text        not null,
    matter      text        not null check (length(matter) <= 40),
    round_id    uuid,
    subject     text        not null,
    letter_id   uuid,
    due_on      date,
    reminded_at timestamptz not null,
    reminded_by text        not null,
    primary key (prefecture, area, reminder_id)
);
create index reminder_by_body on correspondence.reminder (prefecture, area, body, reminded_at);

-- 取込み: a filled-in file that was read but not yet written
create table correspondence.upload (
    prefecture  text        not null,
    area        text        not null,
    upload_id   uuid        not null,
    subject     text        not null,
    name        text        not null,
    digest      bytea       not null,
    content     jsonb       not null,
    uploaded_at timestamptz not null,
    uploaded_by text        not null,
    applied_at  timestamptz,
    primary key (prefecture, area, upload_id)
);

grant select, insert on correspondence.contact, correspondence.reminder, correspondence.upload
    to jichitai_app;
grant update (applied_at) on correspondence.upload to jichitai_app;
grant select on correspondence.reminder to jichitai_reader;
