"""Lists of revocations (失効情報): the full one of an authority, and one for each town."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.infra.database import Tx
from jichitai.jpki.authority import profiles, store
from jichitai.jpki.authority.authorities import Authorities
from jichitai.jpki.authority.model import FULL, Authority, PublishedList, unknown_authority
from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.kinds import CertificateKind

LIST_LIFE: Final = timedelta(days=2)
"""A list is made every day and good for two: one night's failure leaves nobody without."""
KEPT_AFTER_EXPIRY: Final = timedelta(days=3)
"""A line stays until a list made after the certificate's expiry has shown it (RFC 5280 3.3)."""
_AT_ONCE: Final = 1_000


async def make_crls(
    tx: Tx,
    authorities: Authorities,
    *,
    at: datetime,
    life: timedelta = LIST_LIFE,
    kinds: Sequence[CertificateKind] = tuple(CertificateKind),
) -> list[PublishedList]:
    """Make the lists of revocations anew: the full one, and one for each town that has lines.

    All generations of a kind share one name, so each signs a list of everything under that name
    with the same number; whichever list a verifier takes, nothing is missing from it. An empty
    list of a town is made when somebody asks (`list_of`), and here again once it exists.

    Args:
        tx: of the nation.
        authorities: with keys.
        at: thisUpdate.
        life: until nextUpdate.
        kinds: which lists.

    Source: RFC 5280 5; 公的個人認証法 第16条, 第35条 (失効情報), 施行令 第7条.
    """
    await store.lock_lists(tx)
    made: list[PublishedList] = []
    for kind in kinds:
        signers = [member for member in authorities.all(kind) if member.in_time(at)]
        rows = await store.revoked(tx, AuthorityKind(kind), at - KEPT_AFTER_EXPIRY)
        scopes: dict[str, list[x509.RevokedCertificate]] = defaultdict(list)
        for count, (town, entry) in enumerate(rows):
            if count % _AT_ONCE == 0:
                await asyncio.sleep(0)  # others of this process get their turn
            line = profiles.line(entry)
            scopes[FULL].append(line)
            scopes[town].append(line)
        numbers = await store.list_numbers(tx, AuthorityKind(kind))
        for partition in sorted({FULL, *scopes, *numbers}):
            number = numbers.get(partition, 0) + 1
            for signer in signers:
                made.append(_list(signer, partition, scopes[partition], number, at, life))
                await store.save_list(tx, made[-1])
    return made


async def list_of(
    tx: Tx, authorities: Authorities, name: str, partition: str = FULL, *, at: datetime
) -> PublishedList:
    """The list of one scope: the newest if it is fresh, else one that is made now.

    Args:
        tx: a writable transaction of the nation.
        authorities: with keys.
        name: of the authority.
        partition: a municipality's code, or empty for the full list.
        at: now.

    Raises:
        UnknownAuthorityError: there is none of this name, or it never signed such a list and
            signs no more.
        UnknownMunicipalityError: no municipality has this code.
    """
    found = await store.published_list(tx, name, partition)
    if found is not None and found.this_update <= at < found.next_update:
        return found
    asked = authorities.by_id(name)
    if asked.kind is AuthorityKind.CARD:
        raise unknown_authority(name)
    if not asked.in_time(at):
        if found is None:
            raise unknown_authority(name)
        return found  # the last one it signed
    await store.lock_lists(tx)
    rows = await store.revoked(tx, asked.kind, at - KEPT_AFTER_EXPIRY, partition or None)
    number = (await store.list_numbers(tx, asked.kind)).get(partition, 0) + 1
    lines = [profiles.line(entry) for _, entry in rows]
    made = [
        _list(signer, partition, lines, number, at, LIST_LIFE)
        for signer in authorities.all(asked.kind)
        if signer.in_time(at)
    ]
    for one in made:
        await store.save_list(tx, one)
    return next(one for one in made if one.authority == name)


def _list(
    signer: Authority,
    partition: str,
    lines: Sequence[x509.RevokedCertificate],
    number: int,
    at: datetime,
    life: timedelta,
) -> PublishedList:
    point = profiles.partition_name(signer.kind, partition) if partition else None
    until = at + life
    signed = profiles.sign_list(signer.certificate, signer.key, lines, number, at, until, point)
    return PublishedList(
        authority=signer.id,
        partition=partition,
        number=number,
        list=signed.public_bytes(Encoding.DER),
        entries=len(lines),
        this_update=at,
        next_update=until,
    )
