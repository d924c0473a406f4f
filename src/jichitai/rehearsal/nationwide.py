"""All tiers on this machine, each as its own process, watched by a supervisor."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread

from jichitai.infra.clock import RehearsalClock
from jichitai.infra.members import Member, Process, Server
from jichitai.infra.platform import PORTS, Platform
from jichitai.infra.ports import LOOPBACK, HeldPort
from jichitai.infra.settings import own_environment
from jichitai.infra.supervisor import Supervisor, supervise
from jichitai.kernel.parties import Tier

Rewire = Callable[[Tier, dict[str, str]], dict[str, str]]
"""Changes the environment of a tier's process, for example to put a link that can be cut."""


@dataclass(slots=True)
class Nationwide:
    """Running servers and tiers.

    Attributes:
        platform: the embedded servers.
        supervisor: keeps every process running.
        ports: where each tier listens.
        clock: the shared clock of the rehearsal.
    """

    platform: Platform
    supervisor: Supervisor
    ports: Mapping[Tier, int]
    clock: RehearsalClock
    tiers: list[Tier] = field(default_factory=list)

    def origin(self, tier: Tier) -> str:
        """Where people reach a tier."""
        return f"http://{LOOPBACK}:{self.ports[tier]}"

    def superuser_dsn(self, tier: Tier) -> str:
        """DSN that sees every row of a tier; for the checks only."""
        return self.platform.postgres.superuser_dsn(f"jichitai_{tier}")

    @property
    def logs(self) -> Path:
        """Directory of what the processes say."""
        return self.platform.directory / "logs"

    async def start_tiers(
        self, rewire: Rewire = lambda _, values: values, *, tiers: Sequence[Tier] = tuple(Tier)
    ) -> None:
        """Start the processes of the tiers, all four as a rule, and wait until they are ready."""
        members: list[Member] = [self._process(tier, rewire) for tier in tiers]
        await self.supervisor.start_stage(members)
        self.tiers = list(tiers)

    def _process(self, tier: Tier, rewire: Rewire) -> Process:
        port = self.ports[tier]
        values = self.platform.environment(tier, demo=True, port=port, held=True)
        return Process(
            str(tier),
            [sys.executable, "-m", "jichitai", "up", "--tier", str(tier)],
            log=self.logs / f"{tier}.log",
            environment=own_environment() | rewire(tier, values),
            health=f"http://{LOOPBACK}:{port}/readyz",
            start_timeout=90.0,
        )


@asynccontextmanager
async def nationwide(directory: Path) -> AsyncIterator[Nationwide]:
    """Start the servers and make databases and keys; `start_tiers` starts the processes.

    Args:
        directory: everything is kept below it.
    """
    platform = Platform(directory)
    servers = [Server("postgres", platform.postgres), Server("nats", platform.nats)]
    with ExitStack() as held:
        ports = {
            tier: held.enter_context(HeldPort.preferably(port)).port for tier, port in PORTS.items()
        }
        async with supervise([servers]) as supervisor:
            await anyio.to_thread.run_sync(platform.prepare)
            yield Nationwide(platform, supervisor, ports, RehearsalClock(platform.clock_file))
