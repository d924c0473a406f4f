"""What a year consists of: events to be entered at a counter, and what must stand at its end."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of events, named as the forms of the counter."""

    BIRTH = "birth"
    DEATH = "death"
    MOVE_IN = "move-in"
    MOVE_IN_ABROAD = "move-in-abroad"
    MOVE_WITHIN = "move-within"
    MOVE_OUT = "move-out"
    MOVE_ABROAD = "move-abroad"
    HEAD_CHANGE = "head-change"
    NAME_CORRECTION = "name-correction"
    MINOR_CORRECTION = "minor-correction"
    CANCELLATION = "cancellation"


@dataclass(frozen=True, slots=True)
class Spot:
    """An address inside a municipality."""

    town: str
    lot: str
    building: str
    postal: str

    @property
    def text(self) -> str:
        """The address after the municipality's name."""
        return f"{self.town}{self.lot}" + (f"\u3000{self.building}" if self.building else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a form says of a person who enters a register. `code` is empty for the newly born."""

    key: int
    name: str
    kana: str
    birth: str
    sex: str
    relation: str
    code: str = ""
    number: str = ""
    alias: str = ""
    alias_kana: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEvent:
    """One event as it will be brought to a counter.

    Attributes:
        serial: from 1, in the order of entry.
        day: the business day of the counter.
        town: where it is entered.
        people: keys of those whom it concerns.
        entering: particulars of those who enter the register by it.
        occurred_on: 異動日; for a move-out the planned day, which may come later than `day`.
        place: new address.
        household: key of the household joined or changed; -1 for a new or unchanged one.
        relations: (person, new relation).
        previous: town before; `previous_text` its address, or the country.
        destination: town to which people go; `destination_text` the address or country.
        special: 特例 (with the card, no paper).
        name, kana: corrected name.
        cause: of a minor correction or of a cancellation.
        cancels: serial of the event that is reversed, or 0.
    """

    serial: int
    day: date
    kind: Kind
    town: str
    people: tuple[int, ...]
    occurred_on: date
    entering: tuple[Particulars, ...] = ()
    place: Spot | None = None
    household: int = -1
    relations: tuple[tuple[int, str], ...] = ()
    previous: str = ""
    previous_text: str = ""
    destination: str = ""
    destination_text: str = ""
    special: bool = False
    name: str = ""
    kana: str = ""
    cause: str = ""
    cancels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the network must know of a person once the year is over.

    Attributes:
        municipality: where the person is registered, or empty: dead, abroad, or on the way.
        code: 住民票コード, or empty when it was given out during the year.
    """

    key: int
    municipality: str
    name: str
    kana: str
    birth: str
    sex: str
    spot: Spot
    code: str


@dataclass(frozen=True, slots=True)
class Year:
    """A planned year.

    Attributes:
        events: in the order of entry.
        expected: every person who was ever registered, by key. Keys below the size of the
            population are its indices.
    """

    start: date
    end: date
    events: tuple[PlannedEvent, ...] = field(repr=False)
    expected: tuple[Expected, ...] = field(repr=False)
