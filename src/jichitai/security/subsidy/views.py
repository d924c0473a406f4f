"""What programs are told of cases, papers, drafts and books."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from jichitai.kernel.municipalities import prefecture
from jichitai.security.subsidy import checks
from jichitai.security.subsidy.case import State, is_limited
from jichitai.security.subsidy.checks import Fault
from jichitai.security.subsidy.issued import Call
from jichitai.security.subsidy.ledger import Balance
from jichitai.security.subsidy.parts import Side
from jichitai.security.subsidy.rules import limited_until
from jichitai.security.subsidy.service.files import Opened
from jichitai.security.subsidy.store import Draft, Review


class _View(Struct, frozen=True, kw_only=True):
    """Something a program is told."""


class FaultView(_View, frozen=True, kw_only=True):
    """What is wrong with a field, why, and what to do."""

    field: str
    message: str


class PaperView(_View, frozen=True, kw_only=True):
    """One paper of a file.

    Attributes:
        paper_id, number, kind, title, side, on: of the paper.
        crossed: whether it crossed with one of the ministry and has no effect.
        fingerprint: SHA-256 of its text.
        document_hash: SHA-256 of its PDF as the sender made it.
        document_same: whether the PDF kept here has that hash.
        body: what it says.
    """

    paper_id: UUID
    number: str
    kind: str
    title: str
    side: Side
    on: date
    crossed: bool
    fingerprint: str
    document_hash: str
    document_same: bool
    body: Raw


class AssetView(_View, frozen=True, kw_only=True):
    """An asset, and whether its disposal needs approval."""

    number: int
    name: str
    limited: bool
    limited_until: date
    disposed: bool


class CaseView(_View, frozen=True, kw_only=True):
    """A case as its papers make it.

    Attributes:
        prefecture, prefecture_name, case_id: which one.
        state, state_name: where it stands.
        turn: who is to act; None once it has ended.
        next: kinds of paper that may come next.
        file_fingerprint: of the whole file; the same at both tiers.
        applied, base: 申請額 and 補助対象経費.
        granted, paid, returned, due, fixed, payable: yen.
        settle_by, return_by: days by which something is due.
        late: whether such a day has passed.
        reason: of the last send-back, rejection or cancellation.
        assets: 取得財産.
        papers: the file, crossed papers included.
    """

    prefecture: str
    prefecture_name: str
    case_id: UUID
    state: State
    state_name: str
    turn: Side | None
    next: tuple[str, ...]
    file_fingerprint: str
    applied: int
    base: int
    granted: int
    paid: int
    returned: int
    due: int
    fixed: int | None
    payable: int
    settle_by: date | None
    return_by: date | None
    late: bool
    reason: str
    assets: list[AssetView]
    papers: list[PaperView]


class DraftView(_View, frozen=True, kw_only=True):
    """A draft of a prefecture.

    Attributes:
        case_id, kind: which one.
        revision: to be named when it is changed.
        changed_at: when it was.
        content: the paper as it is so far.
        faults: what is wrong with it still; it can be handed in when there are none.
    """

    case_id: UUID
    kind: str
    revision: int
    changed_at: datetime
    content: Raw
    faults: list[FaultView]


class ReviewView(_View, frozen=True, kw_only=True):
    """A draft of the ministry."""

    prefecture: str
    case_id: UUID
    review_id: UUID
    kind: str
    note: str
    drafted_by: str
    drafted_at: datetime
    outcome: str | None
    ended_by: str | None
    ended_at: datetime | None
    reason: str
    content: Raw


class BalanceView(_View, frozen=True, kw_only=True):
    """One line of the trial balance."""

    account: str
    name: str
    debit: int
    credit: int
    balance: int


class LedgerView(_View, frozen=True, kw_only=True):
    """合計残高試算表; both totals are equal."""

    rows: list[BalanceView]
    debit: int
    credit: int


class CallView(_View, frozen=True, kw_only=True):
    """A call, and at the ministry what its budget has left."""

    call: Call
    open: bool
    available: int | None = None
    committed: int | None = None
    executed: int | None = None


def late(found: Opened, on: date) -> bool:
    """Whether a day that the case is bound to has passed."""
    case = found.case
    if case.state in {State.RETURN_DUE, State.RETURN_TOLD}:
        return case.return_by is not None and case.return_by < on
    waits = case.state in {State.DECIDED, State.CHANGE_ASKED, State.PAYMENT_ASKED}
    unsettled = case.decided is not None and case.fixed is None
    return waits and unsettled and case.decided is not None and case.decided.settle_by < on


def case_view(found: Opened, on: date) -> CaseView:
    """A case for programs."""
    case, plan = found.case, found.case.plan
    crossed = {one.paper_id for one in found.file.crossed}
    return CaseView(
        prefecture=case.prefecture,
        prefecture_name=prefecture(case.prefecture).name,
        case_id=case.case_id,
        state=case.state,
        state_name=case.state.japanese,
        turn=case.turn,
        next=case.next_kinds(),
        file_fingerprint=found.file.head,
        applied=plan.amount if plan else 0,
        base=checks.base_of(plan, on) if plan else 0,
        granted=case.granted,
        paid=case.paid,
        returned=case.returned,
        due=case.due,
        fixed=case.fixed,
        payable=case.payable,
        settle_by=case.decided.settle_by if case.decided else None,
        return_by=case.return_by,
        late=late(found, on),
        reason=case.reason,
        assets=[
            AssetView(
                number=one.number,
                name=one.name,
                limited=is_limited(one, on),
                limited_until=limited_until(one.kind, one.acquired_on),
                disposed=one.number in case.disposed,
            )
            for one in (case.settlement.assets if case.settlement else ())
        ],
        papers=[
            PaperView(
                paper_id=row.paper_id,
                number=row.paper.number,
                kind=row.paper.kind,
                title=row.paper.body.title,
                side=row.paper.side,
                on=row.paper.on,
                crossed=row.paper_id in crossed,
                fingerprint=row.paper.fingerprint,
                document_hash=row.document_hash,
                document_same=row.same,
                body=_body(row.content),
            )
            for row in found.in_order
        ],
    )


class _Body(Struct):
    body: Raw


def _body(content: str) -> Raw:
    return msgspec.json.decode(content, type=_Body).body.copy()


def draft_view(draft: Draft, faults: Sequence[Fault]) -> DraftView:
    """A draft for programs."""
    return DraftView(
        case_id=draft.case_id,
        kind=draft.kind,
        revision=draft.revision,
        changed_at=draft.changed_at,
        content=Raw(draft.content.encode()),
        faults=[FaultView(field=field, message=message) for field, message in faults],
    )


def review_view(review: Review) -> ReviewView:
    """A draft of the ministry for programs."""
    return ReviewView(
        prefecture=review.prefecture,
        case_id=review.case_id,
        review_id=review.review_id,
        kind=review.kind,
        note=review.note,
        drafted_by=review.drafted_name,
        drafted_at=review.drafted_at,
        outcome=review.outcome,
        ended_by=review.ended_name,
        ended_at=review.ended_at,
        reason=review.reason,
        content=Raw(review.content.encode()),
    )


def ledger_view(rows: Sequence[Balance]) -> LedgerView:
    """The books for programs."""
    return LedgerView(
        rows=[
            BalanceView(
                account=str(row.account),
                name=row.account.japanese,
                debit=row.debit,
                credit=row.credit,
                balance=row.balance,
            )
            for row in rows
        ],
        debit=sum(row.debit for row in rows),
        credit=sum(row.credit for row in rows),
    )


def call_view(call: Call, on: date, rows: Sequence[Balance] | None = None) -> CallView:
    """A call for programs."""
    left = {str(row.account): -row.balance for row in rows or ()}
    told = rows is not None
    return CallView(
        call=call,
        open=call.opens_on <= on <= call.closes_on,
        available=left.get("available", 0) if told else None,
        committed=left.get("committed", 0) if told else None,
        executed=left.get("executed", 0) if told else None,
    )
