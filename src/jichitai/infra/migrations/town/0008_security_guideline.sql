-- ガイドラインの版: what the ministry published, and catalogues that an office took in for itself.
-- The same at a town, a prefecture and the ministry; `municipality` is the body, or 'ministry'.

-- published: a version is never changed; a correction is a version of its own
create table security.guideline_published (
    municipality  text        not null,
    version       text        not null,
    title         text        not null,
    published_on  date        not null,
    official      boolean     not null,
    source        text        not null,
    items         integer     not null check (items > 0),
    content_hash  text        not null,   -- SHA-256 of the content as text
    content       bytea       not null,   -- the catalogue, JSON, deflated
    published_by  text        not null,   -- account at the ministry; 'ministry' elsewhere
    arrived_at    timestamptz not null,
    primary key (municipality, version)
);

-- taken in from a file: for the office's own use, or to be published by the ministry
create table security.guideline_import (
    municipality  text        not null,
    version       text        not null,
    title         text        not null,
    published_on  date        not null,
    official      boolean     not null,
    source        text        not null,
    items         integer     not null check (items > 0),
    content_hash  text        not null,
    content       bytea       not null,
    imported_by   text        not null,
    imported_at   timestamptz not null,
    primary key (municipality, version)
);

do $$
begin
    if to_regproc('infra.isolate') is not null then   -- tiers where bodies share a database
        call infra.isolate('security.guideline_published', 'municipality');
        call infra.isolate('security.guideline_import', 'municipality');
    end if;
end
$$;

grant select, insert on security.guideline_published to jichitai_app;
grant select, insert, delete on security.guideline_import to jichitai_app;
grant select on security.guideline_published, security.guideline_import to jichitai_reader;
