"""SQL of passkeys, invitations and ceremonies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from jichitai.infra.database import Tx
from jichitai.web.signin.model import Ceremony, Passkey, Purpose

_PASSKEY: Final = (
    "credential_id, account_id, public_key, sign_count, label, state, created_at, used_at"
)

_ADD_PASSKEY = """
insert into web.passkey (credential_id, account_id, public_key, sign_count, label, created_at)
values (%(credential_id)s, %(account_id)s, %(public_key)s, %(sign_count)s, %(label)s, %(now)s)
on conflict do nothing
"""

_TAKE_CEREMONY = """
delete from web.ceremony
 where ceremony_id = %(ceremony_id)s
returning ceremony_id, purpose, challenge, account_id, code_hash, expires_at
"""


async def put_ceremony(tx: Tx, ceremony: Ceremony) -> None:
    """Let a question wait for its answer, and forget those that nobody answered."""
    await tx.execute("delete from web.ceremony where expires_at < now() - interval '1 hour'")
    await tx.execute(
        "insert into web.ceremony"
        " (ceremony_id, purpose, challenge, account_id, code_hash, expires_at)"
        " values (%s, %s, %s, %s, %s, %s)",
        (
            ceremony.ceremony_id,
            str(ceremony.purpose),
            ceremony.challenge,
            ceremony.account_id,
            ceremony.code_hash,
            ceremony.expires_at,
        ),
    )


async def take_ceremony(tx: Tx, ceremony_id: UUID) -> Ceremony | None:
    """Take a question out; whoever comes second gets None."""
    row = await (await tx.execute(_TAKE_CEREMONY, {"ceremony_id": ceremony_id})).fetchone()
    if row is None:
        return None
    return Ceremony(
        ceremony_id=row[0],
        purpose=Purpose(row[1]),
        challenge=row[2],
        account_id=row[3],
        code_hash=row[4],
        expires_at=row[5],
    )


async def put_invitation(
    tx: Tx, code_hash: bytes, account_id: UUID, *, now: datetime, until: datetime
) -> None:
    """Keep an invitation."""
    await tx.execute(
        "insert into web.invitation (code_hash, account_id, created_at, expires_at)"
        " values (%s, %s, %s, %s)",
        (code_hash, account_id, now, until),
    )


async def invited(tx: Tx, code_hash: bytes, now: datetime) -> UUID | None:
    """Whose account an unused invitation opens."""
    row = await (
        await tx.execute(
            "select account_id from web.invitation"
            " where code_hash = %s and used_at is null and expires_at > %s",
            (code_hash, now),
        )
    ).fetchone()
    return None if row is None else row[0]


async def use_invitation(tx: Tx, code_hash: bytes, now: datetime) -> bool:
    """Use an invitation up; False when somebody was faster."""
    done = await tx.execute(
        "update web.invitation set used_at = %s"
        " where code_hash = %s and used_at is null and expires_at > %s",
        (now, code_hash, now),
    )
    return done.rowcount == 1


async def add_passkey(
    tx: Tx,
    *,
    credential_id: bytes,
    account_id: UUID,
    public_key: bytes,
    sign_count: int,
    label: str,
    now: datetime,
) -> bool:
    """Keep a passkey; False when it is known already."""
    done = await tx.execute(
        _ADD_PASSKEY,
        {
            "credential_id": credential_id,
            "account_id": account_id,
            "public_key": public_key,
            "sign_count": sign_count,
            "label": label,
            "now": now,
        },
    )
    return done.rowcount == 1


async def lock_passkey(tx: Tx, credential_id: bytes) -> Passkey | None:
    """One passkey, held until the end of the transaction."""
    query = f"select {_PASSKEY} from web.passkey where credential_id = %s for update"
    row = await (await tx.execute(query, (credential_id,))).fetchone()
    return None if row is None else _passkey(row)


async def passkeys(tx: Tx, account_id: UUID) -> list[Passkey]:
    """All passkeys of an account, oldest first, held until the end of the transaction."""
    query = (
        f"select {_PASSKEY} from web.passkey where account_id = %s"
        " order by created_at, credential_id for update"
    )
    return [_passkey(row) for row in await (await tx.execute(query, (account_id,))).fetchall()]


async def mark_used(tx: Tx, credential_id: bytes, *, sign_count: int, now: datetime) -> None:
    """Remember a use."""
    await tx.execute(
        "update web.passkey set sign_count = %s, used_at = %s where credential_id = %s",
        (sign_count, now, credential_id),
    )


async def set_passkey_state(tx: Tx, credential_id: bytes, state: str) -> None:
    """Revoke a passkey, or mark it as suspect."""
    await tx.execute(
        "update web.passkey set state = %s where credential_id = %s", (state, credential_id)
    )


def _passkey(row: Sequence[Any]) -> Passkey:
    return Passkey(
        credential_id=bytes(row[0]),
        account_id=row[1],
        public_key=bytes(row[2]),
        sign_count=row[3],
        label=row[4],
        state=row[5],
        created_at=row[6],
        used_at=row[7],
    )
