"""Reading an M01: checks of its content, and what is stored of it."""

import re
from datetime import timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from jichitai.infra.crypto import BlindIndex, Sealer
from jichitai.infra.messages import Received
from jichitai.jukinet import hashing
from jichitai.jukinet.errors import InvalidMessageError, WrongOriginError
from jichitai.jukinet.messages import M01, Identity, decode
from jichitai.jukinet.model import Claim, bucket_of, canonical_row, claim_of
from jichitai.jukinet.network.store import PersonRow
from jichitai.kernel.dates import JST, UncertainDate
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import JukiCode, LocalGovernmentCode, MyNumber
from jichitai.kernel.parties import Tier
from jichitai.kernel.persons import kana_key, reduce_text

_CONTROL: Final = re.compile(r"[\x00-\x1e\x7f]")
_SEPARATORS: Final = 13
_encode = msgspec.json.Encoder().encode


class Notice(NamedTuple):
    """One checked M01 with the hashes it is found and compared by."""

    message: M01
    claim: Claim
    code_hash: bytes
    previous_hash: bytes | None
    number_hash: bytes | None
    row_hash: bytes


def read(received: Received, blind: BlindIndex) -> Notice:
    """Check the content of an M01.

    Raises:
        InvalidMessageError: a number, date or text in it is wrong.
        WrongOriginError: it speaks for another town than the one that signed it.
    """
    message = decode(received.kind, received.version, received.body)
    if not isinstance(message, M01):
        raise InvalidMessageError("本人確認情報通知ではありません。", kind=received.kind)
    origin = received.origin
    if origin.tier is not Tier.TOWN or origin.code != message.municipality:
        raise WrongOriginError(
            "署名した団体と、通知の市区町村が違います。自団体の住民についてだけ通知してください。",
            origin=str(origin),
            municipality=message.municipality,
        )
    return notice_of(message, blind)


def notice_of(message: M01, blind: BlindIndex) -> Notice:
    """Check a message and compute its hashes.

    Raises:
        InvalidMessageError: a number, date or text in it is wrong.
    """
    identity = message.identity
    canonical = canonical_row(identity, message.municipality, message.residence_since)
    _check(message, canonical)
    number = identity.my_number
    previous = message.previous_code
    return Notice(
        message,
        claim_of(message),
        hashing.code_hash(blind, identity.juki_code),
        None if previous is None else hashing.code_hash(blind, previous),
        None if number is None else hashing.number_hash(blind, number),
        blind.of("row", canonical),
    )


def person_row(notice: Notice, person_id: UUID, columns: Sealer) -> PersonRow:
    """The row that a notice makes of a person."""
    message, claim, identity = notice.message, notice.claim, notice.message.identity
    return PersonRow(
        person_id,
        claim.municipality,
        claim.state.value,
        claim.voided,
        claim.resent,
        seal_numbers(columns, identity.juki_code, identity.my_number, person_id),
        notice.code_hash,
        notice.number_hash,
        identity.name,
        reduce_text(identity.name),
        identity.kana,
        kana_key(identity.kana),
        identity.birth_date,
        identity.sex,
        identity.postal_code,
        identity.address,
        identity.former_name,
        identity.former_kana,
        identity.alias,
        identity.alias_kana,
        message.net_reason,
        message.changed_on,
        claim.residence_since,
        claim.event_number,
        notice.row_hash,
        bucket_of(notice.code_hash),
    )


def seal_numbers(columns: Sealer, code: str, number: str | None, row: UUID) -> bytes:
    """Seal both numbers of a person, bound to the row they stand in."""
    return columns.seal(_encode({"code": code, "number": number}), row.bytes)


def open_numbers(columns: Sealer, sealed: bytes, row: UUID) -> tuple[str, str | None]:
    """Open what `seal_numbers` made: 住民票コード and 個人番号."""
    numbers = msgspec.json.decode(columns.open(sealed, row.bytes), type=dict[str, str | None])
    return numbers["code"] or "", numbers["number"]


def check_identity(identity: Identity) -> None:
    """Check digits, dates and postal code of identity data.

    Raises:
        InvalidError: something in it is wrong; the message tells what, not the value.
    """
    JukiCode(identity.juki_code)
    if identity.my_number is not None:
        MyNumber(identity.my_number)
    _check_date(identity.birth_date)


def _check(message: M01, canonical: str) -> None:
    try:
        check_identity(message.identity)
        _check_date(message.changed_on)
        _check_town(message.municipality)
        if message.previous_code is not None:
            JukiCode(message.previous_code)
    except InvalidError as error:
        raise InvalidMessageError(
            f"本人確認情報通知の内容に誤りがあります。{error.detail}",
            event_number=message.event_number,
        ) from None
    if canonical.count("\x1f") != _SEPARATORS or _CONTROL.search(canonical):
        raise InvalidMessageError(
            "本人確認情報通知に表示できない文字があります。取り除いて送り直してください。",
            event_number=message.event_number,
        )
    if message.residence_since > message.recorded_at.astimezone(JST).date() + timedelta(days=1):
        raise InvalidMessageError(
            "住民となった日が、異動を記録した日より後です。日付を確かめて送り直してください。",
            event_number=message.event_number,
        )
    if message.previous_code is not None and message.change != "correction":
        raise InvalidMessageError(
            "変更前の住民票コードは、修正の通知にだけ書けます。異動の種類を確かめてください。",
            event_number=message.event_number,
        )


@lru_cache(maxsize=131_072)
def _check_date(text: str) -> None:
    if UncertainDate.parse(text).code != text:
        raise InvalidError("年月日が正規の形ではありません。")


@lru_cache(maxsize=4096)
def _check_town(code: str) -> None:
    LocalGovernmentCode(code)
