"""Messages of provision: signed tree heads to the prefectures, counts to the ministry."""

from datetime import date, datetime
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from jichitai.jukinet.errors import InvalidMessageError
from jichitai.jukinet.messages import Body, Part, Text

Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]


class T01(Body, frozen=True, kw_only=True):
    """署名済みのログの状態: the head of the provision log, with the proof that it only grew.

    `path` leads from the head of size `previous_size`, which was sent before, to this one. The
    key of the log is in the message, because the message itself is signed by the nation.

    Source: RFC 9162, 2.1.4; C2SP tlog-checkpoint.
    """

    kind: ClassVar[str] = "T01"
    title: ClassVar[str] = "署名済みのログの状態"
    basis: ClassVar[str] = "住民基本台帳法 第30条の24 (安全確保措置)。公表の方法はこの製品の定め"
    route: ClassVar[str] = "nation → prefecture"

    log: Text
    checkpoint: Annotated[str, Meta(max_length=2000)]
    verifier_key: Text
    previous_size: Annotated[int, Meta(ge=0)]
    path: Annotated[list[Hash], Meta(max_length=130)]
    signed_at: datetime


class CountRow(Part, frozen=True, kw_only=True):
    """How often one body was answered for one affair in one month, by result."""

    month: date
    organ_id: Text
    organ_name: Text
    affair_id: Text
    affair_name: Text
    result: Text
    provided: Annotated[int, Meta(ge=0)]
    replaces_copy: bool


class P01(Body, frozen=True, kw_only=True):
    """提供状況の報告: counts of provisions, for the yearly publication.

    Counts replace earlier ones of the same month, body, affair and result. `up_to_index` tells
    how far in the log they reach.

    Source: 住民基本台帳法 第30条の16.
    """

    kind: ClassVar[str] = "P01"
    title: ClassVar[str] = "提供状況の報告"
    basis: ClassVar[str] = "住民基本台帳法 第30条の16"
    route: ClassVar[str] = "nation → ministry"

    rows: Annotated[list[CountRow], Meta(max_length=500)]
    up_to_index: Annotated[int, Meta(ge=0)]
    counted_at: datetime


_T01 = msgspec.json.Decoder(T01)
_P01 = msgspec.json.Decoder(P01)


def decode_tree_head(body: bytes) -> T01:
    """Read a T01.

    Raises:
        InvalidMessageError: not of the agreed form.
    """
    try:
        return _T01.decode(body)
    except msgspec.DecodeError as error:
        raise _invalid("T01") from error


def decode_counts(body: bytes) -> P01:
    """Read a P01.

    Raises:
        InvalidMessageError: not of the agreed form.
    """
    try:
        return _P01.decode(body)
    except msgspec.DecodeError as error:
        raise _invalid("P01") from error


def _invalid(kind: str) -> InvalidMessageError:
    return InvalidMessageError(
        f"電文 {kind} の内容が取り決めの形式ではありません。送信元で直して送り直してください。",
        kind=kind,
    )
