"""公表: each tier counts its closed days and states them to the ministry.

A measure is counted by one statement for a range of days, the last days again with it; what was
told and is found otherwise is stated anew, with the reason. A short pause stands between measures,
so that a busy tier is not held up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

from jichitai.evaluation.figures import model, store
from jichitai.evaluation.figures.catalogue import measures_of
from jichitai.evaluation.figures.model import Stated
from jichitai.evaluation.messages import F01, Covered
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database, Tx
from jichitai.infra.figures import Measure, Row, Sort
from jichitai.infra.outbox import Draft, Outbox
from jichitai.kernel.parties import MINISTRY, NATION, Party, Tier

PAUSE: Final = 0.05
"""Seconds between measures."""

EVERY: Final = 5.0
"""Seconds between looks at the clock; a day is counted once, when it is over."""

_ALONE: Final = 7_240_912
"""Advisory lock: one publisher at a time for each database."""

Send: TypeAlias = Callable[[Tx, Sequence[tuple[Party, F01]]], Awaitable[list[str]]]
"""Puts messages on their way; gives back their ids."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """One measure, counted so far."""

    measure: Measure
    mark: date | None
    through: date
    statements: dict[str, list[Stated]] = field(default_factory=dict)
    origins: frozenset[str] = frozenset()


class Publisher:
    """Counts and states the closed days of a tier."""

    def __init__(
        self, tier: Tier, database: Database, clock: Clock, send: Send, *, pause: float = PAUSE
    ) -> None:
        """Take the tier's own records, law time and the way to the ministry."""
        self._tier = tier
        self._database = database
        self._clock = clock
        self._send = send
        self._pause = pause
        self._reached: date | None = None

    async def publish(self) -> bool:
        """State the next days of every measure; whether more wait."""
        last = model.last_closed(self._clock.now())
        if last == self._reached:  # told already; the database is not asked again
            return False
        async with self._database.transaction(all_towns=True, read_only=True) as tx:
            marks = await store.through(tx)
        counted: list[_Counted] = []
        for measure in measures_of(self._tier):
            mark = marks.get(measure.key)
            if mark is None or mark < last:
                counted.append(await self._count(measure, mark, last))
                await asyncio.sleep(self._pause)
        if counted:
            await self._state(counted)
        more = any(one.through < last for one in counted)
        self._reached = None if more else last
        return more

    async def _count(self, measure: Measure, mark: date | None, last: date) -> _Counted:
        async with self._database.transaction(all_towns=True, read_only=True) as tx:
            if mark is None:
                rows = await measure.count(tx, model.FIRST, last)
                first = new_from = min((row.day for row in rows), default=last)
                through = min(last, first + timedelta(days=model.SPAN - 1))
                rows = [row for row in rows if row.day <= through]
            else:
                new_from = mark + timedelta(days=1)
                first = max(model.FIRST, new_from - timedelta(days=model.AGAIN))
                through = min(last, mark + timedelta(days=model.SPAN))
                rows = list(await measure.count(tx, first, through))
            return await self._due(tx, measure, mark, rows, first, through, new_from)

    async def _due(
        self,
        tx: Tx,
        measure: Measure,
        mark: date | None,
        rows: Iterable[Row],
        first: date,
        through: date,
        new_from: date,
    ) -> _Counted:
        counted = model.by_day(measure, rows)
        stated = await store.newest(tx, measure.key, first, through, model.ALWAYS)
        begun = await store.covered(tx, measure.key, model.ALWAYS)
        before: dict[str, dict[tuple[str, ...], int]] = {}
        if measure.sort is Sort.STOCK:
            eve = first - timedelta(days=1)
            before = await store.before(tx, measure.key, eve, model.ALWAYS)
        origins = {*counted, *begun, *self._always()}
        return _Counted(
            measure,
            mark,
            through,
            {
                origin: model.due(
                    measure,
                    counted.get(origin, {}),
                    stated.get(origin, {}),
                    before=before.get(origin, {}),
                    first=first,
                    last=through,
                    new_from=new_from,
                )
                for origin in sorted(origins)
            },
            frozenset(origins),
        )

    def _always(self) -> set[str]:
        """Who tells of every measure, even before there is anything to count."""
        match self._tier:
            case Tier.NATION:
                return {str(NATION)}
            case Tier.MINISTRY:
                return {str(MINISTRY)}
            case Tier.PREFECTURE | Tier.TOWN:
                return set()

    async def _state(self, counted: Sequence[_Counted]) -> None:
        """Write and send in one transaction; what another process was first with is left out."""
        now = self._clock.now()
        async with self._database.transaction(all_towns=True) as tx:
            await tx.execute("select pg_advisory_xact_lock(%s)", (_ALONE,))
            marks = await store.through(tx)
            ours = [one for one in counted if marks.get(one.measure.key) == one.mark]
            letters = [*_letters(ours, now)]
            ids = await self._send(tx, [(one.origin, one.body) for one in letters])
            sent = list(zip(ids, letters, strict=True))
            await store.add(
                tx,
                [(str(one.origin), id_, stated) for id_, one in sent for stated in one.statements],
                counted_at=now,
                recorded_at=now,
            )
            covered = [
                (told.measure, str(one.origin), told.through, id_)
                for id_, one in sent
                for told in one.body.covered
            ]
            await store.cover(tx, covered, recorded_at=now)
            await store.count_through(tx, {one.measure.key: one.through for one in ours}, now)


@dataclass(frozen=True, slots=True)
class _Letter:
    origin: Party
    statements: list[Stated]
    body: F01


def _letters(counted: Sequence[_Counted], now: datetime) -> Iterable[_Letter]:
    """Few messages: all measures of an origin together; the last one says how far they reach."""
    for name in sorted({origin for one in counted for origin in one.origins}):
        own = [one for one in counted if name in one.origins]
        statements = [stated for one in own for stated in one.statements[name]]
        reach = tuple(Covered(measure=one.measure.key, through=one.through) for one in own)
        parcels = [*model.packed(statements)] or [[]]
        for number, parcel in enumerate(parcels, start=1):
            body = F01(
                statements=tuple(one.part() for one in parcel),
                covered=reach if number == len(parcels) else (),
                counted_at=now,
            )
            yield _Letter(Party.parse(name), parcel, body)


def by_outbox(outbox: Outbox) -> Send:
    """The way of the tiers below the ministry."""

    async def send(tx: Tx, letters: Sequence[tuple[Party, F01]]) -> list[str]:
        drafts = [
            Draft(origin, model.first_stop(origin), body.kind, body.version, body)
            for origin, body in letters
        ]
        return await outbox.send_many(tx, drafts) if drafts else []

    return send
