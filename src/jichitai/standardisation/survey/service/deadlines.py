"""期限: the days of rounds, with the business days that are left."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from jichitai.infra.database import Tx
from jichitai.kernel.business_days import business_days, next_business_day
from jichitai.standardisation.survey.model import Round
from jichitai.standardisation.survey.store import rounds

What = Literal["as_of", "due", "checked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One day of a round.

    Attributes:
        round: the round.
        what: its day of reference, the bodies' last day, or the prefectures'.
        on: the day.
        works_until: the business day on which the offices can still do it: the day itself, or the
            next one when offices are closed.
        left: business days from tomorrow to then; negative when it has passed.
        missing: bodies that have not answered yet.
    """

    round: Round
    what: What
    on: date
    works_until: date
    left: int
    missing: int

    @property
    def japanese(self) -> str:
        """What falls due."""
        return {
            "as_of": "調査の時点",
            "due": "団体の回答の期限",
            "checked": "都道府県の確認の期限",
        }[self.what]


async def deadlines(tx: Tx, *, today: date) -> list[Deadline]:
    """The days of all rounds, the earliest first."""
    counts = await rounds.counts(tx)
    found = []
    for one in await rounds.rounds(tx):
        asked, answered = counts.get(one.round_id, (0, 0))
        days: tuple[tuple[What, date], ...] = (
            ("as_of", one.as_of),
            ("due", one.due_on),
            ("checked", one.checked_by),
        )
        for what, on in days:
            until = next_business_day(on)
            found.append(
                Deadline(
                    round=one,
                    what=what,
                    on=on,
                    works_until=until,
                    left=days_left(today, until),
                    missing=asked - answered,
                )
            )
    return sorted(found, key=lambda one: (one.on, str(one.round.round_id), one.what))


def days_left(today: date, until: date) -> int:
    """Business days after today up to a day; negative for one that has passed.

    >>> days_left(date(2026, 11, 20), date(2026, 11, 24))
    1

    Source: 地方自治法 第4条の2 (地方公共団体の休日).
    """
    if until >= today:
        return sum(1 for _ in business_days(today + timedelta(days=1), until))
    return -sum(1 for _ in business_days(until + timedelta(days=1), today))
