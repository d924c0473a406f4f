-- 政策評価: the evidence of daily figures.
-- evidence: the signed frames in which statements came, and the place of each message in its frame
create table evaluation.figure_frame (
    frame_hash  bytea       not null primary key,   -- SHA-256 of the signed text
    signed      bytea       not null,
    received_at timestamptz not null
);
create table evaluation.figure_message (
    message_id  text        not null primary key,
    origin      text        not null,
    number      bigint      not null,   -- of the message in the channel of its origin
    sent_at     timestamptz not null,
    frame_hash  bytea       not null references evaluation.figure_frame,
    place       integer     not null,
    received_at timestamptz not null
);
create index figure_message_by_arrival on evaluation.figure_message (received_at, message_id);

grant select, insert on evaluation.figure_frame, evaluation.figure_message to jichitai_app;
grant select on evaluation.figure_message to jichitai_reader;
