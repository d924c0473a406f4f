"""The authority for phone credentials: a root, its document signer, and our own verifier's certificate.

Keys live in the vault of the certificate authorities; certificates in the database.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.infra.database import Tx
from jichitai.jpki.authority.vault import Algorithm, Vault
from jichitai.jpki.phone import certificates, store
from jichitai.jpki.phone.certificates import READER_DAYS, READER_USAGE, SIGNER_DAYS, SIGNER_USAGE
from jichitai.jpki.phone.cose import SigningKey
from jichitai.jpki.phone.store import AuthorityRow
from jichitai.kernel.errors import UnavailableError

_RENEW_BEFORE: Final = timedelta(days=60)
_READER_NAME: Final = "カード代替電磁的記録の確認窓口（演習）"


class PhoneAuthorityMissingError(UnavailableError):
    """The authority for phone credentials was not made yet, or its key is not in the vault."""

    type = "jpki.phone-authority-missing"
    title = "カード代替電磁的記録の発行の準備ができていません"


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: SigningKey


@dataclass(frozen=True, slots=True)
class PhoneAuthority:
    """What issuing and verifying stand on.

    Attributes:
        roots: every generation, newest first.
        signer: signs credentials and status lists.
        reader: signs our verifier's requests.
    """

    roots: tuple[x509.Certificate, ...]
    signer: Signer
    reader: Signer

    @classmethod
    async def load(cls, tx: Tx, vault: Vault) -> Self:
        """Read it.

        Raises:
            PhoneAuthorityMissingError: it was not made yet.
        """
        rows = await store.authorities(tx)
        roots = await roots_of(tx)
        return cls(roots, _newest(rows, "signer", vault), _newest(rows, "reader", vault))


async def roots_of(tx: Tx) -> tuple[x509.Certificate, ...]:
    """The trusted roots, newest generation first."""
    return tuple(
        x509.load_der_x509_certificate(row.certificate)
        for row in await store.authorities(tx)
        if row.role == "root"
    )


async def prepare(tx: Tx, vault: Vault, *, origin: str, at: datetime) -> list[str]:
    """Make what is missing or ends soon: root, document signer, verifier. Safe to repeat.

    Args:
        tx: of the nation.
        vault: makes and holds the keys.
        origin: of our verifier, `https://host`.
        at: law time.

    Returns:
        Roles and generations that were made, such as `signer-2`.
    """
    await store.lock_authority(tx)
    made: list[str] = []
    for role in ("root", "signer", "reader"):
        rows = await store.authorities(tx)
        mine = [row for row in rows if row.role == role]
        if mine and not _must_renew(mine[0], role, origin, at):
            continue
        row = _make(role, (mine[0].generation if mine else 0) + 1, rows, vault, origin, at)
        await store.add_authority(tx, row, at)
        made.append(f"{role}-{row.generation}")
    return made


def _must_renew(row: AuthorityRow, role: str, origin: str, at: datetime) -> bool:
    if row.not_after - at < (_ROOT_OVERLAP if role == "root" else _RENEW_BEFORE):
        return True
    certificate = x509.load_der_x509_certificate(row.certificate)
    return role == "reader" and certificates.origin_of(certificate) != origin


_ROOT_OVERLAP: Final = timedelta(days=SIGNER_DAYS + 365)


def _make(
    role: str,
    generation: int,
    rows: list[AuthorityRow],
    vault: Vault,
    origin: str,
    at: datetime,
) -> AuthorityRow:
    label = f"phone-{role}-{generation}"
    if not vault.has(label):
        vault.create(label, Algorithm.P_256)
    key = _p256(vault, label)
    begins = at.replace(microsecond=0)
    if role == "root":
        ends = certificates.root_end(begins)
        made = certificates.root_certificate(
            key, generation=generation, not_before=begins, not_after=ends, serial=_serial()
        )
    else:
        made = _leaf(role, generation, key, rows, vault, origin, begins)
    return AuthorityRow(
        role,
        generation,
        made.public_bytes(Encoding.DER),
        label,
        made.not_valid_before_utc,
        made.not_valid_after_utc,
    )


def _leaf(
    role: str,
    generation: int,
    key: SigningKey,
    rows: list[AuthorityRow],
    vault: Vault,
    origin: str,
    begins: datetime,
) -> x509.Certificate:
    root = _newest(rows, "root", vault)
    signer = role == "signer"
    days = SIGNER_DAYS if signer else READER_DAYS
    name = f"Jichitai TEST document signer {generation}" if signer else _READER_NAME
    return certificates.leaf_certificate(
        key.public_key(),
        common_name=name,
        usage=SIGNER_USAGE if signer else READER_USAGE,
        root=root.certificate,
        root_key=root.key,
        not_before=begins,
        not_after=certificates.end_of(begins, days, root.certificate),
        serial=_serial(),
        origin="" if signer else origin,
    )


def _newest(rows: list[AuthorityRow], role: str, vault: Vault) -> Signer:
    row = next((one for one in rows if one.role == role), None)
    if row is None or not vault.has(row.key_label):
        raise _missing()
    return Signer(x509.load_der_x509_certificate(row.certificate), _p256(vault, row.key_label))


def _p256(vault: Vault, label: str) -> SigningKey:
    key = vault.key(label)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _missing()
    return key


def _missing() -> PhoneAuthorityMissingError:
    return PhoneAuthorityMissingError(
        "カード代替電磁的記録の発行者の鍵か証明書がまだありません。運用担当者が"
        " jichitai phone authority を実行すると使えるようになります。"
    )


def _serial() -> int:
    return x509.random_serial_number()
