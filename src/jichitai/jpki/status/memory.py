"""What a responder remembers: how certificates stand, and answers that it has signed.

Both are bounded, the oldest makes room, and both are dropped by the place of a certificate.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from jichitai.jpki.status.answers import UNKNOWN, Standing
from jichitai.jpki.status.standings import Place

ANSWERS: Final = 50_000
STANDINGS: Final = 200_000


class Kept(NamedTuple):
    """A signed answer.

    Attributes:
        answer: DER.
        good_until: until when it is given again.
        places: the certificates it speaks of.
    """

    answer: bytes
    good_until: datetime
    places: tuple[Place, ...]


class Memory:
    """Answers by request, standings by certificate."""

    def __init__(self) -> None:
        self._answers: dict[bytes, Kept] = {}
        self._about: dict[Place, set[bytes]] = {}
        self._standings: dict[Place, Standing] = {}

    def answer(self, der: bytes, now: datetime) -> bytes | None:
        """The answer to exactly this request, unless it has become old."""
        kept = self._answers.get(der)
        return None if kept is None or kept.good_until <= now else kept.answer

    def standings(self, places: Sequence[Place]) -> list[Standing] | None:
        """How these certificates stand, when all are remembered."""
        found = [one for place in places if (one := self._standings.get(place)) is not None]
        return found if len(found) == len(places) else None

    def keep(self, der: bytes, kept: Kept) -> None:
        """Keep an answer."""
        self._forget_answer(der)
        while len(self._answers) >= ANSWERS:
            self._forget_answer(next(iter(self._answers)))
        self._answers[der] = kept
        for place in kept.places:
            self._about.setdefault(place, set()).add(der)

    def note(self, places: Sequence[Place], found: Sequence[Standing]) -> None:
        """Note how certificates stand; one that is not there may yet be issued."""
        for place, standing in zip(places, found, strict=True):
            if standing != UNKNOWN:
                self._standings[place] = standing
        while len(self._standings) > STANDINGS:
            del self._standings[next(iter(self._standings))]

    def drop(self, places: Sequence[Place]) -> None:
        """Forget everything about certificates."""
        for place in places:
            self._standings.pop(place, None)
            for der in tuple(self._about.get(place, ())):
                self._forget_answer(der)

    def age(self, now: datetime) -> None:
        """Forget answers that have become old."""
        for der in [der for der, kept in self._answers.items() if kept.good_until <= now]:
            self._forget_answer(der)

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()
        self._about.clear()
        self._standings.clear()

    def _forget_answer(self, der: bytes) -> None:
        kept = self._answers.pop(der, None)
        for place in () if kept is None else kept.places:
            about = self._about.get(place, set())
            about.discard(der)
            if not about:
                self._about.pop(place, None)
