"""What the embedded servers have in common: one place, one child, start and stop."""

import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from jichitai.infra.embedded.children import Child
from jichitai.infra.embedded.errors import ServerFailedError
from jichitai.infra.embedded.places import Place


class EmbeddedServer(ABC):
    """A server whose data, log, passwords and port live below one directory.

    Args:
        data_dir: the private directory; made on first start.
        port: loopback port; None takes a free one and keeps it as long as it stays free.
        start_timeout: seconds until the server must answer, recovery included.
    """

    name: ClassVar[str]
    log_name: ClassVar[str]
    harder: ClassVar[Sequence[int]] = ()  # signals tried when the stop signal does not end it

    def __init__(self, data_dir: Path, *, port: int | None, start_timeout: float) -> None:
        self._place = Place(Path(data_dir), self.name)
        self._wanted_port = port
        self._port: int | None = None
        self._start_timeout = start_timeout
        self._child: Child | None = None
        self._busy = threading.Lock()
        self._asked_to_stop = threading.Event()

    @property
    def data_dir(self) -> Path:
        """The directory that holds everything of this server."""
        return self._place.path

    @property
    def log_file(self) -> Path:
        """Where the server logs."""
        return self._place.path / self.log_name

    @property
    def port(self) -> int:
        """The loopback port of the server, from its first start on."""
        if self._port is None:
            raise ServerFailedError(
                f"{self.name} はまだ起動していません。start() を呼んでください。"
            )
        return self._port

    @property
    def pid(self) -> int | None:
        """Process id of the server while it runs."""
        return None if self._child is None or self._child.poll() is not None else self._child.pid

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Start the server, making its data on the first time; return when it answers.

        Does nothing when it runs. After a crash of the server or of its supervisor the same call
        recovers.

        Raises:
            DirectoryInUseError: another live process runs a server there.
            DirectoryRefusedError: the directory is not ours to use.
            WrongVersionError: the data are of another major version.
            PortTakenError: the port asked for is taken.
            BinaryMissingError: the server is not installed.
            ServerFailedError: it ended, or did not answer in time.
        """
        with self._busy:
            if self.pid is not None:
                return
            if not self._place.is_open:
                self._place.open()
            try:
                self._start()
            except BaseException:
                self._end(grace=5.0)
                raise

    def stop(self, *, grace: float = 60.0) -> None:
        """Stop cleanly and let go of the directory; does nothing when it does not run.

        A start that another thread is waiting for gives up.
        """
        self._asked_to_stop.set()
        try:
            with self._busy:
                self._end(grace)
        finally:
            self._asked_to_stop.clear()

    def _end(self, grace: float) -> None:
        child, self._child = self._child, None
        try:
            if child is not None:
                child.stop(grace=grace, then=self.harder)
        finally:
            self._place.close()

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the server process, for fault rehearsals."""
        if self._child is not None:
            self._child.signal(number)

    def poll(self) -> int | None:
        """Exit status of a server that ended by itself; None while it runs or is stopped."""
        return None if self._child is None else self._child.poll()

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server accepts a connection and answers on it now."""

    @abstractmethod
    def _start(self) -> None:
        """Start the child and wait for its answer; the place is open and ours."""

    def _wait_ready(self, deadline: float) -> bool:
        """True when the server answers, False when it ended."""
        pause = 0.01
        while self.pid is not None:
            if self.answers():
                return True
            if self._asked_to_stop.is_set():
                raise ServerFailedError(f"{self.name} の起動中に停止を求められました。")
            if time.monotonic() > deadline:
                raise ServerFailedError(
                    f"{self.name} が {self._start_timeout:.0f} 秒以内に応答しませんでした。"
                    f"記録 {self.log_file} を確認してください。",
                    log=str(self.log_file),
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)
        return False

    def _ended(self, reason: str) -> ServerFailedError:
        return ServerFailedError(
            f"{self.name} が起動の途中で終わりました。"
            f"記録 {self.log_file} の終わり:\n{reason or '（空）'}",
            log=str(self.log_file),
        )
