"""What a log format is to us: SQL that takes lines apart, and which parts fill which columns.

A reader is a list of named pieces of SQL over the table `staged (line_no, line, mark)`; nothing of
a log's content ever becomes SQL. Each variant takes the lines of one kind of event; a line that no
variant takes is set aside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from jichitai.security.monitoring.model.schema import COLUMNS, EventClass

Ref = Callable[[str], str]
"""Name of a field of the log -> SQL of its text, null when it is absent or empty."""

PARSED: Final = tuple(column for column in COLUMNS if column.parsed)


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of event within a format.

    Attributes:
        when: SQL condition on the prepared parts.
        event: its class; None when `columns` say it.
        columns: name of a column -> SQL; those left out are null.
        body: SQL of the body that the log itself names, when the format has such a field.
    """

    when: str
    event: EventClass | None
    columns: Mapping[str, str]
    body: str = "null"


@dataclass(frozen=True, slots=True)
class Reader:
    """How one format is read.

    Attributes:
        parts: SQL of a query over `staged`; at least line_no, line, mark and what variants use.
        variants: tried in this order; the first that fits takes the line.
        extra: further parameters by name.
    """

    parts: str
    variants: Sequence[Variant]
    extra: Mapping[str, object] = field(default_factory=dict)

    def sql(self) -> str:
        """One query: line_no, line, mark, every parsed column, `named_body`; a row per event."""
        which = " ".join(f"when {one.when} then {i}" for i, one in enumerate(self.variants))
        columns = ", ".join(f"{self._column(one.name, one.kind)}" for one in PARSED)
        bodies = self._choice([one.body for one in self.variants])
        return (
            f"with parts as ({self.parts}),"
            f" sorted as (select *, case {which} end as variant from parts)"
            f" select line_no, line, mark, {columns}, {bodies} as named_body"
            " from sorted where variant is not null"
        )

    def _column(self, name: str, kind: str) -> str:
        if name == "class_uid":
            values = [
                str(int(one.event)) if one.event is not None else one.columns[name]
                for one in self.variants
            ]
        else:
            values = [one.columns.get(name, "null") for one in self.variants]
        chosen = self._choice(values)
        cast = chosen if kind == "varchar" else f"try_cast({chosen} as {kind})"
        if kind == "varchar":
            longest = next(one.longest for one in PARSED if one.name == name)
            cast = f"left(cast({chosen} as varchar), {longest})"
        return f'{cast} as "{name}"'

    @staticmethod
    def _choice(values: Sequence[str]) -> str:
        if len(set(values)) == 1:
            return values[0]
        cases = " ".join(
            f"when {i} then cast({value} as varchar)"
            for i, value in enumerate(values)
            if value != "null"
        )
        return f"case variant {cases} end"


def instant(text: str) -> str:
    """SQL of a UTC timestamp from a text: seconds or milliseconds since 1970, or ISO 8601.

    A time without a zone is Japan's.
    """
    zoned = (
        f"right({text}, 1) = 'Z' or length({text}) > 16"
        f" and (substr({text}, -6, 1) in ('+', '-') or substr({text}, -5, 1) in ('+', '-'))"
    )
    return (
        f"case when translate({text}, '0123456789.', '') = ''"
        f" then make_timestamp(cast(try_cast({text} as double)"
        f" * case when try_cast({text} as double) < 100000000000 then 1000000"
        f" when try_cast({text} as double) < 100000000000000 then 1000 end as bigint))"
        f" when {zoned} then cast(try_cast({text} as timestamptz) as timestamp)"
        f" else try_cast({text} as timestamp) - interval 9 hours end"
    )


JSON_LINE: Final = (
    "case when left(line, 1) = '<' then substr(line, strpos(line, '{')) else line end"
)
"""A JSON line, also behind the header of syslog."""


def json_parts(paths: Sequence[str]) -> tuple[str, Ref]:
    """Prepared parts of JSON lines, and how to name a field of them.

    Args:
        paths: JSON paths, each asked for once per line.
    """
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    parts = (
        f"select line_no, line, mark, json_extract_string(body, [{listed}]) as j"
        f" from (select line_no, line, mark, {JSON_LINE} as body from staged)"
        " where json_valid(body) and json_type(body) = 'OBJECT'"
    )
    places = {path: i for i, path in enumerate(paths, start=1)}

    def ref(path: str) -> str:
        return f"nullif(j[{places[path]}], '')"

    return parts, ref
