"""予定と仕事: the calendar of a fiscal year with what became of it, and the officer's own tasks."""

from datetime import date
from typing import Any, Final

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from jichitai.evaluation.access import INSIDE, WRITERS
from jichitai.evaluation.indicators.model import year_label
from jichitai.evaluation.year import service
from jichitai.evaluation.year.model import Kind, Task
from jichitai.evaluation.year.pages.shared import (
    HOME,
    AnyRequest,
    Form,
    clean,
    crumbs,
    tabs,
    writes,
    year_of,
    years,
)
from jichitai.evaluation.year.service import Planned
from jichitai.evaluation.year.store import Record
from jichitai.kernel.dates import wareki
from jichitai.web.components import Column, Crumb, Status
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who

_COLUMNS: Final = (
    Column("when", "時期"),
    Column("title", "仕事", head=True, wide=True),
    Column("work", "区分"),
    Column("law", "根拠", wide=True),
    Column("word", "状況"),
    Column("deed", "記録"),
)
_OWN: Final = (
    Column("due", "期日"),
    Column("title", "仕事", head=True, wide=True),
    Column("word", "状況"),
    Column("by", "記録した人"),
)
_CHIPS: Final = {
    "済み": Status("済み", "green"),
    "行わない": Status("行わない", "grey", "この年度は行わない"),
    "時期を過ぎた": Status("時期を過ぎた", "orange", "予定の時期を過ぎ、済んだ記録がない"),
    "いま": Status("いま", "blue", "予定の時期"),
    "これから": Status("これから", "grey"),
}


@get([HOME, f"{HOME}/tasks"], opt={"roles": INSIDE}, include_in_schema=False)
async def year(request: AnyRequest, principal: Who, db: Db, clock: LawClock) -> Template:
    """A fiscal year."""
    shown, today = year_of(request, clock), clock.today()
    async with db.transaction(read_only=True) as tx:
        planned = await service.planned(tx, shown, clock.now())
        own = await service.records(tx, Kind.TASK, shown, clock.now())
    rows = [_row(one, today) for one in planned]
    context: dict[str, Any] = {
        "year": shown,
        "label": year_label(shown),
        "tabs": tabs(Kind.TASK, shown),
        "years": years(shown, clock),
        "columns": _COLUMNS if writes(principal) else _COLUMNS[:-1],
        "rows": rows,
        "chips": _CHIPS,
        "own_columns": _OWN,
        "own": [_own(one, today) for one in own],
        "writes": writes(principal),
        "crumbs": crumbs(Crumb(year_label(shown))),
        "as_of": wareki(today),
    }
    return page(request, "evaluation_year/year.html", context)


def _row(one: Planned, today: date) -> dict[str, Any]:
    first, last = one.starts_on, one.ends_on
    months = f"{first.month}月" if first.month == last.month else f"{first.month}〜{last.month}月"
    return {
        "key": one.usual.key,
        "when": f"{wareki(first).split('年')[0]}年{months}",
        "title": one.usual.title,
        "detail": one.usual.detail,
        "href": one.usual.place,
        "work": one.usual.work.word,
        "law": one.usual.law or "—",
        "source": one.usual.source,
        "recalled": one.usual.confidence == "recalled",
        "word": one.word(today),
        "done_on": one.task.done_on if one.task else None,
        "edition": one.record.edition if one.record else 0,
    }


def _own(one: Record, today: date) -> dict[str, Any]:
    task = one.content
    assert isinstance(task, Task)  # noqa: S101 - the kind was asked for
    late = task.due_on is not None and task.due_on < today
    word = "済み" if task.done_on else "行わない" if task.dropped else ""
    return {
        "due": task.due_on,
        "title": task.title,
        "href": f"{HOME}/tasks/{one.record_id}",
        "word": word or ("時期を過ぎた" if late else "いま"),
        "by": one.recorded_name,
    }


@post(f"{HOME}/calendar/{{key:str}}", opt={"roles": WRITERS}, include_in_schema=False)
async def mark(
    request: AnyRequest, key: FromPath[str], data: Form, principal: Who, db: Db, clock: LawClock
) -> Redirect:
    """Record that a line of the calendar is done, or open again."""
    form = clean(data)
    shown = year_of(request, clock)
    async with db.transaction() as tx:
        await service.mark(
            tx, key, shown, done=form.get("deed") == "done", by=principal.actor, clock=clock
        )
    return Redirect(f"{HOME}?fiscal_year={shown}#t-{key}", status_code=303)


PAGES: Final[tuple[ControllerRouterHandler, ...]] = (year, mark)
