"""The supervisor: keeps named children running, in order, and leaves none behind.

    from jichitai.infra.members import Process, Server

    stages = [[Server("postgres", postgres), Server("nats", nats)], [Process("town", [...])]]
    async with supervise(stages) as supervisor:
        await supervisor.wait()

A stage starts when every member of the one before is healthy; stopping goes backwards. A member
that ends by itself, or stops answering, is started again after a pause that doubles. SIGTERM,
SIGINT and SIGHUP cancel the body of the `async with` and stop everything; when the supervisor
itself is killed, the guardian of `embedded.children` ends the children.
"""

import asyncio
import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import anyio
import structlog

from jichitai.infra.members import Member
from jichitai.kernel.errors import JichitaiError, NotFoundError, UnavailableError

_LOG = structlog.get_logger("supervisor")
_POLL_SECONDS = 0.05
_TROUBLE = (JichitaiError, OSError, subprocess.SubprocessError)
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class UnknownMemberError(NotFoundError):
    """No child has that name."""

    type = "infra.unknown-member"
    title = "その名前のプロセスはありません"


class StartInterruptedError(UnavailableError):
    """A signal asked to stop before everything had started."""

    type = "infra.start-interrupted"
    title = "起動の途中で停止を求められました"


class State(StrEnum):
    """Where a member stands."""

    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """How a member is doing."""

    name: str
    state: State
    pid: int | None
    restarts: int
    last_exit: int | None
    uptime: float  # seconds since its last start, 0 when it does not run


@dataclass(slots=True)
class _Watched:
    """What the supervisor knows of a member."""

    member: Member
    state: State = State.STOPPED
    restarts: int = 0
    last_exit: int | None = None
    since: float = 0.0
    failures: int = 0
    busy: anyio.Lock = field(default_factory=anyio.Lock)

    def runs_again(self, restarts: int) -> bool:
        return (
            self.state is State.RUNNING
            and self.restarts >= restarts
            and self.member.pid is not None
        )

    def status(self) -> MemberStatus:
        running = self.member.pid is not None and self.state is State.RUNNING
        return MemberStatus(
            name=self.member.name,
            state=self.state,
            pid=self.member.pid,
            restarts=self.restarts,
            last_exit=self.last_exit,
            uptime=time.monotonic() - self.since if running else 0.0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient the supervisor is; all in seconds but `health_failures`."""

    first_pause: float = 0.1
    longest_pause: float = 10.0
    stable_after: float = 5.0
    health_every: float = 5.0
    health_failures: int = 6


class Supervisor:
    """Keeps members running; made by `supervise`."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._watched: dict[str, _Watched] = {}
        self._order: list[list[_Watched]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.asked_to_stop = False

    def status(self) -> list[MemberStatus]:
        """Every member in the order of starting."""
        return [watched.status() for watched in self._watched.values()]

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a member a signal, for fault rehearsals; it is started again when it ends."""
        self._find(name).member.signal(number)

    async def restart(self, name: str) -> None:
        """Stop a member cleanly; the watcher starts it again at once."""
        watched = self._find(name)
        async with watched.busy:
            watched.state = State.RESTARTING
            await watched.member.stop()

    async def wait_running(self, name: str, *, restarts: int = 0, timeout: float = 60.0) -> None:  # noqa: ASYNC109
        """Wait until a member runs and has been restarted at least so many times.

        Raises:
            TimeoutError: it does not within `timeout` seconds.
        """
        watched = self._find(name)
        with anyio.fail_after(timeout):
            while not watched.runs_again(restarts):  # noqa: ASYNC110 - the process tells nobody
                await anyio.sleep(_POLL_SECONDS)

    async def wait(self) -> None:
        """Sleep until a signal asks to stop."""
        await anyio.sleep_forever()

    async def start_stage(self, members: Sequence[Member]) -> None:
        """Start members together and wait until all are healthy; they stop before earlier ones."""
        stage = [_Watched(member) for member in members]
        self._order.append(stage)
        self._watched.update({watched.member.name: watched for watched in stage})
        results = await asyncio.gather(
            *(self._start(watched) for watched in stage), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        self._tasks.extend(asyncio.create_task(self._watch(watched)) for watched in stage)

    async def stop(self) -> None:
        """Stop everything, the last stage first."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for stage in reversed(self._order):
            await asyncio.gather(*(self._stop(watched) for watched in stage))

    def _find(self, name: str) -> _Watched:
        try:
            return self._watched[name]
        except KeyError:
            known = "、".join(self._watched)
            raise UnknownMemberError(
                f"{name} という名前のプロセスはありません。あるのは {known} です。", name=name
            ) from None

    async def _start(self, watched: _Watched) -> None:
        watched.state = State.STARTING if watched.restarts == 0 else State.RESTARTING
        await watched.member.start()
        watched.state, watched.since, watched.failures = State.RUNNING, time.monotonic(), 0
        _LOG.info("child-running", member=watched.member.name, pid=watched.member.pid)

    async def _stop(self, watched: _Watched) -> None:
        await watched.member.stop()
        watched.state = State.STOPPED
        _LOG.info("child-stopped", member=watched.member.name)

    async def _watch(self, watched: _Watched) -> None:
        pause = self._policy.first_pause
        checked = time.monotonic()
        while True:
            await anyio.sleep(_POLL_SECONDS)
            if watched.member.pid is None:
                if time.monotonic() - watched.since > self._policy.stable_after:
                    pause = self._policy.first_pause
                async with watched.busy:
                    await self._revive(watched, pause)
                pause = min(pause * 2, self._policy.longest_pause)
                checked = time.monotonic()
            elif time.monotonic() - checked > self._policy.health_every:
                await self._check(watched)
                checked = time.monotonic()

    async def _revive(self, watched: _Watched, pause: float) -> None:
        """Start a member that has ended, after the pause."""
        name = watched.member.name
        watched.last_exit = watched.member.poll()
        watched.state = State.RESTARTING
        watched.restarts += 1
        _LOG.warning("child-ended", member=name, status=watched.last_exit, pause=pause)
        await anyio.sleep(pause)
        try:
            await self._start(watched)
        except _TROUBLE as error:
            problem = error.type if isinstance(error, JichitaiError) else type(error).__name__
            _LOG.warning("child-failed", member=name, problem=problem)

    async def _check(self, watched: _Watched) -> None:
        """Kill a member that runs but has stopped answering."""
        if await watched.member.healthy():
            watched.failures = 0
            return
        watched.failures += 1
        _LOG.warning("child-silent", member=watched.member.name, failures=watched.failures)
        if watched.failures >= self._policy.health_failures:
            watched.member.signal(signal.SIGKILL)


@contextlib.asynccontextmanager
async def supervise(
    stages: Sequence[Sequence[Member]] = (), *, policy: Policy | None = None
) -> AsyncIterator[Supervisor]:
    """Start the stages in order, keep them running during the body, stop them backwards.

    A signal to stop cancels the body; the `async with` then ends without an exception and
    `asked_to_stop` of the supervisor is true.

    Raises:
        StartInterruptedError: the signal came before everything ran.
        JichitaiError: a member could not be started; what ran is stopped again.
    """
    supervisor = Supervisor(policy or Policy())
    started = False
    with anyio.CancelScope() as scope, _stop_signals(supervisor, scope):
        try:
            for stage in stages:
                await supervisor.start_stage(stage)
            started = True
            yield supervisor
        finally:
            with anyio.CancelScope(shield=True):
                await supervisor.stop()
    if not started:
        raise StartInterruptedError(
            "起動の途中で停止を求められたため、動き始めていたものもすべて止めました。"
        )


@contextlib.contextmanager
def _stop_signals(supervisor: Supervisor, scope: anyio.CancelScope) -> Iterator[None]:
    """Turn the signals that ask us to stop into a cancellation of the scope."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        supervisor.asked_to_stop = True
        scope.cancel()

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)
