"""All tiers as processes, the way `jichitai up` runs them; for journeys, scenarios and fuzzing."""

import asyncio
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg

from jichitai.infra.platform import Platform
from jichitai.infra.ports import HeldPort
from jichitai.infra.settings import own_environment
from jichitai.kernel.parties import Party, Tier
from jichitai.web import accounts, csrf, sessions
from jichitai.web.accounts import Account
from jichitai.web.rights import Kind, Role
from jichitai.web.sessions import Cookies

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: reading the certificates of the world takes them 50 to 300 ms."""


@dataclass
class Running:
    """The processes of all tiers on one machine."""

    platform: Platform
    ports: dict[Tier, int]
    processes: dict[Tier, subprocess.Popen[bytes]] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def origin(self, tier: Tier) -> str:
        return f"http://127.0.0.1:{self.ports[tier]}"

    def log(self, tier: Tier) -> Path:
        return self.platform.directory / f"{tier}.log"

    def start(self, tier: Tier) -> None:
        environment = own_environment() | self.settings
        environment |= self.platform.environment(tier, demo=True, port=self.ports[tier], held=True)
        with self.log(tier).open("ab") as log:
            self.processes[tier] = subprocess.Popen(
                [sys.executable, "-m", "jichitai", "up", "--tier", str(tier)],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def wait_ready(self, tier: Tier, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        with self.client(tier) as client:
            while time.monotonic() < end:
                try:
                    if client.get("/readyz", timeout=2).status_code == 200:
                        return
                except httpx.HTTPError:
                    if self.processes[tier].poll() is not None:
                        break
                time.sleep(0.1)
        raise AssertionError(self.log(tier).read_text()[-4000:])

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(20)

    def session(
        self,
        tier: Tier,
        *roles: Role,
        kind: Kind = Kind.STAFF,
        municipality: str | None = None,
        prefecture: str | None = None,
        organ_id: str | None = None,
        operator_id: str | None = None,
        person_id: UUID | None = None,
        display: str = "試験 担当",
    ) -> str:
        """Sign somebody with these roles in; the value of the session cookie."""
        account = Account(
            account_id=uuid4(),
            kind=kind,
            display=display,
            roles=frozenset(roles),
            municipality=municipality,
            prefecture=prefecture,
            organ_id=organ_id,
            operator_id=operator_id,
            person_id=person_id,
            persona=True,
        )
        return asyncio.run(self._open(tier, account))

    async def _open(self, tier: Tier, account: Account) -> str:
        async with await psycopg.AsyncConnection.connect(self.platform.dsn(tier)) as tx:
            if tier is Tier.TOWN:
                await tx.execute("select set_config('jichitai.town', '*', true)")
            await accounts.save(tx, account)
            return await sessions.open_session(tx, account, method="persona")

    def cookie(self, tier: Tier) -> str:
        """Name of a tier's session cookie."""
        return Cookies(tier, tls=False).session

    def client(self, tier: Tier, token: str | None = None, *, html: bool = False) -> httpx.Client:
        """A client, signed in when a session is given."""
        accept = "text/html" if html else "application/json"
        client = httpx.Client(
            base_url=self.origin(tier),
            timeout=30,
            headers={"accept": accept},
            verify=NO_CERTIFICATES,
        )
        if token is not None:
            client.cookies.set(self.cookie(tier), token)
            client.headers[csrf.HEADER] = csrf.token_for(token)
            client.headers["origin"] = self.origin(tier)
        return client


@contextmanager
def all_tiers(
    folder: Path,
    parties: dict[Tier, list[Party]] | None = None,
    tiers: Sequence[Tier] = tuple(Tier),
    settings: dict[str, str] | None = None,
) -> Iterator[Running]:
    """Start the servers and one process per tier; stop everything at the end.

    Variables of the processes stay with them: what is set in our own environment reaches every
    process that other tests start meanwhile.
    """
    with Platform(folder, durable=False) as platform:
        platform.prepare(parties)
        held = [HeldPort() for _ in Tier]
        ports = dict(zip(Tier, (one.port for one in held), strict=True))
        running = Running(platform, ports, settings=settings or {})
        try:
            for tier in tiers:
                running.start(tier)
            for tier in tiers:
                running.wait_ready(tier)
            yield running
        finally:
            running.stop()
            for one in held:
                one.close()
