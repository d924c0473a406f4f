"""Tables of the authorities: who they are, what they issued, what lapsed, which lists stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.infra.database import Tx, fetch_value
from jichitai.jpki.authority.model import (
    AuthorityState,
    CertificateRecord,
    PublishedList,
    serial_bytes,
    serial_of,
)
from jichitai.jpki.authority.profiles import AuthorityKind, Revoked, authority_id
from jichitai.jpki.kinds import Cause, CertificateKind, CertificateState, Medium, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRow:
    """One generation of one authority, without its key."""

    id: str
    kind: AuthorityKind
    generation: int
    certificate: x509.Certificate
    key_label: str
    state: AuthorityState


async def authorities(tx: Tx) -> list[AuthorityRow]:
    """Every generation of every authority, oldest first."""
    cursor = await tx.execute(
        "select authority, kind, generation, certificate, key_label, state from jpki.authority"
        " order by kind, generation"
    )
    return [
        AuthorityRow(
            id=row[0],
            kind=AuthorityKind(row[1]),
            generation=row[2],
            certificate=x509.load_der_x509_certificate(row[3]),
            key_label=row[4],
            state=AuthorityState(row[5]),
        )
        for row in await cursor.fetchall()
    ]


async def fingerprint(tx: Tx) -> str:
    """Changes whenever an authority is made or its state changes, or a responder is made."""
    return str(
        await fetch_value(
            tx,
            "select coalesce(string_agg(authority || ':' || state, ',' order by authority), '')"
            "    || '/' || (select count(*) from jpki.responder) from jpki.authority",
        )
    )


async def add_authority(
    tx: Tx,
    kind: AuthorityKind,
    generation: int,
    certificate: x509.Certificate,
    key_label: str,
    at: datetime,
) -> bool:
    """Enter a new generation; false when it is there already."""
    cursor = await tx.execute(
        "insert into jpki.authority (authority, kind, generation, certificate, key_label, state,"
        "    not_before, not_after, made_at)"
        " values (%s, %s, %s, %s, %s, 'active', %s, %s, %s) on conflict do nothing",
        (
            authority_id(kind, generation),
            kind,
            generation,
            certificate.public_bytes(Encoding.DER),
            key_label,
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            at,
        ),
    )
    return cursor.rowcount == 1


async def set_authority_state(tx: Tx, authority: str, state: AuthorityState) -> None:
    """Retire an authority, or declare it compromised."""
    await tx.execute(
        "update jpki.authority set state = %s where authority = %s", (state, authority)
    )


async def add_responder(
    tx: Tx, authority: str, certificate: x509.Certificate, key_label: str, at: datetime
) -> None:
    """Enter the certificate of a delegated responder."""
    await tx.execute(
        "insert into jpki.responder"
        "    (authority, serial, certificate, key_label, not_before, not_after, made_at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            authority,
            serial_bytes(certificate.serial_number),
            certificate.public_bytes(Encoding.DER),
            key_label,
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            at,
        ),
    )


async def responders(tx: Tx, at: datetime | None = None) -> dict[str, tuple[x509.Certificate, str]]:
    """For each authority the responder certificate that lasts longest, and its key's label.

    Args:
        tx: of the nation.
        at: leaves out those that have not begun by then; a rehearsal's clock may have gone back.
    """
    cursor = await tx.execute(
        "select distinct on (authority) authority, certificate, key_label from jpki.responder"
        " where %(at)s::timestamptz is null or not_before <= %(at)s"
        " order by authority, not_after desc, made_at desc",
        {"at": at},
    )
    return {
        row[0]: (x509.load_der_x509_certificate(row[1]), row[2]) for row in await cursor.fetchall()
    }


async def responder_count(tx: Tx, authority: str) -> int:
    """How many responders an authority has had."""
    count = await fetch_value(
        tx, "select count(*) from jpki.responder where authority = %s", (authority,)
    )
    return int(count)


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyRow:
    """A ceremony's record as it was printed and signed; numbers go from 1 without gaps."""

    number: int
    ceremony_id: UUID
    purpose: str
    record: bytes
    signer: str
    signature: bytes
    held_at: datetime


async def add_ceremony(tx: Tx, row: CeremonyRow) -> None:
    """Keep the record of a ceremony."""
    await tx.execute(
        "insert into jpki.ceremony"
        "    (number, ceremony_id, purpose, record, signer, signature, held_at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            row.number,
            row.ceremony_id,
            row.purpose,
            row.record,
            row.signer,
            row.signature,
            row.held_at,
        ),
    )


async def ceremonies(tx: Tx) -> list[CeremonyRow]:
    """Every ceremony, oldest first."""
    cursor = await tx.execute(
        "select number, ceremony_id, purpose, record, signer, signature, held_at"
        " from jpki.ceremony order by number"
    )
    return [
        CeremonyRow(
            number=row[0],
            ceremony_id=row[1],
            purpose=row[2],
            record=bytes(row[3]),
            signer=row[4],
            signature=bytes(row[5]),
            held_at=row[6],
        )
        for row in await cursor.fetchall()
    ]


async def lock_ceremonies(tx: Tx) -> None:
    """One ceremony at a time."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('jpki.ceremony'))")


_RECORD = """
select c.person_id, c.authority, c.serial, c.kind, c.medium, c.municipality, c.chip_number,
       c.not_before, c.not_after, c.state, c.reason, c.cause, c.ended_at, c.successor, c.issued_at
"""

_BY_SERIALS = f"""{_RECORD}
  from jpki.serial_lookup l
  join jpki.certificate c using (person_id, authority, serial)
 where l.authority = %(authority)s and l.serial = any(%(serials)s)
"""

_OF_PERSON = f"""{_RECORD}
  from jpki.certificate c
 where c.person_id = %(person)s
 order by c.issued_at, c.kind
"""


async def state_of(tx: Tx, authority: str, serial: int) -> CertificateRecord | None:
    """A certificate by its authority and serial, or None when it was not issued there."""
    found = await states_of(tx, authority, [serial])
    return found.get(serial)


async def states_of(tx: Tx, authority: str, serials: Sequence[int]) -> dict[int, CertificateRecord]:
    """Certificates by serial, in one question; unknown serials are left out."""
    cursor = await tx.execute(
        _BY_SERIALS,
        {"authority": authority, "serials": [serial_bytes(serial) for serial in serials]},
    )
    records = [record_of(row) for row in await cursor.fetchall()]
    return {record.serial: record for record in records}


async def of_person(tx: Tx, person_id: UUID) -> list[CertificateRecord]:
    """Every certificate of a person, oldest first."""
    cursor = await tx.execute(_OF_PERSON, {"person": person_id})
    return [record_of(row) for row in await cursor.fetchall()]


async def certificate_der(tx: Tx, authority: str, serial: int) -> bytes | None:
    """The certificate itself."""
    found = await fetch_value(
        tx,
        "select c.certificate from jpki.serial_lookup l"
        " join jpki.certificate c using (person_id, authority, serial)"
        " where l.authority = %s and l.serial = %s",
        (authority, serial_bytes(serial)),
    )
    return None if found is None else bytes(found)


def record_of(row: Sequence[Any]) -> CertificateRecord:
    """A row with the columns of a record, in their order."""
    return CertificateRecord(
        person_id=row[0],
        authority=row[1],
        serial=serial_of(row[2]),
        kind=CertificateKind(row[3]),
        medium=Medium(row[4]),
        municipality=row[5],
        chip_number=row[6],
        not_before=row[7],
        not_after=row[8],
        state=CertificateState(row[9]),
        reason=None if row[10] is None else Reason(row[10]),
        cause=None if row[11] is None else Cause(row[11]),
        ended_at=row[12],
        successor=None if row[13] is None else serial_of(row[13]),
        issued_at=row[14],
    )


_REVOKED = """
select distinct on (serial) municipality, serial,
       min(revoked_at) over (partition by serial), reason
  from jpki.revocation
 where authority in (select authority from jpki.authority where kind = %(kind)s)
   and expires_at > %(expired_after)s
   and (%(town)s::text is null or municipality = %(town)s)
 order by serial, revoked_at desc
"""


async def revoked(
    tx: Tx, kind: AuthorityKind, expired_after: datetime, town: str | None = None
) -> list[tuple[str, Revoked]]:
    """Lines of a list: (municipality, line), by serial.

    A certificate that was held first and revoked later has the date of the hold and the later
    reason: nobody may rely on what it signed in between.

    Args:
        tx: a transaction.
        kind: of the authorities; serials of its generations do not collide.
        expired_after: certificates that had expired by then are left out.
        town: one municipality only.
    """
    cursor = await tx.execute(
        _REVOKED, {"kind": kind, "expired_after": expired_after, "town": town}
    )
    return [
        (row[0], Revoked(serial_of(row[1]), row[2], Reason(row[3])))
        for row in await cursor.fetchall()
    ]


async def lock_lists(tx: Tx) -> None:
    """One maker of lists at a time, so that numbers grow."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('jpki.crl'))")


async def list_numbers(tx: Tx, kind: AuthorityKind) -> dict[str, int]:
    """The highest number used for each partition of a kind, over its generations."""
    cursor = await tx.execute(
        "select partition, max(number) from jpki.crl join jpki.authority using (authority)"
        " where kind = %s group by partition",
        (kind,),
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def save_list(tx: Tx, made: PublishedList) -> None:
    """Put a list in the place of the earlier one."""
    await tx.execute(
        "insert into jpki.crl"
        "    (authority, partition, number, list, entries, this_update, next_update)"
        " values (%s, %s, %s, %s, %s, %s, %s)"
        " on conflict (authority, partition) do update set number = excluded.number,"
        "    list = excluded.list, entries = excluded.entries,"
        "    this_update = excluded.this_update, next_update = excluded.next_update",
        (
            made.authority,
            made.partition,
            made.number,
            made.list,
            made.entries,
            made.this_update,
            made.next_update,
        ),
    )


async def published_list(tx: Tx, authority: str, partition: str) -> PublishedList | None:
    """The newest list of a scope."""
    cursor = await tx.execute(
        "select authority, partition, number, list, entries, this_update, next_update"
        " from jpki.crl where authority = %s and partition = %s",
        (authority, partition),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return PublishedList(
        authority=row[0],
        partition=row[1],
        number=row[2],
        list=bytes(row[3]),
        entries=row[4],
        this_update=row[5],
        next_update=row[6],
    )
