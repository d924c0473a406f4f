"""The papers of a case (補助金の書類), as values that travel and are kept for ever. Pure.

A paper is its envelope and a body of one kind. `after` is the fingerprint of the paper before it in
the file, empty for the first.
"""

from datetime import date
from hashlib import sha256
from typing import Annotated, ClassVar, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from jichitai.security.cloud.model import Generation
from jichitai.security.messages import PrefectureCode

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


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a paper."""


class _Paper(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What a paper says.

    `title` is printed on it, `basis` is the article it rests on, `side` sends it.
    """

    title: ClassVar[str]
    basis: ClassVar[str]
    side: ClassVar[Side]


class Project(_Part, frozen=True, kw_only=True):
    """事業: one piece of work that is bought."""

    key: Key
    name: Name
    starts_on: date
    ends_on: date


class CostLine(_Part, frozen=True, kw_only=True):
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


class Application(_Paper, frozen=True, kw_only=True, tag="application"):
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


class Withdrawal(_Paper, frozen=True, kw_only=True, tag="withdrawal"):
    """申請の取下げ.

    Source: 補助金適正化法 第9条.
    """

    title: ClassVar[str] = "補助金交付申請取下書"
    basis: ClassVar[str] = "補助金適正化法 第9条"
    side: ClassVar[Side] = "prefecture"

    reason: Reason


class ChangeRequest(_Paper, frozen=True, kw_only=True, tag="change"):
    """計画変更の承認申請: the whole plan as it is to be.

    Source: 補助金適正化法 第7条 (交付の条件).
    """

    title: ClassVar[str] = "補助事業計画変更承認申請書"
    basis: ClassVar[str] = "補助金適正化法 第7条（交付の条件）"
    side: ClassVar[Side] = "prefecture"

    reason: Reason
    plan: Application


class Progress(_Part, frozen=True, kw_only=True):
    """How far one project has come."""

    project: Key
    percent: Annotated[int, Meta(ge=0, le=100)]
    spent: Yen = 0
    note: Line = ""


class StatusReport(_Paper, frozen=True, kw_only=True, tag="status"):
    """状況報告.

    Source: 補助金適正化法 第12条.
    """

    title: ClassVar[str] = "補助事業遂行状況報告書"
    basis: ClassVar[str] = "補助金適正化法 第12条"
    side: ClassVar[Side] = "prefecture"

    as_of: date
    projects: Annotated[tuple[Progress, ...], Meta(min_length=1, max_length=50)]
    outlook: Text = ""


class PaymentRequest(_Paper, frozen=True, kw_only=True, tag="payment-request"):
    """支払の請求: 概算払 before the amount is fixed, 精算払 after.

    Source: 会計法 第22条 (概算払); 補助金適正化法 第15条.
    """

    title: ClassVar[str] = "補助金支払請求書"
    basis: ClassVar[str] = "会計法 第22条、補助金適正化法 第15条"
    side: ClassVar[Side] = "prefecture"

    amount: PositiveYen
    reason: Line = ""


class SettledLine(_Part, frozen=True, kw_only=True):
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


class Split(_Part, frozen=True, kw_only=True):
    """内訳: cost and grant of one project and one category."""

    project: Key
    category: Code
    cost: Yen
    grant: Yen


class Asset(_Part, frozen=True, kw_only=True):
    """取得財産: an asset that was bought with the grant."""

    number: LineNumber
    name: Name
    kind: Code
    quantity: Annotated[int, Meta(ge=1, le=100_000)] = 1
    unit_price: Yen
    acquired_on: date
    place: Line = ""


class Settlement(_Paper, frozen=True, kw_only=True, tag="settlement"):
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


class ReturnNotice(_Paper, frozen=True, kw_only=True, tag="return-notice"):
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


class DisposalRequest(_Paper, frozen=True, kw_only=True, tag="disposal-request"):
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


class Call(_Part, frozen=True, kw_only=True):
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


class SendBack(_Paper, frozen=True, kw_only=True, tag="send-back"):
    """補正の求め: the last paper is to be corrected.

    Source: 補助金適正化法 第6条第2項, 第16条.
    """

    title: ClassVar[str] = "補正依頼書"
    basis: ClassVar[str] = "補助金適正化法 第6条、第16条"
    side: ClassVar[Side] = "ministry"

    reason: Reason


class Rejection(_Paper, frozen=True, kw_only=True, tag="rejection"):
    """不交付の決定.

    Source: 補助金適正化法 第6条.
    """

    title: ClassVar[str] = "補助金不交付決定通知書"
    basis: ClassVar[str] = "補助金適正化法 第6条"
    side: ClassVar[Side] = "ministry"

    reason: Reason


class Decision(_Paper, frozen=True, kw_only=True, tag="decision"):
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


class ChangeApproval(_Paper, frozen=True, kw_only=True, tag="change-approval"):
    """計画変更の承認: `amount` is the grant from now on.

    Source: 補助金適正化法 第7条, 第10条.
    """

    title: ClassVar[str] = "補助事業計画変更承認通知書"
    basis: ClassVar[str] = "補助金適正化法 第7条"
    side: ClassVar[Side] = "ministry"

    amount: PositiveYen
    base: Yen
    note: Line = ""


class Payment(_Paper, frozen=True, kw_only=True, tag="payment"):
    """支払の通知.

    Source: 会計法 第22条; 補助金適正化法 第15条.
    """

    title: ClassVar[str] = "補助金支払通知書"
    basis: ClassVar[str] = "会計法 第22条、補助金適正化法 第15条"
    side: ClassVar[Side] = "ministry"

    amount: PositiveYen
    paid_on: date
    reference: Line = ""


class Fixing(_Paper, frozen=True, kw_only=True, tag="fixing"):
    """額の確定通知書; what was paid beyond the amount is ordered back in it.

    Source: 補助金適正化法 第15条, 第18条第2項.
    """

    title: ClassVar[str] = "補助金の額の確定通知書"
    basis: ClassVar[str] = "補助金適正化法 第15条、第18条第2項"
    side: ClassVar[Side] = "ministry"

    amount: Yen
    return_due: Yen = 0
    return_by: date | None = None


class Cancellation(_Paper, frozen=True, kw_only=True, tag="cancellation"):
    """交付決定の取消し, with the order to return what was paid.

    Source: 補助金適正化法 第17条, 第18条第1項.
    """

    title: ClassVar[str] = "補助金交付決定取消・返還命令書"
    basis: ClassVar[str] = "補助金適正化法 第17条、第18条第1項"
    side: ClassVar[Side] = "ministry"

    reason: Reason
    return_due: Yen
    return_by: date | None = None


class ReturnReceipt(_Paper, frozen=True, kw_only=True, tag="return-receipt"):
    """返還金の受入れ.

    Source: 補助金適正化法 第18条, 第19条.
    """

    title: ClassVar[str] = "補助金返還金受入通知書"
    basis: ClassVar[str] = "補助金適正化法 第18条、第19条"
    side: ClassVar[Side] = "ministry"

    amount: PositiveYen
    surcharge: Yen = 0
    received_on: date


class DisposalApproval(_Paper, frozen=True, kw_only=True, tag="disposal-approval"):
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


PrefectureBody: TypeAlias = (
    Application
    | Withdrawal
    | ChangeRequest
    | StatusReport
    | PaymentRequest
    | Settlement
    | ReturnNotice
    | DisposalRequest
)
MinistryBody: TypeAlias = (
    SendBack
    | Rejection
    | Decision
    | ChangeApproval
    | Payment
    | Fixing
    | Cancellation
    | ReturnReceipt
    | DisposalApproval
)
Body: TypeAlias = PrefectureBody | MinistryBody
KINDS: Final[dict[str, type[_Paper]]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Application,
        Withdrawal,
        ChangeRequest,
        StatusReport,
        PaymentRequest,
        Settlement,
        ReturnNotice,
        DisposalRequest,
        SendBack,
        Rejection,
        Decision,
        ChangeApproval,
        Payment,
        Fixing,
        Cancellation,
        ReturnReceipt,
        DisposalApproval,
    )
}
"""Kinds of paper by the name that they travel under."""


def kind_of(body: Body) -> str:
    """The name that a kind travels under.

    >>> kind_of(SendBack(reason="…"))
    'send-back'

    Source: form 1 of this software.
    """
    return str(body.__struct_config__.tag)


class Paper(_Part, frozen=True, kw_only=True):
    """書類: a body in its envelope.

    Attributes:
        form: version of this form.
        prefecture: whose case it is.
        case_id: the file it belongs to.
        paper_id: its own.
        number: 文書番号.
        after: fingerprint of the paper before it; empty for the first.
        on: 日付 of the paper.
        body: what it says.
    """

    form: Literal[1] = 1
    prefecture: PrefectureCode
    case_id: UUID
    paper_id: UUID
    number: Name
    after: Fingerprint = ""
    on: date
    body: Body

    @property
    def kind(self) -> str:
        """Name of its kind."""
        return kind_of(self.body)

    @property
    def side(self) -> Side:
        """Who sends it."""
        return self.body.side

    @property
    def text(self) -> str:
        """The paper as JSON text, the same for the same paper."""
        return _encode(self).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the text: what the next paper names as `after`."""
        return sha256(_encode(self)).hexdigest()


_encode = msgspec.json.Encoder(order="deterministic").encode
_papers = msgspec.json.Decoder(Paper)
_calls = msgspec.json.Decoder(Call)


def paper_of(text: str | bytes) -> Paper:
    """The paper that a JSON text says.

    Raises:
        msgspec.ValidationError: it has another form.

    Source: form 1 of this software.
    """
    return _papers.decode(text)


def call_of(text: str | bytes) -> Call:
    """The call that a JSON text says.

    Raises:
        msgspec.ValidationError: it has another form.

    Source: form 1 of this software.
    """
    return _calls.decode(text)


def text_of(value: Struct) -> str:
    """A call, body or draft as JSON text.

    Source: form 1 of this software.
    """
    return _encode(value).decode()
