"""What a command needs beside the state: chance, a new key, or a counter on the disk first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

CHALLENGE: Final = 16


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare a PIN, now that the lowered counter is kept.

    Attributes:
        fid: the PIN's file in the selected application.
        pin: what was entered.
    """

    fid: int
    pin: bytes

    def __repr__(self) -> str:
        """Hide what was entered."""
        return f"<Compare {self.fid:04X}>"


@dataclass(frozen=True, slots=True)
class MakeKey:
    """Make a private key for the pending slot.

    Attributes:
        name: of the key.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Draw:
    """Draw the challenge of a new slot.

    Attributes:
        keeps: of the slot.
    """

    keeps: bool


Work = Compare | MakeKey | Draw


@dataclass(frozen=True, slots=True)
class Crafts:
    """Where chance comes from; tests hand in keys made earlier.

    Attributes:
        draw: so many random bytes.
        make_key: a new RSA private key, PKCS#8 in DER.
    """

    draw: Callable[[int], bytes]
    make_key: Callable[[], bytes]
