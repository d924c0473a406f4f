"""The record of a key ceremony: written, printed, and checked again years later."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jichitai.infra.keys import SigningKey
from jichitai.jpki.authority.errors import (
    BadRecordError,
    NeedsWitnessesError,
    UnprintableSceneError,
)
from jichitai.jpki.authority.model import serial_hex
from jichitai.jpki.authority.store import CeremonyRow
from jichitai.jpki.authority.vault import VaultKey
from jichitai.kernel.dates import JST
from jichitai.kernel.eras import both

FEWEST_WITNESSES: Final = 2
_BEFORE: Final = "前の記録の SHA-256: "
_NONE: Final = "なし"
_SPKI: Final = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class Witness:
    """立会人: who is present, and in which duty."""

    name: str
    duty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where and why a ceremony is held, and before whom."""

    purpose: str
    place: str
    witnesses: Sequence[Witness]


def check_scene(scene: Scene) -> None:
    """Refuse a scene that a record cannot tell.

    Raises:
        NeedsWitnessesError: fewer than two people, or one of them twice.
        UnprintableSceneError: a text is empty, or does not fit on one line.

    Source: RFC 3647 4.6.2 (multi-person control).
    """
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


def printed(row: CeremonyRow) -> str:
    """The record as it is printed: the signed text, and below it the nation's signature."""
    signature = _groups(row.signature.hex())
    return (
        f"{row.record.decode()}\n"
        f"{'-' * 72}\n"
        f"上の本文（SHA-256 {sha256(row.record).hexdigest()}）への電子署名\n"
        f"  方式 Ed25519　鍵 {row.signer}\n{_indented(signature)}\n"
    )


def check_record(row: CeremonyRow, public_key: bytes) -> None:
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


def check_sequence(rows: Sequence[CeremonyRow]) -> None:
    """Check that each record holds the hash of the one before.

    Args:
        rows: every ceremony, oldest first.

    Raises:
        BadRecordError: a record was taken out or put in between.
    """
    before: str = _NONE
    for row in rows:
        if f"{_BEFORE}{before}" not in row.record.decode().splitlines():
            raise BadRecordError(
                "鍵生成式の記録が前の記録とつながりません。抜けた記録がないか確かめてください。",
                ceremony=str(row.ceremony_id),
            )
        before = sha256(row.record).hexdigest()


def draw_up(
    scene: Scene,
    lines: Sequence[str],
    *,
    ceremony_id: UUID,
    vault: str,
    signer: SigningKey,
    earlier: Sequence[CeremonyRow],
    at: datetime,
) -> CeremonyRow:
    """Write the record of a ceremony and sign it.

    Args:
        scene: checked.
        lines: what was made, of `about` and `about_key`.
        ceremony_id: new.
        vault: its description.
        signer: the nation's key.
        earlier: the ceremonies before, oldest first.
        at: when it was held.

    Source: this project's own form.
    """
    number = len(earlier) + 1
    local = at.astimezone(JST)
    head = [
        "鍵生成式の記録（試験用・法的効力なし）",
        "",
        f"記録の番号: {number}（{ceremony_id}）",
        f"目的: {scene.purpose}",
        f"日時: {both(local.date())} {local:%H時%M分%S秒}（日本時間）",
        f"場所: {scene.place}",
        f"鍵の保管庫: {vault}",
        f"ソフトウェア: {_software()}",
        f"{_BEFORE}{sha256(earlier[-1].record).hexdigest() if earlier else _NONE}",
        f"この記録に署名する鍵: {signer.kid}",
        "",
        "立会人（本文を読み合わせ、指紋を確かめてから署名します）",
    ]
    people = [
        f"  {place}. {witness.duty}　{witness.name}　　署名 ____________________"
        for place, witness in enumerate(scene.witnesses, start=1)
    ]
    text = "\n".join([*head, *people, "", *lines]).rstrip() + "\n"
    return CeremonyRow(
        number=number,
        ceremony_id=ceremony_id,
        purpose=scene.purpose,
        record=text.encode(),
        signer=signer.kid,
        signature=signer.private.sign(text.encode()),
        held_at=at,
    )


def _software() -> str:
    ours, library = version("jichitai"), version("cryptography")
    openssl, python = backend.openssl_version_text(), platform.python_version()
    return f"jichitai {ours}、cryptography {library}、{openssl}、Python {python}"


def about(title: str, certificate: x509.Certificate, label: str) -> list[str]:
    """Lines about a certificate that was signed.

    Source: this project's own form.
    """
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


def about_key(title: str, label: str, key: VaultKey) -> list[str]:
    """Lines about a key without a certificate of its own.

    Source: this project's own form.
    """
    public = key.public_key().public_bytes(*_SPKI)
    return [title, f"  保管名　　　　　 {label}", *_fingerprint("公開鍵", public), ""]


def _fingerprint(what: str, content: bytes) -> list[str]:
    return [f"  {what}の SHA-256", _indented(_groups(sha256(content).hexdigest()))]


def _groups(digits: str) -> list[str]:
    """In fours, eight to a line, to be read aloud."""
    fours = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    return [" ".join(fours[start : start + 8]) for start in range(0, len(fours), 8)]


def _indented(rows: Sequence[str]) -> str:
    return "\n".join(f"    {row}" for row in rows)
