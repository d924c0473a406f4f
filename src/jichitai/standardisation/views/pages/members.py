"""構成団体の移行 at a prefecture, and 移行の状況 of a body for itself."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Template

from jichitai.kernel.bodies import Body, all_bodies
from jichitai.standardisation.progress.model import MeasureKind, SourceKind, body_class
from jichitai.standardisation.progress.results import BodyView
from jichitai.standardisation.views.asking import AnyRequest, Asked, asked_of
from jichitai.standardisation.views.errors import NotShownHereError
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
from jichitai.standardisation.views.standing import Told, late_tally, published, view_of
from jichitai.standardisation.views.sums import sum_of
from jichitai.web.components import Crumb
from jichitai.web.frame import page
from jichitai.web.inject import LawClock, Who

_ANSWERS: Final = Action("調査に回答する", "/standardisation/answers")
_CHECKS: Final = Action("回答を確認する", "/standardisation/checks")


def _open(asked: Asked) -> None:
    """These tiers have the published data only; answers stand with the surveys."""
    if asked.source is not SourceKind.OPEN:
        raise NotShownHereError(
            "ここで見られるのは公表資料の数字です。団体の回答は「調査への回答」と「回答の確認」で見てください。"
        )


async def area(request: AnyRequest, principal: Who, clock: LawClock) -> Template:
    """The members of a prefecture, and the prefecture itself."""
    code, asked = principal.body_prefecture(), asked_of(request, clock.today())
    _open(asked)
    place, name = members(code), prefecture_name(code)
    own = [one for one in all_bodies() if one.prefecture_code == code]
    told = published([one.code for one in own], asked.known_at)
    views = [_view(one.code, told, asked) for one in own]
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
        "late_tiles": area_late_tiles(late, sets[MeasureKind.LATE], len(own)),
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
        tally=counted if there else None,
        measure=asked.measure,
    )


async def member(
    request: AnyRequest, code: FromPath[str], principal: Who, clock: LawClock
) -> Template:
    """One member."""
    found, asked = member_of(principal, code), asked_of(request, clock.today())
    _open(asked)
    crumbs = [Crumb("構成団体の移行", "/standardisation"), Crumb(found.name)]
    return _body(
        request,
        found,
        members(found.prefecture_code),
        asked,
        {"crumbs": crumbs, "actions": [_CHECKS]},
    )


async def own(request: AnyRequest, principal: Who, clock: LawClock) -> Template:
    """The body of the account."""
    asked = asked_of(request, clock.today())
    _open(asked)
    return _body(request, own_body(principal), OWN, asked, {"crumbs": [], "actions": [_ANSWERS]})


def _body(
    request: AnyRequest, found: Body, place: Place, asked: Asked, values: dict[str, Any]
) -> Template:
    told = published([found.code], asked.known_at)
    view = _view(found.code, told, asked)
    context = {
        **setting(request, place, asked, [one for one, _ in told]),
        **body_values(view, place),
        "contact": (),
        **values,
    }
    return page(request, "standardisation/body.html", context)
