"""Lists of bodies: those with late systems, and all of them by name."""

from dataclasses import dataclass
from typing import Final

from litestar import Response
from litestar.response import Template

from jichitai.correspondence.store.contacts import Contact
from jichitai.kernel.dates import wareki
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.model import BodyClass, MeasureKind, body_class
from jichitai.standardisation.progress.results import LateBody, LateFilters, LatePage
from jichitai.standardisation.views import tabular
from jichitai.standardisation.views.asking import (
    AnyRequest,
    Asked,
    Narrowed,
    narrowed_of,
)
from jichitai.standardisation.views.errors import UnknownChoiceError
from jichitai.standardisation.views.offices import offices
from jichitai.standardisation.views.pages.setting import (
    asked_at,
    crumbs,
    options,
    setting,
    typed,
)
from jichitai.standardisation.views.places import Place, address
from jichitai.standardisation.views.reasons import reason_name
from jichitai.standardisation.views.words import Cell, cell
from jichitai.web.components import Column, Crumb, Finding, Page
from jichitai.web.formats import date_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock

_ROWS: Final = 50
_ROUNDS: Final = "/standardisation/rounds"
"""Where bodies are asked and reminded."""
_LATE: Final = (
    Column("name", "団体", head=True),
    Column("count", "間に合わない／対象", align="end"),
    Column("businesses", "業務と理由", wide=True),
    Column("target", "最も遅い目標日"),
)
_CONTACT: Final = Column("contact", "連絡先", wide=True)
_BODIES: Final = (
    Column("name", "団体", head=True),
    Column("kind", "区分"),
    Column("rate", MeasureKind.STEPS.label, align="end"),
    Column("whole", MeasureKind.SYSTEMS.label, align="end"),
    Column("late", "間に合わないシステム", align="end"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRow:
    """A body with late systems, and whom to call."""

    name: str
    href: str
    kind: str
    count: str
    businesses: str
    reasons: str
    target: object
    slips: str
    contact: str = "未登録"
    office: str = ""
    mail: str = ""
    phone: str = ""

    @classmethod
    def of(cls, one: LateBody, place: Place, asked: Asked, contact: Contact | None) -> "LateRow":
        """The line of a body."""
        return cls(
            name=one.name,
            href=address(place.body(one.code), asked.values),
            kind=one.body_class,
            count=f"{one.late:,}／{one.systems:,}",
            businesses="すべて" if one.late == one.systems else "、".join(one.businesses),
            reasons="、".join(reason_name(n) for n in one.reason_classes) or "未公表",
            target=date_text(one.last_target, short=True) if one.last_target else "未公表",
            slips=f"先送り{one.slips:,}回" if one.slips else "",
            office=contact.office if contact else "",
            mail=contact.mail if contact else "",
            phone=contact.phone if contact else "",
        )


def late_filters(narrowed: Narrowed) -> LateFilters:
    """The list's form as the query takes it."""
    return LateFilters(
        prefecture=narrowed.prefecture,
        body_class=BodyClass(narrowed.kind) if narrowed.kind else None,
        business=narrowed.business,
        reason_class=int(narrowed.reason) if narrowed.reason else None,
    )


def after_of(text: str) -> tuple[int, str] | None:
    """Where a page of the list begins.

    Raises:
        UnknownChoiceError: not what a link of the list says.

    >>> after_of("18.011002")
    (18, '011002')
    """
    if not text:
        return None
    count, _, code = text.partition(".")
    if not (count.isdecimal() and len(count) <= 2 and code.isdecimal() and len(code) == 6):
        raise UnknownChoiceError(
            "一覧の続きの位置を読み取れません。続きが決まらないため、一覧を最初から開き直してください。"
        )
    return int(count), code


async def late(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """Bodies with late systems, most first."""
    place, asked = asked_at(request, clock.today())
    narrowed = narrowed_of(request.query_params)
    after = after_of(request.query_params.get("after", ""))
    first = _first(request, after)
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        found = await service.late_bodies(
            tx, filters=late_filters(narrowed), after=after, limit=_ROWS, **asked.times
        )
        contacts = await offices(tx, [one.code for one in found.rows]) if place.inside else {}
    values = typed(asked, narrowed)
    context = {
        **setting(request, place, asked, known),
        "as_of_text": wareki(found.dataset.as_of) if found.dataset else "—",
        "options": options(),
        "typed": values,
        "columns": (*_LATE, _CONTACT) if place.inside else _LATE,
        "rows": [LateRow.of(one, place, asked, contacts.get(one.code)) for one in found.rows],
        "page": _paged(found, place, values, first),
        "csv": address(f"{place.late}.csv", values),
        "remind": _ROUNDS if place.inside else "",
        "finding": _finding(found),
        "crumbs": crumbs(place, asked, Crumb("期限に間に合わないシステム")),
    }
    return page(request, "standardisation/late.html", context)


def _first(request: AnyRequest, after: tuple[int, str] | None) -> int:
    """The number of the first row, as the link that led here says."""
    text = request.query_params.get("row", "")
    return int(text) if after and text.isdecimal() and 0 < int(text[:5]) <= 1_788 else 1


def _paged(found: LatePage, place: Place, values: dict[str, str], first: int) -> Page:
    following = ""
    if found.after is not None:
        count, code = found.after
        following = address(
            place.late,
            {**values, "after": f"{count}.{code}", "row": str(first + len(found.rows))},
        )
    return Page(
        first,
        len(found.rows),
        found.total,
        previous=address(place.late, values) if first > 1 else "",
        next=following,
        unit="団体",
    )


def _finding(found: LatePage) -> Finding:
    return Finding(
        text="",
        source=found.dataset.source if found.dataset else "—",
        as_of=wareki(found.dataset.as_of) if found.dataset else "—",
        definition=MeasureKind.LATE.definition,
    )


async def late_csv(request: AnyRequest, db: Db, clock: LawClock) -> Response[bytes]:
    """The same list as CSV."""
    place, asked = asked_at(request, clock.today())
    narrowed = narrowed_of(request.query_params)
    async with db.transaction(read_only=True) as tx:
        rows = await tabular.late_rows(tx, asked, late_filters(narrowed), contacts=place.inside)
    return tabular.attached(tabular.as_csv(rows), f"late-{asked.on}.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBody:
    """A body found by its name, with its figures."""

    name: str
    href: str
    kind: str
    steps: Cell
    systems: Cell
    late: str

    @property
    def rate(self) -> str:
        """By steps."""
        return self.steps.text

    @property
    def whole(self) -> str:
        """By systems."""
        return self.systems.text


async def bodies(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """Bodies by name, prefecture and kind."""
    place, asked = asked_at(request, clock.today())
    narrowed = narrowed_of(request.query_params)
    every = narrowed.bodies
    after = request.query_params.get("after", "")[:6]
    start = sum(one.code <= after for one in every)
    shown = every[start : start + _ROWS]
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        stepped = await service.by_body(tx, measure=MeasureKind.STEPS, **asked.times)
        lated = await service.by_body(tx, measure=MeasureKind.LATE, **asked.times)
    rows = []
    for one in shown:
        tally, slow = stepped.get(one.code), lated.get(one.code)
        rows.append(
            FoundBody(
                name=one.full_name,
                href=address(place.body(one.code), asked.values),
                kind=body_class(one),
                steps=cell(MeasureKind.STEPS, tally),
                systems=cell(MeasureKind.SYSTEMS, tally),
                late=f"{slow.late:,}" if slow else "—",
            )
        )
    values = typed(asked, narrowed)
    back = every[start - _ROWS - 1].code if start > _ROWS else ""
    paging = Page(
        start + 1,
        len(shown),
        len(every),
        previous=address(place.bodies, {**values, "after": back}) if start else "",
        next=address(place.bodies, {**values, "after": shown[-1].code})
        if start + len(shown) < len(every)
        else "",
        unit="団体",
    )
    context = {
        **setting(request, place, asked, known),
        "options": options(),
        "typed": values,
        "columns": _BODIES,
        "rows": rows,
        "page": paging,
        "crumbs": crumbs(place, asked, Crumb("団体を探す")),
    }
    return page(request, "standardisation/bodies.html", context)
