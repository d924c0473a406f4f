"""A chip with everything that a counter writes: certificates, texts and faces, all signed."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.jpki.authority.profiles import AuthorityKind
from jichitai.jpki.chip import contents, faces, portraits, verifiable
from jichitai.jpki.chip.contents import CardData, ChosenPins, Drawn
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.messages import Issued
from jichitai.jpki.reader import personalising
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.pins import Pin, PinKind
from jichitai.kernel.identifiers import LocalGovernmentCode, MyNumber
from jichitai.kernel.persons import Sex
from jichitai.kernel.secrets import Secret
from tests.jpki import chips
from tests.jpki.cards import KINDS, REQUEST
from tests.jpki.pki import Leaf, pki, rsa_key

SIGNING_PIN = Pin(PinKind.SIGNING, chips.SIGNING_PIN)
DATA = CardData(
    name="見本　花子",
    address="北海道札幌市中央区北一条西二丁目1番地",
    birth_date="1985-05-01",
    sex=Sex.FEMALE,
    municipality=LocalGovernmentCode.parse("011002"),
    until=date(2036, 5, 1),
    security_code="5678",
    my_number=MyNumber.from_body("00000000001"),
    juki_code=None,
)
NUMBER_B = Pin(PinKind.NUMBER_B, DATA.number_b)


@dataclass(frozen=True)
class FacedCard:
    """An issued card."""

    path: Path
    leaves: dict[CertificateKind, Leaf]


@cache
def drawn(card: CardData) -> Drawn:
    return faces.draw(card, portraits.portrait("test"))


def card_roots() -> dict[str, RSAPublicKey]:
    key = pki().authority(AuthorityKind.CARD).certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    return {"card-2": key}


def issue(path: Path, card: CardData = DATA, **leaf: Any) -> FacedCard:
    """Make a chip and write it; `leaf` changes the certificates."""
    with chips.file_chip(path) as chip:
        chip.power_on()
        client = CardClient(chip.transmit)
        prepared = personalising.prepare(client, KINDS, request_id=REQUEST, keep=False)
        keys = {kind: chips.private(index) for index, kind in enumerate(KINDS, start=1)}
        leaves = {kind: pki().leaf(kind, key=keys[kind], **leaf) for kind in KINDS}
        objects = contents.build(card, prepared.chip_key, drawn(card))
        signed = verifiable.sign_objects(
            rsa_key("card-objects"),
            number=chips.NUMBER,
            hashes_=objects.hashes(),
            card_verifiable=verifiable.make_cv(
                issuer="card-2",
                subject="card-objects",
                public_key=rsa_key("card-objects").public_key(),
                by=pki().authority(AuthorityKind.CARD).key,
            ),
        )
        issued = [
            Issued(
                kind=kind,
                certificate=_der(leaves[kind].certificate),
                authority=_der(pki().authority(kind).certificate),
            )
            for kind in KINDS
        ]
        chosen = ChosenPins(
            user_auth=Secret(chips.USER_AUTH_PIN),
            signing=Secret(chips.SIGNING_PIN),
            input=Secret(chips.INPUT_PIN),
            register=Secret(chips.REGISTER_PIN),
        )
        personalising.write(
            client,
            chip_number=chips.NUMBER,
            permit=chips.permit(prepared.challenge),
            files=contents.files(card, objects, signed, issued),
            pins=contents.pins(card, chosen),
        )
    return FacedCard(path, leaves)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
