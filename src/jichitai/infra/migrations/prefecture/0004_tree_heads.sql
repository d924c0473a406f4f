-- Signed heads of the nation's log as each prefecture has seen them: the witness against rewriting.
create table jukinet.witnessed_head (
    prefecture   text        not null,
    log          text        not null,
    size         bigint      not null,
    root         bytea       not null check (octet_length(root) = 32),
    checkpoint   text        not null,
    witnessed_at timestamptz not null,
    primary key (prefecture, log, size)
);
grant select, insert on jukinet.witnessed_head to jichitai_app;
grant select on jukinet.witnessed_head to jichitai_reader;
