"""Many clerks at once: the log stays without gaps, nothing is done twice."""

import asyncio
from uuid import UUID, uuid4

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.register.model import forms
from jichitai.register.service.entries import Entries
from jichitai.register.service.initial import load_initial
from jichitai.register.service.network import TownRegister
from tests import builders
from tests.builders import APPROVER, CLERK, TOWN


async def test_approvals_at_once_number_the_log_without_gaps(
    town_database: Database, keys: Keys, clock: FixedClock
) -> None:
    rows = [row for _ in range(12) for row in builders.family(1)]
    entries, register = Entries(keys, clock), TownRegister(keys, clock)
    async with town_database.transaction(town=TOWN) as tx:
        await load_initial(tx, TOWN, builders.initial(rows), keys=keys, clock=clock)

    async def enter(resident_id: UUID, entry_id: UUID) -> int:
        form = forms.Death(resident_id=resident_id, occurred_on="R8.11.19")
        async with town_database.transaction(town=TOWN) as tx:
            await entries.enter(tx, TOWN, entry_id, form, reasons={}, by=CLERK)
        async with town_database.transaction(town=TOWN) as tx:
            return (await entries.submit(tx, TOWN, entry_id, by=CLERK)).revision

    async def approve(entry_id: UUID, revision: int) -> int:
        async with town_database.transaction(town=TOWN) as tx:
            return await entries.approve(tx, TOWN, entry_id, revision=revision, by=APPROVER)

    ids = [uuid4() for _ in rows]
    revisions = await asyncio.gather(
        *(enter(row.id, entry_id) for row, entry_id in zip(rows, ids, strict=True))
    )
    work = [approve(i, r) for i, r in zip(ids, revisions, strict=True) for _ in range(2)]
    numbers = await asyncio.gather(*work)
    assert sorted(numbers) == sorted([*range(2, 14), *range(2, 14)])
    async with town_database.transaction(town=TOWN) as tx:
        facts = await register.facts_after(tx, TOWN, 0, 100)
        receipts = {entry.receipt for entry in await entries.listed(tx, TOWN, ["approved"])}
    assert [fact.number for fact in facts] == list(range(1, 14))
    assert receipts == set(range(1, 13))


async def test_one_request_sent_twice_at_once_makes_one_entry(
    town_database: Database, keys: Keys, clock: FixedClock
) -> None:
    (row,) = builders.family(1)
    async with town_database.transaction(town=TOWN) as tx:
        await load_initial(tx, TOWN, builders.initial([row]), keys=keys, clock=clock)
    entry_id = uuid4()
    form = forms.Death(resident_id=row.id, occurred_on="R8.11.19")

    async def enter() -> bool:
        async with town_database.transaction(town=TOWN) as tx:
            service = Entries(keys, clock)
            done = await service.enter(tx, TOWN, entry_id, form, reasons={}, by=CLERK)
            return done.repeated

    assert sorted(await asyncio.gather(enter(), enter(), enter())) == [False, True, True]
