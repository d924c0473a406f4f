"""The messages of システム標準化 (電文): what a body is asked, what it answers, who checked it.

They travel like all messages: JSON in a signature of their author, sealed. None holds a number or
a name of a person.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta

from jichitai.jukinet.messages import Body, Part, reader

BodyCode: TypeAlias = Annotated[str, Meta(pattern=r"^\d{6}$", description="全国地方公共団体コード")]
Word: TypeAlias = Annotated[str, Meta(max_length=80)]
Line: TypeAlias = Annotated[str, Meta(max_length=400)]
Text: TypeAlias = Annotated[str, Meta(max_length=2_000)]
Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]
Revision: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]
States: TypeAlias = Annotated[
    str,
    Meta(pattern=r"^[0-3]{40}$", description="40ステップの状態 (0未着手 1作業中 2完了 3対象外)"),
]


class System(Part, frozen=True, kw_only=True):
    """One system of a body; what nobody told is null or empty.

    Source: 総務省 PMOツール (標準準拠システムへの移行の進捗); the form is this project's.
    """

    business: Word
    states: States | None = None
    late: bool | None = None
    reason_class: Annotated[int, Meta(ge=1, le=4)] | None = None
    target_on: date | None = None
    target_reason: Line = ""
    deadline_class: Literal["", "in-time", "late", "undecided"] = ""
    vendor: Line = ""
    contract: Line = ""
    cloud: Literal["", "yes", "no"] = ""
    risks: Text = ""
    reason: Line = ""


class Cost(Part, frozen=True, kw_only=True):
    """One amount before or after the migration, tax included."""

    phase: Literal["before", "after"]
    item: Word
    fiscal_year: Annotated[int, Meta(ge=2000, le=2100)]
    yen: Annotated[int, Meta(ge=0, le=2**50)]
    months: Annotated[int, Meta(ge=1, le=120)] = 12
    basis: Literal["actual", "contract", "budget", "estimate"] = "actual"
    usd_rate: Annotated[Decimal, Meta(description="1ドルの円")] | None = None
    note: Line = ""


class G01(Body, frozen=True, kw_only=True):
    """調査の依頼: a round opens, changes its days, or closes.

    A prefecture is told of the members that it checks: `members` names them, and is empty when all
    of its municipalities are asked. `asked` is false where a prefecture only checks.

    Source: 地方自治法 第245条の4 (資料の提出の要求).
    """

    kind: ClassVar[str] = "G01"
    title: ClassVar[str] = "移行の調査の依頼"
    basis: ClassVar[str] = "地方自治法 第245条の4"
    route: ClassVar[str] = "ministry → town, prefecture"

    round_id: UUID
    body: BodyCode
    subject: Annotated[str, Meta(min_length=1, max_length=120)]
    note: Text = ""
    as_of: date
    due_on: date
    checked_by: date
    state: Literal["open", "closed"] = "open"
    asked: bool = True
    members: Annotated[tuple[BodyCode, ...], Meta(max_length=400)] = ()
    sent_at: Instant


class G02(Body, frozen=True, kw_only=True):
    """移行の調査への回答: what a body answers; its earlier answers stay.

    Source: 地方自治法 第245条の4.
    """

    kind: ClassVar[str] = "G02"
    title: ClassVar[str] = "移行の調査への回答"
    basis: ClassVar[str] = "地方自治法 第245条の4"
    route: ClassVar[str] = "town → prefecture → ministry"

    round_id: UUID
    body: BodyCode
    revision: Revision
    systems: Annotated[tuple[System, ...], Meta(max_length=21)]
    costs: Annotated[tuple[Cost, ...], Meta(max_length=100)] = ()
    note: Text = ""
    reason: Line = ""
    answered_at: Instant


class G03(Body, frozen=True, kw_only=True):
    """回答の確認: a prefecture found an answer of its member right, or gave it back with a reason.

    Source: 地方自治法 第245条の4 (都道府県の執行機関による助言).
    """

    kind: ClassVar[str] = "G03"
    title: ClassVar[str] = "移行の調査の回答の確認"
    basis: ClassVar[str] = "地方自治法 第245条の4"
    route: ClassVar[str] = "prefecture → ministry, town"

    round_id: UUID
    body: BodyCode
    revision: Revision
    number: Revision
    state: Literal["ok", "returned"]
    reason: Line = ""
    checked_at: Instant


CATALOGUE: tuple[type[Body], ...] = (G01, G02, G03)

decode = reader(*CATALOGUE)
"""Reads one message of システム標準化."""
