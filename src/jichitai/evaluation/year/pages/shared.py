"""What the pages of 一年の仕事 share: addresses, the fiscal year of an address, tabs."""

from typing import Any, Final

from litestar import Request
from litestar.params import URLEncodedBody

from jichitai.evaluation.access import WRITERS
from jichitai.evaluation.indicators.model import year_label
from jichitai.evaluation.year.model import Kind
from jichitai.infra.clock import Clock
from jichitai.kernel.dates import fiscal_year
from jichitai.web.components import Crumb, NavItem
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]

HOME: Final = "/evaluation/year"
SLUGS: Final[dict[Kind, str]] = {
    Kind.TASK: "tasks",
    Kind.REQUEST: "requests",
    Kind.REVIEW: "reviews",
    Kind.USE: "uses",
}


def place(kind: Kind) -> str:
    """The list of a kind of record."""
    return HOME if kind is Kind.TASK else f"{HOME}/{SLUGS[kind]}"


def year_of(request: AnyRequest, clock: Clock) -> int:
    """The fiscal year that an address asks for; this one without."""
    text = request.query_params.get("fiscal_year", "")
    this = fiscal_year(clock.today())
    if text.isascii() and text.isdigit() and 2015 <= int(text[:6]) <= this + 2:
        return int(text)
    return this


def tabs(kind: Kind, year: int) -> list[NavItem]:
    """The four kinds of records of a year."""
    words = {one: "予定と仕事" if one is Kind.TASK else one.word for one in Kind}
    return [
        NavItem(words[one], f"{place(one)}?fiscal_year={year}", current=one is kind) for one in Kind
    ]


def crumbs(*more: Crumb) -> list[Crumb]:
    """The way to a page."""
    return [Crumb("政策評価", "/evaluation"), Crumb("一年の仕事", HOME), *more]


def years(year: int, clock: Clock) -> list[NavItem]:
    """The years beside this one."""
    this = fiscal_year(clock.today())
    shown = sorted({this - 1, this, this + 1, year})
    return [NavItem(year_label(one), f"?fiscal_year={one}", current=one == year) for one in shown]


def writes(principal: Principal) -> bool:
    """Whether somebody may write."""
    return bool(WRITERS & principal.roles)


def clean(form: dict[str, str]) -> dict[str, str]:
    """A form without what the database cannot keep."""
    return {name: str(value).replace("\0", "") for name, value in form.items()}
