"""構成団体の移行 at a prefecture, and 移行の状況 of a body for itself."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Template

from jichitai.kernel.bodies import all_bodies
from jichitai.standardisation.progress.model import MeasureKind, SourceKind, Tally, body_class
from jichitai.standardisation.progress.results import BodyView
from jichitai.standardisation.views.answered import newest, told_of_members, told_of_own
from jichitai.standardisation.views.asking import AnyRequest, Asked, asked_of
from jichitai.standardisation.views.pages.boards import (
    AreaRow,
    area_late_tiles,
    board,
    card,
    late_words,
)
from jichitai.standardisation.views.pages.bodies import Action, body_values
from jichitai.standardisation.views.pages.setting import prefecture_name, setting
from jichitai.standardisation.views.places import OWN, Place, address, members
from jichitai.standardisation.views.scope import member_of, own_body
from jichitai.standardisation.views.standing import Told, late_tally, view_of
from jichitai.standardisation.views.sums import sum_of
from jichitai.web.components import Crumb
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_ANSWERS: Final = Action("調査に回答する", "/standardisation/answers")
_CHECKS: Final = Action("回答を確認する", "/standardisation/checks")


async def area(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The members of a prefecture, and the prefecture itself."""
    code, asked = principal.body_prefecture(), asked_of(request, clock.today())
    place, name = members(code), prefecture_name(code)
    told = newest(await told_of_members(db, code, asked))
    views = [_view(one.code, told, asked) for one in all_bodies() if one.prefecture_code == code]
    rows = [_row(one, place, asked) for one in views]
    stepped = sum_of(one.tally for one in views if one.steps_from)
    late = sum_of(late_tally(one.systems) for one in views if one.late_from)
    sets = {kind: next((d for d, _ in told if kind in d.holds), None) for kind in MeasureKind}
    context = {
        **setting(request, place, asked, [one for one, _ in told]),
        **board(request, asked, rows, sets[asked.counted], prefecture=code),
        "name": name,
        "cards": [
            card(kind, within=name, dataset=sets[kind], rates=[(name, stepped.rate(kind))])
            for kind in (MeasureKind.STEPS, MeasureKind.SYSTEMS)
        ],
        "late_tiles": area_late_tiles(late, sets[MeasureKind.LATE], len(views)),
        "late_words": late_words(late.late_bodies),
        "late_href": address(
            place.base, {**asked.values, "show": str(MeasureKind.LATE), "sort": "rate"}
        ),
        "crumbs": [],
    }
    return page(request, "standardisation/area.html", context)


def _view(code: str, told: Told, asked: Asked) -> BodyView:
    return view_of(code, told, on=asked.on, known_at=asked.known_at, kind=asked.source)


def _row(one: BodyView, place: Place, asked: Asked) -> AreaRow:
    late = asked.measure is MeasureKind.LATE
    counted = late_tally(one.systems) if late else one.tally
    there = one.late_from if late else one.steps_from
    return AreaRow(
        code=one.body.code,
        name=one.body.name,
        href=address(place.body(one.body.code), asked.values),
        kind=body_class(one.body),
        tally=counted if there else _silent(asked),
        measure=asked.measure,
    )


def _silent(asked: Asked) -> Tally | None:
    """A body that was asked and has not answered; one that a publication leaves out is neither."""
    return None if asked.source is SourceKind.OPEN else Tally(unanswered=1)


async def member(
    request: AnyRequest, code: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One member."""
    found, asked = member_of(principal, code), asked_of(request, clock.today())
    told = await told_of_members(db, found.prefecture_code, asked, code=found.code)
    crumbs = [Crumb("構成団体の移行", "/standardisation"), Crumb(found.name)]
    view = _view(found.code, told, asked)
    place = members(found.prefecture_code)
    return _body(request, view, place, asked, {"crumbs": crumbs, "actions": [_CHECKS]})


async def own(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """The body of the account."""
    found, asked = own_body(principal), asked_of(request, clock.today())
    view = _view(found.code, await told_of_own(db, found.code, asked), asked)
    return _body(request, view, OWN, asked, {"crumbs": [], "actions": [_ANSWERS]})


def _body(
    request: AnyRequest, view: BodyView, place: Place, asked: Asked, values: dict[str, Any]
) -> Template:
    used = {one.dataset_id: one for one in (view.steps_from, view.late_from) if one is not None}
    context = {
        **setting(request, place, asked, list(used.values())),
        **body_values(view, place),
        "contact": None,
        **values,
    }
    return page(request, "standardisation/body.html", context)
