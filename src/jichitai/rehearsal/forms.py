"""Turns planned events into the forms (届書) of the counter, as a clerk would fill them in."""

from dataclasses import dataclass, field
from typing import Any

from jichitai.rehearsal.loading import household_id, resident_id
from jichitai.rehearsal.plan.events import Kind, Particulars, PlannedEvent, Spot
from jichitai.rehearsal.population.people import Population

Form = dict[str, Any]


@dataclass(slots=True)
class Line:
    """A person in the register of one town, as clerks see them."""

    town: str
    resident: str
    household: str
    code: str
    number: str


@dataclass(slots=True)
class Book:
    """What clerks have looked up: where each person's line is, and the number of each event."""

    lines: dict[int, Line] = field(default_factory=dict)
    numbers: dict[int, tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, population: Population) -> "Book":
        """The book on the first day."""
        seed = population.seed
        return cls(
            {
                key: Line(
                    p.municipality,
                    str(resident_id(seed, key)),
                    str(household_id(seed, p.household)),
                    p.code,
                    p.number,
                )
                for key, p in enumerate(population.people)
            }
        )

    def residents(self, people: tuple[int, ...]) -> list[str]:
        """Ids of these people's lines."""
        return [self.lines[key].resident for key in people]


def form_of(event: PlannedEvent, book: Book) -> Form:
    """The form of one event; dates as people write them are left to the pages."""
    form: Form = {"kind": str(event.kind), "occurred_on": event.occurred_on.isoformat()}
    return form | _DETAILS[event.kind](event, book)


def _birth(event: PlannedEvent, book: Book) -> Form:
    (child,), mother = event.entering, event.people[1]
    return {"person": _person(child, book), "household_id": book.lines[mother].household}


def _death(event: PlannedEvent, book: Book) -> Form:
    return {"resident_id": book.lines[event.people[0]].resident}


def _move_in(event: PlannedEvent, book: Book) -> Form:
    return {
        "people": [_person(one, book) for one in event.entering],
        "place": _place(event.place),
        "previous_municipality": event.previous,
        "previous_address": event.previous_text,
        "special": event.special,
    }


def _move_in_abroad(event: PlannedEvent, book: Book) -> Form:
    return {
        "people": [_person(one, book) for one in event.entering],
        "place": _place(event.place),
        "country": event.previous_text,
    }


def _move_within(event: PlannedEvent, book: Book) -> Form:
    relations = {book.lines[key].resident: relation for key, relation in event.relations}
    return {
        "resident_ids": book.residents(event.people),
        "place": _place(event.place),
        "relations": relations,
    }


def _move_out(event: PlannedEvent, book: Book) -> Form:
    return {
        "resident_ids": book.residents(event.people),
        "destination": event.destination,
        "destination_address": event.destination_text,
        "special": event.special,
    }


def _move_abroad(event: PlannedEvent, book: Book) -> Form:
    return {"resident_ids": book.residents(event.people), "country": event.destination_text}


def _head_change(event: PlannedEvent, book: Book) -> Form:
    head = next(key for key, relation in event.relations if relation == "世帯主")
    return {
        "household_id": book.lines[head].household,
        "new_head_id": book.lines[head].resident,
        "relations": {
            book.lines[key].resident: relation for key, relation in event.relations if key != head
        },
    }


def _name_correction(event: PlannedEvent, book: Book) -> Form:
    return {
        "resident_id": book.lines[event.people[0]].resident,
        "name": event.name,
        "kana": event.kana,
        "basis": "ex-officio",
    }


def _minor_correction(event: PlannedEvent, book: Book) -> Form:
    return {
        "resident_ids": book.residents(event.people),
        "cause": event.cause,
        "place": _place(event.place),
    }


def _cancellation(event: PlannedEvent, book: Book) -> Form:
    return {"event_number": book.numbers[event.cancels][1], "cause": event.cause}


_DETAILS = {
    Kind.BIRTH: _birth,
    Kind.DEATH: _death,
    Kind.MOVE_IN: _move_in,
    Kind.MOVE_IN_ABROAD: _move_in_abroad,
    Kind.MOVE_WITHIN: _move_within,
    Kind.MOVE_OUT: _move_out,
    Kind.MOVE_ABROAD: _move_abroad,
    Kind.HEAD_CHANGE: _head_change,
    Kind.NAME_CORRECTION: _name_correction,
    Kind.MINOR_CORRECTION: _minor_correction,
    Kind.CANCELLATION: _cancellation,
}


def _person(one: Particulars, book: Book) -> Form:
    known = book.lines.get(one.key)
    return {
        "name": one.name,
        "kana": one.kana,
        "kana_confirmed": True,
        "alias": one.alias,
        "alias_kana": one.alias_kana,
        "birth_date": one.birth,
        "sex": one.sex,
        "relation": one.relation,
        "juki_code": known.code if known else one.code,
        "my_number": known.number if known else one.number,
    }


def _place(spot: Spot | None) -> Form:
    if spot is None:
        return {}
    return {
        "town": spot.town,
        "lot": spot.lot,
        "building": spot.building,
        "postal_code": spot.postal,
    }
