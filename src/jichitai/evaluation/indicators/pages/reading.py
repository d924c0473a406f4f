"""The list of indicators, and one of them with its values in all editions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.indicators import service
from jichitai.evaluation.indicators.api.routes import known_at
from jichitai.evaluation.indicators.live import Step
from jichitai.evaluation.indicators.model import (
    Definition,
)
from jichitai.evaluation.indicators.pages import rows, words
from jichitai.evaluation.indicators.pages.words import BASE, READ, AnyRequest
from jichitai.evaluation.indicators.standing import Standing, Status
from jichitai.infra.clock import Clock
from jichitai.kernel.dates import JST, parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.web.components import Crumb, Option, Tile
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

Typed = Annotated[str, QueryParameter(max_length=40)]


def asked_day(typed: str, clock: Clock) -> tuple[datetime, str]:
    """The instant that a typed day stands for, and what is wrong with it."""
    if not typed:
        return known_at(None, clock), ""
    try:
        return known_at(parse_date(typed), clock), ""
    except InvalidError as refusal:
        return known_at(None, clock), refusal.detail


@get(BASE, opt=READ, include_in_schema=False)
async def indicators(
    request: AnyRequest,
    principal: Who,
    db: Db,
    clock: LawClock,
    section: Typed = "",
    standing: Typed = "",
    known: Typed = "",
) -> Template:
    """All indicators with their newest values and where they stand."""
    at, wrong = asked_day(known, clock)
    async with db.transaction(read_only=True) as tx:
        found = await service.definitions(tx, at)
        stand = await service.statuses(tx, at, on=at.astimezone(JST).date())
    shown = [
        one
        for one in found.values()
        if (not section or one.section == section)
        and (not standing or stand[one.indicator_id].standing == standing)
    ]
    groups = [
        (
            title,
            [
                rows.indicator_row(one, stand[one.indicator_id])
                for one in shown
                if one.section == key
            ],
        )
        for key, title in _titles(found).items()
    ]
    context = {
        "tiles": _tiles(list(stand.values())),
        "groups": [(title, found) for title, found in groups if found],
        "columns": rows.LIST,
        "sections": words.options(_titles(found)),
        "standings": [Option(str(one), one.shown) for one in Standing],
        "section": section,
        "standing": standing,
        "known": known,
        "errors": words.errors_of({"known": wrong} if wrong else {}),
        "csv": f"/api/v1/evaluation/indicators.csv?known={at.astimezone(JST):%Y-%m-%d}",
        "at": at,
        "writes": words.may_write(principal),
        "meanings": [(one.shown, one.meaning) for one in Standing],
        "crumbs": [words.HOME, Crumb("指標")],
    }
    status = 422 if wrong else 200
    return page(request, "evaluation_indicators/list.html", context, status=status)


def _titles(found: Mapping[str, Definition]) -> dict[str, str]:
    """Sections by key: those of the policies first, then any others that definitions name."""
    named = words.sections()
    others = {one.section: one.section for one in found.values() if one.section not in named}
    return {**named, **others}


def _tiles(stand: Sequence[Status]) -> list[Tile]:
    return [
        Tile(one.shown, sum(status.standing is one for status in stand), "指標")
        for one in Standing
        if any(status.standing is one for status in stand)
    ]


@get(BASE + "/{indicator_id:str}", opt=READ, include_in_schema=False)
async def indicator(
    request: AnyRequest,
    indicator_id: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
    known: Typed = "",
    breakdown: Typed = "",
) -> Template:
    """One indicator: where it stands, its values with all editions, targets and definitions."""
    at, wrong = asked_day(known, clock)
    today = at.astimezone(JST).date()
    async with db.transaction(read_only=True) as tx:
        versions = await service.versions(tx, indicator_id, at)
        one = versions[0]
        every = await service.definitions(tx, at)
        wanted = [key for key in (indicator_id, one.replaces) if key in every]
        values = await service.points(tx, wanted, at)
        aims = (await service.targets(tx, [indicator_id], at)).get(indicator_id, [])
        status = (await service.statuses(tx, at, on=today, ids=[indicator_id]))[indicator_id]
        until = status.target.on if status.target else None
        ahead = (
            await service.forecast(tx, indicator_id, at, on=until)
            if until and until > today
            else None
        )
        dimension = breakdown if breakdown in one.breakdowns else ""
        apart = (
            (await service.points(tx, [indicator_id], at, breakdown=dimension))[indicator_id]
            if dimension
            else []
        )
        drawn = (
            (await service.points(tx, [indicator_id], at, step=Step.MONTH))[indicator_id]
            if rows.standing_figure(one)
            else values[indicator_id]
        )
    points = values[indicator_id]
    writes = words.may_write(principal) and not known
    context = {
        "one": one,
        "base": words.address(indicator_id),
        "status": words.status_of(status.standing),
        "value": words.shown_point(one, status.point),
        "reason": status.reason,
        "point": status.point,
        "value_known": status.point is not None,
        "about": rows.label_of(status.point) if status.point else "",
        "figure": rows.figure_of(one, drawn, status, ahead),
        "finding": rows.finding_of(one, status, at),
        "ahead": rows.ahead_of(one, ahead),
        "facts": rows.facts_of(one),
        "value_columns": rows.VALUES,
        "values": [rows.value_row(one, point, writes=writes) for point in reversed(points)],
        "target_columns": rows.TARGETS,
        "targets": [rows.target_row(one, target, writes=writes) for target in reversed(aims)],
        "definition_columns": rows.DEFINITIONS,
        "definitions": [rows.definition_row(found) for found in versions],
        "before": every.get(one.replaces),
        "before_values": [
            rows.value_row(every[one.replaces], point, writes=False)
            for point in reversed(values.get(one.replaces, []))
        ],
        "after": [found for found in every.values() if found.replaces == indicator_id],
        "breakdowns": [Option(name, rows.DIMENSIONS.get(name, name)) for name in one.breakdowns],
        "breakdown": dimension,
        "parts": rows.part_rows(one, apart, dimension),
        "part_title": rows.DIMENSIONS.get(dimension, dimension),
        "known": known,
        "errors": words.errors_of({"known": wrong} if wrong else {}),
        "at": at,
        "earlier": bool(known),
        "writes": writes,
        "saved": request.query_params.get("saved", "") == "1",
        "crumbs": [words.HOME, words.SHELF, Crumb(indicator_id)],
    }
    code = 422 if wrong else 200
    return page(request, "evaluation_indicators/one.html", context, status=code)


READING_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (indicators, indicator)
