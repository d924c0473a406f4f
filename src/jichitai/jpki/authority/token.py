"""Keys in a PKCS#11 token: a hardware security module, or SoftHSM in tests.

Keys are made inside the token and marked so that it never gives them out. What the program holds
is a handle whose `sign` asks the token; the builders of certificates and lists take it for a key.
Only digests travel to the token, however long a list is. Needs the extra `hsm`.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Final, NoReturn, Self, TypeAlias, TypeVar

import pkcs11
from asn1crypto.algos import DigestInfo
from asn1crypto.core import Null, ObjectIdentifier, OctetString
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_named_curve_parameters

from jichitai.jpki.authority.errors import (
    NotExtractableError,
    VaultKeyExistsError,
    VaultUnavailableError,
)
from jichitai.jpki.authority.vault import Algorithm, VaultKey, missing
from jichitai.kernel.secrets import Secret

T = TypeVar("T")
_Sign: TypeAlias = Callable[[bytes, Mechanism], bytes]
_LOCKED: Final = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
}
"""A private key that stays in its token."""
_ED25519: Final = ObjectIdentifier("1.3.101.112").dump()


class TokenVault:
    """A token as a vault; one session for the life of the process."""

    def __init__(self, module: Path, token: str, pin: Secret) -> None:
        """Log in to a token.

        Args:
            module: PKCS#11 library of its maker.
            token: its label.
            pin: of the user.

        Raises:
            VaultUnavailableError: no such library or token, or a wrong PIN.
        """
        self._place = (module, token, pin)
        self._lock = Lock()
        self._handles: dict[str, VaultKey] = {}
        self._private: dict[str, Any] = {}
        self._session = self._log_in()
        found = self._session.token
        self._about = f"{found.manufacturer_id.strip()} {found.model.strip()} 通し番号 {found.serial.decode()}"

    @property
    def description(self) -> str:
        """Maker, model and serial number of the token."""
        return f"PKCS#11 トークン（{self._about}）"

    def create(self, label: str, algorithm: Algorithm) -> VaultKey:
        """Make a key inside the token."""
        if self.has(label):
            raise VaultKeyExistsError(
                f"鍵 {label} は既にあります。鍵は上書きできません。次の世代を作ってください。",
                label=label,
            )
        with self._lock:
            try:
                self._generate(label, algorithm)
            except pkcs11.PKCS11Error as error:  # tried once: half a pair may be there already
                raise self._silent(error) from None
        return self.key(label)

    def key(self, label: str) -> VaultKey:
        """The handle of a key."""
        if label not in self._handles:
            self._handles[label] = self._find(label)
        return self._handles[label]

    def has(self, label: str) -> bool:
        """Whether the token holds a private key with this label."""
        wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label}
        return bool(self._do(lambda session: list(session.get_objects(wanted))))

    def labels(self) -> list[str]:
        """Labels of the private keys."""

        def listed(session: Any) -> list[str]:
            keys = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
            return sorted(key.label for key in keys)

        return self._do(listed)

    def close(self) -> None:
        """Log out."""
        with self._lock:
            self._session.close()

    def _generate(self, label: str, algorithm: Algorithm) -> None:
        common: dict[str, Any] = {"store": True, "label": label, "private_template": _LOCKED}
        match algorithm:
            case Algorithm.RSA_2048:
                self._session.generate_keypair(KeyType.RSA, 2048, **common)
            case Algorithm.P_256:
                curve = encode_named_curve_parameters("secp256r1")
                self._parameters(KeyType.EC, curve).generate_keypair(**common)
            case Algorithm.ED25519:
                self._parameters(KeyType.EC_EDWARDS, _ED25519).generate_keypair(
                    mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, **common
                )

    def _parameters(self, kind: KeyType, encoded: bytes) -> Any:
        return self._session.create_domain_parameters(
            kind, {Attribute.EC_PARAMS: encoded}, local=True
        )

    def _find(self, label: str) -> VaultKey:
        def found(session: Any) -> tuple[KeyType, rsa.RSAPublicKey | bytes]:
            private = self._private_key(session, label)
            if private[Attribute.EXTRACTABLE] or not private[Attribute.SENSITIVE]:
                raise VaultUnavailableError(
                    f"トークンの鍵 {label} は取り出せる設定です。認証局の鍵には使えません。鍵生成式で"
                    "作り直してください。",
                    label=label,
                )
            public = session.get_key(ObjectClass.PUBLIC_KEY, label=label)
            kind = private.key_type
            return kind, _rsa(public) if kind is KeyType.RSA else _point(public)

        def sign(data: bytes, mechanism: Mechanism) -> bytes:
            return self._do(
                lambda session: bytes(
                    self._private_key(session, label).sign(data, mechanism=mechanism)
                )
            )

        try:
            kind, public = self._do(found)
        except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned):
            raise missing(label) from None
        if isinstance(public, rsa.RSAPublicKey):
            return TokenRSAKey(public, sign)
        if kind is KeyType.EC:
            curve = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
            return TokenECKey(curve, sign)
        return TokenEd25519Key(Ed25519PublicKey.from_public_bytes(public), sign)

    def _private_key(self, session: Any, label: str) -> Any:
        if label not in self._private:
            self._private[label] = session.get_key(ObjectClass.PRIVATE_KEY, label=label)
        return self._private[label]

    def _do(self, work: Callable[[Any], T]) -> T:
        """Ask the token; a session that was lost is opened again, once."""
        with self._lock:
            try:
                return work(self._session)
            except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned):
                raise
            except pkcs11.PKCS11Error:
                self._private.clear()
                self._session = self._log_in()
            try:
                return work(self._session)
            except pkcs11.PKCS11Error as error:
                raise self._silent(error) from None

    def _log_in(self) -> Any:
        module, token, pin = self._place
        try:
            found = pkcs11.lib(str(module)).get_token(token_label=token)
            try:
                return found.open(rw=True, user_pin=pin.reveal())
            except pkcs11.UserAlreadyLoggedIn:  # the login holds for the whole process
                return found.open(rw=True)
        except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
            raise VaultUnavailableError(
                f"PKCS#11 トークン {token} を開けません（{type(error).__name__}）。ライブラリの場所、"
                "トークンの名前、PIN を確かめてください。",
                token=token,
            ) from None

    def _silent(self, error: Exception) -> VaultUnavailableError:
        return VaultUnavailableError(
            f"PKCS#11 トークンが応じません（{type(error).__name__}）。トークンの接続と状態を"
            "確かめてください。",
            token=self._place[1],
        )


class TokenRSAKey(rsa.RSAPrivateKey):
    """An RSA key in a token; signs PKCS#1 v1.5."""

    def __init__(self, public: rsa.RSAPublicKey, sign: _Sign) -> None:
        """Take the public half and the way to the token."""
        self._public = public
        self._sign = sign

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""
        return self._public.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """The public half."""
        return self._public

    def sign(self, data: Any, padding: Any, algorithm: Any) -> bytes:
        """Sign in the token."""
        _only_pkcs1(padding)
        digest, name = _digest(data, algorithm)
        hashed = {"algorithm": name, "parameters": Null()}  # RFC 8017 9.2: NULL stands there
        info = DigestInfo({"digest_algorithm": hashed, "digest": digest})
        return self._sign(info.dump(), Mechanism.RSA_PKCS)

    def decrypt(self, ciphertext: Any, padding: Any) -> NoReturn:
        """Not what these keys are for."""
        raise _stays()

    def private_numbers(self) -> NoReturn:
        """The token does not give them out."""
        raise _stays()

    def private_bytes(self, *_: Any, **__: Any) -> NoReturn:
        """The token does not give them out."""
        raise _stays()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self


class TokenECKey(ec.EllipticCurvePrivateKey):
    """A P-256 key in a token; signs ECDSA."""

    def __init__(self, public: ec.EllipticCurvePublicKey, sign: _Sign) -> None:
        """Take the public half and the way to the token."""
        self._public = public
        self._sign = sign

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """Bits of the curve."""
        return self._public.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public

    def sign(self, data: Any, signature_algorithm: Any) -> bytes:
        """Sign in the token; DER as everywhere else."""
        digest, _ = _digest(data, signature_algorithm.algorithm)
        pair = self._sign(digest, Mechanism.ECDSA)
        half = len(pair) // 2
        return encode_dss_signature(
            int.from_bytes(pair[:half], "big"), int.from_bytes(pair[half:], "big")
        )

    def exchange(self, algorithm: Any, peer_public_key: Any) -> NoReturn:
        """Not what these keys are for."""
        raise _stays()

    def private_numbers(self) -> NoReturn:
        """The token does not give them out."""
        raise _stays()

    def private_bytes(self, *_: Any, **__: Any) -> NoReturn:
        """The token does not give them out."""
        raise _stays()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self


class TokenEd25519Key(Ed25519PrivateKey):
    """An Ed25519 key in a token."""

    def __init__(self, public: Ed25519PublicKey, sign: _Sign) -> None:
        """Take the public half and the way to the token."""
        self._public = public
        self._sign = sign

    def public_key(self) -> Ed25519PublicKey:
        """The public half."""
        return self._public

    def sign(self, data: Any) -> bytes:
        """Sign in the token."""
        return self._sign(bytes(data), Mechanism.EDDSA)

    def private_bytes(self, *_: Any, **__: Any) -> NoReturn:
        """The token does not give them out."""
        raise _stays()

    def private_bytes_raw(self) -> NoReturn:
        """The token does not give them out."""
        raise _stays()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self


_NAMES: Final = {"sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}


def _digest(data: Any, algorithm: Any) -> tuple[bytes, str]:
    """The digest to sign, and the name of its hash."""
    if isinstance(algorithm, Prehashed):
        name = {32: "sha256", 48: "sha384", 64: "sha512"}[algorithm.digest_size]
        return bytes(data), name
    hasher = hashes.Hash(algorithm)
    hasher.update(data)
    return hasher.finalize(), _NAMES[algorithm.name]


def _only_pkcs1(scheme: Any) -> None:
    if not isinstance(scheme, padding.PKCS1v15):
        raise UnsupportedAlgorithm("keys of a token sign PKCS#1 v1.5 only")


def _rsa(public: Any) -> rsa.RSAPublicKey:
    modulus, exponent = public[Attribute.MODULUS], public[Attribute.PUBLIC_EXPONENT]
    numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
    return numbers.public_key()


def _point(public: Any) -> bytes:
    return bytes(OctetString.load(public[Attribute.EC_POINT]).native)


def _stays() -> NotExtractableError:
    return NotExtractableError(
        "この秘密鍵はトークンの中にあり、取り出せません。署名はトークンに頼んでください。"
    )
