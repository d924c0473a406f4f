"""What a prefecture hands in: application, change, reports, settlement, returns. Pure."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from msgspec import Meta

from jichitai.security.cloud.model import Generation
from jichitai.security.subsidy.parts import (
    Code,
    CostLine,
    FiscalYear,
    Key,
    Line,
    LineNumber,
    Name,
    PaperBody,
    Part,
    PositiveYen,
    Project,
    Reason,
    Side,
    Text,
    Yen,
)


class Application(PaperBody, frozen=True, kw_only=True, tag="application"):
    """交付申請書: the plan, its costs, and that the conditions are met.

    Attributes:
        call_id: the call it answers.
        fiscal_year: of the call.
        generation: of the security cloud that is built.
        purpose: what for.
        projects, lines: the plan.
        functions: codes of the functions that the cloud will have.
        was_on_premises, must_stay: the two conditions for hardware and software.
        hardware_reason: why it must stay so.
        renewal_ends_on: the day the renewal is complete; licences may not reach further.
        other_income: 寄付金その他の収入, which lowers the base.
        amount: 交付申請額.

    Source: 補助金等に係る予算の執行の適正化に関する法律 第5条.
    """

    title: ClassVar[str] = "補助金交付申請書"
    basis: ClassVar[str] = "補助金適正化法 第5条"
    side: ClassVar[Side] = "prefecture"

    call_id: UUID
    fiscal_year: FiscalYear
    generation: Generation
    purpose: Text = ""
    projects: Annotated[tuple[Project, ...], Meta(max_length=50)] = ()
    lines: Annotated[tuple[CostLine, ...], Meta(max_length=1000)] = ()
    functions: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[A-Z]{2,4}$")], ...], Meta(max_length=100)
    ] = ()
    was_on_premises: bool = False
    must_stay: bool = False
    hardware_reason: Text = ""
    renewal_ends_on: date | None = None
    other_income: Yen = 0
    amount: Yen = 0


class Withdrawal(PaperBody, frozen=True, kw_only=True, tag="withdrawal"):
    """申請の取下げ.

    Source: 補助金適正化法 第9条.
    """

    title: ClassVar[str] = "補助金交付申請取下書"
    basis: ClassVar[str] = "補助金適正化法 第9条"
    side: ClassVar[Side] = "prefecture"

    reason: Reason


class ChangeRequest(PaperBody, frozen=True, kw_only=True, tag="change"):
    """計画変更の承認申請: the whole plan as it is to be.

    Source: 補助金適正化法 第7条 (交付の条件).
    """

    title: ClassVar[str] = "補助事業計画変更承認申請書"
    basis: ClassVar[str] = "補助金適正化法 第7条（交付の条件）"
    side: ClassVar[Side] = "prefecture"

    reason: Reason
    plan: Application


class Progress(Part, frozen=True, kw_only=True):
    """How far one project has come."""

    project: Key
    percent: Annotated[int, Meta(ge=0, le=100)]
    spent: Yen = 0
    note: Line = ""


class StatusReport(PaperBody, frozen=True, kw_only=True, tag="status"):
    """状況報告.

    Source: 補助金適正化法 第12条.
    """

    title: ClassVar[str] = "補助事業遂行状況報告書"
    basis: ClassVar[str] = "補助金適正化法 第12条"
    side: ClassVar[Side] = "prefecture"

    as_of: date
    projects: Annotated[tuple[Progress, ...], Meta(min_length=1, max_length=50)]
    outlook: Text = ""


class PaymentRequest(PaperBody, frozen=True, kw_only=True, tag="payment-request"):
    """支払の請求: 概算払 before the amount is fixed, 精算払 after.

    Source: 会計法 第22条 (概算払); 補助金適正化法 第15条.
    """

    title: ClassVar[str] = "補助金支払請求書"
    basis: ClassVar[str] = "会計法 第22条、補助金適正化法 第15条"
    side: ClassVar[Side] = "prefecture"

    amount: PositiveYen
    reason: Line = ""


class SettledLine(Part, frozen=True, kw_only=True):
    """契約と支払: what was really bought under one line of the plan."""

    number: LineNumber
    project: Key
    code: Code
    item: Name
    contractor: Name
    contracted_on: date
    contract_amount: Yen
    paid: Yen
    paid_on: date


class Split(Part, frozen=True, kw_only=True):
    """内訳: cost and grant of one project and one category."""

    project: Key
    category: Code
    cost: Yen
    grant: Yen


class Asset(Part, frozen=True, kw_only=True):
    """取得財産: an asset that was bought with the grant."""

    number: LineNumber
    name: Name
    kind: Code
    quantity: Annotated[int, Meta(ge=1, le=100_000)] = 1
    unit_price: Yen
    acquired_on: date
    place: Line = ""


class Settlement(PaperBody, frozen=True, kw_only=True, tag="settlement"):
    """実績報告書: what was bought and paid, split by project and category.

    Source: 補助金適正化法 第14条; 会計検査院 (令和2年1月) on settlements without a split.
    """

    title: ClassVar[str] = "補助事業実績報告書"
    basis: ClassVar[str] = "補助金適正化法 第14条"
    side: ClassVar[Side] = "prefecture"

    finished_on: date
    lines: Annotated[tuple[SettledLine, ...], Meta(max_length=1000)] = ()
    splits: Annotated[tuple[Split, ...], Meta(max_length=200)] = ()
    assets: Annotated[tuple[Asset, ...], Meta(max_length=500)] = ()
    other_income: Yen = 0
    total_cost: Yen = 0
    total_grant: Yen = 0
    result: Text = ""


class ReturnNotice(PaperBody, frozen=True, kw_only=True, tag="return-notice"):
    """返還の届出: the prefecture has paid money back.

    Source: 補助金適正化法 第18条.
    """

    title: ClassVar[str] = "補助金返還届"
    basis: ClassVar[str] = "補助金適正化法 第18条"
    side: ClassVar[Side] = "prefecture"

    amount: PositiveYen
    surcharge: Yen = 0
    paid_on: date
    slip: Line = ""


class DisposalRequest(PaperBody, frozen=True, kw_only=True, tag="disposal-request"):
    """財産処分の承認申請.

    Source: 補助金適正化法 第22条.
    """

    title: ClassVar[str] = "財産処分承認申請書"
    basis: ClassVar[str] = "補助金適正化法 第22条"
    side: ClassVar[Side] = "prefecture"

    asset: LineNumber
    manner: Literal["transfer", "exchange", "lend", "secure", "destroy", "other-use"]
    planned_on: date
    reason: Reason
    proceeds: Yen = 0


MANNERS: Final = {
    "transfer": "譲渡",
    "exchange": "交換",
    "lend": "貸付け",
    "secure": "担保に供する",
    "destroy": "取壊し・廃棄",
    "other-use": "目的外の使用",
}
