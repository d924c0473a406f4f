"""全体の状況: standings, rates and one body with its evidence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from jichitai.correspondence.store import contacts as contact_store
from jichitai.correspondence.store import reminders as reminder_store
from jichitai.correspondence.store.contacts import Contact
from jichitai.correspondence.store.reminders import Reminder
from jichitai.infra import mail
from jichitai.infra.database import Tx
from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import JST, fiscal_year
from jichitai.security.messages import S01, S02, S05
from jichitai.security.oversight.area import SECURITY
from jichitai.security.oversight.model.letters import Matter
from jichitai.security.oversight.model.standing import Rates, Standing, rates, standing
from jichitai.security.oversight.service.place import Overseer
from jichitai.security.oversight.service.weak_spots import WeakSpot, weak_spots
from jichitai.security.oversight.store import reports
from jichitai.security.oversight.store.reports import Past


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything that the map and the list show.

    Attributes:
        standings: of every body overseen, by code.
        rates: on each denominator, the published one first.
        contacts: office of each body.
        reminded: when each body was last reminded.
        weak: the five weak spots over the newest checks.
        on: the day that the figures are of.
    """

    standings: tuple[Standing, ...]
    rates: tuple[Rates, ...]
    contacts: dict[str, Contact]
    reminded: dict[str, datetime]
    weak: list[WeakSpot]
    on: date


def known_day(asked: date | None, today: date) -> date:
    """The day of a figure: not after today, not before there were reports."""
    return max(date(2000, 1, 1), min(asked or today, today))


async def standings(
    tx: Tx, by: Overseer, *, on: date, among: Collection[Body] | None = None
) -> tuple[Standing, ...]:
    """Where bodies stood at the end of a day, as far as was known on that day.

    Args:
        tx: of the ministry or a prefecture.
        by: whose bodies.
        on: day in Japan.
        among: some of these bodies; all of them when left out.
    """
    bodies = await by.bodies(tx) if among is None else tuple(among)
    codes = None if among is None else [one.code for one in bodies]
    found = await reports.current(tx, by.key, "policy", S01, until=_end(on), bodies=codes)
    of = reports.by_body(found)
    return tuple(standing(one, of.get(one.code, ()), on=on) for one in bodies)


async def overview(tx: Tx, by: Overseer, *, on: date) -> Overview:
    """All bodies of an overseer on a day."""
    found = await standings(tx, by, on=on)
    checks = await reports.current(tx, by.key, "check", S05, until=_end(on))
    return Overview(
        standings=found,
        rates=all_rates(found, by, on=on),
        contacts=await contact_store.contacts(tx, SECURITY, by.key),
        reminded=await reminder_store.last_reminded(tx, SECURITY, by.key),
        weak=weak_spots(checks),
        on=on,
    )


def all_rates(found: Sequence[Standing], by: Overseer, *, on: date) -> tuple[Rates, ...]:
    """The rates on every denominator of the overseer; for a prefecture, of its members."""
    return tuple(rates(found, one, on=on) for one in by.denominators)


def _end(on: date) -> datetime:
    return datetime.combine(on + timedelta(days=1), time(), JST) - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One body: its standing and what it rests on."""

    standing: Standing
    contact: Contact | None
    past: list[Past]
    incidents: list[S02]
    checks: list[S05]
    reminders: list[Reminder]
    letters: dict[UUID, list[mail.Attempt]]


async def evidence(tx: Tx, by: Overseer, code: str, *, on: date) -> Evidence:
    """What is known of one body.

    Raises:
        NotYourMemberError: no body of this overseer.
    """
    body = await by.body(tx, code)
    until = _end(on)
    found = await reports.current(tx, by.key, "policy", S01, until=until, bodies=[code])
    incidents = await reports.current(tx, by.key, "incident", S02, until=until, bodies=[code])
    checks = await reports.current(tx, by.key, "check", S05, until=until, bodies=[code])
    sent = await reminder_store.reminders(tx, SECURITY, by.key, body=code, limit=50)
    return Evidence(
        standing=standing(body, found, on=on),
        contact=(await contact_store.contacts(tx, SECURITY, by.key, code)).get(code),
        past=await reports.history(tx, by.key, code),
        incidents=sorted(incidents, key=lambda one: one.known_at, reverse=True),
        checks=sorted(checks, key=lambda one: one.finished_on, reverse=True),
        reminders=sent,
        letters={
            one.letter_id: await mail.attempts(tx, office=by.office, letter_id=one.letter_id)
            for one in sent
            if one.letter_id is not None
        },
    )


async def incidents(tx: Tx, by: Overseer, *, on: date, drills: bool = False) -> list[S02]:
    """The incidents that were reported, newest first; exercises only when asked for."""
    found = await reports.current(tx, by.key, "incident", S02, until=_end(on))
    overseen = {one.code for one in await by.bodies(tx)}
    kept = [one for one in found if one.body in overseen and one.drill == drills]
    return sorted(kept, key=lambda one: one.known_at, reverse=True)


async def late(
    tx: Tx, by: Overseer, matter: Matter, *, on: date, found: Sequence[Standing] | None = None
) -> list[Body]:
    """The bodies that have not done what a matter asks; surveys are asked by their round."""
    known = found if found is not None else await standings(tx, by, on=on)
    match matter:
        case Matter.POLICY:
            return [one.body for one in known if not one.counted]
        case Matter.REVIEW:
            return [one.body for one in known if one.review_late]
        case Matter.CHECK:
            done = await reports.checked_bodies(tx, by.key, fiscal_year(on))
            return [one.body for one in known if one.body.code not in done]
        case Matter.SURVEY:
            return []
