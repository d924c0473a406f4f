"""Signatures over the chip's objects, and the CV certificates that vouch for the key behind them.

The layout of a CV certificate is the published one (7F21 with 5F4E and 5F37); what is signed, and
how the objects are hashed, is not public and therefore this project's own design.

Source: docs/reference/chip.md; ISO/IEC 7816-8 (card-verifiable certificates).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    RSAPublicNumbers,
)

from jichitai.jpki.chip import rsa, tlv
from jichitai.jpki.chip.commands import AUTHENTIC
from jichitai.jpki.chip.errors import BrokenObjectError, ForgedObjectError
from jichitai.jpki.messages import ObjectHashes, ObjectSignatures

CV: Final = 0x7F21
CV_CONTENT: Final = 0x5F4E
CV_SIGNATURE: Final = 0x5F37
KEY_EXPONENT: Final = 0x82
KEY_MODULUS: Final = 0x81
_NAME: Final = 16
_CV_SIGNED: Final = b"jichitai-chip-cv"
_OBJECT_SIGNED: Final = b"jichitai-chip-object"


class ObjectKind(IntEnum):
    """Which object a signature is for; a signature of one is none of another."""

    NUMBER = 1
    ITEMS = 2
    BIRTH = 3
    FRONT = 4
    BACK = 5


@dataclass(frozen=True, slots=True)
class CardVerifiable:
    """A CV certificate that was checked.

    Attributes:
        issuer: who vouches.
        subject: for whom.
        public_key: the key that signs objects.
    """

    issuer: str
    subject: str
    public_key: RSAPublicKey


def public_key_tlv(key: RSAPublicKey) -> bytes:
    """A public key as two objects: exponent, modulus.

    Source: docs/reference/chip.md.
    """
    numbers = key.public_numbers()
    exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8)
    return tlv.encode(KEY_EXPONENT, exponent) + tlv.encode(
        KEY_MODULUS, numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)
    )


def read_public_key(data: bytes) -> RSAPublicKey:
    """The key that `public_key_tlv` wrote.

    Raises:
        BrokenObjectError: it is none, or no RSA key of the size that chips use.

    Source: docs/reference/chip.md.
    """
    found = {part.tag: part.value for part in tlv.parts(data)}
    exponent, modulus = found.get(KEY_EXPONENT, b""), found.get(KEY_MODULUS, b"")
    if int.from_bytes(exponent) != rsa.EXPONENT or int.from_bytes(modulus).bit_length() != rsa.BITS:
        raise BrokenObjectError(
            "カードの公開鍵がRSA 2048ビットの形式ではありません。このカードは確認に使えません。"
        )
    return RSAPublicNumbers(rsa.EXPONENT, int.from_bytes(modulus)).public_key()


def make_cv(*, issuer: str, subject: str, public_key: RSAPublicKey, by: RSAPrivateKey) -> bytes:
    """Make a CV certificate.

    Args:
        issuer: name of the authority whose key is `by`, such as `card-1`; 16 ASCII characters at
            most.
        subject: name of the key that is vouched for.
        public_key: that key.
        by: the authority's private key.

    Source: docs/reference/chip.md.
    """
    content = tlv.encode(
        CV_CONTENT, _padded(issuer) + _padded(subject) + public_key_tlv(public_key)
    )
    signature = by.sign(_CV_SIGNED + content, padding.PKCS1v15(), hashes.SHA256())
    return tlv.encode(CV, content + tlv.encode(CV_SIGNATURE, signature))


def check_cv(certificate: bytes, roots: Mapping[str, RSAPublicKey]) -> CardVerifiable:
    """Read a CV certificate whose issuer is one of the roots.

    Args:
        certificate: from the file of a chip; bytes after it are ignored.
        roots: name to public key, every generation.

    Raises:
        BrokenObjectError: it cannot be read.
        ForgedObjectError: another issuer, or not the issuer's signature.

    Source: docs/reference/chip.md.
    """
    parts = tlv.fields(certificate, CV)
    content, signature = parts.get(CV_CONTENT, b""), parts.get(CV_SIGNATURE, b"")
    issuer, subject = _name(content[:_NAME]), _name(content[_NAME : 2 * _NAME])
    root = roots.get(issuer)
    if root is None:
        raise ForgedObjectError(
            "カードの署名鍵を証明した認証局を知りません。別の発行者のカードか、"
            "認証局の証明書が古い可能性があります。信頼する証明書を更新してください。"
        )
    _check(root, signature, _CV_SIGNED + tlv.encode(CV_CONTENT, content))
    return CardVerifiable(issuer, subject, read_public_key(content[2 * _NAME :]))


def sign_object(key: RSAPrivateKey, kind: ObjectKind, *, number: str, digest: bytes) -> bytes:
    """Sign the hash of one object for one chip.

    Args:
        key: of the card centre.
        kind: of the object.
        number: 製造番号 of the chip; a copy on another chip does not verify.
        digest: SHA-256 of the object's signed parts.

    Source: docs/reference/chip.md; RFC 8017 8.2.
    """
    return key.sign(_object_message(kind, number, digest), padding.PKCS1v15(), hashes.SHA256())


def sign_objects(
    key: RSAPrivateKey, *, number: str, hashes_: ObjectHashes, card_verifiable: bytes
) -> ObjectSignatures:
    """Sign all objects of one chip, as the card centre does for a J01.

    Args:
        key: of the card centre (authority `card-1`, perhaps in a token).
        number: 製造番号.
        hashes_: as the town sent them.
        card_verifiable: CV certificate of `key`.

    Source: docs/reference/chip.md.
    """

    def signed(kind: ObjectKind, digest: bytes) -> bytes:
        return sign_object(key, kind, number=number, digest=digest)

    return ObjectSignatures(
        card_verifiable=card_verifiable,
        number=None if hashes_.number is None else signed(ObjectKind.NUMBER, hashes_.number),
        items=signed(ObjectKind.ITEMS, hashes_.items),
        birth=signed(ObjectKind.BIRTH, hashes_.birth),
        front=signed(ObjectKind.FRONT, hashes_.front),
        back=None if hashes_.back is None else signed(ObjectKind.BACK, hashes_.back),
    )


def check_object(
    key: RSAPublicKey, kind: ObjectKind, *, number: str, digest: bytes, signature: bytes
) -> None:
    """Check the signature over one object.

    Raises:
        ForgedObjectError: it is not one of this key, kind, chip and content.

    Source: docs/reference/chip.md; RFC 8017 8.2.
    """
    _check(key, signature, _object_message(kind, number, digest))


def check_chip(key: RSAPublicKey, *, number: str, challenge: bytes, answer: bytes) -> None:
    """Check the answer to INTERNAL AUTHENTICATE: the chip has the private half of `key`.

    Args:
        key: from an object whose signature was checked.
        number: 製造番号.
        challenge: 16 to 64 bytes drawn for this.
        answer: of the chip.

    Raises:
        ForgedObjectError: another chip, perhaps a copy of the files.

    Source: docs/reference/chip.md; ISO/IEC 7816-4 11.6.2.
    """
    _check(key, answer, AUTHENTIC + number.encode() + challenge)


def digest(content: bytes) -> bytes:
    """SHA-256, the hash of all objects.

    Source: docs/reference/chip.md.
    """
    return hashlib.sha256(content).digest()


def _object_message(kind: ObjectKind, number: str, digest: bytes) -> bytes:
    return _OBJECT_SIGNED + bytes([kind]) + number.encode() + digest


def _check(key: RSAPublicKey, signature: bytes, message: bytes) -> None:
    try:
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise ForgedObjectError(
            "カードのデータの署名が正しくありません。データが書き換えられたか、別のカードから"
            "写された可能性があります。このカードを本人確認に使わず、所持者に事情を確かめてください。"
        ) from None


def _padded(name: str) -> bytes:
    content = name.encode("ascii").ljust(_NAME)
    if len(content) != _NAME:
        raise ValueError("a name in a CV certificate has 16 characters at most")
    return content


def _name(content: bytes) -> str:
    if len(content) != _NAME or not content.isascii():
        raise BrokenObjectError(
            "カードの証明書の名前を読み取れません。カードを置き直して、もう一度読み取ってください。"
        )
    return content.decode("ascii").rstrip()
