"""What is shown of the indicators that hang in a model: name, target with its day, present value."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from jichitai.evaluation.indicators import service as indicators
from jichitai.evaluation.indicators.model import (
    UNKNOWN,
    Definition,
    Level,
    Point,
    Target,
    joined,
    year_label,
)
from jichitai.evaluation.policies.editing import Writing
from jichitai.evaluation.policies.model import Attached
from jichitai.infra.database import Tx
from jichitai.web.components import Option

_WESTERN: Final = re.compile(r"（\d{4}年(?:度)?）")
_NUMBER: Final = re.compile(r"([\d.,〜～-]+)(以上|（.*）)?")


async def of(tx: Tx, ids: Iterable[str], known_at: datetime) -> dict[str, Attached]:
    """What is known of some indicators at an instant; unknown ids are left out."""
    wanted = tuple(dict.fromkeys(ids))
    if not wanted:
        return {}
    definitions = await indicators.definitions(tx, known_at)
    points = await indicators.current(tx, wanted, known_at)
    targets = await indicators.targets(tx, wanted, known_at)
    return {
        key: attached(definitions[key], points.get(key), targets.get(key, ()))
        for key in wanted
        if key in definitions
    }


def attached(one: Definition, point: Point | None, targets: Sequence[Target]) -> Attached:
    """An indicator as a drawing shows it: the last target that holds, the present value."""
    final = [
        goal
        for goal in targets
        if not goal.yearly and goal.superseded_at is None and goal.version == one.version
    ]
    goal = max(final, key=lambda found: found.on, default=None)
    return Attached(
        indicator_id=one.indicator_id,
        name=one.name,
        level=str(one.level),
        rate=one.rate,
        denominator=one.denominator is not None,
        target=_goal(one, goal) if goal else "",
        actual=_actual(one, point),
    )


def _goal(one: Definition, goal: Target) -> str:
    year = _WESTERN.sub("", year_label(goal.fiscal_year))
    return f"{_with_unit(goal.text, one.unit)}（{year}まで）"


def _with_unit(text: str, unit: str) -> str:
    """A printed value with its unit before any remark; words get none: 100 %（原則）, ほぼ全国民."""
    found = _NUMBER.fullmatch(text)
    return f"{joined(found[1], unit)}{found[2] or ''}" if found else text


def _actual(one: Definition, point: Point | None) -> str:
    if point is None or not point.text or point.text == UNKNOWN:
        return UNKNOWN
    label = _WESTERN.sub("", point.label)
    text = _with_unit(point.text, one.unit)
    return f"{text}（{label}）" if label else text


async def options(tx: Tx, section: str, writing: Writing, known_at: datetime) -> list[Option]:
    """Indicators that may hang on an element: those of its column first, then the section's others."""
    chosen = set(writing.indicators)
    definitions = await indicators.definitions(tx, known_at)
    found = [
        one
        for one in definitions.values()
        if one.indicator_id in chosen or (one.section == section and one.level is not Level.CONTEXT)
    ]
    found.sort(key=lambda one: (str(one.level) != str(writing.column), one.indicator_id))
    listed = [
        Option(one.indicator_id, f"{one.indicator_id} {one.name}", hint=f"（{one.level.word}）")
        for one in found
    ]
    unknown = [key for key in writing.indicators if key not in definitions]
    return listed + [Option(key, f"{key}（定義なし）") for key in unknown]
