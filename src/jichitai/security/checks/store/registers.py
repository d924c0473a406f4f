"""SQL of corrections, exceptions, risks, and what happened to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.security.checks.model import corrections as correction_rules
from jichitai.security.checks.model import exceptions as exception_rules
from jichitai.security.checks.model.corrections import Origin, Severity, Step
from jichitai.security.checks.model.exceptions import Permission
from jichitai.security.checks.model.risks import Grade, RiskState, Treatment, grade


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow:
    """A correction as its row stands."""

    correction_id: UUID
    number: int
    title: str
    detail: str
    owner: str
    due_on: date
    severity: str
    origin: str
    state: str
    round_id: UUID | None
    target_id: UUID | None
    item_id: str
    target_key: str
    risk_id: UUID | None
    finding_id: UUID | None
    source: str
    reference: str
    target: str
    found_on: date | None
    version: int
    opened_by: str
    opened_at: datetime
    done_by: str | None
    done_at: datetime | None
    verified_at: datetime | None

    @property
    def label(self) -> str:
        """The number that people say."""
        return f"C-{self.number:04}"

    @property
    def step(self) -> Step:
        """Where it stands."""
        return Step(self.state)

    @property
    def weight(self) -> Severity:
        """How much it matters."""
        return Severity(self.severity)

    @property
    def cause(self) -> Origin:
        """Where it comes from."""
        return Origin(self.origin)

    def late(self, today: date) -> bool:
        """Whether its day has passed without the work done."""
        return correction_rules.late(self.step, self.due_on, today)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRow:
    """An exception as its row stands."""

    exception_id: UUID
    number: int
    title: str
    items: list[str]
    target_key: str
    target_name: str
    reason: str
    risk: str
    compensating: str
    until: date
    emergency: bool
    correction_id: UUID | None
    state: str
    applied_by: str
    applied_by_name: str
    applied_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    note: str

    @property
    def label(self) -> str:
        """The number that people say."""
        return f"E-{self.number:04}"

    @property
    def permission(self) -> Permission:
        """Where it stands."""
        return Permission(self.state)

    def in_force(self, today: date) -> bool:
        """Whether it holds on a day."""
        return exception_rules.in_force(self.permission, self.until, today)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRow:
    """A risk as its row stands."""

    risk_id: UUID
    number: int
    asset: str
    system_id: UUID | None
    threat: str
    weakness: str
    likelihood: int
    impact: int
    treatment: str
    plan: str
    owner: str
    residual_likelihood: int | None
    residual_impact: int | None
    review_on: date
    items: list[str]
    state: str
    version: int
    assessed_by: str
    assessed_by_name: str
    assessed_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    note: str

    @property
    def label(self) -> str:
        """The number that people say."""
        return f"R-{self.number:04}"

    @property
    def stands(self) -> RiskState:
        """Where it stands."""
        return RiskState(self.state)

    @property
    def how(self) -> Treatment:
        """What is done about it."""
        return Treatment(self.treatment)

    @property
    def grade(self) -> Grade:
        """As things stand."""
        return grade(self.likelihood, self.impact)

    @property
    def residual(self) -> Grade | None:
        """After the treatment."""
        if self.residual_likelihood is None or self.residual_impact is None:
            return None
        return grade(self.residual_likelihood, self.residual_impact)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """Something that happened."""

    number: int
    at: datetime
    by_name: str
    what: str
    note: str


_CORRECTION: Final = ", ".join(CorrectionRow.__dataclass_fields__)
_EXCEPTION: Final = ", ".join(ExceptionRow.__dataclass_fields__)
_RISK: Final = ", ".join(RiskRow.__dataclass_fields__)
_TABLES: Final = {
    "correction": ("security.correction", "correction_id"),
    "exception": ("security.check_exception", "exception_id"),
    "risk": ("security.risk", "risk_id"),
}


async def insert(tx: Tx, what: str, values: dict[str, Any]) -> bool:
    """Enter a row of a register; false when it is there already."""
    table, _ = _TABLES[what]
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    cursor = await tx.execute(
        f"insert into {table} ({names}) values ({places}) on conflict do nothing", values
    )
    return cursor.rowcount == 1


async def change(tx: Tx, what: str, body: str, row_id: UUID, **values: Any) -> None:
    """Set columns of a row of a register."""
    table, key = _TABLES[what]
    assignments = ", ".join(f"{column} = %({column})s" for column in values)
    await tx.execute(
        f"update {table} set {assignments} where municipality = %(_body)s and {key} = %(_id)s",
        {**values, "_body": body, "_id": row_id},
    )


async def correction(
    tx: Tx, body: str, correction_id: UUID, *, lock: bool = False
) -> CorrectionRow | None:
    """One correction."""
    async with tx.cursor(row_factory=class_row(CorrectionRow)) as cursor:
        await cursor.execute(
            f"select {_CORRECTION} from security.correction"
            " where municipality = %s and correction_id = %s" + (" for update" if lock else ""),
            (body, correction_id),
        )
        return await cursor.fetchone()


async def correction_of_finding(tx: Tx, body: str, finding_id: UUID) -> CorrectionRow | None:
    """The correction that a finding became."""
    async with tx.cursor(row_factory=class_row(CorrectionRow)) as cursor:
        await cursor.execute(
            f"select {_CORRECTION} from security.correction"
            " where municipality = %s and finding_id = %s for update",
            (body, finding_id),
        )
        return await cursor.fetchone()


async def corrections(
    tx: Tx,
    body: str,
    *,
    states: Sequence[str] = (),
    item_id: str = "",
    target_key: str = "",
    round_id: UUID | None = None,
    limit: int = 1000,
) -> list[CorrectionRow]:
    """Corrections, those due first; empty conditions do not narrow."""
    async with tx.cursor(row_factory=class_row(CorrectionRow)) as cursor:
        await cursor.execute(
            f"select {_CORRECTION} from security.correction"
            " where municipality = %(body)s"
            "   and (%(states)s::text[] = '{}' or state = any(%(states)s))"
            "   and (%(item)s = '' or item_id = %(item)s)"
            "   and (%(key)s = '' or target_key = %(key)s)"
            "   and (%(round)s::uuid is null or round_id = %(round)s)"
            " order by state in ('verified', 'withdrawn'), due_on, number limit %(limit)s",
            {
                "body": body,
                "states": list(states),
                "item": item_id,
                "key": target_key,
                "round": round_id,
                "limit": limit,
            },
        )
        return await cursor.fetchall()


async def exception(
    tx: Tx, body: str, exception_id: UUID, *, lock: bool = False
) -> ExceptionRow | None:
    """One exception."""
    async with tx.cursor(row_factory=class_row(ExceptionRow)) as cursor:
        await cursor.execute(
            f"select {_EXCEPTION} from security.check_exception"
            " where municipality = %s and exception_id = %s" + (" for update" if lock else ""),
            (body, exception_id),
        )
        return await cursor.fetchone()


async def exceptions(tx: Tx, body: str, *, limit: int = 500) -> list[ExceptionRow]:
    """Exceptions: applications first, then those in force by their last day."""
    async with tx.cursor(row_factory=class_row(ExceptionRow)) as cursor:
        await cursor.execute(
            f"select {_EXCEPTION} from security.check_exception where municipality = %s"
            " order by array_position(array['applied', 'approved', 'ended', 'refused'], state),"
            " until, number limit %s",
            (body, limit),
        )
        return await cursor.fetchall()


async def risk(tx: Tx, body: str, risk_id: UUID, *, lock: bool = False) -> RiskRow | None:
    """One risk."""
    async with tx.cursor(row_factory=class_row(RiskRow)) as cursor:
        await cursor.execute(
            f"select {_RISK} from security.risk where municipality = %s and risk_id = %s"
            + (" for update" if lock else ""),
            (body, risk_id),
        )
        return await cursor.fetchone()


async def risks(tx: Tx, body: str, *, limit: int = 500) -> list[RiskRow]:
    """Risks, the biggest first."""
    async with tx.cursor(row_factory=class_row(RiskRow)) as cursor:
        await cursor.execute(
            f"select {_RISK} from security.risk where municipality = %s"
            " order by state = 'closed', likelihood * impact desc, number limit %s",
            (body, limit),
        )
        return await cursor.fetchall()


async def tell(
    tx: Tx,
    body: str,
    subject_id: UUID,
    *,
    at: datetime,
    by_id: str,
    by_name: str,
    what: str,
    note: str = "",
) -> None:
    """Write down what happened to a round, a correction, an exception or a risk."""
    await tx.execute(
        "insert into security.check_event"
        " (municipality, subject_id, number, at, by_id, by_name, what, note)"
        " select %(body)s, %(subject)s, coalesce(max(number), 0) + 1, %(at)s, %(by)s, %(name)s,"
        "        %(what)s, %(note)s"
        "   from security.check_event where municipality = %(body)s and subject_id = %(subject)s",
        {
            "body": body,
            "subject": subject_id,
            "at": at,
            "by": by_id,
            "name": by_name,
            "what": what,
            "note": note,
        },
    )


async def events(tx: Tx, body: str, subject_id: UUID) -> list[EventRow]:
    """What happened, in order."""
    async with tx.cursor(row_factory=class_row(EventRow)) as cursor:
        await cursor.execute(
            "select number, at, by_name, what, note from security.check_event"
            " where municipality = %s and subject_id = %s order by number",
            (body, subject_id),
        )
        return await cursor.fetchall()
