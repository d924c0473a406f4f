"""SQL of what was granted: codes, access tokens, the history of sign-ins, notices of their end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.signin.claims import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in at a relying party, in the person's own history.

    Attributes:
        person_id: whose.
        sign_in_id: opaque (`sid`).
        client_id: where.
        subject: the person's name there (`sub`).
        kind: the certificate that was used.
        authority, serial: which one.
        items: what was given away.
        rehearsal: whether the party saw an invented person.
        signed_in_at: when.
        ended_at: when it ended, as far as we are concerned.
        display: name of the party, for pages.
    """

    person_id: UUID
    sign_in_id: UUID
    client_id: str
    subject: str
    kind: CertificateKind
    authority: str
    serial: bytes
    items: tuple[Item, ...]
    rehearsal: bool
    signed_in_at: datetime
    ended_at: datetime | None = None
    display: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A logout that a party still has to be told."""

    sign_in_id: UUID
    client_id: str
    subject: str
    tries: int


NOTICES: Final = 20
"""Notices that are sent at a time."""

_SIGN_IN: Final = (
    "s.person_id, s.sign_in_id, s.client_id, s.subject, s.kind, s.authority, s.serial, s.items,"
    " s.rehearsal, s.signed_in_at, s.ended_at, p.display"
)

_ADD = """
insert into jpki.sign_in (person_id, sign_in_id, client_id, subject, kind, authority, serial,
                          items, rehearsal, evidence, signed_in_at)
values (%(person_id)s, %(sign_in_id)s, %(client_id)s, %(subject)s, %(kind)s, %(authority)s,
        %(serial)s, %(items)s, %(rehearsal)s, %(evidence)s, %(now)s)
"""


async def add_sign_in(tx: Tx, made: SignIn, evidence: bytes) -> None:
    """Keep a sign-in in the person's history."""
    await tx.execute(
        _ADD,
        {
            "person_id": made.person_id,
            "sign_in_id": made.sign_in_id,
            "client_id": made.client_id,
            "subject": made.subject,
            "kind": str(made.kind),
            "authority": made.authority,
            "serial": made.serial,
            "items": [str(item) for item in made.items],
            "rehearsal": made.rehearsal,
            "evidence": evidence,
            "now": made.signed_in_at,
        },
    )


async def history(tx: Tx, person_id: UUID, limit: int = 100) -> list[SignIn]:
    """A person's sign-ins, newest first."""
    rows = await tx.execute(
        f"select {_SIGN_IN} from jpki.sign_in s join jpki.relying_party p using (client_id)"
        " where s.person_id = %s order by s.signed_in_at desc limit %s",
        (person_id, limit),
    )
    return [
        SignIn(
            person_id=row[0],
            sign_in_id=row[1],
            client_id=row[2],
            subject=row[3],
            kind=CertificateKind(row[4]),
            authority=row[5],
            serial=bytes(row[6]),
            items=tuple(Item(item) for item in row[7]),
            rehearsal=row[8],
            signed_in_at=row[9],
            ended_at=row[10],
            display=row[11],
        )
        for row in await rows.fetchall()
    ]


async def end_sign_in(
    tx: Tx, sign_in_id: UUID, now: datetime, *, client_id: str | None = None,
    person_id: UUID | None = None, tell: bool = False,
) -> bool:  # fmt: skip
    """End a sign-in and all that was granted by it; False when it is unknown or ended already.

    Args:
        tx: the transaction.
        sign_in_id: which.
        now: the instant.
        client_id: only when it is this party's.
        person_id: only when it is this person's.
        tell: let the party know through the back channel.
    """
    row = await (
        await tx.execute(
            "update jpki.sign_in set ended_at = %(now)s where sign_in_id = %(sign_in_id)s"
            " and ended_at is null and (%(client_id)s::text is null or client_id = %(client_id)s)"
            " and (%(person_id)s::uuid is null or person_id = %(person_id)s)"
            " returning client_id, subject",
            {
                "now": now,
                "sign_in_id": sign_in_id,
                "client_id": client_id,
                "person_id": person_id,
            },
        )
    ).fetchone()
    if row is None:
        return False
    await end_tokens(tx, sign_in_id)
    if tell:
        await tx.execute(
            "insert into jpki.logout_notice (sign_in_id, client_id, subject, next_try)"
            " select %s, %s, %s, %s from jpki.relying_party"
            " where client_id = %s and backchannel_url is not null on conflict do nothing",
            (sign_in_id, row[0], row[1], now, row[0]),
        )
    return True


async def lapsed(tx: Tx, since: datetime) -> list[UUID]:
    """Sign-ins since then that have not ended although their certificate has."""
    rows = await tx.execute(
        "select s.sign_in_id from jpki.sign_in s"
        "  join jpki.certificate c on c.person_id = s.person_id"
        "   and c.authority = s.authority and c.serial = s.serial"
        " where s.ended_at is null and s.signed_in_at > %s and c.state <> 'valid'",
        (since,),
    )
    return [sign_in_id for (sign_in_id,) in await rows.fetchall()]


async def end_tokens(tx: Tx, sign_in_id: UUID) -> None:
    """End the codes and access tokens of a sign-in."""
    await tx.execute("delete from jpki.access_token where sign_in_id = %s", (sign_in_id,))
    await tx.execute("delete from jpki.authorization_code where sign_in_id = %s", (sign_in_id,))


async def add_code(
    tx: Tx, code_hash: bytes, client_id: str, sign_in_id: UUID, sealed: bytes, until: datetime
) -> None:
    """Keep a code until its party brings it."""
    await tx.execute(
        "insert into jpki.authorization_code (code_hash, client_id, sign_in_id, sealed, expires_at)"
        " values (%s, %s, %s, %s, %s)",
        (code_hash, client_id, sign_in_id, sealed, until),
    )


async def use_code(tx: Tx, code_hash: bytes, now: datetime) -> tuple[str, UUID, bytes] | None:
    """Use a code up, whoever brings it: party, sign-in, what was granted."""
    row = await (
        await tx.execute(
            "update jpki.authorization_code set used_at = %s"
            " where code_hash = %s and used_at is null and expires_at > %s"
            " returning client_id, sign_in_id, sealed",
            (now, code_hash, now),
        )
    ).fetchone()
    return None if row is None else (row[0], row[1], bytes(row[2]))


async def sign_in_of_code(tx: Tx, code_hash: bytes) -> UUID | None:
    """The sign-in of a code that was used before, while it is remembered."""
    row = await (
        await tx.execute(
            "select sign_in_id from jpki.authorization_code"
            " where code_hash = %s and used_at is not null",
            (code_hash,),
        )
    ).fetchone()
    return None if row is None else row[0]


async def add_token(
    tx: Tx, token_hash: bytes, client_id: str, sign_in_id: UUID, sealed: bytes, until: datetime
) -> None:
    """Keep an access token."""
    await tx.execute(
        "insert into jpki.access_token (token_hash, client_id, sign_in_id, sealed, expires_at)"
        " values (%s, %s, %s, %s, %s)",
        (token_hash, client_id, sign_in_id, sealed, until),
    )


async def find_token(
    tx: Tx, token_hash: bytes, now: datetime
) -> tuple[str, UUID, bytes, datetime] | None:
    """The party, the sign-in, what was granted, and the end of an access token."""
    row = await (
        await tx.execute(
            "select client_id, sign_in_id, sealed, expires_at from jpki.access_token"
            " where token_hash = %s and expires_at > %s",
            (token_hash, now),
        )
    ).fetchone()
    return None if row is None else (row[0], row[1], bytes(row[2]), row[3])


async def end_token(tx: Tx, token_hash: bytes, client_id: str) -> None:
    """End one access token of a party."""
    await tx.execute(
        "delete from jpki.access_token where token_hash = %s and client_id = %s",
        (token_hash, client_id),
    )


async def take_notices(tx: Tx, now: datetime, limit: int = NOTICES) -> list[Notice]:
    """Notices that are due, held until the end of the transaction."""
    rows = await tx.execute(
        "select sign_in_id, client_id, subject, tries from jpki.logout_notice"
        " where next_try <= %s order by next_try limit %s for update skip locked",
        (now, limit),
    )
    return [
        Notice(sign_in_id=row[0], client_id=row[1], subject=row[2], tries=row[3])
        for row in await rows.fetchall()
    ]


async def put_off_notice(tx: Tx, sign_in_id: UUID, until: datetime) -> None:
    """Try a notice again later."""
    await tx.execute(
        "update jpki.logout_notice set tries = tries + 1, next_try = %s where sign_in_id = %s",
        (until, sign_in_id),
    )


async def drop_notice(tx: Tx, sign_in_id: UUID) -> None:
    """Forget a notice that arrived, or never will."""
    await tx.execute("delete from jpki.logout_notice where sign_in_id = %s", (sign_in_id,))
