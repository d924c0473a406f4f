"""Residents and households (住民票, 世帯) as they stand after an event."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

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


class State(StrEnum):
    """Whether the line is current, or a 除票 (kept for 150 years).

    Source: 住民基本台帳法 第15条の2 (除票簿).
    """

    LIVE = "live"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """転出の予定と確定: both are kept, the fixed date and place beside the planned ones.

    Attributes:
        planned_on: 転出予定年月日.
        destination: code of the planned municipality; empty for abroad or unknown.
        destination_address: planned address, or the country.
        abroad: whether the person leaves the country.
        special: 特例 (no paper certificate; the data are sent to the new town).
        fixed_on: day of arrival that the new town has told.
        fixed_municipality: code of the new town, as told.
        fixed_address: new address, as told.
        told_at: when the new town sent the newest notice.

    Source: 住民基本台帳法 第24条, 第24条の2; 住民記録システム標準仕様書 4.1.3.0.2, 4.1.3.1.1.
    """

    planned_on: date | None
    destination: str = ""
    destination_address: str = ""
    abroad: bool = False
    special: bool = False
    fixed_on: date | None = None
    fixed_municipality: str = ""
    fixed_address: str = ""
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """住民票: the line of one person in the register of one municipality.

    Attributes:
        id: never changes, also when the person comes back.
        version: 履歴番号, 1 for the first.
        addressee_number: 宛名番号.
        household_id: the household, also of a removed line (the last one).
        relation: 続柄.
        kana_confirmed: whether the furigana was confirmed.
        resident_since: 住民となった日.
        address_since: 住所を定めた日.
        reported_on: 届出日 of the entry or of the last change of address.
        basis: 届出 or 職権 of the same.
        previous_municipality: code of the town before; empty for birth or abroad.
        previous_address: address before the entry, or the country.
        honseki: 本籍; `なし` and `不明` are allowed.
        hittosha: 筆頭者.
        removed_on: 消除の異動日 of a removed line.
        removed_reason: why it was removed.

    Source: 住民基本台帳法 第7条 (記載事項); 住民記録システム標準仕様書 1.1.1.
    """

    id: UUID
    version: int
    state: State
    addressee_number: AddresseeNumber
    juki_code: JukiCode
    my_number: MyNumber | None = None
    household_id: UUID
    relation: Relation
    name: PersonName
    kana_confirmed: bool = False
    former_name: PersonName | None = None
    alias: PersonName | None = None
    birth_date: UncertainDate
    sex: Sex
    address: Address
    resident_since: UncertainDate
    address_since: UncertainDate
    reported_on: date
    basis: Basis
    previous_municipality: str = ""
    previous_address: str = ""
    honseki: str = ""
    hittosha: str = ""
    departure: Departure | None = None
    removed_on: UncertainDate | None = None
    removed_reason: Reason | None = None

    @property
    def live(self) -> bool:
        """Whether the line is current."""
        return self.state is State.LIVE

    @property
    def is_head(self) -> bool:
        """Whether the person is 世帯主."""
        return self.relation.is_head


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """世帯: people who live together, with one head or, rarely, none.

    Source: 住民記録システム標準仕様書 1.1.10 (世帯主), 1.1.13 (世帯番号).
    """

    id: UUID
    number: HouseholdNumber
    municipality: LocalGovernmentCode
    head: UUID | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The row of one person before and after an event.

    A reversal brings back the row before, under the next version.
    """

    before: Resident | None
    after: Resident


def next_row(row: Resident, **changes: object) -> Resident:
    """The following row of the same person: one version higher, nothing else touched.

    Args:
        row: the row as it stands.
        **changes: fields of `Resident` with their new values.

    Source: 住民記録システム標準仕様書 1.2.1 (異動履歴の管理).
    """
    return replace(row, version=row.version + 1, **changes)  # type: ignore[arg-type]


def removal(row: Resident, *, on: UncertainDate, reason: Reason) -> Change:
    """Close the line: it becomes a 除票.

    Args:
        row: the live row.
        on: 消除の異動日.
        reason: 異動事由.

    Source: 住民基本台帳法 第15条の2; 住民記録システム標準仕様書 1.1.5 (除票).
    """
    return Change(
        before=row,
        after=next_row(row, state=State.REMOVED, removed_on=on, removed_reason=reason),
    )


def resident_count_delta(change: Change) -> int:
    """How the event changes the number of residents: +1, 0 or -1.

    Source: 住民記録システム標準仕様書 1.2.2, 4.6.0.1 (増減).
    """
    before = change.before is not None and change.before.live
    return int(change.after.live) - int(before)


def in_household_order(members: tuple[Resident, ...]) -> tuple[Resident, ...]:
    """Members as a certificate lists them: head, spouse, other kin, others; then by age.

    Args:
        members: rows of one household.

    Source: 住民記録システム標準仕様書 5.2 (世帯員の並び順).
    """

    def rank(row: Resident) -> tuple[tuple[int, int], date, str]:
        return row.relation.rank, row.birth_date.sort_key, row.addressee_number.value

    return tuple(sorted(members, key=rank))
