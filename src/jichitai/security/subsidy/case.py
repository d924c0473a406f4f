"""A case as its papers make it: its step, its amounts, and which paper may come next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from jichitai.security.subsidy import rules
from jichitai.security.subsidy.handed_in import (
    Application,
    Asset,
    DisposalRequest,
    PaymentRequest,
    ReturnNotice,
    Settlement,
)
from jichitai.security.subsidy.issued import (
    Decision,
)
from jichitai.security.subsidy.papers import (
    KINDS,
)
from jichitai.security.subsidy.parts import Side


class State(StrEnum):
    """段階: where a case stands."""

    NEW = "new"
    APPLIED = "applied"
    RETURNED = "returned"
    DECIDED = "decided"
    CHANGE_ASKED = "change-asked"
    PAYMENT_ASKED = "payment-asked"
    SETTLED = "settled"
    FIXED = "fixed"
    RETURN_DUE = "return-due"
    RETURN_TOLD = "return-told"
    DISPOSAL_ASKED = "disposal-asked"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    CANCELLED = "cancelled"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return _WORDS[self]


_WORDS: Final = {
    State.NEW: "申請前",
    State.APPLIED: "審査中",
    State.RETURNED: "補正待ち",
    State.DECIDED: "交付決定",
    State.CHANGE_ASKED: "変更の審査中",
    State.PAYMENT_ASKED: "支払の審査中",
    State.SETTLED: "実績の審査中",
    State.FIXED: "額の確定",
    State.RETURN_DUE: "返還待ち",
    State.RETURN_TOLD: "返還の確認中",
    State.DISPOSAL_ASKED: "財産処分の審査中",
    State.CLOSED: "完了",
    State.WITHDRAWN: "取下げ",
    State.REJECTED: "不交付",
    State.CANCELLED: "取消し",
}

NEXT: Final[Mapping[State, frozenset[str]]] = {
    State.NEW: frozenset({"application"}),
    State.APPLIED: frozenset({"decision", "rejection", "send-back", "withdrawal"}),
    State.RETURNED: frozenset({"application", "withdrawal"}),
    State.DECIDED: frozenset(
        {"withdrawal", "change", "status", "payment-request", "settlement", "cancellation"}
    ),
    State.CHANGE_ASKED: frozenset({"change-approval", "send-back", "cancellation"}),
    State.PAYMENT_ASKED: frozenset({"payment", "send-back", "cancellation"}),
    State.SETTLED: frozenset({"fixing", "send-back", "cancellation"}),
    State.FIXED: frozenset({"payment-request", "cancellation"}),
    State.RETURN_DUE: frozenset({"return-notice"}),
    State.RETURN_TOLD: frozenset({"return-receipt", "send-back"}),
    State.DISPOSAL_ASKED: frozenset({"disposal-approval", "send-back"}),
    State.CLOSED: frozenset({"disposal-request", "cancellation"}),
    State.WITHDRAWN: frozenset(),
    State.REJECTED: frozenset(),
    State.CANCELLED: frozenset(),
}
"""Kinds of paper that may come next.

Source: 補助金適正化法 第5条 to 第22条.
"""
_TURNS: Final[Mapping[State, Side]] = {
    State.APPLIED: "ministry",
    State.CHANGE_ASKED: "ministry",
    State.PAYMENT_ASKED: "ministry",
    State.SETTLED: "ministry",
    State.RETURN_TOLD: "ministry",
    State.DISPOSAL_ASKED: "ministry",
}
ENDED: Final = frozenset({State.CLOSED, State.WITHDRAWN, State.REJECTED, State.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """補助金の案件, folded from its papers.

    Attributes:
        prefecture, case_id: which one.
        state: where it stands.
        head: fingerprint of the last paper; empty before the first.
        papers: how many papers count.
        plan: the plan as it was approved last, before that as it was applied for.
        proposed: a changed plan that waits for approval.
        granted: 交付決定額; 0 before the decision and after its cancellation.
        decided: the decision.
        asked: the payment that was asked for.
        paid: everything that was paid, returns not taken off.
        settlement: the last settlement.
        fixed: 確定額; None before.
        due: what is to be paid back still.
        told: the return that the prefecture has told of.
        returned: principal paid back so far.
        surcharge: 加算金・延滞金 paid so far.
        disposal: what is asked for an asset.
        disposed: numbers of assets whose disposal was approved.
        ends_in: where a return leads once it is complete.
        reason: of the last send-back, rejection or cancellation.
        return_by: day by which a return is due.
    """

    prefecture: str
    case_id: UUID
    state: State = State.NEW
    head: str = ""
    papers: int = 0
    plan: Application | None = None
    proposed: Application | None = None
    granted: int = 0
    decided: Decision | None = None
    asked: PaymentRequest | None = None
    paid: int = 0
    settlement: Settlement | None = None
    fixed: int | None = None
    due: int = 0
    told: ReturnNotice | None = None
    returned: int = 0
    surcharge: int = 0
    disposal: DisposalRequest | None = None
    disposed: frozenset[int] = frozenset()
    ends_in: State = State.CLOSED
    reason: str = ""
    return_by: date | None = None

    def next_kinds(self, side: Side | None = None) -> tuple[str, ...]:
        """Kinds of paper that may come next, from one side or from both."""
        return tuple(
            kind
            for kind, body in KINDS.items()
            if kind in NEXT[self.state] and side in (None, body.side)
        )

    @property
    def turn(self) -> Side | None:
        """Who is to act; nobody once it has ended."""
        return None if self.state in ENDED else _TURNS.get(self.state, "prefecture")

    @property
    def payable(self) -> int:
        """What may still be asked for: the grant, or the fixed amount, less what was paid."""
        return max((self.granted if self.fixed is None else self.fixed) - self.paid, 0)

    @property
    def kept(self) -> int:
        """補助金 that the prefecture has in the end: paid less returned."""
        return self.paid - self.returned

    def asset(self, number: int) -> Asset | None:
        """An asset of the settlement."""
        assets = self.settlement.assets if self.settlement else ()
        return next((one for one in assets if one.number == number), None)


def is_limited(asset: Asset, on: date) -> bool:
    """Whether an asset's disposal needs approval on a day.

    Source: 補助金適正化法 第22条; 補助金適正化法施行令 第13条, 第14条.
    """
    dear = asset.unit_price >= rules.rates(asset.acquired_on).threshold
    return dear and on <= rules.limited_until(asset.kind, asset.acquired_on)


def payback_hint(asset: Asset, on: date) -> int:
    """A first figure for what is paid back: the grant's share of the months that are left.

    Source: own method; the minister decides (補助金適正化法 第22条).
    """
    until = rules.limited_until(asset.kind, asset.acquired_on)
    whole = (until - asset.acquired_on).days + 1
    left = max((until - on).days, 0)
    rate = rules.rates(asset.acquired_on)
    price = asset.unit_price * asset.quantity
    return price * rate.numerator * left // (rate.denominator * whole)
