"""Values with sensible defaults, for tests of every part."""

import itertools
import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from jichitai.infra.audit import Actor
from jichitai.kernel.addresses import Address
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import (
    AddresseeNumber,
    HouseholdNumber,
    JukiCode,
    LocalGovernmentCode,
    MyNumber,
)
from jichitai.kernel.persons import PersonName, Sex
from jichitai.kernel.relations import Relation
from jichitai.register.model.forms import Person, Place
from jichitai.register.model.reasons import Basis
from jichitai.register.model.resident import Household, Resident, State
from jichitai.register.model.situation import Situation, Supply
from jichitai.register.service.initial import InitialPerson

TOWN = "011002"
OTHER_TOWN = "131016"
TODAY = date(2026, 11, 20)

CLERK = Actor("staff", "clerk-1", "佐藤", frozenset({"clerk"}))
APPROVER = Actor("staff", "approver-1", "山本", frozenset({"clerk", "approver"}))

_serial = itertools.count(1)


def juki_code(serial: int | None = None) -> JukiCode:
    """A code that no other call without a serial gives."""
    body = (next(_serial) if serial is None else serial) * 7919 + 1_000_000_000
    while True:
        try:
            return JukiCode.from_body(body % 10**10)
        except InvalidError:
            body += 1_000_003


def my_number(serial: int | None = None) -> MyNumber:
    """A number that no other call without a serial gives."""
    return MyNumber.from_body((next(_serial) if serial is None else serial) + 20_000_000_000)


def address(town: str = "本町二丁目", lot: str = "3番4号", **parts: str) -> Address:
    """An address in the test town."""
    return Address(LocalGovernmentCode(TOWN), town, lot, **parts)


def place(town: str = "本町二丁目", lot: str = "3番4号", **parts: str) -> Place:
    """An address as written on a form."""
    return Place(town=town, lot=lot, **parts)


def name(text: str = "見本　太郎", kana: str = "ミホン　タロウ") -> PersonName:
    return PersonName(text, kana)


def resident(**values: Any) -> Resident:
    """A head of household, 41 years old, here since 2020."""
    serial = next(_serial)
    row = Resident(
        id=uuid.uuid4(),
        version=1,
        state=State.LIVE,
        addressee_number=AddresseeNumber.from_serial(AddresseeNumber.next_serial(serial * 20)),
        juki_code=juki_code(serial),
        my_number=my_number(serial),
        household_id=uuid.uuid4(),
        relation=Relation("世帯主"),
        name=name(),
        birth_date=UncertainDate.of(date(1985, 5, 1)),
        sex=Sex.MALE,
        address=address(),
        resident_since=UncertainDate.of(date(2020, 4, 1)),
        address_since=UncertainDate.of(date(2020, 4, 1)),
        reported_on=date(2020, 4, 2),
        basis=Basis.REPORT,
    )
    return replace(row, **values)


def family(size: int = 3, **values: Any) -> tuple[Resident, ...]:
    """A household: head, spouse, children."""
    home = values.pop("household_id", None) or uuid.uuid4()
    people = [
        ("世帯主", "見本　太郎", "ミホン　タロウ", Sex.MALE, 1985),
        ("妻", "見本　花子", "ミホン　ハナコ", Sex.FEMALE, 1986),
        ("子", "見本　次郎", "ミホン　ジロウ", Sex.MALE, 2012),
        ("子", "見本　三奈", "ミホン　ミナ", Sex.FEMALE, 2015),
    ]
    return tuple(
        resident(
            household_id=home,
            relation=Relation(relation),
            name=PersonName(text, kana),
            sex=sex,
            birth_date=UncertainDate.of(date(year, 5, 1)),
            **values,
        )
        for relation, text, kana, sex, year in people[:size]
    )


def household(members: Iterable[Resident], **values: Any) -> Household:
    """The household of some residents."""
    rows = tuple(members)
    home = Household(
        id=rows[0].household_id,
        number=HouseholdNumber.from_serial(HouseholdNumber.next_serial(next(_serial) * 20)),
        municipality=LocalGovernmentCode(TOWN),
        head=next((row.id for row in rows if row.live and row.is_head), None),
        closed=not any(row.live for row in rows),
    )
    return replace(home, **values)


def supply(people: int = 4, codes: int = 4) -> Supply:
    serials = [AddresseeNumber.next_serial(900_000 + n * 20) for n in range(people)]
    return Supply(
        ids=tuple(uuid.uuid4() for _ in range(people)),
        addressees=tuple(AddresseeNumber.from_serial(serial) for serial in serials),
        household_id=uuid.uuid4(),
        household_number=HouseholdNumber.from_serial(HouseholdNumber.next_serial(900_000)),
        codes=tuple(juki_code() for _ in range(codes)),
    )


def situation(*households: tuple[Resident, ...], **values: Any) -> Situation:
    """The register with these households in it."""
    rows = [row for members in households for row in members]
    found = Situation(
        municipality=LocalGovernmentCode(TOWN),
        today=TODAY,
        supply=supply(),
        residents={row.id: row for row in rows},
        households={members[0].household_id: household(members) for members in households},
    )
    return replace(found, **values)


def person(**values: Any) -> Person:
    """A person as written on a form: a head with a code from another town."""
    filled: dict[str, Any] = {
        "name": "例示　一郎",
        "kana": "レイジ　イチロウ",
        "birth_date": "S60.1.2",
        "sex": "1",
        "relation": "世帯主",
        "juki_code": juki_code().reveal(),
        "my_number": my_number().reveal(),
    }
    return Person(**(filled | values))


def initial(rows: Iterable[Resident]) -> list[InitialPerson]:
    """Residents as a former register holds them."""
    return [
        InitialPerson(
            id=row.id,
            household_id=row.household_id,
            relation=row.relation,
            name=row.name,
            birth_date=row.birth_date,
            sex=row.sex,
            address=row.address,
            resident_since=row.resident_since.sort_key,
            juki_code=row.juki_code,
            my_number=row.my_number,
        )
        for row in rows
    ]


def new_id() -> UUID:
    return uuid.uuid4()
