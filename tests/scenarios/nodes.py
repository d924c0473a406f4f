"""Nodes apart from each other: a database, a login, a key directory and a process each."""

import asyncio
import os
import shutil
import signal
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
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from jichitai.infra.embedded.nats import NatsServer
from jichitai.infra.embedded.places import free_port
from jichitai.infra.embedded.postgres import PostgresServer
from jichitai.infra.keys import Keys
from jichitai.infra.migrate import APP, OWNER, ensure_roles
from jichitai.infra.platform import make_town_login
from jichitai.kernel.parties import NATION, Party, Tier
from jichitai.main.cli import main
from jichitai.rehearsal.driver import cast
from jichitai.web import accounts, csrf, sessions
from jichitai.web.accounts import Account
from jichitai.web.rights import Kind, Role
from jichitai.web.sessions import Cookies
from tests.running import NO_CERTIFICATES

SHARED_KEYS = ("network.json", "network-blind.json")


@dataclass
class Node:
    """One process with everything that is its own."""

    name: str
    tier: Tier
    parties: tuple[Party, ...]
    directory: Path
    port: int
    dsn: str
    owner_dsn: str
    broker_url: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.directory / "node.log"

    @property
    def key_directory(self) -> Path:
        return self.directory / "keys"

    @property
    def keys(self) -> Keys:
        return Keys.load(self.key_directory, self.tier)

    def environment(self) -> dict[str, str]:
        return {
            "JICHITAI_DATABASE_URL": self.dsn,
            "JICHITAI_OWNER_DATABASE_URL": self.owner_dsn,
            "JICHITAI_BROKER_URL": self.broker_url,
            "JICHITAI_KEY_DIRECTORY": str(self.key_directory),
            "JICHITAI_HTTP_PORT": str(self.port),
            "JICHITAI_DEMO": "true",
            "JICHITAI_RATE_LIMIT": "0",
        }

    def run(self, *arguments: str, text: str = "") -> str:
        """A command of an operator of this node; what it writes."""
        done = CliRunner().invoke(main, arguments, env=self.environment(), input=text)
        assert done.exit_code == 0, done.output
        return done.stdout

    def start(self) -> None:
        options = [
            word
            for party in self.parties
            if party.tier in (Tier.TOWN, Tier.PREFECTURE)
            for word in (
                "--municipality" if party.tier is Tier.TOWN else "--prefecture",
                party.code,
            )
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jichitai", "up", "--tier", str(self.tier), *options],
                env=os.environ | self.environment(),
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        try:
            answer = httpx.get(f"{self.origin}/readyz", timeout=5, verify=NO_CERTIFICATES)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def wait_ready(self, seconds: float = 180) -> None:
        end = time.monotonic() + seconds
        while not self.ready():
            assert self.alive(), self.log.read_text()[-4000:]
            assert time.monotonic() < end, self.log.read_text()[-4000:]
            time.sleep(0.1)

    def client(self, account: Account | None = None) -> httpx.Client:
        """A client, signed in as somebody when an account is given."""
        client = httpx.Client(
            base_url=self.origin,
            timeout=30,
            headers={"accept": "application/json"},
            verify=NO_CERTIFICATES,
        )
        if account is not None:
            token = asyncio.run(self._open(account))
            client.cookies.set(Cookies(self.tier, tls=False).session, token)
            client.headers[csrf.HEADER] = csrf.token_for(token)
            client.headers["origin"] = self.origin
        return client

    async def _open(self, account: Account) -> str:
        async with await psycopg.AsyncConnection.connect(self.dsn) as tx:
            await tx.execute("select set_config('jichitai.town', '*', true)")
            await accounts.save(tx, account)
            return await sessions.open_session(tx, account, method="persona")

    def staff(self, *roles: Role, prefecture: str | None = None) -> httpx.Client:
        account = Account(
            account_id=uuid4(),
            kind=Kind.STAFF,
            display="試験 担当",
            roles=frozenset(roles),
            prefecture=prefecture,
            persona=True,
        )
        return self.client(account)

    def resident(self, person_id: UUID) -> httpx.Client:
        return self.client(cast.resident(person_id, "本人", ""))

    def query(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of this node's database, as its own login."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute("select set_config('jichitai.town', '*', true)")
            return connection.execute(statement, values).fetchall()


@dataclass
class Site:
    """Nodes on one PostgreSQL server and one broker."""

    directory: Path
    postgres: PostgresServer
    nats: NatsServer
    nodes: dict[str, Node] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def add(self, name: str, *parties: Party) -> Node:
        """Set a node up as its operators do: database, login, keys, schema."""
        tier = parties[0].tier
        directory = self.directory / name
        directory.mkdir(mode=0o700)
        database = f"jichitai_{name}".replace("-", "_")
        self.postgres.ensure_database(database, OWNER)
        node = Node(
            name,
            tier,
            parties,
            directory,
            free_port(),
            self.postgres.dsn(database, APP),
            self.postgres.dsn(database, OWNER),
            self.nats.url,
        )
        node.run("migrate", "--tier", str(tier))
        if tier is Tier.TOWN:
            (town,) = parties
            superuser = self.postgres.superuser_dsn()
            login = make_town_login(superuser, database, town.code, f"secret-of-{town.code}")
            node.dsn = self.postgres.dsn(database, login, f"secret-of-{town.code}")
        self._make_keys(node)
        self.nodes[name] = node
        return node

    def _make_keys(self, node: Node) -> None:
        """Make a node's keys; the two that are shared come from the nation by hand."""
        if node.tier is not Tier.NATION:
            node.key_directory.mkdir(mode=0o700)
            for file in SHARED_KEYS:
                shutil.copy2(self["nation"].key_directory / file, node.key_directory / file)
        options = [word for party in node.parties for word in ("--party", str(party))]
        public = node.run("keys", "create", str(node.key_directory), *options)
        node.directory.joinpath("public.txt").write_text(public)

    def publish(self) -> None:
        """Tell every node the public keys of all."""
        public = "".join((n.directory / "public.txt").read_text() for n in self.nodes.values())
        for node in self.nodes.values():
            node.run("keys", "publish", "-", "--tier", str(node.tier), text=public)

    def dsns(self) -> list[str]:
        """Every database as the superuser."""
        names = [conninfo_to_dict(node.dsn)["dbname"] for node in self.nodes.values()]
        return [self.postgres.superuser_dsn(str(name)) for name in names]

    def waiting(self) -> int:
        """Messages to the nodes here that were not confirmed."""
        here = [str(party) for node in self.nodes.values() for party in node.parties]
        count = 0
        for dsn in self.dsns():
            with psycopg.connect(dsn) as connection:
                row = connection.execute(
                    "select count(*) from infra.outbox where receiver = any(%s)", (here,)
                ).fetchone()
                count += int(row[0]) if row else 0
        return count

    def wait_quiet(self, seconds: float = 60) -> None:
        """Wait until every event is derived and every message is confirmed, twice in a row."""
        end = time.monotonic() + seconds
        quiet = 0
        while quiet < 2:
            quiet = 0 if self.waiting() or self._unread() else quiet + 1
            assert time.monotonic() < end, f"{self.waiting()} messages are still on their way"
            time.sleep(0.3)

    def _unread(self) -> int:
        unread = 0
        for node in self.nodes.values():
            if node.tier is Tier.TOWN:
                rows = node.query(
                    "select coalesce(sum(event_number), 0)"
                    " - (select coalesce(sum(event_number), 0) from jukinet.cursor)"
                    "  from register.town_counter"
                )
                unread += int(str(rows[0][0]))
        return unread

    def quarantined(self) -> list[tuple[str, str]]:
        """Open entries: (receiver, reason type)."""
        found: list[tuple[str, str]] = []
        for dsn in self.dsns():
            with psycopg.connect(dsn) as connection:
                rows = connection.execute(
                    "select receiver, reason_type from infra.quarantine where state = 'open'"
                )
                found += [(str(receiver), str(kind)) for receiver, kind in rows]
        return found

    def close_quarantine(self) -> None:
        """An operator has looked at everything that was put aside."""
        for dsn in self.dsns():
            with psycopg.connect(dsn) as connection:
                connection.execute("update infra.quarantine set state = 'rejected'")


@contextmanager
def site(folder: Path, towns: Sequence[str]) -> Iterator[Site]:
    """Servers, and a node per town, one for their prefectures, the nation, the ministry."""
    folder.chmod(0o755)
    postgres = PostgresServer(folder / "postgres", durable=False)
    nats = NatsServer(folder / "nats", durable=False)
    postgres.start()
    nats.start()
    made = Site(folder, postgres, nats)
    try:
        ensure_roles(
            postgres.superuser_dsn(),
            app_password=postgres.ensure_role(APP),
            owner_password=postgres.ensure_role(OWNER),
        )
        made.add("nation", NATION)
        prefectures = sorted({town[:2] for town in towns})
        made.add("prefecture", *(Party.prefecture(code) for code in prefectures))
        made.add("ministry", Party.parse("ministry"))
        for town in towns:
            made.add(f"town-{town}", Party.town(town))
        made.publish()
        yield made
    finally:
        for node in made.nodes.values():
            node.stop()
        nats.stop()
        postgres.stop()


def start_all(made: Site) -> None:
    for node in made.nodes.values():
        node.start()
    for node in made.nodes.values():
        node.wait_ready()
