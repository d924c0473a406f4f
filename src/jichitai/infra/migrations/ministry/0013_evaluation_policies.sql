-- 政策評価: policies and their logic models.

-- a policy as written for a fiscal year; each edition stays, the highest known one counts
create table evaluation.policy_edition (
    policy      integer     not null check (policy between 1 and 999),
    fiscal_year integer     not null check (fiscal_year between 2000 and 2100),
    edition     integer     not null check (edition >= 1),
    content     text        not null,
    comment     text        not null,
    saved_by    text        not null,
    saved_name  text        not null,
    recorded_at timestamptz not null,
    primary key (policy, fiscal_year, edition)
);
comment on column evaluation.policy_edition.content is 'the policy with its sections, as JSON';

-- the logic model (効果発現経路) of one section
create table evaluation.logic_model_edition (
    policy      integer     not null check (policy between 1 and 999),
    fiscal_year integer     not null check (fiscal_year between 2000 and 2100),
    section     text        not null check (section ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    edition     integer     not null check (edition >= 1),
    content     text        not null,
    comment     text        not null,
    saved_by    text        not null,
    saved_name  text        not null,
    recorded_at timestamptz not null,
    primary key (policy, fiscal_year, section, edition)
);
comment on column evaluation.logic_model_edition.content is 'nodes and edges in their one written form, as JSON';

grant select, insert on evaluation.policy_edition, evaluation.logic_model_edition to jichitai_app;
grant select on evaluation.policy_edition, evaluation.logic_model_edition to jichitai_reader;
