"""One card written at a counter: from the ticket to the chip, with the holder's PINs kept here.

A writing may be interrupted (the card was taken away, the network was down) and taken up again: the
chip keeps its new keys until the writing is complete, and the town keeps what was answered. The
PINs are not kept in between; the holder enters them again.
"""

import io
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from PIL import Image

from jichitai.jpki.chip import contents, faces
from jichitai.jpki.chip.contents import CardData, ChosenPins, Objects
from jichitai.jpki.counter.bodies import (
    Failure,
    KeysMade,
    WritingAnswer,
    WritingDone,
    WritingOrder,
)
from jichitai.jpki.counter.model import Stage as Counter
from jichitai.jpki.reader import personalising
from jichitai.jpki.reader.client import CardClient
from jichitai.jpki.reader.errors import (
    CardRefusedError,
    NoCardError,
    NoSuchFileError,
    WritingFailedError,
)
from jichitai.jpki.reader.sources import CardSource
from jichitai.jpki.reader.writing_api import WritingApi
from jichitai.kernel.errors import JichitaiError, UnavailableError
from jichitai.kernel.identifiers import JukiCode, LocalGovernmentCode, MyNumber
from jichitai.kernel.persons import Sex

_PATIENCE: Final = 120.0
"""Seconds to wait for the authority's answer."""
_EVERY: Final = 0.25
_NO_PHOTO: Final = ((240, 300), 235)

_CLOSED: Final = frozenset({Counter.WRITTEN, Counter.FAILED, Counter.HANDED_OVER, Counter.GIVEN_UP})


class Stage(StrEnum):
    """How far a writing is."""

    READY = "ready"
    KEYS = "keys"
    WAITING = "waiting"
    WRITING = "writing"
    DONE = "done"
    INTERRUPTED = "interrupted"
    FAILED = "failed"

    @property
    def japanese(self) -> str:
        """What the clerk and the holder read."""
        return _STAGES[self]


_STAGES: Final = {
    Stage.READY: "暗証番号の入力を待っています",
    Stage.KEYS: "カードの中で鍵を作っています",
    Stage.WAITING: "認証局の回答を待っています",
    Stage.WRITING: "カードに書き込んでいます",
    Stage.DONE: "書き込みました",
    Stage.INTERRUPTED: "途中で止まりました",
    Stage.FAILED: "書き込めませんでした",
}


class Writing:
    """A writing, shown by one page and done in a thread.

    Args:
        api: the town's API for the ticket.
        source: where the chip lies.
        order: what to write.
        pause: waits between two looks for the answer.

    Attributes:
        order: what to write.
        stage: how far it is.
        problem: why it stopped, for people.
    """

    def __init__(
        self,
        api: WritingApi,
        source: CardSource,
        order: WritingOrder,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.order = order
        self.stage = Stage.READY
        self.problem = ""
        self._api = api
        self._source = source
        self._pause = pause
        self._objects: Objects | None = None
        self._written = False
        self._working = threading.Lock()

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.stage in (Stage.DONE, Stage.FAILED)

    @property
    def running(self) -> bool:
        """Whether a thread is at work."""
        return self._working.locked()

    def close(self) -> None:
        """Let go of the town's server."""
        self._api.close()

    def run(self, pins: ChosenPins, card: str = "") -> None:
        """Write the card, or go on where it stopped; never raises a refusal.

        Args:
            pins: as the holder chose them.
            card: which card of the source.
        """
        if self.finished or not self._working.acquire(blocking=False):
            return
        try:
            self._run(pins, card)
        except (NoCardError, UnavailableError) as error:
            self._stop(Stage.INTERRUPTED, error)
        except (CardRefusedError, NoSuchFileError) as error:
            self._tell_failure("chip-refused")
            self._stop(Stage.FAILED, error)
        except WritingFailedError as error:
            again = error.facts.get("again", False)
            self._stop(Stage.INTERRUPTED if again else Stage.FAILED, error)
        except JichitaiError as error:
            self._tell_failure("other")
            self._stop(Stage.FAILED, error)
        finally:
            self._working.release()

    def abandon(self) -> None:
        """The person stopped before the writing began."""
        if not self.finished and self._working.acquire(blocking=False):
            self._tell_failure("abandoned")
            self.stage, self.problem = Stage.FAILED, "やめました。カードの内容は変わっていません。"
            self._working.release()

    def _run(self, pins: ChosenPins, card: str) -> None:
        state = self._api.order().state
        if state is Counter.WRITTEN and self._written:  # our word came through, the answer did not
            self.stage, self.problem = Stage.DONE, ""
            return
        if state in _CLOSED:
            raise WritingFailedError(
                "この書込みは、すでに終わっています。窓口の画面で状態を確かめてください。"
            )
        if state is Counter.OPEN:
            self.stage = Stage.KEYS
            self._make_keys(card)
        self.stage = Stage.WAITING
        answer = self._await_answer()
        self.stage = Stage.WRITING
        if not self._written:
            self._write(pins, answer, card)
            self._written = True
        self._api.done(WritingDone(written=True))
        self.stage, self.problem = Stage.DONE, ""

    def _make_keys(self, card: str) -> None:
        with self._source.connected(card) as transmit:
            client = CardClient(transmit)
            self._expect(client)
            prepared = personalising.prepare(
                client,
                self.order.certificates,
                request_id=self.order.request_id,
                keep=self.order.renewal,
            )
        self._objects = self._build(prepared.chip_key)
        self._api.keys(
            KeysMade(
                chip_number=prepared.chip_number,
                challenge=prepared.challenge,
                keys=prepared.keys,
                objects=self._objects.hashes(),
            )
        )

    def _await_answer(self) -> WritingAnswer:
        deadline = time.monotonic() + _PATIENCE
        while (answer := self._api.answer()).state is Counter.WAITING:
            if time.monotonic() > deadline:
                raise WritingFailedError(
                    "認証局の回答がまだありません。少し待ってから、もう一度書込みを進めてください。",
                    again=True,
                )
            self._pause(_EVERY)
        if answer.state is not Counter.ANSWERED:
            raise WritingFailedError(answer.detail or "認証局が発行を断りました。")
        return answer

    def _write(self, pins: ChosenPins, answer: WritingAnswer, card: str) -> None:
        if answer.signatures is None:
            raise WritingFailedError(
                "認証局の回答に券面の署名がありません。運用担当者に知らせてください。"
            )
        data = card_data(self.order)
        with self._source.connected(card) as transmit:
            client = CardClient(transmit)
            self._expect(client)
            objects = self._objects or self._build(personalising.pending_chip_key(client))
            personalising.write(
                client,
                chip_number=self.order.chip_number,
                permit=answer.permit,
                files=contents.files(data, objects, answer.signatures, answer.issued),
                pins=contents.pins(data, pins),
            )

    def _build(self, chip_key: RSAPublicKey) -> Objects:
        data = card_data(self.order)
        drawn = faces.draw(data, self.order.face.photo or _no_photo())
        return contents.build(data, chip_key, drawn)

    def _expect(self, client: CardClient) -> None:
        if client.chip_number() != self.order.chip_number:
            raise WritingFailedError(
                "置かれているカードは、この人に割り当てたカードではありません（製造番号が違います）。"
                "何も書いていません。割り当てたカードに置き替えて、もう一度進めてください。",
                again=True,
            )

    def _stop(self, stage: Stage, error: JichitaiError) -> None:
        self.stage, self.problem = stage, error.detail

    def _tell_failure(self, failure: Failure) -> None:
        try:
            self._api.done(WritingDone(written=False, failure=failure))
        except JichitaiError:  # the town's ticket runs out by itself
            return


def card_data(order: WritingOrder) -> CardData:
    """The order as the chip's contents want it."""
    face = order.face
    return CardData(
        name=face.name,
        address=face.address,
        birth_date=face.birth_date,
        sex=Sex(face.sex),
        municipality=LocalGovernmentCode.parse(order.municipality),
        until=face.until,
        security_code=face.security_code,
        my_number=None if face.my_number is None else MyNumber.parse(face.my_number),
        juki_code=JukiCode.parse(face.juki_code),
        certificate_until=face.certificate_until,
        foreign=face.foreign,
    )


def _no_photo() -> bytes:
    """An empty field, for a child under one year."""
    picture = io.BytesIO()
    Image.new("L", *_NO_PHOTO).save(picture, "PNG")
    return picture.getvalue()
