"""One prefecture of an indicator, one body with its evidence, bodies of its size."""

from typing import Final

from litestar.response import Template

from jichitai.evaluation.dashboard import board as boards
from jichitai.evaluation.dashboard import evidence as evidences
from jichitai.evaluation.dashboard.drawing import fill, steps
from jichitai.evaluation.dashboard.errors import NotByPlaceError
from jichitai.evaluation.dashboard.evidence import Alike, BodyEvidence
from jichitai.evaluation.dashboard.model import (
    NO_ANSWER,
    Sight,
    Told,
    by_class,
    group,
    percent_text,
)
from jichitai.evaluation.dashboard.pages.boards import (
    columns,
    place_finding,
    places_of,
    prefecture_name,
)
from jichitai.evaluation.dashboard.pages.shared import AnyRequest, kept_of, moment_of
from jichitai.evaluation.dashboard.places import Place, address
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.kernel.bodies import all_bodies
from jichitai.kernel.dates import wareki
from jichitai.kernel.municipalities import prefecture
from jichitai.standardisation.progress.model import STEPS, MeasureKind, body_class
from jichitai.standardisation.progress.results import SystemView
from jichitai.standardisation.progress.scope import Answer
from jichitai.web.bars import Bar, bars
from jichitai.web.components import Column, Crumb, Fact, Finding
from jichitai.web.frame import page
from jichitai.web.maps import map_svg

_SYSTEMS: Final = (
    Column("name", "業務", head=True),
    Column("runs", "実施"),
    Column("steps", "済んだステップ", align="end"),
    Column("late", "特定移行支援"),
    Column("target", "移行の目標"),
)
_ALIKE: Final = (
    Column("name", "団体", head=True),
    Column("population", "人口（国勢調査）", align="end"),
    Column("steps", "ステップの進捗率", align="end"),
    Column("systems", "移行完了システムの率", align="end"),
    Column("late", "特定移行支援システム", align="end"),
    Column("published", "方針の策定・公表"),
)


async def area(
    request: AnyRequest, place: Place, indicator_id: str, code: str, db: Database, clock: Clock
) -> Template:
    """One prefecture: its bodies on a map and as a list."""
    at, name = moment_of(request, clock), prefecture_name(code)
    kept = kept_of(at, clock)
    here = [one for one in all_bodies() if one.prefecture_code == code]
    async with db.transaction(read_only=True) as tx:
        found = await boards.sheet(tx, indicator_id, at)
        told = await places_of(tx, place, indicator_id, at, among=here)
    sight = told.sight
    if sight is Sight.CLOUDS:
        raise NotByPlaceError(
            "セキュリティクラウドは都道府県ごとに整備するため、団体ごとの値はありません。"
        )
    own = told.bodies
    links = {one.body.code: address(place.body(one.body.code), kept) for one in own}
    whole = group(code, name, own)
    context = {
        "place": place,
        "definition": found.definition,
        "name": name,
        "sight": sight,
        "whole": whole,
        "drawing": map_svg(
            {one.body.code: fill(one.percent, sight) for one in own}, links=links, prefecture=code
        ),
        "steps": steps(sight),
        "columns": _body_columns(sight),
        "rows": [_body_row(one, sight, links[one.body.code], name) for one in own],
        "class_columns": columns(sight, "団体の区分"),
        "classes": by_class(told),
        "place_finding": place_finding(told, whole, kept, indicator_id, within=name),
        "crumbs": place.crumbs(
            Crumb(found.definition.name, address(place.indicator(indicator_id), kept)), Crumb(name)
        ),
        "as_of": wareki(at.on),
    }
    return page(request, "evaluation_dashboard/area.html", context)


def _body_columns(sight: Sight) -> list[Column]:
    found = [Column("name", "団体", head=True), Column("kind", "区分")]
    if sight in (Sight.STEPS, Sight.SYSTEMS):
        found += [
            Column("text", "率", align="end"),
            Column("share", f"{sight.unit}数", align="end"),
        ]
    elif sight is Sight.LATE:
        found += [
            Column("text", "特定移行支援システム"),
            Column("share", "システム数", align="end"),
        ]
    else:
        found.append(Column("text", "長の方針"))
    return found


def _body_row(one: Told, sight: Sight, href: str, within: str) -> dict[str, object]:
    known = one.part is not None
    return {
        "name": one.body.full_name.removeprefix(within) or one.body.full_name,
        "href": href,
        "kind": body_class(one.body).value,
        "share": _share(one, sight) if known else "—",
        "text": _state(one, sight),
    }


def _share(one: Told, sight: Sight) -> str:
    return f"{one.count:,}" if sight is Sight.LATE else f"{one.part:,}／{one.whole:,}"


def _state(one: Told, sight: Sight) -> str:
    if one.part is None:
        return sight.silence
    match sight:
        case Sight.STEPS | Sight.SYSTEMS:
            return percent_text(one.percent)
        case Sight.LATE:
            return "ある" if one.part else "ない"
        case Sight.POLICIES:
            return "策定済み" if one.part else "まだ"
        case Sight.PUBLISHED | Sight.CLOUDS:
            return "済み" if one.part else "まだ"


async def body_page(
    request: AnyRequest, place: Place, code: str, db: Database, clock: Clock
) -> Template:
    """One body with what its rates rest on."""
    at = moment_of(request, clock)
    kept = kept_of(at, clock)
    async with db.transaction(read_only=True) as tx:
        found = await evidences.evidence(tx, code, at, public=place.public)
    migration = found.migration
    home = prefecture(found.body.prefecture_code).prefecture
    context = {
        "place": place,
        "found": found,
        "facts": _facts(found),
        "columns": _SYSTEMS,
        "rows": [_system(one) for one in migration.systems],
        "migration": migration,
        "more": address(f"{place.migration}/{code}", kept),
        "like": address(place.compare(code), kept),
        "crumbs": place.crumbs(
            Crumb(home, address(place.area("P8-3-01", found.body.prefecture_code), kept)),
            Crumb(found.body.name),
        ),
        "as_of": wareki(at.on),
    }
    return page(request, "evaluation_dashboard/body.html", context)


def _facts(found: BodyEvidence) -> list[Fact]:
    one, tally = found.body, found.migration.tally
    people = f"{one.population:,}人" if one.population else "—"
    facts = [
        Fact("団体コード", one.code),
        Fact("区分", body_class(one).value),
        Fact("人口", f"{people}（令和2年国勢調査 速報）"),
    ]
    if found.migration.steps_from is not None:
        rates = {kind: percent_text(tally.rate(kind).percent) for kind in MeasureKind}
        done = (
            f"{rates[MeasureKind.STEPS]}（{tally.done_steps:,}／{tally.systems * STEPS:,}ステップ）"
        )
        complete = f"{rates[MeasureKind.SYSTEMS]}（{tally.complete:,}／{tally.systems:,}システム）"
        facts += [
            Fact("ステップの進捗率", done),
            Fact("移行完了システムの率", f"{complete}　別の物差しです"),
        ]
    late = f"{tally.late:,}システム" if found.migration.late_from is not None else NO_ANSWER
    return [*facts, Fact("特定移行支援システム", late), Fact("長の方針", found.policy.word)]


_RUNS: Final = {
    Answer.YES: "実施する",
    Answer.NO: "実施しない",
    Answer.UNKNOWN: "分からない",
}


def _system(one: SystemView) -> dict[str, object]:
    late = {True: "該当", False: "—", None: NO_ANSWER}[one.late]
    return {
        "name": one.business.name,
        "runs": _RUNS[one.runs],
        "steps": f"{one.done}／{STEPS}" if one.done is not None else "—",
        "late": late,
        "target": wareki(one.target_on) if one.target_on else "—",
    }


async def like_page(
    request: AnyRequest, place: Place, code: str, db: Database, clock: Clock
) -> Template:
    """One body beside those of its class and size."""
    at = moment_of(request, clock)
    kept = kept_of(at, clock)
    async with db.transaction(read_only=True) as tx:
        rows, sights = await evidences.alike(tx, code, at, public=place.public)
    own = next(one for one in rows if one.body.code == code)
    migration = sights[Sight.STEPS]
    context = {
        "place": place,
        "own": own,
        "chart": bars(
            [
                Bar(one.body.full_name, one.steps, percent_text(one.steps), one is own)
                for one in rows
            ],
            label=f"{own.body.full_name}と似た規模の団体のステップの進捗率",
            unit="%",
            most=100,
        ),
        "columns": _ALIKE,
        "rows": [_alike(one, own, address(place.body(one.body.code), kept)) for one in rows],
        "finding": Finding(
            text=_place_among(own, rows),
            source=migration.source,
            as_of=wareki(migration.as_of) if migration.as_of else "—",
            definition=(
                f"{migration.sight.definition}"
                f"比べる相手は、同じ区分（{body_class(own.body)}）で人口が近い団体。"
            ),
        ),
        "sources": [
            (one.sight.label, one.source, wareki(one.as_of) if one.as_of else "—")
            for one in sights.values()
        ],
        "crumbs": place.crumbs(
            Crumb(own.body.full_name, address(place.body(code), kept)),
            Crumb("似た規模の団体"),
        ),
        "as_of": wareki(at.on),
    }
    return page(request, "evaluation_dashboard/like.html", context)


def _alike(one: Alike, own: Alike, href: str) -> dict[str, object]:
    published = {True: "済み", False: "まだ", None: "報告なし"}[one.published]
    return {
        "name": one.body.full_name,
        "own": one is own,
        "href": href,
        "population": f"{one.body.population:,}",
        "steps": percent_text(one.steps),
        "systems": percent_text(one.systems),
        "late": f"{one.late:,}" if one.late is not None else NO_ANSWER,
        "published": published,
    }


def _place_among(own: Alike, rows: list[Alike]) -> str:
    known = [one.steps for one in rows if one.steps is not None]
    if own.steps is None or not known:
        return f"{own.body.full_name}のステップの進捗率は回答がありません"
    above = sum(value > own.steps for value in known)
    return (
        f"{own.body.full_name}のステップの進捗率は{percent_text(own.steps)}、"
        f"比べた{len(known)}団体のうち{above + 1}番目です"
    )
