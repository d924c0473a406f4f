-- 照会と督促: contacts of bodies and reminders.
create schema correspondence;
grant usage on schema correspondence to jichitai_app, jichitai_reader;
