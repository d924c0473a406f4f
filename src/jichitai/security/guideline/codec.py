"""A catalogue as bytes: one canonical JSON text, its hash, and the deflated form that travels."""

import hashlib
import zlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from jichitai.security.guideline.errors import BadCatalogueError
from jichitai.security.guideline.model import (
    LARGEST,
    Catalogue,
    Item,
    Line,
    Revision,
    VersionName,
)

LARGEST_TEXT: Final = 8 * 1024 * 1024
"""Bytes that a catalogue may unfold to; 201 items take about 170 KB."""

_encoder: Final = msgspec.json.Encoder(order="deterministic")


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The form of the text; `form` counts its versions."""

    form: Literal[1] = 1
    version: VersionName
    title: Line
    published_on: date
    official: bool
    source: Line
    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=LARGEST)]
    revisions: Annotated[tuple[Revision, ...], Meta(max_length=20_000)]


_decode: Final = msgspec.json.Decoder(_File).decode


@dataclass(frozen=True, slots=True)
class Packed:
    """A catalogue as it travels and rests.

    Attributes:
        content: the text, deflated.
        content_hash: SHA-256 of the text, in hexadecimal digits.
    """

    content: bytes
    content_hash: str


def pack(catalogue: Catalogue) -> Packed:
    """The catalogue as bytes; the same for the same catalogue."""
    text = _encoder.encode(
        _File(
            version=catalogue.version,
            title=catalogue.title,
            published_on=catalogue.published_on,
            official=catalogue.official,
            source=catalogue.source,
            items=catalogue.items,
            revisions=catalogue.revisions,
        )
    )
    return Packed(zlib.compress(text, 9), hashlib.sha256(text).hexdigest())


@lru_cache(maxsize=16)
def unpack(content: bytes, content_hash: str) -> Catalogue:
    """Read what `pack` wrote.

    Raises:
        BadCatalogueError: not a catalogue, too large when unfolded, or of another hash.
    """
    text = _inflated(content)
    if hashlib.sha256(text).hexdigest() != content_hash:
        raise BadCatalogueError(
            "項目一覧の内容がハッシュと一致しません。途中で変わったおそれがあります。"
            "送った側に送り直しを依頼してください。"
        )
    try:
        file = _decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadCatalogueError(
            "項目一覧の内容が取り決めの形式ではありません。送った側に作り直しを依頼してください。"
            f"（{str(error)[:200]}）"
        ) from None
    return Catalogue(
        version=file.version,
        title=file.title,
        published_on=file.published_on,
        official=file.official,
        source=file.source,
        items=file.items,
        revisions=file.revisions,
    )


def _inflated(content: bytes) -> bytes:
    unfolding = zlib.decompressobj()
    try:
        text = unfolding.decompress(content, LARGEST_TEXT)
    except zlib.error:
        raise BadCatalogueError("項目一覧を読み取れません。送り直しを依頼してください。") from None
    if not unfolding.eof:
        raise BadCatalogueError(
            f"項目一覧が{LARGEST_TEXT // 1024 // 1024}MBを超えるか、途中で切れています。"
            "項目を分けるか、送り直しを依頼してください。"
        )
    return text
