"""A phone authority, a verifier and a credential, made once for all tests of phones."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ObjectIdentifier

from jichitai.jpki.phone import certificates, mdoc, openid4vp
from jichitai.jpki.phone.elements import DOCTYPE, Element, Holder, Query, elements_of
from jichitai.jpki.phone.mdoc import IssuerSigned, StatusEntry, Validity
from jichitai.jpki.phone.openid4vp import Session
from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.persons import Sex

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
TODAY = date(2026, 11, 20)
ORIGIN = "http://127.0.0.1:8103"
HANAKO = Holder(
    name="見本　花子",
    address="北海道札幌市中央区北一条西二丁目1番地",
    municipality="011002",
    birth_date=UncertainDate.parse("1985-05-01"),
    sex=Sex.FEMALE,
    number="000000000000",
    portrait=b"\xff\x4f\xff\x51 not a picture",
)


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class PhonePki:
    root: x509.Certificate
    root_key: ec.EllipticCurvePrivateKey
    signer: x509.Certificate
    signer_key: ec.EllipticCurvePrivateKey
    reader: x509.Certificate
    reader_key: ec.EllipticCurvePrivateKey
    device_key: ec.EllipticCurvePrivateKey

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        return (self.root,)

    def issued(self, **changes: Any) -> IssuerSigned:
        values: dict[str, Any] = {
            "elements": elements_of(HANAKO, TODAY),
            "device_key": self.device_key.public_key(),
            "validity": validity(),
            "status": StatusEntry(f"{ORIGIN}/jpki/phone/status/0", 7),
            "signer": self.signer,
            "signer_key": self.signer_key,
        }
        made = values | changes
        return mdoc.issue(made.pop("elements"), **made)

    def shown(
        self,
        session: Session,
        wanted: tuple[Element, ...] = Query.OVER_20.elements,
        *,
        issued: IssuerSigned | None = None,
        doctype: str = DOCTYPE,
    ) -> bytes:
        chosen = (issued or self.issued()).chosen(wanted)
        return mdoc.respond(chosen, self.device_key, session.transcript(), doctype)


def validity(**changes: Any) -> Validity:
    whole = Validity(signed=NOW, valid_from=NOW, valid_until=NOW + timedelta(days=365))
    return replace(whole, **changes)


def root(generation: int = 1, **changes: Any) -> tuple[x509.Certificate, Any]:
    own = key()
    values: dict[str, Any] = {
        "generation": generation,
        "not_before": NOW - timedelta(days=30),
        "not_after": NOW + timedelta(days=3000),
        "serial": generation,
    }
    return certificates.root_certificate(own, **(values | changes)), own


def leaf(
    authority: x509.Certificate,
    authority_key: Any,
    usage: ObjectIdentifier = certificates.SIGNER_USAGE,
    **changes: Any,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    own = key()
    values: dict[str, Any] = {
        "common_name": "Jichitai TEST leaf",
        "usage": usage,
        "root": authority,
        "root_key": authority_key,
        "not_before": NOW - timedelta(days=1),
        "not_after": NOW + timedelta(days=400),
        "serial": 100,
    }
    return certificates.leaf_certificate(own.public_key(), **(values | changes)), own


@cache
def pki() -> PhonePki:
    authority, authority_key = root()
    signer, signer_key = leaf(authority, authority_key)
    reader, reader_key = leaf(
        authority, authority_key, certificates.READER_USAGE,
        common_name="年齢を確かめる窓口（演習）", origin=ORIGIN,
    )  # fmt: skip
    return PhonePki(
        root=authority,
        root_key=authority_key,
        signer=signer,
        signer_key=signer_key,
        reader=reader,
        reader_key=reader_key,
        device_key=key(),
    )


def session(nonce: str = "nonce-1", **changes: Any) -> Session:
    whole = Session(
        openid4vp.client_id(pki().reader), nonce, b"\x01" * 32, f"{ORIGIN}/jpki/phone/answers/1"
    )
    return replace(whole, **changes)
