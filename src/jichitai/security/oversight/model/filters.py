"""絞り込み: which bodies a list, a reminder or a survey is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from jichitai.kernel.bodies import BodyKind
from jichitai.security.oversight.errors import UnknownFilterError
from jichitai.security.oversight.model.standing import Progress, SizeClass, Standing

MODELS: Final = ("α", "α´", "β", "β´")
"""Network models of the guideline."""

PLACES: Final = {
    "not-counted": "策定・公表がまだ",
    "not-adopted": "策定がまだ",
    "silent": "報告なし",
    "review-late": "見直しの期日を過ぎた",
    "counted": "策定・公表済み",
}
"""Sets of states that a list is often asked for, beside each single state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list is narrowed to; empty means all.

    Attributes:
        prefecture: two digits.
        kind: 団体の区分.
        size: a size class.
        model: a network model.
        status: a progress or one of `PLACES`.
        text: part of a name, or a code.
    """

    prefecture: str = ""
    kind: str = ""
    size: str = ""
    model: str = ""
    status: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        """Refuse words that no list knows."""
        known = {
            "区分": (self.kind, {*BodyKind}),
            "規模": (self.size, {*SizeClass}),
            "状況": (self.status, {*PLACES, *(one.key for one in Progress)}),
        }
        for name, (value, values) in known.items():
            if value and value not in values:
                raise UnknownFilterError(
                    f"{name}の絞り込みに使えない値です。一覧の選択肢から選び直してください。",
                    value=value[:40],
                )

    def matches(self, one: Standing) -> bool:
        """Whether the body belongs to the list.

        Source: none; a view of this project.
        """
        body = one.body
        return (
            (not self.prefecture or body.prefecture_code == self.prefecture)
            and (not self.kind or body.kind == self.kind)
            and (not self.size or SizeClass.of(body) == self.size)
            and (not self.model or one.model == self.model)
            and (not self.text or self.text in body.full_name or body.code.startswith(self.text))
            and self._status(one)
        )

    def _status(self, one: Standing) -> bool:
        match self.status:
            case "":
                return True
            case "not-counted":
                return not one.counted
            case "not-adopted":
                return not one.adopted
            case "silent":
                return not one.reports
            case "review-late":
                return one.review_late
            case word:
                return one.head.key == word


def chosen(standings: Iterable[Standing], by: Filter) -> list[Standing]:
    """The bodies of a list, by code.

    Source: none; a view of this project.
    """
    return sorted((one for one in standings if by.matches(one)), key=lambda one: one.body.code)
