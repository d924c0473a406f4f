"""A chip as a reader sees it: power, reset, an answer to reset, and commands."""

import os
import threading
from pathlib import Path
from typing import Final, Self

from jichitai.jpki.chip import dispatcher, rsa
from jichitai.jpki.chip.apdu import Refusal, Response
from jichitai.jpki.chip.model import ChipState, Memory
from jichitai.jpki.chip.storage import FileStorage, Storage
from jichitai.jpki.chip.work import Crafts
from jichitai.kernel.errors import InvalidError

ATR: Final = bytes.fromhex("3BE000FF8131FE4514")
"""Answer to reset of the contact interface, T=1."""
REAL: Final = Crafts(draw=os.urandom, make_key=rsa.make)


class UnmakeableChipError(InvalidError):
    """A chip cannot be made with this number or key."""

    type = "jpki.unmakeable-chip"
    title = "チップを作れません"


class Chip:
    """One chip, held by this process until `close`.

    Args:
        chip: its file, or another storage.
        crafts: where chance comes from.

    Raises:
        NoChipError: there is no such file.
        ChipInUseError: another program holds it.
        DamagedChipError: the file is not what was written.
    """

    atr: Final = ATR

    def __init__(self, chip: Path | Storage, *, crafts: Crafts = REAL) -> None:
        """Take hold of the chip; it has no power yet."""
        self._storage = FileStorage(chip) if isinstance(chip, Path) else chip
        self._crafts = crafts
        self._state: ChipState | None = None
        self._one_at_a_time = threading.Lock()
        try:
            self._number = self._storage.load().number
        except BaseException:
            self._storage.close()
            raise

    @classmethod
    def make_blank(cls, path: Path, number: str, writer_key: bytes) -> Self:
        """Manufacture: a chip with its number and the card centre's key, and nothing else.

        Args:
            path: of the new file.
            number: 製造番号, 13 digits.
            writer_key: Ed25519 public key of the card centre, 32 bytes.

        Raises:
            UnmakeableChipError: the number or the key has another form.
            ChipExistsError: there is a chip of this name.
        """
        FileStorage.create(path, blank(number, writer_key))
        return cls(path)

    @property
    def number(self) -> str:
        """製造番号."""
        return self._number

    @property
    def powered(self) -> bool:
        """Whether it has power."""
        return self._state is not None

    def power_on(self) -> None:
        """Give power; a chip that has power is reset."""
        with self._one_at_a_time:
            self._state = ChipState(self._storage.load())

    def power_off(self) -> None:
        """Take the power away: what was verified, and what was written without COMMIT, is gone."""
        with self._one_at_a_time:
            self._state = None

    def reset(self) -> None:
        """As if the power had been away."""
        self.power_on()

    def transmit(self, apdu: bytes) -> bytes:
        """Answer one command; never raises for what is in it.

        The memory is on the disk before the answer leaves, and a lowered counter is before the
        PIN is looked at. Threads wait for each other, as programs do at a reader.
        """
        with self._one_at_a_time:
            state = self._state or ChipState(self._storage.load())
            try:
                return bytes(self._answer(state, apdu))
            except OSError:
                # What is on the disk is what counts; start again from it.
                self._state = ChipState(self._storage.load())
                return bytes(Response.refused(Refusal.MEMORY_FAILED))

    def close(self) -> None:
        """Power off and let another program have the chip."""
        self.power_off()
        self._storage.close()

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.close()

    def _answer(self, before: ChipState, apdu: bytes) -> Response:
        state, decided = dispatcher.begin(before, apdu)
        self._keep(before.memory, state)
        if isinstance(decided, Response):
            return decided
        made = dispatcher.fruit(decided, self._crafts)
        after, response = dispatcher.finish(state, decided, made)
        self._keep(state.memory, after)
        return response

    def _keep(self, kept: Memory, state: ChipState) -> None:
        if state.memory is not kept:
            self._storage.save(state.memory)
        self._state = state


def blank(number: str, writer_key: bytes) -> Memory:
    """The memory of a new chip.

    Raises:
        UnmakeableChipError: the number or the key has another form.
    """
    if len(number) != 13 or not number.isascii() or not number.isdigit():
        raise UnmakeableChipError("製造番号は13桁の数字です。確かめて入力し直してください。")
    if len(writer_key) != 32:
        raise UnmakeableChipError(
            "カード書き込みの公開鍵は32バイト（Ed25519）です。認証局の公開鍵を指定してください。"
        )
    return Memory(number=number, writer_key=writer_key, salt=os.urandom(32))
