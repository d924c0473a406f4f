"""SQL of how certificates stand, and of what changed since one last looked."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from jichitai.infra.database import Tx, fetch_value
from jichitai.jpki.kinds import CertificateState, Reason
from jichitai.jpki.status.answers import GOOD, UNKNOWN, Standing, Word

Place: TypeAlias = tuple[str, bytes]
"""An authority's id and a serial as tables keep it."""

_STANDINGS: Final = """
select asked.place, certificate.state, certificate.reason, certificate.ended_at
  from unnest(%s::text[], %s::bytea[]) with ordinality as asked (authority, serial, place)
  join jpki.serial_lookup using (authority, serial)
  join jpki.certificate using (person_id, authority, serial)
"""
_SINCE: Final = """
select pg_snapshot_xmin(pg_current_snapshot())::text, authority, serial
  from (select) as now left join jpki.revocation on written >= %s::text::xid8
"""
_NOW: Final = "select pg_snapshot_xmin(pg_current_snapshot())::text"


async def standings(tx: Tx, places: Sequence[Place]) -> list[Standing]:
    """How certificates stand, in the order of the question; expiry is the verifier's business."""
    found = [UNKNOWN] * len(places)
    asked = ([authority for authority, _ in places], [serial for _, serial in places])
    for place, *row in await (await tx.execute(_STANDINGS, asked)).fetchall():
        found[place - 1] = _standing(*row)
    return found


async def horizon(tx: Tx) -> str:
    """Where to begin to follow revocations: nothing before is still under way."""
    return str(await fetch_value(tx, _NOW))


async def revoked_since(tx: Tx, since: str) -> tuple[str, list[Place]]:
    """Certificates that were revoked since, and where to go on; some may be told twice."""
    rows = await (await tx.execute(_SINCE, (since,))).fetchall()
    return rows[0][0], [(row[1], bytes(row[2])) for row in rows if row[1] is not None]


def _standing(state: str, reason: str | None, ended_at: Any) -> Standing:
    if state == CertificateState.VALID:
        return GOOD
    if state == CertificateState.HELD:
        return Standing(Word.REVOKED, ended_at, Reason.HOLD)
    return Standing(Word.REVOKED, ended_at, None if reason is None else Reason(reason))
