"""Affairs (事務): which body may ask under which law, by which keys, and what it then learns.

The rows are those of the appended tables 1 to 5 of the Act (240 of 2015), later additions and one
row for ordinances. What the tables do not say (keys, modes, Japanese summaries) is this project's
assumption; `certainties` tells for each column how far to trust it.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import StringIO

from jichitai.kernel.errors import NotFoundError


class UnknownAffairError(NotFoundError):
    """事務なし: the tables hold no such affair."""

    type = "jukinet.unknown-affair"
    title = "事務の番号が正しくありません"


class KeyKind(StrEnum):
    """照会のキー: by what the person is looked for."""

    NUMBER = "number"
    CODE = "code"
    MATCH = "match"

    @property
    def japanese(self) -> str:
        """The word on pages and in messages."""
        return {"number": "個人番号", "code": "住民票コード", "match": "氏名と生年月日"}[self.value]


class Field(StrEnum):
    """提供する項目, in the order of the bits that records keep."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    ADDRESS = "address"
    CHANGE_INFO = "change_info"
    NUMBER = "number"
    CODE = "code"

    @property
    def bit(self) -> int:
        """Its place in the set that a record keeps."""
        return _BITS[self]

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return _FIELD_NAMES[self]


_FIELD_NAMES = {
    Field.NAME: "氏名",
    Field.BIRTH_DATE: "生年月日",
    Field.SEX: "性別",
    Field.ADDRESS: "住所",
    Field.CHANGE_INFO: "異動事由と異動年月日",
    Field.NUMBER: "個人番号",
    Field.CODE: "住民票コード",
}


_BITS = {field: 1 << place for place, field in enumerate(Field)}


class Mode(StrEnum):
    """提供の方式, several of which an affair may have."""

    INSTANT = "instant"
    BATCH = "batch"
    CHANGE_FEED = "change-feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Affair:
    """One row of the tables.

    Attributes:
        id: e.g. T1-41; the table and its item.
        authority: article of the Act under which data are given.
        organ_name: the body as the table names it.
        name: what it is done for, in Japanese.
        law: governing law.
        law_number: era letter, year and number of that law.
        articles: articles of that law.
        keys: by what the body may look for a person.
        fields: what it may learn, in the order of `Field`.
        modes: how it may ask.
        replaces_copy: whether it took the place of a paper 住民票の写し.
        valid_from: first day of the row.
        verified: whether the row was read in the text of the Act.
        source: where the row comes from.
    """

    id: str
    authority: str
    organ_name: str
    name: str
    law: str
    law_number: str
    articles: str
    keys: frozenset[KeyKind]
    fields: tuple[Field, ...]
    modes: frozenset[Mode]
    replaces_copy: bool
    valid_from: date
    verified: bool
    source: str

    @property
    def mask(self) -> int:
        """The allowed fields as bits."""
        return mask_of(self.fields)


@dataclass(frozen=True, slots=True)
class Certainty:
    """How far a column of the rules is to be trusted."""

    column: str
    certainty: str
    meaning: str
    basis: str


def mask_of(fields: tuple[Field, ...]) -> int:
    """Fields as bits.

    >>> mask_of((Field.NAME, Field.SEX))
    5

    Source: none; the storage form of this product.
    """
    return sum(field.bit for field in fields)


def fields_of(mask: int) -> tuple[Field, ...]:
    """Bits as fields, in the order of `Field`.

    >>> [str(field) for field in fields_of(5)]
    ['name', 'sex']

    Source: none; the storage form of this product.
    """
    return tuple(field for field in Field if mask & field.bit)


@cache
def affairs() -> Mapping[str, Affair]:
    """All affairs by id, in the order of the tables.

    Source: 住民基本台帳法 別表第一から別表第五 (2015), 第30条の9 から 第30条の15.
    """
    rules = {row["id"]: row for row in rows("affair_rules.csv")}
    return {row["id"]: _affair(row, rules[row["id"]]) for row in rows("organ_affairs.csv")}


def affair(affair_id: str) -> Affair:
    """One affair.

    Raises:
        UnknownAffairError: the tables hold no such id.

    Source: 住民基本台帳法 別表第一から別表第五.
    """
    try:
        return affairs()[affair_id]
    except KeyError:
        raise UnknownAffairError(
            "この番号の事務は別表にありません。どの事務のための照会か決まらないと提供できません。"
            "事務の一覧で番号を確かめてください。"
        ) from None


@cache
def certainties() -> tuple[Certainty, ...]:
    """What each column of the rules means and how far to trust it.

    Source: none; this project's assumptions, listed in data.
    """
    return tuple(
        Certainty(row["column"], row["certainty"], row["meaning"], row["basis"])
        for row in rows("affair_rule_columns.csv")
    )


def rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of a CSV file of the package data."""
    text = (files("jichitai.data") / name).read_text("utf-8")
    return iter(csv.DictReader(StringIO(text)))


def _affair(row: dict[str, str], rule: dict[str, str]) -> Affair:
    named = {field: field in row["fields_allowed"].split(";") for field in Field}
    named[Field.NUMBER] = rule["gives_number"] == "yes"
    named[Field.CODE] = rule["gives_code"] == "yes"
    keys = {KeyKind.MATCH}
    if rule["key_number"] == "yes":
        keys.add(KeyKind.NUMBER)
    if rule["key_code"] == "yes":
        keys.add(KeyKind.CODE)
    return Affair(
        id=row["id"],
        authority=row["authority"],
        organ_name=rule["organ_name"],
        name=rule["affair_name"],
        law=row["governing_law"],
        law_number=row["law_number"],
        articles=row["articles"],
        keys=frozenset(keys),
        fields=tuple(field for field, given in named.items() if given),
        modes=frozenset(Mode(mode) for mode in row["mode"].split("+")),
        replaces_copy=rule["replaces_copy"] == "yes",
        valid_from=date.fromisoformat(rule["valid_from"]),
        verified=row["verified"].startswith("yes"),
        source=row["source"],
    )
