"""届いた数字: what came when from whom, down to the signed frame and its verification."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Request, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.access import INSIDE
from jichitai.evaluation.figures import arrivals, model, service, words
from jichitai.evaluation.figures.errors import UnknownStatementError
from jichitai.evaluation.figures.inspection import Inspected, inspected
from jichitai.infra.figures import Measure, Sort
from jichitai.jukinet.disclosure import service as disclosure
from jichitai.kernel.dates import both
from jichitai.kernel.parties import Tier
from jichitai.web.components import Column, Crumb, Fact, NavItem, Page, Status, Tile
from jichitai.web.formats import count_text, time_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, NodeKeys

AnyRequest = Request[Any, Any, Any]
PATH: Final = "/evaluation/figures"
OPT: Final[dict[str, Any]] = {"roles": INSIDE}

_HOME: Final = Crumb("政策評価", "/evaluation")
_LIST: Final = Crumb("届いた数字", PATH)
_LINES: Final = 50
_MONTHS: Final = 13
_MARK: Final = re.compile(r"(\d{4}-\d\d-\d\d)_([a-z0-9-]{1,30})_(\d{1,6})")
_MEASURES: Final = (
    Column("title", "測定項目", head=True, wide=True),
    Column("sort", "数え方"),
    Column("origins", "送り元", align="end"),
    Column("first", "最初の日"),
    Column("through", "数え終わった日"),
    Column("corrected", "数え直し", align="end"),
    Column("recorded_at", "最後に届いた時"),
)
_ORIGINS: Final = (
    Column("origin", "送り元", head=True),
    Column("first", "最初の日"),
    Column("through", "数え終わった日"),
    Column("statements", "集計の数", align="end"),
    Column("corrected", "数え直し", align="end"),
    Column("recorded_at", "最後に届いた時"),
)
_STATEMENTS: Final = (
    Column("day", "日", head=True),
    Column("origin", "送り元"),
    Column("revision", "版", align="end"),
    Column("figures", "数字の数", align="end"),
    Column("recorded_at", "届いた時"),
    Column("reason", "数え直した理由", wide=True),
)


@get(PATH, opt=OPT, include_in_schema=False)
async def figures(request: AnyRequest, db: Db) -> Template:
    """Every measure, and how far it has come."""
    async with db.transaction(read_only=True) as tx:
        found = await arrivals.coverage(tx, model.ALWAYS)
    of: dict[str, list[arrivals.Coverage]] = {}
    for one in found:
        of.setdefault(one.measure, []).append(one)
    groups = [
        (words.TIERS[tier], [_measure_row(one, of.get(one.key, ())) for one in own])
        for tier in (Tier.TOWN, Tier.PREFECTURE, Tier.NATION, Tier.MINISTRY)
        if (own := [one for one in service.catalogue() if one.tier is tier])
    ]
    newest = max((one.recorded_at for one in found), default=None)
    context = {
        "groups": groups,
        "columns": _MEASURES,
        "tiles": [
            Tile("測定項目", len(service.catalogue()), "項目"),
            Tile("届いた集計", sum(one.statements for one in found), "件"),
            Tile("数え直した集計", sum(one.corrected for one in found), "件"),
            Tile("最後に届いた時", f"{newest:%Y-%m-%d}" if newest else "—"),
        ],
        "crumbs": [_HOME, Crumb("届いた数字")],
    }
    return page(request, "evaluation_figures/list.html", context)


def _measure_row(one: Measure, found: Sequence[arrivals.Coverage]) -> dict[str, Any]:
    begun = [line.first for line in found if line.first is not None]
    return {
        "title": one.title,
        "href": f"{PATH}/{one.key}",
        "key": one.key,
        "sort": words.SORTS[one.sort][0],
        "origins": len(found),
        "first": min(begun, default=None),
        "through": min((line.through for line in found), default=None),
        "corrected": sum(line.corrected for line in found),
        "recorded_at": max((line.recorded_at for line in found), default=None),
    }


@get(f"{PATH}/{{key:str}}", opt=OPT, include_in_schema=False)
async def figure(
    request: AnyRequest,
    key: FromPath[str],
    db: Db,
    clock: LawClock,
    origin: Annotated[str, QueryParameter(max_length=30, pattern=r"^[a-z0-9-]*$")] = "",
    show: Annotated[str, QueryParameter(max_length=20)] = "all",
    mark: Annotated[str, QueryParameter(max_length=60)] = "",
) -> Template:
    """One measure: its definition, its months, and what was stated."""
    one = service.measure(key)
    today = clock.today()
    begins = (today.replace(day=1) - timedelta(days=31 * (_MONTHS - 1))).replace(day=1)
    corrected = show == "corrected"
    async with db.transaction(read_only=True) as tx:
        covered = await arrivals.coverage(tx, model.ALWAYS, measure=key)
        months = await service.totals(tx, key, begins, today, model.ALWAYS, per="month")
        lines = await arrivals.lines(
            tx,
            key,
            origin=origin,
            corrected=corrected,
            before=_read_mark(mark),
            limit=_LINES + 1,
        )
    shown, more = lines[:_LINES], len(lines) > _LINES
    names = {*(line.origin for line in shown), *(line.origin for line in covered)}
    kept = {"origin": origin} if origin else {}
    base = f"{PATH}/{key}"
    context = {
        "measure": one,
        "facts": _facts(one),
        "origins": [_origin_row(base, line) for line in covered],
        "origin_columns": _ORIGINS,
        "months": [
            {"month": both(row.day).removesuffix("1日"), "value": row.value} for row in months
        ],
        "month_columns": (
            Column("month", "月", head=True),
            Column("value", f"{_period(one)}（{one.unit}）", align="end"),
        ),
        "lines": [{"line": line, "href": _day_url(line)} for line in shown],
        "line_columns": _STATEMENTS,
        "names": {name: words.origin_name(name) for name in names},
        "origin": origin,
        "tabs": [
            NavItem("すべて", _url(base, kept), not corrected),
            NavItem("数え直し", _url(base, {**kept, "show": "corrected"}), corrected),
        ],
        "page": Page(
            1,
            len(shown),
            previous=_url(base, {**kept, "show": show}) if mark else "",
            next=_url(base, {**kept, "show": show, "mark": _mark(shown[-1])}) if more else "",
        ),
        "csv": f"/api/v1{PATH}/{key}/figures.csv?first={begins}&last={today}",
        "crumbs": [_HOME, _LIST, Crumb(one.title)],
    }
    return page(request, "evaluation_figures/measure.html", context)


def _facts(one: Measure) -> list[Fact]:
    word, meaning = words.SORTS[one.sort]
    broken = "、".join(words.DIMENSIONS.get(name, name) for name in one.dimensions)
    return [
        Fact("数える記録と数え方", one.basis),
        Fact("数え方の種類", f"{word}（{meaning}）"),
        Fact("単位", one.unit),
        Fact("内訳", broken or "なし"),
        Fact("数える階層", words.TIERS[one.tier]),
        Fact("データでの名前", one.key),
    ]


def _period(one: Measure) -> str:
    return "月の合計" if one.sort is Sort.FLOW else "月の最後の日の数"


def _origin_row(base: str, line: arrivals.Coverage) -> dict[str, Any]:
    return {
        "origin": words.origin_name(line.origin),
        "href": _url(base, {"origin": line.origin}),
        "first": line.first,
        "through": line.through,
        "statements": line.statements,
        "corrected": line.corrected,
        "recorded_at": line.recorded_at,
    }


def _url(base: str, query: Mapping[str, str]) -> str:
    return f"{base}?{urlencode(query)}" if query else base


def _day_url(line: arrivals.Line) -> str:
    return f"{PATH}/{line.measure}/{line.origin}/{line.day}"


def _mark(line: arrivals.Line) -> str:
    return f"{line.day}_{line.origin}_{line.revision}"


def _read_mark(mark: str) -> tuple[date, str, int] | None:
    parts = _MARK.fullmatch(mark)
    try:
        return (date.fromisoformat(parts[1]), parts[2], int(parts[3])) if parts else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _FigureRow:
    """One combination of parts, in every revision of the day."""

    names: tuple[str, ...]
    values: tuple[int, ...]


@get(f"{PATH}/{{key:str}}/{{origin:str}}/{{day:date}}", opt=OPT, include_in_schema=False)
async def stated_day(
    request: AnyRequest, key: FromPath[str], origin: FromPath[str], day: FromPath[date], db: Db
) -> Template:
    """One day: every revision beside the others, with its reason and its message."""
    one = service.measure(key)
    async with db.transaction(read_only=True) as tx:
        found = await arrivals.revisions(tx, key, origin, day)
        organs = await disclosure.reported_names(tx)
    if not found:
        raise UnknownStatementError(
            "この日の集計は届いていません。件数は、何もなかった日には送られません。現在数は、"
            "変わった日だけ送られます。"
        )
    combinations = sorted({parts for _, stated in found for parts in stated.figures})
    rows = [
        _FigureRow(
            tuple(
                words.part_name(one, name, value, organs)
                for name, value in zip(one.dimensions, parts, strict=True)
            ),
            tuple(stated.figures.get(parts, 0) for _, stated in found),
        )
        for parts in combinations[:1000]
    ]
    heads = [words.DIMENSIONS.get(name, name) for name in one.dimensions]
    columns = [
        *(Column(f"p{n}", head, head=n == 0) for n, head in enumerate(heads)),
        *(
            Column(f"v{n}", f"第{line.revision}版" + ("（今の数字）" if n == 0 else ""), "end")
            for n, (line, _) in enumerate(found)
        ),
    ]
    context = {
        "measure": one,
        "day": day,
        "origin": words.origin_name(origin),
        "columns": columns,
        "rows": [
            {f"p{n}": name for n, name in enumerate(row.names)}
            | {f"v{n}": count_text(value) for n, value in enumerate(row.values)}
            for row in rows
        ],
        "revisions": [line for line, _ in found],
        "revision_columns": _REVISIONS,
        "path": PATH,
        "crumbs": [
            _HOME,
            _LIST,
            Crumb(one.title, f"{PATH}/{key}"),
            Crumb(f"{words.origin_name(origin)} {day}"),
        ],
    }
    return page(request, "evaluation_figures/day.html", context)


_REVISIONS: Final = (
    Column("revision", "版", head=True),
    Column("counted_at", "数えた時"),
    Column("recorded_at", "届いた時"),
    Column("reason", "理由", wide=True),
    Column("message", "証拠"),
)


@get(f"{PATH}/evidence/{{message_id:str}}", opt=OPT, include_in_schema=False)
async def evidence_of(
    request: AnyRequest, message_id: FromPath[str], db: Db, keys: NodeKeys
) -> Template:
    """One message: its signed frame, verified again now, and what it says."""
    found = await inspected(db, keys, message_id)
    context = {
        "found": found,
        "facts": _evidence_facts(found),
        "status": _status(found),
        "lines": [{"line": line, "href": _day_url(line)} for line in found.lines],
        "line_columns": (
            Column("measure", "測定項目", head=True),
            *(one for one in _STATEMENTS if one.key not in ("origin", "recorded_at")),
            Column("same", "署名した内容との照合"),
        ),
        "titles": {one.key: one.title for one in service.catalogue()},
        "frame": f"/api/v1{PATH}/evidence/{message_id}/frame",
        "crumbs": [_HOME, _LIST, Crumb("証拠")],
    }
    return page(request, "evaluation_figures/evidence.html", context)


def _status(found: Inspected) -> Status:
    if found.verified.refusal:
        return Status("確かめられません", "red", found.verified.refusal)
    if found.different:
        return Status("内容が違います", "red", "保存した数字が、署名された内容と違う")
    return Status("確かめました", "green", "送り元の署名が正しく、保存した数字と内容が同じ")


def _evidence_facts(found: Inspected) -> list[Fact]:
    one = found.verified.piece
    return [
        Fact("通知の番号", one.message_id),
        Fact("送り元", words.origin_name(one.origin)),
        Fact("署名の鍵", found.kid or "—"),
        Fact("送った時", time_text(one.sent_at, operator=True)),
        Fact("届いた時", time_text(one.received_at, operator=True)),
        Fact("束のハッシュ値（SHA-256）", bytes(one.frame_hash).hex()),
        Fact("束の長さ", f"{found.verified.bytes:,} バイト"),
        Fact("束の中の位置", f"{one.place + 1}番目"),
        Fact(
            "数え終わった日",
            "、".join(sorted({f"{covered.through}" for covered in found.covered})) or "—",
        ),
    ]


PAGES: Final[tuple[ControllerRouterHandler, ...]] = (figures, figure, stated_day, evidence_of)
