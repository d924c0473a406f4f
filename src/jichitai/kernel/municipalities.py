"""The 47 prefectures, 1,741 municipalities and the wards of designated cities."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType

from jichitai.kernel.errors import NotFoundError
from jichitai.kernel.identifiers import LocalGovernmentCode


class UnknownMunicipalityError(NotFoundError):
    """No prefecture, municipality or ward has this code."""

    type = "kernel.unknown-municipality"
    title = "該当する団体がありません"


class Kind(StrEnum):
    """団体の種類.

    Source: 地方自治法 第1条の3, 第252条の19, 第281条.
    """

    PREFECTURE = "都道府県"
    DESIGNATED_CITY = "指定都市"
    CITY = "市"
    SPECIAL_WARD = "特別区"
    TOWN = "町"
    VILLAGE = "村"


@dataclass(frozen=True, slots=True)
class Municipality:
    """地方公共団体: a prefecture or a municipality.

    Attributes:
        code: six digits.
        kind: 都道府県, 指定都市, 市, 特別区, 町 or 村.
        core_city: whether it is a 中核市.
        prefecture_code: two digits.
        prefecture: name of the prefecture.
        county: name of the 郡, or empty.
        name: name, without prefecture and county.
        kana: name in full-width katakana.
        romaji: name in Latin letters.
        population: people at the census of 2020 (preliminary count).
        lat: latitude of the office.
        lng: longitude of the office.

    Source: アドレス・ベース・レジストリ; 令和2年国勢調査 速報.
    """

    code: LocalGovernmentCode
    kind: Kind
    core_city: bool
    prefecture_code: str
    prefecture: str
    county: str
    name: str
    kana: str
    romaji: str
    population: int
    lat: float
    lng: float

    @property
    def full_name(self) -> str:
        """The name with its prefecture, as certificates print it; the county stands for towns."""
        if self.kind is Kind.PREFECTURE:
            return self.name
        return f"{self.prefecture}{self.county}{self.name}"


@dataclass(frozen=True, slots=True)
class Ward:
    """行政区: an administrative ward of a designated city; not a body of its own.

    Source: 地方自治法 第252条の20.
    """

    code: LocalGovernmentCode
    city_code: LocalGovernmentCode
    name: str
    kana: str
    population: int


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("jichitai.data").joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


@cache
def _bodies() -> MappingProxyType[str, Municipality]:
    return MappingProxyType(
        {
            row["lg_code"]: Municipality(
                code=LocalGovernmentCode(row["lg_code"]),
                kind=Kind(row["kind"]),
                core_city=row["subkind"] == "中核市",
                prefecture_code=row["pref_code"],
                prefecture=row["prefecture"],
                county=row["county"],
                name=row["name"],
                kana=row["kana"],
                romaji=row["romaji"],
                population=int(row["pop2020_prelim_total"]),
                lat=float(row["lat"]),
                lng=float(row["lng"]),
            )
            for row in _rows("local_governments.csv")
        }
    )


@cache
def _wards() -> MappingProxyType[str, tuple[Ward, ...]]:
    wards: dict[str, list[Ward]] = {}
    for row in _rows("designated_city_wards.csv"):
        ward = Ward(
            code=LocalGovernmentCode(row["lg_code"]),
            city_code=LocalGovernmentCode(row["parent_lg_code"]),
            name=row["ward"],
            kana=row["ward_kana"],
            population=int(row["pop2020_prelim_total"] or 0),
        )
        wards.setdefault(row["parent_lg_code"], []).append(ward)
    return MappingProxyType({city: tuple(found) for city, found in wards.items()})


def municipality(code: str | LocalGovernmentCode) -> Municipality:
    """The body with this code; prefectures included.

    Raises:
        UnknownMunicipalityError: no body has it.

    >>> municipality("011002").full_name
    '北海道札幌市'

    Source: 総務省 全国地方公共団体コード.
    """
    try:
        return _bodies()[str(code)]
    except KeyError:
        raise UnknownMunicipalityError(
            "この団体コードの都道府県・市区町村はありません。6桁の団体コードを確かめてください。",
            code=str(code),
        ) from None


@cache
def municipalities() -> tuple[Municipality, ...]:
    """The 1,741 municipalities (指定都市, 市, 特別区, 町, 村), by code.

    >>> len(municipalities())
    1741

    Source: 総務省 全国地方公共団体コード.
    """
    return tuple(body for body in _bodies().values() if body.kind is not Kind.PREFECTURE)


@cache
def prefectures() -> tuple[Municipality, ...]:
    """The 47 prefectures, by code.

    >>> prefectures()[12].name
    '東京都'

    Source: JIS X 0401.
    """
    return tuple(body for body in _bodies().values() if body.kind is Kind.PREFECTURE)


def prefecture(code: str) -> Municipality:
    """The prefecture with this two-digit code.

    Raises:
        UnknownMunicipalityError: not 01 to 47.

    >>> prefecture("13").name
    '東京都'

    Source: JIS X 0401.
    """
    for body in prefectures():
        if body.prefecture_code == code:
            return body
    raise UnknownMunicipalityError(
        "この番号の都道府県はありません。01から47の2桁を指定してください。", code=code
    )


@cache
def in_prefecture(code: str) -> tuple[Municipality, ...]:
    """The municipalities of the prefecture with this two-digit code, by code.

    >>> len(in_prefecture("01"))
    179

    Source: 総務省 全国地方公共団体コード.
    """
    return tuple(body for body in municipalities() if body.prefecture_code == code)


def wards(code: str | LocalGovernmentCode) -> tuple[Ward, ...]:
    """The administrative wards of a designated city, by code; none for other bodies.

    >>> wards("221309")[0].name
    '中央区'

    Source: 地方自治法 第252条の20.
    """
    return _wards().get(str(code), ())
