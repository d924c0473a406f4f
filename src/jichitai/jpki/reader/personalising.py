"""What is done with a chip to write it: keys, then files and PINs, then all of it at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jichitai.jpki.chip import issuing, rsa
from jichitai.jpki.chip.layout import App
from jichitai.jpki.kinds import CertificateKind
from jichitai.jpki.messages import KeyRequest
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.errors import WritingFailedError
from jichitai.kernel.secrets import Secret

File = tuple[App, int, bytes]
"""A file to write: application, file, content."""
NewPin = tuple[App, int, Secret]
"""A PIN to set: application, file, value."""

_CHIP_KEY: Final = issuing.KEY_REFERENCES["chip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A chip that has made its keys and waits for the permission to be written.

    Attributes:
        chip_number: 製造番号.
        challenge: 16 bytes that the permission must be for.
        keys: the new public keys with their proofs.
        chip_key: the new key for internal authentication.
    """

    chip_number: str
    challenge: bytes
    keys: tuple[KeyRequest, ...]
    chip_key: RSAPublicKey


def prepare(
    card: CardClient, kinds: Sequence[CertificateKind], *, request_id: UUID, keep: bool
) -> Prepared:
    """Have the chip make key pairs; what it holds for its holder does not change.

    Args:
        card: the chip in the writer.
        kinds: which key pairs.
        request_id: that the keys prove themselves for.
        keep: what is not written anew stays (renewal).

    Raises:
        CardRefusedError, NoSuchFileError: the chip did not obey, or is no chip of ours.

    Source: 公的個人認証法 第3条第4項, 第22条第4項 (鍵ペアはカードの中で作る).
    """
    number = card.chip_number()
    card.select(App.ISSUING)
    card.command(issuing.begin(keep=keep))
    challenge = card.command(issuing.get_challenge())
    keys = tuple(_make(card, kind, request_id) for kind in kinds)
    card.command(issuing.generate(_CHIP_KEY))
    chip_key = rsa.public_key(card.command(issuing.get_modulus(_CHIP_KEY)))
    return Prepared(chip_number=number, challenge=challenge, keys=keys, chip_key=chip_key)


def pending_chip_key(card: CardClient) -> RSAPublicKey:
    """The new key for internal authentication of a writing that was begun earlier."""
    card.select(App.ISSUING)
    return rsa.public_key(card.command(issuing.get_modulus(_CHIP_KEY)))


def write(
    card: CardClient,
    *,
    chip_number: str,
    permit: bytes,
    files: Iterable[File],
    pins: Iterable[NewPin],
) -> None:
    """Write files and PINs, and make them and the new keys the chip's live content at once.

    Args:
        card: the same chip as was prepared.
        chip_number: its number, to be sure.
        permit: of the card centre, for the challenge.
        files: all files of the chip, or those that change.
        pins: values that the holder chose, and 照合番号.

    Raises:
        WritingFailedError: another chip lies in the writer.
        CardRefusedError: the chip did not obey; what it held before is unchanged.

    Source: 公的個人認証法 第3条第5項から第7項, 第22条第5項から第7項.
    """
    if card.chip_number() != chip_number:
        raise WritingFailedError(
            "別のカードが置かれています。書込みを始めたカードではないため、何も書いていません。"
            "始めたカードを置き直してください。"
        )
    card.select(App.ISSUING)
    card.command(issuing.authenticate(permit))
    for app, fid, content in files:
        for apdu in issuing.write(app, fid, content):
            card.command(apdu)
    for app, fid, pin in pins:
        card.command(issuing.set_pin(app, fid, pin.reveal()))
    card.command(issuing.commit())


def give_up(card: CardClient) -> None:
    """Have the chip forget the keys of an unfinished writing."""
    card.select(App.ISSUING)
    card.command(issuing.abort())


def _make(card: CardClient, kind: CertificateKind, request_id: UUID) -> KeyRequest:
    reference = issuing.KEY_REFERENCES[kind]
    card.command(issuing.generate(reference))
    public_key = issuing.spki(card.command(issuing.get_modulus(reference)))
    proof = card.command(issuing.prove(reference, request_id.bytes))
    return KeyRequest(kind=kind, public_key=public_key, proof=proof)
