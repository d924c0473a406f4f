"""Forms without the numbers of persons, for screens and answers."""

from msgspec.structs import replace

from jichitai.register.model.forms import Birth, Form, MoveIn, MoveInAbroad, Person

MASK = "••••"
"""Stands for a number that was given; its length tells nothing."""


def masked(form: Form) -> Form:
    """The same form with every number of a person covered; absent ones stay absent.

    Source: 番号法 第12条 (安全管理措置); 住民記録システム標準仕様書 10.4 (表示の制御).
    """
    if isinstance(form, Birth):
        return replace(form, person=_covered(form.person))
    if isinstance(form, MoveIn | MoveInAbroad):
        return replace(form, people=tuple(_covered(person) for person in form.people))
    return form


def unmasked(form: Form, known: Form) -> Form:
    """A form that came back from a screen, with covered numbers put in again.

    Args:
        form: as sent; a covered number means that it was left alone.
        known: the form as it was kept.

    Source: 住民記録システム標準仕様書 4.0.9 (入力確認・修正).
    """
    if isinstance(form, MoveIn | MoveInAbroad) and isinstance(known, MoveIn | MoveInAbroad):
        before = (*known.people, *(Person(),) * len(form.people))
        people = zip(form.people, before, strict=False)
        return replace(form, people=tuple(_put_back(new, old) for new, old in people))
    return form


def _covered(person: Person) -> Person:
    return replace(
        person,
        juki_code=MASK if person.juki_code else "",
        my_number=MASK if person.my_number else "",
    )


def _put_back(new: Person, old: Person) -> Person:
    return replace(
        new,
        juki_code=old.juki_code if new.juki_code == MASK else new.juki_code,
        my_number=old.my_number if new.my_number == MASK else new.my_number,
    )
