"""The mdoc of ISO/IEC 18013-5: what the issuer signs, and what a device answers."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Self

import cbor2
from cbor2 import CBORTag
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from jichitai.jpki.phone.cose import X5CHAIN, Sign1, SigningKey, cose_key, malformed
from jichitai.jpki.phone.elements import DOCTYPE, Element

MAX_BYTES: Final = 262_144
_MAX_DEPTH: Final = 16
_RANDOM_BYTES: Final = 32
_ENCODED: Final = 24
_VERSION: Final = "1.0"
_EMPTY_ITEMS: Final = CBORTag(_ENCODED, cbor2.dumps({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """When a credential is good.

    Attributes:
        signed: when it was made.
        valid_from, valid_until: bounds, both included.
        expected_update: when the phone should ask for a new one.

    Source: ISO/IEC 18013-5 9.1.2.4.
    """

    signed: datetime
    valid_from: datetime
    valid_until: datetime
    expected_update: datetime | None = None

    def encoded(self) -> dict[str, Any]:
        """As the security object holds it: full seconds in UTC."""
        values = {
            "signed": _tdate(self.signed),
            "validFrom": _tdate(self.valid_from),
            "validUntil": _tdate(self.valid_until),
        }
        if self.expected_update is not None:
            values["expectedUpdate"] = _tdate(self.expected_update)
        return values


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """Where to see whether the credential is in force.

    Source: IETF Token Status List; ISO/IEC 18013-5 (second edition) 12.3.6.
    """

    uri: str
    index: int


@dataclass(frozen=True, slots=True)
class Item:
    """One issuer-signed item: its bytes are what the digest is over.

    Attributes:
        encoded: the item in its own CBOR encoding, without the tag around it.
        digest_id: number of its digest.
        name: element identifier.
        value: element value.
    """

    encoded: bytes
    digest_id: int
    name: str
    value: Any

    @property
    def digest(self) -> bytes:
        """SHA-256 of the tagged bytes."""
        return sha256(cbor2.dumps(CBORTag(_ENCODED, self.encoded))).digest()

    @classmethod
    def made(cls, digest_id: int, name: str, value: Any) -> Self:
        """A new item with a random salt."""
        encoded = cbor2.dumps(
            {
                "digestID": digest_id,
                "random": secrets.token_bytes(_RANDOM_BYTES),
                "elementIdentifier": name,
                "elementValue": value,
            }
        )
        return cls(encoded, digest_id, name, value)

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read one item of a message.

        Raises:
            MalformedPresentationError: not an item of the standard.
        """
        encoded = _inner(value, "IssuerSignedItem")
        match load(encoded, "IssuerSignedItem"):
            case {
                "digestID": int(digest_id),
                "random": bytes(random),
                "elementIdentifier": str(name),
                "elementValue": element,
            } if len(random) >= 16:
                return cls(encoded, digest_id, name, element)
            case _:
                raise malformed("IssuerSignedItem")


@dataclass(frozen=True, slots=True)
class IssuerSigned:
    """Items with the issuer's signature over their digests.

    Attributes:
        spaces: name space -> items.
        authority: the signature; its payload is the mobile security object.
    """

    spaces: Mapping[str, Sequence[Item]]
    authority: Sign1

    def chosen(self, wanted: Collection[Element]) -> Self:
        """The same with only some of the items: selective disclosure."""
        spaces = {
            space: kept
            for space, items in self.spaces.items()
            if (kept := [item for item in items if Element(space, item.name) in wanted])
        }
        return type(self)(spaces, self.authority)

    def elements(self) -> dict[Element, Any]:
        """The items as values."""
        return {
            Element(space, item.name): item.value
            for space, items in self.spaces.items()
            for item in items
        }

    def encoded(self) -> dict[str, Any]:
        """As a message holds it."""
        return {
            "nameSpaces": {
                space: [CBORTag(_ENCODED, item.encoded) for item in items]
                for space, items in self.spaces.items()
            },
            "issuerAuth": self.authority.encoded(),
        }

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read it from a message.

        Raises:
            MalformedPresentationError: a part is absent, or an item comes twice.
        """
        match value:
            case {"nameSpaces": dict(spaces), "issuerAuth": authority}:
                read = {_text(space): [Item.read(one) for one in _list(items)]
                        for space, items in spaces.items()}  # fmt: skip
            case _:
                raise malformed("issuerSigned")
        for items in read.values():
            if len({item.name for item in items}) != len(items):
                raise malformed("nameSpaces")
        return cls(read, Sign1.read(authority))


@dataclass(frozen=True, slots=True)
class Document:
    """A document that a phone shows: issuer-signed items, and the phone's own signature."""

    doctype: str
    issued: IssuerSigned
    device: Sign1


def issue(
    elements: Mapping[Element, Any],
    *,
    device_key: ec.EllipticCurvePublicKey,
    validity: Validity,
    status: StatusEntry,
    signer: x509.Certificate,
    signer_key: SigningKey,
    doctype: str = DOCTYPE,
) -> IssuerSigned:
    """Make a credential.

    Args:
        elements: what it says.
        device_key: the phone's own key.
        validity: when it is good.
        status: where it can be looked up.
        signer: certificate of the document signer.
        signer_key: its key.
        doctype: document type.

    Source: ISO/IEC 18013-5 9.1.2.4 (mobile security object).
    """
    numbers = list(range(len(elements)))
    secrets.SystemRandom().shuffle(numbers)
    spaces: dict[str, list[Item]] = {}
    for number, (element, value) in zip(numbers, elements.items(), strict=True):
        spaces.setdefault(element.space, []).append(Item.made(number, element.name, value))
    digests = {
        space: dict(sorted((item.digest_id, item.digest) for item in items))
        for space, items in spaces.items()
    }
    security = cbor2.dumps(
        {
            "version": _VERSION,
            "digestAlgorithm": "SHA-256",
            "valueDigests": digests,
            "deviceKeyInfo": {"deviceKey": cose_key(device_key)},
            "docType": doctype,
            "validityInfo": validity.encoded(),
            "status": {"status_list": {"idx": status.index, "uri": status.uri}},
        }
    )
    chain = {X5CHAIN: signer.public_bytes(Encoding.DER)}
    payload = cbor2.dumps(CBORTag(_ENCODED, security))
    return IssuerSigned(spaces, Sign1.made(signer_key, payload, unprotected=chain))


def authentication_bytes(transcript: bytes, doctype: str) -> bytes:
    """What a phone signs when it shows a document: session, document type, no items of its own.

    Source: ISO/IEC 18013-5 9.1.3.4 (DeviceAuthenticationBytes).
    """
    inner = cbor2.dumps(["DeviceAuthentication", cbor2.loads(transcript), doctype, _EMPTY_ITEMS])
    return cbor2.dumps(CBORTag(_ENCODED, inner))


def respond(
    issued: IssuerSigned, key: SigningKey, transcript: bytes, doctype: str = DOCTYPE
) -> bytes:
    """The device response with one document.

    Args:
        issued: the items to show.
        key: the phone's key.
        transcript: encoded session transcript of the request that is answered.
        doctype: document type.

    Source: ISO/IEC 18013-5 8.3.2.1.2.2 (DeviceResponse).
    """
    signature = Sign1.made(key, authentication_bytes(transcript, doctype), detached=True)
    document = {
        "docType": doctype,
        "issuerSigned": issued.encoded(),
        "deviceSigned": {
            "nameSpaces": _EMPTY_ITEMS,
            "deviceAuth": {"deviceSignature": signature.encoded()},
        },
    }
    return cbor2.dumps({"version": _VERSION, "documents": [document], "status": 0})


def read_response(data: bytes) -> Document:
    """Read a device response that holds exactly one document.

    Raises:
        MalformedPresentationError: anything else.
    """
    match load(data, "DeviceResponse"):
        case {
            "version": "1.0",
            "status": int(status),
            "documents": [
                {
                    "docType": str(doctype),
                    "issuerSigned": issued,
                    "deviceSigned": {
                        "nameSpaces": CBORTag(tag=24, value=b"\xa0"),
                        "deviceAuth": {"deviceSignature": signature},
                    },
                }
            ],
        } if type(status) is int and status == 0:  # no false, which is equal to 0
            return Document(doctype, IssuerSigned.read(issued), Sign1.read(signature))
        case _:
            raise malformed("DeviceResponse")


def security_object(authority: Sign1) -> dict[str, Any]:
    """The mobile security object inside an issuer's signature; not checked yet.

    Raises:
        MalformedPresentationError: the payload is something else.
    """
    if authority.payload is None:
        raise malformed("issuerAuth")
    inner = load(_inner(load(authority.payload, "issuerAuth"), "issuerAuth"), "issuerAuth")
    if not isinstance(inner, dict):
        raise malformed("MobileSecurityObject")
    return inner


def load(data: bytes, part: str) -> Any:
    """Decode CBOR: no double keys, bounded in depth and size.

    Raises:
        MalformedPresentationError: not one such value.
    """
    if len(data) > MAX_BYTES:
        raise malformed(part)
    try:
        return cbor2.loads(data, max_depth=_MAX_DEPTH, allow_duplicate_keys=False)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError):
        raise malformed(part) from None


def _inner(value: Any, part: str) -> bytes:
    if isinstance(value, CBORTag) and value.tag == _ENCODED and isinstance(value.value, bytes):
        return value.value
    raise malformed(part)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise malformed("nameSpaces")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise malformed("nameSpaces")
    return value


def _tdate(at: datetime) -> CBORTag:
    return CBORTag(0, at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
