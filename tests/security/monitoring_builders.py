"""Sources, lines and events for the tests of monitoring."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from jichitai.security.monitoring.lake import Connection, Lake
from jichitai.security.monitoring.model.sources import Area, Function, LogFormat, Source
from jichitai.security.monitoring.normalising import Outcome, normalise, prepare
from jichitai.web.rights import Kind, Principal, Role

PREFECTURE = "01"
BODY = "011002"
OTHER_BODY = "012025"
FOREIGN_BODY = "131016"
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
"""10:00 in Japan, where the clock of the tests stands."""
ANALYST = Principal(
    kind=Kind.STAFF,
    account_id="analyst-1",
    display="監視 花子",
    roles=frozenset({Role.SOC_ANALYST}),
    prefecture=PREFECTURE,
)
NEIGHBOUR = Principal(
    kind=Kind.STAFF,
    account_id="analyst-2",
    display="監視 次郎",
    roles=frozenset({Role.SOC_ANALYST}),
    prefecture="13",
)


def source(form: LogFormat = LogFormat.JSON, **changes: Any) -> Source:
    values: dict[str, Any] = {
        "prefecture": PREFECTURE,
        "source_id": UUID("00000000-0000-4000-8000-000000000001"),
        "body": BODY,
        "area": Area.INTERNET,
        "function": Function.SERVER,
        "format": form,
        "name": "試験の取得元",
        "address": None,
        "heading": "",
        "registered_at": NOW,
        "retired_at": None,
    }
    return Source(**(values | changes))


def json_lines(*rows: Mapping[str, Any]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


@contextmanager
def engine(folder: Path) -> Iterator[Connection]:
    with Lake(folder, PREFECTURE, threads=2).connection() as connection:
        prepare(connection)
        yield connection


def read(
    connection: Connection, data: bytes, form: LogFormat, **changes: Any
) -> tuple[Outcome, list[dict[str, Any]]]:
    """Events of these bytes, without what is empty."""
    prepare(connection)
    outcome = normalise(connection, data, source(form, **changes), batch=7, received_at=NOW)
    cursor = connection.execute("select * from events order by raw_id")
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return outcome, [{k: v for k, v in row.items() if v not in (None, "")} for row in rows]
