"""The supervisor: order, restarts, health, signals, and nothing left behind."""

import signal
import stat
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from jichitai.infra.embedded.errors import ServerFailedError
from jichitai.infra.embedded.nats import NatsServer
from jichitai.infra.embedded.places import free_port
from jichitai.infra.members import Process, Server
from jichitai.infra.supervisor import Policy, State, UnknownMemberError, supervise
from tests.infra.processes import eventually, is_alive, line_of, running

QUICK = Policy(first_pause=0.02, longest_pause=0.1, health_every=0.1, health_failures=2)

# A child that has a child of its own and, when told to, ignores SIGTERM.
FAMILY = """
import signal, subprocess, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen(["sleep", "600"])
with open(sys.argv[1], "w") as out:
    out.write(str(grandchild.pid))
print("family of", grandchild.pid, flush=True)
time.sleep(600)
"""

SUPERVISE = """
import asyncio, sys
from pathlib import Path
from jichitai.infra.members import Process
from jichitai.infra.supervisor import supervise
place = Path(sys.argv[1])
async def main():
    async def ready():
        return (place / "pid").exists() and (place / "pid").read_text() != ""
    family = Process("family", [sys.executable, "-c", sys.argv[2], str(place / "pid")],
                     log=place / "family.log", health=ready, grace=2)
    async with supervise([[family]]) as supervisor:
        print("LINE", supervisor.status()[0].pid, (place / "pid").read_text(), flush=True)
        await supervisor.wait()
    print("LINE ended", supervisor.asked_to_stop, flush=True)
asyncio.run(main())
"""


def _sleeper(tmp_path: Path, name: str = "sleeper") -> Process:
    return Process(name, ["sleep", "600"], log=tmp_path / f"{name}.log")


async def test_stages_start_in_order_and_stop_backwards(tmp_path: Path) -> None:
    story: list[str] = []

    class Told(Process):
        async def start(self) -> None:
            await super().start()
            story.append(f"+{self.name}")

        async def stop(self) -> None:
            await super().stop()
            story.append(f"-{self.name}")

    names = ("database", "town", "nation")
    stages = [[Told(name, ["sleep", "600"], log=tmp_path / name)] for name in names]
    async with supervise(stages) as supervisor:
        assert [status.state for status in supervisor.status()] == [State.RUNNING] * 3
        pids = [status.pid for status in supervisor.status()]
    assert story == ["+database", "+town", "+nation", "-nation", "-town", "-database"]
    assert [status.state for status in supervisor.status()] == [State.STOPPED] * 3
    assert not any(is_alive(pid) for pid in pids if pid is not None)


async def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    async with supervise([[_sleeper(tmp_path)]], policy=QUICK) as supervisor:
        before = supervisor.status()[0]
        for restarts in (1, 2, 3):
            supervisor.kill("sleeper")
            await supervisor.wait_running("sleeper", restarts=restarts)
        after = supervisor.status()[0]
    assert after.pid != before.pid
    assert (before.restarts, after.restarts, after.last_exit) == (0, 3, -signal.SIGKILL)


async def test_an_embedded_server_is_started_again(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats", durable=False)
    async with supervise([[Server("nats", server)]], policy=QUICK) as supervisor:
        url = server.url
        supervisor.kill("nats")
        await supervisor.wait_running("nats", restarts=1)
        assert server.answers()
        assert server.url == url
    assert server.pid is None


async def test_a_child_that_stops_answering_is_replaced(tmp_path: Path) -> None:
    silent = False

    async def health() -> bool:
        return not silent

    child = Process("town", ["sleep", "600"], log=tmp_path / "town.log", health=health)
    async with supervise([[child]], policy=QUICK) as supervisor:
        first = child.pid
        silent = True
        with anyio.fail_after(10):
            while child.pid == first:
                await anyio.sleep(0.02)
        silent = False
        await supervisor.wait_running("town", restarts=1)


async def test_health_may_be_a_url(tmp_path: Path) -> None:
    port = free_port()
    web = Process(
        "web",
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        log=tmp_path / "web.log",
        directory=tmp_path,
        health=f"http://127.0.0.1:{port}/",
    )
    async with supervise([[web]]):
        assert await web.healthy()
    assert not await web.healthy()


async def test_a_clean_restart_waits_for_the_old_child(tmp_path: Path) -> None:
    async with supervise([[_sleeper(tmp_path)]], policy=QUICK) as supervisor:
        old = supervisor.status()[0].pid
        assert old is not None
        await supervisor.restart("sleeper")
        assert not is_alive(old)
        await supervisor.wait_running("sleeper", restarts=1)


async def test_a_child_that_cannot_start_is_named_and_the_others_stop(tmp_path: Path) -> None:
    good = _sleeper(tmp_path)
    bad = Process(
        "town", ["sh", "-c", "echo out of luck; exit 3"], log=tmp_path / "t.log", health=_no
    )
    with pytest.raises(ServerFailedError, match=r"(?s)town が起動の途中で.*out of luck"):
        async with supervise([[good], [bad]]):
            pytest.fail("the body must not run")
    assert good.pid is None


async def test_a_child_that_is_never_healthy_is_given_up(tmp_path: Path) -> None:
    slow = Process("town", ["sleep", "600"], log=tmp_path / "t.log", health=_no, start_timeout=0.2)
    with pytest.raises(ServerFailedError, match="時間内に応答しませんでした"):
        async with supervise([[slow]]):
            pytest.fail("the body must not run")
    assert slow.pid is None


async def test_a_missing_program_is_named(tmp_path: Path) -> None:
    missing = Process("town", ["/no/such/program"], log=tmp_path / "t.log")
    with pytest.raises(ServerFailedError, match="/no/such/program"):
        async with supervise([[missing]]):
            pytest.fail("the body must not run")


async def test_an_error_of_the_body_comes_out_as_it_is(tmp_path: Path) -> None:
    child = _sleeper(tmp_path)
    with pytest.raises(KeyError, match="story"):
        async with supervise([[child]]):
            raise KeyError("story")
    assert child.pid is None


async def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    async with supervise([[_sleeper(tmp_path)]]) as supervisor:
        with pytest.raises(UnknownMemberError, match="あるのは sleeper"):
            supervisor.kill("nobody")


async def test_output_goes_to_a_private_file(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "town.log"

    async def said() -> bool:
        return "hello" in log.read_text("utf-8")

    child = Process("town", ["sh", "-c", "echo hello; sleep 600"], log=log, health=said)
    async with supervise([[child]]):
        assert log.read_text("utf-8") == "hello\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


async def test_a_stubborn_child_and_its_children_end_after_the_grace(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    async def ready() -> bool:
        return pid_file.exists() and pid_file.read_text("ascii") != ""

    child = Process(
        "stubborn",
        [sys.executable, "-c", FAMILY, str(pid_file), "stubborn"],
        log=tmp_path / "stubborn.log",
        health=ready,
        grace=0.3,
    )
    async with supervise([[child]]):
        pid, grandchild = child.pid, int(pid_file.read_text("ascii"))
    assert pid is not None
    assert not is_alive(pid)
    assert eventually(lambda: not is_alive(grandchild))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_and_ends_well(tmp_path: Path, number: int) -> None:
    with running(SUPERVISE, str(tmp_path), FAMILY) as supervisor:
        child, grandchild = _family(supervisor)
        supervisor.send_signal(number)
        assert _line(supervisor) == ["ended", "True"]
        assert supervisor.wait(20) == 0
        assert not is_alive(child)
        assert eventually(lambda: not is_alive(grandchild))


def test_a_killed_supervisor_leaves_neither_children_nor_grandchildren(tmp_path: Path) -> None:
    with running(SUPERVISE, str(tmp_path), FAMILY) as supervisor:
        child, grandchild = _family(supervisor)
        supervisor.kill()
        supervisor.wait()
        assert eventually(lambda: not is_alive(child) and not is_alive(grandchild))


async def _no() -> bool:
    return False


def _line(process: subprocess.Popen[str]) -> list[str]:
    while True:
        word, *rest = line_of(process).split() or [""]
        if word == "LINE":
            return rest
        assert process.poll() is None


def _family(process: subprocess.Popen[str]) -> tuple[int, int]:
    child, grandchild = _line(process)
    return int(child), int(grandchild)
