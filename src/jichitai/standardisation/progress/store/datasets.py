"""Data sets and published national figures: added once, never changed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from psycopg.rows import dict_row

from jichitai.infra.database import Tx
from jichitai.standardisation.progress.model import Dataset, MeasureKind, SourceKind
from jichitai.standardisation.progress.results import Published

COLUMNS: Final = """
       dataset.dataset_id, dataset.title, dataset.source_kind, dataset.as_of,
       dataset.published_on, dataset.recorded_at, dataset.holds, dataset.covers,
       dataset.of_systems, dataset.source, dataset.confidence, dataset.note"""

_INSERT: Final = """
insert into standardisation.dataset (dataset_id, title, source_kind, as_of, published_on,
       recorded_at, holds, covers, of_systems, source, confidence, note)
values (%(dataset_id)s, %(title)s, %(source_kind)s, %(as_of)s, %(published_on)s,
        %(recorded_at)s, %(holds)s, %(covers)s, %(of_systems)s, %(source)s, %(confidence)s,
        %(note)s)
    on conflict (dataset_id) do nothing
"""

_KNOWN: Final = f"""
select {COLUMNS}
  from standardisation.dataset as dataset
 where dataset.recorded_at <= %(known)s
   and (%(kind)s::text is null or dataset.source_kind = %(kind)s)
   and (%(as_of)s::date is null or dataset.as_of <= %(as_of)s)
   and (%(measure)s::text is null or %(measure)s = any (dataset.holds))
 order by dataset.as_of desc, dataset.recorded_at desc, dataset.dataset_id desc
 limit %(limit)s
"""  # only a constant is put in

_PUBLISHED: Final = """
select distinct on (measure, as_of)
       measure, as_of, number, as_of_text, what, systems, of_systems, bodies, published_on,
       recorded_at, source, confidence, note
  from standardisation.published
 where recorded_at <= %(known)s
   and (%(as_of)s::date is null or as_of <= %(as_of)s)
 order by measure, as_of, number desc
"""

_PUBLISH: Final = """
insert into standardisation.published (measure, as_of, number, as_of_text, what, systems,
       of_systems, bodies, published_on, recorded_at, source, confidence, note)
values (%(measure)s, %(as_of)s, %(number)s, %(as_of_text)s, %(what)s, %(systems)s,
        %(of_systems)s, %(bodies)s, %(published_on)s, %(recorded_at)s, %(source)s,
        %(confidence)s, %(note)s)
    on conflict (measure, as_of, number) do nothing
"""


def dataset_of(row: Mapping[str, Any]) -> Dataset:
    """A data set out of the columns of `COLUMNS`."""
    return Dataset(
        dataset_id=row["dataset_id"],
        title=row["title"],
        source_kind=SourceKind(row["source_kind"]),
        as_of=row["as_of"],
        published_on=row["published_on"],
        recorded_at=row["recorded_at"],
        holds=frozenset(MeasureKind(one) for one in row["holds"]),
        covers=row["covers"],
        of_systems=row["of_systems"],
        source=row["source"],
        confidence=row["confidence"],
        note=row["note"],
    )


async def add(tx: Tx, dataset: Dataset) -> bool:
    """Add a data set; whether it is new."""
    cursor = await tx.execute(
        _INSERT,
        {
            "dataset_id": dataset.dataset_id,
            "title": dataset.title,
            "source_kind": dataset.source_kind.value,
            "as_of": dataset.as_of,
            "published_on": dataset.published_on,
            "recorded_at": dataset.recorded_at,
            "holds": sorted(one.value for one in dataset.holds),
            "covers": dataset.covers,
            "of_systems": dataset.of_systems,
            "source": dataset.source,
            "confidence": dataset.confidence,
            "note": dataset.note,
        },
    )
    return cursor.rowcount == 1


async def find(tx: Tx, dataset_id: str) -> Dataset | None:
    """The data set of this name."""
    cursor = tx.cursor(row_factory=dict_row)
    query = f"select {COLUMNS} from standardisation.dataset as dataset where dataset_id = %s"
    row = await (await cursor.execute(query, (dataset_id,))).fetchone()
    return None if row is None else dataset_of(row)


async def known(
    tx: Tx,
    known_at: datetime,
    *,
    source_kind: SourceKind | None = None,
    as_of: date | None = None,
    measure: MeasureKind | None = None,
    limit: int = 1000,
) -> list[Dataset]:
    """Data sets known at a moment, the newest day first."""
    cursor = tx.cursor(row_factory=dict_row)
    await cursor.execute(
        _KNOWN,
        {
            "known": known_at,
            "kind": source_kind and source_kind.value,
            "as_of": as_of,
            "measure": measure and measure.value,
            "limit": limit,
        },
    )
    return [dataset_of(row) async for row in cursor]


async def published(tx: Tx, known_at: datetime, as_of: date | None = None) -> list[Published]:
    """National figures as published, known at a moment: by measure and day."""
    cursor = tx.cursor(row_factory=dict_row)
    await cursor.execute(_PUBLISHED, {"known": known_at, "as_of": as_of})
    return [Published(**{**row, "measure": MeasureKind(row["measure"])}) async for row in cursor]


async def publish(tx: Tx, figures: Sequence[Published]) -> None:
    """Add national figures; one that is there already stays as it is."""
    cursor = tx.cursor()
    await cursor.executemany(
        _PUBLISH,
        [
            {
                **{name: getattr(one, name) for name in Published.__slots__},
                "measure": one.measure.value,
            }
            for one in figures
        ],
    )
