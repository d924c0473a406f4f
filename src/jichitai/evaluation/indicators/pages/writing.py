"""Forms of values and targets: entered, corrected with a reason, changed with a reason."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.indicators import entering, service
from jichitai.evaluation.indicators.checks import CONFIDENCE, Entry, NewTarget
from jichitai.evaluation.indicators.errors import (
    AlreadyEnteredError,
    CountedHereError,
    StaleValueError,
    UnknownPointError,
)
from jichitai.evaluation.indicators.model import (
    Constant,
    Definition,
    Point,
    Target,
    day_label,
    goal_text,
)
from jichitai.evaluation.indicators.pages import words
from jichitai.evaluation.indicators.pages.words import BASE, WRITE, AnyRequest
from jichitai.infra.database import Tx
from jichitai.kernel.dates import both
from jichitai.web.components import Crumb, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_ONE: Final = BASE + "/{indicator_id:str}"
_SURE: Final = [Option(key, text) for key, text in CONFIDENCE.items() if key != "counted"]
_REFUSALS: Final = (AlreadyEnteredError, CountedHereError, StaleValueError, UnknownPointError)


# --- values --------------------------------------------------------------------------------------


@get(_ONE + "/values/new", opt=WRITE, include_in_schema=False)
async def blank_value(
    request: AnyRequest, indicator_id: FromPath[str], db: Db, clock: LawClock
) -> Template:
    """An empty form."""
    async with db.transaction(read_only=True) as tx:
        definition = await service.definition_of(tx, indicator_id, clock.now())
    return _value_page(request, definition, None, {}, {})


@get(_ONE + "/values/{as_of:str}", opt=WRITE, include_in_schema=False)
async def known_value(
    request: AnyRequest,
    indicator_id: FromPath[str],
    as_of: FromPath[str],
    db: Db,
    clock: LawClock,
) -> Template:
    """The form of a correction, filled in with the edition that holds."""
    async with db.transaction(read_only=True) as tx:
        definition, point = await _holding(tx, indicator_id, as_of, clock.now())
    return _value_page(request, definition, point, _filled(definition, point), {})


@post(_ONE + "/values/new", opt=WRITE, include_in_schema=False)
async def enter_value(
    request: AnyRequest, indicator_id: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """実績値を記録する."""
    sent = await request.form()
    faults: dict[str, str] = {}
    async with db.transaction(read_only=True) as tx:
        definition = await service.definition_of(tx, indicator_id, clock.now())
    as_of = words.day(words.line(sent, "as_of"), "as_of", "時点", faults)
    entry = _entry(sent, indicator_id, as_of, faults)
    if not faults:
        try:
            async with db.transaction() as tx:
                await entering.enter(tx, entry, by=principal.actor, clock=clock)
        except FaultyEntryError as refusal:
            faults = dict(refusal.faults)
        except AlreadyEnteredError as refusal:
            faults = {"as_of": refusal.detail}
        except _REFUSALS as refusal:
            faults = {"": refusal.detail}
    if faults:
        return _value_page(request, definition, None, _typed(sent), faults)
    return Redirect(f"{words.address(indicator_id)}?saved=1", status_code=303)


@post(_ONE + "/values/{as_of:str}", opt=WRITE, include_in_schema=False)
async def correct_value(
    request: AnyRequest,
    indicator_id: FromPath[str],
    as_of: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """実績値を訂正する: another edition; the one before stays."""
    sent = await request.form()
    faults: dict[str, str] = {}
    async with db.transaction(read_only=True) as tx:
        definition, point = await _holding(tx, indicator_id, as_of, clock.now())
    entry = _entry(sent, indicator_id, point.as_of, faults)
    if not faults:
        try:
            async with db.transaction() as tx:
                await entering.correct(
                    tx, entry, edition=_edition(sent), by=principal.actor, clock=clock
                )
        except FaultyEntryError as refusal:
            faults = dict(refusal.faults)
        except _REFUSALS as refusal:
            faults = {"": refusal.detail}
    if faults:
        return _value_page(request, definition, point, _typed(sent), faults)
    return Redirect(f"{words.address(indicator_id)}?saved=1", status_code=303)


async def _holding(tx: Tx, indicator_id: str, as_of: str, at: datetime) -> tuple[Definition, Point]:
    definition = await service.definition_of(tx, indicator_id, at)
    found = await service.points(tx, [indicator_id], at)
    for point in found[indicator_id]:
        same = point.version == definition.version and point.holds and not point.live
        if same and point.as_of.isoformat() == as_of:
            return definition, point
    raise UnknownPointError(
        "この時点の実績値はありません。指標のページの一覧から、訂正する値を選び直してください。"
    )


def _entry(
    sent: FormMultiDict, indicator_id: str, as_of: date | None, faults: dict[str, str]
) -> Entry:
    return Entry(
        indicator_id=indicator_id,
        as_of=as_of or date.min,
        dated=words.line(sent, "dated") != "no",
        label=words.line(sent, "label", 100),
        value=words.number(words.line(sent, "value"), "value", "値", faults),
        words=words.line(sent, "words", 60),
        numerator=words.number(words.line(sent, "numerator"), "numerator", "分子", faults),
        denominator=words.number(words.line(sent, "denominator"), "denominator", "分母", faults),
        rate_only=bool(words.line(sent, "rate_only")),
        source=words.line(sent, "source"),
        confidence=words.line(sent, "confidence", 40),
        reason=words.text(sent, "reason"),
    )


_FIELDS: Final = (
    "as_of", "label", "value", "words", "numerator", "denominator", "rate_only", "source",
    "confidence", "reason", "dated",
)  # fmt: skip


def _typed(sent: FormMultiDict) -> dict[str, str]:
    return {name: words.text(sent, name) for name in _FIELDS}


def _filled(definition: Definition, point: Point) -> dict[str, str]:
    """The edition that holds, as the form shows it; the reason is for the next one."""
    return {
        "as_of": both(point.as_of),
        "label": "" if point.label == day_label(point.as_of) else point.label,
        "value": "" if point.value is None else f"{point.value.normalize():f}",
        "words": point.text if point.value is None else "",
        "numerator": "" if point.numerator is None else f"{point.numerator:f}",
        "denominator": "" if point.denominator is None else f"{point.denominator:f}",
        "rate_only": "1" if definition.rate and point.numerator is None else "",
        "source": point.source,
        "confidence": point.confidence,
        "reason": "",
        "dated": "yes" if point.dated else "no",
    }


def _value_page(
    request: AnyRequest,
    definition: Definition,
    point: Point | None,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> Template:
    base = words.address(definition.indicator_id)
    what = "実績値を訂正する" if point else "実績値を記録する"
    whole = definition.denominator
    context = {
        "one": definition,
        "point": point,
        "before": words.shown_point(definition, point),
        "what": what,
        "typed": {**dict.fromkeys(_FIELDS, ""), "confidence": "reported", **typed},
        "errors": words.errors_of(faults),
        "sure": _SURE,
        "whole": f"{whole.value:f}" if isinstance(whole, Constant) else "",
        "names": [words.asked(one, {}) for one in (definition.numerator, whole)],
        "action": f"{base}/values/{point.as_of.isoformat() if point else 'new'}",
        "back": base,
        "crumbs": words.crumbs(definition, Crumb(what)),
    }
    status = 422 if faults else 200
    return page(request, "evaluation_indicators/value.html", context, status=status)


# --- targets -------------------------------------------------------------------------------------


@get(_ONE + "/targets/new", opt=WRITE, include_in_schema=False)
async def blank_target(
    request: AnyRequest, indicator_id: FromPath[str], db: Db, clock: LawClock
) -> Template:
    """An empty form."""
    async with db.transaction(read_only=True) as tx:
        definition = await service.definition_of(tx, indicator_id, clock.now())
    return _target_page(request, definition, None, {}, {})


@get(_ONE + "/targets/{on:str}", opt=WRITE, include_in_schema=False)
async def known_target(
    request: AnyRequest, indicator_id: FromPath[str], on: FromPath[str], db: Db, clock: LawClock
) -> Template:
    """The form of a change, filled in with the edition that holds."""
    async with db.transaction(read_only=True) as tx:
        definition, target = await _aimed(tx, indicator_id, on, clock.now())
    typed = {
        "value": "" if target.value is None else f"{target.value.normalize():f}",
        "words": "" if target.text == goal_text(target.value) else target.text,
        "yearly": "1" if target.yearly else "",
        "source": target.source,
    }
    return _target_page(request, definition, target, typed, {})


@post(_ONE + "/targets/new", opt=WRITE, include_in_schema=False)
async def new_target(
    request: AnyRequest, indicator_id: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """目標を記録する."""
    sent = await request.form()
    faults: dict[str, str] = {}
    async with db.transaction(read_only=True) as tx:
        definition = await service.definition_of(tx, indicator_id, clock.now())
    on = words.day(words.line(sent, "on"), "on", "期限", faults)
    new = _new_target(sent, indicator_id, on, faults)
    if not faults:
        try:
            async with db.transaction() as tx:
                await entering.set_target(tx, new, by=principal.actor, clock=clock)
        except FaultyEntryError as refusal:
            faults = dict(refusal.faults)
        except StaleValueError as refusal:
            faults = {"on": refusal.detail}
    if faults:
        return _target_page(request, definition, None, _typed_target(sent), faults)
    return Redirect(f"{words.address(indicator_id)}?saved=1", status_code=303)


@post(_ONE + "/targets/{on:str}", opt=WRITE, include_in_schema=False)
async def change_target(
    request: AnyRequest,
    indicator_id: FromPath[str],
    on: FromPath[str],
    principal: Who,
    db: Db,
    clock: LawClock,
) -> Template | Redirect:
    """目標を改める: another edition; the one before stays."""
    sent = await request.form()
    faults: dict[str, str] = {}
    async with db.transaction(read_only=True) as tx:
        definition, target = await _aimed(tx, indicator_id, on, clock.now())
    new = _new_target(sent, indicator_id, target.on, faults)
    if not faults:
        try:
            async with db.transaction() as tx:
                await entering.set_target(
                    tx, new, edition=_edition(sent), by=principal.actor, clock=clock
                )
        except FaultyEntryError as refusal:
            faults = dict(refusal.faults)
        except StaleValueError as refusal:
            faults = {"": refusal.detail}
    if faults:
        return _target_page(request, definition, target, _typed_target(sent), faults)
    return Redirect(f"{words.address(indicator_id)}?saved=1", status_code=303)


async def _aimed(tx: Tx, indicator_id: str, on: str, at: datetime) -> tuple[Definition, Target]:
    definition = await service.definition_of(tx, indicator_id, at)
    found = (await service.targets(tx, [indicator_id], at)).get(indicator_id, [])
    for target in found:
        same = target.version == definition.version and target.superseded_at is None
        if same and target.on.isoformat() == on:
            return definition, target
    raise UnknownPointError(
        "この期限の目標はありません。指標のページの一覧から、改める目標を選び直してください。"
    )


def _new_target(
    sent: FormMultiDict, indicator_id: str, on: date | None, faults: dict[str, str]
) -> NewTarget:
    return NewTarget(
        indicator_id=indicator_id,
        on=on or date.max,
        value=words.number(words.line(sent, "value"), "value", "目標値", faults),
        words=words.line(sent, "words", 60),
        yearly=bool(words.line(sent, "yearly")),
        source=words.line(sent, "source"),
        reason=words.text(sent, "reason"),
    )


_AIMED: Final = ("on", "value", "words", "yearly", "source", "reason")


def _typed_target(sent: FormMultiDict) -> dict[str, str]:
    return {name: words.text(sent, name) for name in _AIMED}


def _target_page(
    request: AnyRequest,
    definition: Definition,
    target: Target | None,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> Template:
    base = words.address(definition.indicator_id)
    what = "目標を改める" if target else "目標を記録する"
    context: dict[str, Any] = {
        "one": definition,
        "target": target,
        "before": definition.with_unit(target.text) if target else "",
        "what": what,
        "typed": {**dict.fromkeys(_AIMED, ""), **typed},
        "errors": words.errors_of(faults),
        "action": f"{base}/targets/{target.on.isoformat() if target else 'new'}",
        "back": base,
        "crumbs": words.crumbs(definition, Crumb(what)),
    }
    status = 422 if faults else 200
    return page(request, "evaluation_indicators/target.html", context, status=status)


def _edition(sent: FormMultiDict) -> int:
    typed = str(sent.get("edition", ""))
    return int(typed) if typed.isdecimal() and len(typed) < 8 else 0


WRITING_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (
    blank_value,
    known_value,
    enter_value,
    correct_value,
    blank_target,
    known_target,
    new_target,
    change_target,
)
