"""Use cases of the authorities: issue, revoke, declare a key lost.

Every function works in the caller's transaction. The checks of the law (who may have which
certificate, until when) are made before; here stand the checks that belong to the key and to the
authority itself. Lists of revocations: `lists`.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jichitai.infra.audit import SYSTEM, Actor, record
from jichitai.infra.database import Tx
from jichitai.jpki.authority import ledger, lists, profiles, store
from jichitai.jpki.authority.authorities import Authorities
from jichitai.jpki.authority.keys import key_hash
from jichitai.jpki.authority.model import (
    Authority,
    AuthorityState,
    CertificateRecord,
    Ending,
    IssuedCertificate,
    Order,
    serial_hex,
)
from jichitai.jpki.authority.pool import KeyPool
from jichitai.jpki.authority.profiles import PublicKey
from jichitai.jpki.errors import AlreadyCertifiedError, UnknownCertificateError, UnusableKeyError
from jichitai.jpki.kinds import Cause, Reason
from jichitai.kernel.dates import JST

_AT_ONCE: Final = 5_000
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 of them, so that a byte chooses evenly."""


def opaque_name(at: datetime) -> str:
    """A common name that tells nothing of the person: the second, and twelve drawn letters."""
    drawn = "".join(_LETTERS[byte % len(_LETTERS)] for byte in secrets.token_bytes(12))
    return f"{at.astimezone(JST):%Y%m%d%H%M%S}{drawn}"


def sign_order(order: Order, authority: Authority, at: datetime) -> IssuedCertificate:
    """Sign one certificate; nothing is stored.

    Raises:
        BeyondAuthorityError: it would outlive the authority.
        IncompleteRequestError: the four items do not fit its kind.
    """
    serial = x509.random_serial_number()
    request = profiles.SubjectCertificate(
        kind=order.kind,
        medium=order.medium,
        serial=serial,
        public_key=order.public_key,
        municipality=order.municipality,
        common_name=opaque_name(at),
        items=order.items,
        not_before=at,
        not_after=order.not_after,
    )
    return IssuedCertificate(
        order=order,
        authority=authority.id,
        serial=serial,
        certificate=profiles.issue(request, authority.certificate, authority.key),
        authority_certificate=authority.certificate,
    )


async def issue_certificate(
    tx: Tx, authorities: Authorities, order: Order, *, at: datetime, by: Actor = SYSTEM
) -> IssuedCertificate:
    """Issue one certificate.

    Raises:
        AlreadyCertifiedError: the person has a certificate of this kind in force.
        UnusableKeyError: the key was certified before.
        BeyondAuthorityError: it would outlive the authority.
        NoAuthorityError: no authority of this kind may issue.
    """
    (issued,) = await issue_many(tx, authorities, [order], at=at, by=by)
    return issued


async def issue_many(
    tx: Tx,
    authorities: Authorities,
    orders: Sequence[Order],
    *,
    at: datetime,
    by: Actor = SYSTEM,
) -> list[IssuedCertificate]:
    """Issue many certificates at once: all of them, or none.

    Raises:
        AlreadyCertifiedError: one of the persons has a certificate of the kind in force.
        UnusableKeyError: one of the keys was certified before, or stands twice.
        BeyondAuthorityError: one would outlive its authority.
        NoAuthorityError: no authority of a kind may issue.
    """
    if not orders:
        return []
    issuing = {kind: authorities.current(kind, at) for kind in {order.kind for order in orders}}
    _refuse_twins(orders)
    issued = [sign_order(order, issuing[order.kind], at) for order in orders]
    for begin in range(0, len(issued), _AT_ONCE):
        await _save(tx, issued[begin : begin + _AT_ONCE], at)
    facts: dict[str, object] = {"count": len(issued)}
    if len(issued) == 1:
        facts = {"authority": issued[0].authority, "serial": serial_hex(issued[0].serial)}
    await record(
        tx,
        by=by,
        action="jpki.certificate.issue",
        subject=str(orders[0].person_id) if len(orders) == 1 else None,
        facts=facts,
        at=at,
    )
    return issued


async def issue_from_pool(
    tx: Tx,
    authorities: Authorities,
    pool: KeyPool,
    drafts: Sequence[Callable[[PublicKey], Order]],
    *,
    at: datetime,
    by: Actor = SYSTEM,
) -> list[tuple[IssuedCertificate, RSAPrivateKey]]:
    """Issue many certificates over key pairs made ahead.

    Args:
        tx: of the nation.
        authorities: with keys.
        pool: gives each key once; keys taken for a batch that is refused are lost, not reused.
        drafts: each makes its order from the public key it is given.
        at: now.
        by: who acts.

    Returns:
        Each certificate with the only copy of its private key.

    Raises:
        EmptyPoolError: the pool has fewer keys than there are drafts.
        AlreadyCertifiedError, BeyondAuthorityError, NoAuthorityError: as `issue_many`.
    """
    keys = [pool.take() for _ in drafts]
    orders = [draft(key.public_key()) for draft, key in zip(drafts, keys, strict=True)]
    issued = await issue_many(tx, authorities, orders, at=at, by=by)
    return list(zip(issued, keys, strict=True))


async def _save(tx: Tx, issued: Sequence[IssuedCertificate], at: datetime) -> None:
    if await ledger.add_keys(tx, issued) < len(issued):
        raise _used_key()
    if await ledger.add_certificates(tx, issued, at) < len(issued):
        raise AlreadyCertifiedError(
            "この人には同じ種類の有効な電子証明書があります。更新として申請するか、先に失効"
            "させてください。"
        )


def _refuse_twins(orders: Sequence[Order]) -> None:
    if len({key_hash(order.public_key) for order in orders}) < len(orders):
        raise _used_key()


def _used_key() -> UnusableKeyError:
    return UnusableKeyError(
        "この公開鍵には以前に電子証明書を発行しています。カードで新しい鍵を作ってください。"
    )


async def revoke(
    tx: Tx,
    authority: str,
    serial: int,
    reason: Reason,
    cause: Cause,
    at: datetime,
    by: Actor = SYSTEM,
) -> CertificateRecord:
    """Revoke or hold one certificate.

    Returns:
        The certificate as it stands now; one that had ended before is left as it was.

    Raises:
        UnknownCertificateError: it was not issued here.
    """
    ended = await revoke_many(tx, [Ending(authority, serial, reason, cause)], at, by=by)
    if ended:
        return ended[0]
    known = await store.state_of(tx, authority, serial)
    if known is None:
        raise UnknownCertificateError(
            "この発行の番号の電子証明書は発行していません。番号と種類を確かめてください。",
            authority=authority,
            serial=serial_hex(serial),
        )
    return known


async def revoke_many(
    tx: Tx, endings: Iterable[Ending], at: datetime, *, by: Actor = SYSTEM
) -> list[CertificateRecord]:
    """Revoke or hold certificates; unknown ones and those that had ended are passed over.

    Returns:
        The certificates that changed.
    """
    changed = await ledger.end(tx, list(endings), at)
    for one in changed:
        await record(
            tx,
            by=by,
            action="jpki.certificate.revoke",
            subject=str(one.person_id),
            reason=one.cause,
            facts={
                "authority": one.authority,
                "serial": serial_hex(one.serial),
                "reason": one.reason,
                "state": one.state,
            },
            at=at,
        )
    return changed


async def declare_compromised(
    tx: Tx, authorities: Authorities, name: str, *, at: datetime, by: Actor, note: str
) -> int:
    """認証局の秘密鍵の漏えい: everything the authority issued lapses at once.

    The lists that say so are signed first, with the key that is given up afterwards; verifiers
    also have to drop the root itself.

    Returns:
        How many certificates lapsed.

    Raises:
        UnknownAuthorityError: there is none of this name.

    Source: 公的個人認証法 第14条, 第33条.
    """
    authorities.by_id(name)
    count = await ledger.end_all(tx, name, Reason.CA_COMPROMISE, Cause.AUTHORITY_LEAK, at)
    await lists.make_crls(tx, authorities, at=at)
    await store.set_authority_state(tx, name, AuthorityState.COMPROMISED)
    await record(
        tx,
        by=by,
        action="jpki.authority.compromise",
        subject=name,
        reason=note,
        facts={"count": count},
        at=at,
    )
    return count
