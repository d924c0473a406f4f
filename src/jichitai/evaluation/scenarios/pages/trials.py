"""試算: a form, a chart, the months behind it, and the page that states the method."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.access import INSIDE
from jichitai.evaluation.scenarios import starts
from jichitai.evaluation.scenarios.entry import Entry, checked, read, unknown_start
from jichitai.evaluation.scenarios.model import LONGEST, Trial, trial
from jichitai.evaluation.scenarios.results import BAND_RULE, RULE, rows_of, words
from jichitai.evaluation.scenarios.subjects import Subject, subject, subjects
from jichitai.evaluation.tables import csv_bytes
from jichitai.kernel.dates import both
from jichitai.web.components import Column, Crumb, FieldErrors, Finding, NavItem
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock
from jichitai.web.time_charts import Band, Dot, Goal, Line, Marks, time_chart

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
"""Folder of the templates, to be added to the application's."""

HOME: Final = "/evaluation/what-if"
AnyRequest = Request[Any, Any, Any]
_OPT: Final[dict[str, Any]] = {"roles": INSIDE}
_CRUMBS: Final = (Crumb("政策評価", "/evaluation"), Crumb("試算", HOME))
CONFIDENCE: Final[Mapping[str, str]] = {
    "summary": "評価書要旨から",
    "reported": "公表・報道から",
    "secondary": "二次資料から（原典は未確認）",
    "derived": "公表値から計算",
    "live": "このシステムで数えた値",
}
_MONTHS: Final = (
    Column("on", "月末", head=True),
    Column("middle", "済んでいる数", align="end"),
    Column("share", "割合", align="end"),
    Column("low", "幅の下", align="end"),
    Column("high", "幅の上", align="end"),
    Column("limit", "足りないもの"),
)


@get(HOME, opt=_OPT, include_in_schema=False)
async def first(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """The first subject."""
    return await _trial_page(request, subjects()[0], db, clock)


@get(f"{HOME}/method", opt=_OPT, include_in_schema=False)
async def method(request: AnyRequest) -> Template:
    """The model, its rule of the span, and what it leaves out."""
    context = {
        "rule": RULE,
        "band_rule": BAND_RULE,
        "longest": LONGEST // 12,
        "subjects": subjects(),
        "confidence": CONFIDENCE,
        "crumbs": (*_CRUMBS, Crumb("試算の方法")),
    }
    return page(request, "evaluation_scenarios/method.html", context)


@get(f"{HOME}/{{key:str}}", opt=_OPT, include_in_schema=False)
async def one(request: AnyRequest, key: FromPath[str], db: Db, clock: LawClock) -> Template:
    """One subject with the assumptions of the address."""
    return await _trial_page(request, subject(key), db, clock)


@get(f"{HOME}/{{key:str}}/months.csv", opt=_OPT, include_in_schema=False)
async def months(
    request: AnyRequest, key: FromPath[str], db: Db, clock: LawClock
) -> Response[bytes]:
    """The months behind the chart, with the assumptions on top."""
    async with db.transaction(read_only=True) as tx:
        found = await starts.standing(tx, subject(key), clock.now())
    entered = checked(found, request.query_params)
    rows = rows_of(trial(entered))
    head = ["月末", "済んでいる数", "割合（%）", "幅の下", "幅の上", "足りないもの"]
    data = csv_bytes(
        head,
        [[row.on.isoformat(), row.middle, row.share, row.low, row.high, row.limit] for row in rows],
    )
    return Response(
        data,
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="what-if-{found.key}.csv"'},
    )


async def _trial_page(request: AnyRequest, asked: Subject, db: Db, clock: LawClock) -> Template:
    async with db.transaction(read_only=True) as tx:
        about = await starts.standing(tx, asked, clock.now())
    entry = read(about, request.query_params)
    context: dict[str, Any] = {
        "about": about,
        "entry": entry,
        "action": f"{HOME}/{about.key}",
        "tabs": [
            NavItem(one.title, f"{HOME}/{one.key}", current=one.key == about.key)
            for one in subjects()
        ],
        "errors": FieldErrors.of(dict(entry.faults)),
        "unknown": unknown_start(about),
        "confidence": CONFIDENCE,
        "rule": RULE,
        "band_rule": BAND_RULE,
        "columns": _MONTHS,
        "crumbs": (*_CRUMBS, Crumb(about.title)),
    }
    if entry.given is not None:
        context |= _found(about, entry)
    status = 422 if entry.faults else 200
    return page(request, "evaluation_scenarios/trial.html", context, status=status)


def _found(about: Subject, entry: Entry) -> dict[str, Any]:
    assert entry.given is not None  # noqa: S101 - the caller asked
    found = trial(entry.given)
    told = words(about, found)
    return {
        "given": entry.given,
        "facts": told.facts,
        "chart": chart(about, found),
        "finding": Finding(
            text=told.finding,
            source="試算（このページの前提から計算）",
            as_of=both(entry.given.start),
            csv=f"{HOME}/{about.key}/months.csv?{urlencode(_values(entry))}",
            definition=f"{RULE}{BAND_RULE}",
        ),
        "months": [_month(row) for row in rows_of(found)],
    }


def _values(entry: Entry) -> dict[str, str]:
    """The form as an address carries it."""
    numbers = {one.name: one.value for one in entry.levers}
    rest = {"start_on": entry.start_on, "goal": entry.goal, "goal_on": entry.goal_on}
    return {name: value for name, value in {**numbers, **rest}.items() if value}


def _month(row: Any) -> dict[str, object]:
    return {
        "on": row.on,
        "middle": f"{row.middle:,}",
        "share": f"{row.share} %",
        "low": f"{row.low:,}",
        "high": f"{row.high:,}",
        "limit": row.limit,
    }


def chart(about: Subject, found: Trial) -> Any:
    """The course to the goal with its span."""
    rows = rows_of(found)
    given = found.given
    middle = [
        Dot(row.on, row.middle, f"{row.middle:,}" if at == 0 else "") for at, row in enumerate(rows)
    ]
    marks = Marks(
        band=Band(
            "幅",
            [Dot(row.on, row.low) for row in rows],
            [Dot(row.on, row.high) for row in rows],
        )
    )
    goal = Goal(
        Decimal(int(given.wanted)),
        f"目標 {int(given.wanted):,}{about.unit}",
        given.goal_on,
    )
    return time_chart(
        [Line("試算", middle)],
        label=f"{about.title}の試算。縦は済んでいる数、横は月",
        unit=about.unit,
        goal=goal,
        size=(760, 320),
        marks=marks,
    )


PAGES: Final[tuple[ControllerRouterHandler, ...]] = (first, method, one, months)
