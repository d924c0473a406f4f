"""The table of issued certificates: how one is entered, and how it ends."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.infra.database import Tx
from jichitai.jpki.authority import store
from jichitai.jpki.authority.keys import key_hash
from jichitai.jpki.authority.model import (
    CertificateRecord,
    Ending,
    IssuedCertificate,
    serial_bytes,
)
from jichitai.jpki.kinds import Cause, CertificateState, Reason

_ADD_KEYS = """
insert into jpki.certified_key (key_hash, authority, serial)
select * from unnest(%(hashes)s::bytea[], %(authorities)s::text[], %(serials)s::bytea[])
on conflict do nothing
"""

_ADD_CERTIFICATES = """
insert into jpki.certificate
    (person_id, authority, serial, kind, medium, municipality, chip_number, request_id,
     certificate, basis, not_before, not_after, state, issued_at)
select person_id, authority, serial, kind, medium, municipality, chip_number, request_id,
       certificate, basis, not_before, not_after, 'valid', %(at)s
  from unnest(%(persons)s::uuid[], %(authorities)s::text[], %(serials)s::bytea[],
              %(kinds)s::text[], %(media)s::text[], %(towns)s::text[], %(chips)s::text[],
              %(requests)s::uuid[], %(certificates)s::bytea[], %(bases)s::bytea[],
              %(begins)s::timestamptz[], %(ends)s::timestamptz[])
       as made (person_id, authority, serial, kind, medium, municipality, chip_number, request_id,
                certificate, basis, not_before, not_after)
on conflict (person_id, kind, medium) where state = 'valid' and successor is null do nothing
"""

_ADD_LOOKUPS = """
insert into jpki.serial_lookup (authority, serial, person_id)
select * from unnest(%(authorities)s::text[], %(serials)s::bytea[], %(persons)s::uuid[])
"""

_LINK = """
update jpki.certificate as earlier
   set successor = made.successor
  from unnest(%(persons)s::uuid[], %(kinds)s::text[], %(serials)s::bytea[], %(replaced)s::bytea[])
       as made (person_id, kind, successor, replaced)
 where earlier.person_id = made.person_id
   and earlier.kind = made.kind
   and earlier.serial = made.replaced
"""


async def add_keys(tx: Tx, issued: Sequence[IssuedCertificate]) -> int:
    """Note the keys that are certified; how many of them are new."""
    cursor = await tx.execute(_ADD_KEYS, _columns(issued, None))
    return cursor.rowcount


async def add_certificates(tx: Tx, issued: Sequence[IssuedCertificate], at: datetime) -> int:
    """Enter certificates in force; how many could be, as a person has one of each kind."""
    columns = _columns(issued, at)
    cursor = await tx.execute(_ADD_CERTIFICATES, columns)
    added = cursor.rowcount
    if added == len(issued):
        await tx.execute(_ADD_LOOKUPS, columns)
        if any(made.order.replaces is not None for made in issued):
            await tx.execute(_LINK, columns)
    return added


def _columns(issued: Sequence[IssuedCertificate], at: datetime | None) -> dict[str, Any]:
    orders = [made.order for made in issued]
    return {
        "at": at,
        "hashes": [key_hash(order.public_key) for order in orders],
        "persons": [order.person_id for order in orders],
        "authorities": [made.authority for made in issued],
        "serials": [serial_bytes(made.serial) for made in issued],
        "kinds": [order.kind.value for order in orders],
        "media": [order.medium.value for order in orders],
        "towns": [order.municipality for order in orders],
        "chips": [order.chip_number for order in orders],
        "requests": [order.request_id for order in orders],
        "certificates": [made.certificate.public_bytes(Encoding.DER) for made in issued],
        "bases": [order.basis for order in orders],
        "begins": [made.certificate.not_valid_before_utc for made in issued],
        "ends": [made.certificate.not_valid_after_utc for made in issued],
        "replaced": [
            None if order.replaces is None else serial_bytes(order.replaces) for order in orders
        ],
    }


_END = """
with ending as (
    select authority, serial, reason, cause, state
      from unnest(%(authorities)s::text[], %(serials)s::bytea[], %(reasons)s::text[],
                  %(causes)s::text[], %(states)s::text[])
           as given (authority, serial, reason, cause, state)
), ended as (
    update jpki.certificate as c
       set state = e.state, reason = e.reason, cause = e.cause,
           ended_at = coalesce(c.ended_at, %(at)s), lapse_on = null
      from ending e
      join jpki.serial_lookup l using (authority, serial)
     where c.person_id = l.person_id
       and c.authority = e.authority
       and c.serial = e.serial
       and (c.state = 'valid' or (c.state = 'held' and e.state = 'revoked'))
    returning c.*
), noted as (
    insert into jpki.revocation
        (authority, serial, municipality, reason, cause, revoked_at, expires_at)
    select authority, serial, municipality, reason, cause, %(at)s, not_after from ended
)
select person_id, authority, serial, kind, medium, municipality, chip_number, not_before,
       not_after, state, reason, cause, ended_at, successor, issued_at
  from ended
 order by person_id, kind
"""


async def end(tx: Tx, endings: Sequence[Ending], at: datetime) -> list[CertificateRecord]:
    """Revoke or hold certificates; those that had ended are left as they are.

    A hold may become a revocation and is never lifted.

    Returns:
        The certificates that changed, by person.
    """
    cursor = await tx.execute(
        _END,
        {
            "authorities": [ending.authority for ending in endings],
            "serials": [serial_bytes(ending.serial) for ending in endings],
            "reasons": [ending.reason.value for ending in endings],
            "causes": [ending.cause.value for ending in endings],
            "states": [
                (
                    CertificateState.HELD
                    if ending.reason is Reason.HOLD
                    else CertificateState.REVOKED
                ).value
                for ending in endings
            ],
            "at": at,
        },
    )
    return [store.record_of(row) for row in await cursor.fetchall()]


_END_ALL = """
with ended as (
    update jpki.certificate
       set state = 'revoked', reason = %(reason)s, cause = %(cause)s,
           ended_at = coalesce(ended_at, %(at)s), lapse_on = null
     where authority = %(authority)s and state <> 'revoked' and not_after >= %(at)s
    returning authority, serial, municipality, not_after
)
insert into jpki.revocation (authority, serial, municipality, reason, cause, revoked_at, expires_at)
select authority, serial, municipality, %(reason)s, %(cause)s, %(at)s, not_after from ended
"""


async def end_all(tx: Tx, authority: str, reason: Reason, cause: Cause, at: datetime) -> int:
    """Revoke everything an authority issued that has not expired; how many."""
    cursor = await tx.execute(
        _END_ALL, {"authority": authority, "reason": reason, "cause": cause, "at": at}
    )
    return cursor.rowcount
