"""What each paper makes of a case, and what it must say to be taken. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from jichitai.security.subsidy import checks, rules
from jichitai.security.subsidy.case import NEXT, Case, State, is_limited
from jichitai.security.subsidy.errors import PaperRefusedError, WrongStepError
from jichitai.security.subsidy.handed_in import (
    Application,
    ChangeRequest,
    DisposalRequest,
    PaymentRequest,
    ReturnNotice,
    Settlement,
    StatusReport,
    Withdrawal,
)
from jichitai.security.subsidy.issued import (
    Call,
    Cancellation,
    ChangeApproval,
    Decision,
    DisposalApproval,
    Fixing,
    Payment,
    Rejection,
    ReturnReceipt,
    SendBack,
)
from jichitai.security.subsidy.papers import (
    Body,
    Paper,
    kind_of,
)


def fold(prefecture: str, case_id: UUID, papers: Iterable[Paper]) -> Case:
    """The case that papers in their order make; they have been checked when they came.

    Source: 補助金適正化法 第5条 to 第22条.
    """
    case = Case(prefecture=prefecture, case_id=case_id)
    for paper in papers:
        case = apply(case, paper)
    return case


def apply(case: Case, paper: Paper) -> Case:
    """The case after one more paper.

    Raises:
        WrongStepError: this kind may not come next.
        PaperRefusedError: its figures do not fit the case.

    Source: 補助金適正化法 第5条 to 第22条.
    """
    if paper.after != case.head:
        raise WrongStepError("前の書類のあとに続いていません。書類綴を開き直してください。")
    return replace(
        after(case, paper.body, on=paper.on), head=paper.fingerprint, papers=case.papers + 1
    )


def after(case: Case, body: Body, *, on: date) -> Case:
    """The case after a body, leaving the file alone: to try what a paper would do.

    Raises:
        WrongStepError: this kind may not come next.
        PaperRefusedError: its figures do not fit the case.

    Source: 補助金適正化法 第5条 to 第22条.
    """
    kind = kind_of(body)
    if kind not in NEXT[case.state]:
        raise WrongStepError(
            f"今は「{case.state.japanese}」の段階のため、{body.title}は出せません。"
            "書類綴で、次に出せる書類を確かめてください。",
            state=str(case.state),
            next=list(case.next_kinds()),
        )
    step: Callable[[Case, Any, date], Case] = _STEPS[type(body)]
    return step(case, body, on)


def _refuse(field: str, message: str) -> PaperRefusedError:
    return PaperRefusedError([(field, message)])


def _applied(case: Case, body: Application, on: date) -> Case:
    if faults := checks.application_faults(body, None, on):
        raise PaperRefusedError(faults)
    return replace(case, state=State.APPLIED, plan=body, reason="")


def _withdrawn(case: Case, body: Withdrawal, on: date) -> Case:
    if case.decided is not None and on > case.decided.withdraw_until:
        raise _refuse(
            "reason",
            f"取下げができる日（{case.decided.withdraw_until}）を過ぎています（第9条）。"
            "やめる場合は、計画の変更か取消しについて担当に相談してください。",
        )
    if case.paid:
        raise _refuse("reason", "支払を受けたため、取下げはできません。担当に相談してください。")
    return replace(case, state=State.WITHDRAWN, reason=body.reason, granted=0)


def _sent_back(case: Case, body: SendBack, on: date) -> Case:
    del on
    before = {
        State.APPLIED: State.RETURNED,
        State.CHANGE_ASKED: State.DECIDED,
        State.PAYMENT_ASKED: State.DECIDED if case.fixed is None else State.FIXED,
        State.SETTLED: State.DECIDED,
        State.RETURN_TOLD: State.RETURN_DUE,
        State.DISPOSAL_ASKED: State.CLOSED,
    }[case.state]
    return replace(
        case, state=before, reason=body.reason, proposed=None, asked=None, told=None, disposal=None
    )


def _rejected(case: Case, body: Rejection, on: date) -> Case:
    del on
    return replace(case, state=State.REJECTED, reason=body.reason)


def _check_grant(amount: int, base: int, plan: Application, on: date) -> None:
    wanted = checks.base_of(plan, on)
    if base != wanted:
        raise _refuse(
            "base",
            f"補助対象経費は{wanted:,}円です。{base:,}円になっています。額を直してください。",
        )
    most = rules.rates(on).grant(base)
    if amount > most:
        raise _refuse(
            "amount", f"補助率から計算した{most:,}円を超えています。{most:,}円以下にしてください。"
        )


def _decided(case: Case, body: Decision, on: date) -> Case:
    if case.plan is None:
        raise _refuse("amount", "申請がありません。")
    _check_grant(body.amount, body.base, case.plan, on)
    if body.withdraw_until < on or body.settle_by < on:
        raise _refuse("settle_by", "取下げと実績報告の期日は、決定の日以後にしてください。")
    return replace(case, state=State.DECIDED, decided=body, granted=body.amount, reason="")


def _change_asked(case: Case, body: ChangeRequest, on: date) -> Case:
    if faults := checks.application_faults(body.plan, None, on):
        raise PaperRefusedError(faults)
    return replace(case, state=State.CHANGE_ASKED, proposed=body.plan, reason="")


def _change_approved(case: Case, body: ChangeApproval, on: date) -> Case:
    if case.proposed is None:
        raise _refuse("amount", "変更の申請がありません。")
    _check_grant(body.amount, body.base, case.proposed, on)
    if body.amount < case.paid:
        raise _refuse(
            "amount",
            f"支払済みの{case.paid:,}円より少なくできません。額の確定のときに返還を求めてください。",
        )
    return replace(
        case, state=State.DECIDED, plan=case.proposed, proposed=None, granted=body.amount
    )


def _told_status(case: Case, body: StatusReport, on: date) -> Case:
    del on
    projects = [one.key for one in case.plan.projects] if case.plan else []
    if faults := checks.status_faults(body, projects):
        raise PaperRefusedError(faults)
    return case


def _payment_asked(case: Case, body: PaymentRequest, on: date) -> Case:
    del on
    if body.amount > case.payable:
        raise _refuse("amount", f"請求できるのは{case.payable:,}円までです。金額を直してください。")
    if case.fixed is not None and body.amount != case.payable:
        raise _refuse(
            "amount", f"精算払の請求額は残りの{case.payable:,}円です。金額を直してください。"
        )
    return replace(case, state=State.PAYMENT_ASKED, asked=body, reason="")


def _paid(case: Case, body: Payment, on: date) -> Case:
    del on
    if case.asked is None or body.amount != case.asked.amount:
        wanted = case.asked.amount if case.asked else 0
        raise _refuse(
            "amount", f"請求された{wanted:,}円と違います。違う額にするときは補正を求めてください。"
        )
    paid = case.paid + body.amount
    done = case.fixed is not None and paid == case.fixed
    state = State.CLOSED if done else State.DECIDED
    return replace(case, state=state, paid=paid, asked=None)


def _settled(case: Case, body: Settlement, on: date) -> Case:
    if case.plan is None:
        raise _refuse("lines", "計画がありません。")
    if faults := checks.settlement_faults(body, case.plan, case.granted, on):
        raise PaperRefusedError(faults)
    return replace(case, state=State.SETTLED, settlement=body, reason="")


def _fixed(case: Case, body: Fixing, on: date) -> Case:
    if case.settlement is None:
        raise _refuse("amount", "実績報告がありません。")
    if body.amount > case.settlement.total_grant:
        raise _refuse(
            "amount",
            f"実績報告の補助金{case.settlement.total_grant:,}円を超えて確定できません。額を直してください。",
        )
    due = max(case.paid - body.amount, 0)
    if body.return_due != due:
        raise _refuse(
            "return_due", f"返還額は支払済みの額との差の{due:,}円です。額を直してください。"
        )
    _check_return_day(due, body.return_by, on)
    without = State.FIXED if body.amount > case.paid else State.CLOSED
    state = State.RETURN_DUE if due else without
    return replace(case, state=state, fixed=body.amount, due=due, return_by=body.return_by)


def _check_return_day(due: int, by: date | None, on: date) -> None:
    if (due and by is None) or (by is not None and by < on):
        raise _refuse("return_by", "返還の期日がないか、過ぎた日です。期日を入れてください。")


def _cancelled(case: Case, body: Cancellation, on: date) -> Case:
    if body.return_due != case.kept:
        raise _refuse(
            "return_due",
            f"返還額は支払済みの残りの{case.kept:,}円です。額を直してください（第18条第1項）。",
        )
    _check_return_day(body.return_due, body.return_by, on)
    return replace(
        case,
        state=State.RETURN_DUE if body.return_due else State.CANCELLED,
        ends_in=State.CANCELLED,
        granted=0,
        due=body.return_due,
        return_by=body.return_by,
        reason=body.reason,
        proposed=None,
        asked=None,
    )


def _return_told(case: Case, body: ReturnNotice, on: date) -> Case:
    if body.amount > case.due:
        raise _refuse("amount", f"返還の残りは{case.due:,}円です。金額を直してください。")
    if body.paid_on > on:
        raise _refuse("paid_on", "納めた日が未来です。納めてから届け出てください。")
    return replace(case, state=State.RETURN_TOLD, told=body, reason="")


def _return_received(case: Case, body: ReturnReceipt, on: date) -> Case:
    del on
    if case.told is None or (body.amount, body.surcharge) != (
        case.told.amount,
        case.told.surcharge,
    ):
        raise _refuse("amount", "届出の額と違います。違うときは補正を求めてください。")
    due = case.due - body.amount
    return replace(
        case,
        state=State.RETURN_DUE if due else case.ends_in,
        due=due,
        told=None,
        returned=case.returned + body.amount,
        surcharge=case.surcharge + body.surcharge,
    )


def _disposal_asked(case: Case, body: DisposalRequest, on: date) -> Case:
    asset = case.asset(body.asset)
    if asset is None:
        raise _refuse("asset", "実績報告の取得財産にない番号です。番号を確かめてください。")
    if body.asset in case.disposed:
        raise _refuse("asset", "この財産の処分は承認済みです。")
    if not is_limited(asset, on):
        raise _refuse("asset", "処分の制限を受けない財産です。承認の申請は要りません。")
    return replace(case, state=State.DISPOSAL_ASKED, disposal=body, reason="")


def _disposal_approved(case: Case, body: DisposalApproval, on: date) -> Case:
    if case.disposal is None or body.asset != case.disposal.asset:
        raise _refuse("asset", "申請された財産と違います。番号を直してください。")
    if body.payback > case.kept:
        raise _refuse("payback", f"補助金の残り{case.kept:,}円を超えて納付を求められません。")
    _check_return_day(body.payback, body.pay_by, on)
    return replace(
        case,
        state=State.RETURN_DUE if body.payback else State.CLOSED,
        ends_in=State.CLOSED,
        due=body.payback,
        return_by=body.pay_by,
        disposal=None,
        disposed=case.disposed | {body.asset},
    )


_STEPS: Final[Mapping[type[Any], Callable[[Case, Any, date], Case]]] = {
    Application: _applied,
    Withdrawal: _withdrawn,
    ChangeRequest: _change_asked,
    StatusReport: _told_status,
    PaymentRequest: _payment_asked,
    Settlement: _settled,
    ReturnNotice: _return_told,
    DisposalRequest: _disposal_asked,
    SendBack: _sent_back,
    Rejection: _rejected,
    Decision: _decided,
    ChangeApproval: _change_approved,
    Payment: _paid,
    Fixing: _fixed,
    Cancellation: _cancelled,
    ReturnReceipt: _return_received,
    DisposalApproval: _disposal_approved,
}


def call_faults(call: Call) -> list[checks.Fault]:
    """What is wrong with a call.

    Source: 補助金適正化法 第5条 (the time of application is set beforehand).
    """
    if call.closes_on < call.opens_on:
        return [("closes_on", "締切が受付の始まりより前です。日を確かめてください。")]
    if {call.opens_on.year, call.closes_on.year} - set(checks.YEARS):
        return [("closes_on", "あり得ない年の日付があります。日を確かめてください。")]
    return []
