"""What a request asks the views for: the day, the kind of source, the measure, the bodies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final, TypedDict, TypeVar

from litestar import Request

from jichitai.infra.clock import JST
from jichitai.kernel.bodies import Body, all_bodies
from jichitai.kernel.dates import parse_date
from jichitai.kernel.municipalities import prefectures
from jichitai.standardisation.progress.model import (
    BodyClass,
    MeasureKind,
    SourceKind,
    body_class,
    business,
)
from jichitai.standardisation.views.errors import UnknownChoiceError

AnyRequest = Request[Any, Any, Any]
Choice = TypeVar("Choice", bound=str)
REASONS: Final = ("1", "2", "3", "4")

_FIRST: Final = date(2021, 9, 1)
"""When the law came into force: nothing was known before."""


class Times(TypedDict):
    """Whose knowledge of which day counts."""

    as_of: date
    known_at: datetime
    source_kind: SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for.

    Attributes:
        on: what was known at the end of this day in Japan.
        source: whose figures.
        measure: which measure a map or table shows.
        today: whether the day is the present one.
    """

    on: date
    source: SourceKind
    measure: MeasureKind
    today: bool

    @property
    def known_at(self) -> datetime:
        """The end of the day in Japan."""
        return end_of(self.on)

    @property
    def counted(self) -> MeasureKind:
        """The measure whose data sets it is counted from: complete systems come with the steps."""
        return MeasureKind.LATE if self.measure is MeasureKind.LATE else MeasureKind.STEPS

    @property
    def times(self) -> Times:
        """The same as the queries of the progress take it."""
        return {"as_of": self.on, "known_at": self.known_at, "source_kind": self.source}

    @property
    def values(self) -> dict[str, str]:
        """The same for an address, without what is usual."""
        values = {
            "as_of": "" if self.today else self.on.isoformat(),
            "source": "" if self.source is SourceKind.OPEN else str(self.source),
        }
        return {name: value for name, value in values.items() if value}


def end_of(day: date) -> datetime:
    """The last instant of a day in Japan."""
    return datetime.combine(day, time.max, tzinfo=JST)


def asked_of(request: AnyRequest, today: date) -> Asked:
    """What a page is asked for.

    Raises:
        UnknownChoiceError: no such source or measure.
        InvalidDateError: not a date.
    """
    values = request.query_params
    text = values.get("as_of", "")
    return asked(
        today,
        as_of=parse_date(text) if text else None,
        source=values.get("source", ""),
        measure=values.get("show", ""),
    )


def asked(today: date, *, as_of: date | None = None, source: str = "", measure: str = "") -> Asked:
    """What a call is asked for; days before the law and after today are moved inside.

    Raises:
        UnknownChoiceError: no such source or measure.
    """
    on = max(_FIRST, min(as_of or today, today))
    return Asked(
        on=on,
        source=chosen("数字のもと", SourceKind, source) or SourceKind.OPEN,
        measure=chosen("物差し", MeasureKind, measure) or MeasureKind.STEPS,
        today=on == today,
    )


def chosen(name: str, choices: Iterable[Choice], value: str) -> Choice | None:
    """What a word chooses; None where nothing is asked for.

    Raises:
        UnknownChoiceError: no such choice.
    """
    if not value:
        return None
    known: dict[str, Choice] = {str(one): one for one in choices}
    if value not in known:
        raise UnknownChoiceError(
            f"{name}に「{value[:20]}」は選べません。表示を決められないため、"
            "画面の選択肢から選び直してください。",
            choices=sorted(known),
        )
    return known[value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Which bodies a list is about; empty means all.

    Attributes:
        prefecture: two digits.
        kind: 団体の区分 of the tables.
        business: key of a business.
        reason: class 1 to 4 of why a system is late.
        text: part of a name, or the first digits of a code.
    """

    prefecture: str = ""
    kind: str = ""
    business: str = ""
    reason: str = ""
    text: str = ""

    @property
    def values(self) -> dict[str, str]:
        """The same for an address; only what narrows."""
        values = {
            "prefecture": self.prefecture,
            "kind": self.kind,
            "business": self.business,
            "reason": self.reason,
            "q": self.text,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def bodies(self) -> list[Body]:
        """The bodies of the list, as far as it is about the bodies themselves, by code."""
        return [one for one in all_bodies() if self._matches(one)]

    def _matches(self, body: Body) -> bool:
        return (
            (not self.prefecture or body.prefecture_code == self.prefecture)
            and (not self.kind or body_class(body) == self.kind)
            and (not self.text or self.text in body.full_name or body.code.startswith(self.text))
        )


def narrowed_of(values: Mapping[str, str]) -> Narrowed:
    """The bodies that a list is asked for.

    Raises:
        UnknownChoiceError: no such prefecture, kind or reason.
        UnknownBusinessError: no such business.
    """
    kind, reason = values.get("kind", ""), values.get("reason", "")
    key = values.get("business", "")
    chosen("区分", BodyClass, kind)
    area = values.get("prefecture", "")
    chosen("都道府県", [one.prefecture_code for one in prefectures()], area)
    if reason and reason not in REASONS:
        raise UnknownChoiceError(
            "理由の区分は1から4までです。一覧を作れないため、画面の選択肢から選び直してください。"
        )
    if key:
        business(key)
    return Narrowed(
        prefecture=area,
        kind=kind,
        business=key,
        reason=reason,
        text=values.get("q", "").strip().replace("\0", "")[:40],
    )
