"""Counts as they come from the store, and the measures that are made of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from jichitai.kernel.bodies import BodyKind, all_bodies
from jichitai.standardisation.progress import planning
from jichitai.standardisation.progress.model import (
    STEPS,
    BodyClass,
    Coverage,
    Dataset,
    LateMeasure,
    MeasureKind,
    Rate,
    StepMeasure,
    SystemMeasure,
    Tally,
    body_class,
)
from jichitai.standardisation.progress.results import SeriesPoint


@dataclass(frozen=True, slots=True)
class Counted:
    """The same rows counted twice: systems in scope, and every row of the source."""

    in_scope: Tally
    all_rows: Tally

    def of(self, coverage: Coverage) -> Tally:
        """One of the two."""
        return self.in_scope if coverage is Coverage.IN_SCOPE else self.all_rows


NOTHING: Final = Counted(Tally(), Tally())


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The part of the country that is counted; empty means all of it."""

    prefecture: str = ""
    body_class: BodyClass | None = None
    body: str = ""
    bodies: tuple[str, ...] = ()
    business: str = ""


def steps_measure(
    found: Dataset | None, counted: Counted, coverage: Coverage
) -> StepMeasure | None:
    """By steps, if a data set tells it."""
    if found is None:
        return None
    return StepMeasure(dataset=found, tally=counted.of(coverage), coverage=coverage)


def systems_measure(
    found: Dataset | None, counted: Counted, coverage: Coverage
) -> SystemMeasure | None:
    """By systems, if a data set tells it."""
    if found is None:
        return None
    return SystemMeasure(dataset=found, tally=counted.of(coverage), coverage=coverage)


def late_measure(found: Dataset | None, counted: Counted) -> LateMeasure | None:
    """Late systems, over the denominator that the publisher states."""
    if found is None:
        return None
    tally = counted.all_rows
    systems = found.of_systems or counted.in_scope.systems
    return LateMeasure(
        dataset=found,
        tally=tally,
        rate=Rate(tally.late, systems),
        bodies=Rate(tally.late_bodies, expected(found)),
    )


def covered(found: Dataset, *, prefecture: str = "") -> Iterable[BodyClass]:
    """The class of every body that a data set covers."""
    for one in all_bodies():
        whole = found.covers == "all" or one.kind is not BodyKind.PREFECTURE
        if whole and (not prefecture or one.prefecture_code == prefecture):
            yield body_class(one)


def expected(found: Dataset, *, prefecture: str = "") -> int:
    """How many bodies a data set covers."""
    return sum(1 for _ in covered(found, prefecture=prefecture))


def missing(counted: Counted, all_of_them: int) -> Counted:
    """The same counts with the bodies that did not answer."""
    number = max(0, all_of_them - counted.in_scope.bodies)
    return Counted(
        replace(counted.in_scope, unanswered=number),
        replace(counted.all_rows, unanswered=number),
    )


def left(tally: Tally, measure: MeasureKind) -> tuple[int, int]:
    """What is left, and of how many."""
    match measure:
        case MeasureKind.STEPS:
            return tally.systems * STEPS - tally.done_steps, tally.systems * STEPS
        case MeasureKind.SYSTEMS:
            return tally.systems - tally.complete, tally.systems
        case MeasureKind.LATE:
            return tally.late, tally.systems


def pace(points: list[SeriesPoint], measure: MeasureKind) -> Rate | None:
    """How much less was left in the last data set than in the one before, over their months."""
    if len(points) < 2:
        return None
    before, now = points[-2], points[-1]
    months = planning.months_until(before.as_of, now.as_of)
    if months == 0:
        return None
    return Rate(left(before.tally, measure)[0] - left(now.tally, measure)[0], months)
