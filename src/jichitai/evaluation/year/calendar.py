"""年間の予定: when what is done, from a dated table. Pure."""

import calendar
import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources


class Work(StrEnum):
    """What sort of work it is."""

    PLAN = "plan"
    SURVEY = "survey"
    REVIEW = "review"
    REPORT = "report"
    BUDGET = "budget"
    USE = "use"
    REVISE = "revise"
    OTHER = "other"

    @property
    def word(self) -> str:
        """In words."""
        return {
            "plan": "計画",
            "survey": "調査",
            "review": "行政事業レビュー",
            "report": "評価書",
            "budget": "予算",
            "use": "反映",
            "revise": "改定",
            "other": "その他",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """毎年の仕事: one line of the calendar.

    Attributes:
        first: year after the fiscal year's first calendar year (0 or 1), and month.
        last: the same of its end.
        place: where in this system it is done.
        law: article, or empty.
        source: where the months are from.
        confidence: how sure they are; most are practice and not law.
    """

    key: str
    work: Work
    first: tuple[int, int]
    last: tuple[int, int]
    title: str
    detail: str
    place: str
    law: str
    source: str
    confidence: str
    valid_from: date

    def starts_on(self, fiscal_year: int) -> date:
        """Its first day in a fiscal year.

        Source: none; the table's months.
        """
        return date(fiscal_year + self.first[0], self.first[1], 1)

    def ends_on(self, fiscal_year: int) -> date:
        """Its last day.

        Source: none; the table's months.
        """
        year, month = fiscal_year + self.last[0], self.last[1]
        return date(year, month, calendar.monthrange(year, month)[1])


@cache
def usual() -> tuple[Usual, ...]:
    """Every line of the calendar, in its order.

    >>> usual()[0].ends_on(2026)
    datetime.date(2026, 4, 30)

    Source: named in each row of `evaluation_year.csv`.
    """
    text = resources.files("jichitai.data").joinpath("evaluation_year.csv").read_text("utf-8")
    return tuple(
        Usual(
            key=row["key"],
            work=Work(row["kind"]),
            first=_month(row["first"]),
            last=_month(row["last"]),
            title=row["title"],
            detail=row["detail"],
            place=row["place"],
            law=row["law"],
            source=row["source"],
            confidence=row["confidence"],
            valid_from=date.fromisoformat(row["valid_from"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


def _month(text: str) -> tuple[int, int]:
    year, _, month = text.partition("-")
    return int(year), int(month)
