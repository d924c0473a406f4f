"""Rules run over events: one pass for all conditions, then the courses, then what is worth an alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jichitai.security.monitoring.lake import Connection
from jichitai.security.monitoring.model.rules import CorrelationKind, Course, Rule
from jichitai.security.monitoring.rules.courses import fired

SHOWN: Final = (
    *("src", "src_port", "dst", "dst_port", "host", "user", "url", "method", "status_code"),
    *("file_name", "file_hash", "process", "query", "signature", "outcome", "product", "bytes_out"),
)
"""Columns of the first event that an alert shows."""
SAMPLES: Final = 20
"""Raw lines that an alert points at, at most."""
MOST: Final = 5_000
"""Detections of one run at most; the rest comes back as a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Events that a rule found and that belong together.

    Attributes:
        rule: which rule.
        body: code of the body.
        area: area of the first event.
        key: what tells it from other detections of the rule: column -> value.
        first, last: aware instants of its first and last event.
        events: how many.
        sample: columns of its first event that are not empty.
        raw_ids: lines to show.
    """

    rule: Rule
    body: str
    area: str
    key: tuple[tuple[str, str], ...]
    first: datetime
    last: datetime
    events: int
    sample: tuple[tuple[str, str], ...]
    raw_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run found."""

    detections: tuple[Detection, ...]
    left_out: int = 0


def look_back(rules: Sequence[Rule]) -> timedelta:
    """How far before new events a run must read: the spans of courses, one within another."""
    spans: dict[str, int] = {}
    for rule in rules:
        inner = (
            max((spans.get(part, 0) for part in rule.course.parts), default=0) if rule.course else 0
        )
        spans[rule.id] = inner + (rule.course.seconds if rule.course else 0)
    return timedelta(seconds=max(spans.values(), default=0))


def run(connection: Connection, rules: Sequence[Rule], *, fresh: str = "true") -> Run:
    """Run rules over the view `events`.

    Args:
        connection: with a view or table `events`.
        rules: in an order in which the parts of a course stand before it.
        fresh: SQL over `events`: which rows are new. Nothing is reported that holds no new row.

    Returns:
        The detections, the earliest first.
    """
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    _collect(connection, [rule for rule in rules if rule.where], numbers, fresh)
    hit = _hit(connection)
    found: list[Detection] = []
    for rule in rules:
        course, number = rule.course, numbers[rule.id]
        if course is not None and _may_fire(course, hit, numbers):
            _follow(connection, rule, numbers)
            hit = _hit(connection)
        if rule.alone and number in hit:
            query = _episodes(rule, course, numbers) if course else _alone(rule, numbers)
            found.extend(_read(connection, rule, query))
    found.sort(key=lambda one: (one.first, one.rule.id, one.body, one.key))
    return Run(tuple(found[:MOST]), max(0, len(found) - MOST))


def _collect(
    connection: Connection, rules: Sequence[Rule], numbers: dict[str, int], fresh: str
) -> None:
    """One pass over the events: a row per event and rule that it fits."""
    shown = 'time, body_code, area, raw_id, "' + '", "'.join(_COLUMNS) + '"'
    if not rules:
        connection.execute(
            f"create or replace temp table hits as select {shown}, false as fresh, 0 as rule"
            " from events limit 0"
        )
        return
    flags = ", ".join(f"case when {rule.where} then {numbers[rule.id]} end" for rule in rules)
    any_of = " or ".join(f"({rule.where})" for rule in rules)
    connection.execute(
        "create or replace temp table hits as"
        f" select * exclude (fitting), unnest(fitting) as rule from ("
        f" select {shown}, ({fresh}) as fresh,"
        f" list_filter([{flags}], lambda x: x is not null) as fitting"
        f" from events where {any_of})"
    )


_COLUMNS: Final = (
    *SHOWN,
    *("class_uid", "activity", "severity", "bytes_in", "user_agent", "message"),
)


def _hit(connection: Connection) -> set[int]:
    """Numbers of the rules that fit any event."""
    rows = connection.execute("select distinct rule from hits").fetchall()
    return {int(row[0]) for row in rows}


def _may_fire(course: Course, hit: set[int], numbers: dict[str, int]) -> bool:
    """Whether a course has what it needs; most have nothing, and cost nothing then."""
    present = [numbers[part] in hit for part in course.parts]
    counting = course.kind in {CorrelationKind.EVENT_COUNT, CorrelationKind.VALUE_COUNT}
    return any(present) if counting else all(present)


def _follow(connection: Connection, rule: Rule, numbers: dict[str, int]) -> None:
    """Keep the rows at which a course is fulfilled, also as hits for further courses."""
    if rule.course is None:
        return
    number = numbers[rule.id]
    query = fired(rule.course, numbers)
    connection.execute(f"create or replace temp table fired_{number} as {query}")
    connection.execute(
        "insert into hits by name"
        f" select * exclude (began, counted, keys), {number} as rule from fired_{number}"
    )


def _alone(rule: Rule, numbers: dict[str, int]) -> str:
    """Detections of a rule on single events, by body and key."""
    keys = ", ".join(f"coalesce(cast(\"{column}\" as varchar), '')" for column in rule.key)
    return (
        f"select body_code, [{keys}] as keys, min(time) as first, max(time) as last,"
        f" count(*) as events, {_sample()}"
        f" from hits where rule = {numbers[rule.id]} and fresh group by body_code, keys"
    )


def _episodes(rule: Rule, course: Course, numbers: dict[str, int]) -> str:
    """Detections of a course: windows that overlap are one episode, with all events in it."""
    number = numbers[rule.id]
    listed = ", ".join(str(numbers[part]) for part in course.parts)
    return (
        "with ended as (select *, began > lag(time) over (partition by body_code, keys"
        f" order by time, raw_id) as opens from fired_{number}),"
        " counted as (select *, count(*) filter (where opens is null or opens) over"
        " (partition by body_code, keys order by time, raw_id"
        "  rows between unbounded preceding and current row) as episode from ended),"
        " episodes as (select body_code, keys, episode, min(began) as first, max(time) as last"
        " from counted group by body_code, keys, episode),"
        f" parts as ({_parts(course, numbers, listed)})"
        " select e.body_code, e.keys, e.first, e.last, count(distinct p.raw_id) as events,"
        f" {_sample('p.')} from episodes as e join parts as p"
        " on p.body_code = e.body_code and p.keys = e.keys"
        " and p.time between e.first and e.last"
        " group by e.body_code, e.keys, e.first, e.last having bool_or(p.fresh)"
    )


def _parts(course: Course, numbers: dict[str, int], listed: str) -> str:
    values = []
    for _, columns in course.group:
        cases = " ".join(
            f'when {numbers[part]} then cast("{column}" as varchar)' for part, column in columns
        )
        values.append(f"case rule {cases} end")
    keys = f"[{', '.join(values)}]" if values else "cast([] as varchar[])"
    return f"select *, {keys} as keys from hits where rule in ({listed})"


def _sample(prefix: str = "") -> str:
    """Area and columns of the first event, and the first lines."""
    columns = ", ".join(
        f'"{name}" := arg_min(cast({prefix}"{name}" as varchar), {prefix}time)' for name in SHOWN
    )
    return (
        f"arg_min({prefix}area, {prefix}time) as area, struct_pack({columns}) as sample,"
        f" list({prefix}raw_id order by {prefix}time, {prefix}raw_id)[1:{SAMPLES}] as raw_ids"
    )


def _read(connection: Connection, rule: Rule, query: str) -> list[Detection]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [_detection(rule, row) for row in rows]


def _detection(rule: Rule, row: dict[str, Any]) -> Detection:
    key_names = [name for name, _ in rule.course.group] if rule.course is not None else rule.key
    key = zip(key_names, (str(value or "") for value in row["keys"]), strict=True)
    return Detection(
        rule=rule,
        body=row["body_code"],
        area=row["area"] or "",
        key=tuple((name, value) for name, value in key if value),
        first=row["first"].replace(tzinfo=UTC),
        last=row["last"].replace(tzinfo=UTC),
        events=int(row["events"]),
        sample=tuple((name, str(value)) for name, value in row["sample"].items() if value),
        raw_ids=tuple(dict.fromkeys(row["raw_ids"])),
    )
