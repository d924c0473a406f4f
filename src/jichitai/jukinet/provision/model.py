"""Questions of public bodies and the rules that let them pass or refuse them. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

from jichitai.jukinet.affairs import Affair, Field, KeyKind, Mode, fields_of, mask_of
from jichitai.jukinet.provision.errors import (
    AffairNotAllowedError,
    BatchNotAllowedError,
    FieldNotAllowedError,
    InvalidReferenceError,
    KeyNotAllowedError,
    ReasonNotAllowedError,
    SuspendedOperatorError,
    SuspendedOrganError,
)

BATCH_LIMIT = 1000
"""Keys in one batch request."""

LOG = "provision"
"""Name of the log that holds the records."""

ORIGIN = "jichitai/nation/provision"
"""Name of the log as tree heads and proof files state it."""

RECORD_VERSION = 1


class Reason(StrEnum):
    """照会の理由の区分."""

    APPLICATION = "application"
    BENEFIT = "benefit"
    SURVIVAL = "survival"
    REGISTRY = "registry"
    QUALIFICATION = "qualification"
    DISASTER = "disaster"
    INVESTIGATION = "investigation"
    TAX = "tax"

    @property
    def japanese(self) -> str:
        """The words on pages."""
        return _REASON_NAMES[self]


_REASON_NAMES = {
    Reason.APPLICATION: "届出・申請の内容の確認",
    Reason.BENEFIT: "給付の決定・支給のための確認",
    Reason.SURVIVAL: "現況の確認",
    Reason.REGISTRY: "登記・登録の内容の確認",
    Reason.QUALIFICATION: "資格・免許・試験の確認",
    Reason.DISASTER: "災害時の安否・被災者の確認",
    Reason.INVESTIGATION: "調査",
    Reason.TAX: "租税の賦課・徴収",
}
_ORDINANCE_REASONS = frozenset({Reason.INVESTIGATION, Reason.TAX})
ORDINANCE = "U12"
"""The one row that stands for affairs named by ordinances."""


class Result(StrEnum):
    """回答の区分. Candidates are never told."""

    HIT = "hit"
    NONE = "none"
    SEVERAL = "several"
    DECEASED = "deceased"
    MOVED = "moved"

    @property
    def japanese(self) -> str:
        """The words on pages."""
        return _RESULT_NAMES[self]


_RESULT_NAMES = {
    Result.HIT: "該当あり",
    Result.NONE: "該当なし",
    Result.SEVERAL: "該当者を1人に絞れません",
    Result.DECEASED: "死亡により消除",
    Result.MOVED: "転出等により消除",
}


class State(StrEnum):
    """Whether a body or an operator may ask."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Organ:
    """利用機関: a registered body.

    Attributes:
        organ_id: short name in ASCII, e.g. `mofa`.
        name: Japanese name.
        affairs: ids of the affairs it is registered for.
        daily_quota: questions a day.
        state: whether it may ask.
    """

    organ_id: str
    name: str
    affairs: frozenset[str]
    daily_quota: int
    state: State


@dataclass(frozen=True, slots=True)
class Purpose:
    """目的: what every question states before its keys.

    Attributes:
        organ: who asks.
        operator_id: which of its operators.
        affair: for which affair.
        reason: class of the reason.
        reference: number of the case at the body, without personal data.
        fields: what is to be learnt; within the affair.
    """

    organ: Organ
    operator_id: str
    affair: Affair
    reason: Reason
    reference: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A key as keyed hashes; the number itself never comes this far.

    Attributes:
        kind: what it is.
        hashes: 16 bytes, or several times 16 for the spellings of a name.
        sex: narrows a match; empty for no condition.
        place: narrows a match by the address; empty for no condition.
    """

    kind: KeyKind
    hashes: bytes
    sex: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """提供の記録: one answered look-up, as it is kept and disclosed."""

    log_index: int
    person_id: UUID
    month: date
    at: datetime
    organ_id: str
    affair_id: str
    operator_id: str
    reason: Reason
    reference: str
    key_kind: KeyKind
    fields: tuple[Field, ...]
    result: Result
    salt: bytes

    @property
    def receipt(self) -> str:
        """提供番号: the public name of the record."""
        return receipt(self.month, self.log_index)


def receipt(month: date, log_index: int) -> str:
    """提供番号: the public name of a record.

    >>> receipt(date(2026, 11, 1), 41)
    '202611-41'

    Source: none; the form of this product.
    """
    return f"{month:%Y%m}-{log_index}"


def receipts(month: date, first: int) -> Iterator[str]:
    """The receipts of records that follow each other in the log, without end."""
    start = f"{month:%Y%m}-"
    return (f"{start}{index}" for index in count(first))


def stamp(at: datetime) -> str:
    """An instant as records write it, in UTC with microseconds.

    Source: RFC 3339.
    """
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def record_of(entry: Entry) -> dict[str, Any]:
    """The record whose canonical JSON is the leaf of the log.

    The salt is random, so that the log tells nothing to somebody who guesses records.

    Source: RFC 9162, 2.1.1 (a leaf is a hash of the entry); the record's form is this product's.
    """
    return {
        "affair": entry.affair_id,
        "at": stamp(entry.at),
        "fields": sorted(entry.fields),
        "key": str(entry.key_kind),
        "operator": entry.operator_id,
        "organ": entry.organ_id,
        "person": str(entry.person_id),
        "reason": str(entry.reason),
        "reference": entry.reference,
        "result": str(entry.result),
        "salt": entry.salt.hex(),
        "v": RECORD_VERSION,
    }


class RecordWriter:
    """Writes the canonical JSON of `record_of` fast, for the records of one purpose.

    All parts are ASCII without quotes by the checks above, so joining them is exact; a test
    compares it with the canonical form.
    """

    def __init__(self, purpose: Purpose, kind: KeyKind, at: str) -> None:
        """Take what the records share; `at` is the `stamp` of their instant."""
        self._head = f'{{"affair":"{purpose.affair.id}","at":"{at}","fields":'
        self._middle = (
            f',"key":"{kind}","operator":"{purpose.operator_id}",'
            f'"organ":"{purpose.organ.organ_id}","person":"'
        )
        self._tail = f'","reason":"{purpose.reason}","reference":"{purpose.reference}","result":"'

    def write(self, subject: str, result: str, fields: int, salt: str) -> bytes:
        """The leaf entry of one record; `salt` in hexadecimal."""
        return (
            f"{self._head}{_FIELD_LISTS[fields]}{self._middle}{subject}{self._tail}{result}"
            f'","salt":"{salt}","v":{RECORD_VERSION}}}'
        ).encode()


_FIELD_LISTS = [
    "[" + ",".join(f'"{one}"' for one in sorted(map(str, fields_of(mask)))) + "]"
    for mask in range(1 << len(Field))
]


_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
_NO_DIGIT = re.compile(r"[^0-9]+")
_MOST_DIGITS = 10


def check_reference(text: str) -> str:
    """整理番号: printable ASCII without anything that may be the number of a person.

    Raises:
        InvalidReferenceError: empty, too long, other characters, or eleven digits.

    Source: 住民基本台帳法 第30条の38 (numbers of persons must not spread).
    """
    if not _REFERENCE.fullmatch(text):
        raise InvalidReferenceError(
            "整理番号は英数字と . _ / - で40文字までです。後から照会の理由を確かめるために必要です。"
            "貴機関の受付番号などを入力してください。"
        )
    if len(text) > _MOST_DIGITS and len(_NO_DIGIT.sub("", text)) > _MOST_DIGITS:
        raise InvalidReferenceError(
            "整理番号に11桁以上の数字が含まれています。個人番号や住民票コードを記録に残さないため、"
            "数字は全部で10桁以内にしてください。"
        )
    return text


def check_organ(organ: Organ, operator: State) -> None:
    """Refuse a body or an operator that may not ask now.

    Raises:
        SuspendedOrganError: the body is suspended.
        SuspendedOperatorError: the operator is suspended.

    Source: 住民基本台帳法 第30条の24 (安全確保措置).
    """
    if organ.state is not State.ACTIVE:
        raise SuspendedOrganError(
            "この機関は利用を停止されているため、照会できません。機構の担当に連絡してください。",
            organ=organ.organ_id,
        )
    if operator is not State.ACTIVE:
        raise SuspendedOperatorError(
            "この操作者は利用を停止されているため、照会できません。貴機関の管理者に連絡してください。",
            organ=organ.organ_id,
        )


def check_affair(organ: Organ, affair: Affair, reason: Reason, on: date) -> None:
    """Refuse an affair that the body is not registered for, and a reason foreign to it.

    Raises:
        AffairNotAllowedError: not registered for this body, or not in force.
        ReasonNotAllowedError: the reason does not belong to the affair.

    Source: 住民基本台帳法 第30条の9 から 第30条の15 (only for the affairs of the tables).
    """
    if affair.id not in organ.affairs or on < affair.valid_from:
        raise AffairNotAllowedError(
            "この機関はこの事務について登録されていません。別表に定める事務のためにしか提供できません。"
            "事務の番号を確かめるか、機構に登録を申し出てください。",
            organ=organ.organ_id,
            affair=affair.id,
        )
    if reason in _ORDINANCE_REASONS and affair.id != ORDINANCE:
        raise ReasonNotAllowedError(
            f"理由「{reason.japanese}」は、別表のこの事務では使えません。事務に合う理由を選んでください。",
            affair=affair.id,
            reason=str(reason),
        )


def check_key(affair: Affair, kind: KeyKind) -> None:
    """Refuse a key that the affair may not use.

    Raises:
        KeyNotAllowedError: looked for by a number or code without a right to it.

    Source: 住民基本台帳法 第30条の9 ただし書; 番号法 第9条第1項.
    """
    if kind not in affair.keys:
        allowed = "、".join(one.japanese for one in KeyKind if one in affair.keys)
        raise KeyNotAllowedError(
            f"この事務では{kind.japanese}で照会できません（法律で利用できる事務が限られています）。"
            f"{allowed}で照会してください。",
            affair=affair.id,
            key=str(kind),
        )


def choose_fields(affair: Affair, wanted: tuple[Field, ...] | None) -> tuple[Field, ...]:
    """The fields to give: those asked for, else all of the affair except number and code.

    Raises:
        FieldNotAllowedError: a field that the affair may not learn.

    Source: 住民基本台帳法 第30条の9 (項目は事務ごと), 第30条の29 (目的外の利用の禁止).
    """
    if wanted is None:
        return _without_numbers(affair.fields)
    for one in wanted:
        if one not in affair.fields:
            raise FieldNotAllowedError(
                f"この事務では「{one.japanese}」を提供できません。項目を外して照会してください。",
                affair=affair.id,
                field=str(one),
            )
    return fields_of(mask_of(tuple(dict.fromkeys(wanted))))


@cache
def _without_numbers(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(one for one in fields if one not in (Field.NUMBER, Field.CODE))


def check_batch(affair: Affair, count: int) -> None:
    """Refuse a batch for an affair that is answered one by one.

    Raises:
        BatchNotAllowedError: the affair has no batch mode, or there are too many keys.

    Source: 住民基本台帳法施行令 第30条の9 (提供の方法); the modes are this project's assumption.
    """
    if Mode.BATCH not in affair.modes:
        raise BatchNotAllowedError(
            "この事務は1件ずつの照会（即時提供）だけが認められています。", affair=affair.id
        )
    if not 1 <= count <= BATCH_LIMIT:
        raise BatchNotAllowedError(
            f"一括照会は1件から{BATCH_LIMIT}件までです。{count}件あります。分けて送ってください。",
            count=count,
        )
