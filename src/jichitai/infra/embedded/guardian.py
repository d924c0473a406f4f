"""The guardian: a tiny process that ends the children when their supervisor is gone.

It reads lines `+PID SIGNAL` and `-PID` from its standard input. When the input ends, the
supervisor has exited or was killed: every process group still listed gets its signal, and SIGKILL
after a grace. It runs as a script with the standard library alone, outside any virtual
environment, and in a session of its own, so that Ctrl-C does not reach it.

A parent-death signal of the kernel would be simpler, but it is sent when the *thread* that
started the child ends, is lost on a change of user, and does not reach grandchildren.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 20.0


def _alive(pid: int) -> bool:
    """Whether a member of the process group still runs (a zombie does not)."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            leader = file.read().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return leader not in "ZX"


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def watch() -> None:
    """Keep the list until the input ends, then end what is left on it."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    children: dict[int, int] = {}
    for line in sys.stdin:
        pid, _, number = line[1:].strip().partition(" ")
        if line.startswith("+"):
            children[int(pid)] = int(number)
        else:
            children.pop(int(pid), None)
    for pid, number in children.items():
        _signal(pid, number)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(_alive(pid) for pid in children):
        time.sleep(0.02)
    for pid in children:
        _signal(pid, signal.SIGKILL)


if __name__ == "__main__":
    watch()
