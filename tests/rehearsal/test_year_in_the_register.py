"""A planned year goes through the register's own rules, and leads where the plan says."""

from collections.abc import Iterator
from datetime import date, datetime, time
from uuid import UUID, uuid4

import msgspec
import pytest

from jichitai.infra.audit import Actor
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database, Tx
from jichitai.infra.keys import Keys
from jichitai.kernel.identifiers import JukiCode
from jichitai.kernel.parties import Tier
from jichitai.register.events import ArrivalNotice
from jichitai.register.model.forms import Form
from jichitai.register.service.entries import Entries
from jichitai.register.service.initial import load_initial
from jichitai.register.service.network import TownRegister
from jichitai.rehearsal.forms import Book, Line, form_of
from jichitai.rehearsal.loading import by_town, initial_people
from jichitai.rehearsal.plan.events import Kind, PlannedEvent, Year
from jichitai.rehearsal.plan.year import by_day, plan_year
from jichitai.rehearsal.population.numbers import juki_codes
from jichitai.rehearsal.population.people import Population, synthesise
from tests.conftest import Cluster, fresh_database

CLERK = Actor("staff", "clerk-1", "窓口", frozenset({"clerk"}))
APPROVER = Actor("staff", "approver-1", "審査", frozenset({"approver"}))
TOWNS = ("131130", "304271", "322016", "473821")
OUTSIDE = ("132098",)
EVERYWHERE = (*TOWNS, *OUTSIDE)
START, END = date(2026, 3, 1), date(2026, 5, 31)


class Towns:
    """The register of several towns without a network: certificates and notices by hand."""

    def __init__(self, keys: Keys, clock: FixedClock, population: Population) -> None:
        self.clock, self.keys = clock, keys
        self.entries, self.register = Entries(keys, clock), TownRegister(keys, clock)
        self.book = Book.of(population)

    async def enter(self, tx: Tx, event: PlannedEvent) -> int:
        form = msgspec.convert(form_of(event, self.book), Form, strict=False)
        decision, _ = await self.entries.assess(tx, event.town, form)
        reasons = {f.code: "窓口で確かめた" for f in decision.findings}
        entry_id = uuid4()
        await self.entries.enter(tx, event.town, entry_id, form, reasons=reasons, by=CLERK)
        entry = await self.entries.submit(tx, event.town, entry_id, by=CLERK)
        number = await self.entries.approve(
            tx, event.town, entry_id, revision=entry.revision, by=APPROVER
        )
        self.book.numbers[event.serial] = (event.town, number)
        return number

    async def note_lines(self, tx: Tx, event: PlannedEvent, number: int) -> None:
        query = (
            "select resident_id, household_id, name, birth_date from register.resident_history"
            " where municipality = %s and event_number = %s and state = 'live'"
        )
        rows = await (await tx.execute(query, (event.town, number))).fetchall()
        entering = {(one.name, one.birth): one.key for one in event.entering}
        known = {line.resident: key for key, line in self.book.lines.items()}
        for resident, household, name, birth in rows:
            key = entering.get((name, birth), known.get(str(resident)))
            if key is None:
                continue
            record = await self.register.resident(tx, event.town, UUID(str(resident)))
            self.book.lines[key] = Line(
                event.town, str(resident), str(household), record.juki_code.reveal(), ""
            )

    async def open(self, database: Database, population: Population) -> None:
        """Load everybody, and give each town a stock of codes."""
        stock, living = juki_codes(999), by_town(population)
        for town in EVERYWHERE:
            async with database.transaction(town=town) as tx:
                if town in living:
                    people = initial_people(population, living[town])
                    await load_initial(tx, town, people, keys=self.keys, clock=self.clock)
                codes = [JukiCode(next(stock)) for _ in range(300)]
                await self.register.add_juki_codes(tx, town, codes, f"batch-{town}")

    async def due(self, database: Database, day: date) -> None:
        """The morning's work: departures that have come."""
        self.clock.instant = datetime.combine(day, time(9), JST)
        for town in EVERYWHERE:
            async with database.transaction(town=town) as tx:
                await self.register.apply_due(tx, town, day)

    async def play(self, database: Database, event: PlannedEvent) -> None:
        """One event, and what the network would carry because of it."""
        async with database.transaction(town=event.town) as tx:
            number = await self.enter(tx, event)
            await self.note_lines(tx, event, number)
        if event.kind is Kind.MOVE_OUT and event.special:
            async with database.transaction(all_towns=True) as tx:
                code = JukiCode(self.book.lines[event.people[0]].code)
                certificate = await self.register.departure_certificate(tx, event.town, code)
            async with database.transaction(town=event.destination) as tx:
                await self.register.receive_certificate(tx, event.destination, certificate)
        if event.kind is Kind.MOVE_IN:
            async with database.transaction(town=event.previous) as tx:
                for key in event.people:
                    notice = _notice(event, self.book.lines[key], self.clock)
                    await self.register.confirm_departure(tx, event.previous, notice)


@pytest.mark.slow
async def test_a_planned_spring_passes_the_rules_and_ends_as_planned(
    cluster: Cluster, keys: Keys
) -> None:
    population = synthesise(11, 2_500, TOWNS)
    year = plan_year(population, 3, START, END, OUTSIDE)
    towns = Towns(keys, FixedClock(datetime(2026, 2, 27, 9, tzinfo=JST)), population)
    async with fresh_database(cluster, Tier.TOWN) as database:
        await towns.open(database, population)
        for day, events in by_day(year.events):
            await towns.due(database, day)
            for event in events:
                await towns.play(database, event)
        await towns.due(database, END)
        async with database.transaction(all_towns=True) as tx:
            query = (
                "select municipality, name, kana, birth_date, sex, address_town, address_lot,"
                " address_building from register.resident where state = 'live'"
            )
            found = sorted(await (await tx.execute(query)).fetchall())
    assert found == sorted(_expected(year))


def _notice(event: PlannedEvent, line: Line, clock: FixedClock) -> ArrivalNotice:
    return ArrivalNotice(
        juki_code=line.code,
        municipality=event.town,
        address=event.place.text if event.place else "",
        moved_on=event.occurred_on,
        told_at=clock.now(),
    )


def _expected(year: Year) -> Iterator[tuple[str, ...]]:
    for one in year.expected:
        if one.municipality:
            spot = one.spot
            yield (
                one.municipality,
                one.name,
                one.kana,
                one.birth,
                one.sex,
                spot.town,
                spot.lot,
                spot.building,
            )
