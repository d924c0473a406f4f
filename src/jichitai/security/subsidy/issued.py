"""What the ministry issues: the call, decisions, payments, the fixed amount, orders. Pure."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta

from jichitai.security.cloud.model import Generation
from jichitai.security.subsidy.parts import (
    FiscalYear,
    Line,
    LineNumber,
    Name,
    PaperBody,
    Part,
    PositiveYen,
    Reason,
    Side,
    Text,
    Yen,
)


class Call(Part, frozen=True, kw_only=True):
    """公募: the ministry calls for applications.

    Attributes:
        call_id: of the call.
        number: 文書番号.
        name: of the subsidy and its round.
        fiscal_year: of the call.
        generation: of the security cloud that is to be built.
        budget: the most that may be granted to all together.
        opens_on, closes_on: days of application.
        text: conditions, where to ask.
    """

    call_id: UUID
    number: Name
    name: Name
    fiscal_year: FiscalYear
    generation: Generation
    budget: PositiveYen
    opens_on: date
    closes_on: date
    text: Text = ""


class SendBack(PaperBody, frozen=True, kw_only=True, tag="send-back"):
    """補正の求め: the last paper is to be corrected.

    Source: 補助金適正化法 第6条第2項, 第16条.
    """

    title: ClassVar[str] = "補正依頼書"
    basis: ClassVar[str] = "補助金適正化法 第6条、第16条"
    side: ClassVar[Side] = "ministry"

    reason: Reason


class Rejection(PaperBody, frozen=True, kw_only=True, tag="rejection"):
    """不交付の決定.

    Source: 補助金適正化法 第6条.
    """

    title: ClassVar[str] = "補助金不交付決定通知書"
    basis: ClassVar[str] = "補助金適正化法 第6条"
    side: ClassVar[Side] = "ministry"

    reason: Reason


class Decision(PaperBody, frozen=True, kw_only=True, tag="decision"):
    """交付決定通知書.

    Attributes:
        amount: 交付決定額.
        base: 補助対象経費.
        conditions: 交付の条件.
        withdraw_until: last day on which the application can be withdrawn.
        settle_by: last day of the settlement.

    Source: 補助金適正化法 第6条, 第7条, 第8条, 第9条.
    """

    title: ClassVar[str] = "補助金交付決定通知書"
    basis: ClassVar[str] = "補助金適正化法 第6条、第8条"
    side: ClassVar[Side] = "ministry"

    amount: PositiveYen
    base: Yen
    conditions: Annotated[tuple[Line, ...], Meta(max_length=30)] = ()
    withdraw_until: date
    settle_by: date


class ChangeApproval(PaperBody, frozen=True, kw_only=True, tag="change-approval"):
    """計画変更の承認: `amount` is the grant from now on.

    Source: 補助金適正化法 第7条, 第10条.
    """

    title: ClassVar[str] = "補助事業計画変更承認通知書"
    basis: ClassVar[str] = "補助金適正化法 第7条"
    side: ClassVar[Side] = "ministry"

    amount: PositiveYen
    base: Yen
    note: Line = ""


class Payment(PaperBody, frozen=True, kw_only=True, tag="payment"):
    """支払の通知.

    Source: 会計法 第22条; 補助金適正化法 第15条.
    """

    title: ClassVar[str] = "補助金支払通知書"
    basis: ClassVar[str] = "会計法 第22条、補助金適正化法 第15条"
    side: ClassVar[Side] = "ministry"

    amount: PositiveYen
    paid_on: date
    reference: Line = ""


class Fixing(PaperBody, frozen=True, kw_only=True, tag="fixing"):
    """額の確定通知書; what was paid beyond the amount is ordered back in it.

    Source: 補助金適正化法 第15条, 第18条第2項.
    """

    title: ClassVar[str] = "補助金の額の確定通知書"
    basis: ClassVar[str] = "補助金適正化法 第15条、第18条第2項"
    side: ClassVar[Side] = "ministry"

    amount: Yen
    return_due: Yen = 0
    return_by: date | None = None


class Cancellation(PaperBody, frozen=True, kw_only=True, tag="cancellation"):
    """交付決定の取消し, with the order to return what was paid.

    Source: 補助金適正化法 第17条, 第18条第1項.
    """

    title: ClassVar[str] = "補助金交付決定取消・返還命令書"
    basis: ClassVar[str] = "補助金適正化法 第17条、第18条第1項"
    side: ClassVar[Side] = "ministry"

    reason: Reason
    return_due: Yen
    return_by: date | None = None


class ReturnReceipt(PaperBody, frozen=True, kw_only=True, tag="return-receipt"):
    """返還金の受入れ.

    Source: 補助金適正化法 第18条, 第19条.
    """

    title: ClassVar[str] = "補助金返還金受入通知書"
    basis: ClassVar[str] = "補助金適正化法 第18条、第19条"
    side: ClassVar[Side] = "ministry"

    amount: PositiveYen
    surcharge: Yen = 0
    received_on: date


class DisposalApproval(PaperBody, frozen=True, kw_only=True, tag="disposal-approval"):
    """財産処分の承認, with what is to be paid back for it.

    Source: 補助金適正化法 第22条.
    """

    title: ClassVar[str] = "財産処分承認通知書"
    basis: ClassVar[str] = "補助金適正化法 第22条"
    side: ClassVar[Side] = "ministry"

    asset: LineNumber
    payback: Yen
    pay_by: date | None = None
    conditions: Line = ""
