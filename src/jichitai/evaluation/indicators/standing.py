"""Where an indicator stands on the way to its target, and where it is heading. Pure.

A standing is a word with a sign; colour only repeats it. A forecast names its method and shows how
wide it may be out; it never stands as an actual.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

from jichitai.evaluation.indicators.errors import TooFewPointsError
from jichitai.evaluation.indicators.model import (
    WHOLE,
    Definition,
    Direction,
    Point,
    Query,
    Target,
    Total,
    day_label,
)

MOST_USED: Final = 5
"""Points that a forecast looks back on at most."""

FURTHEST: Final = 3650
"""Days that a forecast looks ahead at most."""

_STEP: Final = Decimal("0.000001")


class Standing(StrEnum):
    """状況: the closed vocabulary."""

    REACHED = "reached"
    ON_WAY = "on-way"
    NEAR = "near"
    BEHIND = "behind"
    MISSED = "missed"
    AWAITED = "awaited"
    OPEN = "open"
    NO_VALUE = "no-value"
    NO_TARGET = "no-target"

    @property
    def word(self) -> str:
        """The word."""
        return _WORDS[self][1]

    @property
    def icon(self) -> str:
        """The sign before the word."""
        return _WORDS[self][0]

    @property
    def shown(self) -> str:
        """Sign and word."""
        return f"{self.icon} {self.word}"

    @property
    def colour(self) -> str:
        """What colour repeats the word."""
        return _WORDS[self][2]

    @property
    def meaning(self) -> str:
        """The rule."""
        return _WORDS[self][3]


_WORDS: Final = {
    Standing.REACHED: ("◎", "目標達成", "blue", "最新の実績値が目標値に達している"),
    Standing.ON_WAY: ("○", "順調", "green", "基準から目標までの直線が今あるべき所に達している"),
    Standing.NEAR: ("△", "やや遅れ", "yellow", "直線が今あるべき所の8割以上まで来ている"),
    Standing.BEHIND: ("▲", "遅れ", "orange", "直線が今あるべき所の8割に届いていない"),
    Standing.MISSED: ("×", "未達成", "red", "期限の後の実績値が目標値に達していない"),
    Standing.AWAITED: ("…", "期限後の実績待ち", "purple", "期限は過ぎたが、期限の後の実績が未公表"),
    Standing.OPEN: ("？", "判定できない", "grey", "比べる過去の実績がない、または目標が言葉だけ"),
    Standing.NO_VALUE: ("—", "実績未公表", "grey", "実績値が公表されていない"),
    Standing.NO_TARGET: ("・", "目標なし", "grey", "目標値が定められていない"),
}


class Status(Struct, frozen=True, kw_only=True):
    """Where an indicator stands, and on what that rests.

    Attributes:
        standing: the word.
        point: the newest value that holds.
        target: what it is compared with.
        reason: one sentence with the figures of the comparison.
        share: how much of the way that should be done is done, in percent.
    """

    standing: Standing
    point: Point | None = None
    target: Target | None = None
    reason: str = ""
    share: Decimal | None = None


class Forecast(Struct, frozen=True, kw_only=True):
    """見通し: where the values of the past lead when they go on as they did.

    Attributes:
        method: name of the method, and what it rests on.
        on: the day that it is about.
        value, low, high: the value, and how far it may be out.
        text: as it is printed, without its unit.
        used: how many values it rests on.
        reaches_on: when the target would be reached; None never, or beyond ten years.
        line: (day, value) of its beginning and its end.
    """

    indicator_id: str
    version: int
    method: str
    on: date
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    text: str
    used: int
    reaches_on: date | None
    line: tuple[tuple[date, Decimal], tuple[date, Decimal]]


def newest(points: Sequence[Point]) -> Point | None:
    """The value that holds for the newest day; one that was published goes before a counted one.

    Source: this project's.
    """
    whole = [one for one in points if one.holds and not one.part]
    if not whole:
        return None
    return max(whole, key=lambda one: (one.version, one.as_of, not one.live))


def wanted(targets: Sequence[Target], on: date) -> Target | None:
    """The target that counts on a day: the next one due, or the last that was.

    Source: this project's.
    """
    holding = sorted(
        (one for one in targets if one.superseded_at is None), key=lambda one: (one.version, one.on)
    )
    last = holding[-1].version if holding else 0
    holding = [one for one in holding if one.version == last]
    return next((one for one in holding if one.on >= on), holding[-1] if holding else None)


def judge(
    definition: Definition, points: Sequence[Point], targets: Sequence[Target], on: date
) -> Status:
    """Where an indicator stands on a day.

    Source: this project's; 政策評価 目標管理型の実績評価 (comparison of targets and actuals).
    """
    point, target = newest(points), wanted(targets, on)
    if target is None:
        known = point is not None and point.text
        standing = Standing.NO_TARGET if known else Standing.NO_VALUE
        return Status(standing=standing, point=point, reason=standing.meaning)
    if point is None or point.value is None:
        word = point is not None and bool(point.text)
        standing = Standing.OPEN if word else Standing.NO_VALUE
        return Status(standing=standing, point=point, target=target, reason=standing.meaning)
    if target.value is None:
        return _of(Standing.OPEN, point, target, f"目標は「{target.text}」で、数値では比べられない")
    said = (
        f"実績 {definition.with_unit(point.text)}、目標 {definition.with_unit(target.text)}"
        f"（{day_label(target.on)}まで）"
    )
    if _reaches(definition.direction, point.value, target.value):
        return _of(Standing.REACHED, point, target, said)
    if on > target.on:
        late = point.as_of >= target.on
        return _of(Standing.MISSED if late else Standing.AWAITED, point, target, said)
    return _on_the_way(definition, points, point, target, said)


def _of(standing: Standing, point: Point, target: Target, reason: str) -> Status:
    return Status(standing=standing, point=point, target=target, reason=reason)


def _reaches(direction: Direction, value: Decimal, target: Decimal) -> bool:
    return value <= target if direction is Direction.DOWN else value >= target


def _on_the_way(
    definition: Definition, points: Sequence[Point], point: Point, target: Target, said: str
) -> Status:
    start = _start(definition, points, point)
    if start is None or target.value is None or point.value is None or start[0] >= point.as_of:
        reason = f"{said}。比べる過去の実績（基準値）がない"
        return _of(Standing.OPEN, point, target, reason)
    begun, base = start
    passed, whole = (point.as_of - begun).days, (target.on - begun).days
    due = (target.value - base) * passed / whole
    if not due:
        return _of(Standing.OPEN, point, target, f"{said}。基準値が目標値と同じ")
    share = ((point.value - base) * WHOLE / due).quantize(_STEP, ROUND_HALF_UP)
    good, near = definition.thresholds
    standing = (
        Standing.ON_WAY if share >= good else Standing.NEAR if share >= near else Standing.BEHIND
    )
    expected = definition.with_unit(definition.text_of(base + due))
    reason = f"{said}。{day_label(point.as_of)}の直線上の値は{expected}"
    return Status(standing=standing, point=point, target=target, reason=reason, share=share)


def _start(
    definition: Definition, points: Sequence[Point], point: Point
) -> tuple[date, Decimal] | None:
    if definition.baseline is not None:
        return definition.baseline.on, definition.baseline.value
    earlier = usable(definition, points, version=point.version)
    return (earlier[0].as_of, earlier[0].value or Decimal(0)) if earlier else None


def usable(definition: Definition, points: Sequence[Point], *, version: int) -> list[Point]:
    """Values that a line can be drawn through: of one series, whole periods, one a day, in order.

    Source: this project's.
    """
    query = definition.numerator
    running = isinstance(query, Query) and query.total is Total.YEAR
    found: dict[date, Point] = {}
    for one in points:
        if not one.holds or one.part or one.value is None or one.version != version:
            continue
        if one.live and running and not one.complete:
            continue
        if one.as_of not in found or found[one.as_of].live:
            found[one.as_of] = one
    return [found[day] for day in sorted(found)]


def forecast(
    definition: Definition, points: Sequence[Point], targets: Sequence[Target], on: date
) -> Forecast:
    """Where the last values lead by a day: a line of least squares, or through two points.

    Args:
        definition: of the indicator.
        points: all of its values.
        targets: to tell when the line reaches the one that counts.
        on: the day that is asked about.

    Raises:
        TooFewPointsError: fewer than two values of one series.

    Source: this project's; least squares, spread from the residuals (twice their deviation).
    """
    used = usable(definition, points, version=definition.version)[-MOST_USED:]
    if len(used) < 2:
        raise TooFewPointsError(
            "同じ定義の実績値が二つ以上ないため、見通しは出せません。実績が公表されるのを待ってください。",
            points=len(used),
        )
    first = used[0].as_of
    xs = [Decimal((one.as_of - first).days) for one in used]
    ys = [one.value or Decimal(0) for one in used]
    slope, offset = _line(xs, ys)
    spread = _spread(xs, ys, slope, offset)
    end = max(on, used[-1].as_of)
    value = offset + slope * (end - first).days
    kept = _bounded(definition, value)
    method = (
        f"直近{len(used)}点の最小二乗法による直線（幅は残差の標準偏差の2倍）"
        if spread is not None
        else "直近2点を結ぶ直線（幅は求められない）"
    )
    target = wanted(targets, on)
    return Forecast(
        indicator_id=definition.indicator_id,
        version=definition.version,
        method=method,
        on=end,
        value=kept,
        low=None if spread is None else _bounded(definition, value - 2 * spread),
        high=None if spread is None else _bounded(definition, value + 2 * spread),
        text=definition.text_of(kept),
        used=len(used),
        reaches_on=_reached_on(definition, target, slope, offset, first, used[-1].as_of),
        line=(
            (used[-1].as_of, _bounded(definition, offset + slope * xs[-1])),
            (end, kept),
        ),
    )


def _line(xs: Sequence[Decimal], ys: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    count = Decimal(len(xs))
    middle_x, middle_y = sum(xs) / count, sum(ys) / count
    across = sum(((x - middle_x) ** 2 for x in xs), Decimal(0))
    slope = sum(
        ((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)), Decimal(0)
    ) / (across)
    return slope, middle_y - slope * middle_x


def _spread(
    xs: Sequence[Decimal], ys: Sequence[Decimal], slope: Decimal, offset: Decimal
) -> Decimal | None:
    if len(xs) < 3:
        return None
    left = sum(((y - offset - slope * x) ** 2 for x, y in zip(xs, ys, strict=True)), Decimal(0)) / (
        len(xs) - 2
    )
    return left.sqrt()


def _bounded(definition: Definition, value: Decimal) -> Decimal:
    kept = max(value, Decimal(0))
    kept = min(kept, WHOLE) if definition.rate else kept
    return kept.quantize(_STEP, ROUND_HALF_UP)


def _reached_on(
    definition: Definition,
    target: Target | None,
    slope: Decimal,
    offset: Decimal,
    first: date,
    last: date,
) -> date | None:
    if target is None or target.value is None or not slope:
        return None
    if (slope > 0) == (definition.direction is Direction.DOWN):
        return None
    days = ((target.value - offset) / slope).to_integral_value(ROUND_HALF_UP)
    if not 0 <= days <= (last - first).days + FURTHEST:
        return None
    return first + timedelta(days=int(days))
