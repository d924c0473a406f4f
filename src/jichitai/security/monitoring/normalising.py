"""Lines of one source become events, set by set in DuckDB."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Final

from jichitai.security.monitoring.formats import jsonlines, squid, suricata, syslog, zeek
from jichitai.security.monitoring.formats.lines import Lines, RefusedLine, split
from jichitai.security.monitoring.formats.reading import Reader
from jichitai.security.monitoring.lake import Connection
from jichitai.security.monitoring.model.schema import (
    COLUMNS,
    LINES_IN_BATCH,
    Mark,
    Refusal,
)
from jichitai.security.monitoring.model.sources import LogFormat, Source

AHEAD: Final = timedelta(minutes=5)
"""A clock may run ahead so far; beyond that the time of receipt counts. Our choice."""
LATE: Final = timedelta(days=1)
_OLDEST: Final = datetime(2000, 1, 1)  # noqa: DTZ001  # DuckDB's columns are UTC without a zone
_AT_ONCE: Final = 200_000


@dataclass(slots=True)
class Outcome:
    """What became of one batch."""

    lines: int = 0
    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    heading: str = ""


def prepare(connection: Connection) -> None:
    """Make the tables that batches are added to: `events` and `refused`."""
    columns = ", ".join(f'"{one.name}" {one.kind}' for one in COLUMNS)
    connection.execute(f"create or replace table events ({columns})")
    connection.execute(
        "create or replace table refused"
        " (raw_id bigint, received_at timestamp, source_id varchar, reason varchar, head varchar)"
    )


def normalise(
    connection: Connection,
    data: bytes,
    source: Source,
    *,
    batch: int,
    received_at: datetime,
    form: LogFormat | None = None,
) -> Outcome:
    """Add a batch to `events` and `refused`.

    Args:
        connection: where `prepare` made the tables.
        data: bytes as they arrived.
        source: whose logs they are.
        batch: the batch's number.
        received_at: when they arrived, aware.
        form: format when it is not the source's own.
    """
    lines = split(data)
    outcome = Outcome(lines=len(lines.numbers) + len(lines.refused), heading=source.heading)
    stamp = received_at.astimezone(UTC).replace(tzinfo=None)
    before = _count(connection, "events")
    refused = list(lines.refused)
    if (form or source.format) is LogFormat.ZEEK:
        outcome.lines -= sum(text.startswith("#") for text in lines.texts)
        outcome.heading = _zeek(connection, lines, source, batch, stamp, refused)
    else:
        reader = _reader(form or source.format)
        _add(connection, reader, lines, source, batch, stamp)
    _refuse(connection, refused, source, batch, stamp)
    outcome.events = _count(connection, "events") - before
    outcome.refused = _counted(connection, "refused", "reason", batch)
    outcome.marks = _counted(connection, "events", "unnest(string_split(marks, ','))", batch)
    del outcome.marks[""]
    return outcome


@cache
def _reader(form: LogFormat) -> Reader:
    readers = {
        LogFormat.SYSLOG: syslog.READER,
        LogFormat.JSON: jsonlines.PLAIN_READER,
        LogFormat.OCSF: jsonlines.OCSF_READER,
        LogFormat.SURICATA: suricata.READER,
        LogFormat.ZEEK_JSON: zeek.json_reader(),
        LogFormat.SQUID: squid.READER,
    }
    return readers[form]


def _zeek(
    connection: Connection,
    lines: Lines,
    source: Source,
    batch: int,
    stamp: datetime,
    refused: list[RefusedLine],
) -> str:
    """Read tables heading by heading; returns the last heading for the next batch."""
    known = zeek.Heading.parse(source.heading)
    heading = known
    for section in zeek.sections(lines.texts, known):
        part = Lines(
            [lines.numbers[i] for i in section.places],
            [lines.texts[i] for i in section.places],
            [lines.marks[i] for i in section.places],
        )
        heading = section.heading
        if heading is None:
            refused.extend(
                RefusedLine(number, Refusal.NO_HEADER, text[:200])
                for number, text in zip(part.numbers, part.texts, strict=True)
            )
        elif part.numbers:
            _add(connection, zeek.table_reader(heading), part, source, batch, stamp)
    return heading.text if heading is not None else ""


def _add(
    connection: Connection,
    reader: Reader,
    lines: Lines,
    source: Source,
    batch: int,
    stamp: datetime,
) -> None:
    values: dict[str, object] = {
        "received_at": stamp,
        "body": source.body,
        "area": source.area.value,
        "source_id": str(source.source_id),
        "product": source.function.value,
        "first": batch * LINES_IN_BATCH,
        **reader.extra,
    }
    parsing = f"create or replace temp table parsed as {reader.sql()}"
    for numbers, texts, marks in lines.parts(_AT_ONCE):
        connection.execute(
            "create or replace temp table staged as select"
            " unnest($1::bigint[]) as line_no, unnest($2::varchar[]) as line,"
            " unnest($3::varchar[]) as mark",
            [numbers, texts, marks],
        )
        _run(connection, parsing, values)
        _run(connection, _TAKE, values)
        _run(connection, _SET_ASIDE, values)


def _run(connection: Connection, query: str, values: dict[str, object]) -> None:
    """Execute with those of the values that the query names."""
    connection.execute(query, {key: v for key, v in values.items() if f"${key}" in query})


_MADE: Final = {
    "time": "case when good is null or ahead then received_at else good end",
    "received_at": "received_at",
    "body_code": "$body",
    "area": "$area",
    "source_id": "$source_id",
    "product": "$product",
    "marks": (
        f"concat_ws(',', nullif(mark, ''), case when good is null then '{Mark.NO_TIME}'"
        f" when ahead then '{Mark.CLOCK_AHEAD}' when late then '{Mark.LATE}' end)"
    ),
    "raw_id": "$first + line_no",
    "raw": "line",
}
_TAKE: Final = (
    "insert into events select "
    + ", ".join(_MADE.get(one.name, f'"{one.name}"') for one in COLUMNS)
    + " from (select *, received_at + interval "
    + f"{int(AHEAD.total_seconds())} seconds < good as ahead,"
    + f" good < received_at - interval {int(LATE.total_seconds())} seconds as late"
    + " from (select *, cast($received_at as timestamp) as received_at,"
    + f" case when claimed_time >= timestamp '{_OLDEST}' then claimed_time end as good"
    + " from parsed where named_body is null or named_body = $body))"
    + " order by line_no"
)
_SET_ASIDE: Final = (
    "insert into refused select $first + staged.line_no, cast($received_at as timestamp),"
    " $source_id,"
    f" case when parsed.line_no is null then '{Refusal.UNREADABLE}' else '{Refusal.OTHER_BODY}' end,"
    " left(staged.line, 200)"
    " from staged left join parsed using (line_no)"
    " where parsed.line_no is null or (named_body is not null and named_body <> $body)"
)


def _refuse(
    connection: Connection,
    refused: Sequence[RefusedLine],
    source: Source,
    batch: int,
    stamp: datetime,
) -> None:
    for _, part in groupby(refused, key=lambda one: refused.index(one) // _AT_ONCE):
        some = list(part)
        connection.execute(
            "insert into refused select unnest($1::bigint[]), $2::timestamp, $3,"
            " unnest($4::varchar[]), unnest($5::varchar[])",
            [
                [batch * LINES_IN_BATCH + one.number for one in some],
                stamp,
                str(source.source_id),
                [one.reason.value for one in some],
                [one.head for one in some],
            ],
        )


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _counted(connection: Connection, table: str, what: str, batch: int) -> Counter[str]:
    rows = connection.execute(
        f"select what, count(*) from (select {what} as what from {table}"
        " where raw_id > $1 and raw_id < $2) group by what",
        [batch * LINES_IN_BATCH, (batch + 1) * LINES_IN_BATCH],
    ).fetchall()
    return Counter({str(name): int(count) for name, count in rows})
