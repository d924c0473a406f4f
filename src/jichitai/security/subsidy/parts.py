"""What the papers of the subsidy are made of: bounded values and their common forms. Pure."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta, Struct

_LINE: Final = r"^[^\x00-\x1f\x7f]*$"
_TEXT: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=120, pattern=_LINE)]
Line: TypeAlias = Annotated[str, Meta(max_length=300, pattern=_LINE)]
Reason: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2000, pattern=_TEXT)]
Text: TypeAlias = Annotated[str, Meta(max_length=4000, pattern=_TEXT)]
Yen: TypeAlias = Annotated[int, Meta(ge=0, le=10**12)]
PositiveYen: TypeAlias = Annotated[int, Meta(ge=1, le=10**12)]
Key: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z0-9]{1,8}$", description="事業の記号")]
LineNumber: TypeAlias = Annotated[int, Meta(ge=1, le=9999)]
Code: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z-]{1,20}$")]
FiscalYear: TypeAlias = Annotated[int, Meta(ge=2015, le=2100)]
Fingerprint: TypeAlias = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")]
Side = Literal["prefecture", "ministry"]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a paper."""


class PaperBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What a paper says.

    `title` is printed on it, `basis` is the article it rests on, `side` sends it.
    """

    title: ClassVar[str]
    basis: ClassVar[str]
    side: ClassVar[Side]


class Project(Part, frozen=True, kw_only=True):
    """事業: one piece of work that is bought."""

    key: Key
    name: Name
    starts_on: date
    ends_on: date


class CostLine(Part, frozen=True, kw_only=True):
    """経費の行: what is bought, of which kind, for which project."""

    number: LineNumber
    project: Key
    code: Code
    item: Name
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    unit_price: Yen
    amount: Yen
    licence_from: date | None = None
    licence_until: date | None = None
