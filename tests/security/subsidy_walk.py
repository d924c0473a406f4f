"""A random but lawful life of a case, with the books of both sides beside it."""

from collections.abc import Callable, Mapping

from hypothesis import strategies as st

from jichitai.security.subsidy import checks, ledger, rules
from jichitai.security.subsidy.case import Case, State
from jichitai.security.subsidy.errors import PaperRefusedError
from jichitai.security.subsidy.handed_in import (
    Application,
    ChangeRequest,
    DisposalRequest,
    PaymentRequest,
    Progress,
    ReturnNotice,
    StatusReport,
    Withdrawal,
)
from jichitai.security.subsidy.issued import (
    Cancellation,
    ChangeApproval,
    DisposalApproval,
    Fixing,
    Payment,
    Rejection,
    ReturnReceipt,
    SendBack,
)
from jichitai.security.subsidy.ledger import Account, Book, Transfer
from jichitai.security.subsidy.papers import Body, Paper
from jichitai.security.subsidy.steps import apply
from tests.security.subsidy_builders import FAR, TODAY, call, decision, line, paper, plan, settled

_SELDOM = {"withdrawal", "rejection", "cancellation", "send-back", "status"}


class Walk:
    """One life: papers drawn one after the other, the books checked after each."""

    def __init__(self, data: st.DataObject, start: Case) -> None:
        self.data = data
        self.case = start
        self.papers: list[Paper] = []
        self.books: dict[Book, list[Transfer]] = {
            "ministry": list(ledger.opening(call())),
            "prefecture": [],
        }

    def run(self, length: int = 16) -> None:
        for _ in range(length):
            kinds = self.case.next_kinds()
            if not kinds:
                return
            usual = [kind for kind in kinds if kind not in _SELDOM] or list(kinds)
            any_kind = self.data.draw(st.integers(0, 9)) == 0
            body = self.body(self.data.draw(st.sampled_from(kinds if any_kind else usual)))
            if body is not None:
                self.take(body)

    def take(self, body: Body) -> None:
        written = paper(self.case, body)
        try:
            done = apply(self.case, written)
        except PaperRefusedError:
            return
        for book in self.books:
            self.books[book] += ledger.transfers(book, self.case, written, done)
        self.case = done
        self.papers.append(written)
        self.check()

    # --- papers ----------------------------------------------------------------------------------

    def yen(self, most: int, least: int = 1) -> int:
        return self.data.draw(st.integers(least, max(most, least)))

    def some_plan(self) -> Application:
        amounts = self.data.draw(
            st.lists(st.integers(1_000_000, 90_000_000), min_size=1, max_size=4)
        )
        rows = enumerate(amounts, start=1)
        return plan(*(line(number, amount, f"P{1 + number % 2}") for number, amount in rows))

    def body(self, kind: str) -> Body | None:
        makers: Mapping[str, Callable[[], Body | None]] = {
            "application": self.some_plan,
            "change": lambda: ChangeRequest(reason="変更", plan=self.some_plan()),
            "decision": self.a_decision,
            "change-approval": self.an_approval,
            "payment-request": self.a_request,
            "payment": self.a_payment,
            "settlement": self.a_settlement,
            "fixing": self.a_fixing,
            "return-notice": lambda: ReturnNotice(
                amount=self.yen(self.case.due), surcharge=self.yen(9, 0), paid_on=TODAY
            ),
            "return-receipt": self.a_receipt,
            "disposal-request": lambda: DisposalRequest(
                asset=1, manner="transfer", planned_on=FAR, reason="更新"
            ),
            "disposal-approval": lambda: DisposalApproval(
                asset=1, payback=self.yen(self.case.kept, 0), pay_by=FAR
            ),
            "cancellation": lambda: Cancellation(
                reason="虚偽の申請", return_due=self.case.kept, return_by=FAR
            ),
            "status": self.a_status,
            "withdrawal": lambda: Withdrawal(reason="中止"),
            "send-back": lambda: SendBack(reason="補正"),
            "rejection": lambda: Rejection(reason="条件を満たさない"),
        }
        return makers[kind]()

    def a_decision(self) -> Body:
        assert self.case.plan is not None
        return decision(self.case.plan, self.yen(checks.grant_of(self.case.plan, TODAY)))

    def an_approval(self) -> Body:
        assert self.case.proposed is not None
        base = checks.base_of(self.case.proposed, TODAY)
        most = rules.rates(TODAY).grant(base)
        return ChangeApproval(amount=self.yen(most, max(self.case.paid, 1)), base=base)

    def a_request(self) -> Body | None:
        most = self.case.payable
        if not most:
            return None
        return PaymentRequest(amount=most if self.case.fixed is not None else self.yen(most))

    def a_payment(self) -> Body:
        assert self.case.asked is not None
        return Payment(amount=self.case.asked.amount, paid_on=TODAY)

    def a_settlement(self) -> Body:
        assert self.case.plan is not None
        paid = [self.yen(one.amount * 2) for one in self.case.plan.lines]
        return settled(self.case.plan, self.case.granted, *paid)

    def a_fixing(self) -> Body:
        assert self.case.settlement is not None
        amount = self.yen(self.case.settlement.total_grant, 0)
        due = max(self.case.paid - amount, 0)
        return Fixing(amount=amount, return_due=due, return_by=FAR if due else None)

    def a_receipt(self) -> Body:
        assert self.case.told is not None
        return ReturnReceipt(
            amount=self.case.told.amount, surcharge=self.case.told.surcharge, received_on=TODAY
        )

    def a_status(self) -> Body:
        assert self.case.plan is not None
        rows = [Progress(project=one.key, percent=50) for one in self.case.plan.projects]
        return StatusReport(as_of=TODAY, projects=tuple(rows))

    # --- books -----------------------------------------------------------------------------------

    def balance(self, book: Book, account: Account) -> int:
        rows = ledger.trial_balance(self.books[book])
        return sum(row.balance for row in rows if row.account is account)

    def check(self) -> None:
        """What must hold after every paper."""
        case, at = self.case, self.balance
        for moved in self.books.values():
            assert sum(row.balance for row in ledger.trial_balance(moved)) == 0
        cash = at("prefecture", Account.CASH) + at("prefecture", Account.SURCHARGED)
        assert cash == case.kept
        assert at("ministry", Account.TREASURY) == -at("prefecture", Account.CASH)
        assert at("ministry", Account.RECEIVABLE) == case.due == -at("prefecture", Account.OWED)
        assert at("ministry", Account.PAYABLE) == -at("prefecture", Account.CLAIM)
        assert at("ministry", Account.ADVANCE) == -at("prefecture", Account.ADVANCED)
        budget = (Account.AVAILABLE, Account.COMMITTED, Account.EXECUTED)
        assert -sum(at("ministry", one) for one in budget) == call().budget
        granted = 0 if case.fixed is not None else case.granted
        assert -at("ministry", Account.COMMITTED) == granted == at("prefecture", Account.DECIDED)
        if case.state in {State.CLOSED, State.CANCELLED, State.WITHDRAWN, State.REJECTED}:
            self.check_end()

    def check_end(self) -> None:
        """What must hold once nobody has to act any more."""
        case, at = self.case, self.balance
        for account in (Account.ADVANCE, Account.PAYABLE, Account.RECEIVABLE, Account.COMMITTED):
            assert at("ministry", account) == 0, account
        if case.state is State.CLOSED and not case.disposed:
            assert case.kept == case.fixed == -at("ministry", Account.EXECUTED)
            assert case.settlement is not None
            assert at("prefecture", Account.COST) == case.settlement.total_cost
