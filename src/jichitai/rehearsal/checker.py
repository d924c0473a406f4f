"""The independent checker: replays acknowledged operations and compares every tier's tables with it.

It shares no code with the register and the network: it reads the history file and the tables, and
knows the events from their meaning alone. Addresses are compared as text, persons by name,
reading, birth date and sex; a tier is right when it holds exactly the expected rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from jichitai.rehearsal.history import read


class Row(NamedTuple):
    """A person as a tier holds them."""

    town: str
    name: str
    kana: str
    birth: str
    sex: str
    address: str
    postal: str


@dataclass(slots=True)
class Replay:
    """The state after the acknowledged operations, built from the history alone."""

    people: dict[int, Row] = field(default_factory=dict)
    leaving: dict[int, str] = field(default_factory=dict)
    undo: dict[int, dict[int, Row]] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    provisions: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    acknowledged: int = 0
    today: str = ""

    def take(self, line: Mapping[str, Any]) -> None:
        """Apply one line of the history."""
        match line["op"]:
            case "person":
                self.people[line["key"]] = Row(
                    line["town"], line["name"], line["kana"], line["birth"], line["sex"],
                    line["address"], line["postal"],
                )  # fmt: skip
            case "event":
                self.acknowledged += 1
                self.numbers[line["town"]].append(line["number"])
                self._event(line)
            case "provision":
                self.acknowledged += line["count"]
                for index in range(line["index"], line["index"] + line["count"]):
                    self.provisions[index, line["organ"], line["affair"]] += 1
            case "end":
                self.today = line["day"]
            case other:
                raise ValueError(f"unknown line {other}")

    def _event(self, line: Mapping[str, Any]) -> None:
        people = line["people"]
        self.undo[line["serial"]] = {p: self.people[p] for p in people if p in self.people}
        if line["kind"] in {"birth", "move-in", "move-in-abroad"}:
            self._enter(line)
        elif line["kind"] in {"move-out", "move-abroad"}:
            self.leaving.update(dict.fromkeys(people, line["occurred_on"]))
        elif line["kind"] == "cancellation":
            self.people.update(self.undo[line["cancels"]])
        elif line["kind"] != "head-change":
            self._alter(line)

    def _alter(self, line: Mapping[str, Any]) -> None:
        for person in line["people"]:
            match line["kind"]:
                case "death":
                    del self.people[person]
                case "move-within" | "minor-correction":
                    self.people[person] = self.people[person]._replace(
                        address=line["address"], postal=line["postal"]
                    )
                case "name-correction":
                    self.people[person] = self.people[person]._replace(
                        name=line["name"], kana=line["kana"]
                    )
                case other:
                    raise ValueError(f"unknown kind {other}")

    def _enter(self, line: Mapping[str, Any]) -> None:
        address, postal = line["address"], line["postal"]
        if line["kind"] == "birth":
            mother = self.people[line["people"][1]]
            address, postal = mother.address, mother.postal
        for one in line["entering"]:
            self.leaving.pop(one["key"], None)
            self.people[one["key"]] = Row(
                line["town"], one["name"], one["kana"], one["birth"], one["sex"], address, postal
            )

    def expected(self) -> Counter[Row]:
        """Everybody who must stand in the registers today."""
        gone = {person for person, day in self.leaving.items() if day <= self.today}
        return Counter(row for person, row in self.people.items() if person not in gone)


def replay(history: Path) -> Replay:
    """Read a whole history."""
    state = Replay()
    for line in read(history):
        state.take(line)
    return state


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How one tier differs from the replay.

    Attributes:
        missing: rows that must stand and do not.
        extra: rows that stand and must not.
    """

    tier: str
    rows: int
    missing: tuple[Row, ...]
    extra: tuple[Row, ...]

    @property
    def doubled(self) -> int:
        """Extra rows that no missing row explains: somebody stands twice, or stands again."""
        explained = Counter((row.birth, row.sex) for row in self.missing)
        extra = Counter((row.birth, row.sex) for row in self.extra)
        return (extra - explained).total()


def compare(tier: str, expected: Counter[Row], found: Iterable[Row]) -> Comparison:
    """Compare the rows of a tier with what must stand."""
    stand = Counter(found)
    return Comparison(
        tier=tier,
        rows=stand.total(),
        missing=tuple(sorted((expected - stand).elements())),
        extra=tuple(sorted((stand - expected).elements())),
    )


_TOWN = """
select municipality, name, kana, birth_date, sex,
       address_town || address_lot || case when address_building = '' then ''
                                           else U&'\\3000' || address_building end,
       postal_code
  from register.resident
 where state = 'live'
"""
_NETWORK = """
select municipality, name, kana, birth_date, sex, address, postal_code
  from jukinet.person
 where state = 'live'
"""
_EVENTS = "select municipality, number from register.event"
_TWICE_LIVE = """
select count(*)
  from (select code_hash from jukinet.person where state = 'live'
         group by code_hash having count(*) > 1) as twice
"""
_PROVISIONS = """
select g.first_index + p.place, p.organ_id, p.affair_id
  from jukinet.provision as p
  join jukinet.provision_group as g on g.group_id = p.group_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the checker found.

    Attributes:
        acknowledged: operations that were confirmed to a client.
        events: those of them that counters entered.
        lost: confirmed operations or their effects that are missing somewhere.
        doubled: effects that stand twice.
        details: one sentence for each kind of difference; no names, no numbers of persons.
    """

    acknowledged: int
    events: int
    lost: int
    doubled: int
    details: tuple[str, ...]


def check(history: Path, *, town: str, prefecture: str, nation: str) -> Verdict:
    """Compare the tables of all tiers with the history.

    Args:
        history: file of acknowledged operations.
        town: DSN of the town tier, as a role that sees every town.
        prefecture: DSN of the prefecture tier.
        nation: DSN of the nation tier.
    """
    state = replay(history)
    expected = state.expected()
    tiers = [
        compare("town", expected, _rows(town, _TOWN)),
        compare("prefecture", expected, _rows(prefecture, _NETWORK)),
        compare("nation", expected, _rows(nation, _NETWORK)),
    ]
    lost, doubled, details = 0, 0, []
    for tier in tiers:
        lost, doubled = lost + len(tier.missing), doubled + tier.doubled
        if tier.missing or tier.extra:
            details.append(f"{tier.tier}: {len(tier.missing)} missing, {len(tier.extra)} extra")
    for name, count_lost, count_doubled in (
        ("events", *_events(state, town)),
        ("provisions", *_provisions(state, nation)),
        ("codes", 0, _scalar(nation, _TWICE_LIVE)),
    ):
        lost, doubled = lost + count_lost, doubled + count_doubled
        if count_lost or count_doubled:
            details.append(f"{name}: {count_lost} lost, {count_doubled} doubled")
    return Verdict(
        acknowledged=state.acknowledged,
        events=sum(map(len, state.numbers.values())),
        lost=lost,
        doubled=doubled,
        details=tuple(details),
    )


def _events(state: Replay, dsn: str) -> tuple[int, int]:
    """(acknowledged numbers that are not in the log, numbers given to two acknowledgements)."""
    logged: dict[str, set[int]] = defaultdict(set)
    with psycopg.connect(dsn) as connection:
        for municipality, number in connection.execute(_EVENTS):
            logged[municipality].add(number)
    lost = doubled = 0
    for municipality, numbers in state.numbers.items():
        lost += len(set(numbers) - logged[municipality])
        doubled += len(numbers) - len(set(numbers))
    gaps = sum(max(numbers) - len(numbers) for numbers in logged.values() if numbers)
    return lost + gaps, doubled


def _provisions(state: Replay, dsn: str) -> tuple[int, int]:
    """(answers that left without a record in the log, records at one place twice)."""
    if not state.provisions:
        return 0, 0
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_PROVISIONS)
        recorded = Counter((int(i), str(organ), str(affair)) for i, organ, affair in rows)
    places = Counter(index for index, _, _ in recorded.elements())
    lost = (state.provisions - recorded).total()
    return lost, sum(count - 1 for count in places.values())


def _rows(dsn: str, query: str) -> list[Row]:
    with psycopg.connect(dsn) as connection:
        return [Row(*row) for row in connection.execute(query)]


def _scalar(dsn: str, query: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
