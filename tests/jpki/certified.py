"""Certificates in the nation's tables without an authority, for tests of what becomes of them."""

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.jpki.lifecycle import model
from jichitai.jpki.lifecycle.model import Basis
from jichitai.jpki.lifecycle.watching import seal_basis
from jichitai.jukinet.network import standing

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LAST = datetime(2031, 5, 1, 14, 59, 59, tzinfo=UTC)
BOTH = (CertificateKind.SIGNING, CertificateKind.USER_AUTH)
CHIP = "1234567890123"


async def certify(
    tx: Tx,
    keys: Keys,
    juki_code: str,
    *kinds: CertificateKind,
    medium: Medium = Medium.CARD,
    not_after: datetime = LAST,
    chip: str = CHIP,
) -> None:
    """Give a person certificates that rest on their standing record."""
    record = await standing.by_code(tx, keys, juki_code)
    assert record is not None
    items = model.items_of(record.identity, record.municipality)
    basis = Basis(municipality=record.municipality, certified=items, current=items)
    for kind in kinds or BOTH:
        serial = b"\x01" + secrets.token_bytes(8)
        await tx.execute(
            "insert into jpki.certificate (person_id, authority, serial, kind, medium,"
            " municipality, chip_number, request_id, certificate, basis, not_before, not_after,"
            " state, issued_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'valid', %s)",
            (
                record.person_id,
                f"{kind.value}-2",
                serial,
                kind.value,
                medium.value,
                record.municipality,
                chip if medium is Medium.CARD else "",
                uuid4(),
                b"DER",
                seal_basis(keys.columns, basis, record.person_id),
                FIRST,
                not_after,
                FIRST,
            ),
        )
        await tx.execute(
            "insert into jpki.serial_lookup (authority, serial, person_id) values (%s, %s, %s)",
            (f"{kind.value}-2", serial, record.person_id),
        )


async def states(tx: Tx) -> dict[str, Any]:
    """Kind (with `-phone` on phones) -> state and cause, of all certificates."""
    cursor = await tx.execute("select kind, medium, state, cause from jpki.certificate")
    return {
        kind + ("-phone" if medium == "phone" else ""): (state, cause)
        for kind, medium, state, cause in await cursor.fetchall()
    }
