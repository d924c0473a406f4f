"""What a card has proved in one sign-in, kept sealed until the person has decided."""

from typing import Self
from uuid import UUID

import msgspec

from jichitai.infra.crypto import Sealer
from jichitai.jpki.items import CertifiedItems
from jichitai.jpki.kinds import CertificateKind, Medium
from jichitai.jpki.signin.claims import Acr
from jichitai.kernel.persons import Sex


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The person, the certificate, and what was signed.

    Attributes:
        person_id: whose certificate it is.
        kind, medium, authority, serial: which certificate.
        items: the four items of a signing certificate, as text.
        statement, certificate, signature: the evidence.
        at: seconds since the epoch.
    """

    person_id: UUID
    kind: CertificateKind
    medium: Medium
    authority: str
    serial: bytes
    items: dict[str, str] | None
    statement: bytes
    certificate: bytes
    signature: bytes
    at: int

    def __repr__(self) -> str:
        """Hide the person."""
        return "<Proof ・・・>"

    @property
    def acr(self) -> Acr:
        """What the sign-in reaches."""
        return Acr.of(self.kind)

    @property
    def certified(self) -> CertifiedItems | None:
        """The four items."""
        if self.items is None:
            return None
        return CertifiedItems(
            name=self.items["name"],
            name_replaced=self.items["name_replaced"],
            birth_code=self.items["birth_code"],
            sex=Sex(self.items["sex"]),
            address=self.items["address"],
            address_replaced=self.items["address_replaced"],
        )

    def sealed(self, sealer: Sealer, login_id: UUID) -> bytes:
        """The same for the table, bound to its login."""
        return sealer.seal(msgspec.json.encode(self), login_id.bytes)

    @classmethod
    def opened(cls, sealer: Sealer, sealed: bytes, login_id: UUID) -> Self:
        """From the table."""
        return msgspec.json.decode(sealer.open(sealed, login_id.bytes), type=cls)

    def evidence(self, sealer: Sealer, sign_in_id: UUID) -> bytes:
        """What is kept to show later that the person signed: statement, certificate, signature."""
        kept = {
            "statement": self.statement,
            "certificate": self.certificate,
            "signature": self.signature,
        }
        return sealer.seal(msgspec.json.encode(kept), sign_in_id.bytes)


def item_texts(items: CertifiedItems | None) -> dict[str, str] | None:
    """The items as a proof carries them."""
    if items is None:
        return None
    return {
        "name": items.name,
        "name_replaced": items.name_replaced,
        "birth_code": items.birth_code,
        "sex": items.sex.value,
        "address": items.address,
        "address_replaced": items.address_replaced,
    }
