"""初期移行: taking over an existing register in one event, in bulk."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from jichitai.infra import audit
from jichitai.infra.audit import SYSTEM, Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.kernel.addresses import Address
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import AddresseeNumber, HouseholdNumber, JukiCode, MyNumber
from jichitai.kernel.persons import PersonName, Sex
from jichitai.kernel.relations import Relation
from jichitai.register.model.reasons import Basis, EventKind, Reason
from jichitai.register.model.resident import Resident, State
from jichitai.register.store import bulk, log
from jichitai.register.store.log import Event
from jichitai.register.store.rows import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialPerson:
    """A resident as the former register holds them.

    Attributes:
        id: becomes the resident's id.
        household_id: the same for all members of a household.
        address: in the municipality that is loaded.
    """

    id: UUID
    household_id: UUID
    relation: Relation
    name: PersonName
    birth_date: UncertainDate
    sex: Sex
    address: Address
    resident_since: date
    juki_code: JukiCode
    my_number: MyNumber | None = None
    address_since: date | None = None
    former_name: PersonName | None = None
    alias: PersonName | None = None
    kana_confirmed: bool = False
    honseki: str = ""
    hittosha: str = ""


async def load_initial(
    tx: Tx,
    municipality: str,
    people: Iterable[InitialPerson],
    *,
    keys: Keys,
    clock: Clock,
    by: Actor = SYSTEM,
) -> int:
    """Take over residents by COPY; one event of the log explains all their rows.

    May be called again for further people; households must not be split between calls.

    Args:
        tx: the transaction.
        municipality: code of the town.
        people: residents, read once; never all in memory.
        keys: the tier's keys.
        clock: the law's clock.
        by: who runs the take-over.

    Returns:
        How many residents were loaded.

    Source: 住民記録システム標準仕様書 10.6 (中間標準レイアウト); 住民基本台帳法 第6条.
    """
    counter = await log.lock(tx, municipality)
    number, vault = counter.event_number + 1, Vault(keys)
    loading = _Loading(serial=counter.addressee_serial, today=clock.today())
    await bulk.residents(tx, (vault.row(loading.resident(person), number) for person in people))
    serial = counter.household_serial
    homes = []
    for household_id, head, given in loading.numbered(serial):
        serial = given.serial
        homes.append((municipality, household_id, given.value, head, False, number))
    await bulk.households(tx, homes)
    await log.append(tx, _event(municipality, number, loading.count, by, clock))
    await log.advance(
        tx,
        municipality,
        replace(
            counter,
            event_number=number,
            addressee_serial=loading.serial,
            household_serial=serial,
        ),
    )
    await audit.record(
        tx,
        by=by,
        action="register.initial.load",
        facts={"municipality": municipality, "people": loading.count},
        at=clock.now(),
    )
    return loading.count


class _Loading:
    """Numbers given out and households met while people stream through."""

    def __init__(self, *, serial: int, today: date) -> None:
        self.serial = serial
        self.count = 0
        self._today = today
        self._heads: dict[UUID, UUID | None] = {}

    def resident(self, person: InitialPerson) -> Resident:
        """The first row of a person."""
        self.serial = AddresseeNumber.next_serial(self.serial)
        self.count += 1
        self._heads.setdefault(person.household_id, None)
        if person.relation.is_head:
            self._heads[person.household_id] = person.id
        return Resident(
            id=person.id,
            version=1,
            state=State.LIVE,
            addressee_number=AddresseeNumber.from_serial(self.serial),
            juki_code=person.juki_code,
            my_number=person.my_number,
            household_id=person.household_id,
            relation=person.relation,
            name=person.name,
            kana_confirmed=person.kana_confirmed,
            former_name=person.former_name,
            alias=person.alias,
            birth_date=person.birth_date,
            sex=person.sex,
            address=person.address,
            resident_since=UncertainDate.of(person.resident_since),
            address_since=UncertainDate.of(person.address_since or person.resident_since),
            reported_on=self._today,
            basis=Basis.REPORT,
            honseki=person.honseki,
            hittosha=person.hittosha,
        )

    def numbered(self, serial: int) -> Iterator[tuple[UUID, UUID | None, HouseholdNumber]]:
        """Households met, each with its head and a number."""
        for household_id, head in self._heads.items():
            serial = HouseholdNumber.next_serial(serial)
            yield household_id, head, HouseholdNumber.from_serial(serial)


def _event(town: str, number: int, count: int, by: Actor, clock: Clock) -> Event:
    return Event(
        municipality=town,
        number=number,
        event_id=uuid.uuid4(),
        kind=EventKind.INITIAL.value,
        reason=Reason.ENTRY_EX_OFFICIO.value,
        net_reason=Reason.ENTRY_EX_OFFICIO.net,
        basis=Basis.EX_OFFICIO.value,
        delta=count,
        occurred_on=UncertainDate.of(clock.today()).code,
        reported_on=clock.today(),
        recorded_at=clock.now(),
        entry_id=None,
        entered_by=by.id,
        approved_by=by.id,
        alerts=[],
        previous_municipality=None,
        destination=None,
        destination_address="",
        planned_on=None,
        special=False,
        cancels=None,
        persons=count,
    )
