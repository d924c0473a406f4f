"""Fixtures that every part shares: real servers, migrated databases, keys, a clock."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling

from jichitai.infra import party_keys
from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.crypto import BlindIndex, Sealer
from jichitai.infra.database import Database, Tx, enter_town
from jichitai.infra.embedded.nats import NatsServer
from jichitai.infra.embedded.postgres import PostgresServer
from jichitai.infra.keys import Keys, PublicKey, SigningKey
from jichitai.infra.migrate import APP, OWNER, ensure_roles, migrate
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import MINISTRY, NATION, Party, Tier
from tests.running import Running, all_tiers

settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("default")

TOWN = "011002"
OTHER_TOWN = "131016"
THIRD_TOWN = "141003"
TOWNS = (TOWN, OTHER_TOWN, THIRD_TOWN, "012025", "131024", "132012")
PARTIES = (
    *(Party.town(code) for code in TOWNS),
    *(Party.prefecture(code) for code in sorted({town[:2] for town in TOWNS})),
    NATION,
    MINISTRY,
)
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Cluster:
    """One PostgreSQL server with a migrated template per tier."""

    server: PostgresServer
    app_password: str
    owner_password: str
    _made: set[str] = field(default_factory=set)

    def dsn(self, database: str, role: str = APP) -> str:
        password = self.app_password if role == APP else self.owner_password
        return self.server.dsn(database, role, password)

    def template(self, tier: Tier) -> str:
        name = f"template_{tier}"
        if name not in self._made:
            self.create(name)
            migrate(self.dsn(name, OWNER), tier)
            self._made.add(name)
        return name

    def create(self, name: str, template: str | None = None) -> None:
        query = sql.SQL("create database {} owner {}").format(
            sql.Identifier(name), sql.Identifier(OWNER)
        )
        if template is not None:  # copying files takes a third of the time of writing them as WAL
            copy = sql.SQL(" template {} strategy file_copy")
            query += copy.format(sql.Identifier(template))
        with psycopg.connect(self.server.superuser_dsn(), autocommit=True) as connection:
            connection.execute(query)

    def drop(self, name: str) -> None:
        query = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        with psycopg.connect(self.server.superuser_dsn(), autocommit=True) as connection:
            connection.execute(query)

    def copy_of(self, tier: Tier) -> str:
        """A new database with the tier's tables; its name."""
        name = f"{tier}_{uuid.uuid4().hex[:12]}"
        self.create(name, self.template(tier))
        return name

    def shared(self, tier: Tier) -> str:
        """The database whose transactions are always rolled back; its name."""
        name = f"shared_{tier}"
        if name not in self._made:
            self.create(name, self.template(tier))
            self._made.add(name)
        return name


@asynccontextmanager
async def _rolled_back(dsn: str) -> AsyncIterator[Tx]:
    connection = await psycopg.AsyncConnection.connect(dsn)
    try:
        yield connection
    finally:
        await connection.rollback()
        await connection.close()


def start_cluster(folder: Path, bin_dir: Path | None = None) -> Cluster:
    """A fast server (fsync off) for tests."""
    server = PostgresServer(folder, bin_dir=bin_dir, durable=False)
    server.start()
    cluster = Cluster(server, app_password=uuid.uuid4().hex, owner_password=uuid.uuid4().hex)
    ensure_roles(
        server.superuser_dsn(),
        app_password=cluster.app_password,
        owner_password=cluster.owner_password,
    )
    return cluster


ON_BOTH_SERVERS = {
    "tests.evaluation.test_figures",
    "tests.infra.test_database",
    "tests.infra.test_faults_keys",
    "tests.infra.test_faults_messages",
    "tests.infra.test_messaging",
    "tests.infra.test_transparency_store",
    "tests.jpki.test_authority_service",
    "tests.jpki.test_lifecycle",
    "tests.jukinet.test_digest",
    "tests.jukinet.test_disclosure",
    "tests.jukinet.test_links",
    "tests.jukinet.test_load",
    "tests.jukinet.test_network",
    "tests.jukinet.test_numbers",
    "tests.jukinet.test_provision_service",
    "tests.jukinet.test_town",
    "tests.jukinet.test_tree_heads",
    "tests.register.test_concurrency",
    "tests.register.test_service",
    "tests.scenarios.test_tenancy",
    "tests.standardisation.test_progress_recording",
    "tests.web.test_oauth",
    "tests.web.test_sessions",
    "tests.web.test_signin",
}
"""Modules whose SQL runs on the embedded server and on Debian's PostgreSQL 15."""


TOGETHER = {
    "tests/scenarios/test_apart_": "apart",
    "tests/scenarios/test_separate_processes": "apart",
    "tests/browser/test_journey": "story",
    "tests/browser/test_pages_live": "story",
    "tests/architecture/test_openapi": "running",
    "tests/standardisation/test_views": "views",
}
"""Modules that share nodes which only one worker should start, by the beginning of their names."""


SHARING = ("tests/evaluation/", "tests/security/", "tests/standardisation/")
"""Folders whose modules have one database for all their tests."""


class TogetherScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Tests go to any worker, one by one, but for those that share something costly."""

    def _split_scope(self, nodeid: str) -> str:
        for start, name in TOGETHER.items():
            if nodeid.startswith(start):
                return name
        module = nodeid.partition("::")[0]
        return module if module.startswith(("tests/jpki/", *SHARING)) else nodeid


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share the database of their module stand as they are written."""
    places = [n for n, item in enumerate(items) if item.nodeid.startswith(SHARING)]
    written = sorted((items[n] for n in places), key=_place)
    for n, item in zip(places, written, strict=True):
        items[n] = item


def _place(item: pytest.Item) -> tuple[str, int]:
    return item.nodeid.partition("::")[0], item.reportinfo()[1] or 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherScheduling:
    return TogetherScheduling(config, log)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__ in ON_BOTH_SERVERS and "cluster" in metafunc.fixturenames:
        debian = pytest.param("cluster15", marks=pytest.mark.debian15, id="debian15")
        servers = [pytest.param("cluster18", id="embedded"), debian]
        metafunc.parametrize("cluster", servers, indirect=True, scope="session")


@pytest.fixture(scope="session")
def cluster18(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = start_cluster(tmp_path_factory.mktemp("postgres"))
    yield cluster
    cluster.server.stop()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The server of a test; both kinds stay up, so that changing between them costs nothing."""
    found: Cluster = request.getfixturevalue(getattr(request, "param", "cluster18"))
    return found


def demanded(what: str) -> bool:
    """Whether the run must not skip what needs this optional part."""
    return what in os.environ.get("JICHITAI_TEST_REQUIRE", "").split(",")


@pytest.fixture(scope="session")
def cluster15(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The same on Debian's PostgreSQL 15."""
    if not (DEBIAN_15 / "postgres").exists() and not demanded("debian15"):
        pytest.skip("PostgreSQL 15 がありません。sudo make system-packages で入ります")
    cluster = start_cluster(tmp_path_factory.mktemp("postgres15"), DEBIAN_15)
    yield cluster
    cluster.server.stop()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats"), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def town_tx(cluster: Cluster) -> AsyncIterator[Tx]:
    async with _rolled_back(cluster.dsn(cluster.shared(Tier.TOWN))) as tx:
        await enter_town(tx, TOWN)
        yield tx


@pytest.fixture
async def prefecture_tx(cluster: Cluster) -> AsyncIterator[Tx]:
    async with _rolled_back(cluster.dsn(cluster.shared(Tier.PREFECTURE))) as tx:
        yield tx


@pytest.fixture
async def nation_tx(cluster: Cluster) -> AsyncIterator[Tx]:
    async with _rolled_back(cluster.dsn(cluster.shared(Tier.NATION))) as tx:
        yield tx


@pytest.fixture
async def ministry_tx(cluster: Cluster) -> AsyncIterator[Tx]:
    async with _rolled_back(cluster.dsn(cluster.shared(Tier.MINISTRY))) as tx:
        yield tx


@asynccontextmanager
async def owner_transaction(cluster: Cluster, database: str) -> AsyncIterator[Tx]:
    """A transaction as the owner role, who registers keys; it commits at the end."""
    async with await psycopg.AsyncConnection.connect(cluster.dsn(database, OWNER)) as tx:
        yield tx


@asynccontextmanager
async def fresh_database(
    cluster: Cluster, tier: Tier, keys: Keys | None = None, *, size: int = 4
) -> AsyncIterator[Database]:
    """A database of its own, as the app role, with every test party's public key."""
    name = cluster.copy_of(tier)
    database = await Database.open(cluster.dsn(name), size=size)
    try:
        if keys is not None:
            async with owner_transaction(cluster, name) as tx:
                await party_keys.register(
                    tx, public_keys(keys), valid_from=datetime(2020, 1, 1, tzinfo=JST)
                )
        yield database
    finally:
        await database.close()
        cluster.drop(name)


@pytest.fixture
async def databases(cluster: Cluster, keys: Keys) -> AsyncIterator[dict[Tier, Database]]:
    """One fresh database per tier."""
    async with AsyncExitStack() as stack:
        yield {
            tier: await stack.enter_async_context(fresh_database(cluster, tier, keys))
            for tier in Tier
        }


@pytest.fixture
async def town_database(cluster: Cluster, keys: Keys) -> AsyncIterator[Database]:
    async with fresh_database(cluster, Tier.TOWN, keys) as database:
        yield database


@pytest.fixture
async def prefecture_database(cluster: Cluster, keys: Keys) -> AsyncIterator[Database]:
    async with fresh_database(cluster, Tier.PREFECTURE, keys) as database:
        yield database


@pytest.fixture
async def nation_database(cluster: Cluster, keys: Keys) -> AsyncIterator[Database]:
    async with fresh_database(cluster, Tier.NATION, keys) as database:
        yield database


@pytest.fixture
async def ministry_database(cluster: Cluster, keys: Keys) -> AsyncIterator[Database]:
    async with fresh_database(cluster, Tier.MINISTRY, keys) as database:
        yield database


@pytest.fixture(scope="session")
def keys() -> Keys:
    """Keys of every test party in one hand; fixed, so that tests are repeatable."""
    signing = {
        party: SigningKey(f"{party}.1", Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32))
        for i, party in enumerate(PARTIES, start=1)
    }
    return Keys(
        columns=Sealer({1: b"c" * 32}),
        blind=BlindIndex(b"b" * 32),
        network=Sealer({1: b"n" * 32}),
        network_blind=BlindIndex(b"m" * 32),
        signing=signing,
        log_key=SigningKey("nation.1", Ed25519PrivateKey.from_private_bytes(b"l" * 32)),
    )


def public_keys(keys: Keys) -> list[PublicKey]:
    """What the other nodes know of these keys."""
    signers = [(party, keys.signer(party)) for party in sorted(keys.parties)]
    return [PublicKey(party, key.kid, key.public) for party, key in signers]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))


@pytest.fixture
def outbox(keys: Keys, clock: FixedClock) -> Outbox:
    return Outbox(keys.network, clock)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All tiers as processes, started once for the journeys, scenarios and fuzzing of a worker."""
    with all_tiers(tmp_path_factory.mktemp("running")) as tiers:
        yield tiers
