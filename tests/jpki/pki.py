"""Authorities and certificates for every test of the package: real keys, made once a process.

`pki()` holds two kinds of authorities in two generations each; the second generation issues.
`Pki.leaf` makes a person's certificate, `altered` makes one that is wrong in a chosen way.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Name

from jichitai.infra.audit import SYSTEM
from jichitai.infra.clock import JST
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.authority import profiles
from jichitai.jpki.authority.authorities import Authorities
from jichitai.jpki.authority.ceremony import Planned, hold_ceremony, rehearsal_plan
from jichitai.jpki.authority.minutes import Scene, Witness
from jichitai.jpki.authority.model import Order
from jichitai.jpki.authority.profiles import (
    AnyKind,
    AuthorityKind,
    PrivateKey,
    Revoked,
    SubjectCertificate,
    authority_id,
)
from jichitai.jpki.authority.vault import Algorithm, Vault, VaultKey, make_key
from jichitai.jpki.items import BasicItems
from jichitai.jpki.kinds import CertificateKind, Medium, Reason
from jichitai.kernel.parties import NATION
from jichitai.kernel.persons import Sex
from tests.conftest import demanded

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=JST).astimezone(UTC)
"""Where the fixture `clock` stands."""
TOWN = "011002"
ITEMS = BasicItems(
    name="辻󠄂　花子",
    birth_date="1985-05-01",
    sex=Sex.FEMALE,
    address="北海道札幌市中央区北一条西二丁目1番",
)
FIRST = {
    1: datetime(2019, 7, 16, 9, 50, 27, tzinfo=JST),
    2: datetime(2023, 7, 16, 9, 50, 27, tzinfo=JST),
}
"""When each generation began."""
UNTIL = profiles.end_of_day(date(2031, 5, 1))
"""End of a certificate issued at `NOW` to a person born on 1 May."""


def need(program: str) -> None:
    """Skip a test whose outside program is not installed, unless the run demands `cards`."""
    if shutil.which(program) is None and not demanded("cards"):
        pytest.skip(f"{program} がありません。sudo make system-packages で入ります")


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """An RSA-2048 key of this process; the same name gives the same key (40 ms once)."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key of this process."""
    del name
    return ec.generate_private_key(ec.SECP256R1())


class Leaf(NamedTuple):
    """A person's certificate and its private key."""

    certificate: x509.Certificate
    key: PrivateKey


@dataclass(frozen=True)
class TestAuthority:
    """One generation of one authority."""

    __test__ = False

    kind: AuthorityKind
    generation: int
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def id(self) -> str:
        return authority_id(self.kind, self.generation)


class Pki:
    """Both authorities, and what they issued so far."""

    def __init__(self) -> None:
        self._serials = count(0x1000_0000_0000_0000_0000)
        self._revoked: dict[AuthorityKind, list[tuple[str, Revoked]]] = {}
        self._made: dict[tuple[AuthorityKind, int], TestAuthority] = {}

    def authority(self, kind: AnyKind, generation: int = 2) -> TestAuthority:
        """One generation of the signing, user-auth or card authority."""
        place = AuthorityKind(kind), generation
        if place not in self._made:
            key = rsa_key(authority_id(*place))
            first = FIRST[generation]
            certificate = profiles.authority_certificate(*place, key, first, next(self._serials))
            self._made[place] = TestAuthority(*place, certificate, key)
        return self._made[place]

    def anchors(self, kind: AnyKind) -> list[x509.Certificate]:
        """The roots of one kind, every generation."""
        return [self.authority(kind, generation).certificate for generation in FIRST]

    def leaf(
        self,
        kind: CertificateKind,
        *,
        generation: int = 2,
        medium: Medium = Medium.CARD,
        items: BasicItems | None = ITEMS,
        municipality: str = TOWN,
        not_before: datetime = NOW,
        not_after: datetime | None = None,
        key: PrivateKey | None = None,
        serial: int | None = None,
        revoked: Reason | None = None,
        revoked_at: datetime = NOW,
    ) -> Leaf:
        """A certificate in order; with `revoked` it stands in the lists of `crl` as well.

        It ends at `UNTIL`, or with its authority.
        """
        ca = self.authority(kind, generation)
        holder = key or rsa_key(f"holder-{kind}")
        found = serial or next(self._serials)
        request = SubjectCertificate(
            kind=kind,
            medium=medium,
            serial=found,
            public_key=holder.public_key(),
            municipality=municipality,
            common_name=f"20261120100000{found % 10**12:012d}",
            items=items if kind is CertificateKind.SIGNING else None,
            not_before=not_before,
            not_after=not_after or min(UNTIL, ca.certificate.not_valid_after_utc),
        )
        certificate = profiles.issue(request, ca.certificate, ca.key)
        if revoked is not None:
            line = Revoked(found, revoked_at, revoked)
            self._revoked.setdefault(ca.kind, []).append((municipality, line))
        return Leaf(certificate, holder)

    def crl(
        self,
        kind: AnyKind,
        *,
        generation: int = 2,
        partition: str | None = None,
        number: int = 1,
        this_update: datetime = NOW,
        next_update: datetime | None = None,
    ) -> x509.CertificateRevocationList:
        """The full list, or one municipality's (its code as `partition`)."""
        ca = self.authority(kind, generation)
        lines = [
            line
            for municipality, line in self._revoked.get(ca.kind, [])
            if partition in {None, municipality}
        ]
        return profiles.crl(
            ca.certificate,
            ca.key,
            lines,
            number,
            this_update,
            next_update or this_update + timedelta(days=2),
            profiles.partition_name(kind, partition) if partition else None,
        )

    def responder(self, kind: AnyKind, *, generation: int = 2, not_before: datetime = NOW) -> Leaf:
        """A delegated OCSP responder (P-256)."""
        ca = self.authority(kind, generation)
        key = ec_key(f"responder-{ca.id}")
        certificate = profiles.responder_certificate(
            kind,
            ca.certificate,
            ca.key,
            key.public_key(),
            number=1,
            serial=next(self._serials),
            not_before=not_before,
        )
        return Leaf(certificate, key)


@cache
def pki() -> Pki:
    """The authorities of this process."""
    return Pki()


def altered(
    certificate: x509.Certificate,
    key: PrivateKey,
    *,
    without: Iterable[type[x509.ExtensionType]] = (),
    instead: Iterable[tuple[x509.ExtensionType, bool]] = (),
    subject: Name | None = None,
    issuer: Name | None = None,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    public_key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None = None,
) -> x509.Certificate:
    """The same certificate with some fields changed, signed anew with `key`.

    Args:
        without: classes of extensions to leave out.
        instead: (extension, critical) that replace those of the same class, or are added.
    """
    replaced = {extension.oid: (extension, critical) for extension, critical in instead}
    public = public_key or certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    builder = x509.CertificateBuilder(
        issuer_name=issuer or certificate.issuer,
        subject_name=subject or certificate.subject,
        public_key=public,
        serial_number=certificate.serial_number,
    )
    builder = builder.not_valid_before(not_before or certificate.not_valid_before_utc)
    builder = builder.not_valid_after(not_after or certificate.not_valid_after_utc)
    for extension in certificate.extensions:
        if isinstance(extension.value, tuple(without)) or extension.oid in replaced:
            continue
        builder = builder.add_extension(extension.value, critical=extension.critical)
    for value, critical in replaced.values():
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(key, SHA256())


class MemoryVault:
    """A vault for tests: RSA keys of this process, so that a ceremony costs no key generation."""

    description = "試験用の一時的な保管庫"

    def __init__(self) -> None:
        self._keys: dict[str, VaultKey] = {}

    def create(self, label: str, algorithm: Algorithm) -> VaultKey:
        assert label not in self._keys, label
        stem = re.sub(r"-[0-9a-f]{8}(?=$|-)", "", label)  # without the ceremony's number
        made = rsa_key(stem) if algorithm is Algorithm.RSA_2048 else make_key(algorithm)
        self._keys[label] = made
        return made

    def key(self, label: str) -> VaultKey:
        return self._keys[label]

    def has(self, label: str) -> bool:
        return label in self._keys

    def labels(self) -> list[str]:
        return sorted(self._keys)


SCENE = Scene(
    purpose="演習のための認証局の開設",
    place="演習室",
    witnesses=(Witness("山田　一郎", "鍵の保管責任者"), Witness("佐藤　花", "立会人")),
)


async def set_up_nation(
    tx: Tx,
    keys: Keys,
    *,
    at: datetime = NOW,
    vault: Vault | None = None,
    plan: Sequence[Planned] | None = None,
) -> Authorities:
    """Hold a ceremony in a nation's database: two generations of both kinds, and a card centre.

    The keys are those of `pki()`, so that what `Pki.authority` signs is told apart from this only
    by the root's serial; takes about 20 ms once the process has its keys.
    """
    held = await hold_ceremony(
        tx,
        vault or MemoryVault(),
        keys.signer(NATION),
        plan=plan or rehearsal_plan(at),
        scene=SCENE,
        at=at,
        by=SYSTEM,
    )
    return held.authorities


def order(
    kind: CertificateKind,
    *,
    key: PrivateKey | None = None,
    person_id: UUID | None = None,
    medium: Medium = Medium.CARD,
    municipality: str = TOWN,
    not_after: datetime = UNTIL,
    replaces: int | None = None,
) -> Order:
    """An order for a certificate, with a key never certified before unless one is given."""
    public = (key or rsa.generate_private_key(public_exponent=65537, key_size=2048)).public_key()
    return Order(
        person_id=person_id or uuid4(),
        kind=kind,
        medium=medium,
        municipality=municipality,
        public_key=public,
        items=ITEMS if kind is CertificateKind.SIGNING else None,
        basis=b"basis",
        chip_number="1234567890123",
        request_id=uuid4(),
        not_after=not_after,
        replaces=replaces,
    )
