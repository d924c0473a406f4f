"""Consents: what the holder reads and signs, how long it is good, what it gives away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from jichitai.jpki.clocks import ClockName, period, years_after
from jichitai.jpki.items import BasicItems
from jichitai.jpki.status.errors import UnfitConsentError
from jichitai.kernel.dates import both


class Item(StrEnum):
    """One of the four items that a consent may cover."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    ADDRESS = "address"

    @property
    def japanese(self) -> str:
        """The official term."""
        return _JAPANESE[self]

    def of(self, items: BasicItems) -> str:
        """Its value; the sex as 1, 2 or 3."""
        return str(getattr(items, self.value))


_JAPANESE = {
    Item.NAME: "氏名",
    Item.BIRTH_DATE: "生年月日",
    Item.SEX: "性別",
    Item.ADDRESS: "住所",
}


class ConsentState(StrEnum):
    """Whether a consent still stands. That its time is over is a matter of the clock."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """同意: one holder, one service of one body, some items.

    Attributes:
        person_id: the holder.
        consent_id: opaque; the body keeps it in place of the holder's name.
        body_id: who may ask.
        body_name: as it is registered now.
        service: as it stood in what was signed.
        items: what may be given.
        given_at: when it was taken.
        until: the last day.
        state: given, withdrawn by the holder, or returned by the body.
        ended_at: when it was withdrawn or returned.
        reviewed_on: when the holder last said that it shall go on.
    """

    person_id: UUID
    consent_id: UUID
    body_id: str
    body_name: str
    service: str
    items: tuple[Item, ...]
    given_at: datetime
    until: date
    state: ConsentState
    ended_at: datetime | None
    reviewed_on: date

    def stands_on(self, day: date) -> bool:
        """Whether it may be relied on.

        Source: 公的個人認証法施行規則 第35条の2 (同意の有効期間).
        """
        return self.state is ConsentState.GIVEN and day <= self.until

    def wants_review_on(self, day: date) -> bool:
        """Whether a year has passed since the holder was last reminded of it.

        Source: the reminder that the real service sends every year.
        """
        return self.stands_on(day) and day >= years_after(self.reviewed_on, 1)


def last_day(given_on: date, wanted: date | None = None) -> date:
    """The last day of a consent given on a day.

    Args:
        given_on: the day; it is not counted.
        wanted: an earlier end, if the body asks for less.

    Raises:
        UnfitConsentError: the wanted end has passed, or is later than the law lets it be.

    >>> last_day(date(2026, 11, 20))
    datetime.date(2036, 11, 20)

    Source: 公的個人認証法施行規則 第35条の2 (10年); 民法 第140条, 第143条.
    """
    limit = years_after(given_on, period(ClockName.CONSENT, given_on))
    if wanted is None:
        return limit
    if not given_on <= wanted <= limit:
        raise UnfitConsentError(
            f"同意の期間は、今日から {limit.isoformat()} までの日で終わるようにしてください。"
            "同意の有効期間は10年までです（公的個人認証法施行規則 第35条の2）。"
        )
    return wanted


def ordered(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items, each once, in the usual order.

    Raises:
        UnfitConsentError: there is none.

    >>> [item.value for item in ordered([Item.ADDRESS, Item.NAME, Item.NAME])]
    ['name', 'address']

    Source: 公的個人認証法施行規則 第35条の2 (項目ごとの同意).
    """
    if not items:
        raise UnfitConsentError(
            "同意を求める項目がありません。氏名・生年月日・性別・住所から、必要なものだけを選んでください。"
        )
    return tuple(item for item in Item if item in items)


def wording(*, body: str, service: str, items: Sequence[Item], given_on: date, until: date) -> str:
    """What the holder reads on the card's page, and signs word for word.

    Source: 公的個人認証法施行規則 第35条の2 (同意の方式).
    """
    named = "、".join(item.japanese for item in items)
    return "\n".join(
        (
            "最新の利用者情報の提供に同意します。",
            f"受け取る者：{body}",
            f"サービス：{service}",
            f"提供する項目：{named}",
            f"同意の日：{both(given_on)}",
            f"期限：{both(until)}まで",
            "期限までの間、上の項目が変わったときも、新しい内容が提供されます。",
            "この同意は、いつでも取り消せます。",
        )
    )
