-- The transparency log: an append-only Merkle tree (RFC 9162) whose entries live with their domain.
create schema transparency;

-- One row per log: the state that is enough to append. Its row lock orders all appends.
create table transparency.log (
    log   text   not null primary key,
    size  bigint not null check (size >= 0),
    peaks bytea  not null check (octet_length(peaks) % 32 = 0)
) with (fillfactor = 50);
comment on column transparency.log.peaks is
    'roots of the complete subtrees, 32 bytes for each set bit of size, lowest bit first';

-- Full tiles: 256 neighbouring hashes of one tile level, and their common root.
create table transparency.tile (
    log        text     not null,
    level      smallint not null,
    tile_index bigint   not null,
    root       bytea    not null check (octet_length(root) = 32),
    hashes     bytea    not null check (octet_length(hashes) = 8192),
    primary key (log, level, tile_index)
);

-- Leaf hashes behind the last full tile of level 0, one row per append.
create table transparency.tail (
    log         text   not null,
    first_index bigint not null,
    hashes      bytea  not null check (octet_length(hashes) % 32 = 0),
    primary key (log, first_index)
);

-- Heads that were signed and sent to the witnesses.
create table transparency.tree_head (
    log        text        not null,
    size       bigint      not null,
    root       bytea       not null check (octet_length(root) = 32),
    checkpoint text        not null,
    signed_at  timestamptz not null,
    primary key (log, size)
);

insert into transparency.log (log, size, peaks) values ('provision', 0, '');

grant usage on schema transparency to jichitai_app, jichitai_reader;
grant select, update on transparency.log to jichitai_app;
grant select, insert on transparency.tile, transparency.tree_head to jichitai_app;
grant select, insert, delete on transparency.tail to jichitai_app;
grant select on transparency.log, transparency.tile, transparency.tail, transparency.tree_head
    to jichitai_reader;
