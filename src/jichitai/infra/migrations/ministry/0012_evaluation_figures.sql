-- 政策評価: daily figures of the tiers, as they came.
create schema evaluation;
grant usage on schema evaluation to jichitai_app, jichitai_reader;
