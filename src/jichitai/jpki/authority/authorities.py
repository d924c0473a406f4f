"""The authorities with their keys, as a process holds them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jichitai.infra.database import Tx
from jichitai.jpki.authority import profiles, store
from jichitai.jpki.authority.errors import NoAuthorityError
from jichitai.jpki.authority.model import (
    Authority,
    AuthorityState,
    Responder,
    newest,
    unknown_authority,
)
from jichitai.jpki.authority.profiles import AnyKind, AuthorityKind
from jichitai.jpki.authority.vault import Vault, missing


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCentre:
    """The keys that a chip trusts.

    Attributes:
        authority: root of what a chip holds.
        objects: signs the data objects of a chip; certified by the root.
        writer: permits one writing of a chip; every chip knows its public half from manufacture.
    """

    authority: Authority
    objects: RSAPrivateKey = field(repr=False)
    writer: Ed25519PrivateKey = field(repr=False)


class Authorities:
    """Every authority with its key, as they stood when they were loaded."""

    def __init__(
        self,
        members: Sequence[Authority],
        responders: Sequence[Responder],
        vault: Vault,
        mark: str,
    ) -> None:
        """Take the parts; `load` reads them."""
        self.members = tuple(members)
        self._responders = {responder.authority: responder for responder in responders}
        self._vault = vault
        self._mark = mark

    @classmethod
    async def load(cls, tx: Tx, vault: Vault) -> Self:
        """Read the authorities of the nation and take their keys out of the vault.

        Raises:
            MissingVaultKeyError: the vault lacks a key.
            VaultUnavailableError: it cannot be opened.
        """
        mark = await store.fingerprint(tx)
        members = [
            Authority(
                id=row.id,
                kind=row.kind,
                generation=row.generation,
                state=row.state,
                certificate=row.certificate,
                key_label=row.key_label,
                key=_rsa(vault, row.key_label),
            )
            for row in await store.authorities(tx)
            if row.state is not AuthorityState.COMPROMISED
        ]
        responders = [
            Responder(authority=name, certificate=certificate, key=profile_key(vault, label))
            for name, (certificate, label) in (await store.responders(tx)).items()
        ]
        return cls(members, responders, vault, mark)

    async def fresh(self, tx: Tx) -> "Authorities":
        """Itself, or what a ceremony has made of it since; one small question."""
        if await store.fingerprint(tx) == self._mark:
            return self
        return await type(self).load(tx, self._vault)

    def current(self, kind: AnyKind, at: datetime | None = None) -> Authority:
        """The authority that issues certificates of a kind.

        Raises:
            NoAuthorityError: none may.
        """
        return newest(self.members, kind, at)

    def all(self, kind: AnyKind) -> list[Authority]:
        """Every generation of a kind, oldest first."""
        return [member for member in self.members if member.kind.value == kind.value]

    def by_id(self, name: str) -> Authority:
        """An authority by its short name.

        Raises:
            UnknownAuthorityError: there is none.
        """
        for member in self.members:
            if member.id == name:
                return member
        raise unknown_authority(name)

    def issuer_of(self, certificate: x509.Certificate) -> Authority:
        """Who issued a certificate, by name and key identifier; the signature is not looked at.

        Raises:
            UnknownAuthorityError: none of these.
        """
        for member in self.members:
            if member.certificate.subject == certificate.issuer and _points_at(certificate, member):
                return member
        raise unknown_authority(certificate.issuer.rfc4514_string())

    def responder(self, name: str) -> Responder:
        """Who signs answers about status for an authority.

        Raises:
            NoAuthorityError: no responder was certified.
        """
        if name not in self._responders:
            raise NoAuthorityError(
                f"{name} の失効情報に署名する証明書がありません。jichitai ca responder で"
                "作ってください。",
                authority=name,
            )
        return self._responders[name]

    @property
    def responders(self) -> list[Responder]:
        """Who signs answers about status, for every authority that has one."""
        return list(self._responders.values())

    def card_centre(self) -> CardCentre:
        """The newest generation of the card centre.

        Raises:
            NoAuthorityError: no ceremony was held.
        """
        root = self.current(AuthorityKind.CARD)
        objects = _rsa(self._vault, objects_label(root.key_label))
        writer = self._vault.key(writer_label(root.key_label))
        if not isinstance(writer, Ed25519PrivateKey):
            raise missing(writer_label(root.key_label))
        return CardCentre(authority=root, objects=objects, writer=writer)


def objects_label(root_label: str) -> str:
    """Where the vault keeps the key that signs the data objects of chips."""
    return f"{root_label}-objects"


def writer_label(root_label: str) -> str:
    """Where the vault keeps the key that permits writing into a chip."""
    return f"{root_label}-writer"


def profile_key(vault: Vault, label: str) -> profiles.PrivateKey:
    """A key that certificates are signed with.

    Raises:
        MissingVaultKeyError: there is none, or it is of another kind.
    """
    key = vault.key(label)
    if isinstance(key, Ed25519PrivateKey):
        raise missing(label)
    return key


def _rsa(vault: Vault, label: str) -> RSAPrivateKey:
    key = vault.key(label)
    if not isinstance(key, RSAPrivateKey):
        raise missing(label)
    return key


def _points_at(certificate: x509.Certificate, authority: Authority) -> bool:
    try:
        pointer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return False
    wanted = profiles.key_identifier(authority.certificate).key_identifier
    return pointer.value.key_identifier == wanted


async def trust_anchors(tx: Tx, kind: AnyKind) -> list[x509.Certificate]:
    """The root certificates of one kind, every generation that is not compromised.

    A verifier keeps the kinds apart and never puts them into one store.
    """
    return [
        row.certificate
        for row in await store.authorities(tx)
        if row.kind.value == kind.value and row.state is not AuthorityState.COMPROMISED
    ]
