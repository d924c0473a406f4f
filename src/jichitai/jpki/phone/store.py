"""SQL of phone credentials: authority, challenges, credentials, presentations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """One certificate of the authority for phone credentials."""

    role: str
    generation: int
    certificate: bytes
    key_label: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRow:
    """One credential, without what it says."""

    person_id: UUID
    credential_id: UUID
    authority: str
    serial: bytes
    device_key: bytes
    status_list: int
    status_index: int
    evidence: bytes
    valid_from: datetime
    valid_until: datetime
    issued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCredential:
    """One of a person's credentials as its holder sees it."""

    credential_id: UUID
    issued_at: datetime
    valid_until: datetime
    ended_at: datetime | None
    cause: str | None
    card_valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationRow:
    """One request of the verifier."""

    presentation_id: UUID
    browser_hash: bytes
    query: str
    client_id: str
    nonce: str
    sealed: bytes
    state: str
    refusal: str | None
    detail: str | None
    shown: bytes | None
    code_hash: bytes | None
    made_at: datetime
    expires_at: datetime


_CREDENTIAL_COLUMNS: Final = """person_id, credential_id, authority, serial, device_key,
       status_list, status_index, evidence, valid_from, valid_until, issued_at"""
_PRESENTATION_COLUMNS: Final = """presentation_id, browser_hash, query, client_id, nonce, sealed,
       state, refusal, detail, shown, code_hash, made_at, expires_at"""

_ADD_CREDENTIAL: Final = f"""
insert into jpki.phone_credential ({_CREDENTIAL_COLUMNS})
values (%(person_id)s, %(credential_id)s, %(authority)s, %(serial)s, %(device_key)s,
        %(status_list)s, %(status_index)s, %(evidence)s, %(valid_from)s, %(valid_until)s,
        %(issued_at)s)
"""

_END_OF_PERSON: Final = """
update jpki.phone_credential
   set ended_at = %(at)s, cause = %(cause)s
 where person_id = %(person)s and ended_at is null
returning credential_id
"""

_OWN: Final = """
select credential_id, phone_credential.issued_at, valid_until, phone_credential.ended_at,
       phone_credential.cause, coalesce(certificate.state = 'valid', false) as card_valid
  from jpki.phone_credential
  left join jpki.certificate using (person_id, authority, serial)
 where person_id = %(person)s
 order by phone_credential.issued_at desc
 limit 20
"""

_ENDED: Final = """
select phone_credential.status_index
  from jpki.phone_credential
  left join jpki.certificate using (person_id, authority, serial)
 where status_list = %(number)s
   and (phone_credential.ended_at is not null or certificate.state is distinct from 'valid')
"""

_FULLEST: Final = """
select status_list, count(*)
  from jpki.phone_credential
 where status_list = (select max(status_list) from jpki.phone_credential)
 group by status_list
"""

_IN_FORCE: Final = """
select phone_credential.ended_at is null and coalesce(certificate.state = 'valid', false)
  from jpki.phone_credential
  left join jpki.certificate using (person_id, authority, serial)
 where status_list = %(number)s and status_index = %(index)s
"""

_ADD_PRESENTATION: Final = f"""
insert into jpki.presentation ({_PRESENTATION_COLUMNS})
values (%(presentation_id)s, %(browser_hash)s, %(query)s, %(client_id)s, %(nonce)s, %(sealed)s,
        %(state)s, %(refusal)s, %(detail)s, %(shown)s, %(code_hash)s, %(made_at)s, %(expires_at)s)
"""

_FINISH: Final = """
update jpki.presentation
   set state = %(state)s, refusal = %(refusal)s, detail = %(detail)s, shown = %(shown)s,
       code_hash = %(code)s
 where presentation_id = %(id)s
"""


async def authorities(tx: Tx) -> list[AuthorityRow]:
    """Every certificate, newest generation first."""
    async with tx.cursor(row_factory=class_row(AuthorityRow)) as cursor:
        await cursor.execute(
            "select role, generation, certificate, key_label, not_before, not_after"
            "  from jpki.phone_authority order by role, generation desc"
        )
        return await cursor.fetchall()


async def add_authority(tx: Tx, row: AuthorityRow, at: datetime) -> None:
    """Keep a certificate."""
    await tx.execute(
        "insert into jpki.phone_authority"
        " (role, generation, certificate, key_label, not_before, not_after, made_at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            row.role, row.generation, row.certificate, row.key_label, row.not_before,
            row.not_after, at,
        ),
    )  # fmt: skip


async def add_challenge(tx: Tx, challenge_hash: bytes, expires_at: datetime) -> None:
    """Keep a challenge."""
    await tx.execute(
        "insert into jpki.phone_challenge (challenge_hash, expires_at) values (%s, %s)",
        (challenge_hash, expires_at),
    )


async def take_challenge(tx: Tx, challenge_hash: bytes) -> datetime | None:
    """Take a challenge out; its end, or None when there is none."""
    cursor = await tx.execute(
        "delete from jpki.phone_challenge where challenge_hash = %s returning expires_at",
        (challenge_hash,),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def fullest_list(tx: Tx) -> tuple[int, int]:
    """The newest status list and how many entries of it are taken."""
    row = await (await tx.execute(_FULLEST)).fetchone()
    return (row[0], row[1]) if row else (0, 0)


async def lock_person(tx: Tx, person: UUID) -> None:
    """Let nobody else issue for a person until the transaction ends."""
    await tx.execute(
        "select pg_advisory_xact_lock(hashtextextended('jpki.phone ' || %s, 0))", (str(person),)
    )


async def lock_authority(tx: Tx) -> None:
    """Let nobody else make certificates of the authority until the transaction ends."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended('jpki.phone_authority', 0))")


async def add_credential(tx: Tx, row: CredentialRow) -> bool:
    """Keep a credential; False when its place in the status list is taken.

    Raises:
        UniqueViolation: the phone's key is in another credential.
    """
    values = {name: getattr(row, name) for name in CredentialRow.__dataclass_fields__}
    try:
        async with tx.transaction():
            await tx.execute(_ADD_CREDENTIAL, values)
    except UniqueViolation as error:
        if error.diag.constraint_name == "phone_credential_status":
            return False
        raise
    return True


async def end_of_person(tx: Tx, person: UUID, at: datetime, cause: str) -> int:
    """End what credential a person has; how many there were."""
    cursor = await tx.execute(_END_OF_PERSON, {"person": person, "at": at, "cause": cause})
    return len(await cursor.fetchall())


async def device_key_is_known(tx: Tx, device_key: bytes) -> bool:
    """Whether a phone's key is in a credential already."""
    cursor = await tx.execute(
        "select 1 from jpki.phone_credential where device_key = %s", (device_key,)
    )
    return await cursor.fetchone() is not None


async def of_person(tx: Tx, person: UUID) -> list[OwnCredential]:
    """A person's credentials, newest first, without their content."""
    async with tx.cursor(row_factory=class_row(OwnCredential)) as cursor:
        await cursor.execute(_OWN, {"person": person})
        return await cursor.fetchall()


async def ended(tx: Tx, number: int) -> list[int]:
    """Indexes of a status list whose credential, or its card certificate, has ended."""
    cursor = await tx.execute(_ENDED, {"number": number})
    return [row[0] for row in await cursor.fetchall()]


async def in_force(tx: Tx, number: int, index: int) -> bool | None:
    """Whether a credential is in force; None when there is none at this place."""
    row = await (await tx.execute(_IN_FORCE, {"number": number, "index": index})).fetchone()
    return row[0] if row else None


async def add_presentation(tx: Tx, row: PresentationRow) -> None:
    """Keep a request of the verifier."""
    values = {name: getattr(row, name) for name in PresentationRow.__dataclass_fields__}
    await tx.execute(_ADD_PRESENTATION, values)


async def presentation(tx: Tx, number: UUID, *, lock: bool = False) -> PresentationRow | None:
    """One request of the verifier."""
    statement = f"select {_PRESENTATION_COLUMNS} from jpki.presentation where presentation_id = %s"
    async with tx.cursor(row_factory=class_row(PresentationRow)) as cursor:
        await cursor.execute(statement + (" for update" if lock else ""), (number,))
        return await cursor.fetchone()


async def earlier(tx: Tx, row: PresentationRow, limit: int = 20) -> list[PresentationRow]:
    """The last requests before or beside one, to tell a replay from a forgery."""
    async with tx.cursor(row_factory=class_row(PresentationRow)) as cursor:
        await cursor.execute(
            f"select {_PRESENTATION_COLUMNS} from jpki.presentation"
            " where presentation_id <> %s order by made_at desc limit %s",
            (row.presentation_id, limit),
        )
        return await cursor.fetchall()


async def mark_received(tx: Tx, number: UUID) -> None:
    """Use a request up, whatever comes of its answer."""
    await tx.execute(
        "update jpki.presentation set state = 'received' where presentation_id = %s", (number,)
    )


async def finish(
    tx: Tx,
    number: UUID,
    *,
    state: str,
    code: bytes,
    refusal: str | None = None,
    detail: str | None = None,
    shown: bytes | None = None,
) -> None:
    """Write down how a request ended."""
    values = {
        "id": number, "state": state, "refusal": refusal, "detail": detail, "shown": shown,
        "code": code,
    }  # fmt: skip
    await tx.execute(_FINISH, values)


async def forget(tx: Tx, before: datetime) -> int:
    """Erase requests and challenges whose time is over; how many requests."""
    await tx.execute("delete from jpki.phone_challenge where expires_at < %s", (before,))
    cursor = await tx.execute("delete from jpki.presentation where expires_at < %s", (before,))
    return cursor.rowcount
