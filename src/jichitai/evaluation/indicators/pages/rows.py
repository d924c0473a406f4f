"""Rows, figures and facts of indicators as the pages show them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from markupsafe import Markup

from jichitai.evaluation.indicators import service
from jichitai.evaluation.indicators.checks import CONFIDENCE
from jichitai.evaluation.indicators.model import (
    Definition,
    Point,
    Query,
    Target,
    Total,
    year_label,
)
from jichitai.evaluation.indicators.pages import words
from jichitai.evaluation.indicators.standing import Forecast, Status
from jichitai.kernel.dates import JST, both
from jichitai.kernel.municipalities import prefectures
from jichitai.web.components import Column, Fact, Finding
from jichitai.web.formats import date_text
from jichitai.web.time_charts import Dot, Goal, Line, Marks, time_chart

LIST: Final = (
    Column("id", "指標番号", head=True),
    Column("name", "指標", wide=True),
    Column("status", "状況"),
    Column("value", "最新の実績", align="end"),
    Column("as_of", "時点", wide=True),
    Column("target", "目標", wide=True),
    Column("level", "段階"),
)
VALUES: Final = (
    Column("label", "年度・時点", head=True, wide=True),
    Column("value", "値", align="end"),
    Column("parts", "分子／分母", align="end"),
    Column("source", "出典と確からしさ", wide=True),
    Column("recorded", "知られた日", wide=True),
    Column("standing", "版", wide=True),
)
TARGETS: Final = (
    Column("on", "期限", head=True),
    Column("value", "目標値", align="end"),
    Column("kind", "種類"),
    Column("source", "出典", wide=True),
    Column("recorded", "知られた日"),
    Column("standing", "版", wide=True),
)
DEFINITIONS: Final = (
    Column("edition", "系列・版", head=True),
    Column("definition", "定義", wide=True),
    Column("since", "数え始め"),
    Column("recorded", "知られた日"),
    Column("reason", "変えた理由", wide=True),
)
DIMENSIONS: Final = {
    "prefecture": "都道府県",
    "kind": "種類",
    "class": "団体の区分",
    "organ": "機関",
    "affair": "事務",
    "medium": "媒体",
    "client": "相手先",
    "generation": "世代",
    "step": "段階",
    "source": "出どころ",
    "denominator": "分母",
}


def indicator_row(one: Definition, status: Status) -> dict[str, Any]:
    """An indicator as a row of the list."""
    return {
        "id": one.indicator_id,
        "href": words.address(one.indicator_id),
        "name": one.name,
        "level": one.level.word,
        "value": words.shown_point(one, status.point),
        "live": bool(status.point and status.point.live),
        "as_of": label_of(status.point) if status.point else "—",
        "target": _target_text(one, status.target),
        "status": words.status_of(status.standing),
    }


def _target_text(one: Definition, target: Target | None) -> str:
    if target is None:
        return "—"
    return f"{one.with_unit(target.text)}（{year_label(target.fiscal_year).split('（')[0]}まで）"


def standing_figure(one: Definition) -> bool:
    """Whether the value of any day can be drawn: what there is, not what happened in a year."""
    return isinstance(one.numerator, Query) and one.numerator.total is Total.LATEST


def label_of(point: Point) -> str:
    """What a value is about; of a year that is not over, up to which day."""
    if point.complete:
        return point.label
    return f"{point.label.split('（')[0]}の途中、{both(point.as_of)}まで"


def finding_of(one: Definition, status: Status, at: datetime) -> Finding:
    """What the figure of an indicator shows, and where it is from."""
    point = status.point
    text = (
        f"{one.name}は{words.shown_point(one, point)}（{label_of(point)}）"
        if point
        else f"{one.name}の実績は公表されていない"
    )
    notes = (f"※{one.note}",) if one.note else ()
    return Finding(
        text=text,
        source=point.source if point else one.source or "—",
        as_of=f"{at.astimezone(JST):%Y-%m-%d}",
        csv=f"/api/v1/evaluation/indicators/{one.indicator_id}/points.csv",
        definition=one.definition,
        notes=notes,
    )


def figure_of(
    one: Definition, points: Sequence[Point], status: Status, ahead: Forecast | None
) -> Markup | None:
    """The series of every version, the target, and the forecast as a line of its own."""
    lines: list[Line] = []
    numbers = sorted({point.version for point in points})
    for number in numbers[-3:]:
        kept: dict[date, Dot] = {}
        for point in points:
            if point.version == number and point.holds and not point.part:
                kept[point.as_of] = Dot(point.as_of, point.value, point.text)
        name = "実績" if len(numbers) == 1 else f"実績（第{number}系列）"
        lines.append(Line(name, [kept[day] for day in sorted(kept)]))
    known = sum(dot.value is not None for found in lines for dot in found.dots)
    aimed = status.target is not None and status.target.value is not None
    if known < (1 if aimed else 2):
        return None
    if ahead is not None:
        dots = [Dot(day, value, one.text_of(value)) for day, value in ahead.line]
        lines.append(Line("見通し", dots))
    target = status.target
    goal = (
        Goal(target.value, f"目標 {one.with_unit(target.text)}", target.on)
        if target is not None and target.value is not None
        else None
    )
    label = f"{one.name}の推移。値は下の表にあります。"
    most = 100 if one.rate else None
    return time_chart(lines, label=label, unit=one.unit, goal=goal, most=most, marks=Marks())


def ahead_of(one: Definition, ahead: Forecast | None) -> dict[str, Any] | None:
    """A forecast in words."""
    if ahead is None:
        return None
    width = (
        f"{one.text_of(ahead.low)}〜{one.with_unit(one.text_of(ahead.high))}"
        if ahead.low is not None
        else ""
    )
    return {
        "on": ahead.on,
        "text": one.with_unit(ahead.text),
        "width": width,
        "method": ahead.method,
        "reaches_on": ahead.reaches_on,
    }


def facts_of(one: Definition) -> list[Fact]:
    """The definition, field by field."""
    titles = {key: found.title for key, found in service.measures().items()}
    base = one.baseline
    pairs = (
        ("段階", one.level.word),
        ("定義", one.definition),
        ("分子（数えるもの）", words.asked(one.numerator, titles)),
        ("分母", words.asked(one.denominator, titles)),
        ("単位", one.unit),
        ("望ましい向き", one.direction.word),
        (
            "基準値",
            f"{one.with_unit(one.text_of(base.value))}（{base.on.isoformat()}）" if base else "",
        ),
        ("頻度", one.frequency.word),
        ("公表までの日数", "" if one.release_lag is None else f"{one.release_lag}日"),
        ("データの出どころ", one.source),
        ("調査", one.survey),
        ("集める者", one.collector),
        ("内訳", "、".join(DIMENSIONS.get(name, name) for name in one.breakdowns)),
        ("順調・やや遅れのしきい値", "・".join(f"{value:f} %" for value in one.thresholds)),
        ("担当", one.owner),
        ("注", one.note),
    )
    return [Fact(label, value or "—") for label, value in pairs]


def value_row(one: Definition, point: Point, *, writes: bool) -> dict[str, Any]:
    """A value with its edition."""
    sure = CONFIDENCE.get(point.confidence, point.confidence)
    parts = (
        f"{point.numerator:,f}／{point.denominator:,f}"
        if point.numerator is not None and point.denominator is not None
        else "—"
    )
    corrects = writes and point.holds and not point.live and not point.part
    return {
        "label": label_of(point),
        "series": point.version,
        "value": one.with_unit(point.text),
        "holds": point.holds,
        "parts": parts,
        "source": point.source,
        "sure": sure,
        "recorded_at": point.recorded_at,
        "assumed": point.assumed,
        "live": point.live,
        "edition": point.edition,
        "superseded_at": point.superseded_at,
        "reason": point.reason,
        "href": words.address(one.indicator_id, "values", point.as_of.isoformat())
        if corrects
        else "",
    }


def target_row(one: Definition, target: Target, *, writes: bool) -> dict[str, Any]:
    """A target with its edition."""
    return {
        "on": date_text(target.on),
        "value": one.with_unit(target.text),
        "kind": "年度の目標" if target.yearly else "最終目標",
        "source": target.source,
        "recorded_at": target.recorded_at,
        "edition": target.edition,
        "holds": target.superseded_at is None,
        "superseded_at": target.superseded_at,
        "reason": target.reason,
        "href": words.address(one.indicator_id, "targets", target.on.isoformat())
        if writes and target.superseded_at is None and target.version == one.version
        else "",
    }


def definition_row(found: Definition) -> dict[str, Any]:
    """One edition of a definition."""
    titles = {key: one.title for key, one in service.measures().items()}
    parts = [words.asked(found.numerator, titles), words.asked(found.denominator, titles)]
    return {
        "edition": f"第{found.version}系列 第{found.edition}版",
        "definition": "／".join(one for one in [found.definition, *parts] if one),
        "since": date_text(found.valid_from, short=True),
        "recorded": found.recorded_at,
        "reason": found.reason or "—",
    }


def part_rows(one: Definition, points: Sequence[Point], dimension: str) -> list[dict[str, Any]]:
    """The newest value of each part."""
    names = {row.prefecture_code: row.prefecture for row in prefectures()}
    newest: dict[str, Point] = {}
    for point in points:
        if point.part not in newest or newest[point.part].as_of <= point.as_of:
            newest[point.part] = point
    return [
        {
            "part": names.get(part, part) if dimension == "prefecture" else part,
            "value": one.with_unit(point.text),
            "numerator": "—" if point.numerator is None else f"{point.numerator:,f}",
            "denominator": "—" if point.denominator is None else f"{point.denominator:,f}",
            "label": point.label,
        }
        for part, point in sorted(newest.items())
    ]
