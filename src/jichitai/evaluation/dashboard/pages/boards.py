"""The list of indicators, and one indicator with its chart, its values and its places."""

from collections.abc import Collection
from typing import Any

from litestar.response import Template

from jichitai.evaluation.dashboard import board as boards
from jichitai.evaluation.dashboard.board import Sheet
from jichitai.evaluation.dashboard.drawing import fill, indicator_chart, steps
from jichitai.evaluation.dashboard.errors import NotByPlaceError, UnknownPlaceError
from jichitai.evaluation.dashboard.model import (
    Group,
    Seen,
    Sight,
    by_class,
    by_prefecture,
    group,
    of_class,
    percent_text,
    sight_of,
    surveyed,
    told_openly,
)
from jichitai.evaluation.dashboard.pages.shared import (
    CHIPS,
    CONFIDENCE,
    INDICATORS,
    POINTS,
    AnyRequest,
    kept_of,
    moment_of,
)
from jichitai.evaluation.dashboard.places import Place, address
from jichitai.evaluation.dashboard.queries import Moment, seen
from jichitai.evaluation.dashboard.work import work
from jichitai.evaluation.indicators.model import Constant, Point, Query, Stated, joined
from jichitai.evaluation.indicators.service import measures
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import JST, both, wareki
from jichitai.kernel.municipalities import prefectures
from jichitai.standardisation.progress.model import BodyClass, SourceKind
from jichitai.web.components import Column, Crumb, Fact, Finding, Option, Tile
from jichitai.web.frame import page
from jichitai.web.maps import MAP_SOURCE, map_svg
from jichitai.web.rights import Principal


async def home(
    request: AnyRequest, place: Place, principal: Principal, db: Database, clock: Clock
) -> Template:
    """Every indicator by section; inside, what is to be done comes first."""
    at = moment_of(request, clock)
    async with db.transaction(read_only=True) as tx:
        found = await boards.board(tx, at)
        waiting = [] if place.public else await work(tx, principal, clock, found)
    kept = kept_of(at, clock)
    context = {
        "place": place,
        "found": found,
        "columns": INDICATORS,
        "chips": CHIPS,
        "tiles": [Tile(one.shown, count, "指標") for one, count in found.counts],
        "meanings": [(one.shown, one.meaning) for one, _ in found.counts],
        "todos": waiting,
        "href": {
            line.definition.indicator_id: address(
                place.indicator(line.definition.indicator_id), kept
            )
            for part in found.sections
            for line in (*part.lines, *part.context)
        },
        "on": at.on,
        "typed": request.query_params.get("as_of", "")[:40],
        "as_of": wareki(at.on),
        "csv": address("/open-data/evaluation/indicators.csv", kept),
        "json": address("/open-data/evaluation/indicators.json", kept),
    }
    return page(request, "evaluation_dashboard/home.html", context)


async def indicator(
    request: AnyRequest, place: Place, indicator_id: str, db: Database, clock: Clock
) -> Template:
    """One indicator."""
    at = _with_source(moment_of(request, clock), indicator_id)
    kept = kept_of(at, clock)
    sight = sight_of(indicator_id)
    async with db.transaction(read_only=True) as tx:
        found = await boards.sheet(tx, indicator_id, at)
        places = await _seen(tx, place, sight, at) if sight else None
    definition = found.definition
    context: dict[str, Any] = {
        "place": place,
        "found": found,
        "definition": definition,
        "status": CHIPS[found.line.status.standing],
        "facts": _facts(found),
        "chart": indicator_chart(definition, found.points, found.targets),
        "finding": _finding(found, at, kept),
        "columns": _point_columns(found),
        "rows": [_row(found, one) for one in reversed(found.points)],
        "meaning": meaning(found),
        "crumbs": place.crumbs(Crumb(definition.name)),
        "as_of": wareki(at.on),
        "kept": kept,
        "edit": "" if place.public else f"/evaluation/indicators/{indicator_id}",
    }
    if places is not None:
        chosen = class_of(request)
        context |= places_context(place, indicator_id, places, kept, chosen)
    return page(request, "evaluation_dashboard/indicator.html", context)


def _with_source(at: Moment, indicator_id: str) -> Moment:
    if surveyed(indicator_id) and at.source_kind is SourceKind.OPEN:
        return Moment(on=at.on, known_at=at.known_at, source_kind=SourceKind.SURVEY)
    return at


async def _seen(
    tx: Tx, place: Place, sight: Sight, at: Moment, *, among: Collection[Body] | None = None
) -> Seen:
    found = await seen(tx, sight, at, among=among)
    return told_openly(found) if place.public else found


def class_of(request: AnyRequest) -> BodyClass | None:
    """The class of bodies that an address narrows to."""
    text = request.query_params.get("kind", "")
    return BodyClass(text) if text in {*BodyClass} else None


async def places_of(
    tx: Tx,
    place: Place,
    indicator_id: str,
    at: Moment,
    *,
    among: Collection[Body] | None = None,
) -> Seen:
    """What is told of places for an indicator; of all of them, or of some bodies.

    Raises:
        NotByPlaceError: nothing is.
    """
    sight = sight_of(indicator_id)
    if sight is None:
        raise NotByPlaceError(
            "この指標は全国の値だけで、地域ごとの値はありません。指標のページで推移を見てください。"
        )
    return await _seen(tx, place, sight, _with_source(at, indicator_id), among=among)


def columns(sight: Sight, head: str) -> list[Column]:
    """The columns of a table of places."""
    found = [
        Column("name", head, head=True),
        Column("text", "率", align="end"),
        Column("share", f"{sight.unit}数", align="end"),
        Column("silent", sight.silence, align="end"),
    ]
    if sight is Sight.LATE:
        found.insert(3, Column("count", "システム数", align="end"))
    return found


def places_context(
    place: Place,
    indicator_id: str,
    told: Seen,
    kept: dict[str, str],
    chosen: BodyClass | None = None,
) -> dict[str, Any]:
    """The map beside its table, narrowed to a class when one is chosen, and all classes."""
    narrowed = of_class(told, chosen)
    sight, groups = told.sight, by_prefecture(narrowed)
    clouds = sight is Sight.CLOUDS
    links = {
        one.key: address(
            f"/security/clouds/{one.key}" if clouds else place.area(indicator_id, one.key),
            {} if clouds else kept,
        )
        for one in groups
        if not (clouds and place.public)
    }
    name = f"全国の{chosen}" if chosen else "全国"
    whole = group("", name, narrowed.bodies)
    return {
        "told": told,
        "sight": sight,
        "drawing": map_svg({one.key: fill(one.percent, sight) for one in groups}, links=links),
        "steps": steps(sight),
        "place_columns": columns(sight, "都道府県"),
        "groups": groups,
        "links": links,
        "class_columns": columns(sight, "団体の区分"),
        "classes": [] if clouds else by_class(told),
        "class_options": [Option(one.value, one.value) for one in BodyClass],
        "chosen": chosen.value if chosen else "",
        "here": place.indicator(indicator_id),
        "place_finding": place_finding(told, whole, kept, indicator_id, within=name),
    }


def place_finding(
    told: Seen, whole: Group, kept: dict[str, str], indicator_id: str, *, within: str = "全国"
) -> Finding:
    """What the map shows, in one sentence."""
    sight = told.sight
    if whole.percent is None:
        text = f"{within}の{sight.label}は、まだ分かりません（{sight.silence}）"
    else:
        text = (
            f"{within}の{sight.label}は{_unbroken(percent_text(whole.percent))}"
            f"（{whole.part:,}／{whole.whole:,}{sight.unit}）"
        )
    mark = "演習のデータ。" if told.rehearsal else ""
    return Finding(
        text=text,
        source=f"{told.source}、地図は{MAP_SOURCE}",
        as_of=wareki(told.as_of) if told.as_of else "—",
        csv=address(f"/open-data/evaluation/{indicator_id}/places.csv", kept),
        definition=f"{mark}{sight.definition}",
        notes=(told.note,) if told.note else (),
    )


def _unbroken(text: str) -> str:
    """A rate whose sign stays in the line of its number."""
    return text.replace(" ", "\u00a0")


def _facts(found: Sheet) -> list[Fact]:
    line, status = found.line, found.line.status
    facts = [
        Fact("最新の値", f"{line.value}　{line.as_of}" if line.as_of != "—" else line.value),
        Fact("目標", line.target),
        Fact("判定の理由", status.reason or status.standing.meaning),
    ]
    if found.forecast is not None:
        ahead = found.forecast
        text = f"{both(ahead.on)}に{found.definition.with_unit(ahead.text)}"
        if ahead.low is not None and ahead.high is not None:
            low, high = (found.definition.text_of(one) for one in (ahead.low, ahead.high))
            text += f"（幅 {low}から{found.definition.with_unit(high)}）"
        facts.append(Fact("見通し", f"{text}。方法：{ahead.method}。実績ではありません。"))
    return facts


def meaning(found: Sheet) -> list[Fact]:
    """The definition, ready to print."""
    one = found.definition
    facts = [
        Fact("定義", one.definition or "—"),
        Fact("分子", _part(one.numerator)),
        Fact("分母", _part(one.denominator)),
        Fact("望ましい向き", one.direction.word),
        Fact("頻度", one.frequency.word),
        Fact("出典", "　".join(part for part in (one.source, one.survey) if part) or "—"),
        Fact("集める人", one.collector or "—"),
    ]
    if one.baseline is not None:
        base = one.with_unit(one.text_of(one.baseline.value))
        facts.append(Fact("基準値", f"{base}（{wareki(one.baseline.on)}）"))
    if one.note:
        facts.append(Fact("※", one.note))
    return facts


def _part(asked: Query | Constant | Stated | None) -> str:
    match asked:
        case Query(measure=key):
            known = measures().get(key)
            return f"日次集計「{known.title if known else key}」から数える"
        case Constant(value=value, name=name):
            return f"{name}（{value:,f}）"
        case Stated(name=name):
            return f"{name}（出典に書かれた値）"
        case None:
            return "—"


def _finding(found: Sheet, at: Moment, kept: dict[str, str]) -> Finding:
    point = found.line.status.point
    name = found.definition.name
    text = (
        f"{name}は{found.line.value}（{found.line.as_of}）"
        if point is not None and point.text
        else f"{name}の実績値は、まだ公表されていません"
    )
    return Finding(
        text=text,
        source=point.source if point is not None and point.source else "—",
        as_of=wareki(at.on),
        csv=address(f"/open-data/evaluation/{found.definition.indicator_id}/points.csv", kept),
        definition=found.definition.definition,
    )


def _point_columns(found: Sheet) -> list[Column]:
    """Numerators and denominators only where one is told."""
    parted = any(one.numerator is not None for one in found.points)
    return [one for one in POINTS if parted or one.key != "parts"]


def _row(found: Sheet, one: Point) -> dict[str, object]:
    definition = found.definition
    parts = ""
    if one.numerator is not None and one.denominator is not None:
        parts = f"{one.numerator:,f}／{one.denominator:,f}"
    return {
        "label": one.label,
        "value": joined(one.text, definition.unit),
        "parts": parts or "—",
        "source": one.source or "—",
        "confidence": CONFIDENCE.get(one.confidence, one.confidence or "—"),
        "known": one.recorded_at.astimezone(JST).date(),
        "assumed": one.assumed,
        "edition": edition_text(one, found),
        "old": not one.holds,
    }


def edition_text(one: Point, found: Sheet) -> str:
    """What edition a value is, and whether another took its place and why."""
    versions = {point.version for point in found.points}
    series = f"第{one.version}の定義　" if len(versions) > 1 else ""
    if not one.holds:
        later = next(
            (
                point
                for point in found.points
                if (point.version, point.as_of, point.part, point.live)
                == (one.version, one.as_of, one.part, one.live)
                and point.edition == one.edition + 1
            ),
            None,
        )
        reason = f"（理由：{later.reason}）" if later and later.reason else ""
        return f"{series}第{one.edition}版・差し替え前{reason}"
    if one.edition > 1:
        return f"{series}第{one.edition}版・訂正後（理由：{one.reason}）"
    return f"{series}年度の途中まで" if not one.complete else series or "—"


def prefecture_name(code: str) -> str:
    """The name of a prefecture.

    Raises:
        UnknownPlaceError: none has this number.
    """
    for one in prefectures():
        if one.prefecture_code == code:
            return one.name
    raise UnknownPlaceError("この番号の都道府県はありません。都道府県の表から選び直してください。")
