"""JSON of the writing API: what a terminal with a card writer says to its town and hears from it.

One ticket lets one terminal write one chip once. A ticket is text, `<request id>.<secret>`; the id
stands in the address, the secret in the header `X-Writing-Ticket` (the secret alone), so that no log
of addresses opens a chip. Bytes are base64. No PIN is ever part of a body.

    GET  /api/v1/jpki/writing/{request_id}          -> 200 WritingOrder
    POST /api/v1/jpki/writing/{request_id}/keys     <- KeysMade, -> 202 WritingState
    GET  /api/v1/jpki/writing/{request_id}/answer   -> 200 WritingAnswer (state "waiting": ask again)
    POST /api/v1/jpki/writing/{request_id}/done     <- WritingDone, -> 200 WritingState

Everything wrong is a problem document (RFC 9457). The same `KeysMade` may be sent again; another
one is refused. `done` closes the ticket for ever.
"""

from datetime import date, datetime
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from jichitai.jpki.counter.model import Stage
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.messages import ChipNumber, Issued, KeyRequest, ObjectHashes, ObjectSignatures

TICKET_HEADER: Final = "X-Writing-Ticket"

State: TypeAlias = Stage
"""Of one writing: `open` keys are awaited, `waiting` the authority's answer is awaited, `answered`
certificates are there, `refused` by the authority, `written`, `failed` (not written); after these
`handed-over` and `given-up`."""

Failure: TypeAlias = Literal["removed", "wrong-chip", "chip-refused", "abandoned", "other"]
"""Why a chip was not written: taken away, another chip, the chip answered an error, the person
stopped."""


class _Told(Struct, frozen=True, kw_only=True):
    def __repr__(self) -> str:
        """The type only: bodies hold numbers and names of persons."""
        return f"<{type(self).__name__}>"


class _Heard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    def __repr__(self) -> str:
        """The type only."""
        return f"<{type(self).__name__}>"


class CardFace(_Told, frozen=True, kw_only=True):
    """What the chip holds of the person: texts for both text objects and both faces.

    Together with the order's municipality these are the fields of `chip.contents.CardData`.

    Attributes:
        my_number: 個人番号, 12 digits, or none.
        juki_code: 住民票コード, 11 digits, for the application of the resident registers.
        name: as in the signing certificate: family and given name separated by a full-width
            space, a 旧氏 in brackets. Characters as in the register.
        address: from the prefecture on, without a postal code.
        birth_date: of the register, as the kernel's code of an uncertain date.
        sex: 1 male, 2 female, 3 unknown.
        until: last day of the card.
        certificate_until: last day of the certificates, to be printed.
        foreign: whether dates are printed in the western way.
        security_code: four digits on the front.
        photo: JPEG of the face, or none (under one year).
    """

    my_number: str | None
    juki_code: str
    name: str
    address: str
    birth_date: str
    sex: Literal["1", "2", "3"]
    until: date
    certificate_until: date | None
    foreign: bool
    security_code: str
    photo: bytes | None


class WritingOrder(_Told, frozen=True, kw_only=True):
    """What to write into which chip.

    Attributes:
        request_id: 16 bytes of it stand before the public key in each key's proof.
        municipality, municipality_name: the town that issues.
        chip_number: the blank (or, for a renewal, the person's own chip) to be written.
        certificates: key pairs to make in the chip; each is one certificate.
        renewal: certificates are renewed in the person's own chip. Its faces and texts are
            written anew as well.
        state: of the writing.
        expires_at: the ticket's end.
        face: what the chip holds of the person.
    """

    request_id: UUID
    municipality: str
    municipality_name: str
    chip_number: ChipNumber
    certificates: tuple[CertificateKind, ...]
    renewal: bool
    state: State
    expires_at: datetime
    face: CardFace


class KeysMade(_Heard, frozen=True, kw_only=True):
    """The keys that the chip made, and what it is about to hold.

    Attributes:
        chip_number: as read from the chip.
        challenge: 16 bytes that the chip gave out for the permission to write.
        keys: one for each certificate of the order. `proof`: RSASSA-PKCS1-v1_5, SHA-256, by the
            new key over request_id (16 bytes) and public_key (DER).
        objects: SHA-256 of the data objects to be written.
    """

    chip_number: ChipNumber
    challenge: Annotated[bytes, Meta(min_length=16, max_length=16)]
    keys: Annotated[tuple[KeyRequest, ...], Meta(min_length=1, max_length=2)]
    objects: ObjectHashes


class WritingState(_Told, frozen=True, kw_only=True):
    """How far the writing is."""

    request_id: UUID
    state: State


class WritingAnswer(_Told, frozen=True, kw_only=True):
    """What the authority answered.

    Attributes:
        state: `waiting` (all else is empty), `answered` or `refused`.
        issued: certificates with their authority's, DER.
        signatures: over the data objects.
        permit: Ed25519 of the card centre over b"jichitai-chip-write", the chip number as text
            and the challenge: opens the chip for writing once.
        refusal: type of the problem when refused.
        detail: the words for it.
    """

    request_id: UUID
    state: State
    issued: tuple[Issued, ...] = ()
    signatures: ObjectSignatures | None = None
    permit: bytes = b""
    refusal: str = ""
    detail: str = ""


class WritingDone(_Heard, frozen=True, kw_only=True):
    """The chip is written, or why not."""

    written: bool
    failure: Failure | None = None
