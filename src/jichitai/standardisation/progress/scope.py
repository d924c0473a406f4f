"""Which body runs which business: without it every rate has a wrong denominator."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from jichitai.kernel.bodies import Body, BodyKind
from jichitai.standardisation.progress.model import Business
from jichitai.standardisation.progress.tables import Row, holds, rows

_LISTED = "資料に、この団体のこの業務のシステムが移行の対象として載っている"


class Answer(StrEnum):
    """Whether a body runs a business."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {"yes": "対象", "no": "対象外", "unknown": "不明"}[self.value]


@dataclass(frozen=True, slots=True)
class Runs:
    """Whether a body runs a business, why that is thought, and how sure it is."""

    answer: Answer
    reason: str
    confidence: str


def runs(body: Body, business: Business, *, on: date, listed: bool = False) -> Runs:
    """Whether a body runs a business on a day.

    Prefectures run two; cities and special wards run 生活保護 by law, for they must have a welfare
    office; towns and villages only if they have one, which is unknown for most of them.

    Args:
        body: one of the 1,788.
        business: one of the twenty, or 共通機能.
        on: the day.
        listed: whether a source names this system of this body as one to migrate.

    Source: 標準化法 第2条; 社会福祉法 第14条; 生活保護法 第19条.
    """
    row = _business_rows()[business.key]
    told = row["prefecture" if body.kind is BodyKind.PREFECTURE else "municipality"]
    if told == "welfare-office":
        found = _welfare(body, on)
    elif told == "yes":
        found = Runs(Answer.YES, row["source"], row["confidence"])
    elif told == "no":
        found = Runs(Answer.NO, "都道府県が行う標準化対象事務は2業務", "read")
    else:
        found = Runs(Answer.UNKNOWN, "都道府県の共通機能の数え方は公表されていない", "unknown")
    if listed and found.answer is not Answer.YES:
        return Runs(Answer.YES, _LISTED, "derived")
    return found


@cache
def _business_rows() -> MappingProxyType[str, Row]:
    return MappingProxyType({row["key"]: row for row in rows("businesses")})


@cache
def _offices() -> MappingProxyType[str, Row]:
    return MappingProxyType({row["lg_code"]: row for row in rows("welfare_offices")})


def _welfare(body: Body, on: date) -> Runs:
    if body.kind not in (BodyKind.TOWN, BodyKind.VILLAGE):
        return Runs(Answer.YES, "市と特別区は福祉事務所を置く（社会福祉法第14条第1項）", "recalled")
    row = _offices().get(body.code)
    if row is None or not holds(row, on):
        reason = "町村は福祉事務所を置くときだけ行う。この町村に置かれているかは確かめられていない"
        return Runs(Answer.UNKNOWN, reason, "unknown")
    return Runs(Answer(row["office"]), row["evidence"], row["confidence"])
