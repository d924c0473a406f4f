"""The first draft of an entry, prefilled from the person or household it is about."""

from uuid import UUID

from jichitai.kernel.relations import HEAD
from jichitai.register.events import DepartureCertificate
from jichitai.register.model import forms
from jichitai.register.model.forms import Form, Person
from jichitai.register.model.reasons import Basis, EventKind
from jichitai.register.model.resident import Resident

FOR_PERSON = (
    EventKind.MOVE_WITHIN,
    EventKind.MOVE_OUT,
    EventKind.MOVE_ABROAD,
    EventKind.DEATH,
    EventKind.HEAD_CHANGE,
    EventKind.NAME_CORRECTION,
    EventKind.MINOR_CORRECTION,
    EventKind.CODE_CHANGE,
    EventKind.BIRTH,
)
"""Events that start from a person or household on the screen."""

FOR_ANYBODY = (EventKind.MOVE_IN, EventKind.MOVE_IN_ABROAD)
"""Events that start from an empty form."""


def first_form(  # noqa: C901 - one line for each event
    kind: EventKind, *, resident: Resident | None, members: tuple[Resident, ...], event_number: int
) -> Form:
    """A form with everything filled in that is known already.

    Args:
        kind: the event.
        resident: whom it is about.
        members: live members of that person's household.
        event_number: what to cancel.
    """
    one = resident.id if resident else None
    home = resident.household_id if resident else None
    everybody = tuple(row.id for row in members)
    match kind:
        case EventKind.MOVE_IN_ABROAD:
            return forms.MoveInAbroad(people=(Person(relation="世帯主"),))
        case EventKind.BIRTH:
            return forms.Birth(household_id=home, person=Person(relation="子"))
        case EventKind.DEATH:
            return forms.Death(resident_id=one)
        case EventKind.MOVE_WITHIN:
            return forms.MoveWithin(resident_ids=everybody)
        case EventKind.MOVE_OUT:
            return forms.MoveOut(resident_ids=everybody)
        case EventKind.MOVE_ABROAD:
            return forms.MoveAbroad(resident_ids=everybody)
        case EventKind.HEAD_CHANGE:
            return forms.HeadChange(household_id=home)
        case EventKind.NAME_CORRECTION:
            return forms.NameCorrection(resident_id=one)
        case EventKind.MINOR_CORRECTION:
            return forms.MinorCorrection(resident_ids=everybody)
        case EventKind.CODE_CHANGE:
            return forms.CodeChange(resident_id=one)
        case EventKind.CANCELLATION:
            return forms.Cancellation(event_number=event_number, basis=Basis.EX_OFFICIO)
        case _:
            return forms.MoveIn(people=(Person(relation="世帯主"),))


def from_certificate(form: forms.MoveIn, certificate: DepartureCertificate) -> forms.MoveIn:
    """A move-in filled in from a departure certificate; the clerk checks it with the person.

    Args:
        form: as it stands; dates and the new address stay.
        certificate: what the old town sent; the head of the household comes first.
    """
    people = tuple(
        Person(
            name=one.name,
            kana=one.kana,
            kana_confirmed=one.kana_confirmed,
            former_name=one.former_name,
            former_kana=one.former_kana,
            alias=one.alias,
            alias_kana=one.alias_kana,
            birth_date=one.birth_date,
            sex=one.sex,
            relation=one.relation,
            juki_code=one.juki_code,
            my_number=one.my_number,
            honseki=one.honseki,
            hittosha=one.hittosha,
        )
        for one in sorted(certificate.people, key=lambda one: one.relation != HEAD)
    )
    return forms.MoveIn(
        occurred_on=form.occurred_on,
        reported_on=form.reported_on,
        basis=form.basis,
        reporter=form.reporter,
        note=form.note,
        people=people,
        place=form.place,
        household_id=form.household_id,
        previous_municipality=certificate.municipality,
        previous_address=certificate.address,
        special=True,
    )


def parse_id(text: str) -> UUID | None:
    """An id of a hidden field, or None when it is no id."""
    try:
        return UUID(text)
    except ValueError:
        return None
