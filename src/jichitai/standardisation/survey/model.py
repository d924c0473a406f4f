"""Rounds, answers and what is wrong with them, as plain values.

An answer is a `BodyReport`: the form of the survey and what is kept of the progress are one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

import msgspec

from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import both
from jichitai.standardisation.progress.model import STEPS, Business, business, businesses
from jichitai.standardisation.progress.reports import (
    BodyReport,
    DeadlineClass,
    SystemReport,
)
from jichitai.standardisation.progress.scope import Answer as Known
from jichitai.standardisation.progress.scope import runs
from jichitai.standardisation.survey.errors import BadRoundError

ASKED: Final = 1_788
"""分母: every municipality, special ward and prefecture is asked."""

_LIMITS: Final = {
    "vendor": 80,
    "contract": 200,
    "target_reason": 400,
    "risks": 1_000,
    "reason": 400,
}


class RoundStatus(StrEnum):
    """調査の状態."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class Via(StrEnum):
    """How an answer came."""

    SHEET = "sheet"
    MESSAGE = "message"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return "表の取込み" if self is Via.SHEET else "団体の送信"


class CheckState(StrEnum):
    """都道府県の確認; empty where it was not checked."""

    NONE = ""
    OK = "ok"
    RETURNED = "returned"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {"": "未確認", "ok": "確認済み", "returned": "差戻し"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a round asks, and until when.

    Attributes:
        title: its name.
        note: what bodies should know.
        as_of: 時点.
        due_on: the bodies' last day.
        checked_by: the prefectures' last day.
    """

    title: str
    note: str
    as_of: date
    due_on: date
    checked_by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """調査: one round."""

    round_id: UUID
    title: str
    note: str
    as_of: date
    due_on: date
    checked_by: date
    status: RoundStatus
    made_at: datetime
    opened_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def dataset_id(self) -> str:
        """Where its answers stand in the progress."""
        return f"round-{self.round_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """回答: what one body answered, once.

    Attributes:
        body: its code.
        number: counted for each body; the highest stands.
        revision: the body's own count, of an answer that it sent itself.
        via: how it came.
        report: the answer.
        answered_at: when the body answered.
        received_at: when it came here.
        received_by: the account that took it in; empty for a message.
        check: what the prefecture said last.
        check_reason: why it went back.
        checked_at: when.
    """

    body: str
    number: int
    revision: int | None
    via: Via
    report: BodyReport
    answered_at: datetime
    received_at: datetime
    received_by: str
    check: CheckState = CheckState.NONE
    check_reason: str = ""
    checked_at: datetime | None = None


def encode(report: BodyReport) -> str:
    """An answer as JSON text.

    Source: none; form of this project.
    """
    return msgspec.json.encode(report).decode()


def decode(text: str) -> BodyReport:
    """Read an answer that was kept.

    Source: none; form of this project.
    """
    return msgspec.json.decode(text, type=BodyReport)


def asked_businesses(body: Body, *, on: date) -> tuple[Business, ...]:
    """The businesses that a body is asked about: all but those that it is known not to run.

    Source: 標準化法 第2条.
    """
    return tuple(one for one in businesses() if runs(body, one, on=on).answer is not Known.NO)


def checked_round(asked: Asked) -> Asked:
    """A round that can be kept.

    Raises:
        BadRoundError: no name, too long, or days in the wrong order; `faults` names the fields.

    Source: none; rule of this project.
    """
    faults: dict[str, str] = {}
    if not 0 < len(asked.title.strip()) <= 120:
        faults["title"] = "調査の名前がないか、120文字を超えています。120文字以内で入れてください。"
    if len(asked.note) > 2_000:
        faults["note"] = "説明が2,000文字を超えています。短くしてください。"
    days = {"as_of": asked.as_of, "due_on": asked.due_on, "checked_by": asked.checked_by}
    for key, day in days.items():
        if not 2000 <= day.year <= 2100:
            faults[key] = "日付は2000年から2100年までで入れてください。"
    sound = not faults.keys() & days.keys()
    if sound and asked.due_on < asked.as_of:
        faults["due_on"] = "回答の期限が時点より前です。時点の日か、それより後の日にしてください。"
    if sound and asked.checked_by < asked.due_on:
        faults["checked_by"] = (
            "都道府県の確認の期限が回答の期限より前です。回答の期限か、それより後の日にしてください。"
        )
    if faults:
        raise BadRoundError(" ".join(faults.values()), faults=faults)
    return replace(asked, title=asked.title.strip(), note=asked.note.strip())


def merge(last: BodyReport | None, told: BodyReport) -> BodyReport:
    """An answer with what it leaves out carried over from the one before.

    Source: none; rule of this project: a row that is left empty changes nothing.
    """
    if last is None:
        return told
    systems = {one.business: one for one in last.systems}
    systems.update({one.business: one for one in told.systems})
    costs = {(one.phase, one.item): one for one in last.costs}
    costs.update({(one.phase, one.item): one for one in told.costs})
    order = [one.key for one in businesses()]
    return replace(
        told,
        systems=tuple(sorted(systems.values(), key=lambda one: order.index(one.business))),
        costs=tuple(costs.values()),
        note=told.note or last.note,
    )


def same(one: BodyReport, other: BodyReport) -> bool:
    """Whether two answers say the same, wherever they were taken from.

    Source: none; rule of this project.
    """
    return replace(one, origin="") == replace(other, origin="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one field of one business.

    Attributes:
        business: its key.
        field: attribute of `SystemReport`; `states` for the forty steps.
        value: what stands there.
        why: what is wrong.
        remedy: what to do.
    """

    business: str
    field: str
    value: str
    why: str
    remedy: str


def faults_of(
    body: Body,
    one: SystemReport,
    *,
    as_of: date,
    before: SystemReport | None = None,
    done_before: int | None = None,
) -> list[Fault]:
    """Everything that is wrong with the answer on one business; sheets and pages ask the same.

    Args:
        body: who answers.
        one: the answer.
        as_of: the day that the round is about.
        before: what the body answered last on this business.
        done_before: steps done as known before; those of `before` when it is not given.

    Source: none; rules of this project.
    """
    found: list[Fault] = []

    def wrong(field: str, value: object, why: str, remedy: str) -> None:
        found.append(
            Fault(
                business=one.business,
                field=field,
                value=str("" if value is None else value)[:60],
                why=why,
                remedy=remedy,
            )
        )

    for field, limit in _LIMITS.items():
        text = getattr(one, field)
        if len(text) > limit:
            wrong(field, text, f"{limit:,}文字を超えています", "短くしてください")
    _check_late(one, wrong)
    _check_target(one, before, as_of, wrong)
    earlier = before.steps_done if done_before is None and before is not None else done_before
    _check_backwards(one, earlier, wrong)
    told = runs(body, business(one.business), on=as_of, listed=bool(one.late))
    if told.answer is Known.NO and not one.excluded:
        wrong(
            "business",
            business(one.business).name,
            "この団体は行わない業務です",
            "この行を空にするか、40ステップすべてを「外」にしてください",
        )
    return found


def _check_late(one: SystemReport, wrong: "Wrong") -> None:
    if one.reason_class is not None and not 1 <= one.reason_class <= 4:
        wrong(
            "reason_class", one.reason_class, "理由の区分は1から4までです", "1から4で選んでください"
        )
    elif one.reason_class is not None and not one.late:
        wrong(
            "reason_class",
            one.reason_class,
            "特定移行支援システムではないのに理由の区分があります",
            "特定移行支援を「はい」にするか、理由の区分を空にしてください",
        )
    if one.late is not None and (
        (one.deadline_class is DeadlineClass.LATE and not one.late)
        or (one.deadline_class is DeadlineClass.IN_TIME and one.late)
    ):
        wrong(
            "deadline_class",
            one.deadline_class.japanese,
            "特定移行支援の「はい・いいえ」と食い違っています",
            "期限の区分か、特定移行支援のどちらかを直してください",
        )


def _check_target(
    one: SystemReport, before: SystemReport | None, as_of: date, wrong: "Wrong"
) -> None:
    day = one.target_on
    if day is None:
        return
    if not 2000 <= day.year <= 2100:
        wrong(
            "target_on", day, "ありえない年の日付です", "2000年から2100年までの日付にしてください"
        )
    elif day < as_of and one.steps_done != STEPS and (before is None or before.target_on != day):
        wrong(
            "target_on",
            both(day),
            f"移行目標日が調査の時点（{both(as_of)}）より前です",
            "これから移行する日にするか、移行が済んだシステムなら40ステップを「済」にしてください",
        )
    elif (
        before is not None and before.target_on not in (None, day) and not one.target_reason.strip()
    ):
        told = both(before.target_on or day)
        wrong(
            "target_reason",
            "",
            f"移行目標日が前の回答（{told}）から変わっていますが、理由がありません",
            "「目標日を変えた理由」を入れてください",
        )


def _check_backwards(one: SystemReport, before: int | None, wrong: "Wrong") -> None:
    now = one.steps_done
    if before is not None and now is not None and now < before and not one.reason.strip():
        wrong(
            "reason",
            now,
            f"済んだステップが前の{before}から{now}に減っていますが、理由がありません",
            "「進捗が戻った理由」を入れるか、ステップを確かめてください",
        )


class Wrong(Protocol):
    """Adds a fault: field, value, why, remedy."""

    def __call__(self, field: str, value: object, why: str, remedy: str, /) -> None:
        """Add it."""


def by_business(report: BodyReport | None) -> Mapping[str, SystemReport]:
    """The systems of an answer by their business.

    Source: none; form of this project.
    """
    return {one.business: one for one in report.systems} if report is not None else {}
