"""Which public keys may be certified.

A card makes its keys itself, so a faulty generator in a batch of chips shows only here: in 2017 a
library of a chip maker was found to make RSA keys that can be factored (ROCA), and a whole nation's
cards had to be renewed.
"""

from functools import cache
from hashlib import sha256
from math import gcd, isqrt, prod
from typing import Final, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from jichitai.jpki.authority.profiles import PublicKey
from jichitai.jpki.errors import UnusableKeyError
from jichitai.jpki.kinds import Medium

MODULUS_BITS: Final = 2048
EXPONENT: Final = 65537
_FERMAT_ROUNDS: Final = 20
_SMALL: Final = tuple(
    number
    for number in range(2, 752)
    if all(number % small for small in range(2, isqrt(number) + 1))
)
_PRODUCT: Final = prod(_SMALL)
_ROCA: Final = _SMALL[1:39]
"""3 to 167: what every modulus of the faulty generator shows itself by."""


def check_public_key(der: bytes, medium: Medium = Medium.CARD) -> PublicKey:
    """Read a SubjectPublicKeyInfo that may be certified.

    A card has RSA with 2,048 bits and the exponent 65537; a phone may have P-256 instead.

    Args:
        der: DER, exactly as the library would write it.
        medium: where the private key lives.

    Raises:
        UnusableKeyError: another algorithm or size, not DER, or a key that can be factored.

    Source: the published certificates of the real service (RSA 2048); NIST SP 800-89 5.3.3 (public key validation);
        M. Nemec et al., The Return of Coppersmith's Attack, 2017 (ROCA).
    """
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        _refuse("公開鍵の形式が正しくありません")
    if isinstance(key, ec.EllipticCurvePublicKey) and medium is Medium.PHONE:
        if not isinstance(key.curve, ec.SECP256R1):
            _refuse("公開鍵の曲線が P-256 ではありません")
    elif isinstance(key, rsa.RSAPublicKey):
        _check_rsa(key.public_numbers())
    else:
        _refuse("公開鍵の種類が定めのものではありません")
    if spki(key) != der:
        _refuse("公開鍵の符号化が DER ではありません")
    return key


def spki(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo, DER.

    Source: RFC 5280 4.1.2.7.
    """
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_hash(key: PublicKey) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo; one key is certified once.

    Source: 公的個人認証法 第3条 (鍵ペアは申請のつど作る).
    """
    return sha256(spki(key)).digest()


def _check_rsa(numbers: rsa.RSAPublicNumbers) -> None:
    modulus = numbers.n
    if modulus.bit_length() != MODULUS_BITS or numbers.e != EXPONENT:
        _refuse("RSA の公開鍵は2048ビット、指数65537に限ります")
    if gcd(modulus, _PRODUCT) != 1:
        _refuse("公開鍵の法が小さな素数で割り切れます")
    if all(modulus % prime in _subgroup(prime) for prime in _ROCA):
        _refuse("公開鍵が、脆弱性の知られた方法 (ROCA) で作られています")
    if _has_close_factors(modulus):
        _refuse("公開鍵の二つの素数が近すぎ、素因数に分解できます")


@cache
def _subgroup(prime: int) -> frozenset[int]:
    """The powers of 65537 modulo a prime."""
    return frozenset(pow(EXPONENT, power, prime) for power in range(prime - 1))


def _has_close_factors(modulus: int) -> bool:
    """Fermat's way: a product of two near primes is a near miss of a square."""
    root = isqrt(modulus - 1) + 1
    for _ in range(_FERMAT_ROUNDS):
        rest = root * root - modulus
        if isqrt(rest) ** 2 == rest:
            return True
        root += 1
    return False


def _refuse(what: str) -> NoReturn:
    raise UnusableKeyError(
        f"{what}。この鍵では電子証明書を発行できません。カードで鍵を作り直してください。"
    )
