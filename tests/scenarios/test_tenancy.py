"""A town's own login reaches no row of another town, table by table, whatever SQL it sends."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from jichitai.infra.platform import make_town_login
from jichitai.kernel.parties import Tier
from tests.conftest import OTHER_TOWN, TOWN, Cluster

SHARED_READ = {
    "infra.link": "whose link is cut is known to all towns of a database",
    "infra.party_key": "public keys are public",
    "web.client": "no programs are registered in the town tier",
    "web.used_assertion": "no programs are registered in the town tier",
}
"""Tables that every town of a database may read, and why."""
SHARED_DELETE = {"web.used_assertion"}
REFUSED = (psycopg.errors.InsufficientPrivilege,)
ESCAPES = (
    "select set_config('jichitai.town', '{other}', false)",
    "select set_config('jichitai.town', '{other}', true)",
    "select set_config('jichitai.town', '*', true)",
    "select set_config('jichitai.town', '', true)",
    "set role jichitai_app",
    "reset role",
    "set row_security = off",
    "set session authorization jichitai_app",
    "set session authorization default",
    "alter role current_user bypassrls",
    "set search_path = pg_temp, public",
)
"""Ways out that somebody might try before the statement itself."""


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    generated: bool


@dataclass(frozen=True)
class Planted:
    """A row of the other town, and one of our own, in a table."""

    table: str
    columns: tuple[Column, ...]
    other: str
    own: str

    @property
    def name(self) -> sql.Identifier:
        return sql.Identifier(*self.table.split("."))


@dataclass(frozen=True)
class Field:
    """A database of two towns with a row of each in every table, and the login of one."""

    planted: dict[str, Planted]
    dsn: str
    superuser: str


@pytest.fixture(scope="module")
def field(cluster: Cluster) -> Iterator[Field]:
    name = cluster.copy_of(Tier.TOWN)
    superuser = cluster.server.superuser_dsn() + f" dbname={name}"
    with psycopg.connect(cluster.server.superuser_dsn(), dbname=name) as connection:
        planted = {table: _plant(connection, table) for table in _tables(connection)}
    login = make_town_login(cluster.server.superuser_dsn(), name, TOWN, "a-password-of-the-town")
    try:
        yield Field(planted, cluster.server.dsn(name, login, "a-password-of-the-town"), superuser)
    finally:
        cluster.drop(name)


def _tables(connection: Connection[TupleRow]) -> list[str]:
    rows = connection.execute(
        "select format('%I.%I', n.nspname, c.relname) from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and n.nspname not like 'pg\\_%'"
        "   and n.nspname not in ('information_schema', 'migration') order by 1"
    )
    return [str(name) for (name,) in rows]


def _plant(connection: Connection[TupleRow], table: str) -> Planted:
    columns = tuple(
        Column(*row)
        for row in connection.execute(
            "select attname, format_type(atttypid, null), attgenerated <> '' or attidentity <> ''"
            "  from pg_attribute where attrelid = %s::regclass and attnum > 0"
            "   and not attisdropped order by attnum",
            (table,),
        )
    )
    connection.execute("set session_replication_role = replica")  # no foreign keys
    checks = connection.execute(
        "select conname from pg_constraint where conrelid = %s::regclass and contype = 'c'",
        (table,),
    ).fetchall()
    for (check,) in checks:
        connection.execute(
            sql.SQL("alter table {} drop constraint {}").format(
                sql.Identifier(*table.split(".")), sql.Identifier(check)
            )
        )
    places = [_insert(connection, table, columns, town, 1) for town in (OTHER_TOWN, TOWN)]
    return Planted(table, columns, *places)


def _insert(
    connection: Connection[TupleRow],
    table: str,
    columns: tuple[Column, ...],
    town: str,
    serial: int,
) -> str:
    given = [column for column in columns if not column.generated]
    query = sql.SQL("insert into {} ({}) values ({}) returning ctid::text").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in given),
        sql.SQL(", ").join(sql.Placeholder() * len(given)),
    )
    row = connection.execute(query, [_value(column, town, serial) for column in given]).fetchone()
    assert row is not None
    return str(row[0])


def _value(column: Column, town: str, serial: int) -> Any:
    if column.name == "municipality":
        return town
    if column.name in {"sender", "receiver", "party", "origin"}:
        return f"town-{town}"
    if column.name == "account_id":
        return uuid.uuid5(uuid.NAMESPACE_OID, town)
    what = f"{town}/{column.name}/{serial}"
    values: dict[str, Any] = {
        "uuid": uuid.uuid5(uuid.NAMESPACE_OID, what),
        "text": what,
        "character": what,
        "name": what,
        "text[]": [what],
        "bytea": what.encode(),
        "boolean": False,
        "date": date(2026, 11, 20),
        "timestamp with time zone": datetime(2026, 11, 20, tzinfo=UTC),
        "jsonb": Jsonb({"what": what}),
        "uuid[]": [uuid.uuid5(uuid.NAMESPACE_OID, what)],
        **dict.fromkeys(("smallint", "integer", "bigint"), int(town[:2]) * 100 + serial),
    }
    return values[column.type]


def _tries(connection: Connection[TupleRow]) -> Iterator[None]:
    """Each escape in a transaction of its own; one that is refused is no way out."""
    for escape in ESCAPES:
        with connection.transaction(force_rollback=True):
            connection.execute("select set_config('jichitai.town', %s, true)", (TOWN,))
            try:
                with connection.transaction():
                    connection.execute(escape.format(other=OTHER_TOWN))
            except psycopg.Error:
                continue
            yield


def _count(connection: Connection[TupleRow], query: sql.Composed, place: str) -> int:
    """Rows touched; none when the statement is refused."""
    try:
        with connection.transaction():
            return connection.execute(query, (place,)).rowcount
    except REFUSED:
        return 0


def test_no_row_of_another_town_is_seen_changed_or_removed(field: Field) -> None:
    reached = []
    with psycopg.connect(field.dsn) as connection:
        for table, planted in field.planted.items():
            column = sql.Identifier(planted.columns[0].name)
            where = sql.SQL("where ctid = %s::tid")
            statements = {
                "select": sql.SQL("select 1 from {} {}").format(planted.name, where),
                "update": sql.SQL("update {} set {c} = {c} {}").format(
                    planted.name, where, c=column
                ),
                "delete": sql.SQL("delete from {} {}").format(planted.name, where),
            }
            if table in SHARED_READ:
                del statements["select"]
            if table in SHARED_DELETE:
                del statements["delete"]
            for _ in _tries(connection):
                reached += [
                    f"{verb} {table}"
                    for verb, statement in statements.items()
                    if _count(connection, statement, planted.other)
                ]
    assert reached == []


def test_no_row_can_be_added_for_another_town(field: Field) -> None:
    added = []
    with psycopg.connect(field.dsn) as connection:
        for table, planted in field.planted.items():
            for _ in _tries(connection):
                try:
                    with connection.transaction():
                        _insert(connection, table, planted.columns, OTHER_TOWN, 2)
                except (*REFUSED, psycopg.errors.ForeignKeyViolation):
                    continue
                added.append(table)
    assert added == []


def test_no_row_can_be_handed_to_another_town(field: Field) -> None:
    handed = []
    keys = ("municipality", "sender", "receiver", "party", "account_id")
    with psycopg.connect(field.dsn) as connection:
        for table, planted in field.planted.items():
            for column in planted.columns:
                if column.name not in keys:
                    continue
                query = sql.SQL("update {} set {} = %s where ctid = %s::tid").format(
                    planted.name, sql.Identifier(column.name)
                )
                value = _value(column, OTHER_TOWN, 1)
                for _ in _tries(connection):
                    try:
                        with connection.transaction():
                            changed = connection.execute(query, (value, planted.own)).rowcount
                            kept = connection.execute(
                                sql.SQL("select count(*) from {}").format(planted.name)
                            ).fetchone()
                    except psycopg.Error:
                        continue
                    if changed and kept == (0,):
                        handed.append(f"{table}.{column.name}")
    assert handed == []


def test_a_towns_own_rows_are_seen_by_its_login(field: Field) -> None:
    """The refusals above would mean nothing if the login saw nothing at all."""
    with psycopg.connect(field.dsn) as connection:
        unseen = []
        for table, planted in field.planted.items():
            query = sql.SQL("select 1 from {} where ctid = %s::tid").format(planted.name)
            with connection.transaction(force_rollback=True):
                connection.execute("select set_config('jichitai.town', %s, true)", (TOWN,))
                if _count(connection, query, planted.own) != 1:
                    unseen.append(table)
    assert unseen == ["infra.tenant_login"]


def test_every_table_is_isolated_or_named_as_shared(field: Field) -> None:
    with psycopg.connect(field.superuser) as connection:
        rows = connection.execute(
            "select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace"
            " where not (c.relrowsecurity and c.relforcerowsecurity)"
            "   and c.oid = any(%s::regclass[])",
            (list(field.planted),),
        ).fetchall()
    open_tables = {str(name) for (name,) in rows}
    assert open_tables == {*SHARED_READ, "infra.tenant_login"} - {"infra.link"}
