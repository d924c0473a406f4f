"""Cases, papers and books in the words of their pages."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from jichitai.kernel.municipalities import prefecture
from jichitai.security.subsidy import checks, rules, views
from jichitai.security.subsidy.case import NEXT, State, is_limited
from jichitai.security.subsidy.issued import Call
from jichitai.security.subsidy.ledger import Balance, Posted
from jichitai.security.subsidy.papers import KINDS
from jichitai.security.subsidy.service.files import Opened
from jichitai.web.components import Colour, Column, Fact, Option, Status, Step, Tile
from jichitai.web.formats import date_text, yen_text

_COLOURS: Final[Mapping[State, Colour]] = {
    State.NEW: "grey",
    State.APPLIED: "blue",
    State.RETURNED: "orange",
    State.DECIDED: "green",
    State.CHANGE_ASKED: "blue",
    State.PAYMENT_ASKED: "blue",
    State.SETTLED: "blue",
    State.FIXED: "green",
    State.RETURN_DUE: "red",
    State.RETURN_TOLD: "blue",
    State.DISPOSAL_ASKED: "blue",
    State.CLOSED: "green",
    State.WITHDRAWN: "grey",
    State.REJECTED: "grey",
    State.CANCELLED: "red",
}
_STAGES: Final = (
    ("申請", {State.NEW, State.RETURNED}),
    ("審査", {State.APPLIED}),
    ("交付決定", {State.DECIDED, State.CHANGE_ASKED, State.PAYMENT_ASKED}),
    ("実績の審査", {State.SETTLED}),
    ("額の確定", {State.FIXED}),
    ("完了", {State.CLOSED}),
)
SIDES: Final = {"prefecture": "都道府県", "ministry": "国"}
PAPER_COLUMNS: Final = (
    Column("number", "番号", head=True),
    Column("title", "書類", wide=True),
    Column("side", "出した側"),
    Column("on", "日付"),
    Column("state", "状態"),
    Column("pdf", "PDF"),
)
CASE_COLUMNS: Final = (
    Column("name", "都道府県", head=True),
    Column("status", "段階"),
    Column("turn", "つぎに動く側"),
    Column("applied", "申請額", align="end"),
    Column("granted", "交付決定額", align="end"),
    Column("paid", "支払済み", align="end"),
    Column("due", "返還の残り", align="end"),
    Column("fixed", "確定額", align="end"),
)
BALANCE_COLUMNS: Final = (
    Column("account", "勘定科目", head=True),
    Column("debit", "借方合計", align="end"),
    Column("credit", "貸方合計", align="end"),
    Column("balance", "残高（借方−貸方）", align="end"),
)
POSTED_COLUMNS: Final = (
    Column("on", "日付", head=True),
    Column("place", "都道府県"),
    Column("debit", "借方"),
    Column("credit", "貸方"),
    Column("amount", "金額", align="end"),
    Column("part", "事業・区分", wide=True),
)
VERBS: Final = {
    "application": "申請書を作る",
    "withdrawal": "申請を取り下げる",
    "change": "計画の変更を申請する",
    "status": "状況を報告する",
    "payment-request": "支払を請求する",
    "settlement": "実績を報告する",
    "return-notice": "返還を届け出る",
    "disposal-request": "財産処分の承認を申請する",
    "send-back": "補正を求める",
    "rejection": "不交付とする",
    "decision": "交付を決定する",
    "change-approval": "変更を承認する",
    "payment": "支払を通知する",
    "fixing": "額を確定する",
    "cancellation": "交付決定を取り消す",
    "return-receipt": "返還金を受け入れる",
    "disposal-approval": "財産処分を承認する",
}
CODES: Final = {one: rules.CATEGORIES[one] for one in rules.CATEGORIES}


def state_status(state: State) -> Status:
    """The chip of a state."""
    return Status(state.japanese, _COLOURS[state])


def prefecture_name(code: str) -> str:
    """A prefecture's name; the ministry's own rows have none."""
    return "（国）" if code == "00" else prefecture(code).name


def turn_word(found: Opened, on: date) -> str:
    """Who is to act, and whether a day has passed."""
    case = found.case
    word = "—" if case.turn is None else SIDES[case.turn]
    return f"{word}（期限を過ぎました）" if views.late(found, on) else word


class CaseStep(Step):
    """A step of a case: nobody types anything at the one it has reached."""

    @property
    def word(self) -> str:
        """The state in words."""
        return {"done": "完了", "current": "今ここ"}.get(self.state, "これから")


def track(state: State) -> list[CaseStep]:
    """The steps of a case as a line."""
    special = {State.RETURN_DUE, State.RETURN_TOLD, State.DISPOSAL_ASKED}
    at = next(
        (place for place, (_, states) in enumerate(_STAGES) if state in states),
        len(_STAGES) - 1 if state in special else 0,
    )
    return [
        CaseStep(
            label,
            "done"
            if place < at or state is State.CLOSED
            else "current"
            if place == at
            else "waiting",
            current=place == at,
        )
        for place, (label, _) in enumerate(_STAGES)
    ]


def money(label: str, value: int | None) -> Tile:
    """A tile of an amount."""
    return Tile(label, "—") if value is None else Tile(label, f"{value:,}", "円")


def case_tiles(found: Opened, on: date) -> list[Tile]:
    """The amounts on top of a case's page."""
    case = found.case
    tiles = [
        Tile("段階", case.state.japanese),
        Tile("つぎに動く側", turn_word(found, on)),
        money("交付決定額", case.granted),
        money("支払済み", case.paid),
    ]
    return [*tiles, money("返還の残り", case.due)] if case.due else tiles


def case_facts(found: Opened) -> list[Fact]:
    """Further amounts and days of a case."""
    case = found.case
    facts = [Fact("申請額", yen_text(case.plan.amount if case.plan else 0))]
    if case.decided is not None:
        facts.append(Fact("実績報告の期限", date_text(case.decided.settle_by)))
    if case.fixed is not None:
        facts.append(Fact("確定額", yen_text(case.fixed)))
    if case.returned:
        facts.append(Fact("返還済み", yen_text(case.returned)))
    if case.due:
        facts.append(Fact("返還の期限", date_text(case.return_by)))
    return facts


def case_row(found: Opened, href: str, on: date) -> dict[str, Any]:
    """One line of a list of cases."""
    case = found.case
    return {
        "name": prefecture_name(case.prefecture),
        "href": href,
        "status": state_status(case.state),
        "turn": turn_word(found, on),
        "applied": yen_text(case.plan.amount if case.plan else 0),
        "granted": yen_text(case.granted),
        "paid": yen_text(case.paid),
        "due": yen_text(case.due),
        "fixed": "—" if case.fixed is None else yen_text(case.fixed),
    }


def paper_rows(found: Opened, address: str) -> list[dict[str, Any]]:
    """The papers of a file; `address` is where their PDFs are."""
    crossed = {one.paper_id for one in found.file.crossed}
    return [
        {
            "number": row.paper.number,
            "title": row.paper.body.title,
            "side": SIDES[row.paper.side],
            "on": date_text(row.paper.on, short=True),
            "state": Status("行き違い", "yellow", "国の書類と行き違いになり、効力はありません")
            if row.paper_id in crossed
            else Status("有効", "green"),
            "same": row.same,
            "pdf": f"{address}/papers/{row.paper_id}",
        }
        for row in found.in_order
    ]


def asset_rows(found: Opened, on: date) -> list[dict[str, Any]]:
    """Assets with the limits on their disposal."""
    settlement = found.case.settlement
    kinds = rules.disposals(on)
    rows = []
    for one in settlement.assets if settlement else ():
        if one.number in found.case.disposed:
            state = Status("処分を承認", "grey")
        elif is_limited(one, on):
            state = Status("処分に承認が要る", "orange")
        else:
            state = Status("制限なし", "green")
        rows.append(
            {
                "number": one.number,
                "name": one.name,
                "kind": kinds[one.kind].name if one.kind in kinds else one.kind,
                "price": yen_text(one.unit_price),
                "quantity": one.quantity,
                "until": date_text(rules.limited_until(one.kind, one.acquired_on), short=True),
                "state": state,
            }
        )
    return rows


def actions(found: Opened, side: str, address: str) -> list[dict[str, str]]:
    """What this side may do next: the usual deed first, the last resorts last."""
    order = ["cancellation", "withdrawal", "rejection", "send-back"]
    kinds = sorted(
        (kind for kind in NEXT[found.case.state] if KINDS[kind].side == side),
        key=lambda kind: order[::-1].index(kind) + 1 if kind in order else 0,
    )
    return [{"kind": kind, "verb": VERBS[kind], "href": f"{address}/{kind}"} for kind in kinds]


def balance_rows(found: Sequence[Balance]) -> list[dict[str, Any]]:
    """The trial balance, with its totals as last row."""
    return [
        {
            "account": one.account.japanese,
            "debit": yen_text(one.debit),
            "credit": yen_text(one.credit),
            "balance": yen_text(one.balance),
        }
        for one in found
    ]


def balance_foot(found: Sequence[Balance]) -> tuple[str, ...]:
    """The totals: debit and credit are equal."""
    debit = sum(one.debit for one in found)
    credit = sum(one.credit for one in found)
    return ("合計", yen_text(debit), yen_text(credit), yen_text(debit - credit))


def posted_rows(found: Sequence[Posted]) -> list[dict[str, Any]]:
    """The journal."""
    return [
        {
            "on": date_text(one.posted_on, short=True),
            "place": prefecture_name(one.prefecture),
            "debit": one.transfer.debit.japanese,
            "credit": one.transfer.credit.japanese,
            "amount": yen_text(one.transfer.amount),
            "part": "・".join(
                filter(
                    None,
                    (one.transfer.project, rules.CATEGORIES.get(one.transfer.category, "")),
                )
            )
            or "—",
        }
        for one in found
    ]


def call_row(call: Call, on: date) -> dict[str, Any]:
    """One line of a list of calls."""
    is_open = call.opens_on <= on <= call.closes_on
    return {
        "id": call.call_id,
        "number": call.number,
        "name": call.name,
        "year": f"{call.fiscal_year}年度",
        "generation": f"第{call.generation}世代",
        "budget": yen_text(call.budget),
        "closes": date_text(call.closes_on, short=True),
        "open": is_open,
        "status": Status("受付中", "green") if is_open else Status("受付していない", "grey"),
        "text": call.text,
    }


def code_options(on: date) -> list[Option]:
    """Eligible kinds of cost."""
    return [Option(one.code, one.name) for one in rules.categories(on).values() if one.eligible]


def fault_rows(found: Sequence[checks.Fault]) -> list[str]:
    """The messages of faults."""
    return [message for _, message in found]
