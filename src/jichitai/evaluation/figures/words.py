"""Words for what figures are broken down by, and for who states them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from jichitai.infra.figures import Measure, Sort
from jichitai.jpki.kinds import CertificateKind, Reason
from jichitai.jukinet import affairs
from jichitai.jukinet.provision.model import Result
from jichitai.kernel.bodies import all_bodies
from jichitai.kernel.municipalities import prefectures
from jichitai.kernel.parties import Party, Tier
from jichitai.security.cloud.model import Move, Step
from jichitai.security.obligations.model import Denominator

DIMENSIONS: Final[Mapping[str, str]] = {
    "organ": "利用機関",
    "affair": "事務",
    "result": "回答",
    "type": "理由",
    "kind": "種類",
    "medium": "媒体",
    "reason": "失効の事由",
    "client": "相手先",
    "denominator": "分母",
    "municipality": "市区町村",
    "writing": "書込み",
    "prefecture": "都道府県",
    "generation": "世代",
    "step": "段階",
    "move": "移行の状況",
    "severity": "重大度",
    "version": "版",
    "source": "出どころ",
    "class": "団体の区分",
}
TIERS: Final[Mapping[Tier, str]] = {
    Tier.TOWN: "市区町村",
    Tier.PREFECTURE: "都道府県",
    Tier.NATION: "全国のセンター",
    Tier.MINISTRY: "総務省",
}
SORTS: Final[Mapping[Sort, tuple[str, str]]] = {
    Sort.FLOW: ("件数", "その日に起きたことの数。期間では足し合わせる"),
    Sort.STOCK: ("現在数", "日の終わりの数。期間では最後の日の数をとる"),
}
_MEDIA: Final = {"card": "カード", "phone": "移動端末"}
_WRITINGS: Final = {"new": "新しいカード", "renewal": "電子証明書の更新"}
_SOURCES: Final = {"open": "公表資料", "survey": "調査", "rehearsal": "演習"}


def origin_name(origin: str) -> str:
    """Who states, by name.

    >>> origin_name("prefecture-01"), origin_name("nation"), origin_name("town-131016")
    ('北海道', '全国のセンター', '東京都千代田区')
    """
    party = Party.parse(origin)
    match party.tier:
        case Tier.TOWN:
            return _municipality(party.code)
        case Tier.PREFECTURE:
            return _prefecture(party.code)
        case _:
            return TIERS[party.tier]


def part_name(
    measure: Measure, dimension: str, value: str, organs: Mapping[str, str] = MappingProxyType({})
) -> str:
    """A value of a dimension in words; a value that is not known stands for itself.

    Args:
        measure: which.
        dimension: of it.
        value: as data has it.
        organs: names of bodies that ask, by id.

    >>> from jichitai.evaluation.figures.catalogue import measure
    >>> part_name(measure("jpki.issued"), "kind", "signing")
    '署名用電子証明書'
    """
    if dimension == "organ":
        return organs.get(value, value)
    if dimension == "kind" and not measure.key.startswith("jpki."):
        return value
    told = _WORDS.get(dimension)
    try:
        return told(value) if told else value
    except (KeyError, ValueError):
        return value


def _prefecture(code: str) -> str:
    return {one.prefecture_code: one.name for one in prefectures()}.get(code, code)


def _municipality(code: str) -> str:
    known = {one.code: one for one in all_bodies()}
    return known[code].full_name if code in known else code


def _affair(value: str) -> str:
    return affairs.affairs()[value].name


_WORDS: Final[Mapping[str, Callable[[str], str]]] = {
    "prefecture": _prefecture,
    "municipality": _municipality,
    "writing": lambda value: _WRITINGS[value],
    "affair": _affair,
    "result": lambda value: Result(value).japanese,
    "kind": lambda value: CertificateKind(value).japanese,
    "reason": lambda value: Reason(value).japanese,
    "medium": lambda value: _MEDIA[value],
    "denominator": lambda value: Denominator(value).japanese,
    "step": lambda value: Step(value).japanese,
    "move": lambda value: Move(value).japanese,
    "generation": lambda value: f"第{value}世代",
    "source": lambda value: _SOURCES[value],
}
