"""A proofing in person: ask for a reading, check what came, compare, write down."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jichitai.infra import audit
from jichitai.infra.audit import Actor
from jichitai.infra.clock import Clock
from jichitai.infra.database import Tx
from jichitai.infra.keys import Keys
from jichitai.jpki.proofing import methods, store
from jichitai.jpki.proofing.errors import (
    FaceNotComparedError,
    ReadingOverError,
    ReadingStoppedError,
    UnknownReadingError,
)
from jichitai.jpki.proofing.evidence import CheckedCard, check_faces, demand_valid
from jichitai.jpki.proofing.store import Reading, Record
from jichitai.jpki.reader.agent_protocol import (
    PORT,
    CardAnswer,
    CardRequest,
    Outcome,
    Purpose,
    chip_challenge,
)
from jichitai.jpki.reader.faces import FaceObjects
from jichitai.kernel.errors import JichitaiError

LIFE: Final = timedelta(minutes=10)
ANSWER_PATH: Final = "/proofing/answers"
_PRINTED: Final = b"printed"
CHECKS: Final = (
    "challenge", "card-verifiable", "front-signature", "items-signature", "chip-key",
    "chip-proof", "same-person", "not-expired",
)  # fmt: skip
"""What was checked, as records name it; `check_faces` and `demand_valid` in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofing:
    """What the use cases stand on.

    Attributes:
        keys: of the town tier.
        clock: law time.
        origin: of our site.
        roots: keys of the card centre by name; asked for at each check.
        agent: origin of the card agent on the officer's own computer.
    """

    keys: Keys
    clock: Clock
    origin: str
    roots: Callable[[], Mapping[str, RSAPublicKey]]
    agent: str = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A reading as its officer sees it; `card` only once it was read and checked.

    `printed` is a picture of the printed card, PNG, when the officer took one.
    """

    reading: Reading
    method: methods.Method
    card: CheckedCard | None
    printed: bytes | None


async def begin(
    tx: Tx,
    proofing: Proofing,
    municipality: str,
    *,
    method: str,
    purpose: str,
    reference: str,
    by: Actor,
) -> UUID:
    """Ask for a reading.

    Raises:
        UnknownMethodError: the method is not in force today.
    """
    chosen = methods.method(method, proofing.clock.today())
    number, now = uuid4(), _now()
    await store.add_reading(
        tx,
        Reading(
            municipality=municipality,
            reading_id=number,
            account_id=by.id,
            method=chosen.id,
            purpose=purpose,
            reference=reference,
            secret_hash=_hash(_secret(proofing, number)),
            challenge=secrets.token_urlsafe(32),
            state="waiting",
            sealed=None,
            printed=None,
            refusal=None,
            detail=None,
            made_at=now,
            expires_at=now + LIFE,
        ),
    )
    return number


def card_request(proofing: Proofing, reading: Reading) -> CardRequest:
    """What the page sends to the card agent."""
    return CardRequest(
        purpose=Purpose.READ,
        challenge=reading.challenge,
        return_url=f"{proofing.origin}{ANSWER_PATH}",
        transaction=f"{reading.municipality}.{_secret(proofing, reading.reading_id)}",
        text="窓口での本人確認のため、券面と基本4情報を読み取ります。",
    )


def town_of(transaction: str) -> str:
    """The town in the name of a transaction; no secret.

    Raises:
        UnknownReadingError: it names none.
    """
    town, _, secret = transaction.partition(".")
    if len(town) != 6 or not town.isdecimal() or not secret:
        raise _unknown()
    return town


async def take(tx: Tx, proofing: Proofing, answer: CardAnswer) -> Reading:
    """Take in the agent's answer, once, and keep what came of it.

    Raises:
        UnknownReadingError: no such reading, or its time is over.
        ReadingOverError: it was answered.
    """
    town, _, secret = answer.transaction.partition(".")
    found = await store.by_secret(tx, town, _hash(secret))
    if found is None or found.expires_at < _now():
        raise _unknown()
    if found.state != "waiting":
        raise ReadingOverError(
            "この読取りにはもう答えがあります。同じ答えは2度使えません。"
            "窓口の画面から、読取りをはじめからやり直してください。"
        )
    try:
        card = _checked(proofing, found, answer)
    except JichitaiError as refusal:
        await store.finish(tx, found, state="refused", refusal=refusal.type, detail=refusal.detail)
        return found
    sealed = proofing.keys.columns.seal(_packed(card), found.reading_id.bytes)
    await store.finish(tx, found, state="read", sealed=sealed)
    return found


async def view(tx: Tx, proofing: Proofing, municipality: str, number: UUID, *, by: Actor) -> View:
    """A reading, for the officer who asked for it.

    Raises:
        UnknownReadingError: no such reading, another officer's, or its time is over.
    """
    found = await _own(tx, municipality, number, by)
    card = None
    if found.sealed is not None:
        card = _unpacked(proofing.keys.columns.open(found.sealed, number.bytes))
    printed = None
    if found.printed is not None:
        printed = proofing.keys.columns.open(found.printed, _PRINTED + number.bytes)
    chosen = methods.method(found.method, proofing.clock.today())
    return View(reading=found, method=chosen, card=card, printed=printed)


async def show_printed(
    tx: Tx, proofing: Proofing, municipality: str, number: UUID, picture: bytes, *, by: Actor
) -> None:
    """Put a picture of the printed card beside the chip's, as long as the reading lives.

    Args:
        tx: of the town.
        proofing: keys.
        municipality: six digits.
        number: of the reading.
        picture: PNG.
        by: the officer.

    Raises:
        UnknownReadingError: no such reading, or another officer's.
    """
    found = await _own(tx, municipality, number, by)
    sealed = proofing.keys.columns.seal(picture, _PRINTED + number.bytes)
    await store.keep_printed(tx, found, sealed)


async def conclude(
    tx: Tx,
    proofing: Proofing,
    municipality: str,
    number: UUID,
    *,
    result: str,
    by: Actor,
) -> UUID:
    """Write the record, and erase what was read.

    Args:
        tx: of the town.
        proofing: keys and clock.
        municipality: six digits.
        number: of the reading.
        result: `match` or `mismatch`, as the officer compared the faces.
        by: the officer.

    Returns:
        The record's number.

    Raises:
        FaceNotComparedError: neither was chosen.
        UnknownReadingError: nothing was read, or its time is over.

    Source: 犯収法 第6条 (確認記録の作成); the law of each method in `proofing_methods.csv`.
    """
    if result not in {"match", "mismatch"}:
        raise FaceNotComparedError(
            "見比べた結果が選ばれていません。券面・ICチップの顔写真・目の前の方を見比べて、"
            "どちらかを選んでください。"
        )
    seen = await view(tx, proofing, municipality, number, by=by)
    if seen.card is None:
        raise _unknown()
    record = _record(proofing, seen, result, by)
    await store.add_record(tx, record)
    await store.erase(tx, seen.reading)
    await audit.record(
        tx,
        by=by,
        action="jpki.proofing.record",
        subject=str(record.record_id),
        facts={"method": record.method, "result": result},
        at=record.proofed_at,
    )
    return record.record_id


async def stop(tx: Tx, municipality: str, number: UUID, *, by: Actor) -> None:
    """Erase a reading without a record.

    Raises:
        UnknownReadingError: no such reading, or another officer's.
    """
    await store.erase(tx, await _own(tx, municipality, number, by))


def _record(proofing: Proofing, seen: View, result: str, by: Actor) -> Record:
    assert seen.card is not None  # noqa: S101 - checked by the caller
    today = proofing.clock.today()
    return Record(
        municipality=seen.reading.municipality,
        record_id=uuid4(),
        account_id=by.id,
        method=seen.method.id,
        law=seen.method.law,
        article=seen.method.article,
        letter=seen.method.letter,
        law_version=seen.method.version,
        version_from=seen.method.valid_from,
        purpose=seen.reading.purpose,
        reference=seen.reading.reference,
        result=result,
        checks=list(CHECKS),
        authority=seen.card.authority,
        chip_hash=proofing.keys.blind.of("chip", seen.card.chip_number),
        card_until=date.fromisoformat(seen.card.until),
        proofed_at=proofing.clock.now(),
        keep_until=seen.method.keep_until(today),
    )


def _checked(proofing: Proofing, found: Reading, answer: CardAnswer) -> CheckedCard:
    match answer.outcome:
        case Outcome.CANCELLED:
            raise ReadingStoppedError(
                "読取りの画面で取りやめました。続けるときは、読取りをはじめからやり直してください。"
            )
        case Outcome.BLOCKED:
            raise ReadingStoppedError(
                "照合番号Bを続けて間違えたため、このカードの照合番号Bは使えなくなりました。"
                "カードの窓口で解除の手続をするか、ほかの書類で本人を確かめてください。"
            )
        case Outcome.DONE:
            pass
    if answer.purpose is not Purpose.READ:
        raise ReadingStoppedError(
            "券面の読取りではない答えが届きました。読取りをはじめからやり直してください。"
        )
    objects = FaceObjects.unpack(answer.objects)
    challenge = chip_challenge(card_request(proofing, found))
    card = check_faces(objects, roots=proofing.roots(), challenge=challenge)
    demand_valid(card, proofing.clock.today())
    return card


async def _own(tx: Tx, municipality: str, number: UUID, by: Actor) -> Reading:
    found = await store.reading(tx, municipality, number, lock=True)
    if found is None or found.account_id != by.id or found.expires_at < _now():
        raise _unknown()
    return found


def _secret(proofing: Proofing, number: UUID) -> str:
    """The transaction's secret: made from the reading's number, so that a page can be opened twice."""
    made = proofing.keys.blind.of("reading", str(number))
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _packed(card: CheckedCard) -> bytes:
    return msgspec.msgpack.encode(card)


def _unpacked(data: bytes) -> CheckedCard:
    return msgspec.msgpack.decode(data, type=CheckedCard)


def _unknown() -> UnknownReadingError:
    return UnknownReadingError(
        "この読取りはありません。10分を過ぎて消えたか、別の担当者が始めたものです。"
        "読取りをはじめからやり直してください。"
    )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
