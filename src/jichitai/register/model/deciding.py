"""From a form to what must be loaded, and from there to a decision."""

from collections.abc import Iterable
from typing import TypeVar, assert_never

from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.persons import PersonName
from jichitai.register.model import forms
from jichitai.register.model.forms import Form, Person
from jichitai.register.model.rules import arrivals, corrections, departures, moves, reversal
from jichitai.register.model.rules.people import parse_sex
from jichitai.register.model.situation import Decision, Situation, Wanted


def wanted(form: Form) -> Wanted:
    """What has to be loaded before `decide` can judge the form.

    Args:
        form: complete or not; what cannot be read is left out.

    Source: 住民記録システム標準仕様書 4.0.1 (異動者), 4.1.1.2 (再転入者).
    """
    match form:
        case forms.Birth():
            born = forms.Person(
                name=form.person.name,
                kana=form.person.kana,
                birth_date=form.occurred_on,
                sex=form.person.sex,
            )
            return Wanted(
                households=frozenset({form.household_id} if form.household_id else ()),
                lookalikes=_lookalikes((born,)),
                people=1,
                codes_needed=1,
            )
        case forms.MoveIn() | forms.MoveInAbroad():
            return Wanted(
                households=frozenset({form.household_id} if form.household_id else ()),
                codes=_readable(JukiCode, (p.juki_code for p in form.people)),
                numbers=_readable(MyNumber, (p.my_number for p in form.people)),
                lookalikes=_lookalikes(form.people),
                people=len(form.people),
                codes_needed=sum(1 for p in form.people if not p.juki_code.strip()),
            )
        case forms.Death() | forms.NameCorrection():
            return Wanted(residents=frozenset({form.resident_id} if form.resident_id else ()))
        case forms.CodeChange():
            return Wanted(
                residents=frozenset({form.resident_id} if form.resident_id else ()),
                codes_needed=1,
            )
        case forms.MoveWithin():
            return Wanted(
                residents=frozenset(form.resident_ids),
                households=frozenset({form.household_id} if form.household_id else ()),
            )
        case forms.MoveOut() | forms.MoveAbroad() | forms.MinorCorrection():
            return Wanted(residents=frozenset(form.resident_ids))
        case forms.HeadChange():
            return Wanted(households=frozenset({form.household_id} if form.household_id else ()))
        case forms.Cancellation():
            return Wanted(event=form.event_number or None)
    assert_never(form)


_Number = TypeVar("_Number", JukiCode, MyNumber)


def _readable(kind: type[_Number], texts: Iterable[str]) -> frozenset[_Number]:
    numbers = set()
    for text in texts:
        try:
            numbers.add(kind.parse(text))
        except InvalidError:
            continue
    return frozenset(numbers)


def _lookalikes(people: Iterable[Person]) -> frozenset[tuple[str, str, str]]:
    keys = set()
    for person in people:
        try:
            name = PersonName.parse(person.name, person.kana)
            born = UncertainDate.parse(person.birth_date.strip())
            keys.add((name.search_key(), born.code, parse_sex(person.sex.strip()).value))
        except InvalidError:
            continue
    return frozenset(keys)


def decide(form: Form, situation: Situation) -> Decision:  # noqa: C901 - one line an event
    """Judge a form by the rules of its event.

    Args:
        form: as entered.
        situation: what `wanted` asked for.

    Returns:
        Rows before and after, households, errors and alerts. Nothing is raised for a wrong form.

    Source: 住民基本台帳法 第8条; 住民記録システム標準仕様書 4 (異動), 11.1 (エラー・アラート項目).
    """
    match form:
        case forms.Birth():
            return arrivals.birth(form, situation)
        case forms.Death():
            return departures.death(form, situation)
        case forms.MoveIn():
            return arrivals.move_in(form, situation)
        case forms.MoveInAbroad():
            return arrivals.move_in_abroad(form, situation)
        case forms.MoveWithin():
            return moves.move_within(form, situation)
        case forms.MoveOut():
            return departures.move_out(form, situation)
        case forms.MoveAbroad():
            return departures.move_abroad(form, situation)
        case forms.HeadChange():
            return moves.head_change(form, situation)
        case forms.NameCorrection():
            return corrections.name_correction(form, situation)
        case forms.MinorCorrection():
            return corrections.minor_correction(form, situation)
        case forms.CodeChange():
            return corrections.code_change(form, situation)
        case forms.Cancellation():
            return reversal.cancellation(form, situation)
    assert_never(form)
