"""Issuing a credential to a phone: the card signs the request, the phone keeps its own key.

Source: 番号法 第18条の2 and following; 公的個人認証法 第16条の2 (the same way for phone certificates).
"""

import base64
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final, Protocol
from uuid import UUID, uuid4

import cbor2
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from msgspec import Meta, Struct

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.authority import store as authority_store
from jichitai.jpki.authority.model import CertificateRecord
from jichitai.jpki.authority.vault import Vault
from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.jpki.lifecycle.model import items_of
from jichitai.jpki.phone import mdoc, store
from jichitai.jpki.phone.authority import PhoneAuthority
from jichitai.jpki.phone.elements import DOCTYPE, Holder, elements_of, next_update
from jichitai.jpki.phone.mdoc import StatusEntry, Validity
from jichitai.jpki.phone.refusals import (
    BadIssueRequestError,
    ChallengeSpentError,
    DeviceProofError,
    HolderNotLiveError,
)
from jichitai.jpki.phone.status_list import SIZE
from jichitai.jpki.phone.store import CredentialRow
from jichitai.jpki.reader.faces import FaceObjects
from jichitai.jpki.verifier.challenge import Statement
from jichitai.jpki.verifier.model import Signed, StatusSource
from jichitai.jpki.verifier.trust import Trust
from jichitai.jpki.verifier.verify import verify_signature
from jichitai.jukinet.network import standing
from jichitai.jukinet.network.standing import StandingRecord
from jichitai.kernel.dates import JST, UncertainDate

CHALLENGE_LIFE: Final = timedelta(minutes=10)
PROOF_PREFIX: Final = b"jichitai-phone-key/1\n"
STATUS_PATH: Final = "/jpki/phone/status"
_HALF_FULL: Final = SIZE // 2

Bytes = Annotated[bytes, Meta(max_length=20_000)]


class Challenge(Struct, frozen=True, kw_only=True):
    """What the card has to sign, once.

    Attributes:
        challenge: base64url of 32 random bytes.
        audience: our origin; it is part of what is signed.
        seconds: how long it is good.
    """

    challenge: str
    audience: str
    seconds: int


class Application(Struct, frozen=True, kw_only=True):
    """カード代替電磁的記録の発行申請.

    Attributes:
        statement: what the card signed; its text is that of `application_text`.
        signature: by the card's signing key.
        certificate: 署名用電子証明書, DER.
        device_key: SubjectPublicKeyInfo of the phone's key (P-256), DER.
        device_proof: ECDSA with SHA-256 of that key over `PROOF_PREFIX` and the statement, DER.
        faces: what the card holds of its front, for the photo; the chip proves itself with
            `face_challenge` of the statement.
    """

    statement: Bytes
    signature: Annotated[bytes, Meta(min_length=256, max_length=256)]
    certificate: Bytes
    device_key: Annotated[bytes, Meta(max_length=200)]
    device_proof: Annotated[bytes, Meta(max_length=80)]
    faces: FaceObjects | None = None


class Issued(Struct, frozen=True, kw_only=True):
    """The credential.

    Attributes:
        credential: CBOR of the issuer-signed items.
        roots: trusted roots of phone credentials, DER; verifiers' certificates stand under them too.
        valid_until: last instant.
        update_on: when ages in it are out of date; empty when there are none.
    """

    credential: bytes
    roots: tuple[bytes, ...]
    valid_until: datetime
    update_on: str


class FaceCheck(Protocol):
    """Checks what was read of a card's face; raises when it is not genuine or not fresh."""

    def __call__(self, objects: FaceObjects, challenge: bytes) -> bytes:
        """The photo, JPEG or JPEG 2000."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What a card's signature is checked with."""

    trust: Trust
    status: StatusSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the use cases of phones stand on.

    Attributes:
        keys: of the nation.
        clock: law time.
        vault: keys of the authority for phone credentials.
        origin: of our site.
        cards: trust and status for certificates of cards, read in the transaction.
        faces: checks what was read of a card's face and gives the photo; None leaves photos out.
        wallet: origin of the rehearsal's wallet on the visitor's own computer.
    """

    keys: Keys
    clock: Clock
    vault: Vault
    origin: str
    cards: Callable[[Tx], Awaitable[Checks]]
    faces: FaceCheck | None = None
    wallet: str = "http://127.0.0.1:35971"


def application_text(device_key: bytes, *, with_number: bool) -> str:
    """What the holder reads and the card signs.

    Args:
        device_key: SubjectPublicKeyInfo of the phone's key, DER.
        with_number: whether 個人番号 is to be in the credential.
    """
    named = base64.urlsafe_b64encode(sha256(device_key).digest()).rstrip(b"=").decode()
    number = "入れる" if with_number else "入れない"
    return (
        "カード代替電磁的記録（スマートフォンに入れる証明）の発行を申請します。\n"
        f"種類: {DOCTYPE}\n端末の鍵: {named}\n個人番号: {number}"
    )


def face_challenge(statement: bytes) -> bytes:
    """What the chip proves itself with when its face is read for a credential."""
    return sha256(statement).digest()


async def give_challenge(tx: Tx, desk: Desk) -> Challenge:
    """A new challenge for a card."""
    challenge = secrets.token_urlsafe(32)
    end = datetime.fromtimestamp(time.time(), UTC) + CHALLENGE_LIFE
    await store.add_challenge(tx, _hash(challenge), end)
    return Challenge(
        challenge=challenge,
        audience=desk.origin,
        seconds=int(CHALLENGE_LIFE.total_seconds()),
    )


async def use_challenge(tx: Tx, application: Application) -> Statement:
    """Use up the challenge of an application; commit before anything is checked.

    Raises:
        ChallengeSpentError: unknown, used or too old.
        MalformedChallengeError: the statement is not of the agreed form.
    """
    told = Statement.parse(application.statement)
    end = await store.take_challenge(tx, _hash(told.challenge))
    if end is None or end < datetime.fromtimestamp(time.time(), UTC):
        raise ChallengeSpentError(
            "この申請は使用済みか、時間が過ぎています。使い回しを防ぐため受け付けません。"
            "ウォレットで申請をはじめからやり直してください。"
        )
    return told


async def issue(
    tx: Tx,
    desk: Desk,
    application: Application,
    told: Statement,
) -> Issued:
    """Issue a credential for the person of the card; an earlier one of theirs ends.

    Args:
        tx: of the nation.
        desk: keys, clock, vault.
        application: with the card's signature.
        told: its statement, whose challenge has been used up.

    Raises:
        RefusedError: the card's certificate or signature does not hold.
        JichitaiError: a class of `refusals`.

    Source: 番号法 第18条の2; 公的個人認証法 第16条の2.
    """
    told.expect(CertificateKind.SIGNING, desk.origin)
    device = _device_key(application)
    with_number = _check_text(told, application.device_key)
    at = desk.clock.now()
    checks = await desk.cards(tx)
    signed = await verify_signature(
        application.statement,
        application.signature,
        application.certificate,
        trust=checks.trust,
        status=checks.status,
        at=at,
    )
    certified = await _certified(tx, signed)
    record = await _record(tx, desk, certified.person_id)
    portrait = _portrait(desk, application, certified.chip_number)
    holder = _holder(record, portrait, with_number=with_number)
    return await _make(tx, desk, application, signed, record.person_id, holder, device)


async def _make(
    tx: Tx,
    desk: Desk,
    application: Application,
    signed: Signed,
    person: UUID,
    holder: Holder,
    device: ec.EllipticCurvePublicKey,
) -> Issued:
    authority = await PhoneAuthority.load(tx, desk.vault)
    at = desk.clock.now().replace(microsecond=0)
    until = min(
        signed.by.subject.certificate.not_valid_after_utc,
        authority.signer.certificate.not_valid_after_utc,
    )
    update = next_update(holder, desk.clock.today())
    await store.lock_person(tx, person)
    await store.end_of_person(tx, person, at, "replaced")
    row = await _place(tx, desk, application, signed, person, at, until)
    issued = mdoc.issue(
        elements_of(holder, desk.clock.today()),
        device_key=device,
        validity=Validity(
            signed=at,
            valid_from=at,
            valid_until=until,
            expected_update=_midnight(update) if update else None,
        ),
        status=StatusEntry(f"{desk.origin}{STATUS_PATH}/{row.status_list}", row.status_index),
        signer=authority.signer.certificate,
        signer_key=authority.signer.key,
    )
    await audit.record(
        tx,
        by=Actor("resident", str(person)),
        action="jpki.phone.issue",
        subject=str(row.credential_id),
        facts={"serial": signed.by.serial_hex, "authority": signed.by.authority},
        at=at,
    )
    return Issued(
        credential=cbor2.dumps(issued.encoded()),
        roots=tuple(one.public_bytes(Encoding.DER) for one in authority.roots),
        valid_until=until,
        update_on=update.isoformat() if update else "",
    )


async def _place(
    tx: Tx,
    desk: Desk,
    application: Application,
    signed: Signed,
    person: UUID,
    at: datetime,
    until: datetime,
) -> CredentialRow:
    """Keep the credential at a random free place of the status list."""
    device_key = sha256(application.device_key).digest()
    if await store.device_key_is_known(tx, device_key):
        raise DeviceProofError(
            "この端末の鍵は、前の証明に使われています。鍵の使い回しはできません。"
            "ウォレットで新しい鍵を作り、申請し直してください。"
        )
    number = uuid4()
    evidence = {
        "statement": application.statement.decode(),
        "signature": base64.b64encode(application.signature).decode(),
        "certificate": base64.b64encode(application.certificate).decode(),
    }
    while True:
        newest, taken = await store.fullest_list(tx)
        row = CredentialRow(
            person_id=person,
            credential_id=number,
            authority=signed.by.authority,
            serial=signed.by.subject.serial_bytes,
            device_key=device_key,
            status_list=newest + 1 if taken >= _HALF_FULL else newest,
            status_index=secrets.randbelow(SIZE),
            evidence=desk.keys.columns.seal(json.dumps(evidence).encode(), number.bytes),
            valid_from=at,
            valid_until=until,
            issued_at=at,
        )
        if await store.add_credential(tx, row):
            return row


async def _certified(tx: Tx, signed: Signed) -> CertificateRecord:
    found = await authority_store.state_of(tx, signed.by.authority, signed.by.serial)
    if found is None or signed.by.subject.medium is not Medium.CARD:
        raise BadIssueRequestError(
            "申請への署名が、カードの署名用電子証明書によるものではありません。"
            "マイナンバーカードで申請し直してください。"
        )
    return found


async def _record(tx: Tx, desk: Desk, person: UUID) -> StandingRecord:
    record = (await standing.by_persons(tx, desk.keys, [person])).get(person)
    if record is None or not record.live:
        raise HolderNotLiveError(
            "この方の住民の記録が今は有効でないため、証明を発行できません。"
            "お住まいの市区町村の窓口に相談してください。"
        )
    return record


def _holder(record: StandingRecord, portrait: bytes | None, *, with_number: bool) -> Holder:
    items = items_of(record.identity, record.municipality)
    return Holder(
        name=items.name,
        address=items.address,
        municipality=record.municipality,
        birth_date=UncertainDate.parse(items.birth_date),
        sex=items.sex,
        number=record.identity.my_number if with_number else None,
        portrait=portrait,
    )


def _portrait(desk: Desk, application: Application, chip_number: str) -> bytes | None:
    """The photo of the very card that signed; none when it was not read."""
    if application.faces is None or desk.faces is None:
        return None
    if application.faces.chip_number != chip_number:
        raise BadIssueRequestError(
            "顔写真が、申請に署名したカードとは別のカードから読み取られています。"
            "1枚のカードで申請し直してください。"
        )
    return desk.faces(application.faces, face_challenge(application.statement))


def _check_text(told: Statement, device_key: bytes) -> bool:
    for with_number in (True, False):
        if told.text == application_text(device_key, with_number=with_number):
            return with_number
    raise BadIssueRequestError(
        "カードが署名した申請の文が、端末の鍵と合いません。別の端末の申請が混ざったおそれがあります。"
        "ウォレットで申請をはじめからやり直してください。"
    )


def _device_key(application: Application) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(application.device_key)
    except (ValueError, UnsupportedAlgorithm):
        raise _no_proof() from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _no_proof()
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != application.device_key:
        raise _no_proof()
    try:
        key.verify(
            application.device_proof, PROOF_PREFIX + application.statement, ec.ECDSA(SHA256())
        )
    except InvalidSignature:
        raise _no_proof() from None
    return key


def _no_proof() -> DeviceProofError:
    return DeviceProofError(
        "端末が鍵を持つことを確かめられませんでした。端末の鍵は P-256 で、申請の文への署名が要ります。"
        "ウォレットを新しくして、申請し直してください。"
    )


def _hash(challenge: str) -> bytes:
    return sha256(challenge.encode()).digest()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JST).astimezone(UTC)
