-- システム標準化: what a body is asked about its progress, and its answers.
create schema standardisation;
grant usage on schema standardisation to jichitai_app, jichitai_reader;
