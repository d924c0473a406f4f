"""Facts that leave the register, for those who derive messages from its log.

A `Fact` is one event of one municipality. Facts of a municipality are numbered without gaps
and are read in that order; nothing that is not approved (仮登録) ever becomes a fact.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from jichitai.kernel.addresses import Address
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.persons import PersonName, Sex
from jichitai.register.model.reasons import EventKind
from jichitai.register.model.resident import Change, Resident

__all__ = [
    "ArrivalNotice",
    "CertificatePerson",
    "DepartureCertificate",
    "EventKind",
    "Fact",
    "IdentityRecord",
    "PersonChange",
    "identity_record",
    "person_change",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRecord:
    """本人確認情報 of one resident.

    Attributes:
        resident_id: the line in the register of this municipality.
        resident_since: 住民となった日 (for an uncertain day its sort key).

    Source: 住民基本台帳法 第30条の6第1項.
    """

    resident_id: UUID
    juki_code: JukiCode
    my_number: MyNumber | None
    name: PersonName
    former_name: PersonName | None
    alias: PersonName | None
    birth_date: UncertainDate
    sex: Sex
    address: Address
    resident_since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """How an event changes the identity record of one person.

    None before: the person enters the register. None after: the person leaves it.
    Never none on both sides, never equal on both sides.
    """

    before: IdentityRecord | None
    after: IdentityRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One event of the log.

    Attributes:
        municipality: code of the town.
        number: gapless number of the event in the town, from 1.
        kind: what happened. `INITIAL` (the first load) has no changes here: read the people
            with `identity_records`.
        reason: code of change_reasons.csv (A.., D.., M..).
        net_reason: N.. of the same table, or empty where the network is told nothing.
        occurred_on: 異動日.
        recorded_at: when it was approved (本登録).
        changes: identity records that the event entered, altered or deleted; empty when
            it touched only items that the network is not told, such as a 転出 that is still
            planned.
        previous_municipality: for a move-in, the town before.
        destination: for a move-out, the code of the new town, or empty when unknown or abroad.
        planned_on: for a move-out, 転出予定年月日.
        special: 特例転入 or a 転出 that uses it.
        needs_number: persons who were entered without 個人番号 and must get one.
        departing: for an approved move-out (kind MOVE_OUT), the codes of those who leave, so
            that the departure certificate (転出証明書情報) can be sent when it is special.
        cancels: for a cancellation, the number of the event that it reverses.
    """

    municipality: str
    number: int
    kind: EventKind
    reason: str
    net_reason: str
    occurred_on: UncertainDate
    recorded_at: datetime
    changes: tuple[PersonChange, ...]
    previous_municipality: str | None = None
    destination: str | None = None
    planned_on: date | None = None
    special: bool = False
    needs_number: tuple[UUID, ...] = ()
    departing: tuple[JukiCode, ...] = ()
    cancels: int | None = None


class CertificatePerson(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a departure certificate, as text."""

    juki_code: str
    my_number: str
    name: str
    kana: str
    kana_confirmed: bool
    former_name: str
    former_kana: str
    alias: str
    alias_kana: str
    birth_date: str
    sex: str
    relation: str
    honseki: str
    hittosha: str

    def __repr__(self) -> str:
        """Hide the person from logs and traces."""
        return "<CertificatePerson ・・・>"


class DepartureCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """転出証明書情報 (body of M07): what the departure town hands to the arrival town.

    Attributes:
        municipality: code of the departure town.
        number: number of the move-out in its event log; with the town it names the certificate.
        planned_on: 転出予定年月日.
        destination: code of the planned town, or empty.
        destination_address: planned address.
        address: last address, with the building.
        head: name of the head.
        people: those who leave together.

    Source: 住民基本台帳法 第24条の2第4項; 住民基本台帳法施行令 第23条.
    """

    municipality: str
    number: int
    planned_on: date
    destination: str
    destination_address: str
    address: str
    head: str
    people: tuple[CertificatePerson, ...]


class ArrivalNotice(msgspec.Struct, frozen=True, kw_only=True):
    """転入通知 (M02) as the departure town's register needs it.

    Attributes:
        juki_code: the person's 住民票コード.
        municipality: code of the arrival town.
        address: new address, without the name of the municipality.
        moved_on: 転入をした年月日.
        told_at: when the arrival town sent it; of several the newest wins.

    Source: 住民基本台帳法 第9条第1項; 住民記録システム標準仕様書 4.1.3.1.1.
    """

    juki_code: str
    municipality: str
    address: str
    moved_on: date
    told_at: datetime

    def __repr__(self) -> str:
        """Hide the person from logs and traces."""
        return f"<ArrivalNotice of {self.municipality}>"


def identity_record(row: Resident) -> IdentityRecord:
    """The part of a resident's row that the network carries.

    Source: 住民基本台帳法 第30条の6第1項 (本人確認情報).
    """
    return IdentityRecord(
        resident_id=row.id,
        juki_code=row.juki_code,
        my_number=row.my_number,
        name=row.name,
        former_name=row.former_name,
        alias=row.alias,
        birth_date=row.birth_date,
        sex=row.sex,
        address=row.address,
        resident_since=row.resident_since.sort_key,
    )


def person_change(change: Change) -> PersonChange | None:
    """What the network is told about a change of a row, or None when nothing of it changes.

    Source: 住民基本台帳法 第30条の6第1項 (記載、消除、修正).
    """
    before = identity_record(change.before) if change.before and change.before.live else None
    after = identity_record(change.after) if change.after.live else None
    return None if before == after else PersonChange(before=before, after=after)
