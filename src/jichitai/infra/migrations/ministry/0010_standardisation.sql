-- システム標準化: progress of the bodies, body by body.
create schema standardisation;
grant usage on schema standardisation to jichitai_app, jichitai_reader;
