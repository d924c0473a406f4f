"""Addresses, crumbs and typed texts that the pages of indicators share."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final, cast

from litestar import Request
from litestar.datastructures import FormMultiDict

from jichitai.evaluation.access import INSIDE, WRITERS
from jichitai.evaluation.indicators.model import (
    LARGEST,
    Constant,
    Definition,
    Point,
    Query,
    Stated,
)
from jichitai.evaluation.indicators.standing import Standing
from jichitai.evaluation.policies import builtin as policies
from jichitai.kernel.dates import both, parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.web.components import Colour, Crumb, FieldError, FieldErrors, Option, Status
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
BASE: Final = "/evaluation/indicators"
READ: Final[dict[str, Any]] = {"roles": INSIDE}
WRITE: Final[dict[str, Any]] = {"roles": WRITERS}
HOME: Final = Crumb("政策評価", "/evaluation")
SHELF: Final = Crumb("指標", BASE)
_NARROW: Final = str.maketrans("０１２３４５６７８９，．－％", "0123456789,.-%")


@cache
def sections() -> Mapping[str, str]:
    """The sections of the built-in policies by their keys."""
    return {
        section.key: f"{section.number} {section.title}"
        for found in policies.policies()
        for section in found.policy.sections
    }


def address(indicator_id: str, *parts: str) -> str:
    """The address of a page of an indicator."""
    return "/".join((BASE, indicator_id, *parts))


def crumbs(definition: Definition, *more: Crumb) -> list[Crumb]:
    """Where a page of an indicator stands; the last of `more` is the page itself."""
    own = Crumb(definition.indicator_id, address(definition.indicator_id))
    return [HOME, SHELF, own, *more]


def may_write(principal: Principal) -> bool:
    """Whether the person writes the evaluation."""
    return bool(principal.roles & WRITERS)


def status_of(standing: Standing) -> Status:
    """A standing as a chip: sign and word, and the rule."""
    return Status(standing.shown, cast("Colour", standing.colour), standing.meaning)


def line(sent: FormMultiDict | Mapping[str, Any], name: str, longest: int = 200) -> str:
    """What was typed, on one line without control characters."""
    text = str(sent.get(name, ""))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]


def text(sent: FormMultiDict | Mapping[str, Any], name: str, longest: int = 1000) -> str:
    """What was typed, lines kept."""
    raw = str(sent.get(name, "")).replace("\r\n", "\n")
    return "".join(c for c in raw if c.isprintable() or c == "\n").strip()[:longest]


def number(typed: str, name: str, what: str, faults: dict[str, str]) -> Decimal | None:
    """A number that was typed; what is wrong with it is added to the faults."""
    plain = typed.translate(_NARROW).replace(",", "").removesuffix("%").strip()
    if not plain:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) > LARGEST:
        faults[name] = (
            f"{what}「{typed[:30]}」は数ではありません。単位を付けずに数だけを入れてください。"
        )
        return None
    return round(found, 6)


def day(typed: str, name: str, what: str, faults: dict[str, str]) -> date | None:
    """A day that was typed in any calendar; what is wrong with it is added to the faults."""
    if not typed:
        faults[name] = (
            f"{what}がありません。令和8年9月30日、R8.9.30、2026-09-30 のように入れてください。"
        )
        return None
    try:
        return parse_date(typed)
    except InvalidError as refusal:
        faults[name] = f"{what}：{refusal.detail}"
        return None


def errors_of(faults: Mapping[str, str] | Sequence[tuple[str, str]]) -> FieldErrors:
    """Faults as the macros show them."""
    pairs = faults.items() if isinstance(faults, Mapping) else faults
    return FieldErrors(tuple(FieldError(name, found) for name, found in pairs))


def asked(one: Query | Stated | Constant | None, titles: Mapping[str, str]) -> str:
    """Numerator or denominator in words."""
    match one:
        case Query():
            limits = "、".join(f"{f.dimension}={'・'.join(f.values)}" for f in one.where)
            total = {"year": "年度計", "ever": "累計", "latest": "時点"}[one.total]
            again = f"、{one.distinct}の数" if one.distinct else ""
            times = f"、×{one.times}" if one.times != 1 else ""
            title = titles.get(one.measure, one.measure)
            return f"{title}（日次集計。{total}{again}{times}{f'。{limits}' if limits else ''}）"
        case Constant():
            return f"{one.value:,f}（{one.name}）"
        case Stated():
            return one.name
        case None:
            return ""


def shown_point(definition: Definition, point: Point | None) -> str:
    """A value with its unit."""
    return definition.with_unit(point.text if point else "")


def date_value(found: date | None) -> str:
    """A day as it stands in a field."""
    return both(found) if found else ""


def options(found: Mapping[str, str]) -> list[Option]:
    """Choices of a list."""
    return [Option(key, label) for key, label in found.items()]
