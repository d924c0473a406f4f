"""Rules: the packaged ones hold, bad ones are refused by name, SQL means what Sigma means."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.security.monitoring.detection import Detection, look_back, run
from jichitai.security.monitoring.errors import BadRuleError
from jichitai.security.monitoring.lake import Connection
from jichitai.security.monitoring.model.rules import CorrelationKind, Course, Rule, Severity
from jichitai.security.monitoring.model.targets import targets
from jichitai.security.monitoring.rules.builtin import rule_files, samples_text
from jichitai.security.monitoring.rules.loading import load
from jichitai.security.monitoring.rules.samples import examine, put_events, read_samples
from jichitai.security.monitoring.trial.table import trial
from tests.security.monitoring_builders import NOW

START = datetime(2026, 11, 20, 1, 0)  # noqa: DTZ001  # columns are UTC without a zone
RULE = """title: 試験
id: 11111111-1111-4111-8111-111111111111
name: base
logsource:
  category: {category}
detection:
{detection}
level: low
"""
COURSE = """---
title: 相関
id: 22222222-2222-4222-8222-222222222222
correlation:
  type: {kind}
  rules: [base]
  group-by: [src]
  timespan: {span}
  condition: {condition}
level: high
"""


def rule(detection: str, category: str = "firewall") -> str:
    return RULE.format(category=category, detection=detection)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    found = duckdb.connect(":memory:", config={"threads": 1})
    found.execute("set timezone = 'UTC'")
    yield found
    found.close()


def matches(connection: Connection, text: str, *events: Mapping[str, Any]) -> list[int]:
    """Numbers of the events that a rule fits."""
    rows = [
        {"class_uid": 4001, "time": START, "body_code": "011002", "raw_id": n, **event}
        for n, event in enumerate(events)
    ]
    put_events(connection, rows)
    where = load(text, name="test").rules[0].where
    found = connection.execute(f"select raw_id from events where {where} order by raw_id")
    return [row[0] for row in found.fetchall()]


def test_every_packaged_rule_finds_its_matching_samples_and_no_other() -> None:
    files = rule_files()
    assert len(files) >= 15
    ids = [one.id for file in files for one in file.rules]
    assert len(ids) == len(set(ids))
    for file in files:
        samples = read_samples(samples_text(file.name), name=file.name)
        assert {True, False} == {sample.expected for sample in samples}, file.name
        wrong = [(file.name, one.title) for one in examine(file, samples) if not one.right]
        assert wrong == []
        assert file.head.alone


def test_planted_attacks_are_found_and_slow_or_ordinary_ones_are_not() -> None:
    rows = trial(NOW)
    assert sum(row.lines for row in rows) > 6_000
    attacks = {row.scenario for row in rows if row.planted}
    assert {"ransomware", "brute-force"} <= attacks
    assert {"ransomware-slow", "brute-force-slow"} <= {row.scenario for row in rows} - attacks
    assert [(row.scenario, row.missed, row.wrong) for row in rows if row.missed or row.wrong] == []
    assert sum(row.found for row in rows) == sum(row.planted for row in rows) == 11


def test_an_absent_value_under_not_counts_as_different(connection: Connection) -> None:
    text = rule(
        "  all:\n    area: INT\n  inside:\n    dst|cidr: 10.0.0.0/8\n    outcome: success\n"
        "  condition: all and not inside"
    )
    events = [
        {"area": "INT", "dst": "10.1.1.1", "outcome": "success"},
        {"area": "INT", "dst": "203.0.113.1", "outcome": "success"},
        {"area": "INT", "outcome": "success"},
        {"area": "INT", "dst": "10.1.1.1"},
        {"area": "INT"},
    ]
    assert matches(connection, text, *events) == [1, 2, 3, 4]


def test_values_mean_what_sigma_says(connection: Connection) -> None:
    def hits(value: str, *urls: str) -> list[int]:
        text = rule(f"  x:\n    {value}\n  condition: x")
        return matches(connection, text, *({"url": url, "dst_port": 443} for url in urls))

    assert hits("url: ABC", "abc", "ABC", "abcd") == [0, 1]
    assert hits("url|cased: ABC", "abc", "ABC") == [1]
    assert hits("url: 'a_c'", "abc", "a_c") == [1]
    assert hits("url|contains: '100%'", "x100%y", "x100y") == [0]
    assert hits("url: 'a?c*'", "abc", "axcd", "ac") == [0, 1]
    assert hits(r"url: 'a\*c'", "a*c", "abc") == [0]
    assert hits('url|contains: "it\'s"', "it's", "its") == [0]
    assert hits('url|re: "^[a-c\']+$"', "abc'", "xyz") == [0]
    assert hits("url: 443", "443", "44") == [0]
    assert hits("dst_port: '443'", "x") == [0]
    assert hits("dst_port|gte: 444", "x") == []
    assert hits("url: null", "x") == []
    assert hits("c-uri|endswith: .exe", "a.EXE", "b.txt") == [0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rule("  x:\n    dst_prot: 1\n  condition: x"), "dst_prot"),
        (rule("  x:\n    url|fieldref: nowhere\n  condition: x"), "nowhere"),
        (rule("  x: [mimikatz]\n  condition: x"), "keywords"),
        (rule("  x:\n    src: a\n  condition: x", "sysmon"), "sysmon"),
        (rule("  x:\n    url|re: '(['\n  condition: x"), "Sigma"),
        (rule("  x:\n    url|re: 'a(?=b)'\n  condition: x"), "正規表現"),
        (rule("  x:\n    url|gte: 5\n  condition: x"), "大小"),
        (rule("  x:\n    src|cidr: '2001:db8::/32'\n  condition: x"), "IPv4"),
        (rule("  x:\n    src: a\n  condition: x and y"), "試験"),
        (rule("  x: &a\n    src: a\n  y: *a\n  condition: x"), "参照"),
        (rule("  x:\n    src: a\n  condition: x").replace("id: 1", "idd: 1"), "id"),
        ("title: [", "Sigma"),
        ("[]", "ルール"),
        ("x" * 70_000, "64 KiB"),
        (
            rule("  x:\n    src: a\n  condition: x")
            + COURSE.format(kind="event_count", span="5m", condition="{lt: 3}"),
            "gte",
        ),
        (
            rule("  x:\n    src: a\n  condition: x")
            + COURSE.format(kind="value_sum", span="5m", condition="{gte: 3, field: bytes_out}"),
            "value_sum",
        ),
        (
            rule("  x:\n    src: a\n  condition: x")
            + COURSE.format(kind="event_count", span="9d", condition="{gte: 3}"),
            "24時間",
        ),
        (
            rule("  x:\n    src: a\n  condition: x").replace("name: base", "name: other")
            + COURSE.format(kind="event_count", span="5m", condition="{gte: 3}"),
            "base",
        ),
    ],
)
def test_a_bad_rule_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(BadRuleError, match=said):
        load(text, name="test")


# --- the SQL against a plain reading of the rule in Python ---

OPTIONAL = st.sampled_from([None, "a", "b"])
ROWS = st.lists(
    st.fixed_dictionaries({"src": OPTIONAL, "dst": OPTIONAL, "host": OPTIONAL}), max_size=8
)
TREE = st.recursive(
    st.tuples(st.sampled_from(["src", "dst", "host"]), st.sampled_from(["a", "b"])),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=6,
)


def holds(tree: Any, row: Mapping[str, Any]) -> bool:
    match tree:
        case ("not", inner):
            return not holds(inner, row)
        case ("and", left, right):
            return holds(left, row) and holds(right, row)
        case ("or", left, right):
            return holds(left, row) or holds(right, row)
        case (field, value):
            return bool(row[field] == value)
    raise AssertionError(tree)


def written(tree: Any, leaves: dict[str, tuple[str, str]]) -> str:
    match tree:
        case ("not", inner):
            return f"(not {written(inner, leaves)})"
        case ("and" | "or" as word, left, right):
            return f"({written(left, leaves)} {word} {written(right, leaves)})"
        case (field, value):
            name = f"x{len(leaves)}"
            leaves[name] = (field, value)
            return name
    raise AssertionError(tree)


@settings(max_examples=30)
@given(tree=TREE, rows=ROWS)
def test_conditions_with_absent_values_agree_with_two_valued_logic(
    connection: Connection, tree: Any, rows: list[dict[str, Any]]
) -> None:
    leaves: dict[str, tuple[str, str]] = {}
    condition = written(tree, leaves)
    parts = "".join(f"  {name}:\n    {field}: {value}\n" for name, (field, value) in leaves.items())
    expected = [n for n, row in enumerate(rows) if holds(tree, row)]
    assert matches(connection, rule(f"{parts}  condition: {condition}"), *rows) == expected


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from("ab"),
        st.sampled_from(["u", "v", "w"]),
        st.integers(1, 3),
    ),
    max_size=14,
)
KINDS = st.sampled_from(list(CorrelationKind))


def fires(kind: CorrelationKind, events: list[tuple[int, str, str, int]], least: int) -> bool:
    """Whether a course of 10 seconds is fulfilled by the events of one group, in their order."""
    for last, (end, *_) in enumerate(events):
        window = [one for one in events[: last + 1] if one[0] >= end - 10]
        match kind:
            case CorrelationKind.EVENT_COUNT:
                found = len(window) >= least
            case CorrelationKind.VALUE_COUNT:
                found = len({user for _, _, user, _ in window}) >= least
            case CorrelationKind.TEMPORAL:
                found = {step for *_, step in window} == {1, 2, 3}
            case CorrelationKind.TEMPORAL_ORDERED:
                wanted = 1
                for one in window:
                    wanted += one[3] == wanted
                found = wanted > 3
        if found:
            return True
    return False


@settings(max_examples=30)
@given(kind=KINDS, events=EVENTS, least=st.integers(1, 4))
def test_courses_agree_with_a_plain_reading(
    connection: Connection,
    kind: CorrelationKind,
    events: list[tuple[int, str, str, int]],
    least: int,
) -> None:
    ordered = sorted(events, key=lambda one: one[0])
    put_events(
        connection,
        [
            {
                "class_uid": 4001,
                "time": START + timedelta(seconds=at),
                "body_code": "011002",
                "src": src,
                "user": user,
                "dst_port": step,
                "raw_id": n,
            }
            for n, (at, src, user, step) in enumerate(ordered)
        ],
    )
    parts = [
        Rule(
            id=str(step),
            name=str(step),
            title="",
            description="",
            level=Severity.LOW,
            where=f"dst_port = {step}",
            alone=False,
        )
        for step in (1, 2, 3)
    ]
    ids = tuple(part.id for part in parts)
    course = Course(
        kind=kind,
        parts=ids,
        seconds=10,
        group=(("src", tuple((part, "src") for part in ids)),),
        least=3 if kind.value.startswith("temporal") else least,
        value="user",
    )
    whole = Rule(id="c", name="c", title="", description="", level=Severity.HIGH, course=course)
    found = run(connection, [*parts, whole]).detections
    expected = {
        src for src in "ab" if fires(kind, [one for one in ordered if one[1] == src], least)
    }
    assert {dict(one.key)["src"] for one in found} == expected
    assert look_back([*parts, whole]) == timedelta(seconds=10)
    for one in found:
        _check_span(one, ordered)


def _check_span(found: Detection, events: list[tuple[int, str, str, int]]) -> None:
    first, last = (
        (one.replace(tzinfo=None) - START).total_seconds() for one in (found.first, found.last)
    )
    inside = [one for one in events if one[1] == dict(found.key)["src"] and first <= one[0] <= last]
    assert found.events == len(inside)
    assert found.first.tzinfo is UTC


def test_only_what_is_new_is_reported(connection: Connection) -> None:
    rows = [
        {"class_uid": 3002, "outcome": "failure", "src": "x", "body_code": "011002",
         "time": START + timedelta(seconds=n), "raw_id": n}
        for n in range(12)
    ]  # fmt: skip
    put_events(connection, rows)
    rules = next(file for file in rule_files() if file.name == "brute_force").rules
    assert len(run(connection, rules).detections) == 1
    assert len(run(connection, rules, fresh="raw_id >= 11").detections) == 1
    assert run(connection, rules, fresh="raw_id >= 12").detections == ()


@pytest.mark.parametrize("day", [date(2002, 8, 5), date(2026, 1, 1), date(2040, 1, 1)])
def test_there_are_terms_on_every_day(day: date) -> None:
    found = targets(day)
    assert found.notice > timedelta(0)
    assert found.retention >= timedelta(days=365)
