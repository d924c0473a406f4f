"""The file that a chip lives in: one holder at a time, whole or not at all, on the disk or not done.

A file holds private keys as a real chip holds them, so only its owner may read it. Whoever can
copy it can also turn its counters back: it stands for a chip in rehearsals and tests, it does not
protect like one.
"""

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Final, Protocol

import msgspec

from jichitai.jpki.chip.errors import (
    ChipExistsError,
    ChipInUseError,
    DamagedChipError,
    NoChipError,
)
from jichitai.jpki.chip.model import Memory

SUFFIX: Final = ".chip"
_MAGIC: Final = b"jichitai chip 1\n"
_CHECK: Final = 32
_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")
_DECODER: Final = msgspec.msgpack.Decoder(Memory)


class Storage(Protocol):
    """Where a chip's memory is kept."""

    def load(self) -> Memory:
        """What was kept last."""

    def save(self, memory: Memory) -> None:
        """Keep it, and return only when a loss of power cannot undo that.

        Raises:
            OSError: it was not kept; what was kept before still is.
        """

    def close(self) -> None:
        """Let another program have the chip."""


class FileStorage:
    """A chip in a file.

    Args:
        path: the file; made by `create`.

    Raises:
        NoChipError: it does not exist.
        ChipInUseError: another program holds it.
    """

    def __init__(self, path: Path) -> None:
        """Take hold of the chip."""
        self._path = path
        if not path.is_file():
            raise NoChipError(
                f"チップのファイル {path.name} が見つかりません。"
                "場所を確かめるか、jichitai chip blank で新しいチップを作ってください。"
            )
        self._lock = _hold(path)
        # What a killed process left half-written holds keys, and is of no use.
        _beside(path).unlink(missing_ok=True)

    @classmethod
    def create(cls, path: Path, memory: Memory) -> None:
        """Make a new chip.

        Raises:
            ChipExistsError: there is one already.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _hold(path)
        try:
            if path.exists():
                raise ChipExistsError(
                    f"{path.name} は既にあります。上書きはできません。別の名前を指定してください。"
                )
            _replace(path, _pack(memory))
        finally:
            os.close(lock)

    def load(self) -> Memory:
        """What was kept last.

        Raises:
            DamagedChipError: the file is not what was written.
        """
        return _unpack(self._path.read_bytes())

    def save(self, memory: Memory) -> None:
        """Keep it, whole or not at all."""
        _replace(self._path, _pack(memory))

    def close(self) -> None:
        """Let another program have the chip."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


class MemoryStorage:
    """A chip that is gone with the process: for tests and for fuzzing."""

    def __init__(self, memory: Memory) -> None:
        """Start from `memory`."""
        self.memory = memory
        self.saves = 0

    def load(self) -> Memory:
        """What was kept last."""
        return self.memory

    def save(self, memory: Memory) -> None:
        """Keep it and count."""
        self.memory = memory
        self.saves += 1

    def close(self) -> None:
        """Nothing to let go."""


def _hold(path: Path) -> int:
    """Lock a file beside the chip's, since saving replaces that one."""
    lock = os.open(
        path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise ChipInUseError(
            f"チップ {path.name} は別のプログラム（仮想リーダーなど）が使っています。"
            "そのプログラムから取り出してから、もう一度実行してください。"
        ) from None
    return lock


def _pack(memory: Memory) -> bytes:
    body = _ENCODER.encode(memory)
    return _MAGIC + hashlib.sha256(body).digest() + body


def _unpack(content: bytes) -> Memory:
    head, body = content[: len(_MAGIC) + _CHECK], content[len(_MAGIC) + _CHECK :]
    if head != _MAGIC + hashlib.sha256(body).digest():
        raise _damaged()
    try:
        return _DECODER.decode(body)
    except msgspec.MsgspecError:
        raise _damaged() from None


def _replace(path: Path, content: bytes) -> None:
    """Write beside, sync, rename, sync the folder. One program at a time, so one name is enough."""
    beside = _beside(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _damaged() -> DamagedChipError:
    return DamagedChipError(
        "チップのファイルの内容が、書き込んだものと一致しません。"
        "このチップは使えません。窓口で新しいチップを発行してください。"
    )
