-- 対面での本人確認: a reading that waits or is being looked at, and the records that stay.
-- one reading of one card; the row goes with the view, and with it all that was read
create table jpki.proofing_reading (
    municipality text        not null,
    reading_id   uuid        not null,
    account_id   text        not null,   -- the officer who sees it
    method       text        not null,
    purpose      text        not null,
    reference    text        not null,
    secret_hash  bytea       not null,   -- of the transaction that the agent sends back
    challenge    text        not null,
    state        text        not null check (state in ('waiting', 'read', 'refused')),
    sealed       bytea,                  -- column-sealed: what was read and checked
    printed      bytea,                  -- column-sealed: a picture of the printed card
    refusal      text,
    detail       text,
    made_at      timestamptz not null,
    expires_at   timestamptz not null,
    primary key (municipality, reading_id)
);
create index proofing_reading_by_end on jpki.proofing_reading (expires_at);

-- 本人確認記録: method and law version, no picture, no number, no name
create table jpki.proofing_record (
    municipality text        not null,
    record_id    uuid        not null,
    account_id   text        not null,
    method       text        not null,
    law          text        not null,
    article      text        not null,
    letter       text        not null,
    law_version  text        not null,
    version_from date        not null,
    purpose      text        not null,
    reference    text        not null,
    result       text        not null check (result in ('match', 'mismatch')),
    checks       text[]      not null,
    authority    text        not null,   -- whose root stood behind the card
    chip_hash    bytea       not null,   -- keyed hash of 製造番号
    card_until   date        not null,
    proofed_at   timestamptz not null,
    keep_until   date,
    primary key (municipality, record_id)
);
create index proofing_record_by_time on jpki.proofing_record (municipality, proofed_at desc);

call infra.isolate('jpki.proofing_reading', 'municipality');
call infra.isolate('jpki.proofing_record', 'municipality');

grant select, insert, update, delete on jpki.proofing_reading to jichitai_app;
grant select, insert on jpki.proofing_record to jichitai_app;
grant select on jpki.proofing_record to jichitai_reader;
