"""起点: where a subject stands, from the indicator's own value where it is newer."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from jichitai.evaluation.indicators import service
from jichitai.evaluation.indicators.model import Point
from jichitai.evaluation.scenarios.subjects import Start, Subject, subjects
from jichitai.infra.database import Tx

LIVE: Final = "live"


async def standing(tx: Tx, subject: Subject, known_at: datetime) -> Subject:
    """The subject with the newest start that is known, and the total that goes with it."""
    found = await service.current(tx, [subject.indicator_id], known_at)
    return _with(subject, found.get(subject.indicator_id))


async def standings(tx: Tx, known_at: datetime) -> list[Subject]:
    """All subjects with their newest starts."""
    every = subjects()
    found = await service.current(tx, [one.indicator_id for one in every], known_at)
    return [_with(one, found.get(one.indicator_id)) for one in every]


def _with(subject: Subject, point: Point | None) -> Subject:
    if point is None or point.numerator is None or not point.denominator:
        return subject
    if subject.start is not None and point.as_of <= subject.start.on:
        return subject
    start = Start(
        done=int(point.numerator),
        on=point.as_of,
        source=point.source,
        confidence=LIVE if point.live else point.confidence,
    )
    total = int(point.denominator)
    if total == subject.total:
        return replace(subject, start=start)
    return replace(
        subject, start=start, total=total, total_as_of=point.as_of, total_source=point.source
    )
