"""The form of a definition: a new indicator, other words, or a new series."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.indicators import entering, service
from jichitai.evaluation.indicators.errors import StaleValueError
from jichitai.evaluation.indicators.model import (
    Baseline,
    Constant,
    Definition,
    Direction,
    Filter,
    Frequency,
    Level,
    Query,
    Stated,
    Total,
)
from jichitai.evaluation.indicators.pages import words
from jichitai.evaluation.indicators.pages.words import BASE, WRITE, AnyRequest
from jichitai.kernel.dates import both
from jichitai.web.components import Crumb, Option
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_KINDS: Final = {
    "": "入力する（名前なし）",
    "stated": "出典が示す数（名前を付ける）",
    "constant": "決まった数",
    "query": "日次集計から数える",
}
_TOTALS: Final = {
    Total.YEAR: "年度計（件数を足す）",
    Total.EVER: "累計（はじめから足す）",
    Total.LATEST: "時点（その日の現在数）",
}
_LINES: Final = ("source", "survey", "collector", "owner")
_USUAL: Final = (Decimal(100), Decimal(80))
_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Za-z0-9]+){1,4}")
_FIELDS: Final = (
    "indicator_id", "name", "definition", "unit", "decimals", "direction", "level", "section",
    "frequency", "source", "survey", "collector", "owner", "note", "replaces", "valid_from",
    "release_lag", "cumulative", "baseline_value", "baseline_on", "baseline_source", "good", "near", "breakdowns", "new_series", "reason",
    *(
        f"{part}_{name}"
        for part in ("numerator", "denominator")
        for name in ("kind", "name", "value", "measure", "total", "where", "distinct", "times")
    ),
)  # fmt: skip


@get(BASE + "/new", opt=WRITE, include_in_schema=False)
async def blank(request: AnyRequest, clock: LawClock) -> Template:
    """An empty form."""
    typed = {
        "valid_from": both(clock.today()), "decimals": "0", "indicator_id": "P8-",
        "good": "100", "near": "80",
    }  # fmt: skip
    return _page(request, None, typed, {})


@get(BASE + "/{indicator_id:str}/definition", opt=WRITE, include_in_schema=False)
async def known(
    request: AnyRequest, indicator_id: FromPath[str], db: Db, clock: LawClock
) -> Template:
    """The form filled in with the definition that holds."""
    async with db.transaction(read_only=True) as tx:
        definition = await service.definition_of(tx, indicator_id, clock.now())
    return _page(request, definition, _filled(definition), {})


@post(BASE + "/new", opt=WRITE, include_in_schema=False)
async def define(
    request: AnyRequest, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """指標を定義する."""
    sent = await request.form()
    faults: dict[str, str] = {}
    indicator_id = words.line(sent, "indicator_id", 40)
    if not _ID.fullmatch(indicator_id):
        faults["indicator_id"] = (
            "指標番号は P8-4-10 のように、大文字で始まる英数字を - でつないで入れてください。"
        )
    read = _read(sent, indicator_id, None, faults)
    if not faults and read is not None:
        try:
            async with db.transaction() as tx:
                await entering.define(
                    tx, read, new_series=False, reason="", by=principal.actor, clock=clock
                )
        except FaultyEntryError as refusal:
            faults = _placed(refusal.faults)
        except StaleValueError:
            faults = {
                "indicator_id": "この番号の指標は既にあります。別の番号にするか、その指標の定義を変えてください。"
            }
    if faults:
        return _page(request, None, _typed(sent), faults)
    return Redirect(f"{words.address(indicator_id)}?saved=1", status_code=303)


@post(BASE + "/{indicator_id:str}/definition", opt=WRITE, include_in_schema=False)
async def change(
    request: AnyRequest, indicator_id: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """定義を変える: other words for the series, or a new series beside it."""
    sent = await request.form()
    faults: dict[str, str] = {}
    async with db.transaction(read_only=True) as tx:
        before = await service.definition_of(tx, indicator_id, clock.now())
    read = _read(sent, indicator_id, before, faults)
    if not faults and read is not None:
        try:
            async with db.transaction() as tx:
                await entering.define(
                    tx,
                    read,
                    new_series=bool(words.line(sent, "new_series")),
                    reason=words.text(sent, "reason"),
                    by=principal.actor,
                    clock=clock,
                )
        except FaultyEntryError as refusal:
            faults = _placed(refusal.faults)
        except StaleValueError as refusal:
            faults = {"": refusal.detail}
    if faults:
        return _page(request, before, _typed(sent), faults)
    return Redirect(f"{words.address(indicator_id)}?saved=1", status_code=303)


def _placed(faults: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Faults at the fields of the form."""
    parts = {"numerator": "numerator_kind", "denominator": "denominator_kind"}
    return {parts.get(field, field): text for field, text in faults}


def _typed(sent: FormMultiDict) -> dict[str, str]:
    return {name: words.text(sent, name) for name in _FIELDS}


def _read(
    sent: FormMultiDict, indicator_id: str, before: Definition | None, faults: dict[str, str]
) -> Definition | None:
    """What the form says; the rest of a definition that is there already stays."""
    edition = words.line(sent, "edition", 8)
    version = words.line(sent, "version", 8)
    valid_from = words.day(words.line(sent, "valid_from"), "valid_from", "数え始めの日", faults)
    whole = {
        "indicator_id": indicator_id,
        "version": int(version) if before and version.isdecimal() else 1,
        "edition": int(edition) if before and edition.isdecimal() else 0,
        "name": words.line(sent, "name"),
        "definition": words.text(sent, "definition"),
        "unit": words.line(sent, "unit", 40),
        "decimals": _whole(sent, "decimals", 6, faults) or 0,
        "direction": words.line(sent, "direction", 40),
        "level": words.line(sent, "level", 40),
        "section": words.line(sent, "section", 40),
        "frequency": words.line(sent, "frequency", 40),
        "note": words.text(sent, "note"),
        "replaces": words.line(sent, "replaces", 40),
        "release_lag": _whole(sent, "release_lag", 3650, faults),
        "cumulative": bool(words.line(sent, "cumulative")),
        "breakdowns": tuple(words.line(sent, "breakdowns").replace("、", ",").split(","))
        if words.line(sent, "breakdowns")
        else (),
        **{name: words.line(sent, name) for name in _LINES},
    }
    parts = {name: _part(sent, name, faults) for name in ("numerator", "denominator")}
    if isinstance(parts["numerator"], Constant):
        faults["numerator_kind"] = "分子を決まった数にはできません。数えるものを選んでください。"
    if not whole["name"]:
        faults["name"] = "指標の名前がありません。入れてください。"
    if faults or valid_from is None:
        return None
    kept = {"thresholds": _thresholds(sent, faults), "baseline": _baseline(sent, faults)}
    if faults:
        return None
    try:
        plain = msgspec.to_builtins(whole) | {"valid_from": valid_from.isoformat()}
        read = msgspec.convert(plain, Definition)
    except msgspec.ValidationError as error:
        faults[""] = f"選んだ値が一覧にありません。一覧から選び直してください（{error}）。"
        return None
    return msgspec.structs.replace(read, **parts, **kept)


def _baseline(sent: FormMultiDict, faults: dict[str, str]) -> Baseline | None:
    """Where it stood before, when a value is given."""
    value = words.number(words.line(sent, "baseline_value"), "baseline_value", "基準値", faults)
    if value is None:
        return None
    on = words.day(words.line(sent, "baseline_on"), "baseline_on", "基準値の時点", faults)
    source = words.line(sent, "baseline_source")
    return Baseline(value=value, on=on, source=source) if on else None


def _thresholds(sent: FormMultiDict, faults: dict[str, str]) -> tuple[Decimal, Decimal]:
    """Shares of the way for 順調 and やや遅れ."""
    good = words.number(words.line(sent, "good") or "100", "good", "しきい値", faults)
    near = words.number(words.line(sent, "near") or "80", "near", "しきい値", faults)
    if good is None or near is None:
        return _USUAL
    if not 0 <= near <= good <= 1000:
        faults["near"] = "やや遅れのしきい値は、0以上、順調のしきい値以下にしてください。"
    return good, near


def _whole(sent: FormMultiDict, name: str, most: int, faults: dict[str, str]) -> int | None:
    typed = words.line(sent, name)
    if not typed:
        return None
    if not (typed.isascii() and typed.isdecimal() and int(typed[:6]) <= most):
        faults[name] = f"0から{most}までの整数を入れてください。"
        return None
    return int(typed)


def _part(
    sent: FormMultiDict, part: str, faults: dict[str, str]
) -> Query | Constant | Stated | None:
    """Numerator or denominator from its fields."""
    kind, name = words.line(sent, f"{part}_kind", 20), words.line(sent, f"{part}_name")
    if kind == "stated":
        if not name:
            faults[f"{part}_name"] = "何の数か、名前を入れてください。"
            return None
        return Stated(name=name)
    if kind == "constant":
        value = words.number(words.line(sent, f"{part}_value"), f"{part}_value", "数", faults)
        if value is None or value <= 0 or not name:
            faults.setdefault(
                f"{part}_value", "0より大きい数と、その名前（例 都道府県）を入れてください。"
            )
            return None
        return Constant(value=value, name=name)
    return _query(sent, part, faults) if kind == "query" else None


def _query(sent: FormMultiDict, part: str, faults: dict[str, str]) -> Query | None:
    measure = words.line(sent, f"{part}_measure", 60)
    total = words.line(sent, f"{part}_total", 20)
    if measure not in service.measures() or total not in set(Total):
        faults[f"{part}_measure"] = "測定項目と、日の足し方を一覧から選んでください。"
        return None
    where: list[Filter] = []
    for one in words.text(sent, f"{part}_where").splitlines():
        dimension, mark, values = one.replace("＝", "=").partition("=")
        found = tuple(v.strip() for v in values.replace("、", ",").split(",") if v.strip())
        if not mark or not found or not re.fullmatch(r"[a-z_]{1,40}", dimension.strip()):
            faults[f"{part}_where"] = f"「{one[:40]}」は「内訳=値,値」の形ではありません。"
            return None
        where.append(Filter(dimension.strip(), found))
    distinct = words.line(sent, f"{part}_distinct", 40)
    times = _whole(sent, f"{part}_times", 999_999, faults) or 1
    if not re.fullmatch(r"[a-z_]*", distinct):
        faults[f"{part}_distinct"] = "内訳の名前を英小文字で入れてください。"
        return None
    return Query(
        measure=measure, where=tuple(where), total=Total(total), distinct=distinct, times=times
    )


def _filled(one: Definition) -> dict[str, str]:
    """A definition as its form shows it."""
    plain = {
        "indicator_id": one.indicator_id, "name": one.name, "definition": one.definition,
        "unit": one.unit, "decimals": str(one.decimals), "direction": str(one.direction),
        "level": str(one.level), "section": one.section, "frequency": str(one.frequency),
        "source": one.source, "survey": one.survey, "collector": one.collector,
        "owner": one.owner, "note": one.note, "replaces": one.replaces,
        "valid_from": both(one.valid_from), "cumulative": "1" if one.cumulative else "",
        "release_lag": "" if one.release_lag is None else str(one.release_lag),
        "breakdowns": ",".join(one.breakdowns),
    }  # fmt: skip
    good, near = one.thresholds
    plain |= {"good": f"{good:f}", "near": f"{near:f}"}
    if one.baseline:
        plain |= {
            "baseline_value": f"{one.baseline.value:f}",
            "baseline_on": both(one.baseline.on),
            "baseline_source": one.baseline.source,
        }
    return plain | _parts("numerator", one.numerator) | _parts("denominator", one.denominator)


def _parts(part: str, found: Query | Constant | Stated | None) -> dict[str, str]:
    match found:
        case Stated(name=name):
            values = {"kind": "stated", "name": name}
        case Constant(value=Decimal() as value, name=name):
            values = {"kind": "constant", "value": f"{value:f}", "name": name}
        case Query():
            values = {
                "kind": "query",
                "measure": found.measure,
                "total": str(found.total),
                "where": "\n".join(f"{f.dimension}={','.join(f.values)}" for f in found.where),
                "distinct": found.distinct,
                "times": str(found.times),
            }
        case _:
            values = {"kind": ""}
    return {f"{part}_{name}": value for name, value in values.items()}


def _page(
    request: AnyRequest,
    definition: Definition | None,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> Template:
    what = "定義を変える" if definition else "指標を定義する"
    crumb = Crumb(what)
    context: dict[str, Any] = {
        "one": definition,
        "what": what,
        "typed": {**dict.fromkeys(_FIELDS, ""), **typed},
        "errors": words.errors_of(faults),
        "levels": [Option(str(one), one.word) for one in Level],
        "directions": [Option(str(one), one.word) for one in Direction],
        "frequencies": [Option(str(one), one.word) for one in Frequency],
        "sections": words.options(words.sections()),
        "kinds": words.options(_KINDS),
        "totals": [Option(str(one), text) for one, text in _TOTALS.items()],
        "measures": [
            Option(one.key, f"{one.title}（{one.key}。内訳 {'・'.join(one.dimensions) or 'なし'}）")
            for one in service.measures().values()
        ],
        "action": words.address(definition.indicator_id, "definition")
        if definition
        else f"{BASE}/new",
        "back": words.address(definition.indicator_id) if definition else BASE,
        "crumbs": words.crumbs(definition, crumb)
        if definition
        else [words.HOME, words.SHELF, crumb],
    }
    status = 422 if faults else 200
    return page(request, "evaluation_indicators/definition.html", context, status=status)


DEFINING_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (blank, known, define, change)
