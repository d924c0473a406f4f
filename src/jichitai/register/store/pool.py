"""The stock of 住民票コード, and departure certificates that came through the network."""

from collections.abc import Sequence
from datetime import datetime

from jichitai.infra.database import Tx, fetch_value
from jichitai.kernel.identifiers import JukiCode
from jichitai.register.store.rows import Vault


async def batch_hash(tx: Tx, town: str, batch_id: str) -> bytes | None:
    """Hash of the content of a batch that was received before."""
    found = await fetch_value(
        tx,
        "select content_hash from register.juki_code_batch"
        " where municipality = %s and batch_id = %s",
        (town, batch_id),
    )
    return None if found is None else bytes(found)


async def add_batch(
    tx: Tx,
    vault: Vault,
    town: str,
    *,
    batch_id: str,
    codes: Sequence[JukiCode],
    draws: Sequence[int],
    content_hash: bytes,
    at: datetime,
) -> None:
    """Put codes into the stock, each with its place in the random order of use."""
    await tx.execute(
        "insert into register.juki_code_batch"
        " (municipality, batch_id, size, content_hash, received_at) values (%s, %s, %s, %s, %s)",
        (town, batch_id, len(codes), content_hash, at),
    )
    indexes = [vault.code_index(code) for code in codes]
    sealed = [vault.seal(c.reveal().encode(), i) for c, i in zip(codes, indexes, strict=True)]
    await tx.execute(
        "insert into register.juki_code_pool"
        " (municipality, code_index, juki_code, batch_id, draw)"
        " select %s, code_index, juki_code, %s, draw"
        "   from unnest(%s::bytea[], %s::bytea[], %s::integer[])"
        "     as given (code_index, juki_code, draw)",
        (town, batch_id, indexes, sealed, list(draws)),
    )


async def known_codes(tx: Tx, town: str, indexes: Sequence[bytes]) -> int:
    """How many of these codes are in the stock or in the register already."""
    return int(
        await fetch_value(
            tx,
            "select (select count(*) from register.juki_code_pool"
            "         where municipality = %(town)s and code_index = any(%(indexes)s))"
            "     + (select count(*) from register.resident"
            "         where municipality = %(town)s and code_index = any(%(indexes)s))",
            {"town": town, "indexes": list(indexes)},
        )
    )


async def free_codes(tx: Tx, vault: Vault, town: str, count: int) -> tuple[JukiCode, ...]:
    """The next unused codes; they stay unused until `take`."""
    if count == 0:
        return ()
    rows = await (
        await tx.execute(
            "select code_index, juki_code from register.juki_code_pool"
            " where municipality = %s and event_number is null"
            " order by draw, code_index limit %s",
            (town, count),
        )
    ).fetchall()
    return tuple(JukiCode(vault.open(sealed, bytes(index)).decode()) for index, sealed in rows)


async def take(tx: Tx, vault: Vault, town: str, codes: Sequence[JukiCode], number: int) -> None:
    """Mark codes as used by an event; codes that are not in the stock are left alone."""
    await tx.execute(
        "update register.juki_code_pool set event_number = %s"
        " where municipality = %s and code_index = any(%s) and event_number is null",
        (number, town, [vault.code_index(code) for code in codes]),
    )


async def size(tx: Tx, town: str) -> int:
    """How many unused codes are left."""
    return int(
        await fetch_value(
            tx,
            "select count(*) from register.juki_code_pool"
            " where municipality = %s and event_number is null",
            (town,),
        )
    )


def _context(town: str, origin: str, number: int) -> bytes:
    return f"{town}/{origin}/{number}".encode()


async def add_certificate(
    tx: Tx,
    vault: Vault,
    town: str,
    *,
    origin: str,
    number: int,
    body: bytes,
    codes: Sequence[JukiCode],
    at: datetime,
) -> bool:
    """Keep a certificate; False when it was here already."""
    cursor = await tx.execute(
        "insert into register.certificate"
        " (municipality, from_municipality, number, body, received_at)"
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        (town, origin, number, vault.seal(body, _context(town, origin, number)), at),
    )
    if cursor.rowcount == 0:
        return False
    async with tx.cursor() as people:
        await people.executemany(
            "insert into register.certificate_person"
            " (municipality, code_index, from_municipality, number) values (%s, %s, %s, %s)",
            [(town, vault.code_index(code), origin, number) for code in codes],
        )
    return True


async def certificate(tx: Tx, vault: Vault, town: str, code: JukiCode) -> bytes | None:
    """The newest certificate that names this code."""
    row = await (
        await tx.execute(
            "select c.from_municipality, c.number, c.body"
            "  from register.certificate_person as p"
            "  join register.certificate as c using (municipality, from_municipality, number)"
            " where p.municipality = %s and p.code_index = %s"
            " order by c.received_at desc, c.number desc limit 1",
            (town, vault.code_index(code)),
        )
    ).fetchone()
    return None if row is None else vault.open(row[2], _context(town, row[0], row[1]))


async def certified(tx: Tx, town: str, indexes: Sequence[bytes]) -> frozenset[bytes]:
    """Which of these codes a certificate names."""
    if not indexes:
        return frozenset()
    rows = await (
        await tx.execute(
            "select distinct code_index from register.certificate_person"
            " where municipality = %s and code_index = any(%s)",
            (town, list(indexes)),
        )
    ).fetchall()
    return frozenset(bytes(row[0]) for row in rows)
