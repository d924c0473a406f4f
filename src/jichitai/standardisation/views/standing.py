"""Bodies out of reports alone, for the tiers that keep no progress of the country.

A prefecture and a town have the published data in the program, and their own answers; from both
the same page of a body is made as at the ministry.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from jichitai.kernel.bodies import Body, body
from jichitai.standardisation.progress.costs import CostItem
from jichitai.standardisation.progress.loading import built_in
from jichitai.standardisation.progress.model import (
    STEPS,
    Business,
    Dataset,
    MeasureKind,
    SourceKind,
    Tally,
    body_class,
    business,
    businesses,
)
from jichitai.standardisation.progress.reports import (
    BodyReport,
    Cloud,
    DeadlineClass,
    SystemReport,
    runs_as_told,
)
from jichitai.standardisation.progress.results import BodyView, Slip, SystemView
from jichitai.standardisation.progress.scope import Answer, Runs, runs
from jichitai.standardisation.progress.service import compared

Told = Sequence[tuple[Dataset, Mapping[str, BodyReport]]]
"""Data sets with the reports in them, by code."""


def published(codes: Collection[str], known_at: datetime) -> Told:
    """What the published data tell of these bodies, as it was known at a moment."""
    return [(one, told) for one, told in built_in(codes) if one.recorded_at <= known_at]


def view_of(code: str, told: Told, *, on: date, known_at: datetime, kind: SourceKind) -> BodyView:
    """One body out of reports.

    Args:
        code: of the body.
        told: data sets of one kind, each with its reports; the newest of each measure counts.
        on: the day.
        known_at: the moment whose knowledge counts.
        kind: what the data sets are.
    """
    found = body(code)
    steps_from, stepped = _newest(code, told, MeasureKind.STEPS)
    late_from, lated = _newest(code, told, MeasureKind.LATE)
    systems = tuple(
        _system(found, one, stepped.get(one.key), lated.get(one.key), on=on) for one in businesses()
    )
    costs = _costs(code, told)
    comparison, fault = compared(list(costs), found.population) if costs else (None, "")
    return BodyView(
        body=found,
        body_class=body_class(found),
        as_of=on,
        known_at=known_at,
        source_kind=kind,
        systems=systems,
        steps_from=steps_from,
        late_from=late_from,
        tally=tally_of(systems),
        slips=slips_of(code, told),
        editions=(),
        costs=costs,
        comparison=comparison,
        cost_fault=fault,
    )


def _in_order(code: str, told: Told) -> list[tuple[Dataset, BodyReport]]:
    there = [(one, reports[code]) for one, reports in told if code in reports]
    return sorted(there, key=lambda pair: (pair[0].as_of, pair[0].recorded_at))


def _costs(code: str, told: Told) -> tuple[CostItem, ...]:
    """The costs that were told last."""
    every = [report.costs for _, report in _in_order(code, told) if report.costs]
    return every[-1] if every else ()


def slips_of(code: str, told: Told) -> tuple[Slip, ...]:
    """Every statement of a target date, the newest first; the earlier date stays in each."""
    found: list[Slip] = []
    last: dict[str, Slip] = {}
    for dataset, report in _in_order(code, told):
        for one in report.systems:
            before = last.get(one.business)
            if one.target_on is None or (before and before.target_on == one.target_on):
                continue
            last[one.business] = Slip(
                code=code,
                business=business(one.business),
                number=before.number + 1 if before else 1,
                as_of=dataset.as_of,
                before=before.target_on if before else None,
                target_on=one.target_on,
                reason=one.target_reason,
                recorded_at=dataset.recorded_at,
            )
            found.append(last[one.business])
    return tuple(reversed(found))


def _newest(
    code: str, told: Told, measure: MeasureKind
) -> tuple[Dataset | None, dict[str, SystemReport]]:
    holding = [
        (one, reports[code]) for one, reports in told if measure in one.holds and code in reports
    ]
    if not holding:
        return None, {}
    dataset, report = max(holding, key=lambda pair: (pair[0].as_of, pair[0].recorded_at))
    return dataset, {one.business: one for one in report.systems}


def _system(
    found: Body,
    one: Business,
    stepped: SystemReport | None,
    lated: SystemReport | None,
    *,
    on: date,
) -> SystemView:
    ways = [report for report in (stepped, lated) if report is not None]
    scope = _scope(found, one, ways, on)
    last = ways[-1] if ways else SystemReport(business=one.key)
    return SystemView(
        business=one,
        runs=scope.answer,
        runs_reason=scope.reason,
        done=stepped.steps_done if stepped else None,
        states=stepped.states if stepped else None,
        late=lated.late if lated else None,
        reason_class=lated.reason_class if lated else None,
        target_on=last.target_on,
        deadline_class=next(
            (w.deadline_class for w in ways if w.deadline_class), DeadlineClass.UNKNOWN
        ),
        vendor=last.vendor,
        contract=last.contract,
        cloud=next((w.cloud for w in ways if w.cloud), Cloud.UNKNOWN),
        risks=last.risks,
    )


def _scope(found: Body, one: Business, ways: Sequence[SystemReport], on: date) -> Runs:
    told = [runs_as_told(found, way, on=on) for way in ways] or [runs(found, one, on=on)]
    return next((way for way in told if way.answer is Answer.YES), told[0])


def tally_of(systems: Sequence[SystemView]) -> Tally:
    """What is counted of one body, over the systems that it is known to run."""
    mine = [one for one in systems if one.runs is Answer.YES]
    counted = [one for one in mine if one.done is not None]
    late = sum(1 for one in mine if one.late)
    return Tally(
        systems=len(counted),
        done_steps=sum(one.done or 0 for one in counted),
        complete=sum(1 for one in counted if one.done == STEPS),
        late=late,
        unknown=sum(1 for one in systems if one.runs is Answer.UNKNOWN),
        outside=sum(1 for one in systems if one.runs is Answer.NO),
        bodies=1,
        late_bodies=1 if late else 0,
    )


def late_tally(systems: Sequence[SystemView]) -> Tally:
    """The same over the systems of which it is told whether they are late."""
    told = [one for one in systems if one.runs is Answer.YES and one.late is not None]
    late = sum(1 for one in told if one.late)
    whole = tally_of(systems)
    return Tally(
        systems=len(told),
        late=late,
        unknown=whole.unknown,
        outside=whole.outside,
        bodies=1,
        late_bodies=1 if late else 0,
    )
