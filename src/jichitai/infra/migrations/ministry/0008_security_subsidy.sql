-- 情報セキュリティ: 補助金. A case is a file of papers that are only added to; the ledger follows them.

-- calls (公募); kept under the prefecture 00, which stands for the ministry itself
create table security.subsidy_call (
    prefecture  text        not null check (prefecture ~ '^[0-9]{2}$'),
    call_id     uuid        not null,
    content     text        not null,
    told_at     timestamptz not null,
    primary key (prefecture, call_id)
);

-- papers of both sides; each names the fingerprint of the one before it
create table security.subsidy_paper (
    prefecture    text        not null check (prefecture ~ '^[0-9]{2}$'),
    case_id       uuid        not null,
    paper_id      uuid        not null,
    side          text        not null check (side in ('prefecture', 'ministry')),
    kind          text        not null,
    number        text        not null,
    follows       text        not null check (follows ~ '^([0-9a-f]{64})?$'),
    fingerprint   text        not null check (fingerprint ~ '^[0-9a-f]{64}$'),
    content       text        not null,
    document      bytea       not null,
    document_hash text        not null check (document_hash ~ '^[0-9a-f]{64}$'),
    made_by       text        not null,
    approved_by   text,
    made_at       timestamptz not null,
    primary key (prefecture, case_id, paper_id),
    unique (prefecture, case_id, follows, side)
);
comment on column security.subsidy_paper.document is 'the paper as PDF, made from content';
comment on column security.subsidy_paper.document_hash is
    'SHA-256 of the PDF as its sender made it; the same as of document unless fonts or templates differ';

-- papers of the ministry in the making: drafted by one person, approved by another
create table security.subsidy_review (
    prefecture  text        not null check (prefecture ~ '^[0-9]{2}$'),
    case_id     uuid        not null,
    review_id   uuid        not null,
    kind        text        not null,
    follows     text        not null,
    content     text        not null,
    note        text        not null default '',
    drafted_by  text        not null,
    drafted_name text       not null,
    drafted_at  timestamptz not null,
    outcome     text        check (outcome in ('approved', 'declined', 'overtaken')),
    ended_by    text,
    ended_name  text,
    ended_at    timestamptz,
    reason      text        not null default '',
    primary key (prefecture, case_id, review_id),
    check ((outcome is null) = (ended_by is null)),
    check (outcome is distinct from 'approved' or ended_by <> drafted_by)
);
create unique index subsidy_review_open on security.subsidy_review (prefecture, case_id)
    where outcome is null;

-- numbers of papers (文書番号) by fiscal year, without gaps
create table security.subsidy_number (
    prefecture  text    not null check (prefecture ~ '^[0-9]{2}$'),
    fiscal_year integer not null,
    last        integer not null check (last >= 1),
    primary key (prefecture, fiscal_year)
);

-- the ledger: a row takes an amount from one account to another, so that every entry sums to zero
create table security.subsidy_transfer (
    prefecture  text   not null check (prefecture ~ '^[0-9]{2}$'),
    case_id     uuid   not null,
    paper_id    uuid   not null,
    line        integer not null check (line >= 1),
    call_id     uuid   not null,
    posted_on   date   not null,
    debit       text   not null,
    credit      text   not null check (credit <> debit),
    amount      bigint not null check (amount > 0),
    project     text   not null default '',
    category    text   not null default '',
    reverses    boolean not null default false,
    primary key (prefecture, case_id, paper_id, line)
);
create index subsidy_transfer_by_call on security.subsidy_transfer (prefecture, call_id);

grant select, insert on security.subsidy_call, security.subsidy_paper, security.subsidy_transfer
    to jichitai_app;
grant select, insert, update on security.subsidy_review, security.subsidy_number to jichitai_app;
grant select on security.subsidy_call, security.subsidy_paper, security.subsidy_review,
    security.subsidy_number, security.subsidy_transfer to jichitai_reader;
