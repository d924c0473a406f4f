"""What the chip does with its RSA keys. The arithmetic, and its blinding, is OpenSSL's."""

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    RSAPublicNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

BITS: Final = 2048
EXPONENT: Final = 65537
SIZE: Final = BITS // 8
LONGEST_INPUT: Final = SIZE - 11
"""Padding of type 1 takes eleven bytes at least."""


def make() -> bytes:
    """A new private key, PKCS#8 in DER.

    Source: 公的個人認証法 第3条第4項 (鍵ペアの作成); FIPS 186-5 A.1 by OpenSSL.
    """
    key = generate_private_key(public_exponent=EXPONENT, key_size=BITS)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def sign_padded(key: bytes, content: bytes) -> bytes:
    """Pad with block type 1 and raise to the private exponent; `content` is a DigestInfo.

    The chip does not look into it, so any hash function works, as on the real card.

    Source: RFC 8017 8.2.1, 9.2 step 5.
    """
    return _load(key).sign(content, padding.PKCS1v15(), NoDigestInfo())


def sign(key: bytes, message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256 over a message that the chip made itself.

    Source: RFC 8017 8.2.
    """
    return _load(key).sign(message, padding.PKCS1v15(), hashes.SHA256())


def modulus(key: bytes) -> bytes:
    """The public modulus; the exponent is 65537 always."""
    return _load(key).public_key().public_numbers().n.to_bytes(SIZE)


def public_key(modulus: bytes) -> RSAPublicKey:
    """The public key of a modulus."""
    return RSAPublicNumbers(EXPONENT, int.from_bytes(modulus)).public_key()


def spki(modulus: bytes) -> bytes:
    """SubjectPublicKeyInfo of a modulus, DER.

    Source: RFC 5280 4.1.2.7, RFC 3279 2.3.1.
    """
    return public_key(modulus).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _load(key: bytes) -> RSAPrivateKey:
    # The key was checked when it was made, and the file's checksum guards it since.
    loaded = load_der_private_key(key, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(loaded, RSAPrivateKey):
        raise TypeError("a chip holds RSA keys only")
    return loaded
