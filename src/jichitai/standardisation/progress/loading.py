"""The built-in open data: loaded once into each database, under their dates and sources.

A data set becomes known on the day of its publication, or at the end of its own day where that is
not known, so that a report as of an earlier day does not see it. Loading again changes nothing,
unless the tables of who runs what were corrected: then the bodies concerned get a later edition.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import JST, Clock
from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, all_bodies, body
from jichitai.standardisation.errors import InvalidReportError
from jichitai.standardisation.progress import recording
from jichitai.standardisation.progress.model import (
    STEPS,
    Dataset,
    MeasureKind,
    SourceKind,
    businesses,
)
from jichitai.standardisation.progress.reports import BodyReport, SystemReport, runs_as_told
from jichitai.standardisation.progress.results import Published
from jichitai.standardisation.progress.scope import Answer, runs
from jichitai.standardisation.progress.store import datasets, reports
from jichitai.standardisation.progress.tables import Row, read, rows

LOADED_BY = "built-in"
_MEASURES: Mapping[str, MeasureKind] = {
    "deadline_miss": MeasureKind.LATE,
    "completed": MeasureKind.SYSTEMS,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one data set got: bodies added or corrected."""

    dataset: Dataset
    bodies: int


def known_from(published_on: date | None, as_of: date) -> datetime:
    """When a fact became known: the day of publication, else the last second of its own day.

    >>> known_from(None, date(2026, 1, 31)).isoformat()
    '2026-01-31T23:59:59+09:00'
    """
    if published_on is not None:
        return datetime.combine(published_on, time(), JST)
    return datetime.combine(as_of, time(23, 59, 59), JST)


async def load_open_data(tx: Tx, clock: Clock, *, by: Actor = audit.SYSTEM) -> list[Loaded]:
    """Load the built-in open data that this database does not have yet.

    Returns:
        The data sets that got something.
    """
    await reports.lock(tx)
    await datasets.publish(tx, list(_published()))
    found = []
    for row in rows("datasets"):
        dataset = _dataset(row)
        told = await asyncio.to_thread(_told, row, dataset.as_of)
        if await datasets.find(tx, dataset.dataset_id) is None:
            at, changed = dataset.recorded_at, told
        else:
            at, changed = clock.now(), await _rescoped(tx, dataset, told)
        if changed:
            await recording.record_reports(tx, dataset, changed, at=at, by=LOADED_BY)
            found.append(Loaded(dataset, len(changed)))
            await audit.record(
                tx,
                by=by,
                action="standardisation.progress.load",
                subject=dataset.dataset_id,
                facts={"bodies": len(changed)},
            )
    return found


def built_in(codes: Collection[str]) -> list[tuple[Dataset, dict[str, BodyReport]]]:
    """What the built-in open data tell of these bodies, for tiers that keep no progress.

    Args:
        codes: of the bodies.

    Returns:
        Each data set, and the reports of those of the bodies that it tells of, by code.
    """
    found = []
    for row in rows("datasets"):
        dataset = _dataset(row)
        table = [line for line in read(row["file"]) if line["lg_code"] in codes]
        told = {
            one.body: one
            for one in _TOLD[row["holds"]](table, dataset.as_of, [body(code) for code in codes])
        }
        found.append((dataset, told))
    return found


def _dataset(row: Row) -> Dataset:
    as_of = date.fromisoformat(row["as_of"])
    published_on = _day(row["published_on"])
    return Dataset(
        dataset_id=row["dataset_id"],
        title=row["title"],
        source_kind=SourceKind.OPEN,
        as_of=as_of,
        published_on=published_on,
        recorded_at=known_from(published_on, as_of),
        holds=_HOLDS[row["holds"]],
        covers=row["covers"],
        of_systems=_number(row["of_systems"]),
        source=row["source"],
        confidence=row["confidence"],
        note=row["note"],
    )


_HOLDS: Mapping[str, frozenset[MeasureKind]] = {
    "late": frozenset({MeasureKind.LATE}),
    "steps": frozenset({MeasureKind.STEPS, MeasureKind.SYSTEMS}),
}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _number(text: str) -> int | None:
    return int(text) if text else None


def _late(table: Sequence[Row], as_of: date, bodies: Iterable[Body]) -> Iterator[BodyReport]:
    """All of the bodies: those that the list names, and the others without a late system."""
    listed = {row["lg_code"]: row for row in table}
    for one in bodies:
        row = listed.get(one.code)
        yield BodyReport(
            body=one.code,
            systems=tuple(_late_systems(one, row, as_of)),
            note="" if row else "一覧に載っていない団体。該当するシステムがないものとして数える",
        )


def _late_systems(one: Body, row: Row | None, as_of: date) -> Iterator[SystemReport]:
    for business in businesses():
        late = row is not None and row[business.name] == "1"
        told = late or runs(one, business, on=as_of).answer is not Answer.NO
        yield SystemReport(business=business.key, late=late if told else None)


def _steps(table: Sequence[Row], as_of: date, bodies: Iterable[Body]) -> Iterator[BodyReport]:
    del as_of, bodies
    counted = [one for one in businesses() if one.steps_name]
    for row in table:
        yield BodyReport(
            body=body(row["lg_code"]).code,
            systems=tuple(
                SystemReport(business=one.key, done=steps_of(row[one.steps_name]))
                for one in counted
            ),
        )


_TOLD = {"late": _late, "steps": _steps}


def _told(row: Row, as_of: date) -> list[BodyReport]:
    return list(_TOLD[row["holds"]](read(row["file"]), as_of, all_bodies()))


def steps_of(rate: str) -> int:
    """Steps done out of a published rate.

    Raises:
        InvalidReportError: the rate is no multiple of one fortieth.

    >>> steps_of("0.825"), steps_of("1.0")
    (33, 40)
    """
    exact = Decimal(rate) * STEPS
    if exact != int(exact):
        raise InvalidReportError(
            f"進捗率{rate}は40分の1の倍数ではありません。資料を確かめてください。", rate=rate
        )
    return int(exact)


async def _rescoped(tx: Tx, dataset: Dataset, told: Sequence[BodyReport]) -> list[BodyReport]:
    """Bodies of which it is thought otherwise now which businesses they run."""
    kept = await reports.scope(tx, dataset.dataset_id)
    return await asyncio.to_thread(_changed, dataset, told, kept)


def _changed(
    dataset: Dataset, told: Sequence[BodyReport], kept: Mapping[tuple[str, str], str]
) -> list[BodyReport]:
    note = "対象の業務かどうかを見直した（対象の業務の表の改定）"
    return [
        BodyReport(body=one.body, systems=one.systems, origin=one.origin, note=note)
        for one in told
        if any(
            kept.get((one.body, system.business))
            != runs_as_told(body(one.body), system, on=dataset.as_of).answer.value
            for system in one.systems
        )
    ]


def _published() -> Iterator[Published]:
    notes = {(row["as_of"], row["measure"]): row for row in rows("publications")}
    for row in read("standardisation_progress.csv"):
        note = notes[row["as_of"], row["measure"]]
        as_of, published_on = date.fromisoformat(note["last_day"]), _day(note["published_on"])
        yield Published(
            measure=_MEASURES[row["measure"]],
            as_of=as_of,
            number=1,
            as_of_text=row["as_of"],
            what=row["what"],
            systems=_number(row["systems"]),
            of_systems=_number(row["of_systems"]),
            bodies=_number(row["bodies"]),
            published_on=published_on,
            recorded_at=known_from(published_on, as_of),
            source=note["source"],
            confidence=note["confidence"],
            note=note["note"],
        )
