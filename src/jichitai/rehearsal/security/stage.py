"""The stage: servers, tiers, people who sign in, and the day that it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from jichitai.infra.clock import JST
from jichitai.kernel.bodies import Body, body, prefecture_body
from jichitai.kernel.parties import Tier
from jichitai.rehearsal import quiet
from jichitai.rehearsal.driver import cast, guards
from jichitai.rehearsal.driver.visitor import Visitor
from jichitai.rehearsal.nationwide import Nationwide, nationwide
from jichitai.rehearsal.opening import Offices, offices
from jichitai.security.obligations.model import organs_of
from jichitai.security.organs import Organ
from jichitai.web.accounts import Account

TOWNS: Final = ("011002", "012025", "012033")
"""札幌市, 函館市 and 小樽市: one designated city and two cities, in one prefecture."""
PREFECTURE: Final = "01"
BEGIN: Final = datetime(2026, 11, 24, 9, 0, tzinfo=JST)
TIERS: Final = (Tier.TOWN, Tier.PREFECTURE, Tier.MINISTRY)
_PATIENCE: Final = 60.0


@dataclass(slots=True)
class Stage:
    """What the scenes share.

    Attributes:
        nation: servers and processes.
        console: where people read along.
        bodies: the towns, then the prefecture as a body.
    """

    nation: Nationwide
    offices: Offices
    console: Console
    bodies: tuple[Body, ...]
    _stack: AsyncExitStack
    _people: dict[str, Visitor] = field(default_factory=dict)

    @property
    def towns(self) -> tuple[Body, ...]:
        """The towns alone."""
        return self.bodies[:-1]

    @property
    def prefecture(self) -> Body:
        """The prefecture as a body."""
        return self.bodies[-1]

    def origin(self, tier: Tier) -> str:
        """Where people reach a tier."""
        return self.nation.origin(tier)

    async def as_(self, account: Account) -> Visitor:
        """This person at their tier, signed in once."""
        key = str(account.account_id)
        if key not in self._people:
            visitor = Visitor(self.origin(_tier_of(account)), account.account_id)
            self._people[key] = await self._stack.enter_async_context(visitor)
        return self._people[key]

    async def officer(self, one: Body) -> Visitor:
        """The body's security officer."""
        return await self.as_(guards.officer(one))

    async def adopter(self, one: Body, organ: Organ) -> Visitor:
        """Who decides for an organ of the body."""
        return await self.as_(guards.adopter(one, organ))

    async def settle(self) -> None:
        """Wait until every message that was sent has been taken in."""
        dsns = {tier: self.nation.superuser_dsn(tier) for tier in Tier}
        runs = {*(str(one.party) for one in self.bodies), "ministry"}
        await quiet.wait_quiet(dsns, patience=_PATIENCE, runs=runs.__contains__)

    async def until(self, ask: Callable[[], Awaitable[Any]], *, seconds: float = 30.0) -> Any:
        """Ask again until the answer is something; the answer.

        Raises:
            TimeoutError: it stayed nothing.
        """
        async with asyncio.timeout(seconds):
            while True:
                found = await ask()
                if found:
                    return found
                await asyncio.sleep(0.1)


def _tier_of(account: Account) -> Tier:
    if account.municipality is not None:
        return Tier.TOWN
    return Tier.PREFECTURE if account.prefecture is not None else Tier.MINISTRY


def _people(bodies: tuple[Body, ...]) -> dict[Tier, list[Account]]:
    found: dict[Tier, list[Account]] = {tier: [] for tier in TIERS}
    for one in bodies:
        deciders = [guards.adopter(one, organ) for organ in organs_of(one, on=BEGIN.date())]
        for person in (guards.officer(one), *deciders, guards.auditor(one)):
            found[_tier_of(person)].append(person)
    found[Tier.TOWN] += [person for one in bodies[:-1] for person in cast.town_staff(one.code)]
    found[Tier.PREFECTURE] += [guards.supervisor(PREFECTURE), guards.analyst(PREFECTURE)]
    found[Tier.MINISTRY] += [cast.ministry_staff(), *map(guards.ministry_officer, (1, 2))]
    return found


@asynccontextmanager
async def stage(
    directory: Path, console: Console, towns: Sequence[str] = TOWNS
) -> AsyncIterator[Stage]:
    """Start everything and make the people known.

    Args:
        directory: everything is kept below it.
        console: where people read along.
        towns: their codes, all of the rehearsal's prefecture.
    """
    bodies = (*map(body, towns), prefecture_body(PREFECTURE))
    async with AsyncExitStack() as stack:
        nation = await stack.enter_async_context(nationwide(directory))
        nation.clock.move_to(BEGIN)
        opened = await stack.enter_async_context(offices(nation.platform, nation.clock))
        for tier, people in _people(bodies).items():
            await cast.save(opened[tier].database, tier, people)
        await nation.start_tiers(tiers=TIERS)
        yield Stage(nation, opened, console, bodies, stack)
