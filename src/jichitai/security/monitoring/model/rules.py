"""検知ルール: what is looked for in events, alone or in their course.

Source: Sigma specification 2 (rules, correlations).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """重大度."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return _SEVERITIES[self]

    @property
    def rank(self) -> int:
        """1 (informational) to 5 (critical)."""
        return list(Severity).index(self) + 1


_SEVERITIES: Final = {
    Severity.INFORMATIONAL: "参考",
    Severity.LOW: "低",
    Severity.MEDIUM: "中",
    Severity.HIGH: "高",
    Severity.CRITICAL: "重大",
}


class CorrelationKind(StrEnum):
    """How events are taken together."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"

    @property
    def japanese(self) -> str:
        """What it looks for."""
        return _KINDS[self]


_KINDS: Final = {
    CorrelationKind.EVENT_COUNT: "決まった時間の中の回数",
    CorrelationKind.VALUE_COUNT: "決まった時間の中の異なる値の数",
    CorrelationKind.TEMPORAL: "決まった時間の中にすべて起きたこと",
    CorrelationKind.TEMPORAL_ORDERED: "決まった時間の中に順に起きたこと",
}


DEFAULT_KEY: Final = ("src", "user", "host")
"""Columns that tell alerts of a rule apart when it does not say so itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """相関: several events of the same group within a span of time.

    Attributes:
        kind: how they are taken together.
        parts: ids of the rules whose events count, in their order.
        seconds: the span.
        group: alias -> column, or rule id -> column where rules differ.
        least: events, values or rules at least.
        value: column whose different values are counted.
    """

    kind: CorrelationKind
    parts: tuple[str, ...]
    seconds: int
    group: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    least: int
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, ready to run.

    Attributes:
        id: its UUID.
        name: its short name within the file.
        title, description: for people.
        level: severity of its alerts.
        tags: tags, ATT&CK techniques among them.
        false_positives: known harmless causes.
        advice: what a member body is told to do.
        key: columns that tell one alert of the rule from another.
        where: condition in SQL over `events`; empty for a course.
        course: for a correlation.
        alone: whether its events are alerts by themselves.
        file: name of its file.
    """

    id: str
    name: str
    title: str
    description: str
    level: Severity
    tags: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    advice: str = ""
    key: tuple[str, ...] = DEFAULT_KEY
    where: str = ""
    course: Course | None = None
    alone: bool = True
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """The rules of one file: those that alert, and those that only feed a course."""

    name: str
    text: str
    rules: tuple[Rule, ...]

    @property
    def head(self) -> Rule:
        """The rule that the file is about: its last course, else its first rule."""
        courses = [one for one in self.rules if one.course is not None]
        return courses[-1] if courses else self.rules[0]
