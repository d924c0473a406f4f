"""題材: what can be tried, with its start and its goal from dated sources."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from jichitai.evaluation.scenarios.errors import UnknownScenarioError


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where it stands: how many are done on a day, and who says so."""

    done: int
    on: date
    source: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is to be reached, in percent of the total, by a day."""

    share: Decimal
    on: date
    source: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """題材.

    Attributes:
        key: its name in addresses.
        indicator_id: the indicator whose numerator and denominator it moves.
        prepared: what being prepared means here.
        capacity: what the capacity counts here.
        total: pieces of work in all, with its day and source.
        start: None when nobody has published it.
    """

    key: str
    title: str
    unit: str
    indicator_id: str
    prepared: str
    capacity: str
    total: int
    total_as_of: date
    total_source: str
    start: Start | None
    goal: Goal


@cache
def subjects() -> tuple[Subject, ...]:
    """All that can be tried, from the package's data.

    >>> [one.total for one in subjects()]
    [34592, 1788, 47]

    Source: named in each row of `evaluation_scenarios.csv`.
    """
    text = (
        resources.files("jichitai.data")
        .joinpath("evaluation_scenarios.csv")
        .read_text(encoding="utf-8")
    )
    return tuple(_subject(row) for row in csv.DictReader(text.splitlines()))


def subject(key: str) -> Subject:
    """The one with this key.

    Raises:
        UnknownScenarioError: none has it.

    Source: none; a look-up.
    """
    for one in subjects():
        if one.key == key:
            return one
    raise UnknownScenarioError(
        "この題材の試算はありません。試算の一覧から選び直してください。", subject=key[:40]
    )


def _subject(row: dict[str, str]) -> Subject:
    start = None
    if row["start_done"]:
        start = Start(
            done=int(row["start_done"]),
            on=date.fromisoformat(row["start_as_of"]),
            source=row["start_source"],
            confidence=row["start_confidence"],
        )
    return Subject(
        key=row["key"],
        title=row["title"],
        unit=row["unit"],
        indicator_id=row["indicator_id"],
        prepared=row["prepared"],
        capacity=row["capacity"],
        total=int(row["total"]),
        total_as_of=date.fromisoformat(row["total_as_of"]),
        total_source=row["total_source"],
        start=start,
        goal=Goal(
            share=Decimal(row["goal_share"]),
            on=date.fromisoformat(row["goal_on"]),
            source=row["goal_source"],
            confidence=row["goal_confidence"],
        ),
    )
