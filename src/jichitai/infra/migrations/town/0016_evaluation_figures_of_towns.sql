-- 日次集計 in a database of many towns: each login sees and adds the statements of its own town, and
-- knows how far it has counted itself.
alter table evaluation.counted drop constraint counted_pkey,
    add column municipality text not null default infra.scope(),
    add constraint counted_pkey primary key (municipality, measure);
comment on column evaluation.counted.municipality is
    'whose login counted; * for a process of all towns';

call infra.isolate('evaluation.figure_statement', 'origin', 'town-');
call infra.isolate('evaluation.daily_figure', 'origin', 'town-');
call infra.isolate('evaluation.figure_coverage', 'origin', 'town-');
call infra.isolate('evaluation.counted', 'municipality');
