"""A resident as a database row and back; the only place that seals and opens numbers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from jichitai.infra.crypto import BlindIndex, Sealer
from jichitai.infra.keys import Keys
from jichitai.kernel.addresses import Address
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import (
    AddresseeNumber,
    HouseholdNumber,
    JukiCode,
    LocalGovernmentCode,
    MyNumber,
)
from jichitai.kernel.persons import PersonName, Sex
from jichitai.kernel.relations import Relation
from jichitai.register.model.reasons import Basis, Reason
from jichitai.register.model.resident import Departure, Household, Resident, State

COLUMNS: tuple[str, ...] = (
    "municipality", "resident_id", "version", "event_number", "state", "addressee_number",
    "household_id", "relation", "name", "kana", "kana_confirmed", "kana_key", "given_key",
    "name_key", "former_name", "former_kana", "alias", "alias_kana", "birth_date", "sex",
    "address_town", "address_lot", "address_building", "postal_code", "machiaza",
    "resident_since", "address_since", "reported_on", "basis", "previous_municipality",
    "previous_address", "honseki", "hittosha", "planned_on", "destination",
    "destination_address", "destination_abroad", "destination_special", "fixed_on",
    "fixed_municipality", "fixed_address", "told_at", "removed_on", "removed_reason",
    "juki_code", "code_index", "my_number", "number_index",
)  # fmt: skip
"""Columns of `resident` and `resident_history`, in the order of the tables."""

Row = Mapping[str, Any]


def name_key(text: str) -> str:
    """A name for exact search: JIS X 0213 characters without spaces."""
    return PersonName(text).reduced().replace("　", "").replace(" ", "")


class Vault:
    """Turns residents into rows with sealed numbers, and rows into residents."""

    def __init__(self, keys: Keys) -> None:
        """Take the tier's column keys."""
        self._sealer: Sealer = keys.columns
        self._blind: BlindIndex = keys.blind

    def code_index(self, code: JukiCode) -> bytes:
        """Keyed hash under which a 住民票コード is found."""
        return self._blind.of("code", code.reveal())

    def number_index(self, number: MyNumber) -> bytes:
        """Keyed hash under which a 個人番号 is found."""
        return self._blind.of("number", number.reveal())

    def digest(self, content: bytes) -> bytes:
        """Keyed hash of a content, to tell a repetition from a change."""
        return self._blind.of("content", content.hex())

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Seal a column of this package's tables."""
        return self._sealer.seal(plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Open a column of this package's tables."""
        return self._sealer.open(bytes(sealed), context)

    def row(self, resident: Resident, event_number: int) -> tuple[object, ...]:
        """The values of `COLUMNS`."""
        context = resident.id.bytes
        number = resident.my_number
        leaving = resident.departure or _STAYS
        return (
            resident.address.municipality.value,
            resident.id,
            resident.version,
            event_number,
            resident.state.value,
            resident.addressee_number.value,
            resident.household_id,
            resident.relation.text,
            *_name_values(resident),
            resident.birth_date.code,
            resident.sex.value,
            resident.address.town,
            resident.address.lot,
            resident.address.building,
            resident.address.postal_code,
            resident.address.machiaza,
            resident.resident_since.code,
            resident.address_since.code,
            resident.reported_on,
            resident.basis.value,
            resident.previous_municipality,
            resident.previous_address,
            resident.honseki,
            resident.hittosha,
            leaving.planned_on,
            leaving.destination,
            leaving.destination_address,
            leaving.abroad,
            leaving.special,
            leaving.fixed_on,
            leaving.fixed_municipality,
            leaving.fixed_address,
            leaving.told_at,
            resident.removed_on.code if resident.removed_on else None,
            resident.removed_reason.value if resident.removed_reason else None,
            self._sealer.seal(resident.juki_code.reveal().encode(), context),
            self.code_index(resident.juki_code),
            self._sealer.seal(number.reveal().encode(), context) if number else None,
            self.number_index(number) if number else None,
        )

    def resident(self, row: Row) -> Resident:
        """The resident of a row that has all `COLUMNS`."""
        resident_id: UUID = row["resident_id"]
        sealed = row["my_number"]
        removed_on, removed_reason = row["removed_on"], row["removed_reason"]
        return Resident(
            id=resident_id,
            version=row["version"],
            state=State(row["state"]),
            addressee_number=AddresseeNumber(row["addressee_number"]),
            juki_code=JukiCode(self.open(row["juki_code"], resident_id.bytes).decode()),
            my_number=MyNumber(self.open(sealed, resident_id.bytes).decode()) if sealed else None,
            household_id=row["household_id"],
            relation=Relation(row["relation"]),
            name=PersonName(row["name"], row["kana"]),
            kana_confirmed=row["kana_confirmed"],
            former_name=_optional_name(row["former_name"], row["former_kana"]),
            alias=_optional_name(row["alias"], row["alias_kana"]),
            birth_date=UncertainDate.parse(row["birth_date"]),
            sex=Sex(row["sex"]),
            address=_address(row),
            resident_since=UncertainDate.parse(row["resident_since"]),
            address_since=UncertainDate.parse(row["address_since"]),
            reported_on=row["reported_on"],
            basis=Basis(row["basis"]),
            previous_municipality=row["previous_municipality"],
            previous_address=row["previous_address"],
            honseki=row["honseki"],
            hittosha=row["hittosha"],
            departure=_departure(row),
            removed_on=UncertainDate.parse(removed_on) if removed_on else None,
            removed_reason=Reason(removed_reason) if removed_reason else None,
        )


_STAYS = Departure(planned_on=None)


def _name_values(resident: Resident) -> tuple[object, ...]:
    name, former, alias = resident.name, resident.former_name, resident.alias
    return (
        name.text,
        name.kana,
        resident.kana_confirmed,
        name.search_key(),
        name.given_key(),
        name_key(name.text),
        former.text if former else None,
        former.kana if former else None,
        alias.text if alias else None,
        alias.kana if alias else None,
    )


def _optional_name(text: str | None, kana: str | None) -> PersonName | None:
    return PersonName(text, kana or "") if text else None


def _address(row: Row) -> Address:
    return Address(
        municipality=LocalGovernmentCode(row["municipality"]),
        town=row["address_town"],
        lot=row["address_lot"],
        building=row["address_building"],
        postal_code=row["postal_code"],
        machiaza=row["machiaza"],
    )


def _departure(row: Row) -> Departure | None:
    if row["planned_on"] is None and row["told_at"] is None:
        return None
    return Departure(
        planned_on=row["planned_on"],
        destination=row["destination"],
        destination_address=row["destination_address"],
        abroad=row["destination_abroad"],
        special=row["destination_special"],
        fixed_on=row["fixed_on"],
        fixed_municipality=row["fixed_municipality"],
        fixed_address=row["fixed_address"],
        told_at=row["told_at"],
    )


def household(row: Row) -> Household:
    """The household of a row of `register.household`."""
    return Household(
        id=row["household_id"],
        number=HouseholdNumber(row["household_number"]),
        municipality=LocalGovernmentCode(row["municipality"]),
        head=row["head_id"],
        closed=row["closed"],
    )
