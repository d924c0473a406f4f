-- 政策評価: how far the daily figures were published.
create schema evaluation;
grant usage on schema evaluation to jichitai_app, jichitai_reader;
