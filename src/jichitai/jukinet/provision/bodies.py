"""What the calls of provision take and give, as they stand in the OpenAPI document."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from jichitai.jukinet.affairs import Affair, Field, KeyKind, certainties
from jichitai.jukinet.provision.model import BATCH_LIMIT, Reason, Result

AffairId = Annotated[
    str, Meta(min_length=1, max_length=20, description="事務の番号", examples=["T1-77"])
]
Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        description="貴機関の整理番号。数字は10桁まで",
        examples=["A-2026/7"],
    ),
]
OperatorId = Annotated[
    str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
]
NumberText = Annotated[str, Meta(max_length=30, description="個人番号")]
CodeText = Annotated[str, Meta(max_length=30, description="住民票コード")]


class Silent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body whose `repr` tells nothing, because it holds keys of persons."""

    def __repr__(self) -> str:
        """The type only."""
        return f"<{type(self).__name__}>"


class PersonKey(Silent, frozen=True, kw_only=True):
    """氏名と生年月日; sex and address narrow the search."""

    name: Annotated[str, Meta(min_length=1, max_length=200, description="氏名 (漢字又は仮名)")]
    birth_date: Annotated[str, Meta(min_length=1, max_length=40, examples=["1985-05-01"])]
    sex: Literal["1", "2", "3"] | None = None
    address: Annotated[str, Meta(max_length=200)] = ""


class Question(Silent, frozen=True, kw_only=True):
    """One look-up: its purpose, then exactly one kind of key."""

    affair: AffairId
    reason: Reason
    reference: Reference
    operator: OperatorId | None = None
    fields: Annotated[list[Field], Meta(max_length=7)] | None = None
    number: NumberText | None = None
    code: CodeText | None = None
    person: PersonKey | None = None


class BatchQuestion(Silent, frozen=True, kw_only=True):
    """Up to 1,000 look-ups of one purpose and one kind of key."""

    affair: AffairId
    reason: Reason
    reference: Reference
    request_number: Reference
    operator: OperatorId | None = None
    fields: Annotated[list[Field], Meta(max_length=7)] | None = None
    numbers: Annotated[list[NumberText], Meta(max_length=BATCH_LIMIT)] | None = None
    codes: Annotated[list[CodeText], Meta(max_length=BATCH_LIMIT)] | None = None
    persons: Annotated[list[PersonKey], Meta(max_length=BATCH_LIMIT)] | None = None


class FoundPerson(Struct, frozen=True, kw_only=True):
    """The fields that the affair may learn; the others are absent."""

    state: Literal["live", "removed"]
    name: str | UnsetType = UNSET
    kana: str | UnsetType = UNSET
    former_name: str | UnsetType = UNSET
    alias: str | UnsetType = UNSET
    birth_date: str | UnsetType = UNSET
    sex: str | UnsetType = UNSET
    municipality: str | UnsetType = UNSET
    postal_code: str | UnsetType = UNSET
    address: str | UnsetType = UNSET
    change_reason: str | UnsetType = UNSET
    changed_on: str | UnsetType = UNSET
    withheld: list[str] | UnsetType = UNSET
    number: str | UnsetType | None = UNSET
    code: str | UnsetType = UNSET


class BatchAnswer(Struct, frozen=True, kw_only=True):
    """The answer to one key of a batch, in the order of the keys."""

    result: Result
    person: FoundPerson | UnsetType = UNSET


class Answer(BatchAnswer, frozen=True, kw_only=True):
    """The answer to one look-up; its record is durable and in the log."""

    receipt: str
    at: datetime


class BatchAnswers(Struct, frozen=True, kw_only=True):
    """Answers to a batch; the nth has the number of `first_receipt` plus n - 1."""

    request_number: str
    first_receipt: str
    at: datetime
    count: int
    answers: list[BatchAnswer]


class AffairItem(Struct, frozen=True, kw_only=True):
    """One affair of the tables."""

    id: str
    name: str
    organ_name: str
    authority: str
    law: str
    law_number: str
    articles: str
    keys: list[KeyKind]
    fields: list[Field]
    modes: list[str]
    replaces_copy: bool
    valid_from: date
    verified: bool
    source: str


class ColumnCertainty(Struct, frozen=True):
    """How far a column of the affairs is to be trusted."""

    column: str
    certainty: str
    meaning: str
    basis: str


class AffairList(Struct, frozen=True):
    """All affairs, and what is known of their columns."""

    affairs: list[AffairItem]
    certainties: list[ColumnCertainty]


def affair_item(affair: Affair) -> AffairItem:
    """An affair as it is published."""
    return AffairItem(
        id=affair.id,
        name=affair.name,
        organ_name=affair.organ_name,
        authority=affair.authority,
        law=affair.law,
        law_number=affair.law_number,
        articles=affair.articles,
        keys=[kind for kind in KeyKind if kind in affair.keys],
        fields=list(affair.fields),
        modes=sorted(affair.modes),
        replaces_copy=affair.replaces_copy,
        valid_from=affair.valid_from,
        verified=affair.verified,
        source=affair.source,
    )


def column_certainties() -> list[ColumnCertainty]:
    """What is known of the columns."""
    return [
        ColumnCertainty(one.column, one.certainty, one.meaning, one.basis) for one in certainties()
    ]
