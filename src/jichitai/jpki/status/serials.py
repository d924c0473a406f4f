"""Questions of verifiers about one certificate: now, again later, its successor, its counterpart.

A verifier names certificates by authority and serial, never by a person. What it once found valid
here it may ask about again; about others it learns only what everybody can (OCSP, lists).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from jichitai.infra.database import Tx
from jichitai.jpki.authority import store
from jichitai.jpki.authority.model import CertificateRecord, serial_bytes
from jichitai.jpki.errors import UnknownCertificateError
from jichitai.jpki.kinds import CertificateKind, CertificateState, Medium, Reason
from jichitai.jpki.status.consent import store as consents
from jichitai.jpki.status.errors import (
    NoConsentError,
    NoSuccessorError,
    NotAskedBeforeError,
    UnfitPairError,
)
from jichitai.jpki.status.verifiers import Body
from jichitai.kernel.dates import JST

_SIGNING, _USER_AUTH = CertificateKind.SIGNING, CertificateKind.USER_AUTH
_CARD, _PHONE = Medium.CARD, Medium.PHONE

_PAIRS: Final = frozenset(
    pair
    for one, other in (
        ((_SIGNING, _CARD), (_SIGNING, _PHONE)),
        ((_USER_AUTH, _CARD), (_SIGNING, _CARD)),
        ((_USER_AUTH, _CARD), (_USER_AUTH, _PHONE)),
    )
    for pair in ((one, other), (other, one))
)
"""対応証明書: which certificate may be asked for from which.

Source: 公的個人認証法 第18条第4項・第5項, 第37条第3項.
"""

_REMEMBER: Final = """
insert into jpki.confirmed_certificate (person_id, body_id, authority, serial, confirmed_at)
values (%s, %s, %s, %s, %s)
on conflict do nothing
"""
_REMEMBERED: Final = """
select authority, serial from jpki.confirmed_certificate
 where body_id = %s and person_id = any(%s::uuid[])
"""


class Word(StrEnum):
    """What a verifier is told of a certificate."""

    VALID = "valid"
    EXPIRED = "expired"
    HELD = "held"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Name:
    """A certificate as verifiers name it."""

    authority: str
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a certificate stands.

    Attributes:
        name: which.
        word: valid, expired, held or revoked.
        reason: of a revocation.
        ended_at: of a revocation or hold; of expiry when that came first.
        at: when this was so.
    """

    name: Name
    word: Word
    reason: Reason | None
    ended_at: datetime | None
    at: datetime


async def confirm(tx: Tx, body: Body, name: Name, *, at: datetime) -> Told:
    """有効性の確認: a valid certificate is remembered, so that the body may ask again.

    Raises:
        UnknownCertificateError: it was not issued here.
        NotVerifierError: the body did not notify this kind.

    Source: 公的個人認証法 第19条第1項, 第36条の2.
    """
    record = await _record(tx, body, name)
    told = _told(name, record, at)
    if told.word is Word.VALID:
        place = (record.person_id, body.body_id, name.authority, serial_bytes(name.serial), at)
        await tx.execute(_REMEMBER, place)
    return told


async def ask_again(tx: Tx, body: Body, names: Sequence[Name], *, at: datetime) -> list[Told]:
    """現況確認: how certificates stand now that the body once found valid.

    Args:
        tx: of the nation.
        body: that asks.
        names: in any order; the answer has the same.
        at: now.

    Raises:
        UnknownCertificateError, NotVerifierError: as in `confirm`.
        NotAskedBeforeError: one of them was never found valid by this body.

    Source: 公的個人認証法 第19条第4項.
    """
    records = await _records(tx, body, names)
    cursor = await tx.execute(
        _REMEMBERED, (body.body_id, [record.person_id for record in records.values()])
    )
    known = {(row[0], bytes(row[1])) for row in await cursor.fetchall()}
    if any((name.authority, serial_bytes(name.serial)) not in known for name in names):
        raise NotAskedBeforeError(
            "有効と確認したことのない電子証明書が含まれています。現況の確認は、以前に有効と確認した"
            "電子証明書についてだけできます。先に有効性を確認してください。"
        )
    return [_told(name, records[name], at) for name in names]


async def successor(tx: Tx, body: Body, name: Name, *, at: datetime) -> CertificateRecord:
    """新旧シリアル番号の紐付け: the certificate that stands in the place of an old one now.

    The link of signing certificates needs a consent of the holder to this body.

    Raises:
        UnknownCertificateError, NotVerifierError, NotAskedBeforeError: as in `ask_again`.
        NoConsentError: it is a signing certificate, and the holder has not consented.
        NoSuccessorError: the holder has none in force, or the old one still is.

    Source: 公的個人認証法 第19条第5項, 第37条第3項.
    """
    (told,) = await ask_again(tx, body, [name], at=at)
    record = await _record(tx, body, name)
    if record.kind is CertificateKind.SIGNING:
        await _demand_consent(tx, body, record, at)
    if told.word is not Word.VALID:
        for other in await store.of_person(tx, record.person_id):
            if (other.kind, other.medium) == (record.kind, record.medium) and other.in_force(at):
                return other
    raise NoSuccessorError(
        "この電子証明書の後に発行された、今有効な電子証明書はありません。元の電子証明書がまだ有効か、"
        "本人が新しい電子証明書を受け取っていません。"
    )


async def corresponding(
    tx: Tx, body: Body, name: Name, kind: CertificateKind, medium: Medium, *, at: datetime
) -> CertificateRecord:
    """対応証明書の発行の番号: the holder's other certificate.

    Raises:
        UnknownCertificateError, NotVerifierError, NotAskedBeforeError: as in `ask_again`.
        UnfitPairError: this one is not told from that one.
        NoSuccessorError: the holder has no such certificate in force.

    Source: 公的個人認証法 第18条第4項・第5項, 第37条第3項.
    """
    await ask_again(tx, body, [name], at=at)
    record = await _record(tx, body, name)
    if ((record.kind, record.medium), (kind, medium)) not in _PAIRS:
        raise UnfitPairError(
            "この組み合わせの対応する電子証明書は照会できません。署名用どうし（カードとスマートフォン）、"
            "カードの利用者証明用と署名用、利用者証明用どうし（カードとスマートフォン）に限ります。"
        )
    body.demand(kind)
    for other in await store.of_person(tx, record.person_id):
        if (other.kind, other.medium) == (kind, medium) and other.in_force(at):
            return other
    raise NoSuccessorError(
        "本人が持つ、今有効な対応する電子証明書はありません。本人に電子証明書の状態を確かめてください。"
    )


async def _record(tx: Tx, body: Body, name: Name) -> CertificateRecord:
    return (await _records(tx, body, [name]))[name]


async def _records(tx: Tx, body: Body, names: Sequence[Name]) -> dict[Name, CertificateRecord]:
    found: dict[Name, CertificateRecord] = {}
    for authority in {name.authority for name in names}:
        serials = [name.serial for name in names if name.authority == authority]
        for serial, record in (await store.states_of(tx, authority, serials)).items():
            found[Name(authority, serial)] = record
    if len(found) != len(set(names)):
        raise UnknownCertificateError(
            "発行の番号に、ここで発行していない電子証明書が含まれています。認証局と番号を確かめてください。"
        )
    for record in found.values():
        body.demand(record.kind)
    return found


async def _demand_consent(tx: Tx, body: Body, record: CertificateRecord, at: datetime) -> None:
    on = at.astimezone(JST).date()
    if not await consents.any_given(tx, record.person_id, body.body_id, on=on):
        raise NoConsentError(
            "署名用電子証明書の新旧の番号は、本人の同意がなければ答えられません。本人に同意を求めてください。"
        )


def _told(name: Name, record: CertificateRecord, at: datetime) -> Told:
    """How a certificate stands; a revocation counts more than the expiry that followed."""
    word, ended_at, reason = Word.VALID, record.ended_at, record.reason
    if record.state is CertificateState.HELD:
        word, reason = Word.HELD, Reason.HOLD
    elif record.state is CertificateState.REVOKED:
        word = Word.REVOKED
    elif at > record.not_after:
        word, ended_at = Word.EXPIRED, record.not_after
    return Told(name=name, word=word, reason=reason, ended_at=ended_at, at=at)
