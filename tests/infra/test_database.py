import asyncio

import psycopg
import pytest

from jichitai.infra.database import Database, Tx, enter_town, fetch_value
from jichitai.infra.migrate import APP, OWNER, MigrationChangedError, migrate
from jichitai.kernel.parties import Tier
from tests.conftest import OTHER_TOWN, TOWN, Cluster, fresh_database


async def test_a_transaction_that_raises_leaves_nothing(town_database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with town_database.transaction(town=TOWN) as tx:
            await _number(tx, TOWN)
            raise RuntimeError
    async with town_database.transaction(town=TOWN) as tx:
        assert await fetch_value(tx, "select count(*) from infra.channel") == 0


async def test_a_cancellation_is_not_lost_with_the_connection(
    cluster: Cluster, town_database: Database
) -> None:
    with pytest.raises(asyncio.CancelledError):
        async with town_database.transaction(town=TOWN) as tx:
            with psycopg.connect(cluster.server.superuser_dsn(), autocommit=True) as above:
                above.execute("select pg_terminate_backend(%s, 5000)", (tx.info.backend_pid,))
            raise asyncio.CancelledError
    async with town_database.transaction(town=TOWN) as tx:  # the pool goes on
        assert await fetch_value(tx, "select 1") == 1


async def _number(tx: Tx, town: str) -> None:
    await tx.execute(
        "insert into infra.channel (sender, receiver, last_number) values (%s, 'nation', 1)",
        (f"town-{town}",),
    )


async def test_a_town_sees_only_its_own_rows(town_database: Database) -> None:
    for town in (TOWN, OTHER_TOWN):
        async with town_database.transaction(town=town) as tx:
            await _number(tx, town)
    async with town_database.transaction(town=TOWN) as tx:
        assert await fetch_value(tx, "select array_agg(sender) from infra.channel") == [
            f"town-{TOWN}"
        ]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with town_database.transaction(town=TOWN) as tx:
            await _number(tx, "141003")


async def test_a_failed_statement_never_ends_in_a_silent_rollback(town_database: Database) -> None:
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        async with town_database.transaction(town=TOWN) as tx:
            with pytest.raises(psycopg.errors.DivisionByZero):
                await tx.execute("select 1 / 0")


async def test_without_a_named_town_nothing_is_seen(town_database: Database) -> None:
    async with town_database.transaction(town=TOWN) as tx:
        await _number(tx, TOWN)
    async with town_database.transaction() as tx:
        assert await fetch_value(tx, "select count(*) from infra.channel") == 0
    async with town_database.transaction(all_towns=True) as tx:
        assert await fetch_value(tx, "select count(*) from infra.channel") == 1


async def test_a_towns_own_login_reaches_no_other_town_even_by_raw_sql(cluster: Cluster) -> None:
    async with fresh_database(cluster, Tier.TOWN) as database:
        for town in (TOWN, OTHER_TOWN):
            async with database.transaction(town=town) as tx:
                await _number(tx, town)
        async with database.transaction() as tx:
            name = await fetch_value(tx, "select current_database()")
        with psycopg.connect(cluster.dsn(name, OWNER), autocommit=True) as owner:
            owner.execute("insert into infra.tenant_login values ('town_login', %s)", (TOWN,))
        with psycopg.connect(cluster.server.superuser_dsn(), autocommit=True) as superuser:
            superuser.execute("drop role if exists town_login")
            superuser.execute("create role town_login login password 'secret' in role jichitai_app")
        dsn = cluster.server.dsn(name, "town_login", "secret")
        async with await psycopg.AsyncConnection.connect(dsn) as tx:
            for asked, seen in (
                (TOWN, [f"town-{TOWN}"]),
                (OTHER_TOWN, None),
                ("*", [f"town-{TOWN}"]),
            ):
                await enter_town(tx, asked)
                assert await fetch_value(tx, "select array_agg(sender) from infra.channel") == seen
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await tx.execute("insert into infra.tenant_login values ('town_login', '*')")


def test_migrating_twice_applies_nothing_new(cluster: Cluster) -> None:
    name = cluster.copy_of(Tier.NATION)
    assert migrate(cluster.dsn(name, OWNER), Tier.NATION) == []
    cluster.drop(name)


def test_an_edited_migration_is_refused(cluster: Cluster) -> None:
    name = cluster.copy_of(Tier.NATION)
    with psycopg.connect(cluster.dsn(name, OWNER), autocommit=True) as connection:
        connection.execute("update migration.applied set fingerprint = 'x' where number = 1")
    with pytest.raises(MigrationChangedError, match="0001_infra"):
        migrate(cluster.dsn(name, OWNER), Tier.NATION)
    cluster.drop(name)


@pytest.mark.parametrize("tier", list(Tier))
def test_the_app_role_cannot_change_the_schema(cluster: Cluster, tier: Tier) -> None:
    with (
        psycopg.connect(cluster.dsn(cluster.shared(tier), APP)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("create table infra.mine (id integer)")
