"""The private directory of one embedded server: lock, small files, port, owner."""

import contextlib
import fcntl
import os
import secrets
import socket
import stat
import time
from pathlib import Path
from typing import Any

import msgspec

from jichitai.infra.embedded.errors import (
    DirectoryInUseError,
    DirectoryRefusedError,
    PortTakenError,
)

LOOPBACK = "127.0.0.1"
_LOCK_PATIENCE = 2.0  # seconds; a supervisor that has just ended needs a moment to let go
_STATE = "server.json"
_MARK = "lock"


class Place:
    """A directory of mode 0700 that one live process at a time may use.

    Args:
        path: the directory; made when absent, with its parents.
        what: name of the server, for messages.
    """

    def __init__(self, path: Path, what: str) -> None:
        self.path = path.absolute()
        self._what = what
        self._lock: int | None = None

    def open(self) -> None:
        """Make the directory, check that it is ours, and lock it.

        Raises:
            DirectoryRefusedError: not a directory, of another user, not writable, or not empty.
            DirectoryInUseError: another live process holds it.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            info = self.path.stat()
            self._check_owner(info)
            self._check_content()
            if stat.S_IMODE(info.st_mode) & 0o077:
                self.path.chmod(0o700)
            self._take_lock()
        except (FileExistsError, NotADirectoryError) as error:
            raise self._refused("ディレクトリではありません") from error
        except PermissionError as error:
            raise self._refused(
                "書き込む権限がありません（別の利用者が作ったものかもしれません）"
            ) from error
        except OSError as error:
            raise self._refused(error.strerror or "読み書きできません") from error

    def close(self) -> None:
        """Let go of the directory."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def is_open(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock is not None

    def _refused(self, why: str) -> DirectoryRefusedError:
        return DirectoryRefusedError(
            f"{self._what} のデータの置き場所 {self.path} を使えません。{why}。"
            "書き込める空のディレクトリを指定してください。",
            directory=str(self.path),
        )

    def _check_owner(self, info: os.stat_result) -> None:
        if info.st_uid != os.geteuid() and os.geteuid() != 0:
            raise self._refused(f"別の利用者（uid {info.st_uid}）のものです")

    def _check_content(self) -> None:
        entries = {entry.name for entry in self.path.iterdir()}
        if entries and _MARK not in entries:
            raise self._refused("このサーバーのものではないファイルがあります")

    def _take_lock(self) -> None:
        file = self.path / _MARK
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self._give_to_owner(descriptor)
        deadline = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < deadline:
                    time.sleep(0.05)
                    continue
                holder = os.pread(descriptor, 32, 0).decode().strip() or "?"
                os.close(descriptor)
                raise DirectoryInUseError(
                    f"{self._what} のデータの置き場所 {self.path} は、動いている別のプロセス"
                    f"（pid {holder}）が使用中です。二重に起動するとデータが壊れるため止めました。"
                    "そのプロセスを終了するか、別のディレクトリを指定してください。",
                    directory=str(self.path),
                    pid=holder,
                ) from None
            else:
                break
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._lock = descriptor

    def _give_to_owner(self, made: Path | int) -> None:
        """What root makes in a user's directory belongs to that user."""
        if os.geteuid() == 0:
            info = self.path.stat()
            os.chown(made, info.st_uid, info.st_gid)

    def write(self, name: str, text: str) -> Path:
        """Replace a small file of mode 0600 in one step."""
        file = self.path / name
        if not file.parent.is_dir():
            file.parent.mkdir(mode=0o700)
            self._give_to_owner(file.parent)
        fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            self._give_to_owner(out.fileno())
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
        return file

    def secret(self, name: str) -> str:
        """A random password kept in a file of mode 0600, made on first use."""
        file = self.path / name
        try:
            return file.read_text("utf-8").strip()
        except FileNotFoundError:
            value = secrets.token_urlsafe(24)
            self.write(name, value + "\n")
            return value

    def state(self) -> dict[str, Any]:
        """What the last start remembered; empty at first, or when it cannot be read."""
        try:
            return msgspec.json.decode((self.path / _STATE).read_bytes(), type=dict[str, Any])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def remember(self, **facts: object) -> None:
        """Add to what the next start can read."""
        self.write(_STATE, msgspec.json.encode(self.state() | facts).decode() + "\n")

    def log(self, name: str) -> Path:
        """A log file of the server, to be opened for appending."""
        file = private_log(self.path / name)
        self._give_to_owner(file)
        return file


def private_log(file: Path, *, limit: int = 16 * 1024 * 1024) -> Path:
    """Make a log file of mode 0600 to append to; one longer than `limit` bytes is set aside."""
    with contextlib.suppress(FileNotFoundError):
        if file.stat().st_size > limit:
            file.replace(file.with_suffix(".old"))
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600))
    return file


def tail(file: Path, *, start: int = 0, lines: int = 12) -> str:
    """The last lines of a log from byte `start` on."""
    try:
        with file.open("rb") as log:
            log.seek(start)
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def port_is_free(port: int) -> bool:
    """Whether a server could listen on the loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback port that nobody uses at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        number: int = probe.getsockname()[1]
        return number


def choose_port(wanted: int | None, remembered: object) -> int:
    """The port to listen on: the one asked for, the one of the last time, or any free one.

    Raises:
        PortTakenError: the port asked for is taken.
    """
    if wanted is not None:
        if not port_is_free(wanted):
            raise PortTakenError(
                f"ポート {wanted} は別のプログラムが使用中のため、サーバーを起動できません。"
                f"使っているプログラムを終了する（確認: ss -ltnp 'sport = :{wanted}'）か、"
                "別のポートを指定してください。",
                port=wanted,
            )
        return wanted
    if isinstance(remembered, int) and port_is_free(remembered):
        return remembered
    return free_port()
