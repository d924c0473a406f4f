"""SQL of the keys that sign ID tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from jichitai.infra.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key of ours; the private half is sealed."""

    kid: str
    alg: str
    public_jwk: Mapping[str, Any]
    sealed: bytes
    made_at: datetime
    signs_from: datetime
    gone_at: datetime | None


_COLUMNS: Final = "kid, alg, public_jwk, sealed, made_at, signs_from, gone_at"


async def lock(tx: Tx) -> None:
    """Let one process at a time look after the keys."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('jpki.openid_key'))")


async def published(tx: Tx, now: datetime) -> list[StoredKey]:
    """The keys that verify our tokens now, oldest first."""
    rows = await tx.execute(
        f"select {_COLUMNS} from jpki.openid_key"
        " where gone_at is null or gone_at > %s order by signs_from, kid",
        (now,),
    )
    return [
        StoredKey(
            kid=row[0],
            alg=row[1],
            public_jwk=row[2],
            sealed=bytes(row[3]),
            made_at=row[4],
            signs_from=row[5],
            gone_at=row[6],
        )
        for row in await rows.fetchall()
    ]


async def add(tx: Tx, key: StoredKey) -> None:
    """Keep a new key."""
    await tx.execute(
        f"insert into jpki.openid_key ({_COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s)",
        (
            key.kid,
            key.alg,
            Jsonb(dict(key.public_jwk)),
            key.sealed,
            key.made_at,
            key.signs_from,
            key.gone_at,
        ),
    )


async def end(tx: Tx, kid: str, gone_at: datetime) -> None:
    """Say when a key is not published any more."""
    await tx.execute("update jpki.openid_key set gone_at = %s where kid = %s", (gone_at, kid))


async def sweep(tx: Tx, now: datetime) -> None:
    """Destroy keys that are gone."""
    await tx.execute("delete from jpki.openid_key where gone_at <= %s", (now,))
