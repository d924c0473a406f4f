-- Infrastructure of a tier above the towns.
create schema infra;
grant usage on schema infra to jichitai_app, jichitai_reader;

-- Messages that leave: a gapless number per (sender, receiver), kept until the receiver confirms.
create table infra.channel (
    sender text not null,
    receiver text not null,
    last_number bigint not null,
    confirmed_number bigint not null default 0,
    primary key (sender, receiver)
);

create table infra.outbox (
    sender text not null,
    receiver text not null,
    number bigint not null,
    message_id text not null,
    kind text not null,
    version smallint not null,
    body bytea not null,
    created_at timestamptz not null,
    published_at timestamptz,
    attempts integer not null default 0,
    primary key (sender, receiver, number)
);
create index outbox_unpublished on infra.outbox (sender, receiver, number)
    where published_at is null;

-- Messages that arrive: the high-water mark moves in the transaction of the change itself.
create table infra.inbox_mark (
    receiver text not null,
    sender text not null,
    number bigint not null,
    received_at timestamptz not null,
    sent_at timestamptz not null,
    primary key (receiver, sender)
);

-- Refused messages, each with an owner and a decision.
create table infra.quarantine (
    receiver text not null,
    quarantine_id uuid not null,
    received_at timestamptz not null,
    sender text not null,
    origin text not null,
    number bigint,
    part integer not null default 0,
    message_id text not null,
    kind text not null,
    reason_type text not null,
    reason text not null,
    content bytea not null,
    content_hash bytea not null,
    state text not null default 'open' check (state in ('open', 'applied', 'rejected')),
    owner text,
    decided_by text,
    decided_at timestamptz,
    decision_reason text,
    primary key (receiver, quarantine_id)
);
create unique index quarantine_once on infra.quarantine (receiver, content_hash, part);
create index quarantine_open on infra.quarantine (receiver, received_at) where state = 'open';

-- 切断: a party whose messages are held back until its link returns.
create table infra.link (
    party text primary key,
    state text not null check (state in ('open', 'cut')),
    since timestamptz not null,
    reason text not null,
    asked_by text not null,
    confirmed_by text not null
);

create table infra.held (
    receiver text not null,
    origin text not null,
    sequence bigint not null,
    sender text not null,
    number bigint not null,
    part integer not null,
    frame bytea not null,
    held_at timestamptz not null,
    primary key (receiver, origin, sequence)
);

-- Public keys of everybody who signs.
create table infra.party_key (
    party text not null,
    kid text not null,
    public_key bytea not null,
    valid_from timestamptz not null,
    valid_to timestamptz,
    revoked_at timestamptz,
    primary key (party, kid)
);

-- Who did what, when and why. Rows are only ever added.
create table infra.audit (
    audit_id uuid primary key,
    recorded_at timestamptz not null,
    municipality text default nullif(current_setting('jichitai.town', true), ''),
    actor_kind text not null,
    actor_id text not null,
    action text not null,
    subject text,
    reason text,
    facts jsonb not null default '{}'
);
create index audit_by_time on infra.audit (recorded_at);
create index audit_by_subject on infra.audit (subject, recorded_at) where subject is not null;

grant select, insert, update on infra.channel to jichitai_app;
grant select, insert, update, delete on infra.outbox to jichitai_app;
grant select, insert, update on infra.inbox_mark to jichitai_app;
grant select, insert, update on infra.quarantine to jichitai_app;
grant select, insert, update on infra.link to jichitai_app;
grant select, insert, update, delete on infra.held to jichitai_app;
grant select on infra.party_key to jichitai_app; -- the owner registers keys
grant select, insert on infra.audit to jichitai_app;
grant select on infra.channel, infra.inbox_mark, infra.link, infra.party_key, infra.audit
    to jichitai_reader;
