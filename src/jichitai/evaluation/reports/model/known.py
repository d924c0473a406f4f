"""What is known of a policy at a time: what a report is assembled from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from jichitai.kernel.dates import JST


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """実績値: one edition of one value of an indicator.

    Attributes:
        period: 年度 or 時点 as its source names it.
        year: fiscal year that it belongs to, if any.
        as_of: day that it is about, if known.
        value: the number; None where the source has words only, or nothing.
        text: as printed, with its unit.
        plain: as printed, without its unit.
        numerator: as printed, or empty.
        denominator: as printed, or empty.
        source: 出典.
        confidence: how sure it is, in words.
        place: the day that its editions have in common; the day itself, or where it stands in the
            row when its source names none.
        known_at: when it was known here.
        superseded_at: when a later edition took its place, or None.
        reason: why it took an earlier edition's place, or empty.
    """

    period: str
    year: int | None
    as_of: date | None
    value: Decimal | None
    text: str
    plain: str
    numerator: str = ""
    denominator: str = ""
    source: str = ""
    confidence: str = ""
    place: date | None = None
    known_at: datetime
    superseded_at: datetime | None = None
    reason: str = ""

    @property
    def known_on(self) -> date:
        """The day in Japan on which it was known."""
        return self.known_at.astimezone(JST).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """目標値: for the end (year None) or for one fiscal year."""

    year: int | None
    on: date | None
    value: Decimal | None
    text: str
    plain: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """指標 as a report needs it.

    Attributes:
        id: such as P8-4-04.
        name: 名称.
        section: number of its section.
        level: アウトプット and so on.
        unit: of its values.
        definition: how it is counted.
        values: all editions, in the order of day and time of knowing.
        goals: targets; the final one has no year.
        baseline: 基準値, if any.
        status: word of its status.
        basis: how the status was found.
    """

    id: str
    name: str
    section: str
    level: str
    unit: str
    definition: str
    values: Sequence[Value] = ()
    goals: Sequence[Goal] = ()
    baseline: Goal | None = None
    status: str = ""
    basis: str = ""

    @property
    def current(self) -> list[Value]:
        """Values that no later edition replaced, oldest first."""
        return [one for one in self.values if one.superseded_at is None]

    @property
    def goal(self) -> Goal | None:
        """The final target."""
        return next((one for one in self.goals if one.year is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """節 of a policy, with the texts that a report of it begins with, by the key of their slot."""

    number: str
    name: str
    focus: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of an effect path."""

    key: str
    column: int
    text: str
    indicators: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An edge of an effect path."""

    source: str
    target: str
    assumption: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """効果発現経路 of a section."""

    section: str
    edition: int
    nodes: Sequence[Node]
    edges: Sequence[Edge]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """意見 or コメント with the answers to it."""

    sort: Literal["comment", "expert"]
    by_name: str
    content: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that a report is assembled from, as it was known at the end of `as_of`.

    Attributes:
        policy: number.
        policy_name: name.
        purpose: 政策目的.
        fiscal_year: of the report.
        as_of: the day.
        sections: of the policy.
        paths: at most one for a section.
        indicators: by id, in the order of the policy.
        texts: the officers' texts by slot; a slot that is left out has its default.
        remarks: experts' remarks of the edition in the making.
    """

    policy: int
    policy_name: str
    purpose: str
    fiscal_year: int
    as_of: date
    sections: Sequence[Section]
    paths: Sequence[Path]
    indicators: Mapping[str, Indicator]
    texts: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()
