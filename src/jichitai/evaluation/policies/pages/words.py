"""Addresses, crumbs and typed texts that the pages of policies share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from litestar import Request
from litestar.datastructures import FormMultiDict

from jichitai.evaluation.access import INSIDE, WRITERS
from jichitai.evaluation.policies.model import Policy, Section, year_text
from jichitai.evaluation.policies.store import Edition
from jichitai.web.components import Crumb, FieldError, FieldErrors, NavItem
from jichitai.web.rights import Principal

AnyRequest = Request[Any, Any, Any]
BASE: Final = "/evaluation/policies"
POLICY: Final = BASE + "/{number:int}/{year:int}"
MODEL: Final = POLICY + "/models/{section:str}"
READ: Final[dict[str, Any]] = {"roles": INSIDE}
WRITE: Final[dict[str, Any]] = {"roles": WRITERS}
HOME: Final = Crumb("政策評価", "/evaluation")
SHELF: Final = Crumb("政策と効果発現経路", BASE)
LONGEST_COMMENT: Final = 200


def address(policy: Policy, *parts: str) -> str:
    """The address of a page of a policy in its year."""
    return "/".join((BASE, str(policy.number), str(policy.fiscal_year), *parts))


def model_address(policy: Policy, section: str, *parts: str) -> str:
    """The address of a page of a logic model."""
    return address(policy, "models", section, *parts)


def crumbs(policy: Policy, *more: Crumb) -> list[Crumb]:
    """Where a page of a policy stands; the last of `more` is the page itself."""
    own = Crumb(f"政策{policy.number}（{year_text(policy.fiscal_year)}）", address(policy))
    return [HOME, SHELF, own, *more]


def model_crumb(policy: Policy, section: Section) -> Crumb:
    """The step of a section's logic model."""
    return Crumb(f"効果発現経路（{section.number}）", model_address(policy, section.key))


def may_write(principal: Principal) -> bool:
    """Whether the person writes the evaluation."""
    return bool(principal.roles & WRITERS)


def years_tabs(policy: Policy, years: Iterable[int], rest: str = "") -> list[NavItem]:
    """One tab for each year with an edition of its own, and for the year that is shown."""
    shown = sorted({*years, policy.fiscal_year}, reverse=True)
    return [
        NavItem(
            year_text(year),
            f"{BASE}/{policy.number}/{year}{rest}",
            current=year == policy.fiscal_year,
        )
        for year in shown
    ]


def line(sent: FormMultiDict, name: str) -> str:
    """What was typed, on one line without control characters."""
    text = str(sent.get(name, ""))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def lines(sent: FormMultiDict, name: str) -> list[str]:
    """What was typed, line by line; empty ones and marks at their beginnings left out."""
    text = str(sent.get(name, ""))
    clean = ("".join(c if c.isprintable() else " " for c in one) for one in text.splitlines())
    return [found for one in clean if (found := one.strip().lstrip("➢・○●").strip())]


def edition_in(sent: FormMultiDict) -> int:
    """The edition that a form was opened on."""
    text = str(sent.get("edition", ""))
    return int(text) if text.isdecimal() and len(text) < 8 else 0


def problems_of(problems: Mapping[str, str] | Sequence[tuple[str, str]]) -> FieldErrors:
    """Problems as the macros show them."""
    pairs = problems.items() if isinstance(problems, Mapping) else problems
    return FieldErrors(tuple(FieldError(name, text) for name, text in pairs))


def too_long(name: str, text: str, limit: int, what: str) -> dict[str, str]:
    """A problem when a text is longer than the limit."""
    if len(text) <= limit:
        return {}
    over = f"{what}は{limit}文字までです。今は{len(text)}文字あります。短くしてください。"
    return {name: over}


def edition_row(edition: Edition) -> dict[str, Any]:
    """An edition as a row of a table."""
    return {
        "edition": edition.edition,
        "at": edition.recorded_at,
        "by": edition.saved_name,
        "comment": edition.comment or "—",
    }
