"""Reads of 指標の状況: what each body told, by the services of the systems that know it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from jichitai.correspondence.service.place import MINISTRY_KEY
from jichitai.evaluation.dashboard.model import Seen, Sight, Told
from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body, BodyKind, all_bodies, prefecture_body
from jichitai.kernel.dates import JST
from jichitai.security.cloud import queries as clouds
from jichitai.security.cloud.model import Step
from jichitai.security.oversight.model.standing import Standing
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.place import Overseer
from jichitai.standardisation.progress import service as progress
from jichitai.standardisation.progress.model import MeasureKind, SourceKind, Tally

GENERATION: Final = 3
"""Of the security clouds: the one that the target names."""

_BY: Final = Overseer(MINISTRY_KEY)
_MEASURES: Final[Mapping[Sight, MeasureKind]] = {
    Sight.STEPS: MeasureKind.STEPS,
    Sight.SYSTEMS: MeasureKind.SYSTEMS,
    Sight.LATE: MeasureKind.LATE,
}
_OTHER_SOURCE: Final = (
    "上の全国の値とは、資料・時点・数え方が違うことがあります。実施しない業務と、実施するか"
    "分からない業務は分母に入れていません。"
)
_REPORTED: Final = "団体の報告（このシステムに届いたもの）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """時点: the day that facts are about, and the instant whose knowledge counts."""

    on: date
    known_at: datetime
    source_kind: SourceKind = SourceKind.OPEN


def moment(
    asked: date | None, now: datetime, *, source_kind: SourceKind = SourceKind.OPEN
) -> Moment:
    """Now, or the end of an earlier day in Japan."""
    today = now.astimezone(JST).date()
    if asked is None or asked >= today:
        return Moment(on=today, known_at=now, source_kind=source_kind)
    end = datetime.combine(asked + timedelta(days=1), time(), JST) - timedelta(microseconds=1)
    return Moment(on=asked, known_at=end, source_kind=source_kind)


async def seen(tx: Tx, sight: Sight, at: Moment, *, among: Collection[Body] | None = None) -> Seen:
    """Every body that a sight is about, or some of them; clouds are always told whole."""
    match sight:
        case Sight.STEPS | Sight.SYSTEMS | Sight.LATE:
            (found,) = await migration(tx, (sight,), at, among=among)
            return found
        case Sight.POLICIES | Sight.PUBLISHED:
            return await policies(tx, sight, at, among=among)
        case Sight.CLOUDS:
            return await _clouds(tx, at)


async def migration(
    tx: Tx, sights: Sequence[Sight], at: Moment, *, among: Collection[Body] | None = None
) -> list[Seen]:
    """Several sights of one data set, counted once; steps and systems are told together.

    Args:
        tx: of the ministry.
        sights: one, or those that the same data set tells.
        at: the moment.
        among: the bodies that are asked for; all of the 1,788 when left out.
    """
    measure = _MEASURES[sights[0]]
    asked = all_bodies() if among is None else among
    found = await progress.latest(
        tx, as_of=at.on, known_at=at.known_at, source_kind=at.source_kind, measure=measure
    )
    if found is None:
        every = tuple(Told(body=one, part=None, whole=0) for one in asked)
        name = at.source_kind.japanese
        return [Seen(sight=one, bodies=every, source=name, as_of=None) for one in sights]
    tallies = await progress.by_body(
        tx,
        as_of=at.on,
        known_at=at.known_at,
        source_kind=at.source_kind,
        measure=measure,
        codes=() if among is None else tuple(one.code for one in among),
    )
    covered = [one for one in asked if found.covers == "all" or one.kind is not BodyKind.PREFECTURE]
    return [
        Seen(
            sight=sight,
            bodies=tuple(_tallied(sight, one, tallies.get(one.code)) for one in covered),
            source=f"{found.title}（{found.source}）",
            as_of=found.as_of,
            note=_OTHER_SOURCE,
            rehearsal=found.rehearsal,
        )
        for sight in sights
    ]


def _tallied(sight: Sight, one: Body, tally: Tally | None) -> Told:
    if tally is None:
        return Told(body=one, part=None, whole=0)
    if sight is Sight.LATE:
        return Told(body=one, part=int(tally.late_bodies > 0), whole=1, count=tally.late)
    rate = tally.rate(_MEASURES[sight])
    return Told(body=one, part=rate.numerator, whole=rate.denominator)


async def policies(
    tx: Tx, sight: Sight, at: Moment, *, among: Collection[Body] | None = None
) -> Seen:
    """Policies of all bodies of the 1,788, or of those that are asked for."""
    standings = await overview.standings(tx, _BY, on=at.on, among=among)
    counted = [one for one in standings if not one.body.kind.joint]
    return Seen(
        sight=sight,
        bodies=tuple(_standing(sight, one) for one in counted),
        source=_REPORTED,
        as_of=at.on,
        note="報告のない団体も分母に入れます。報告が一つもない都道府県は斜線で示します。",
    )


def _standing(sight: Sight, one: Standing) -> Told:
    reached = one.adopted if sight is Sight.POLICIES else one.counted
    return Told(body=one.body, part=int(reached) if one.reports else None, whole=1)


async def _clouds(tx: Tx, at: Moment) -> Seen:
    rows = await clouds.overview(tx, GENERATION, at.on)
    return Seen(
        sight=Sight.CLOUDS,
        bodies=tuple(
            Told(
                body=prefecture_body(row.prefecture),
                part=None if row.step is None else int(row.step is Step.LIVE),
                whole=1,
            )
            for row in rows
        ),
        source="都道府県の報告（このシステムに届いたもの）",
        as_of=at.on,
    )
