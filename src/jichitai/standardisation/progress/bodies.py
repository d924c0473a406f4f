"""One body on a day: its systems, target dates, editions and costs."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, body
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.model import (
    Business,
    Dataset,
    MeasureKind,
    SourceKind,
    Tally,
    body_class,
    businesses,
)
from jichitai.standardisation.progress.reports import Cloud, DeadlineClass
from jichitai.standardisation.progress.results import BodyView, SystemView
from jichitai.standardisation.progress.scope import Answer, runs
from jichitai.standardisation.progress.store import bodies as store

_Row = Mapping[str, Any]


async def one_body(
    tx: Tx, code: str, *, as_of: date, known_at: datetime, source_kind: SourceKind
) -> BodyView:
    """One body on a day, as known at a moment.

    Raises:
        UnknownMunicipalityError: no body of the 1,788 has this code.
    """
    found = body(code)
    times: dict[str, Any] = {"as_of": as_of, "known_at": known_at, "source_kind": source_kind}
    steps_from, stepped = await _from(tx, code, MeasureKind.STEPS, **times)
    late_from, lated = (
        (steps_from, stepped)
        if steps_from and MeasureKind.LATE in steps_from.holds
        else await _from(tx, code, MeasureKind.LATE, **times)
    )
    systems = tuple(
        _system(found, one, stepped.get(one.key), lated.get(one.key), on=as_of)
        for one in businesses()
    )
    amounts = await _costs(tx, code, **times)
    comparison, fault = service.compared(list(amounts), found.population) if amounts else (None, "")
    return BodyView(
        body=found,
        body_class=body_class(found),
        as_of=as_of,
        known_at=known_at,
        source_kind=source_kind,
        systems=systems,
        steps_from=steps_from if stepped else None,
        late_from=late_from if lated else None,
        tally=_tally(systems),
        slips=tuple(await service.slips(tx, code=code, first=True, **times)),
        editions=tuple(await store.editions(tx, code, **times)),
        costs=amounts,
        comparison=comparison,
        cost_fault=fault,
    )


async def _from(
    tx: Tx, code: str, measure: MeasureKind, **times: Any
) -> tuple[Dataset | None, Mapping[str, _Row]]:
    found = await service.latest(tx, measure=measure, **times)
    if found is None:
        return None, {}
    return found, await store.systems(tx, found.dataset_id, code, times["known_at"])


async def _costs(tx: Tx, code: str, **times: Any) -> tuple[Any, ...]:
    row = await store.costs_from(tx, **times)
    if row is None:
        return ()
    told = await store.costs(tx, row["dataset_id"], times["known_at"], code=code)
    return tuple(told[0][2]) if told else ()


def _system(
    found: Body, one: Business, stepped: _Row | None, lated: _Row | None, *, on: date
) -> SystemView:
    ways = [row for row in (stepped, lated) if row is not None]
    scope = next((row for row in ways if row["runs"] == Answer.YES), ways[0] if ways else None)
    said = None if scope else runs(found, one, on=on)

    def words(name: str) -> str:
        return next((row[name] for row in ways if row[name]), "")

    return SystemView(
        business=one,
        runs=Answer(scope["runs"]) if scope else said.answer if said else Answer.UNKNOWN,
        runs_reason=scope["runs_reason"] if scope else said.reason if said else "",
        done=stepped["done"] if stepped else None,
        states=stepped["states"] if stepped else None,
        late=lated["late"] if lated else None,
        reason_class=lated["reason_class"] if lated else None,
        target_on=next((row["target_on"] for row in reversed(ways) if row["target_on"]), None),
        deadline_class=DeadlineClass(words("deadline_class")),
        vendor=words("vendor"),
        contract=words("contract"),
        cloud=Cloud(words("cloud")),
        risks=words("risks"),
    )


def _tally(systems: tuple[SystemView, ...]) -> Tally:
    mine = [one for one in systems if one.runs is Answer.YES]
    told = [one for one in mine if one.done is not None]
    late = sum(1 for one in mine if one.late)
    return Tally(
        systems=len(told),
        done_steps=sum(one.done or 0 for one in told),
        complete=sum(1 for one in told if one.done == 40),
        late=late,
        unknown=sum(1 for one in systems if one.runs is Answer.UNKNOWN),
        outside=sum(1 for one in systems if one.runs is Answer.NO),
        bodies=1,
        late_bodies=1 if late else 0,
    )
