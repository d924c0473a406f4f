"""What a crash leaves behind: servers without a supervisor, and their files.

`postmaster.pid` names a process. That process may be a live server of a supervisor that was
killed, a zombie that nobody reaped, or an unrelated program that got the same number after a
restart; PostgreSQL refuses to start for all three. Backends may live on after their postmaster
and hold its shared memory.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from jichitai.infra.embedded.errors import DirectoryInUseError

MARK = "JICHITAI_EMBEDDED"  # in the environment of every server that we start
_PATIENCE = 1.0  # seconds a guardian gets before we do its work
_STEPS = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


def settle(data: Path) -> None:
    """Make the directory startable after a crash; does nothing after a clean stop.

    The caller holds the lock of the place, so no supervisor of ours is alive for it.

    Raises:
        DirectoryInUseError: a server runs there that we did not start, or cannot end.
    """
    file = data / "postmaster.pid"
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return
    if not lines or not lines[0].strip().isdigit():
        file.unlink()
        return
    pid = int(lines[0])
    if _works_in(pid, data):
        _end_orphan(pid, data, "PostgreSQL")
    _end_backends(data)
    if file.exists():
        # Our own pid is one that PostgreSQL never takes for a rival (it is the parent), while
        # the shared memory named in the file is still checked.
        info = file.stat()
        file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n", "utf-8")
        os.chown(file, info.st_uid, info.st_gid)


def end_servers_in(data: Path, name: str) -> None:
    """End servers of ours that work in the directory although their supervisor is gone.

    Raises:
        DirectoryInUseError: one cannot be ended.
    """
    for pid in _processes():
        if _works_in(pid, data) and _started_by_us(pid):
            _end_orphan(pid, data, name)


def _works_in(pid: int, data: Path) -> bool:
    """Whether a live process (not a zombie) has the data directory as its working directory."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data)
    except OSError:
        return False


def _started_by_us(pid: int) -> bool:
    try:
        return f"{MARK}=".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def _end_orphan(pid: int, data: Path, name: str) -> None:
    """Wait for a server whose supervisor is gone; end it when its guardian does not."""
    ours = _started_by_us(pid)
    if _gone(pid, data, _PATIENCE if ours else 0.5):
        return
    if ours:
        for number, patience in _STEPS:
            with contextlib.suppress(OSError):
                os.kill(pid, number)
            if _gone(pid, data, patience):
                return
    raise DirectoryInUseError(
        f"{name} のデータ {data} では、別に起動されたサーバー（pid {pid}）が動いています。"
        "二重に起動するとデータが壊れるため止めました。"
        f"そのサーバーを終了（kill -INT {pid}）してから、もう一度起動してください。",
        directory=str(data),
        pid=pid,
    )


def _end_backends(data: Path) -> None:
    """Backends whose postmaster died hold its shared memory until they notice."""
    for number, patience in ((None, 0.5), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 5.0)):
        if number is not None:
            for pid in _processes_in(data):
                with contextlib.suppress(OSError):
                    os.kill(pid, number)
        deadline = time.monotonic() + patience
        while _processes_in(data):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            return


def _processes_in(data: Path) -> list[int]:
    return [pid for pid in _processes() if _is_postgres(pid) and _works_in(pid, data)]


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _is_postgres(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8").startswith("postgres")
    except OSError:
        return False


def _gone(pid: int, data: Path, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while _works_in(pid, data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
