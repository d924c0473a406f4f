"""Where a card comes from: a PC/SC reader, or files of emulated chips in this process."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from jichitai.jpki.chip.device import Chip
from jichitai.jpki.reader import pcsc
from jichitai.jpki.reader.client import Transmit
from jichitai.jpki.reader.errors import NoCardError


class CardSource(Protocol):
    """Something that a card can be asked of."""

    def cards(self) -> Sequence[str]:
        """Names of the cards that could be used now; one empty name: the card on the reader."""

    def connected(self, card: str = "") -> contextlib.AbstractContextManager[Transmit]:
        """The card for oneself.

        Raises:
            NoReaderError, NoCardError: there is none.
        """


class ReaderSource:
    """The card that lies on a PC/SC reader.

    Args:
        reader: part of the reader's name; None: the first that holds a card.
    """

    def __init__(self, reader: str | None = None) -> None:
        self._reader = reader

    def cards(self) -> Sequence[str]:
        """The one on the reader."""
        return ("",)

    def connected(self, card: str = "") -> contextlib.AbstractContextManager[Transmit]:
        """The card on the reader."""
        del card
        return pcsc.connected(self._reader)


class ChipSource:
    """Emulated chips, for rehearsals: a chip file, or a folder of them to choose from.

    Args:
        place: one file, or a folder with files that end in `.chip`.
    """

    def __init__(self, place: Path) -> None:
        self._place = place

    def cards(self) -> Sequence[str]:
        """Names of the files without their ending."""
        if not self._place.is_dir():
            return (self._place.stem,)
        return sorted(file.stem for file in self._place.glob("*.chip"))

    @contextlib.contextmanager
    def connected(self, card: str = "") -> Iterator[Transmit]:
        """One of them, with power for as long as it is used."""
        with Chip(self._file(card)) as chip:
            chip.power_on()
            yield chip.transmit

    def _file(self, card: str) -> Path:
        if not self._place.is_dir():
            return self._place
        names = self.cards()
        if card in names:
            return self._place / f"{card}.chip"
        if not card and len(names) == 1:
            return self._place / f"{names[0]}.chip"
        raise NoCardError("使うカードが選ばれていません。カードを選んで、やり直してください。")
