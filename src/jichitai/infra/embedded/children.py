"""Child processes that never outlive us."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jichitai.infra.embedded import guardian


@dataclass(frozen=True, slots=True)
class Owner:
    """The user and group as whom a child runs."""

    uid: int
    gid: int


class _Guard:
    """Our end of the guardian's pipe; the guardian lives as long as there are children."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._children: dict[int, int] = {}
        self._owner_pid = os.getpid()

    def add(self, pid: int, stop_signal: int) -> None:
        with self._lock:
            self._after_fork()
            self._children[pid] = stop_signal
            self._tell(f"+{pid} {stop_signal}\n")

    def remove(self, pid: int) -> None:
        with self._lock:
            self._after_fork()
            if self._children.pop(pid, None) is None or self._process is None:
                return
            self._tell(f"-{pid}\n")
            if not self._children:
                self._close()

    def _after_fork(self) -> None:
        """A forked copy of us has no children, and must not speak for its parent."""
        if self._owner_pid != os.getpid():
            self._owner_pid = os.getpid()
            self._process, self._children = None, {}

    def _tell(self, line: str) -> None:
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
            line = "".join(f"+{pid} {number}\n" for pid, number in self._children.items())
        pipe = self._process.stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.write(line)
                pipe.flush()

    @staticmethod
    def _start() -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", guardian.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/",
            start_new_session=True,
        )

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()


_guard = _Guard()


class Child:
    """A running child process, in a session of its own and known to the guardian."""

    def __init__(self, process: subprocess.Popen[bytes], stop_signal: int) -> None:
        self._process = process
        self._stop_signal = stop_signal
        _guard.add(process.pid, stop_signal)

    @property
    def pid(self) -> int:
        """Process id; also the id of the child's process group."""
        return self._process.pid

    def poll(self) -> int | None:
        """The exit status (negative: killed by that signal), or None while it runs."""
        if self._process.returncode is not None:
            return self._process.returncode
        status = self._process.poll()
        if status is not None:
            self._end_group()
            _guard.remove(self.pid)
        return status

    def wait(self, timeout: float) -> int | None:
        """Wait at most `timeout` seconds; the exit status, or None when it still runs."""
        deadline = time.monotonic() + timeout
        pause = 0.002
        while (status := self.poll()) is None and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        return status

    def signal(self, number: int) -> None:
        """Send a signal to the child alone; nothing happens when it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def stop(self, *, grace: float = 20.0, then: Sequence[int] = ()) -> int:
        """End the child: its stop signal, each signal of `then`, and SIGKILL, `grace` s apart.

        Returns:
            The exit status.
        """
        for number in (self._stop_signal, *then):
            self.signal(number)
            if (status := self.wait(grace)) is not None:
                return status
        self._end_group()
        while (status := self.wait(1.0)) is None:
            self._end_group()
        return status

    def _end_group(self) -> None:
        """End the child's own process group: the child, or what it left behind."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def spawn(
    command: Sequence[str],
    *,
    program: str | None = None,
    stop_signal: int = signal.SIGTERM,
    output: IO[bytes] | int = subprocess.DEVNULL,
    owner: Owner | None = None,
    keep: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
    directory: Path | str | None = None,
) -> Child:
    """Start a child that ends when we end.

    Args:
        command: program and arguments.
        program: file to execute, when it is not the first of `command`.
        stop_signal: what ends it cleanly.
        output: file or descriptor that receives standard output and error.
        owner: run it as this user instead of ours (only root may).
        keep: descriptors the child inherits under the same numbers.
        environment: the whole environment; ours when None.
        directory: working directory.
    """
    process = subprocess.Popen(  # noqa: S603
        list(command),
        executable=program,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=tuple(keep),
        env=None if environment is None else dict(environment),
        cwd=directory,
        start_new_session=True,
        umask=0o077,
        **as_user(owner),
    )
    return Child(process, stop_signal)


def as_user(owner: Owner | None) -> dict[str, Any]:
    """Arguments of `subprocess` that run a program as that user."""
    if owner is None:
        return {}
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}
