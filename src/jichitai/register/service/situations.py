"""Loading what the rules need to judge a form."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.kernel.identifiers import AddresseeNumber, HouseholdNumber, LocalGovernmentCode
from jichitai.register.model.reasons import EventKind
from jichitai.register.model.resident import Resident
from jichitai.register.model.situation import Logged, Situation, Supply, Wanted
from jichitai.register.store import log, pool, residents
from jichitai.register.store.log import Counter
from jichitai.register.store.rows import Vault


async def supply(
    tx: Tx, vault: Vault, town: str, counter: Counter, *, people: int, codes: int
) -> Supply:
    """Identifiers for one form. Nothing is used up until the event is written."""
    serial, addressees = counter.addressee_serial, []
    for _ in range(people):
        serial = AddresseeNumber.next_serial(serial)
        addressees.append(AddresseeNumber.from_serial(serial))
    household = HouseholdNumber.next_serial(counter.household_serial)
    return Supply(
        ids=tuple(uuid.uuid4() for _ in range(people)),
        addressees=tuple(addressees),
        household_id=uuid.uuid4(),
        household_number=HouseholdNumber.from_serial(household),
        codes=await pool.free_codes(tx, vault, town, codes),
    )


async def load(
    tx: Tx, vault: Vault, town: str, wanted: Wanted, counter: Counter, *, today: date
) -> Situation:
    """The part of the register that a form is judged against."""
    target = await _logged(tx, vault, town, wanted.event) if wanted.event else None
    ids = set(wanted.residents)
    if target:
        ids |= {change.after.id for change in target.changes}
    asked = await residents.by_ids(tx, vault, town, ids)
    numbers = {number: vault.number_index(number) for number in wanted.numbers}
    codes = {code: vault.code_index(code) for code in wanted.codes}
    holders = await residents.by_number_index(tx, vault, town, list(numbers.values()))
    certified = await pool.certified(tx, town, list(codes.values()))
    situation = Situation(
        municipality=LocalGovernmentCode(town),
        today=today,
        supply=await supply(
            tx, vault, town, counter, people=wanted.people, codes=wanted.codes_needed
        ),
        by_code={
            row.juki_code: row
            for row in await residents.by_code_index(tx, vault, town, list(codes.values()))
        },
        by_number={row.my_number: row for row in holders if row.my_number},
        lookalikes=await residents.lookalikes(tx, vault, town, wanted.lookalikes),
        certified=frozenset(code for code, index in codes.items() if index in certified),
        target=target,
    )
    homes = set(wanted.households)
    if target:
        homes |= {
            row.household_id
            for change in target.changes
            for row in (change.before, change.after)
            if row
        }
    return await with_households(tx, vault, situation, asked, homes)


async def around(
    tx: Tx, vault: Vault, town: str, rows: Iterable[Resident], counter: Counter, *, today: date
) -> Situation:
    """The situation of lines that are at hand, with their households."""
    situation = Situation(
        municipality=LocalGovernmentCode(town),
        today=today,
        supply=await supply(tx, vault, town, counter, people=0, codes=0),
    )
    return await with_households(tx, vault, situation, tuple(rows), ())


async def with_households(
    tx: Tx,
    vault: Vault,
    situation: Situation,
    rows: tuple[Resident, ...],
    more: Iterable[UUID],
) -> Situation:
    """Add lines, their households, and everybody who lives in those."""
    town = situation.municipality.value
    homes = {row.household_id for row in rows} | set(more)
    members = await residents.members(tx, vault, town, homes)
    households = await residents.households(tx, town, homes)
    return replace(
        situation,
        residents={row.id: row for row in (*rows, *members)},
        households={household.id: household for household in households},
    )


async def _logged(tx: Tx, vault: Vault, town: str, number: int) -> Logged | None:
    event = await log.event(tx, town, number)
    if event is None:
        return None
    kind = EventKind(event.kind)
    if kind is EventKind.INITIAL:
        return Logged(number=number, kind=kind, changes=())
    changes = await log.changes(tx, vault, town, [number])
    return Logged(
        number=number,
        kind=kind,
        changes=tuple(changes.get(number, ())),
        later=await log.later_kinds(tx, town, number),
        cancelled=await log.is_cancelled(tx, town, number),
    )
