"""Towns (町字) of each municipality, with their reading and postal code."""

import gzip
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from jichitai.kernel.identifiers import LocalGovernmentCode
from jichitai.kernel.municipalities import municipality


@dataclass(frozen=True, slots=True)
class Town:
    """町字: the part of an address between municipality and lot.

    Attributes:
        name: with 丁目, and with the ward before it in a designated city.
        kana: reading of the name without 丁目 as Japan Post writes it; empty where unknown.
        postal_code: seven digits; empty where the source knows none.
        ward: administrative ward of a designated city, else empty.

    Source: Geolonia 住所データ (国土交通省 位置参照情報); 日本郵便 郵便番号データ.
    """

    name: str
    kana: str
    postal_code: str
    ward: str = ""


@lru_cache(maxsize=8)
def _sections(prefecture_code: str) -> dict[str, str]:
    """Lines of each municipality of one prefecture, not yet taken apart."""
    folder = resources.files("jichitai.data").joinpath("towns")
    packed = folder.joinpath(f"{prefecture_code}.tsv.gz").read_bytes()
    text = gzip.decompress(packed).decode()
    return {part[:6]: part[7:] for part in text.split(">")[1:]}


def _town(line: str) -> Town:
    ward, name, kana, postal_code = line.split("\t")
    return Town(f"{ward}{name}", kana, postal_code, ward)


@lru_cache(maxsize=64)
def towns_of(code: str | LocalGovernmentCode) -> tuple[Town, ...]:
    """The towns of one municipality, by ward and name; reads one prefecture, no more.

    Args:
        code: six digits of a municipality; wards of a designated city belong to the city.

    Raises:
        UnknownMunicipalityError: no body has this code.

    >>> towns_of("131016")[0]
    Town(name='一ツ橋一丁目', kana='ヒトツバシ', postal_code='1000003', ward='')
    >>> towns_of("011002")[0].name
    '中央区中島公園'

    Source: Geolonia 住所データ (国土交通省 位置参照情報); 日本郵便 郵便番号データ.
    """
    body = municipality(code)
    section = _sections(body.prefecture_code).get(body.code.value, "")
    return tuple(_town(line) for line in section.splitlines())
