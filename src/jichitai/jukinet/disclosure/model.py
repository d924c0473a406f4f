"""Rules of disclosure: what is shown when, and by when an inquiry must be answered. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from jichitai.jukinet.affairs import rows
from jichitai.jukinet.disclosure.errors import InvalidExtensionError, InvalidInquiryError

PAGE = 100
"""Entries on one page."""

ANSWER_DAYS = 30
"""Days for the answer to a request (住民基本台帳法 第30条の33)."""

DELAY_SENTENCE = (
    "法令に基づく調査のための照会など、一定の期間が過ぎるまで表示しない記録があります。"
    "この文は、そのような記録の有無にかかわらず、すべての人に表示しています。"
)
"""Shown to everybody, always the same, so that it tells nothing."""

_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Delay:
    """A dated rule: records of an affair and reason are shown some days later.

    Attributes:
        id: name of the rule.
        affair_id: the affair.
        reason: the class of reason.
        days: how long the record stays hidden.
        valid_from: first day of the rule.
        valid_to: last day; None for no end.
        certainty: how far to trust the rule.
        basis: on what it stands.
    """

    id: str
    affair_id: str
    reason: str
    days: int
    valid_from: date
    valid_to: date | None
    certainty: str
    basis: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A dated definition of a published figure, with its certainty."""

    id: str
    name: str
    definition: str
    valid_from: date
    valid_to: date | None
    certainty: str
    basis: str


class InquiryKind(StrEnum):
    """申出の種類."""

    UNKNOWN_PROVISION = "unknown-provision"
    CORRECTION = "correction"

    @property
    def japanese(self) -> str:
        """The words on pages."""
        return {
            "unknown-provision": "心当たりのない提供の確認",
            "correction": "本人確認情報の訂正の申出",
        }[self.value]


@cache
def delays() -> tuple[Delay, ...]:
    """All rules of delay.

    Source: 個人情報の保護に関する法律 第78条 (不開示情報) の趣旨; periods are assumptions.
    """
    return tuple(
        Delay(
            id=row["id"],
            affair_id=row["affair"],
            reason=row["reason"],
            days=int(row["delay_days"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            certainty=row["certainty"],
            basis=row["basis"],
        )
        for row in rows("disclosure_delays.csv")
    )


@cache
def measures() -> tuple[Measure, ...]:
    """Definitions of the published figures.

    Source: 住民基本台帳法 第30条の16; the definitions are this project's assumptions.
    """
    return tuple(
        Measure(
            id=row["id"],
            name=row["name"],
            definition=row["definition"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            certainty=row["certainty"],
            basis=row["basis"],
        )
        for row in rows("provision_measures.csv")
    )


def hidden_from(on: date) -> tuple[tuple[str, str, date], ...]:
    """What is not shown on a day: affair, reason and the first day of records that are hidden.

    >>> ("U12", "tax", date(2025, 11, 21)) in hidden_from(date(2026, 11, 20))
    True

    Source: 個人情報の保護に関する法律 第78条; periods are assumptions.
    """
    return tuple(
        (rule.affair_id, rule.reason, max(rule.valid_from, on - timedelta(days=rule.days - 1)))
        for rule in delays()
        if rule.valid_from <= on and (rule.valid_to is None or on <= rule.valid_to)
    )


def is_hidden(affair_id: str, reason: str, provided_on: date, on: date) -> bool:
    """Whether one record is not shown yet.

    Source: 個人情報の保護に関する法律 第78条; periods are assumptions.
    """
    return any(
        (affair_id, reason) == (affair, why) and provided_on >= first
        for affair, why, first in hidden_from(on)
    )


def due(asked_on: date) -> date:
    """The last day for the answer to an inquiry.

    >>> due(date(2026, 11, 20))
    datetime.date(2026, 12, 20)

    Source: 住民基本台帳法 第30条の33第1項 (30日以内).
    """
    return asked_on + timedelta(days=ANSWER_DAYS)


def check_words(words: str) -> str:
    """The text of an inquiry or an answer.

    Raises:
        InvalidInquiryError: empty or too long.

    Source: 住民基本台帳法 第30条の32, 第30条の35.
    """
    words = words.strip()
    if not 1 <= len(words) <= _WORDS:
        raise InvalidInquiryError(
            f"内容を1文字以上{_WORDS}文字以内で書いてください。調べるために必要です。", limit=_WORDS
        )
    return words


def check_extension(due_on: date, until: date, reason: str) -> None:
    """Refuse an extension without a reason or to an earlier day.

    Raises:
        InvalidExtensionError: no reason, or not later.

    Source: 住民基本台帳法 第30条の33第2項 (延長の理由と期限の通知).
    """
    if not reason.strip() or until <= due_on:
        raise InvalidExtensionError(
            "回答の期限を延ばすには、理由と、今の期限より後の日が必要です。延長は本人に通知されます。"
        )


def fiscal_months(year: int) -> tuple[date, date]:
    """First month of a fiscal year, and the first month after it.

    >>> fiscal_months(2026)
    (datetime.date(2026, 4, 1), datetime.date(2027, 4, 1))

    Source: 財政法 第11条 (会計年度).
    """
    return date(year, 4, 1), date(year + 1, 4, 1)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
