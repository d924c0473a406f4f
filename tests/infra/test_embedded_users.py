"""Embedded servers of root, of ordinary users, and of both side by side."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from jichitai.infra.embedded import binaries
from jichitai.infra.embedded.errors import DirectoryRefusedError
from jichitai.infra.embedded.nats import NatsServer
from jichitai.infra.embedded.places import Place
from jichitai.infra.embedded.postgres import PostgresServer
from jichitai.infra.embedded.server import EmbeddedServer
from tests.infra.processes import (
    ORDINARY_UID,
    eventually,
    line_of,
    needs_root,
    python_for_anybody,
    running,
    working_in,
)

SERVE = """
import sys
from pathlib import Path
from jichitai.infra.embedded.nats import NatsServer
from jichitai.infra.embedded.postgres import PostgresServer
from jichitai.kernel.errors import JichitaiError
kind = {"postgres": PostgresServer, "nats": NatsServer}[sys.argv[2]]
try:
    with kind(Path(sys.argv[1])) as server:
        assert server.answers()
        print("pid", server.pid, flush=True)
        sys.stdin.read()
    print("stopped", flush=True)
except JichitaiError as error:
    print(error.type, error.detail, flush=True)
"""


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that every user can reach; pytest's own belong to one user alone."""
    place = Path(tempfile.mkdtemp(prefix="jichitai-test-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def _uid(pid: int | None) -> int:
    assert pid is not None
    return Path(f"/proc/{pid}").stat().st_uid


def _servers(place: Path) -> list[EmbeddedServer]:
    return [
        PostgresServer(place / "postgres", durable=False),
        NatsServer(place / "nats", durable=False),
    ]


@needs_root
@pytest.mark.parametrize("which", [0, 1], ids=["postgres", "nats"])
def test_root_is_dropped_below_directories_that_nobody_else_may_enter(
    tmp_path: Path, which: int
) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    server = _servers(closed)[which]
    modes = {path: path.stat().st_mode for path in tmp_path.parents}
    with server:
        assert server.answers()
        assert _uid(server.pid) not in (0, os.getuid())
        assert closed.stat().st_uid == server.data_dir.stat().st_uid == 0
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert {path: path.stat().st_mode for path in tmp_path.parents} == modes
    with server:
        assert server.answers()


@needs_root
def test_two_instances_of_root_do_not_share_a_user(tmp_path: Path) -> None:
    with (
        NatsServer(tmp_path / "a", durable=False) as one,
        NatsServer(tmp_path / "b", durable=False) as other,
    ):
        assert _uid(one.pid) != _uid(other.pid)


@needs_root
def test_programs_below_a_closed_directory_are_run_from_a_copy(
    tmp_path: Path, open_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = binaries.postgres_bin()
    package, libraries = bundled.parent.parent, f"{bundled.parent.parent.name}.libs"
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in (f"{package.name}/{bundled.parent.name}", libraries):
        shutil.copytree(package.parent / name, closed / name)
    monkeypatch.setattr(binaries, "_SHARED_PLACES", (str(open_place),))
    own = closed / package.name / bundled.parent.name / "bin"
    for _ in range(2):
        with PostgresServer(tmp_path / "postgres", bin_dir=own, durable=False) as server:
            assert server.answers()
            program = Path(f"/proc/{server.pid}/exe").readlink()
            assert program.is_relative_to(open_place)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    copies = list(open_place.glob("jichitai-0-programs/*/complete"))
    assert len(copies) == 1


@needs_root
def test_a_program_only_root_may_execute_still_serves(tmp_path: Path) -> None:
    program = tmp_path / "nats-server"
    shutil.copy(binaries.nats_program(), program)
    program.chmod(0o700)
    with NatsServer(tmp_path / "nats", program=program, durable=False) as server:
        assert server.answers()
        assert _uid(server.pid) != 0


@needs_root
@pytest.mark.parametrize("kind", ["postgres", "nats"])
def test_an_ordinary_user_and_root_run_side_by_side(open_place: Path, kind: str) -> None:
    home = open_place / "home"
    home.mkdir(mode=0o700)
    os.chown(home, ORDINARY_UID, ORDINARY_UID)
    python = python_for_anybody()
    ours = dict(zip(("postgres", "nats"), _servers(open_place / "root"), strict=True))[kind]
    with ours, running(SERVE, str(home / kind), kind, python=python, uid=ORDINARY_UID) as theirs:
        word, pid = line_of(theirs).split()
        assert word == "pid"
        assert _uid(int(pid)) == ORDINARY_UID
        assert _uid(ours.pid) not in (0, ORDINARY_UID)
        assert ours.answers()
        assert theirs.stdin is not None
        theirs.stdin.close()
        assert line_of(theirs) == "stopped"


@needs_root
def test_root_may_run_the_data_of_a_user_who_may_go_on_afterwards(open_place: Path) -> None:
    home = open_place / "home"
    home.mkdir(mode=0o700)
    os.chown(home, ORDINARY_UID, ORDINARY_UID)
    python = python_for_anybody()
    place = home / "postgres"

    def run_as_user() -> None:
        with running(SERVE, str(place), "postgres", python=python, uid=ORDINARY_UID) as process:
            assert line_of(process).startswith("pid ")
            assert process.stdin is not None
            process.stdin.close()
            assert line_of(process) == "stopped"

    run_as_user()
    with PostgresServer(place) as server:
        assert _uid(server.pid) == ORDINARY_UID
        server.ensure_role("clerk")
    run_as_user()
    strangers = [path for path in place.rglob("*") if path.lstat().st_uid != ORDINARY_UID]
    assert strangers == []


@needs_root
def test_a_user_without_an_account_is_told_what_to_do(open_place: Path) -> None:
    nameless = 4711
    os.chown(open_place, nameless, nameless)
    with running(
        SERVE, str(open_place / "new"), "postgres", python=python_for_anybody(), uid=nameless
    ) as process:
        assert "uid 4711 に名前がない" in line_of(process)


@needs_root
def test_a_directory_of_another_user_is_refused(open_place: Path) -> None:
    python = python_for_anybody()
    with PostgresServer(open_place / "postgres", durable=False):
        pass
    with running(
        SERVE, str(open_place / "postgres"), "postgres", python=python, uid=ORDINARY_UID
    ) as other:
        answer = line_of(other)
    assert answer.startswith("infra.directory-refused")
    assert "別の利用者" in answer


@needs_root
def test_a_directory_that_cannot_be_written_is_refused(open_place: Path) -> None:
    python = python_for_anybody()
    with running(
        SERVE, str(open_place / "new"), "nats", python=python, uid=ORDINARY_UID
    ) as process:
        answer = line_of(process)
    assert answer.startswith("infra.directory-refused")
    assert "書き込む権限がありません" in answer


@pytest.mark.skipif(os.geteuid() == 0, reason="root には書けない場所がありません")
def test_our_own_read_only_directory_is_refused(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(DirectoryRefusedError, match="書き込む権限がありません"):
        PostgresServer(closed / "postgres").start()


@needs_root
def test_a_full_disk_is_named_and_the_server_goes_on_when_there_is_room(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=120m,mode=700", "tmpfs", small],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("ここでは tmpfs をマウントできません")
    try:
        with PostgresServer(small / "postgres", settings={"max_wal_size": "32MB"}) as server:
            with psycopg.connect(server.superuser_dsn(), autocommit=True) as connection:
                connection.execute("create table kept as select 1 as serial")
                ballast = small / "ballast"
                with pytest.raises(OSError, match="No space"), ballast.open("wb") as out:
                    while True:
                        out.write(b"\0" * 1_000_000)
                with pytest.raises(psycopg.Error):
                    connection.execute("create table large as select generate_series(1, 9999999)")
            ballast.unlink()
            server.start()
            with psycopg.connect(server.superuser_dsn()) as connection:
                assert connection.execute("select serial from kept").fetchone() == (1,)
    finally:
        subprocess.run(["umount", "-l", small], check=True)


@pytest.mark.parametrize("kind", ["postgres", "nats"])
def test_a_killed_supervisor_of_any_user_leaves_nothing(tmp_path: Path, kind: str) -> None:
    with running(SERVE, str(tmp_path / kind), kind) as supervisor:
        assert line_of(supervisor).startswith("pid ")
        supervisor.kill()
        supervisor.wait()
        data = tmp_path / kind / {"postgres": "pgdata", "nats": "natsdata"}[kind]
        assert eventually(lambda: not working_in(data))


def test_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    place = Place(tmp_path / "place", "試験")
    place.open()
    first = place.secret("password")
    place.close()
    again = Place(tmp_path / "place", "試験")
    again.open()
    assert again.secret("password") == first
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "place/password").stat().st_mode) == 0o600
    again.close()
