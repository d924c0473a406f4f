"""Migrations: one forward-only sequence of SQL files per tier, under an advisory lock."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg
from psycopg import sql

from jichitai.kernel.errors import ConflictError
from jichitai.kernel.parties import Tier

OWNER, APP, READER = "jichitai_owner", "jichitai_app", "jichitai_reader"
_LOCK = 7_240_811
_SAME_AS = "-- the same as "


class MigrationChangedError(ConflictError):
    """A migration that was applied earlier has other content now."""

    type = "infra.migration-changed"
    title = "適用済みの移行手順が書き換えられています"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a tier's schema."""

    number: int
    name: str
    text: str

    @property
    def fingerprint(self) -> str:
        """Digest of the content, kept so that an edit is noticed."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(tier: Tier) -> list[Migration]:
    """The tier's steps in order.

    A step that is the same at another tier is one line that names it:
    `-- the same as town/0009_security_policy.sql`.
    """
    root = files("jichitai.infra.migrations")
    steps = [
        Migration(int(file.name[:4]), file.name.removesuffix(".sql"), _text(root, file))
        for file in (root / str(tier)).iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(steps, key=lambda step: step.number)


def _text(root: Traversable, file: Traversable) -> str:
    text = file.read_text("utf-8")
    if not text.startswith(_SAME_AS):
        return text
    return root.joinpath(*text.removeprefix(_SAME_AS).strip().split("/")).read_text("utf-8")


def ensure_roles(superuser_dsn: str, *, app_password: str, owner_password: str) -> None:
    """Make the three roles of a cluster: owner (migrates), app (rows only), reader.

    The reader cannot log in by itself; grant it to a named person's role.
    """
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        for role, options in (
            (OWNER, sql.SQL("login password {}").format(sql.Literal(owner_password))),
            (APP, sql.SQL("login password {}").format(sql.Literal(app_password))),
            (READER, sql.SQL("nologin")),
        ):
            known = connection.execute("select 1 from pg_roles where rolname = %s", (role,))
            verb = sql.SQL("alter" if known.fetchone() else "create")
            connection.execute(sql.SQL("{} role {} {}").format(verb, sql.Identifier(role), options))


def migrate(owner_dsn: str, tier: Tier) -> list[str]:
    """Bring a tier's database to the newest schema.

    Args:
        owner_dsn: DSN as the owner role.
        tier: whose sequence to apply.

    Returns:
        Names of the steps applied now; empty when the schema was current.

    Raises:
        MigrationChangedError: an applied step was edited.
    """
    applied_now = []
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            known = _known(connection)
            for step in migrations(tier):
                if step.number in known:
                    _refuse_change(step, known[step.number])
                    continue
                _apply(connection, step)
                applied_now.append(step.name)
        finally:
            connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))
    return applied_now


def _known(connection: psycopg.Connection[tuple[object, ...]]) -> dict[int, str]:
    connection.execute("create schema if not exists migration")
    connection.execute(
        "create table if not exists migration.applied ("
        " number integer primary key, name text not null, fingerprint text not null,"
        " applied_at timestamptz not null default now())"
    )
    rows = connection.execute("select number, fingerprint from migration.applied")
    return {int(str(number)): str(fingerprint) for number, fingerprint in rows}


def _refuse_change(step: Migration, fingerprint: str) -> None:
    if step.fingerprint != fingerprint:
        raise MigrationChangedError(
            f"移行手順 {step.name} は適用後に変更されています。変更を元に戻し、"
            "新しい番号の手順として追加してください。",
            migration=step.name,
        )


def _apply(connection: psycopg.Connection[tuple[object, ...]], step: Migration) -> None:
    with connection.transaction():
        connection.execute("set local lock_timeout = '4s'")
        connection.execute("set local statement_timeout = '5s'")
        connection.execute(step.text)
        connection.execute(
            "insert into migration.applied (number, name, fingerprint) values (%s, %s, %s)",
            (step.number, step.name, step.fingerprint),
        )
