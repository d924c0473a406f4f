"""Rule tests: events that a rule file must alert on, and events that it must not.

    match:
      - title: 240 renames in a minute
        events: [{class: 1001, activity: rename, file_name: '{n}.docx', repeat: 240, every: 0.25}]
    no_match: [...]

`at` is seconds from the start; `repeat` and `every` make a series, in which `{n}` is its number and
`{n+1000}`, `{n%24}` are sums and remainders of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import duckdb
import yaml

from jichitai.security.monitoring.detection import run
from jichitai.security.monitoring.errors import BadRuleError
from jichitai.security.monitoring.lake import Connection, nothing
from jichitai.security.monitoring.model.rules import RuleFile
from jichitai.security.monitoring.model.schema import BY_NAME

_START: Final = datetime(2026, 11, 20, 1, 0)  # noqa: DTZ001  # columns are UTC without a zone
_MOST_EVENTS: Final = 5_000
_NUMBER: Final = re.compile(r"\{n(?:([+%])(\d{1,6}))?\}")
_DEFAULTS: Final = {"body_code": "011002", "area": "INT", "product": "SRV", "severity": 1}


@dataclass(frozen=True, slots=True)
class Sample:
    """A short story of events, and whether it must alert."""

    title: str
    expected: bool
    events: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sample gave."""

    title: str
    expected: bool
    found: bool
    events: int

    @property
    def right(self) -> bool:
        """Whether it came out as it must."""
        return self.expected == self.found


def read_samples(text: str, *, name: str) -> list[Sample]:
    """Samples from YAML.

    Raises:
        BadRuleError: the text has another form; the message says where.
    """
    try:
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        raise BadRuleError(
            f"ルール {name} の試験データを YAML として読み取れません。字下げを確かめてください。",
            rule=name,
        ) from None
    samples = []
    for part, expected in (("match", True), ("no_match", False)):
        entries = found.get(part, []) if isinstance(found, dict) else None
        if not isinstance(entries, list):
            raise _bad(name)
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("events"), list):
                raise _bad(name)
            events = tuple(event for given in entry["events"] for event in _series(given, name))
            samples.append(Sample(str(entry.get("title", part)), expected, events))
    return samples


def examine(file: RuleFile, samples: Sequence[Sample]) -> list[Verdict]:
    """Run a rule file on each sample by itself."""
    verdicts = []
    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set enable_external_access = false")
        for sample in samples:
            put_events(connection, sample.events)
            found = {one.rule.id for one in run(connection, file.rules).detections}
            verdicts.append(
                Verdict(sample.title, sample.expected, file.head.id in found, len(sample.events))
            )
    finally:
        connection.close()
    return verdicts


def put_events(connection: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """Make the table `events` of these rows; columns that a row lacks are null."""
    connection.execute(f"create or replace table events as {nothing()}")
    names = [name for name in BY_NAME if any(name in event for event in events)]
    if not events:
        return
    lists = [[event.get(name) for event in events] for name in names]
    values = ", ".join(f"unnest(${i}::{BY_NAME[name].kind}[])" for i, name in enumerate(names, 1))
    columns = ", ".join(f'"{name}"' for name in names)
    connection.execute(f"insert into events ({columns}) select {values}", lists)


def _series(given: Any, name: str) -> Iterator[dict[str, Any]]:
    if not isinstance(given, dict):
        raise _bad(name)
    fields = {str(key): value for key, value in given.items()}
    at, every = float(fields.pop("at", 0)), float(fields.pop("every", 1))
    times = int(fields.pop("repeat", 1))
    if "class" in fields:
        fields["class_uid"] = fields.pop("class")
    unknown = next((key for key in fields if key not in BY_NAME), None)
    if unknown is not None:
        raise BadRuleError(
            f"ルール {name} の試験データの項目 {unknown} は、ログの項目にありません。",
            rule=name,
            field=unknown,
        )
    if not 1 <= times <= _MOST_EVENTS:
        raise BadRuleError(
            f"ルール {name} の試験データの repeat は1から{_MOST_EVENTS:,}までにしてください。",
            rule=name,
        )
    for n in range(times):
        row = {key: _numbered(value, n) for key, value in fields.items()}
        time = _START + timedelta(seconds=at + n * every)
        yield {**_DEFAULTS, "time": time, "raw_id": int(at * 1000) + n, **row}


def _numbered(value: Any, n: int) -> Any:
    if not isinstance(value, str):
        return value

    def number(match: re.Match[str]) -> str:
        operator, other = match[1], int(match[2] or 0)
        return str(n + other if operator == "+" else n % other if operator and other else n)

    return _NUMBER.sub(number, value)


def _bad(name: str) -> BadRuleError:
    return BadRuleError(
        f"ルール {name} の試験データの形が違います。match と no_match に、title と events を持つ"
        "項目を並べてください。",
        rule=name,
    )
