"""Looking at processes, and running a launcher in a process or as a user of its own."""

import contextlib
import os
import pwd
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jichitai.infra.embedded import binaries

SOURCE = Path(__file__).parents[2] / "src"
ORDINARY_UID = pwd.getpwnam("nobody").pw_uid  # initdb insists on an account


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def working_in(directory: Path) -> list[int]:
    """Live processes whose working directory is this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").samefile(directory):
                    found.append(int(entry.name))
    return found


def eventually(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    """Whether the condition comes true within that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def python_for_anybody() -> str:
    """An interpreter that an ordinary user can run, with our version's libraries."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for program in (sys.executable, f"/usr/bin/python{version}"):
        with contextlib.suppress(OSError):
            tried = subprocess.run(
                [program, "-c", "import psycopg, structlog, jichitai"],
                user=ORDINARY_UID,
                group=ORDINARY_UID,
                extra_groups=[],
                env=libraries(),
                cwd="/",
                capture_output=True,
                check=False,
            )
            if tried.returncode == 0:
                return program
    pytest.skip(f"一般の利用者が実行できる Python {version} がありません")


def libraries() -> dict[str, str]:
    """An environment in which any interpreter of this version finds what we use."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join([str(SOURCE), sysconfig.get_path("purelib")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "JICHITAI_NATS_SERVER": str(binaries.nats_program()),
    }


@contextlib.contextmanager
def running(
    script: str, *arguments: str, python: str = sys.executable, uid: int | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process that runs the script; it is killed at the end if it still runs."""
    who: dict[str, Any] = {}
    if uid is not None:
        who = {"user": uid, "group": uid, "extra_groups": []}
    process = subprocess.Popen(
        [python, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env=libraries(),
        cwd="/",
        **who,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that the process prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="root で実行したときだけ確かめられます（sudo make test）"
)
