"""The charts of 指標の状況, and how rates become colours of a map."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from jichitai.evaluation.dashboard.model import Sight
from jichitai.evaluation.indicators.model import Definition, Point, Target
from jichitai.evaluation.indicators.standing import wanted
from jichitai.kernel.dates import wareki
from jichitai.web.maps import Fill, Step
from jichitai.web.time_charts import Dot, Goal, Line, Marks, time_chart

_LIMITS: Final[tuple[tuple[int, Fill], ...]] = ((90, "4"), (70, "3"), (40, "2"))
_FEW_LIMITS: Final[tuple[tuple[int, Fill], ...]] = ((75, "4"), (50, "3"), (25, "2"))


def fill(percent: Decimal | None, sight: Sight) -> Fill:
    """The colour class of a rate; without an answer it is hatched, never 0 %."""
    if percent is None:
        return "none"
    limits = _FEW_LIMITS if sight.few else _LIMITS
    found = next((step for least, step in limits if percent >= least), None)
    return found or ("1" if percent else "0")


def steps(sight: Sight) -> list[Step]:
    """The legend of the map."""
    limits = _FEW_LIMITS if sight.few else _LIMITS
    return [
        *(Step(step, f"{least} %以上") for least, step in limits),
        Step("1", "0 %を超える"),
        Step("0", "0 %"),
        Step("none", sight.silence),
    ]


def drawable(points: Sequence[Point]) -> list[Point]:
    """Values of the whole country that hold and are numbers."""
    return [one for one in points if one.holds and not one.part and one.value is not None]


def indicator_chart(
    definition: Definition, points: Sequence[Point], targets: Sequence[Target]
) -> Markup | None:
    """The values over time with the target; None where a chart would show nothing.

    Series of other definitions, and values that this system counted, are lines of their own.
    """
    known = drawable(points)
    goal = _goal(definition, targets, known)
    if len(known) + (goal is not None) < 2 or not known:
        return None
    whole = [one for one in points if one.holds and not one.part]
    lines = _lines(definition, whole)[-6:]
    return time_chart(
        lines,
        label=f"{definition.name}の推移",
        unit=definition.unit,
        goal=goal,
        most=100 if definition.rate else None,
        size=(760, 300),
        marks=Marks(path=_path(targets, definition), gaps=True),
    )


def _lines(definition: Definition, points: Sequence[Point]) -> list[Line]:
    """Series apart; a day whose value nobody tells in a number is a gap."""
    keys = sorted({(one.version, one.live) for one in points if one.value is not None})
    versions = {version for version, _ in keys}
    found = []
    for version, live in keys:
        name = "このシステムで集計" if live else "公表値"
        if len(versions) > 1:
            name += f"（第{version}の定義）"
        own = [one for one in points if (one.version, one.live) == (version, live)]
        dots = [Dot(one.as_of, one.value, definition.with_unit(one.text)) for one in own]
        found.append(Line(name, dots))
    return found


def _goal(definition: Definition, targets: Sequence[Target], known: Sequence[Point]) -> Goal | None:
    final = [one for one in targets if not one.yearly]
    last = max((one.as_of for one in known), default=None)
    found = wanted(final, last) if last else None
    if found is None or found.value is None:
        return None
    text = f"目標 {definition.with_unit(found.text)}（{wareki(found.on)}まで）"
    return Goal(found.value, text, found.on)


def _path(targets: Sequence[Target], definition: Definition) -> Line | None:
    """Targets of each year on the way."""
    own = [
        one
        for one in targets
        if one.yearly
        and one.superseded_at is None
        and one.value is not None
        and one.version == definition.version
    ]
    dots = [Dot(one.on, one.value, one.text) for one in sorted(own, key=lambda one: one.on)]
    return Line("年度ごとの目標", dots) if dots else None
