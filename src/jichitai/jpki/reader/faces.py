"""券面: what is read from a card that a person hands over, with what proves that it is genuine."""

from typing import Self

import msgspec

from jichitai.jpki.chip import layout
from jichitai.jpki.chip.layout import App
from jichitai.jpki.reader.agent_protocol import base64url, from_base64url
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.errors import BadAgentRequestError
from jichitai.jpki.reader.pins import Pin


class FaceObjects(msgspec.Struct, frozen=True, kw_only=True):
    """Files of a card as they were read; nothing in them is checked yet.

    Attributes:
        chip_number: 製造番号.
        front: 券面事項確認 0002 (`reading.front`).
        items: 券面事項入力補助 0002 (`reading.items`).
        authentication: 券面事項入力補助 0007, the chip's key with the signature over `items`.
        card_verifiable: the CV certificate of the key that signed (`verifiable.check_cv`).
        challenge: what the chip was asked to prove itself with.
        proof: its answer (`verifiable.check_chip`).
    """

    chip_number: str
    front: bytes
    items: bytes
    authentication: bytes
    card_verifiable: bytes
    challenge: bytes
    proof: bytes

    def __repr__(self) -> str:
        """Hide the person."""
        return "<FaceObjects ・・・>"

    def packed(self) -> str:
        """As the field `objects` of an answer carries them."""
        return base64url(msgspec.json.encode(self))

    @classmethod
    def unpack(cls, text: str) -> Self:
        """Read the field `objects`.

        Raises:
            BadAgentRequestError: it is not of the agreed form.
        """
        try:
            return msgspec.json.decode(from_base64url(text, "objects"), type=cls)
        except msgspec.DecodeError:
            raise BadAgentRequestError(
                "読み取ったカードのデータが取り決めの形式ではありません。カードの読取りからやり直してください。",
                field="objects",
            ) from None


def read_faces(card: CardClient, number_b: Pin, *, challenge: bytes) -> FaceObjects:
    """Read what 照合番号B opens; no PIN that the holder remembers is needed.

    Args:
        card: the card in the reader.
        number_b: 照合番号B, from the front of the card.
        challenge: 16 to 64 bytes, drawn for this.

    Raises:
        WrongPinError: the number is not this card's; one of ten tries is gone.
        BlockedPinError: no tries are left.
        NoSuchFileError: the card holds no faces.

    Source: 券面事項確認・券面事項入力補助の利用 (公開の読取りプログラムの振舞いによる).
    """
    chip_number = card.chip_number()
    card.verify(number_b, application=App.FACE)
    front = card.read(App.FACE, layout.FACE_FRONT)
    card_verifiable = card.read(App.FACE, layout.FACE_CV)
    proof = card.authenticate(challenge)
    card.verify(number_b, application=App.INPUT)
    return FaceObjects(
        chip_number=chip_number,
        front=front,
        items=card.read(App.INPUT, layout.INPUT_ITEMS),
        authentication=card.read(App.INPUT, layout.INPUT_AUTHENTICATION),
        card_verifiable=card_verifiable,
        challenge=challenge,
        proof=proof,
    )
