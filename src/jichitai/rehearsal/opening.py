"""Opening day: everybody is loaded into the register, the prefectures and the nation.

It uses the product's own path (初期移行): each town takes over its register, derives its identity
file, signs it, and prefecture and nation take the signed file in.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import Clock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.party_keys import KeyBook
from jichitai.infra.platform import Platform
from jichitai.infra.settings import Settings
from jichitai.jpki.authority.ceremony import hold_rehearsal
from jichitai.jpki.authority.vault import open_vault
from jichitai.jukinet.digest import service as digest
from jichitai.jukinet.network.load.file import IdentityFile
from jichitai.jukinet.network.load.service import export_identity, load_identity
from jichitai.jukinet.network.scope import NATIONAL, Scope
from jichitai.jukinet.node import Node
from jichitai.jukinet.town import service as town_network
from jichitai.kernel.municipalities import prefectures
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.register.service.initial import load_initial
from jichitai.register.service.network import TownRegister
from jichitai.rehearsal.driver import cast, evaluators, guards, organs
from jichitai.rehearsal.loading import by_town, initial_people
from jichitai.rehearsal.population.people import Population

_POOL = 4


@dataclass(frozen=True, slots=True)
class Office:
    """One tier as its operators reach it from the command line: database, keys, clock."""

    database: Database
    node: Node


class Offices:
    """The command line of all tiers on one machine."""

    def __init__(self, offices: dict[Tier, Office], clock: Clock, settings: Settings) -> None:
        """Take the open offices, and the settings of the nation's."""
        self._offices = offices
        self._clock = clock
        self._settings = settings

    def __getitem__(self, tier: Tier) -> Office:
        """The office of a tier."""
        return self._offices[tier]

    def databases(self) -> dict[Tier, Database]:
        """The database of every tier."""
        return {tier: office.database for tier, office in self._offices.items()}

    async def take_over(self, population: Population, shown: Callable[[int], None]) -> int:
        """Load every town; towns that are loaded already are left as they are.

        Args:
            population: everybody.
            shown: called with the number of people after each town.

        Returns:
            How many people were loaded.
        """
        loaded = 0
        known = {tier: await self._loaded(tier) for tier in (Tier.PREFECTURE, Tier.NATION)}
        for municipality, keys in by_town(population).items():
            missing = [tier for tier, towns in known.items() if municipality not in towns]
            if missing:
                file = await self._town(population, municipality, keys)
                await self._above(municipality, file, missing)
                loaded += len(keys)
            shown(len(keys))
        return loaded

    async def _loaded(self, tier: Tier) -> frozenset[str]:
        query = "select municipality from jukinet.initial_load"
        async with self[tier].database.transaction(read_only=True) as tx:
            return frozenset(row[0] for row in await (await tx.execute(query)).fetchall())

    async def _town(
        self, population: Population, municipality: str, keys: list[int]
    ) -> IdentityFile:
        office = self[Tier.TOWN]
        register = TownRegister(office.node.keys, self._clock)
        async with office.database.transaction(town=municipality) as tx:
            if not await register.last_number(tx, municipality):
                await load_initial(
                    tx,
                    municipality,
                    initial_people(population, keys),
                    keys=office.node.keys,
                    clock=self._clock,
                )
            while await town_network.derive(tx, office.node, register, municipality):
                pass
            return await export_identity(tx, office.node, municipality)

    async def _above(self, municipality: str, file: IdentityFile, missing: Sequence[Tier]) -> None:
        for tier in missing:
            scope = NATIONAL
            if tier is Tier.PREFECTURE:
                scope = Scope.of(Party.prefecture(municipality[:2]))
            office = self[tier]
            public = await KeyBook(office.database, self._clock).current()
            async with office.database.transaction() as tx:
                await load_identity(tx, scope, office.node, file, public)

    async def found_authorities(self) -> bytes:
        """Hold the key ceremony of the certificate authorities, once.

        Returns:
            The card centre's public key that blank chips are made with.
        """
        office = self[Tier.NATION]
        vault = open_vault(self._settings)
        async with office.database.transaction() as tx:
            held = await hold_rehearsal(
                tx, vault, office.node.keys.signer(NATION), at=self._clock.now(), by=SYSTEM
            )
        return held.card_centre().writer.public_key().public_bytes_raw()

    async def introduce(self, towns: Sequence[str], start: date, end: date) -> None:
        """Make staff, and the public bodies that ask between two days, known to their tiers."""
        codes = {town[:2] for town in towns}
        await cast.save(
            self[Tier.TOWN].database,
            Tier.TOWN,
            [
                *cast.all_town_staff(towns),
                *guards.few_of_towns(towns),
                *evaluators.of_towns(towns),
            ],
        )
        await cast.save(
            self[Tier.PREFECTURE].database,
            Tier.PREFECTURE,
            [
                person
                for body in prefectures()
                if body.prefecture_code in codes
                for person in (
                    cast.prefecture_staff(body.prefecture_code, body.prefecture),
                    *guards.of_prefecture(body.prefecture_code),
                    *evaluators.of_prefecture(body.prefecture_code),
                )
            ],
        )
        national = self[Tier.NATION].database
        await cast.save(national, Tier.NATION, [*cast.nation_staff(), *organs.officers()])
        await organs.introduce(national, self._clock, start, end)
        upper = [
            cast.ministry_staff(),
            *map(guards.ministry_officer, (1, 2)),
            *evaluators.of_ministry(),
        ]
        await cast.save(self[Tier.MINISTRY].database, Tier.MINISTRY, upper)

    async def compare(self, towns: Sequence[str]) -> None:
        """Start the comparison of these towns with prefecture and nation now (整合性確認)."""
        office = self[Tier.TOWN]
        for municipality in towns:
            async with office.database.transaction(town=municipality) as tx:
                await digest.run_digest(tx, office.node, municipality)

    async def digest_differences(self) -> int:
        """Rows that differ between the levels by the last comparison of each town."""
        total = 0
        for tier in (Tier.PREFECTURE, Tier.NATION):
            query = (
                "select coalesce(sum(case state when 'equal' then 0"
                "                             else greatest(differences, 1) end), 0)"
                "  from jukinet.digest_state"
            )
            async with self[tier].database.transaction(read_only=True) as tx:
                row = await (await tx.execute(query)).fetchone()
            total += int(row[0]) if row else 0
        return total

    async def provisions(self) -> int:
        """Look-ups that were answered and logged so far."""
        query = "select size from transparency.log where log = 'provision'"
        async with self[Tier.NATION].database.transaction(read_only=True) as tx:
            row = await (await tx.execute(query)).fetchone()
        return int(row[0]) if row else 0


@asynccontextmanager
async def offices(platform: Platform, clock: Clock) -> AsyncIterator[Offices]:
    """Open the databases of all tiers with their keys."""
    async with AsyncExitStack() as stack:
        found: dict[Tier, Office] = {}
        for tier in Tier:
            keys = Keys.load(platform.keys, tier)
            database = await Database.open(
                platform.dsn(tier), size=_POOL, name=f"jichitai-rehearsal-{tier}"
            )
            stack.push_async_callback(database.close)
            found[tier] = Office(database, Node(keys, Outbox(keys.network, clock), clock))
        settings = Settings(tier=Tier.NATION, key_directory=platform.keys)
        yield Offices(found, clock, settings)
