"""鍵生成式 (key ceremony): authorities come into being before witnesses, and a record says how.

A ceremony makes keys in the vault, signs the root certificates, enters them, and leaves a record
that is printed, read aloud, signed by hand by those present, and signed by the nation's key. Each
record holds the hash of the one before.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from importlib.metadata import version
from typing import Final
from uuid import UUID, uuid4

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jichitai.infra.audit import SYSTEM, Actor, record
from jichitai.infra.database import Tx
from jichitai.infra.keys import SigningKey
from jichitai.jpki.authority import profiles, store
from jichitai.jpki.authority.authorities import (
    Authorities,
    objects_label,
    profile_key,
    writer_label,
)
from jichitai.jpki.authority.errors import (
    AuthorityExistsError,
    BadRecordError,
    NeedsWitnessesError,
    UnprintableSceneError,
)
from jichitai.jpki.authority.model import Authority, AuthorityState, serial_hex
from jichitai.jpki.authority.profiles import AnyKind, AuthorityKind, authority_id
from jichitai.jpki.authority.vault import Algorithm, Vault, VaultKey
from jichitai.kernel.dates import JST
from jichitai.kernel.eras import both

FEWEST_WITNESSES: Final = 2
RENEW_RESPONDER: Final = timedelta(days=30)
_SPACE: Final = timedelta(days=4 * 365 + 1)
"""Between two generations, as in the real service."""
_NONE: Final = "なし"


@dataclass(frozen=True, slots=True)
class Witness:
    """立会人: who is present, and in which duty."""

    name: str
    duty: str


@dataclass(frozen=True, slots=True)
class Planned:
    """An authority that a ceremony is to make."""

    kind: AuthorityKind
    generation: int
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where and why a ceremony is held, and before whom."""

    purpose: str
    place: str
    witnesses: Sequence[Witness]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A ceremony that was held.

    Attributes:
        record: the text, UTF-8, as it was signed.
        printed: the text with lines for signatures by hand and the signature of the nation.
    """

    ceremony_id: UUID
    record: bytes
    printed: str
    authorities: Authorities


def first_plan(at: datetime) -> list[Planned]:
    """The first ceremony: one generation of each authority."""
    return [Planned(kind, 1, at) for kind in AuthorityKind]


def rehearsal_plan(at: datetime) -> list[Planned]:
    """Two generations of both authorities at once, so that a rehearsal has an overlap to show."""
    people = (AuthorityKind.SIGNING, AuthorityKind.USER_AUTH)
    older = [Planned(kind, 1, at - _SPACE) for kind in people]
    return [*older, *(Planned(kind, 2, at) for kind in people), Planned(AuthorityKind.CARD, 1, at)]


async def next_plan(tx: Tx, kind: AnyKind, at: datetime) -> list[Planned]:
    """世代交代: the generation after the newest one of a kind."""
    known = [row.generation for row in await store.authorities(tx) if row.kind.value == kind.value]
    return [Planned(AuthorityKind(kind), max(known, default=0) + 1, at)]


async def hold_ceremony(
    tx: Tx,
    vault: Vault,
    signer: SigningKey,
    *,
    plan: Sequence[Planned],
    scene: Scene,
    at: datetime,
    by: Actor,
) -> Held:
    """Make the authorities of a plan, and their responders; older generations stop issuing.

    A key is made under a new label each time: what a broken-off ceremony left in the vault is
    never used.

    Args:
        tx: of the nation; commit it, or nothing but unused keys remains.
        vault: makes and keeps the keys.
        signer: the nation's key, which signs the record.
        plan: what to make.
        scene: what the record says of the occasion.
        at: now; second precision goes into certificates.
        by: who gives the command.

    Raises:
        NeedsWitnessesError: fewer than two people, or one of them twice.
        UnprintableSceneError: a text of the scene is empty, or does not fit on one line.
        AuthorityExistsError: a generation of the plan is there already.

    Source: this project's own procedure; 電子署名及び認証業務に関する法律施行規則 第6条 (鍵の生成は
        複数人で行う) as its model.
    """
    _check(scene)
    ceremony_id = uuid4()
    suffix = ceremony_id.hex[:8]
    lines: list[str] = []
    for planned in plan:
        lines += await _make(tx, vault, planned, suffix, at)
    loaded = await Authorities.load(tx, vault)
    for planned in plan:
        await _retire_older(tx, loaded, planned, by, at)
    lines += await _responders(tx, vault, loaded, at, suffix)
    earlier = await store.ceremonies(tx)
    before = sha256(earlier[-1].record).hexdigest() if earlier else None
    text = _text(ceremony_id, scene, vault.description, signer.kid, before, lines, at).encode()
    row = store.CeremonyRow(
        ceremony_id=ceremony_id,
        purpose=scene.purpose,
        record=text,
        signer=signer.kid,
        signature=signer.private.sign(text),
        held_at=at,
    )
    await store.add_ceremony(tx, row)
    names = [authority_id(planned.kind, planned.generation) for planned in plan]
    await record(
        tx,
        by=by,
        action="jpki.ceremony.hold",
        subject=str(ceremony_id),
        facts={"authorities": names, "record": sha256(text).hexdigest()},
        at=at,
    )
    made = await Authorities.load(tx, vault)
    return Held(ceremony_id=ceremony_id, record=text, printed=printed(row), authorities=made)


async def hold_rehearsal(
    tx: Tx, vault: Vault, signer: SigningKey, *, at: datetime, by: Actor
) -> Authorities:
    """What a demo starts with: two generations of both authorities and a card centre.

    The witnesses are made up. Nothing is made when there are authorities already.
    """
    if await store.authorities(tx):
        return await Authorities.load(tx, vault)
    scene = Scene(
        purpose="演習のための認証局の開設",
        place="演習環境",
        witnesses=(Witness("鍵山　守", "鍵の保管責任者"), Witness("立川　見", "立会人")),
    )
    plan = rehearsal_plan(at)
    held = await hold_ceremony(tx, vault, signer, plan=plan, scene=scene, at=at, by=by)
    return held.authorities


async def renew_responders(
    tx: Tx, vault: Vault, authorities: Authorities, at: datetime, by: Actor = SYSTEM
) -> Authorities:
    """Certify new responders where one is missing or ends within 30 days.

    Answers about status are signed on the authority's behalf; the certificate for that lives 90
    days, so this belongs to the daily work.

    Returns:
        The authorities with their responders, loaded anew when one was made.
    """
    if not await _responders(tx, vault, authorities, at, uuid4().hex[:8]):
        return authorities
    loaded = await Authorities.load(tx, vault)
    serials = {
        responder.authority: serial_hex(responder.certificate.serial_number)
        for responder in loaded.responders
    }
    await record(tx, by=by, action="jpki.responder.certify", facts=serials, at=at)
    return loaded


def printed(row: store.CeremonyRow) -> str:
    """The record as it is printed: the signed text, and below it the nation's signature."""
    signature = _groups(row.signature.hex())
    return (
        f"{row.record.decode()}\n"
        f"{'-' * 72}\n"
        f"上の本文（SHA-256 {sha256(row.record).hexdigest()}）への電子署名\n"
        f"  方式 Ed25519　鍵 {row.signer}\n{_indented(signature)}\n"
    )


def check_record(row: store.CeremonyRow, public_key: bytes) -> None:
    """Check the nation's signature under a record.

    Args:
        row: the record with its signature.
        public_key: 32 bytes, of the key that the record names.

    Raises:
        BadRecordError: the signature does not fit.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(row.signature, row.record)
    except (InvalidSignature, ValueError):
        raise BadRecordError(
            "鍵生成式の記録が署名と合いません。書き換えられたか、別の鍵で署名されています。"
            "印刷した記録と照らし合わせてください。",
            ceremony=str(row.ceremony_id),
        ) from None


def check_sequence(rows: Sequence[store.CeremonyRow]) -> None:
    """Check that each record holds the hash of the one before.

    Args:
        rows: every ceremony, oldest first.

    Raises:
        BadRecordError: a record was taken out or put in between.
    """
    before: str = _NONE
    for row in rows:
        if f"前の記録の SHA-256: {before}" not in row.record.decode().splitlines():
            raise BadRecordError(
                "鍵生成式の記録が前の記録とつながりません。抜けた記録がないか確かめてください。",
                ceremony=str(row.ceremony_id),
            )
        before = sha256(row.record).hexdigest()


def _check(scene: Scene) -> None:
    if len({witness.name for witness in scene.witnesses}) < FEWEST_WITNESSES:
        raise NeedsWitnessesError(
            f"鍵生成式には{FEWEST_WITNESSES}人以上の立会いが必要です。立会人を加えてください。"
        )
    people = [text for witness in scene.witnesses for text in (witness.name, witness.duty)]
    for text in (scene.purpose, scene.place, *people):
        if not text.strip() or not text.replace("　", " ").isprintable():
            raise UnprintableSceneError(
                "目的、場所、立会人の氏名と役割を、改行などを含まない文字で書いてください。"
                "記録を印刷して読み合わせるためです。"
            )


async def _make(tx: Tx, vault: Vault, planned: Planned, suffix: str, at: datetime) -> list[str]:
    """One authority; the lines of the record about it."""
    name = authority_id(planned.kind, planned.generation)
    label = f"{name}-{suffix}"
    vault.create(label, Algorithm.RSA_2048)
    key = profile_key(vault, label)
    certificate = profiles.authority_certificate(
        planned.kind, planned.generation, key, planned.not_before, x509.random_serial_number()
    )
    certificate.verify_directly_issued_by(certificate)
    entered = await store.add_authority(
        tx, planned.kind, planned.generation, certificate, label, at
    )
    if not entered:
        raise AuthorityExistsError(
            f"{name} は既にあります。世代交代（jichitai ca roll-over）で次の世代を作ってください。",
            authority=name,
        )
    lines = _about(f"認証局 {name}（第{planned.generation}世代）", certificate, label)
    if planned.kind is AuthorityKind.CARD:
        for title, extra, algorithm in (
            ("カードに書く情報に署名する鍵", objects_label(label), Algorithm.RSA_2048),
            ("カードへの書込みを許す鍵", writer_label(label), Algorithm.ED25519),
        ):
            made = vault.create(extra, algorithm)
            lines += [
                f"{title}",
                f"  保管名　　　　　 {extra}",
                *_fingerprint("公開鍵", _spki(made)),
                "",
            ]
    return lines


async def _retire_older(
    tx: Tx, authorities: Authorities, planned: Planned, by: Actor, at: datetime
) -> None:
    for older in authorities.all(planned.kind):
        if older.generation < planned.generation and older.state is AuthorityState.ACTIVE:
            await store.set_authority_state(tx, older.id, AuthorityState.RETIRED)
            await record(tx, by=by, action="jpki.authority.retire", subject=older.id, at=at)


async def _responders(
    tx: Tx, vault: Vault, authorities: Authorities, at: datetime, suffix: str
) -> list[str]:
    lines: list[str] = []
    known = await store.responders(tx)
    for authority in authorities.members:
        if authority.kind is AuthorityKind.CARD or not authority.in_time(at):
            continue
        ends = known[authority.id][0].not_valid_after_utc if authority.id in known else at
        last = authority.certificate.not_valid_after_utc
        if ends < min(at + RENEW_RESPONDER, last):
            lines += await _add_responder(tx, vault, authority, at, suffix)
    return lines


async def _add_responder(
    tx: Tx, vault: Vault, authority: Authority, at: datetime, suffix: str
) -> list[str]:
    number = await store.responder_count(tx, authority.id) + 1
    label = f"responder-{authority.id}-{number}-{suffix}"
    vault.create(label, Algorithm.P_256)
    certificate = profiles.responder_certificate(
        authority.kind,
        authority.certificate,
        authority.key,
        profile_key(vault, label).public_key(),
        number=number,
        serial=x509.random_serial_number(),
        not_before=at,
    )
    await store.add_responder(tx, authority.id, certificate, label, at)
    return _about(f"{authority.id} の失効情報応答者 {number}", certificate, label)


def _text(
    ceremony_id: UUID,
    scene: Scene,
    vault: str,
    signer: str,
    before: str | None,
    lines: Sequence[str],
    at: datetime,
) -> str:
    local = at.astimezone(JST)
    head = [
        "鍵生成式の記録（試験用・法的効力なし）",
        "",
        f"記録の番号: {ceremony_id}",
        f"目的: {scene.purpose}",
        f"日時: {both(local.date())} {local:%H時%M分%S秒}（日本時間）",
        f"場所: {scene.place}",
        f"鍵の保管庫: {vault}",
        f"ソフトウェア: {_software()}",
        f"前の記録の SHA-256: {before or _NONE}",
        f"この記録に署名する鍵: {signer}",
        "",
        "立会人（本文を読み合わせ、指紋を確かめてから署名します）",
    ]
    people = [
        f"  {number}. {witness.duty}　{witness.name}　　署名 ____________________"
        for number, witness in enumerate(scene.witnesses, start=1)
    ]
    return "\n".join([*head, *people, "", *lines]).rstrip() + "\n"


def _software() -> str:
    ours, library = version("jichitai"), version("cryptography")
    openssl, python = backend.openssl_version_text(), platform.python_version()
    return f"jichitai {ours}、cryptography {library}、{openssl}、Python {python}"


def _about(title: str, certificate: x509.Certificate, label: str) -> list[str]:
    begins = certificate.not_valid_before_utc.astimezone(JST)
    ends = certificate.not_valid_after_utc.astimezone(JST)
    return [
        title,
        f"  名前　　　　　　 {certificate.subject.rfc4514_string()}",
        f"  保管名　　　　　 {label}",
        f"  発行の番号　　　 {serial_hex(certificate.serial_number)}",
        f"  有効期間（日本時間） {begins:%Y-%m-%d %H:%M:%S} から {ends:%Y-%m-%d %H:%M:%S} まで",
        *_fingerprint("公開鍵", certificate.public_key().public_bytes(*_SPKI)),
        *_fingerprint("証明書", certificate.public_bytes(Encoding.DER)),
        "",
    ]


_SPKI: Final = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _spki(key: VaultKey) -> bytes:
    return key.public_key().public_bytes(*_SPKI)


def _fingerprint(what: str, content: bytes) -> list[str]:
    return [f"  {what}の SHA-256", _indented(_groups(sha256(content).hexdigest()))]


def _groups(digits: str) -> list[str]:
    """In fours, eight to a line, to be read aloud."""
    fours = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    return [" ".join(fours[start : start + 8]) for start in range(0, len(fours), 8)]


def _indented(rows: Sequence[str]) -> str:
    return "\n".join(f"    {row}" for row in rows)
