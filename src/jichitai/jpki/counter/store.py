"""SQL of the counter's tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row

from jichitai.infra.database import Tx
from jichitai.jpki.counter.model import ChipState, Stage
from jichitai.jpki.kinds import Cause, CertificateKind, CertificateState, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One writing of one chip, as its row stands."""

    municipality: str
    request_id: UUID
    resident_id: UUID
    chip_number: str
    kinds: list[str]
    renewal: bool
    card_until: date
    applicant_case: str
    documents: list[str]
    agent_documents: list[str]
    agent_reason: str | None
    guardian: bool
    sealed: bytes | None
    ticket_hash: bytes | None
    expires_at: datetime | None
    made_hash: bytes | None
    answer: bytes | None
    state: str
    refusal: str
    detail: str
    failure: str | None
    opened_by: str
    opened_at: datetime
    written_at: datetime | None
    closed_at: datetime | None
    received_by: str | None

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        return Stage(self.state)

    @property
    def certificates(self) -> tuple[CertificateKind, ...]:
        """Which certificates are to be made."""
        return tuple(map(CertificateKind, self.kinds))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipRow:
    """A card of a resident."""

    chip_number: str
    resident_id: UUID
    request_id: UUID
    card_until: date
    state: str
    changed_at: datetime

    @property
    def status(self) -> ChipState:
        """Its state."""
        return ChipState(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """A certificate of a resident as the town knows it."""

    kind: str
    serial: str
    resident_id: UUID
    chip_number: str
    not_after: datetime | None
    state: str
    reason: str | None
    cause: str | None
    ended_at: datetime | None
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A report that the town sent."""

    request_id: UUID
    chip_number: str | None
    cause: str
    kinds: list[str]
    reported_by: str
    happened_at: datetime
    sent_at: datetime


_WRITING: Final = ", ".join(Writing.__dataclass_fields__)
_CHIP: Final = ", ".join(ChipRow.__dataclass_fields__)
_CERTIFICATE: Final = ", ".join(CertificateRow.__dataclass_fields__)
_REPORT: Final = ", ".join(ReportRow.__dataclass_fields__)


async def town_of(tx: Tx, request_id: UUID) -> str | None:
    """The town whose writing this is; the transaction sees every town of this platform."""
    cursor = await tx.execute(
        "select municipality from jpki.writing where request_id = %s", (request_id,)
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def open_writing(tx: Tx, values: dict[str, Any]) -> bool:
    """Enter a writing; false when another one of the resident is under way."""
    cursor = await tx.execute(
        "insert into jpki.writing (municipality, request_id, resident_id, chip_number, kinds,"
        " renewal, card_until, applicant_case, documents, agent_documents, agent_reason,"
        " guardian, sealed, state, opened_by, opened_at)"
        " values (%(municipality)s, %(request_id)s, %(resident_id)s, %(chip_number)s, %(kinds)s,"
        " %(renewal)s, %(card_until)s, %(applicant_case)s, %(documents)s, %(agent_documents)s,"
        " %(agent_reason)s, %(guardian)s, %(sealed)s, 'open', %(opened_by)s, %(opened_at)s)"
        " on conflict (municipality, resident_id)"
        " where state in ('open', 'waiting', 'answered', 'written') do nothing",
        values,
    )
    return cursor.rowcount == 1


async def writing(
    tx: Tx, municipality: str, request_id: UUID, *, lock: bool = False
) -> Writing | None:
    """One writing."""
    async with tx.cursor(row_factory=class_row(Writing)) as cursor:
        await cursor.execute(
            f"select {_WRITING} from jpki.writing"
            " where municipality = %s and request_id = %s" + (" for update" if lock else ""),
            (municipality, request_id),
        )
        return await cursor.fetchone()


async def writings(tx: Tx, municipality: str, *, limit: int = 100) -> list[Writing]:
    """Writings under way, the oldest first."""
    async with tx.cursor(row_factory=class_row(Writing)) as cursor:
        await cursor.execute(
            f"select {_WRITING} from jpki.writing"
            " where municipality = %s and state in ('open', 'waiting', 'answered', 'written')"
            " order by opened_at limit %s",
            (municipality, limit),
        )
        return await cursor.fetchall()


async def writings_of(tx: Tx, municipality: str, resident_id: UUID) -> list[Writing]:
    """Writings for one resident, the newest first."""
    async with tx.cursor(row_factory=class_row(Writing)) as cursor:
        await cursor.execute(
            f"select {_WRITING} from jpki.writing"
            " where municipality = %s and resident_id = %s order by opened_at desc limit 20",
            (municipality, resident_id),
        )
        return await cursor.fetchall()


async def change_writing(tx: Tx, municipality: str, request_id: UUID, **values: Any) -> None:
    """Set columns of a writing."""
    assignments = ", ".join(f"{column} = %({column})s" for column in values)
    await tx.execute(
        f"update jpki.writing set {assignments}"
        " where municipality = %(_town)s and request_id = %(_id)s",
        {**values, "_town": municipality, "_id": request_id},
    )


async def stale(tx: Tx, before: datetime, limit: int) -> list[tuple[str, UUID]]:
    """Writings opened before an instant for which something is still kept, of every town."""
    cursor = await tx.execute(
        "select municipality, request_id from jpki.writing"
        " where sealed is not null and opened_at < %s order by opened_at limit %s",
        (before, limit),
    )
    return [(str(town), request_id) for town, request_id in await cursor.fetchall()]


async def forget(tx: Tx, municipality: str, request_id: UUID) -> None:
    """Drop what was kept for the writing alone."""
    await change_writing(tx, municipality, request_id, sealed=None, answer=None, ticket_hash=None)


async def chip(tx: Tx, municipality: str, chip_number: str) -> ChipRow | None:
    """A card by its number."""
    async with tx.cursor(row_factory=class_row(ChipRow)) as cursor:
        await cursor.execute(
            f"select {_CHIP} from jpki.chip where municipality = %s and chip_number = %s",
            (municipality, chip_number),
        )
        return await cursor.fetchone()


async def chips_of(tx: Tx, municipality: str, resident_id: UUID) -> list[ChipRow]:
    """Cards of a resident, the newest first."""
    async with tx.cursor(row_factory=class_row(ChipRow)) as cursor:
        await cursor.execute(
            f"select {_CHIP} from jpki.chip"
            " where municipality = %s and resident_id = %s order by changed_at desc",
            (municipality, resident_id),
        )
        return await cursor.fetchall()


async def save_chip(tx: Tx, writing: Writing, state: ChipState, at: datetime) -> None:
    """Enter a card that was written, or written anew."""
    await tx.execute(
        "insert into jpki.chip (municipality, chip_number, resident_id, request_id, card_until,"
        " state, changed_at) values (%s, %s, %s, %s, %s, %s, %s)"
        " on conflict (municipality, chip_number) do update set resident_id = excluded.resident_id,"
        " request_id = excluded.request_id, card_until = excluded.card_until,"
        " state = excluded.state, changed_at = excluded.changed_at",
        (
            writing.municipality,
            writing.chip_number,
            writing.resident_id,
            writing.request_id,
            writing.card_until,
            state,
            at,
        ),
    )


async def set_chip(
    tx: Tx, municipality: str, chip_number: str, state: ChipState, at: datetime
) -> None:
    """Change the state of a card."""
    await tx.execute(
        "update jpki.chip set state = %s, changed_at = %s"
        " where municipality = %s and chip_number = %s",
        (state, at, municipality, chip_number),
    )


async def certificates_of(tx: Tx, municipality: str, resident_id: UUID) -> list[CertificateRow]:
    """Certificates of a resident, those in force first, then the newest."""
    async with tx.cursor(row_factory=class_row(CertificateRow)) as cursor:
        await cursor.execute(
            f"select {_CERTIFICATE} from jpki.certificate"
            " where municipality = %s and resident_id = %s"
            " order by state <> 'valid', told_at desc, kind",
            (municipality, resident_id),
        )
        return await cursor.fetchall()


async def ended(tx: Tx, municipality: str, *, limit: int = 20) -> list[CertificateRow]:
    """Certificates that the town was told have ended, the newest first."""
    async with tx.cursor(row_factory=class_row(CertificateRow)) as cursor:
        await cursor.execute(
            f"select {_CERTIFICATE} from jpki.certificate"
            " where municipality = %s and state <> 'valid' order by told_at desc, kind limit %s",
            (municipality, limit),
        )
        return await cursor.fetchall()


async def add_certificate(
    tx: Tx,
    municipality: str,
    kind: CertificateKind,
    serial: str,
    *,
    resident_id: UUID,
    chip_number: str,
    not_after: datetime,
    at: datetime,
) -> None:
    """Enter a certificate that was written into a card; word of its end may have come before."""
    await tx.execute(
        "insert into jpki.certificate (municipality, kind, serial, resident_id, chip_number,"
        " not_after, state, told_at) values (%s, %s, %s, %s, %s, %s, 'valid', %s)"
        " on conflict (municipality, kind, serial) do update"
        " set chip_number = excluded.chip_number, not_after = excluded.not_after",
        (municipality, kind, serial, resident_id, chip_number, not_after, at),
    )


async def end_certificate(
    tx: Tx,
    municipality: str,
    kind: CertificateKind,
    serial: str,
    *,
    resident_id: UUID,
    state: CertificateState,
    reason: Reason,
    cause: Cause,
    ended_at: datetime,
    at: datetime,
) -> None:
    """Note that a certificate ended; it may have been issued by another town."""
    await tx.execute(
        "insert into jpki.certificate (municipality, kind, serial, resident_id, chip_number,"
        " state, reason, cause, ended_at, told_at)"
        " values (%s, %s, %s, %s, '', %s, %s, %s, %s, %s)"
        " on conflict (municipality, kind, serial) do update set state = excluded.state,"
        " reason = excluded.reason, cause = excluded.cause, ended_at = excluded.ended_at,"
        " told_at = excluded.told_at where certificate.state <> 'revoked'",
        (municipality, kind, serial, resident_id, state, reason, cause, ended_at, at),
    )


async def add_report(
    tx: Tx,
    municipality: str,
    *,
    request_id: UUID,
    resident_id: UUID,
    chip_number: str | None,
    cause: Cause,
    kinds: Sequence[CertificateKind],
    reported_by: str,
    happened_at: datetime,
    at: datetime,
) -> None:
    """Keep a report that goes out."""
    await tx.execute(
        "insert into jpki.report (municipality, request_id, resident_id, chip_number, cause, kinds,"
        " reported_by, happened_at, sent_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            municipality,
            request_id,
            resident_id,
            chip_number,
            cause,
            [kind.value for kind in kinds],
            reported_by,
            happened_at,
            at,
        ),
    )


async def reports_of(tx: Tx, municipality: str, resident_id: UUID) -> list[ReportRow]:
    """Reports about a resident's certificates, the newest first."""
    async with tx.cursor(row_factory=class_row(ReportRow)) as cursor:
        await cursor.execute(
            f"select {_REPORT} from jpki.report"
            " where municipality = %s and resident_id = %s order by sent_at desc limit 20",
            (municipality, resident_id),
        )
        return await cursor.fetchall()
