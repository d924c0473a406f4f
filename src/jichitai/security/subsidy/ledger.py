"""The ledger: what each paper of the ministry moves between accounts, in whole yen. Pure.

A transfer takes an amount from one account (credit) to another (debit), so that every entry sums to
zero by its form. Only the ministry's papers move money; both tiers derive their own books from them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from jichitai.security.subsidy.case import Case
from jichitai.security.subsidy.handed_in import Withdrawal
from jichitai.security.subsidy.issued import (
    Call,
    Cancellation,
    ChangeApproval,
    Decision,
    DisposalApproval,
    Fixing,
    Payment,
    ReturnReceipt,
)
from jichitai.security.subsidy.papers import Paper


class Account(StrEnum):
    """勘定科目."""

    APPROPRIATION = "appropriation"
    AVAILABLE = "available"
    COMMITTED = "committed"
    EXECUTED = "executed"
    TREASURY = "treasury"
    ADVANCE = "advance"
    GRANT = "grant"
    PAYABLE = "payable"
    RECEIVABLE = "receivable"
    RETURNS = "returns"
    SURCHARGES = "surcharges"
    DECIDED = "decided"
    EXPECTED = "expected"
    CASH = "cash"
    ADVANCED = "advanced"
    INCOME = "income"
    CLAIM = "claim"
    OWED = "owed"
    RETURNED = "returned"
    SURCHARGED = "surcharged"
    COST = "cost"
    SUPPLIERS = "suppliers"

    @property
    def japanese(self) -> str:
        """The name in the books."""
        return _NAMES[self]


_NAMES: Final = {
    Account.APPROPRIATION: "予算現額",
    Account.AVAILABLE: "交付決定前の予算",
    Account.COMMITTED: "交付決定額（確定前）",
    Account.EXECUTED: "執行済みの予算",
    Account.TREASURY: "国庫",
    Account.ADVANCE: "概算払（精算前）",
    Account.GRANT: "補助金（確定額）",
    Account.PAYABLE: "未払の補助金",
    Account.RECEIVABLE: "返還金（未収）",
    Account.RETURNS: "返還金収入",
    Account.SURCHARGES: "加算金・延滞金収入",
    Account.DECIDED: "交付決定額（受入前）",
    Account.EXPECTED: "補助金の受入見込",
    Account.CASH: "歳計現金",
    Account.ADVANCED: "概算払の受入（精算前）",
    Account.INCOME: "国庫補助金",
    Account.CLAIM: "未収の補助金",
    Account.OWED: "返還金（未払）",
    Account.RETURNED: "返還金（支出）",
    Account.SURCHARGED: "加算金・延滞金（支出）",
    Account.COST: "補助事業費",
    Account.SUPPLIERS: "契約先への支払",
}
Book = Literal["ministry", "prefecture"]


@dataclass(frozen=True, slots=True)
class Transfer:
    """仕訳の一行: an amount, its debit and its credit account.

    Attributes:
        debit, credit: accounts; never the same.
        amount: whole yen, above zero.
        project, category: where a cost belongs to one.
    """

    debit: Account
    credit: Account
    amount: int
    project: str = ""
    category: str = ""

    def __post_init__(self) -> None:
        if self.amount <= 0 or self.debit is self.credit:
            raise ValueError(self)


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer as it stands in the books."""

    prefecture: str
    case_id: UUID
    paper_id: UUID
    line: int
    posted_on: date
    transfer: Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One line of the trial balance."""

    account: Account
    debit: int
    credit: int

    @property
    def balance(self) -> int:
        """Debit less credit."""
        return self.debit - self.credit


def opening(call: Call) -> tuple[Transfer, ...]:
    """What a call's budget moves at the ministry.

    Source: 財政法 第31条 (予算の配賦).
    """
    return (Transfer(Account.APPROPRIATION, Account.AVAILABLE, call.budget),)


def transfers(book: Book, before: Case, paper: Paper, after: Case) -> tuple[Transfer, ...]:
    """What one paper moves in one side's books.

    Args:
        book: whose books.
        before: the case before the paper.
        paper: it; only the ministry's papers and a withdrawal move anything.
        after: the case after it.

    Source: 補助金適正化法 第6条, 第9条, 第10条, 第15条, 第17条, 第18条, 第22条.
    """
    moves = _ministry if book == "ministry" else _prefecture
    return tuple(move for move in moves(before, paper, after) if move is not None)


def _move(debit: Account, credit: Account, amount: int, **part: str) -> Transfer | None:
    """One transfer; none for nothing, and the other way round for less than nothing."""
    if amount == 0:
        return None
    if amount < 0:
        return Transfer(credit, debit, -amount, **part)
    return Transfer(debit, credit, amount, **part)


Moves = Iterator[Transfer | None]


def _ministry(before: Case, paper: Paper, after: Case) -> Moves:
    match paper.body:
        case Decision() | ChangeApproval() | Withdrawal():
            yield _move(Account.AVAILABLE, Account.COMMITTED, after.granted - before.granted)
        case Payment(amount=amount) if before.fixed is None:
            yield _move(Account.ADVANCE, Account.TREASURY, amount)
        case Payment(amount=amount):
            yield _move(Account.PAYABLE, Account.TREASURY, amount)
        case Fixing(amount=amount):
            yield _move(Account.GRANT, Account.ADVANCE, min(amount, before.paid))
            yield _move(Account.GRANT, Account.PAYABLE, max(amount - before.paid, 0))
            yield _move(Account.RECEIVABLE, Account.ADVANCE, after.due)
            yield _move(Account.COMMITTED, Account.EXECUTED, amount)
            yield _move(Account.COMMITTED, Account.AVAILABLE, before.granted - amount)
        case Cancellation():
            yield from _ministry_cancels(before)
        case ReturnReceipt(amount=amount, surcharge=surcharge):
            yield _move(Account.TREASURY, Account.RECEIVABLE, amount)
            yield _move(Account.TREASURY, Account.SURCHARGES, surcharge)
        case DisposalApproval(payback=payback):
            yield _move(Account.RECEIVABLE, Account.RETURNS, payback)
        case _:
            return


def _ministry_cancels(before: Case) -> Moves:
    if before.fixed is None:
        yield _move(Account.COMMITTED, Account.AVAILABLE, before.granted)
        yield _move(Account.RECEIVABLE, Account.ADVANCE, before.kept)
    else:
        unpaid = before.fixed - min(before.paid, before.fixed)
        yield _move(Account.PAYABLE, Account.GRANT, unpaid)
        yield _move(Account.EXECUTED, Account.AVAILABLE, unpaid)
        yield _move(Account.RECEIVABLE, Account.RETURNS, before.kept)


def _prefecture(before: Case, paper: Paper, after: Case) -> Moves:
    match paper.body:
        case Decision() | ChangeApproval() | Withdrawal():
            yield _move(Account.DECIDED, Account.EXPECTED, after.granted - before.granted)
        case Payment(amount=amount) if before.fixed is None:
            yield _move(Account.CASH, Account.ADVANCED, amount)
        case Payment(amount=amount):
            yield _move(Account.CASH, Account.CLAIM, amount)
        case Fixing(amount=amount):
            yield from _prefecture_settles(before)
            yield _move(Account.ADVANCED, Account.INCOME, min(amount, before.paid))
            yield _move(Account.CLAIM, Account.INCOME, max(amount - before.paid, 0))
            yield _move(Account.ADVANCED, Account.OWED, after.due)
            yield _move(Account.EXPECTED, Account.DECIDED, before.granted)
        case Cancellation():
            yield from _prefecture_cancels(before)
        case ReturnReceipt(amount=amount, surcharge=surcharge):
            yield _move(Account.OWED, Account.CASH, amount)
            yield _move(Account.SURCHARGED, Account.CASH, surcharge)
        case DisposalApproval(payback=payback):
            yield _move(Account.RETURNED, Account.OWED, payback)
        case _:
            return


def _prefecture_settles(before: Case) -> Moves:
    for split in before.settlement.splits if before.settlement else ():
        part = {"project": split.project, "category": split.category}
        yield _move(Account.COST, Account.SUPPLIERS, split.cost, **part)


def _prefecture_cancels(before: Case) -> Moves:
    if before.fixed is None:
        yield _move(Account.EXPECTED, Account.DECIDED, before.granted)
        yield _move(Account.ADVANCED, Account.OWED, before.kept)
    else:
        yield _move(Account.INCOME, Account.CLAIM, before.fixed - min(before.paid, before.fixed))
        yield _move(Account.RETURNED, Account.OWED, before.kept)


def trial_balance(moved: Iterable[Transfer]) -> list[Balance]:
    """合計残高試算表: every account that moved, in the order of the books.

    Source: 複式簿記; the sum of all balances is zero.
    """
    debit: dict[Account, int] = {}
    credit: dict[Account, int] = {}
    for one in moved:
        debit[one.debit] = debit.get(one.debit, 0) + one.amount
        credit[one.credit] = credit.get(one.credit, 0) + one.amount
    return [
        Balance(account=account, debit=debit.get(account, 0), credit=credit.get(account, 0))
        for account in Account
        if account in debit or account in credit
    ]
