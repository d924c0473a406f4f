"""The embedded PostgreSQL: every trap of starting a database server is a test here."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import psycopg.errors
import pytest

from jichitai.infra.embedded import postgres_settings
from jichitai.infra.embedded.errors import (
    BinaryMissingError,
    DirectoryInUseError,
    DirectoryRefusedError,
    PortTakenError,
    ServerFailedError,
    WrongVersionError,
)
from jichitai.infra.embedded.places import free_port
from jichitai.infra.embedded.postgres import PostgresServer
from tests.conftest import DEBIAN_15, demanded
from tests.infra.processes import eventually, is_alive, line_of, running, working_in

SUPERVISE = """
import sys, time
from pathlib import Path
from typing import Any
from jichitai.infra.embedded.postgres import PostgresServer
server = PostgresServer(Path(sys.argv[1]))
server.start()
print(server.pid, server.port, flush=True)
sys.stdin.read()
server.stop()
"""


BIN_DIRS = [
    pytest.param(None, id="bundled"),
    pytest.param(
        DEBIAN_15,
        id="debian15",
        marks=[
            pytest.mark.debian15,
            pytest.mark.skipif(
                not (DEBIAN_15 / "postgres").exists() and not demanded("debian15"),
                reason="PostgreSQL 15 がありません。sudo make system-packages で入ります",
            ),
        ],
    ),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path / "postgres", durable=False)
    yield server
    server.stop()


def _insert(server: PostgresServer, count: int = 1) -> None:
    with psycopg.connect(server.superuser_dsn()) as connection:
        connection.execute("create table if not exists resident (serial int)")
        connection.execute("insert into resident select generate_series(1, %s::int)", [count])


def _count(server: PostgresServer) -> int:
    with psycopg.connect(server.superuser_dsn()) as connection:
        row = connection.execute("select count(*) from resident").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("bin_dir", BIN_DIRS)
def test_it_starts_answers_keeps_rows_and_recovers_from_kill_9(
    tmp_path: Path, bin_dir: Path | None
) -> None:
    server = PostgresServer(tmp_path / "postgres", bin_dir=bin_dir)
    with server:
        assert server.answers()
        _insert(server, 10)
        port = server.port
    assert not server.answers()
    assert working_in(tmp_path / "postgres/pgdata") == []
    with server:
        assert server.port == port
        assert _count(server) == 10
        _insert(server, 5)
        server.kill(signal.SIGKILL)
        assert eventually(lambda: server.pid is None)
        assert server.poll() == -signal.SIGKILL
        server.start()
        assert server.port == port
        assert _count(server) == 15


@pytest.mark.parametrize("bin_dir", BIN_DIRS)
def test_text_is_utf8_sorted_by_code_point_with_unicode_letters(
    tmp_path: Path, bin_dir: Path | None
) -> None:
    with (
        PostgresServer(tmp_path / "postgres", bin_dir=bin_dir, durable=False) as server,
        psycopg.connect(server.superuser_dsn()) as connection,
    ):
        lowered = connection.execute("select lower('ÀＡ'), current_setting('server_encoding')")
        assert lowered.fetchone() == ("àａ", "UTF8")
        names = connection.execute(
            "select n from unnest(array['い','a','ｱ','B','あ']) n order by n"
        )
        assert [row[0] for row in names] == ["B", "a", "あ", "い", "ｱ"]


def test_starting_twice_is_one_server(server: PostgresServer) -> None:
    server.start()
    pid = server.pid
    server.start()
    assert server.pid == pid


def test_everything_is_private_and_on_loopback(server: PostgresServer) -> None:
    server.start()
    place = server.data_dir
    server.ensure_role("clerk")
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE((place / "pgdata").stat().st_mode) == 0o700
    for name in ("password", "roles/clerk", "server.json", "postgres.log", "lock"):
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600, name
    listening = subprocess.run(
        ["ss", "-Hltn", f"sport = :{server.port}"], capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[3] for line in listening.splitlines()] == [f"127.0.0.1:{server.port}"]


@pytest.mark.parametrize("by_socket", [False, True])
def test_a_password_is_always_asked_for(server: PostgresServer, by_socket: bool) -> None:
    server.start()
    server.ensure_database("town", "clerk")
    with psycopg.connect(server.dsn("town", "clerk", socket=by_socket)) as connection:
        assert connection.execute("select current_user").fetchone() == ("clerk",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.dsn("town", "clerk", "wrong", socket=by_socket))


def test_making_a_database_again_changes_nothing(server: PostgresServer) -> None:
    server.start()
    server.ensure_database("town", "clerk")
    with psycopg.connect(server.dsn("town", "clerk")) as connection:
        connection.execute("create table resident ()")
    server.ensure_database("town", "clerk")
    with psycopg.connect(server.dsn("town", "clerk")) as connection:
        owner = connection.execute("select tableowner from pg_tables where tablename = 'resident'")
        assert owner.fetchone() == ("clerk",)


def test_safety_against_a_crash_is_on_unless_given_up(tmp_path: Path) -> None:
    query = "select current_setting('fsync'), current_setting('full_page_writes')"
    for durable, setting in ((True, "on"), (False, "off")):
        with (
            PostgresServer(tmp_path / setting, durable=durable) as server,
            psycopg.connect(server.superuser_dsn()) as connection,
        ):
            assert connection.execute(query).fetchone() == (setting, setting)


def test_own_settings_win(tmp_path: Path) -> None:
    with (
        PostgresServer(tmp_path, durable=False, settings={"work_mem": "7MB"}) as server,
        psycopg.connect(server.superuser_dsn()) as connection,
    ):
        assert connection.execute("show work_mem").fetchone() == ("7MB",)


def test_the_log_does_not_hold_what_was_written(server: PostgresServer) -> None:
    server.start()
    with psycopg.connect(server.superuser_dsn(), autocommit=True) as connection:
        connection.execute("create table code (value text primary key)")
        for number in ("10000000015", "10000000015"):
            try:
                connection.execute(f"insert into code values ('{number}')".encode())
            except psycopg.errors.UniqueViolation:
                continue
        with pytest.raises(psycopg.Error):
            connection.execute("select %s::int", ["123456789018"])
    log = server.log_file.read_text("utf-8")
    assert "10000000015" not in log
    assert "ready to accept connections" in log


def test_uncommitted_rows_are_gone_after_a_crash(server: PostgresServer) -> None:
    server.start()
    _insert(server, 3)
    with contextlib.closing(psycopg.connect(server.superuser_dsn())) as connection:
        connection.execute("insert into resident values (4)")
        server.kill()
        assert eventually(lambda: server.pid is None)
        server.start()
        assert _count(server) == 3


def test_a_busy_backend_of_a_killed_server_does_not_block_the_next(server: PostgresServer) -> None:
    server.start()
    with contextlib.closing(psycopg.connect(server.superuser_dsn())) as connection:
        row = connection.execute("select pg_backend_pid()").fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGSTOP)  # it will not notice that its postmaster died
        server.kill()
        assert eventually(lambda: server.pid is None)
        server.start()
        assert server.answers()
        assert not is_alive(row[0])


# --- the directory


def test_a_directory_in_use_is_named_with_its_process(tmp_path: Path) -> None:
    with PostgresServer(tmp_path / "postgres", durable=False) as first:
        _insert(first)
        with pytest.raises(DirectoryInUseError, match=f"pid {os.getpid()}.*使用中") as refusal:
            PostgresServer(tmp_path / "postgres").start()
        assert str(tmp_path) in refusal.value.detail
        assert _count(first) == 1


def give_like(file: Path, other: Path) -> None:
    """Give a file the owner of another, whoever runs the tests."""
    owner = other.stat()
    os.chown(file, owner.st_uid, owner.st_gid)


def test_a_server_that_somebody_else_started_is_not_touched(server: PostgresServer) -> None:
    server.start()
    server.stop()
    data = server.data_dir / "pgdata"
    foreign = subprocess.Popen(["sleep", "60"], cwd=data)
    try:
        assert eventually(lambda: foreign.pid in working_in(data))
        (data / "postmaster.pid").write_text(f"{foreign.pid}\n{data}\n0\n5432\n\n\n", "utf-8")
        give_like(data / "postmaster.pid", data)
        with pytest.raises(DirectoryInUseError, match=f"pid {foreign.pid}"):
            server.start()
        assert is_alive(foreign.pid)
    finally:
        foreign.kill()
        foreign.wait()


@pytest.mark.parametrize("content", ["", "not a number\n", "0\n/nowhere\n"])
def test_a_broken_pid_file_does_not_block(server: PostgresServer, content: str) -> None:
    server.start()
    server.stop()
    (server.data_dir / "pgdata/postmaster.pid").write_text(content, "utf-8")
    server.start()
    assert server.answers()


def test_a_zombie_is_not_taken_for_a_server(server: PostgresServer) -> None:
    server.start()
    server.stop()
    file = server.data_dir / "pgdata/postmaster.pid"
    owner = file.parent.stat().st_uid
    as_owner: dict[str, Any] = {} if os.geteuid() != 0 else {"user": owner, "group": owner}
    zombie = subprocess.Popen(["/bin/true"], **as_owner)
    assert eventually(lambda: not is_alive(zombie.pid))
    os.kill(zombie.pid, 0)  # it still has a number, which is what PostgreSQL looks at
    file.write_text(f"{zombie.pid}\n{file.parent}\n0\n5432\n\n127.0.0.1\n", "utf-8")
    give_like(file, file.parent)
    server.start()
    assert server.answers()
    zombie.wait()


def test_another_program_with_the_old_number_is_not_taken_for_a_server(
    server: PostgresServer,
) -> None:
    server.start()
    server.stop()
    file = server.data_dir / "pgdata/postmaster.pid"
    owner = file.parent.stat().st_uid
    as_owner: dict[str, Any] = {} if os.geteuid() != 0 else {"user": owner, "group": owner}
    other = subprocess.Popen(["sleep", "60"], cwd="/", **as_owner)
    try:
        file.write_text(f"{other.pid}\n{file.parent}\n0\n5432\n\n127.0.0.1\n", "utf-8")
        give_like(file, file.parent)
        server.start()
        assert server.answers()
        assert is_alive(other.pid)
    finally:
        other.kill()
        other.wait()


def test_a_directory_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("private", "utf-8")
    with pytest.raises(DirectoryRefusedError, match="このサーバーのものではない"):
        PostgresServer(tmp_path).start()
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").write_text("", "utf-8")
    with pytest.raises(DirectoryRefusedError, match="ディレクトリではありません"):
        PostgresServer(tmp_path / "postgres").start()


def test_data_of_another_version_are_refused(server: PostgresServer) -> None:
    server.start()
    server.stop()
    (server.data_dir / "pgdata/PG_VERSION").write_text("9\n", "ascii")
    with pytest.raises(WrongVersionError, match=r"PostgreSQL 9 .*pg_dump"):
        server.start()


def test_half_made_data_are_made_again(tmp_path: Path) -> None:
    place = tmp_path / "postgres"
    (place / "pgdata.new/base").mkdir(parents=True)
    (place / "lock").touch()
    with PostgresServer(place, durable=False) as server:
        assert server.answers()


def test_a_path_too_long_for_a_socket_leaves_tcp(tmp_path: Path) -> None:
    with PostgresServer(tmp_path / ("長い道" * 12), durable=False) as server:
        assert server.socket_dir is None
        assert server.answers()
        assert "127.0.0.1" in server.dsn("postgres", "postgres", "x", socket=True)


# --- the port and the programs


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"ポート {port} は別のプログラムが使用中"):
            PostgresServer(tmp_path, port=port, durable=False).start()


def test_a_remembered_port_that_is_taken_gives_way(server: PostgresServer) -> None:
    server.start()
    port = server.port
    server.stop()
    with socket.create_server(("127.0.0.1", port)):
        server.start()
        assert server.port != port
        assert server.answers()


def test_a_port_may_be_asked_for(tmp_path: Path) -> None:
    port = free_port()
    with PostgresServer(tmp_path, port=port, durable=False) as server:
        assert server.port == port


def test_missing_programs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BinaryMissingError, match="JICHITAI_POSTGRES_BIN"):
        PostgresServer(tmp_path / "a", bin_dir=tmp_path).start()
    monkeypatch.setenv("JICHITAI_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(BinaryMissingError, match=str(tmp_path)):
        PostgresServer(tmp_path / "b").start()


def test_a_server_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path, durable=False, settings={"shared_buffers": "nonsense"})
    with pytest.raises(ServerFailedError, match="shared_buffers"):
        server.start()
    assert server.pid is None


# --- the supervisor's death


def test_a_killed_supervisor_takes_its_server_along(tmp_path: Path) -> None:
    place = tmp_path / "postgres"
    with running(SUPERVISE, str(place)) as supervisor:
        pid, port = map(int, line_of(supervisor).split())
        assert is_alive(pid)
        supervisor.kill()
        supervisor.wait()
        assert eventually(lambda: not working_in(place / "pgdata"))
    with PostgresServer(place) as server:
        assert server.port == port


def test_a_new_supervisor_takes_over_from_one_killed_with_its_guardian(tmp_path: Path) -> None:
    place = tmp_path / "postgres"
    with running(SUPERVISE, str(place)) as supervisor:
        pid = int(line_of(supervisor).split()[0])
        for guardian in _children(supervisor.pid) - {pid}:
            os.kill(guardian, signal.SIGKILL)
        supervisor.kill()
        supervisor.wait()
        time.sleep(0.2)
        assert is_alive(pid)
    with PostgresServer(place) as server:
        assert not is_alive(pid)
        assert server.answers()


def test_an_end_of_the_process_without_stop_leaves_nothing(tmp_path: Path) -> None:
    forgetful = SUPERVISE.replace("server.stop()", "")
    with running(forgetful, str(tmp_path / "postgres")) as supervisor:
        line_of(supervisor)
        assert supervisor.stdin is not None
        supervisor.stdin.close()
        assert supervisor.wait(20) == 0
        assert eventually(lambda: not working_in(tmp_path / "postgres/pgdata"))


def test_several_servers_run_side_by_side(tmp_path: Path) -> None:
    with (
        PostgresServer(tmp_path / "a", durable=False) as one,
        PostgresServer(tmp_path / "b", durable=False) as other,
    ):
        _insert(one, 1)
        _insert(other, 2)
        assert (_count(one), _count(other)) == (1, 2)
        assert one.port != other.port


def _children(pid: int) -> set[int]:
    told = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return {int(line) for line in told.stdout.split()}


@pytest.mark.parametrize(
    ("memory", "limit", "cache"),
    [
        (24, "max", "3072MB"),
        (1, "max", "128MB"),
        (256, "max", "4096MB"),
        (64, str(4 * 2**30), "512MB"),
    ],
)
def test_the_cache_follows_the_memory(
    monkeypatch: pytest.MonkeyPatch, memory: int, limit: str, cache: str
) -> None:
    sizes = {"SC_PHYS_PAGES": memory * 2**18, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr("os.sysconf", sizes.__getitem__)
    monkeypatch.setattr(Path, "read_text", lambda *_: limit)
    written = postgres_settings.configuration(port=1, socket=False, durable=True, extra={})
    assert f"shared_buffers = '{cache}'" in written
