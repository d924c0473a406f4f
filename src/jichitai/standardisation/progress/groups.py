"""Systems grouped by what bodies told of them: vendor, cloud, deadline, reason, target year."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Final

from jichitai.infra.clock import JST
from jichitai.infra.database import Tx
from jichitai.standardisation.progress import service
from jichitai.standardisation.progress.counted import Part
from jichitai.standardisation.progress.facts import Fact, Group, Reason
from jichitai.standardisation.progress.model import Dataset, MeasureKind, SourceKind
from jichitai.standardisation.progress.reports import Cloud, DeadlineClass
from jichitai.standardisation.progress.store import counts
from jichitai.standardisation.progress.tables import holds, rows

NOT_TOLD: Final = "回答なし"


async def groups(
    tx: Tx,
    *,
    as_of: date,
    known_at: datetime,
    source_kind: SourceKind,
    by: Fact,
    part: Part | None = None,
) -> tuple[Dataset, tuple[Group, ...]] | None:
    """Systems in scope by the value of a fact, the most systems first; None without a data set.

    By reason and by target year only late systems are counted.
    """
    measure = MeasureKind.LATE if by in (Fact.REASON, Fact.TARGET_YEAR) else MeasureKind.STEPS
    found = await service.latest(
        tx, as_of=as_of, known_at=known_at, source_kind=source_kind, measure=measure
    )
    if found is None:
        return None
    told = await counts.by_fact(tx, found.dataset_id, known_at, by, part or Part())
    made = tuple(
        Group(
            value=value,
            text=_text(by, value),
            systems=systems,
            complete=complete,
            late=late,
            bodies=bodies,
        )
        for value, systems, complete, late, bodies in told
    )
    return found, made


def _text(by: Fact, value: str) -> str:
    if not value:
        return NOT_TOLD
    match by:
        case Fact.VENDOR:
            return value
        case Fact.CLOUD:
            return Cloud(value).japanese
        case Fact.DEADLINE:
            return DeadlineClass(value).japanese
        case Fact.REASON:
            return _reason_names()[value]
        case Fact.TARGET_YEAR:
            return f"{value}年度"


@cache
def _reason_names() -> Mapping[str, str]:
    return {row["number"]: row["name"] for row in rows("reason_classes")}


def reasons(*, as_of: date, known_at: datetime) -> tuple[Reason, ...]:
    """The four classes of reasons, with the systems of each that were published last.

    Args:
        as_of: the day that the figures shall be about, or before.
        known_at: the moment whose knowledge counts.
    """
    day = known_at.astimezone(JST).date().isoformat()
    told = [
        row
        for row in rows("late_reasons")
        if row["published_on"] <= day and row["as_of"] <= as_of.isoformat()
    ]
    newest = max((row["as_of"] for row in told), default="")
    figures = {row["reason_class"]: row for row in told if row["as_of"] == newest}
    return tuple(
        Reason(
            number=int(row["number"]),
            name=row["name"],
            meaning=row["meaning"],
            systems=int(figures[row["number"]]["systems"]) if figures else None,
            as_of=date.fromisoformat(newest) if figures else None,
            source=figures[row["number"]]["source"] if figures else row["source"],
            confidence=figures[row["number"]]["confidence"] if figures else row["confidence"],
        )
        for row in rows("reason_classes")
        if holds(row, as_of) or figures
    )
