-- 交付窓口: chips that the town writes and hands over, and what it is told of the certificates in
-- them. Nothing here holds a key or a PIN; faces are kept only while a chip is being written.
create schema jpki;

-- one writing of one chip: from the check of documents to the hand-over
create table jpki.writing (
    municipality   text        not null,
    request_id     uuid        not null,
    resident_id    uuid        not null,
    chip_number    text        not null check (chip_number ~ '^\d{13}$'),
    kinds          text[]      not null,
    renewal        boolean     not null,
    card_until     date        not null,
    applicant_case text        not null,
    documents      text[]      not null,
    agent_documents text[]     not null,
    agent_reason   text,
    guardian       boolean     not null,
    sealed         bytea,                -- column-sealed face and code; null once closed
    ticket_hash    bytea,                -- of the newest ticket's secret
    expires_at     timestamptz,
    made_hash      bytea,                -- of the keys that were sent: the same again is no other
    answer         bytea,                -- column-sealed J02; null once written
    state          text        not null check (state in
        ('open', 'waiting', 'answered', 'refused', 'written', 'failed', 'handed-over', 'given-up')),
    refusal        text        not null default '',
    detail         text        not null default '',
    failure        text,
    opened_by      text        not null,
    opened_at      timestamptz not null,
    sent_at        timestamptz,
    answered_at    timestamptz,
    written_at     timestamptz,
    closed_by      text,
    closed_at      timestamptz,
    received_by    text check (received_by in ('holder', 'agent')),
    primary key (municipality, request_id)
);
create unique index writing_by_id on jpki.writing (request_id);
create index writing_of_resident on jpki.writing (municipality, resident_id, opened_at desc);
create index writing_kept on jpki.writing (opened_at) where sealed is not null;
create unique index writing_under_way on jpki.writing (municipality, resident_id)
    where state in ('open', 'waiting', 'answered', 'written');

create table jpki.chip (
    municipality   text        not null,
    chip_number    text        not null,
    resident_id    uuid        not null,
    request_id     uuid        not null,
    card_until     date        not null,
    state          text        not null check (state in
        ('written', 'handed-over', 'suspended', 'lapsed')),
    changed_at     timestamptz not null,
    primary key (municipality, chip_number)
);
create index chip_of_resident on jpki.chip (municipality, resident_id);

-- certificates that this town asked for, and those of residents that it was told of
create table jpki.certificate (
    municipality   text        not null,
    kind           text        not null check (kind in ('signing', 'user-auth')),
    serial         text        not null,
    resident_id    uuid        not null,
    chip_number    text        not null,
    not_after      timestamptz,
    state          text        not null check (state in ('valid', 'held', 'revoked')),
    reason         text,
    cause          text,
    ended_at       timestamptz,
    told_at        timestamptz not null,
    primary key (municipality, kind, serial)
);
create index certificate_of_resident on jpki.certificate (municipality, resident_id);
create index certificate_ended on jpki.certificate (municipality, told_at desc)
    where state <> 'valid';

-- 失効申請・届出 that the town sent (J03)
create table jpki.report (
    municipality   text        not null,
    request_id     uuid        not null,
    resident_id    uuid        not null,
    chip_number    text,
    cause          text        not null,
    kinds          text[]      not null,
    reported_by    text        not null,
    happened_at    timestamptz not null,
    sent_at        timestamptz not null,
    primary key (municipality, request_id)
);
create index report_of_resident on jpki.report (municipality, resident_id, sent_at desc);

call infra.isolate('jpki.writing', 'municipality');
call infra.isolate('jpki.chip', 'municipality');
call infra.isolate('jpki.certificate', 'municipality');
call infra.isolate('jpki.report', 'municipality');

grant usage on schema jpki to jichitai_app, jichitai_reader;
grant select, insert, update on jpki.writing, jpki.chip, jpki.certificate to jichitai_app;
grant select, insert on jpki.report to jichitai_app;
grant select on jpki.chip, jpki.certificate, jpki.report to jichitai_reader;
