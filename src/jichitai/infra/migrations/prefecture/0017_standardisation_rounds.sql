-- システム標準化: survey rounds of the progress, and the check of what members answer.
create schema standardisation;
grant usage on schema standardisation to jichitai_app, jichitai_reader;
