"""The baseline of look-ups: pgbench does the same select and insert directly in the database."""

import asyncio
import os
import re
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict

from jichitai.infra.embedded.binaries import postgres_bin
from jichitai.kernel.errors import UnavailableError

_TPS: Final = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)

PREPARE: Final = """
create schema bench;
create table bench.person as
    select row_number() over () as number, municipality, state, name, kana, former_name, alias,
           birth_date, sex, postal_code, address, net_reason, changed_on, person_id
      from jukinet.person;
alter table bench.person add primary key (number);
create table bench.record (
    person_id uuid not null, month date not null, record_id uuid not null, at timestamptz not null,
    organ_id text not null, affair_id text not null, operator_id text not null,
    reason text not null, reference text not null, key_kind text not null,
    fields smallint not null, result text not null, salt bytea not null,
    primary key (person_id, month, record_id)
);
vacuum analyze bench.person;
"""

_INSERT: Final = """
insert into bench.record
select person_id, current_date, gen_random_uuid(), now(), 'bench-organ', 'T1-77', 'op-1',
       'survival', 'bench', 'number', 31, 'hit', uuid_send(gen_random_uuid()) from looked
"""
_ANSWER: Final = "name, kana, birth_date, sex, municipality, postal_code, address"

ONE: Final = f"""
\\set number random(1, :persons)
with looked as (select * from bench.person where number = :number::bigint),
     written as ({_INSERT})
select {_ANSWER} from looked;
"""

MANY: Final = f"""
\\set first random(1, :persons - :keys)
with looked as materialized (
        select person.* from generate_series(:first::bigint, :first::bigint + :keys::bigint - 1) as asked (number)
          join bench.person on person.number = (asked.number * 7919) % :persons::bigint + 1),
     written as ({_INSERT})
select string_agg(to_json(row({_ANSWER}))::text, ',') from looked;
"""


async def run(
    dsn: str, script: str, directory: Path, *, clients: int, seconds: float, **variables: int
) -> float:
    """Run a script with prepared statements; returns transactions a second.

    Raises:
        UnavailableError: pgbench is missing or failed.
    """
    program = postgres_bin() / "pgbench"
    if not program.exists():
        raise UnavailableError(
            "pgbench がないため、基準を測れません。PostgreSQL の contrib を入れてください。"
        )
    file = directory / "pgbench.sql"
    file.write_text(script)
    target = conninfo_to_dict(dsn)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PGHOST": str(target["host"]),
        "PGPORT": str(target["port"]),
        "PGUSER": str(target["user"]),
        "PGPASSWORD": str(target["password"]),
        "PGDATABASE": str(target["dbname"]),
    }
    chosen = [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
    child = await asyncio.create_subprocess_exec(
        program, "-n", "-M", "prepared", "-f", file, "-c", str(clients), "-j", "2",
        "-T", str(max(1, round(seconds))), *chosen,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await child.communicate()
    found = _TPS.search(out.decode())
    if child.returncode or found is None:
        raise UnavailableError(f"pgbench が失敗しました。{err.decode()[-500:]}")
    return float(found[1])
