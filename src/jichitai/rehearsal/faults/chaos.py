"""Trouble on purpose: processes are killed and links cut, spread evenly over the work."""

import asyncio
import re
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from jichitai.infra.supervisor import Supervisor
from jichitai.kernel.parties import Tier
from jichitai.rehearsal.dice import dice
from jichitai.rehearsal.faults.proxy import Link
from jichitai.rehearsal.nationwide import Nationwide

VICTIMS = ("town", "prefecture", "nation", "nats", "postgres")
"""Who is killed with SIGKILL, each as often as the others."""
_TIERS = (Tier.TOWN, Tier.PREFECTURE, Tier.NATION)
_RUNNING_AGAIN = 120.0


@dataclass(slots=True)
class Damage:
    """What was done so far."""

    kills: dict[str, int] = field(default_factory=dict)
    cuts: int = 0

    @property
    def killed(self) -> int:
        """Processes that were killed."""
        return sum(self.kills.values())


class Wires:
    """Links between each tier and its servers; the tiers are started so that they use them."""

    def __init__(self, nation: Nationwide) -> None:
        """Take the running servers."""
        self._stack = AsyncExitStack()
        database, broker = nation.platform.postgres.port, nation.platform.nats.port
        self.links = {
            (tier, what): Link(port, name=f"{tier}-{what}")
            for tier in _TIERS
            for what, port in (("database", database), ("broker", broker))
        }

    async def __aenter__(self) -> Self:
        """Open all links."""
        for link in self.links.values():
            await self._stack.enter_async_context(link)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all links."""
        await self._stack.aclose()

    def rewire(self, tier: Tier, values: dict[str, str]) -> dict[str, str]:
        """The environment of a tier with the links in place of the servers."""
        if tier not in _TIERS:
            return values
        database, broker = self.links[tier, "database"], self.links[tier, "broker"]
        dsn = re.sub(r"\bport=\d+", f"port={database.port}", values["JICHITAI_DATABASE_URL"])
        url = re.sub(r":\d+$", f":{broker.port}", values["JICHITAI_BROKER_URL"])
        return values | {"JICHITAI_DATABASE_URL": dsn, "JICHITAI_BROKER_URL": url}

    def mend(self) -> None:
        """Open every link again."""
        for link in self.links.values():
            link.mend()


class Chaos:
    """Kills and cuts when the work has come far enough.

    Args:
        supervisor: of the processes.
        wires: the links.
        kills: how many processes to kill.
        total: how much work there is.
        seed: decides who and what.
    """

    def __init__(
        self, supervisor: Supervisor, wires: Wires, *, kills: int, total: int, seed: int = 1
    ) -> None:
        """Nothing has been damaged yet."""
        self.damage = Damage()
        self._supervisor = supervisor
        self._wires = wires
        self._chance = dice(seed, "chaos")
        self._wanted = kills
        self._every = max(1, total // (kills + 1))
        self._due = 0
        self._worked = 0
        self._changed = asyncio.Condition()

    async def gate(self) -> None:
        """Before a piece of work: wait while the damage lags behind, so that it falls into work."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._due <= self.damage.killed + 1)
            self._worked += 1
            self._due = min(self._worked // self._every, self._wanted)
            self._changed.notify_all()

    async def run(self) -> None:
        """Do damage until enough processes were killed."""
        while self.damage.killed < self._wanted:
            async with self._changed:
                await self._changed.wait_for(lambda: self._due > self.damage.killed)
            await self._kill()
            async with self._changed:
                self._changed.notify_all()
            if self._chance.random() < 0.5:
                await self._cut()

    async def finish(self) -> None:
        """The kills that the work was too short for, then everything is mended."""
        while self.damage.killed < self._wanted:
            await self._kill()
        self._wires.mend()

    async def _kill(self) -> None:
        name = VICTIMS[self.damage.killed % len(VICTIMS)]
        if self._chance.random() < 0.3:
            name = self._chance.choice(VICTIMS)
        status = {member.name: member for member in self._supervisor.status()}
        if status[name].pid is None:
            await asyncio.sleep(0.1)
            return
        self.damage.kills[name] = self.damage.kills.get(name, 0) + 1
        self._supervisor.kill(name, signal.SIGKILL)
        await asyncio.sleep(self._chance.random())
        await self._supervisor.wait_running(
            name, restarts=status[name].restarts + 1, timeout=_RUNNING_AGAIN
        )

    async def _cut(self) -> None:
        link = self._chance.choice(list(self._wires.links.values()))
        self.damage.cuts += 1
        if self._chance.random() < 0.3:
            link.hush()
        else:
            link.cut()
        await asyncio.sleep(0.3 + 1.5 * self._chance.random())
        link.mend()
