"""期限: which reports an incident owes, to whom and by when, from the dated table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Final, Literal

from jichitai.kernel.bodies import BodyKind
from jichitai.kernel.business_days import next_business_day
from jichitai.kernel.dates import JST, wareki
from jichitai.security import tables
from jichitai.security.incidents.model import (
    Answer,
    Facts,
    Incident,
    both,
    reportable_leak,
)

Unit = Literal["at-once", "promptly", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of `security_deadlines.csv`.

    Attributes:
        id: of the clock.
        recipient: to whom.
        report: which report: 連絡, 第一報, 速報, 確報 and so on.
        bodies: all, municipality or prefecture: who owes it.
        trigger: what makes it owed, a key of `triggers`.
        period: number of units; 0 for at once and promptly.
        unit: `at-once`, `promptly` or `day`.
        first_day: whether the day of knowing is day 0 (`next-day`) or day 1 (`known-day`).
        on_holiday: `keep`, or `next-business-day`.
        target: how long at once and promptly may take before the board warns; our own measure.
        warn: how long before the end the board warns.
        form: which form is filled in: `kind` (by the kind of incident), ppc, general, or none.
        channel: S02 leaves as a message, `outside` by hand, `inside` is told by the system.
        source: where it is written.
        confidence: read, reported, recalled or ours.
    """

    id: str
    recipient: str
    report: str
    bodies: str
    trigger: str
    period: int
    unit: Unit
    first_day: str
    on_holiday: str
    target: timedelta
    warn: timedelta
    form: str
    channel: str
    valid_from: date
    valid_to: date | None
    source: str
    confidence: str

    @property
    def name(self) -> str:
        """Recipient and report."""
        return f"{self.recipient}（{self.report}）"

    @property
    def counting(self) -> str:
        """How the end is counted, in words; never shown without the deadline."""
        if self.unit == "at-once":
            return "知ったら直ちに"
        if self.unit == "promptly":
            return "状況に応じて速やかに"
        start = "知った日の翌日を1日目" if self.first_day == "next-day" else "知った日を1日目"
        holiday = (
            "閉庁日に当たるときは次の開庁日"
            if self.on_holiday != "keep"
            else "閉庁日でも延びません"
        )
        return f"{start}として{self.period}日目。{holiday}"


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _rule(row: Mapping[str, str]) -> Rule:
    unit = row["unit"]
    if unit not in ("at-once", "promptly", "day"):
        raise ValueError(unit)
    return Rule(
        id=row["id"],
        recipient=row["recipient"],
        report=row["report"],
        bodies=row["bodies"],
        trigger=row["trigger"],
        period=int(row["period"]),
        unit=unit,  # type: ignore[arg-type]  # one of the three, checked above
        first_day=row["first_day"],
        on_holiday=row["on_holiday"],
        target=timedelta(minutes=int(row["target_minutes"] or 0)),
        warn=timedelta(hours=int(row["warn_hours"])),
        form=row["form"],
        channel=row["channel"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        source=row["source"],
        confidence=row["confidence"],
    )


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of the table.

    Source: `security_deadlines.csv`; each row names its own.
    """
    found = sorted(tables.rows("deadlines"), key=lambda row: int(row["order"]))
    return tuple(map(_rule, found))


def leak_persons(on: date) -> int:
    """The number of persons above which a leak is reported for the number alone.

    >>> leak_persons(date(2026, 11, 20))
    100

    Source: `security_incident_limits.csv`.
    """
    found = (row for row in tables.rows_on("incident_limits", on) if row["id"] == "leak-persons")
    return next((int(row["value"]) for row in found), 0)


def rules_on(day: date, kind: BodyKind, among: Iterable[Rule] | None = None) -> tuple[Rule, ...]:
    """The rules in force on a day for a kind of body.

    Source: `security_deadlines.csv`.
    """
    who = ("all", "prefecture" if kind is BodyKind.PREFECTURE else "municipality")
    return tuple(
        rule
        for rule in (rules() if among is None else among)
        if rule.bodies in who
        and rule.valid_from <= day
        and (rule.valid_to is None or day <= rule.valid_to)
    )


def triggers(facts: Facts, *, above: int) -> Mapping[str, Answer]:
    """Whether each trigger of the table is met, not met, or not known.

    Where it is not known whether a purpose was improper, the shorter of the two periods runs.

    Args:
        facts: what is known.
        above: see `leak_persons`.

    Source: 個人情報の保護に関する法律 第68条; 番号法 第29条の4; 対策基準 5.3.
    """
    leak = reportable_leak(facts, above=above)
    specific = both(facts.personal, facts.specific_personal)
    improper = facts.improper_purpose
    plain = Answer.NO if improper is Answer.YES else Answer.YES
    return {
        "any": Answer.YES,
        "system": facts.system_affected,
        "network": facts.network,
        "crime": facts.crime,
        "leak": leak,
        "leak-plain": both(leak, plain),
        "leak-improper": both(leak, Answer.YES if improper is Answer.YES else Answer.NO),
        "specific": specific,
        "specific-plain": both(specific, plain),
        "specific-improper": both(specific, Answer.YES if improper is Answer.YES else Answer.NO),
    }


_LAST_SECOND: Final = time(23, 59, 59)


def end_of_period(rule: Rule, known_at: datetime) -> datetime | None:
    """The last second of the last day of a period; None for at once and promptly.

    Args:
        rule: of the table.
        known_at: when the body knew, an instant; the day is the day in Japan.

    Source: `security_deadlines.csv` columns first_day and on_holiday; that the day of knowing is
    not counted and that a final report moves to the next working day is our reading (民法 第140条,
    行政機関の休日に関する法律 第2条 by analogy), to be confirmed.
    """
    if rule.unit != "day":
        return None
    known = known_at.astimezone(JST).date()
    last = known + timedelta(days=rule.period - (rule.first_day == "known-day"))
    if rule.on_holiday == "next-business-day":
        last = next_business_day(last)
    return datetime.combine(last, _LAST_SECOND, JST)


class Standing(StrEnum):
    """How a clock stands."""

    SENT = "sent"
    WAIVED = "waived"
    LATE = "late"
    SOON = "soon"
    RUNNING = "running"
    UNDECIDED = "undecided"

    @property
    def japanese(self) -> str:
        """In words."""
        return {
            "sent": "報告済み",
            "waived": "不要と判断",
            "late": "期限を過ぎています",
            "soon": "期限が近い",
            "running": "未報告",
            "undecided": "該当するか未定",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done about a clock: the paper that left, or the decision that none is owed."""

    clock: str
    sort: Literal["sent", "waived"]
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One report of one incident.

    Attributes:
        rule: of the table.
        owed: yes, or not known yet.
        due_at: the last instant; None for at once and promptly.
        late_at: from when the board calls it late.
        done: what was done, if anything.
    """

    rule: Rule
    owed: Answer
    due_at: datetime | None
    late_at: datetime
    done: Done | None

    def standing(self, now: datetime) -> Standing:
        """How it stands at an instant."""
        if self.done is not None:
            return Standing.SENT if self.done.sort == "sent" else Standing.WAIVED
        if self.owed is not Answer.YES:
            return Standing.UNDECIDED
        if now > self.late_at:
            return Standing.LATE
        return Standing.SOON if now >= self.late_at - self.rule.warn else Standing.RUNNING

    @property
    def open(self) -> bool:
        """Whether it is owed and nothing was done."""
        return self.done is None and self.owed is Answer.YES

    @property
    def was_late(self) -> bool:
        """Whether what was sent was sent after the end."""
        return (
            self.done is not None and self.done.sort == "sent" and self.done.sent_at > self.late_at
        )

    @property
    def deadline(self) -> str:
        """The end in words: a day, or at once."""
        if self.due_at is not None:
            return wareki(self.due_at.astimezone(JST).date())
        return "直ちに" if self.rule.unit == "at-once" else "速やかに"


def clocks(incident: Incident, kind: BodyKind, done: Iterable[Done] = ()) -> tuple[Clock, ...]:
    """Every report that an incident owes or may owe, and those that were handed in.

    A clock whose trigger turned out not to be met is left out, unless something was handed in.

    Args:
        incident: as it stands.
        kind: of its body.
        done: what was handed in or waived.

    Source: `security_deadlines.csv`.
    """
    known_on = incident.known_at.astimezone(JST).date()
    met = triggers(incident.facts, above=leak_persons(known_on))
    first: dict[str, Done] = {}
    for one in sorted(done, key=lambda one: one.sent_at):
        first.setdefault(one.clock, one)
    found = []
    for rule in rules_on(known_on, kind):
        owed = met[rule.trigger]
        if owed is Answer.NO and rule.id not in first:
            continue
        due_at = end_of_period(rule, incident.known_at)
        late_at = due_at if due_at is not None else incident.known_at + rule.target
        found.append(
            Clock(rule=rule, owed=owed, due_at=due_at, late_at=late_at, done=first.get(rule.id))
        )
    return tuple(found)


_URGENT: Final = (
    Standing.LATE,
    Standing.SOON,
    Standing.RUNNING,
    Standing.UNDECIDED,
    Standing.SENT,
    Standing.WAIVED,
)


def by_urgency(found: Iterable[Clock], now: datetime) -> list[Clock]:
    """Late ones first, then by their end.

    Source: ours.
    """
    return sorted(found, key=lambda one: (_URGENT.index(one.standing(now)), one.late_at))


def remaining(clock: Clock, now: datetime) -> str:
    """How long is left, or how long it has been late, in words.

    At once and promptly have no end but our own measure, which the words say.

    Source: ours.
    """
    left = clock.late_at - now
    text = _span(abs(left))
    if clock.due_at is None:
        return f"目安まであと{text}" if left >= timedelta() else f"目安を{text}超過"
    return f"あと{text}" if left >= timedelta() else f"{text}超過"


def _span(length: timedelta) -> str:
    if length >= timedelta(days=2):
        return f"{length.days}日"
    hours, rest = divmod(int(length.total_seconds()), 3600)
    return f"{hours}時間" if hours else f"{rest // 60}分"
