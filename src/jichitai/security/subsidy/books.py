"""Books and cost lines as spreadsheets, out and in."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

import msgspec
from anyio import to_thread

from jichitai.infra.documents import sheets
from jichitai.infra.documents.sheets import Column, Fault, Sheet, Value
from jichitai.kernel.municipalities import prefectures
from jichitai.security.subsidy import rules
from jichitai.security.subsidy.ledger import Balance, Posted
from jichitai.security.subsidy.parts import CostLine

LINES: Final = "経費"
_BALANCES: Final = (
    Column(key="account", label="勘定科目", width=28),
    Column(key="debit", label="借方合計", kind="yen", width=20),
    Column(key="credit", label="貸方合計", kind="yen", width=20),
    Column(key="balance", label="残高（借方−貸方）", kind="yen", width=20),
)
_POSTED: Final = (
    Column(key="on", label="日付", kind="date"),
    Column(key="prefecture", label="都道府県", width=12),
    Column(key="debit", label="借方", width=24),
    Column(key="credit", label="貸方", width=24),
    Column(key="amount", label="金額", kind="yen", width=18),
    Column(key="project", label="事業", width=10),
    Column(key="category", label="区分", width=24),
    Column(key="case_id", label="案件", width=38),
    Column(key="paper_id", label="書類", width=38),
)


async def ledger_workbook(rows: Sequence[Balance], moved: Sequence[Posted]) -> bytes:
    """Trial balance and journal."""
    return await to_thread.run_sync(partial(_ledger, rows, moved))


def _ledger(rows: Sequence[Balance], moved: Sequence[Posted]) -> bytes:
    names = {one.prefecture_code: one.name for one in prefectures()}
    lines: list[Mapping[str, Value]] = [
        {
            "account": row.account.japanese,
            "debit": row.debit,
            "credit": row.credit,
            "balance": row.balance,
        }
        for row in rows
    ]
    lines.append(
        {
            "account": "合計",
            "debit": sum(row.debit for row in rows),
            "credit": sum(row.credit for row in rows),
            "balance": sum(row.balance for row in rows),
        }
    )
    trial = Sheet(
        name="合計残高試算表",
        columns=_BALANCES,
        rows=lines,
        notes=("単位：円。借方と貸方の合計は等しく、残高の合計は0円です。",),
    )
    journal = Sheet(
        name="仕訳帳",
        columns=_POSTED,
        rows=[
            {
                "on": one.posted_on,
                "prefecture": names.get(one.prefecture, "（国）"),
                "debit": one.transfer.debit.japanese,
                "credit": one.transfer.credit.japanese,
                "amount": one.transfer.amount,
                "project": one.transfer.project,
                "category": rules.CATEGORIES.get(one.transfer.category, ""),
                "case_id": str(one.case_id),
                "paper_id": str(one.paper_id),
            }
            for one in moved
        ],
    )
    return sheets.workbook([trial, journal], title="補助金の帳簿")


def line_columns(on: date) -> tuple[Column, ...]:
    """The layout of cost lines."""
    names = tuple(one.name for one in rules.categories(on).values() if one.eligible)
    return (
        Column(key="number", label="番号", kind="int", width=8, required=True),
        Column(key="project", label="事業の記号", width=12, required=True),
        Column(key="code", label="区分", width=24, choices=names, required=True),
        Column(key="item", label="内容", width=40, required=True),
        Column(key="quantity", label="数量", kind="int", width=10, required=True),
        Column(key="unit_price", label="単価（円）", kind="yen", width=18, required=True),
        Column(key="licence_from", label="ライセンスの始まり", kind="date", width=18),
        Column(key="licence_until", label="ライセンスの終わり", kind="date", width=18),
    )


async def lines_workbook(lines: Sequence[CostLine], on: date) -> bytes:
    """Cost lines to be filled in."""
    known = rules.categories(on)
    rows = [
        {
            "number": one.number,
            "project": one.project,
            "code": known[one.code].name if one.code in known else one.code,
            "item": one.item,
            "quantity": one.quantity,
            "unit_price": one.unit_price,
            "licence_from": one.licence_from,
            "licence_until": one.licence_until,
        }
        for one in lines
    ]
    sheet = Sheet(
        name=LINES,
        columns=line_columns(on),
        rows=rows,
        notes=("金額は数量×単価で計算します。ライセンスの行には期間を入れてください。",),
    )
    return await to_thread.run_sync(partial(sheets.workbook, [sheet], title="経費の行"))


async def read_lines(data: bytes, on: date) -> tuple[tuple[CostLine, ...], list[Fault]]:
    """Cost lines of a file that came in, and what is wrong with its cells.

    Raises:
        WorkbookRefusedError: it is no such file at all.
    """
    reading = partial(sheets.read, data, sheet=LINES, columns=line_columns(on))
    table = await to_thread.run_sync(reading)
    codes = {one.name: one.code for one in rules.categories(on).values()}
    lines, faults = [], list(table.faults)
    if not faults:
        for row in table.rows[:1000]:
            line = _line(row.values, codes)
            if isinstance(line, str):
                faults.append(Fault(f"{row.number}行", "", line, "値を直してください"))
            else:
                lines.append(line)
    return tuple(lines), faults


def _line(values: Mapping[str, Value], codes: Mapping[str, str]) -> CostLine | str:
    row: dict[str, Value] = dict(values)
    row["code"] = codes.get(str(row["code"]), "")
    row["amount"] = int(str(row["quantity"])) * int(str(row["unit_price"]))
    try:
        return msgspec.convert(row, CostLine)
    except msgspec.ValidationError:
        return (
            "番号（1から9999）、事業の記号（英大文字と数字で8字まで）、数量、単価のどれかが"
            "範囲の外です"
        )
