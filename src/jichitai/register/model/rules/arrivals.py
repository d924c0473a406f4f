"""Events that enter people: birth, move-in from a town, move-in from abroad."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from msgspec.structs import replace

from jichitai.kernel.addresses import Address
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import AddresseeNumber, JukiCode
from jichitai.register.model.findings import Findings
from jichitai.register.model.forms import Birth, MoveIn, MoveInAbroad, Person, Place
from jichitai.register.model.reasons import Basis, EventKind, Reason
from jichitai.register.model.resident import Change, Household, Resident, State
from jichitai.register.model.rules import checks
from jichitai.register.model.rules.checks import SPEC
from jichitai.register.model.rules.people import (
    Arrival,
    earlier_stay,
    plausible_parents,
    read_person,
)
from jichitai.register.model.situation import Decision, Situation, settle


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What the lines of one arrival have in common."""

    day: UncertainDate
    reported: date
    basis: Basis
    address: Address
    household_id: UUID
    previous_municipality: str
    previous_address: str


def birth(form: Birth, situation: Situation) -> Decision:
    """出生: an ex officio entry with a new 住民票コード; the 個人番号 follows.

    Args:
        form: the notice of the family register as entered. The event date is the birth date.
        situation: the register.

    Returns:
        The decision; its findings say what is wrong.

    Source: 住民基本台帳法 第8条, 第30条の3第2項; 住民記録システム標準仕様書 4.2.1.2.
    """
    found = Findings()
    reported = checks.reported_on(found, form, situation.today)
    day = checks.uncertain_day(found, form, situation.today, name="出生の年月日")
    home = checks.household(found, form.household_id, situation)
    address = situation.address_of(home.id) if home else None
    written = replace(form.person, juki_code="", my_number="")
    child = (
        read_person(found, written, situation, where="person", born=form.occurred_on)
        if day is not None
        else None
    )
    if child is not None and home is not None:
        checks.heads(found, (child.relation,), home, where="person.relation")
        plausible_parents(found, child, situation.members(home.id), where="person")
        earlier_stay(found, child, situation, where="person")
    changes: tuple[Change, ...] = ()
    if child and day and home and address:
        entry = _Entry(
            day=day,
            reported=reported,
            basis=Basis.EX_OFFICIO,
            address=address,
            household_id=home.id,
            previous_municipality="",
            previous_address="",
        )
        changes = _lines(found, ((written, child),), entry, situation)
    return settle(
        Decision(
            kind=EventKind.BIRTH,
            reason=Reason.ENTRY_BIRTH,
            basis=Basis.EX_OFFICIO,
            occurred_on=day,
            reported_on=reported,
            changes=changes,
            findings=tuple(found.found),
        ),
        situation,
    )


def move_in(form: MoveIn, situation: Situation) -> Decision:
    """転入: the code is carried over from the old town's certificate.

    Args:
        form: the report with what the certificate says. With `special` the certificate must
            have come through the network.
        situation: the register.

    Returns:
        The decision; its findings say what is wrong.

    Source: 住民基本台帳法 第22条, 第24条の2, 第30条の3第1項; 住民記録システム標準仕様書 4.1.1.
    """
    found = Findings()
    town = checks.other_town(
        found, form.previous_municipality, situation, where="previous_municipality"
    )
    for number, person in enumerate(form.people):
        if not person.juki_code.strip():
            found.error(
                "code-missing",
                f"people.{number}.juki_code",
                "住民票コードがありません。転入する人は前の市区町村の住民票コードを引き継ぎます。"
                "転出証明書の住民票コードを入力してください。",
                "住民基本台帳法 第22条第1項第6号、第30条の3第1項",
            )
    day, reported, changes, codes = _arrive(
        found,
        form,
        situation,
        previous_municipality=town.value if town else "",
        previous_address=form.previous_address,
    )
    if form.special and not codes <= situation.certified:
        found.error(
            "certificate-missing",
            "special",
            "転出証明書情報がまだ届いていません。特例転入は、前の市区町村から届いた情報をもとに処理します。"
            "少し待つか、前の市区町村に送信を依頼してください。紙の転出証明書があれば、特例を外して入力できます。",
            f"住民基本台帳法 第24条の2、{SPEC} 4.1.1.3",
        )
    return settle(
        Decision(
            kind=EventKind.MOVE_IN,
            reason=Reason.ENTRY_FROM_TOWN,
            basis=form.basis,
            occurred_on=day,
            reported_on=reported,
            changes=changes,
            findings=tuple(found.found),
            previous_municipality=town.value if town else None,
            special=form.special,
        ),
        situation,
    )


def move_in_abroad(form: MoveInAbroad, situation: Situation) -> Decision:
    """国外転入: the old code when there was one, else a new one from the stock.

    Args:
        form: the report.
        situation: the register.

    Returns:
        The decision; its findings say what is wrong.

    Source: 住民基本台帳法 第22条, 第30条の3; 住民記録システム標準仕様書 4.1.1, 4.3.1.
    """
    found = Findings()
    day, reported, changes, _ = _arrive(
        found, form, situation, previous_municipality="", previous_address=form.country
    )
    return settle(
        Decision(
            kind=EventKind.MOVE_IN_ABROAD,
            reason=Reason.ENTRY_FROM_ABROAD,
            basis=form.basis,
            occurred_on=day,
            reported_on=reported,
            changes=changes,
            findings=tuple(found.found),
        ),
        situation,
    )


def _arrive(
    found: Findings,
    form: MoveIn | MoveInAbroad,
    situation: Situation,
    *,
    previous_municipality: str,
    previous_address: str,
) -> tuple[UncertainDate | None, date, tuple[Change, ...], frozenset[JukiCode]]:
    reported = checks.reported_on(found, form, situation.today)
    day = checks.event_day(found, form, situation.today, name="転入した日")
    checks.in_time(found, day, reported)
    if not form.people:
        found.error(
            "nobody-enters",
            "people",
            "転入する人が入力されていません。届書にある人を1人ずつ入力してください。",
            f"{SPEC} 4.0.1",
        )
    people = tuple(
        (person, read_person(found, person, situation, where=f"people.{number}"))
        for number, person in enumerate(form.people)
    )
    read = tuple((person, arrival) for person, arrival in people if arrival is not None)
    home = (
        checks.household(found, form.household_id, situation)
        if form.household_id is not None
        else None
    )
    address = _address(found, form.place, home, situation)
    _judge(found, tuple(arrival for _, arrival in read), home, situation, day)
    codes = frozenset(arrival.code for _, arrival in read if arrival.code is not None)
    if found.blocked or day is None or address is None:
        return UncertainDate.of(day) if day else None, reported, (), codes
    entry = _Entry(
        day=UncertainDate.of(day),
        reported=reported,
        basis=form.basis,
        address=address,
        household_id=home.id if home else situation.supply.household_id,
        previous_municipality=previous_municipality,
        previous_address=previous_address,
    )
    return entry.day, reported, _lines(found, read, entry, situation), codes


def _judge(
    found: Findings,
    arrivals: tuple[Arrival, ...],
    home: Household | None,
    situation: Situation,
    day: date | None,
) -> None:
    if arrivals:
        checks.heads(found, (a.relation for a in arrivals), home, where="people.0.relation")
    household: tuple[Resident | Arrival, ...] = (
        *arrivals,
        *(situation.members(home.id) if home else ()),
    )
    seen: set[JukiCode] = set()
    for number, arrival in enumerate(arrivals):
        where = f"people.{number}"
        earlier_stay(found, arrival, situation, where=where)
        plausible_parents(found, arrival, household, where=where)
        if day is not None and checks.before(day, arrival.birth_date):
            found.error(
                "before-birth",
                "occurred_on",
                "転入した日が、転入する人の生年月日より前です。どちらかの日付を直してください。",
                f"{SPEC} 11.1",
            )
        if arrival.code in seen:
            found.error(
                "code-twice",
                f"{where}.juki_code",
                "同じ住民票コードが2人に入力されています。転出証明書と照らして、入力し直してください。",
                "住民基本台帳法 第30条の3",
            )
        if arrival.code:
            seen.add(arrival.code)


def _address(
    found: Findings, place: Place, home: Household | None, situation: Situation
) -> Address | None:
    """The place as written; those who join a household live where it lives."""
    if home is None:
        return checks.own_address(found, place, situation)
    address = situation.address_of(home.id)
    if place == Place():
        return address
    written = checks.own_address(found, place, situation)
    if written and address and written.text != address.text:
        found.error(
            "other-address",
            "place.town",
            "入る先の世帯の住所と違います。世帯は住所を同じくする人の集まりです。"
            "住所を空欄にすると世帯の住所になります。住所が正しければ、新しい世帯として入力してください。",
            f"{SPEC} 4.0.2",
        )
    return address


def _lines(
    found: Findings,
    people: tuple[tuple[Person, Arrival], ...],
    entry: _Entry,
    situation: Situation,
) -> tuple[Change, ...]:
    codes = iter(situation.supply.codes)
    new = iter(zip(situation.supply.ids, situation.supply.addressees, strict=True))
    changes = []
    for person, arrival in people:
        code = arrival.code or next(codes, None)
        if code is None:
            checks.no_code_left(found)
            return ()
        changes.append(Change(before=arrival.known, after=_line(person, arrival, code, entry, new)))
    return tuple(changes)


def _line(
    person: Person,
    arrival: Arrival,
    code: JukiCode,
    entry: _Entry,
    new: Iterator[tuple[UUID, AddresseeNumber]],
) -> Resident:
    """A new line, or the next version of the line of somebody who comes back."""
    known = arrival.known
    resident_id, addressee = (known.id, known.addressee_number) if known else next(new)
    return Resident(
        id=resident_id,
        version=known.version + 1 if known else 1,
        state=State.LIVE,
        addressee_number=addressee,
        juki_code=code,
        my_number=arrival.number or (known.my_number if known else None),
        household_id=entry.household_id,
        relation=arrival.relation,
        name=arrival.name,
        kana_confirmed=person.kana_confirmed,
        former_name=arrival.former_name or (known.former_name if known else None),
        alias=arrival.alias or (known.alias if known else None),
        birth_date=arrival.birth_date,
        sex=arrival.sex,
        address=entry.address,
        resident_since=entry.day,
        address_since=entry.day,
        reported_on=entry.reported,
        basis=entry.basis,
        previous_municipality=entry.previous_municipality,
        previous_address=entry.previous_address,
        honseki=person.honseki.strip(),
        hittosha=person.hittosha.strip(),
    )
