"""Reasons of change (異動事由) in the register, and their classes in the national network.

The names are those of the standard; every code is invented by this project, because the official
ones are not public. Both are data (`change_reasons.csv`).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType

from jichitai.kernel.errors import NotFoundError


class UnknownReasonError(NotFoundError):
    """No reason has this code."""

    type = "kernel.unknown-change-reason"
    title = "該当する異動事由がありません"


class ReasonGroup(StrEnum):
    """What a reason does to a person's line.

    Source: 住民記録システム標準仕様書 1.2.2 (異動事由).
    """

    ENTRY = "記載"
    DELETION = "消除"
    CORRECTION = "修正"


@dataclass(frozen=True, slots=True)
class ChangeReason:
    """異動事由: why a line of the register was entered, deleted or corrected.

    Attributes:
        code: invented by this project, A entry, D deletion, M correction.
        name: name in the standard.
        group: 記載, 消除 or 修正.
        delta: change of the number of residents, +1, 0 or -1.
        net_reason: class in the national network (N01 to N13), or empty if nothing is sent.
        meaning: short explanation in English.

    Source: 住民記録システム標準仕様書 1.2.2.
    """

    code: str
    name: str
    group: ReasonGroup
    delta: int
    net_reason: str
    meaning: str


@dataclass(frozen=True, slots=True)
class NetReason:
    """本人確認情報の異動事由: the class of a change in the national network.

    Attributes:
        code: invented by this project, N01 to N13.
        name: name of the class.
        meaning: short explanation in English.

    Source: 住民基本台帳法 第30条の6 (変更情報); 住民記録システム標準仕様書 9.7.
    """

    code: str
    name: str
    meaning: str


def _rows() -> Iterator[dict[str, str]]:
    path = resources.files("jichitai.data").joinpath("change_reasons.csv")
    yield from csv.DictReader(path.read_text(encoding="utf-8").splitlines())


@cache
def _local() -> MappingProxyType[str, ChangeReason]:
    return MappingProxyType(
        {
            row["code"]: ChangeReason(
                code=row["code"],
                name=row["name"],
                group=ReasonGroup(row["group"]),
                delta=int(row["resident_count_delta"]),
                net_reason=row["net_reason"].strip("-"),
                meaning=row["meaning"],
            )
            for row in _rows()
            if not row["code"].startswith("N")
        }
    )


@cache
def _net() -> MappingProxyType[str, NetReason]:
    return MappingProxyType(
        {
            row["code"]: NetReason(row["code"], row["name"], row["meaning"])
            for row in _rows()
            if row["code"].startswith("N")
        }
    )


def _unknown(code: str) -> UnknownReasonError:
    return UnknownReasonError(
        "この符号の異動事由はありません。異動事由の一覧から選んでください。", code=code
    )


def reason(code: str) -> ChangeReason:
    """The reason with this code.

    Raises:
        UnknownReasonError: there is none.

    >>> reason("A01").name, reason("A01").delta, reason("A01").net_reason
    ('国内転入', 1, 'N01')

    Source: 住民記録システム標準仕様書 1.2.2.
    """
    try:
        return _local()[code]
    except KeyError:
        raise _unknown(code) from None


def net_reason(code: str) -> NetReason:
    """The class of the national network with this code.

    Raises:
        UnknownReasonError: there is none.

    >>> net_reason("N09").name
    '軽微な修正'

    Source: 住民基本台帳法 第30条の6 (変更情報).
    """
    try:
        return _net()[code]
    except KeyError:
        raise _unknown(code) from None


def reasons(group: ReasonGroup | None = None) -> tuple[ChangeReason, ...]:
    """All reasons, or those of one group, by code.

    >>> len(reasons()), len(reasons(ReasonGroup.ENTRY))
    (39, 9)

    Source: 住民記録システム標準仕様書 1.2.2.
    """
    return tuple(one for one in _local().values() if group in {None, one.group})


def net_reasons() -> tuple[NetReason, ...]:
    """All classes of the national network, by code.

    >>> len(net_reasons())
    13

    Source: 住民基本台帳法 第30条の6 (変更情報).
    """
    return tuple(_net().values())
