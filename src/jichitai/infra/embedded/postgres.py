"""Embedded PostgreSQL: one server in one private directory, a child of ours."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from jichitai.infra.embedded import binaries, leftovers, postgres_settings, privileges
from jichitai.infra.embedded.children import Owner, as_user, spawn
from jichitai.infra.embedded.errors import (
    DirectoryRefusedError,
    ServerFailedError,
    WrongVersionError,
)
from jichitai.infra.embedded.places import LOOPBACK, choose_port, tail
from jichitai.infra.embedded.server import EmbeddedServer

SUPERUSER = "postgres"
_SOCKET_PATH_LIMIT = 107  # bytes of sun_path
_INITDB_SECONDS = 300
_ATTEMPTS = 5


class PostgresServer(EmbeddedServer):
    """A PostgreSQL server whose data, log, passwords and port live below one directory.

    Args:
        data_dir: the private directory; made on first start.
        bin_dir: directory of the programs; found when None (see `binaries.postgres_bin`).
        port: loopback port; None takes a free one and keeps it as long as it stays free.
        durable: False gives up safety against a crash of the machine, for tests.
        settings: further lines of postgresql.conf.
        start_timeout: seconds until the server must answer, crash recovery included.
    """

    name = "PostgreSQL"
    log_name = "postgres.log"
    harder = (signal.SIGQUIT,)

    def __init__(
        self,
        data_dir: Path,
        *,
        bin_dir: Path | None = None,
        port: int | None = None,
        durable: bool = True,
        settings: Mapping[str, postgres_settings.Setting] | None = None,
        start_timeout: float = 300.0,
    ) -> None:
        super().__init__(data_dir, port=port, start_timeout=start_timeout)
        self._bin_dir = bin_dir
        self._durable = durable
        self._settings = dict(settings or {})

    @property
    def socket_dir(self) -> Path | None:
        """Directory of the unix socket; None when its path is too long for a socket."""
        path = self._data
        longest = path / f".s.PGSQL.{self._port or 65535}"
        return path if len(os.fsencode(longest)) <= _SOCKET_PATH_LIMIT else None

    @property
    def _data(self) -> Path:
        return self._place.path / "pgdata"

    def answers(self) -> bool:
        """Whether the server accepts a connection and a query now."""
        if self.pid is None:
            return False
        try:
            with psycopg.connect(self.superuser_dsn(), connect_timeout=5) as connection:
                connection.execute("select 1")
        except psycopg.Error:
            return False
        return True

    def dsn(
        self, database: str, role: str, password: str | None = None, *, socket: bool = False
    ) -> str:
        """Connection string for a role.

        Args:
            database: name of the database.
            role: name of the role.
            password: its password; None takes the one that `ensure_role` made.
            socket: use the unix socket instead of loopback TCP when there is one.
        """
        host = str(self.socket_dir) if socket and self.socket_dir else LOOPBACK
        return make_conninfo(
            host=host,
            port=self.port,
            dbname=database,
            user=role,
            password=password if password is not None else self._place.secret(f"roles/{role}"),
        )

    def superuser_dsn(self, database: str = "postgres") -> str:
        """Connection string for the superuser."""
        return self.dsn(database, SUPERUSER, self._place.secret("password"))

    def ensure_role(self, role: str, password: str | None = None) -> str:
        """Make a login role, or give it its password again; returns the password."""
        secret = password if password is not None else self._place.secret(f"roles/{role}")
        with psycopg.connect(self.superuser_dsn(), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_roles where rolname = %s", [role])
            verb = sql.SQL("alter" if known.fetchone() else "create")
            connection.execute(
                sql.SQL("{} role {} login password {}").format(
                    verb, sql.Identifier(role), sql.Literal(secret)
                )
            )
        return secret

    def ensure_database(self, name: str, owner: str) -> None:
        """Make the role `owner` and a database of its own, where they are missing."""
        self.ensure_role(owner)
        with psycopg.connect(self.superuser_dsn(), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [name])
            if known.fetchone() is None:
                connection.execute(
                    sql.SQL("create database {} owner {} template template0").format(
                        sql.Identifier(name), sql.Identifier(owner)
                    )
                )

    def _start(self) -> None:
        programs = binaries.postgres_bin(self._bin_dir)
        version = binaries.postgres_version(programs)
        if not self._data.exists():
            self._initialise(programs, version)
        self._check_version(version)
        owner = privileges.owner_of(self._data)
        programs = binaries.runnable_by(owner, programs)
        deadline = time.monotonic() + self._start_timeout
        for attempt in range(1, _ATTEMPTS + 1):
            leftovers.settle(self._data)
            self._port = choose_port(self._wanted_port, self._place.state().get("port"))
            self._configure(owner)
            begin = self._launch(programs, owner)
            if self._wait_ready(deadline):
                break
            reason = tail(self.log_file, start=begin)
            if attempt == _ATTEMPTS or not _worth_another_try(reason):
                raise self._ended(reason)
        self._place.remember(port=self._port, version=version)

    def _check_version(self, version: int) -> None:
        try:
            written = (self._data / "PG_VERSION").read_text("ascii").strip()
        except FileNotFoundError:
            raise DirectoryRefusedError(
                f"{self._data} は PostgreSQL のデータではありません（PG_VERSION がありません）。"
                "別のディレクトリを指定するか、控えから戻してください。",
                directory=str(self._data),
            ) from None
        if written != str(version):
            raise WrongVersionError(
                f"{self._data} のデータは PostgreSQL {written} のもので、プログラムは {version} "
                f"です。JICHITAI_POSTGRES_BIN に {written} の bin を指定するか、"
                "pg_dump で移してください。",
                data=written,
                program=version,
            )

    def _initialise(self, programs: Path, version: int) -> None:
        """Make the data beside their final name, so that a crash leaves nothing half made."""
        privileges.check_account()
        fresh = self._place.path / "pgdata.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        owner: Owner | None = None
        if privileges.is_root():
            owner = privileges.named_owner()
            privileges.give(fresh, owner)
            programs = binaries.runnable_by(owner, programs)
        self._initdb(programs, version, fresh, owner)
        if owner is not None:
            privileges.give(fresh, privileges.fresh_owner())
        fresh.rename(self._data)

    def _initdb(self, programs: Path, version: int, data: Path, owner: Owner | None) -> None:
        password = os.memfd_create("password")
        try:
            os.write(password, self._place.secret("password").encode())
            if owner is not None:
                os.fchown(password, owner.uid, owner.gid)
            with privileges.reachable(data, owner) as (name, kept):
                done = subprocess.run(  # noqa: S603
                    [
                        str(programs / "initdb"),
                        *postgres_settings.initdb_options(version, durable=self._durable),
                        f"--username={SUPERUSER}",
                        f"--pgdata={name}",
                        f"--pwfile=/proc/self/fd/{password}",
                    ],
                    capture_output=True,
                    text=True,
                    env=postgres_settings.environment(),
                    cwd="/",
                    pass_fds=(password, *kept),
                    timeout=_INITDB_SECONDS,
                    check=False,
                    umask=0o077,
                    **as_user(owner),
                )
        finally:
            os.close(password)
        if done.returncode != 0:
            raise ServerFailedError(
                f"PostgreSQL のデータを {self._place.path} に作れませんでした:\n"
                f"{done.stderr.strip()[-800:]}",
                directory=str(self._place.path),
            )

    def _configure(self, owner: Owner | None) -> None:
        lines = postgres_settings.configuration(
            port=self.port,
            socket=self.socket_dir is not None,
            durable=self._durable,
            extra=self._settings,
        )
        for name, text in (
            ("postgresql.conf", lines),
            ("pg_hba.conf", postgres_settings.HOST_BASED_ACCESS),
        ):
            file = self._data / name
            file.write_text(text, "utf-8")
            file.chmod(0o600)
            if owner is not None:
                os.chown(file, owner.uid, owner.gid)

    def _launch(self, programs: Path, owner: Owner | None) -> int:
        """Start the postmaster; returns where its part of the log begins."""
        log = self._place.log(self.log_name)
        begin = log.stat().st_size
        with log.open("ab") as output, privileges.reachable(self._data, owner) as (name, kept):
            self._child = spawn(
                [str(programs / "postgres"), "-D", name],
                stop_signal=signal.SIGINT,
                output=output,
                owner=owner,
                keep=kept,
                environment=postgres_settings.environment(),
                directory="/",
            )
        return begin


def _worth_another_try(reason: str) -> bool:
    """Whether the end was due to something that passes: a port just taken, memory still held."""
    return any(
        sign in reason
        for sign in (
            "Address already in use",
            "could not create any TCP/IP sockets",
            "pre-existing shared memory block",
        )
    )
