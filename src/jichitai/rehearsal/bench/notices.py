"""What 1,741 towns tell: identity notices (M01) of invented people, in signed frames.

The mix is that of a year: more than half of it moves between towns (a deletion and an entry), the
rest corrections, births and deaths.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from jichitai.infra.keys import Keys
from jichitai.infra.messages import Frame, Item, Received, seal_body, sign_frame
from jichitai.jukinet.messages import M01
from jichitai.kernel.municipalities import municipalities
from jichitai.kernel.parties import Party
from jichitai.rehearsal.bench.people import Resident

RECORDED = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
_MOVED = date(2026, 11, 19)
_REASONS = {"entry": "N01", "deletion": "N04", "correction": "N08"}


class Registers:
    """The event numbers of every town, and the notices that its events make."""

    def __init__(self) -> None:
        """Start before the first event."""
        self._last: dict[str, int] = defaultdict(int)
        self._towns = [town.code.value for town in municipalities()]

    def first_entries(self, people: Iterable[Resident]) -> Iterator[tuple[Resident, M01]]:
        """An entry for each person, town after town in turn."""
        for place, person in enumerate(people):
            settled = person._replace(town=self._towns[place % len(self._towns)])
            yield settled, self._notice(settled, "entry", settled.since)

    def a_year(self, known: Sequence[Resident], fresh: Iterable[Resident]) -> Iterator[M01]:
        """Notices about known persons, each heard of once, and births."""
        births = self.first_entries(fresh)
        for place, person in enumerate(known):
            match place % 4:
                case 0 | 1:
                    yield from self._move(person, place)
                case 2:
                    identity = msgspec.structs.replace(person.identity, address="本町一丁目1番1号")
                    changed = person._replace(identity=identity)
                    yield self._notice(changed, "correction", person.since)
                    yield next(births)[1]
                case _:
                    yield self._notice(person, "deletion", person.since)

    def _move(self, person: Resident, place: int) -> Iterator[M01]:
        yield self._notice(person, "deletion", person.since)
        towns = self._towns
        there = towns[(towns.index(person.town) + 1 + place * 7) % len(towns)]
        yield self._notice(person._replace(town=there), "entry", _MOVED)

    def _notice(self, person: Resident, change: str, since: date) -> M01:
        self._last[person.town] += 1
        return M01(
            municipality=person.town,
            event_number=self._last[person.town],
            change=change,  # type: ignore[arg-type]
            net_reason=_REASONS[change],
            changed_on=_MOVED.isoformat(),
            residence_since=since,
            recorded_at=RECORDED + timedelta(seconds=self._last[person.town]),
            identity=person.identity,
        )


class TownPost:
    """Signs each notice as its town, as the prefecture receives it."""

    def __init__(self, towns: Keys) -> None:
        """Take the keys of the town tier."""
        self._keys = towns
        self._last: dict[str, int] = defaultdict(int)

    def send(self, notices: Iterable[M01], *, in_frame: int) -> Iterator[list[Received]]:
        """The notices of one frame after the other, in the order of each town.

        Args:
            notices: what the towns tell.
            in_frame: notices at most that a town had waiting when it sent.
        """
        waiting: dict[str, list[M01]] = defaultdict(list)
        for notice in notices:
            waiting[notice.municipality].append(notice)
            if len(waiting[notice.municipality]) == in_frame:
                yield self._frame(notice.municipality, waiting.pop(notice.municipality))
        for town, left in waiting.items():
            yield self._frame(town, left)

    def _frame(self, municipality: str, notices: Sequence[M01]) -> list[Received]:
        town = Party.town(municipality)
        above = Party.prefecture(town.prefecture_code)
        first = self._last[municipality] + 1
        self._last[municipality] += len(notices)
        bodies = [msgspec.json.encode(notice) for notice in notices]
        items = []
        for number, notice in enumerate(notices, first):
            name = f"{town}-{above}-{number}"
            sealed = seal_body(self._keys.network, message_id=name, kind="M01", body=notice)
            items.append(Item(name, "M01", 1, notice.recorded_at, sealed))
        frame = Frame(str(town), str(above), first, tuple(items))
        signed = sign_frame(frame, self._keys.signer(town))
        return [
            Received(
                item.id, "M01", 1, town, town, above, first + index, 0, item.sent_at,
                bodies[index], signed, index,
            )
            for index, item in enumerate(items)
        ]  # fmt: skip
