"""One machine for all tiers: embedded servers, a database per tier, keys, and what each process needs.

Everything lives below one directory:

    postgres/ nats/    the embedded servers
    keys/              key files (0700)
    lake/              the security cloud's logs
    logs/              what the processes say
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from jichitai.infra.clock import JST
from jichitai.infra.embedded.errors import DirectoryInUseError
from jichitai.infra.embedded.nats import NatsServer
from jichitai.infra.embedded.postgres import PostgresServer
from jichitai.infra.keys import PublicKey, create_keys
from jichitai.infra.migrate import APP, OWNER, ensure_roles, migrate
from jichitai.kernel.municipalities import municipalities, prefectures
from jichitai.kernel.parties import MINISTRY, NATION, Party, Tier

PORTS: Mapping[Tier, int] = {
    Tier.TOWN: 8101,
    Tier.PREFECTURE: 8102,
    Tier.NATION: 8103,
    Tier.MINISTRY: 8104,
}
_FIRST_DAY = datetime(2002, 8, 5, tzinfo=JST)  # the network's first day of service


def everybody() -> dict[Tier, list[Party]]:
    """All parties of the nation by tier: 1,741 towns, 47 prefectures, the nation, the ministry."""
    return {
        Tier.TOWN: [Party.town(town.code.value) for town in municipalities()],
        Tier.PREFECTURE: [Party.prefecture(body.prefecture_code) for body in prefectures()],
        Tier.NATION: [NATION],
        Tier.MINISTRY: [MINISTRY],
    }


class Platform:
    """The embedded servers of one data directory, and the environment of each tier's process.

    Args:
        directory: made with mode 0700 when absent.
        durable: False gives up safety against a crash of the machine; for tests.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        """Take the directory; nothing is started yet."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory = directory
        self.postgres = PostgresServer(directory / "postgres", durable=durable)
        self.nats = NatsServer(directory / "nats", durable=durable)

    def __enter__(self) -> Self:
        """Start the servers."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the servers."""
        self.stop()

    def start(self) -> None:
        """Start both servers; they recover by themselves after a crash."""
        self.postgres.start()
        self.nats.start()

    def stop(self) -> None:
        """Stop both servers."""
        self.nats.stop()
        self.postgres.stop()

    @contextmanager
    def databases(self) -> Iterator[None]:
        """The databases alone: of a rehearsal that is running here, or started for the time."""
        try:
            self.postgres.start()
        except DirectoryInUseError:  # a rehearsal runs them; its port and passwords are kept here
            yield
            return
        try:
            yield
        finally:
            self.postgres.stop()

    @property
    def keys(self) -> Path:
        """Directory of the key files."""
        return self.directory / "keys"

    @property
    def clock_file(self) -> Path:
        """Shared offset of the rehearsal's clock."""
        return self.directory / "clock"

    def prepare(self, parties: Mapping[Tier, Iterable[Party]] | None = None) -> None:
        """Make what is missing: roles, databases, schemas, keys; tell every tier all public keys.

        Args:
            parties: who is spoken for on this machine; everybody when left out.
        """
        ensure_roles(
            self.postgres.superuser_dsn(),
            app_password=self.postgres.ensure_role(APP),
            owner_password=self.postgres.ensure_role(OWNER),
        )
        public = create_keys(self.keys, everybody() if parties is None else parties)
        for tier in Tier:
            self.postgres.ensure_database(database_name(tier), OWNER)
            migrate(self.dsn(tier, OWNER), tier)
            publish_keys(self.dsn(tier, OWNER), public)

    def dsn(self, tier: Tier, role: str = APP) -> str:
        """DSN of a tier's database as the app or the owner role."""
        return self.postgres.dsn(database_name(tier), role)

    def environment(
        self, tier: Tier, *, demo: bool = False, port: int | None = None, held: bool = False
    ) -> dict[str, str]:
        """Variables for `jichitai up --tier …`; secrets go in the environment of the child only.

        Args:
            tier: of the process.
            demo: a rehearsal with synthetic people.
            port: where it listens; the tier's usual port when None.
            held: the caller holds the port (`HeldPort`) while the process runs.
        """
        values = {
            "TIER": str(tier),
            "DATABASE_URL": self.dsn(tier),
            "BROKER_URL": self.nats.url,
            "KEY_DIRECTORY": str(self.keys),
            "LOG_DIRECTORY": str(self.directory / "lake"),
            "HTTP_PORT": str(PORTS[tier] if port is None else port),
        }
        if held:
            values["HTTP_PORT_HELD"] = "true"
        if demo:
            values |= {"DEMO": "true", "CLOCK_FILE": str(self.clock_file), "RATE_LIMIT": "0"}
        return {f"JICHITAI_{name}": value for name, value in values.items()}


def database_name(tier: Tier) -> str:
    """Name of a tier's database on a machine of all tiers."""
    return f"jichitai_{tier}"


def publish_keys(owner_dsn: str, public: Iterable[PublicKey]) -> None:
    """Make public keys known in one tier's database; known ones stay."""
    rows = [(str(key.party), key.kid, key.public_key, _FIRST_DAY) for key in public]
    with psycopg.connect(owner_dsn) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into infra.party_key (party, kid, public_key, valid_from)"
            " values (%s, %s, %s, %s) on conflict (party, kid) do nothing",
            rows,
        )


def make_town_login(superuser_dsn: str, database: str, municipality: str, password: str) -> str:
    """Make a login that reaches one town's rows only, for a process of that town alone.

    Returns:
        Name of the login role.
    """
    login = f"jichitai_town_{municipality}"
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        known = connection.execute("select 1 from pg_roles where rolname = %s", (login,)).fetchone()
        connection.execute(
            sql.SQL("{} role {} login password {}").format(
                sql.SQL("alter" if known else "create"),
                sql.Identifier(login),
                sql.Literal(password),
            )
        )
        connection.execute(
            sql.SQL("grant {} to {}").format(sql.Identifier(APP), sql.Identifier(login))
        )
    with psycopg.connect(superuser_dsn, dbname=database, autocommit=True) as connection:
        connection.execute(
            "insert into infra.tenant_login (login, municipality) values (%s, %s)"
            " on conflict (login) do nothing",
            (login, municipality),
        )
    return login
