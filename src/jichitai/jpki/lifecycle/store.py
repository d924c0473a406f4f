"""SQL of certificates as their life goes on; every statement takes many at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from jichitai.infra.arrays import array
from jichitai.infra.database import Tx
from jichitai.jpki.kinds import CertificateKind, CertificateState, Medium
from jichitai.jpki.lifecycle.model import End


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A certificate in force (or on hold), as much as its life needs.

    Attributes:
        person_id, authority, serial: its key.
        kind, medium: of it.
        municipality: whose list of revocations it belongs to.
        chip_number: 製造番号; empty on a phone.
        basis: sealed, see `service`.
        lapse_on: last day of the 30 days after 転出予定年月日.
        not_after: its last second.
        state: in force, on hold or ended.
    """

    person_id: UUID
    authority: str
    serial: bytes
    kind: CertificateKind
    medium: Medium
    municipality: str
    chip_number: str
    basis: bytes
    lapse_on: date | None
    not_after: datetime
    state: CertificateState


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate that ends now."""

    row: Row
    end: End
    at: datetime


_COLUMNS: Final = """person_id, authority, serial, kind, medium, municipality, chip_number, basis,
       lapse_on, not_after, state"""

_IN_FORCE: Final = f"""
select {_COLUMNS}
  from jpki.certificate
 where person_id = any(%(ids)s::uuid[]) and state = any(%(states)s::text[])
   and not_after >= %(at)s
 order by person_id, authority, serial
   for update
"""

_DUE: Final = f"""
select {_COLUMNS}
  from jpki.certificate
 where lapse_on < %(today)s and state = 'valid'
 order by lapse_on, person_id, authority, serial
 limit %(limit)s
   for update skip locked
"""

_FOLLOW: Final = """
update jpki.certificate
   set basis = new.basis, lapse_on = new.lapse_on
  from unnest(%(ids)s::uuid[], %(authorities)s::text[], %(serials)s::bytea[],
              %(bases)s::bytea[], %(lapses)s::date[])
       as new (person_id, authority, serial, basis, lapse_on)
 where certificate.person_id = new.person_id and certificate.authority = new.authority
   and certificate.serial = new.serial
"""

_LEAVE_PLACE: Final = """
update jpki.certificate
   set successor = ''
 where person_id = %(person_id)s and kind = any(%(kinds)s::text[]) and medium = %(medium)s
   and state = 'valid' and successor is null and not_after < %(at)s
returning kind, serial
"""

_ANSWER: Final = "select answer from jpki.request where request_id = %s"

_SAVE_ANSWER: Final = """
insert into jpki.request (request_id, municipality, answer, answered_at)
values (%(request_id)s, %(municipality)s, %(answer)s, %(at)s)
"""


async def in_force(
    tx: Tx,
    ids: Collection[UUID],
    at: datetime,
    *,
    states: Sequence[CertificateState] = (CertificateState.VALID,),
) -> list[Row]:
    """Certificates of persons that have not ended or expired, locked, by person.

    Args:
        tx: of the nation.
        ids: persons.
        at: now; those that have expired are left out.
        states: which states count.
    """
    values = {"ids": [*ids], "at": at, "states": [*states]}
    cursor = await tx.execute(_IN_FORCE, values)
    return [_row(row) for row in await cursor.fetchall()]


async def due(tx: Tx, today: date, limit: int) -> list[Row]:
    """Certificates whose 30 days passed before a day, locked."""
    cursor = await tx.execute(_DUE, {"today": today, "limit": limit})
    return [_row(row) for row in await cursor.fetchall()]


async def keep_following(tx: Tx, changes: Sequence[tuple[Row, bytes, date | None]]) -> None:
    """Write the new basis and the day of the lapse of certificates that stay in force."""
    if not changes:
        return
    rows = [row for row, _, _ in changes]
    await tx.execute(
        _FOLLOW,
        {
            **_keys(rows),
            "bases": array([basis for _, basis, _ in changes]),
            "lapses": array([lapse for _, _, lapse in changes]),
        },
    )


async def chip_of_another(tx: Tx, chip_number: str, person_id: UUID) -> bool:
    """Whether a chip holds certificates of somebody else that have not been revoked."""
    cursor = await tx.execute(
        "select exists (select from jpki.certificate where chip_number = %s and person_id <> %s"
        "                  and medium = 'card' and state <> 'revoked')",
        (chip_number, person_id),
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def leave_place(
    tx: Tx, person_id: UUID, kinds: Collection[CertificateKind], medium: Medium, at: datetime
) -> dict[CertificateKind, bytes]:
    """Let expired certificates of a person make way for new ones; their serials.

    Source: 公的個人認証法 第6条 (one of each kind), 第15条 (expiry ends it).
    """
    values = {"person_id": person_id, "kinds": [*kinds], "medium": medium, "at": at}
    cursor = await tx.execute(_LEAVE_PLACE, values)
    return {CertificateKind(kind): bytes(serial) for kind, serial in await cursor.fetchall()}


async def answer_of(tx: Tx, request_id: UUID) -> bytes | None:
    """The sealed answer that a request got."""
    row = await (await tx.execute(_ANSWER, (request_id,))).fetchone()
    return None if row is None else bytes(row[0])


async def save_answer(
    tx: Tx, request_id: UUID, municipality: str, answer: bytes, at: datetime
) -> None:
    """Keep an answer, so that the same request gets the same one."""
    values = {"request_id": request_id, "municipality": municipality, "answer": answer, "at": at}
    await tx.execute(_SAVE_ANSWER, values)


def _keys(rows: Sequence[Row]) -> dict[str, str]:
    return {
        "ids": array([row.person_id for row in rows]),
        "authorities": array([row.authority for row in rows]),
        "serials": array([row.serial for row in rows]),
    }


def _row(row: tuple[Any, ...]) -> Row:
    return Row(
        person_id=row[0],
        authority=row[1],
        serial=bytes(row[2]),
        kind=CertificateKind(row[3]),
        medium=Medium(row[4]),
        municipality=row[5],
        chip_number=row[6],
        basis=bytes(row[7]),
        lapse_on=row[8],
        not_after=row[9],
        state=CertificateState(row[10]),
    )
