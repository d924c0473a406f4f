"""What the rules are given, and what they decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
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
from jichitai.register.model import findings
from jichitai.register.model.findings import Finding
from jichitai.register.model.reasons import Basis, EventKind, Reason
from jichitai.register.model.resident import (
    Change,
    Household,
    Resident,
    in_household_order,
    resident_count_delta,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Identifiers that the rules may hand out, enough for one form.

    Attributes:
        ids: for new residents.
        addressees: 宛名番号 for new residents.
        household_id: for one new household.
        household_number: 世帯番号 for one new household.
        codes: unused 住民票コード of the municipality, as many as could be had.
    """

    ids: tuple[UUID, ...]
    addressees: tuple[AddresseeNumber, ...]
    household_id: UUID
    household_number: HouseholdNumber
    codes: tuple[JukiCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """An event of the log that somebody wants to reverse.

    Attributes:
        number: its number.
        kind: its kind.
        changes: the rows that it changed.
        later: kinds of the later events that changed one of those rows again.
        cancelled: whether it was reversed before.
    """

    number: int
    kind: EventKind
    changes: tuple[Change, ...]
    later: frozenset[EventKind] = frozenset()
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """転入通知: what the arrival town tells the departure town about one person.

    Attributes:
        municipality: code of the arrival town.
        address: new address, without the name of the municipality.
        moved_on: 転入をした年月日.
        told_at: when it was sent.
    """

    municipality: str
    address: str
    moved_on: date
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a form needs to have loaded before it can be judged.

    Attributes:
        residents: lines by id.
        households: households by id.
        codes: 住民票コード on the form, to find people who were here before.
        numbers: 個人番号 on the form.
        lookalikes: (kana key, birth date code, sex) of people who enter.
        event: number of the event to be cancelled.
        people: how many people enter the register.
        codes_needed: how many of them need a new 住民票コード.
    """

    residents: frozenset[UUID] = frozenset()
    households: frozenset[UUID] = frozenset()
    codes: frozenset[JukiCode] = frozenset()
    numbers: frozenset[MyNumber] = frozenset()
    lookalikes: frozenset[tuple[str, str, str]] = frozenset()
    event: int | None = None
    people: int = 0
    codes_needed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The part of the register that a form is judged against.

    Attributes:
        municipality: the town.
        today: the day of processing (処理日).
        supply: identifiers that may be handed out.
        residents: the lines asked for and all live members of every household touched.
        households: the households touched.
        by_code: lines, live or removed, that have a code on the form.
        by_number: lines, live or removed, that have a 個人番号 on the form.
        lookalikes: lines with name, birth date and sex of somebody on the form.
        certified: codes for which a departure certificate came through the network.
        target: the event to be reversed.
    """

    municipality: LocalGovernmentCode
    today: date
    supply: Supply
    residents: Mapping[UUID, Resident] = field(default_factory=dict)
    households: Mapping[UUID, Household] = field(default_factory=dict)
    by_code: Mapping[JukiCode, Resident] = field(default_factory=dict)
    by_number: Mapping[MyNumber, Resident] = field(default_factory=dict)
    lookalikes: tuple[Resident, ...] = ()
    certified: frozenset[JukiCode] = frozenset()
    target: Logged | None = None

    def members(self, household_id: UUID) -> tuple[Resident, ...]:
        """Live members of a household, in the order of a certificate."""
        return in_household_order(
            tuple(r for r in self.residents.values() if r.live and r.household_id == household_id)
        )

    def address_of(self, household_id: UUID) -> Address | None:
        """Where the household lives: its first member's address."""
        return next((member.address for member in self.members(household_id)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the rules say about a form.

    When an error was found, `changes` and `households` are empty and nothing may be written.

    Attributes:
        occurred_on: 異動日; None only when it could not be read.
        reported_on: 届出日.
        changes: rows before and after, one per person.
        households: households that are new or altered.
        findings: errors and alerts.
        destination: code of the new town, or empty.
        cancels: number of the event that is reversed.
    """

    kind: EventKind
    reason: Reason
    basis: Basis
    occurred_on: UncertainDate | None
    reported_on: date
    changes: tuple[Change, ...] = ()
    households: tuple[Household, ...] = ()
    findings: tuple[Finding, ...] = ()
    previous_municipality: str | None = None
    destination: str | None = None
    destination_address: str = ""
    planned_on: date | None = None
    special: bool = False
    cancels: int | None = None

    @property
    def blocked(self) -> bool:
        """Whether an error was found."""
        return bool(findings.errors(self.findings))

    @property
    def resident_count_delta(self) -> int:
        """How the number of residents changes."""
        return sum(resident_count_delta(change) for change in self.changes)


def settle(decision: Decision, situation: Situation) -> Decision:
    """Complete a decision: no rows when an error was found, else also the households.

    A household's head is its live member with that relation; one without live members is
    closed.

    Args:
        decision: rows and findings.
        situation: what the rows were judged against.

    Source: 住民記録システム標準仕様書 1.1.10 (世帯主のいない世帯), 11.1 (エラー).
    """
    if decision.blocked:
        return replace(decision, changes=(), households=())
    rows = dict(situation.residents)
    rows.update({change.after.id: change.after for change in decision.changes})
    touched = dict.fromkeys(
        row.household_id
        for change in decision.changes
        for row in (change.before, change.after)
        if row is not None
    )
    households = []
    for household_id in touched:
        before = situation.households.get(household_id)
        members = [r for r in rows.values() if r.live and r.household_id == household_id]
        after = Household(
            id=household_id,
            number=before.number if before else situation.supply.household_number,
            municipality=situation.municipality,
            head=next((r.id for r in members if r.is_head), None),
            closed=not members,
        )
        if after != before:
            households.append(after)
    return replace(decision, households=tuple(households))
