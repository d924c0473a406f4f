"""月ごとに必要な数: what would have to happen each month to meet a date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from litestar.response import Template
from markupsafe import Markup

from jichitai.kernel.dates import both, parse_date, wareki
from jichitai.kernel.errors import InvalidError
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.counted import Part
from jichitai.standardisation.progress.model import MeasureKind
from jichitai.standardisation.progress.planning import deadlines
from jichitai.standardisation.progress.results import Needed
from jichitai.standardisation.views.asking import AnyRequest, narrowed_of
from jichitai.standardisation.views.pages.setting import asked_at, crumbs, options, setting
from jichitai.web.components import Column, Crumb, Fact, FieldErrors, Finding
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock
from jichitai.web.time_charts import Dot, Line, time_chart

_LATEST: Final = date(2100, 3, 31)
_MEASURES: Final = (MeasureKind.SYSTEMS, MeasureKind.STEPS, MeasureKind.LATE)
_COLUMNS: Final = (
    Column("month", "月", head=True),
    Column("left", "月末に残る数", align="end"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer for one measure."""

    id: str
    head: str
    text: str
    facts: Sequence[Fact]
    svg: Markup | str
    finding: Finding
    columns: tuple[Column, ...]
    rows: Sequence[dict[str, str]]


async def plan(request: AnyRequest, db: Db, clock: LawClock) -> Template:
    """What is left, divided by the months until a date."""
    place, asked = asked_at(request, clock.today())
    narrowed = narrowed_of(request.query_params)
    text = request.query_params.get("by", "").replace("\0", "")[:20]
    dates = deadlines(asked.on)
    by, errors = _deadline(text, max((one.day for one in dates), default=asked.on))
    part = Part(business=narrowed.business)
    results: list[Result] = []
    async with db.transaction(read_only=True) as tx:
        known = await service.datasets(tx, asked.known_at)
        for measure in _MEASURES if by else ():
            found = await service.needed_per_month(
                tx, measure=measure, deadline=by or asked.on, part=part, **asked.times
            )
            if found is not None and found.total:
                results.append(result_of(found))
    context = {
        **setting(request, place, asked, known),
        "options": options(),
        "typed": {"by": text or (wareki(by) if by else ""), "business": narrowed.business},
        "deadlines": dates,
        "hidden": asked.values,
        "results": results,
        "errors": errors,
        "crumbs": crumbs(place, asked, Crumb("月ごとに必要な数")),
    }
    return page(request, "standardisation/plan.html", context, status=422 if errors else 200)


def _deadline(text: str, usual: date) -> tuple[date | None, FieldErrors]:
    if not text:
        return usual, FieldErrors()
    try:
        by = parse_date(text)
    except InvalidError as refusal:
        return None, FieldErrors.of({"by": refusal.detail})
    if by > _LATEST:
        message = (
            "期日が遠すぎます。月ごとの数を示せないため、2100年3月31日までの日を入れてください。"
        )
        return None, FieldErrors.of({"by": message})
    return by, FieldErrors()


def result_of(found: Needed) -> Result:
    """The answer for one measure, in words, figures and a line."""
    unit, on = found.measure.unit, wareki(found.dataset.as_of)
    name = (
        "間に合わないとされたシステム" if found.measure is MeasureKind.LATE else found.measure.label
    )
    svg: Markup | str = ""
    if found.plan:
        dots = [
            Dot(found.dataset.as_of, found.remaining, f"{found.remaining:,}"),
            *(
                Dot(_end(month), left, f"{left:,}")
                for month, left in found.plan
                if month.month == 3 or (month, left) == found.plan[-1]
            ),
        ]
        svg = time_chart([Line("残り", dots)], label=f"{name}：残る数", unit=unit)
    return Result(
        id=f"path-{found.measure}",
        head=name,
        text=_words(found, unit),
        facts=(
            Fact(
                "残っている数",
                f"{found.remaining:,}{unit}（{found.total:,}{unit}のうち）　{on}現在",
            ),
            Fact("期日", both(found.deadline)),
            Fact("期日までの月数", f"{found.months:,}か月"),
            Fact("直近の進み方", _pace(found, unit)),
        ),
        svg=svg,
        finding=Finding(
            text=f"{name}：{_words(found, unit)}",
            source=found.dataset.source,
            as_of=on,
            definition=f"残る数を、{on}から期日までの月数で割って切り上げた。{found.measure.definition}",
        ),
        columns=_COLUMNS,
        rows=[
            {"month": f"{month.year}年{month.month}月", "left": f"{left:,}"}
            for month, left in found.plan
        ],
    )


def _end(month: date) -> date:
    following = month.replace(day=28).toordinal() + 4
    return date.fromordinal(date.fromordinal(following).replace(day=1).toordinal() - 1)


def _words(found: Needed, unit: str) -> str:
    if not found.remaining:
        return "残りはありません"
    if found.per_month is None:
        return f"期日を過ぎています。{found.remaining:,}{unit}が残っています"
    return f"毎月{found.per_month:,}{unit}ずつ終わらせる必要があります"


def _pace(found: Needed, unit: str) -> str:
    pace = found.done_per_month
    if pace is None:
        return "—（同じ数え方の前の数字がない）"
    words = f"{pace.denominator}か月に{pace.numerator:,}{unit}"
    if found.months_at_pace is None:
        return words
    return f"{words}（この進み方では、あと{found.months_at_pace:,}か月）"
