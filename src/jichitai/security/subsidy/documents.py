"""The papers as PDF: one layout for all kinds, made from the paper alone, so always the same bytes."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from anyio import to_thread

from jichitai.infra.documents import pdf
from jichitai.kernel.dates import wareki
from jichitai.kernel.municipalities import prefecture
from jichitai.security.cloud import catalogue
from jichitai.security.subsidy import checks, rules
from jichitai.security.subsidy.handed_in import (
    MANNERS,
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
from jichitai.security.subsidy.papers import Body, Paper
from jichitai.security.subsidy.parts import CostLine

FOLDER: Final = Path(__file__).resolve().parent / "typst"
FORM_NOTE: Final = "様式は本ソフトウェアのものです。交付要綱の様式は確認できていません。"
MINISTER: Final = "総務大臣"
Block = Mapping[str, Any]


async def document_of(paper: Paper) -> tuple[bytes, str]:
    """The PDF of a paper, and its SHA-256.

    Raises:
        UndrawableTextError: a character has no shape in the font.
    """
    made = await to_thread.run_sync(
        partial(pdf.typeset, "paper.typ", data_of(paper), folder=FOLDER)
    )
    return made, sha256(made).hexdigest()


def data_of(paper: Paper) -> dict[str, Any]:
    """What the template prints."""
    governor = f"{prefecture(paper.prefecture).name}知事"
    ours = paper.side == "prefecture"
    return {
        "title": paper.body.title,
        "office": governor if ours else MINISTER,
        "addressee": f"{MINISTER if ours else governor}　殿",
        "number": paper.number,
        "date": wareki(paper.on),
        "basis": f"根拠：{paper.body.basis}",
        "note": FORM_NOTE,
        "paper": str(paper.paper_id),
        "follows": paper.after[:16] or "なし",
        "blocks": blocks_of(paper.body, paper.on),
    }


def blocks_of(body: Body, on: date) -> list[Block]:  # noqa: C901 - one line for each kind
    """The content of a paper as blocks; pages show the same."""
    match body:
        case Application():
            return _application(body, on)
        case ChangeRequest():
            return [_text("変更の理由", body.reason), *_application(body.plan, on)]
        case Settlement():
            return _settlement(body, on)
        case StatusReport():
            return _status(body)
        case Withdrawal() | Rejection() | SendBack():
            return [_text("理由", body.reason)]
        case PaymentRequest():
            return [_facts(("請求額", _yen(body.amount)), ("理由", body.reason))]
        case Payment():
            return [
                _facts(
                    ("支払額", _yen(body.amount)),
                    ("支払日", wareki(body.paid_on)),
                    ("整理番号", body.reference),
                )
            ]
        case ReturnNotice():
            return [
                _facts(
                    ("返還額", _yen(body.amount)),
                    ("加算金・延滞金", _yen(body.surcharge)),
                    ("納めた日", wareki(body.paid_on)),
                    ("納付書の番号", body.slip),
                )
            ]
        case ReturnReceipt():
            return [
                _facts(
                    ("受け入れた額", _yen(body.amount)),
                    ("加算金・延滞金", _yen(body.surcharge)),
                    ("受け入れた日", wareki(body.received_on)),
                )
            ]
        case DisposalRequest():
            return _disposal(body)
        case _:
            return _decisions(body)


def _decisions(body: Body) -> list[Block]:
    match body:
        case Decision():
            return [
                _facts(
                    ("交付決定額", _yen(body.amount)),
                    ("補助対象経費", _yen(body.base)),
                    ("取下げができる日", f"{wareki(body.withdraw_until)}まで"),
                    ("実績報告の期限", wareki(body.settle_by)),
                ),
                _table("交付の条件", [("条件", 1, False)], [[one] for one in body.conditions]),
            ]
        case ChangeApproval():
            return [
                _facts(
                    ("変更後の交付決定額", _yen(body.amount)),
                    ("補助対象経費", _yen(body.base)),
                    ("備考", body.note),
                )
            ]
        case Fixing():
            return [
                _facts(
                    ("確定額", _yen(body.amount)),
                    ("返還額", _yen(body.return_due)),
                    ("返還の期限", _day(body.return_by)),
                )
            ]
        case Cancellation():
            return [
                _text("取消しの理由", body.reason),
                _facts(("返還額", _yen(body.return_due)), ("返還の期限", _day(body.return_by))),
            ]
        case DisposalApproval():
            return [
                _facts(
                    ("財産の番号", str(body.asset)),
                    ("納付額", _yen(body.payback)),
                    ("納付の期限", _day(body.pay_by)),
                    ("条件", body.conditions),
                )
            ]
    return []


def _application(body: Application, on: date) -> list[Block]:
    named = {one.code: one.name for one in catalogue.functions(on)}
    return [
        _facts(
            ("年度", f"{body.fiscal_year}年度"),
            ("目的", body.purpose),
            ("セキュリティクラウド", f"第{body.generation}世代"),
            ("経費の合計", _yen(sum(line.amount for line in body.lines))),
            ("その他の収入", _yen(body.other_income)),
            ("補助対象経費", _yen(checks.base_of(body, on))),
            ("交付申請額", _yen(body.amount)),
            ("更新が完了する日", _day(body.renewal_ends_on)),
        ),
        _table(
            "事業",
            [("記号", 0, False), ("事業", 2, False), ("始まり", 1, False), ("終わり", 1, False)],
            [
                [one.key, one.name, wareki(one.starts_on), wareki(one.ends_on)]
                for one in body.projects
            ],
        ),
        _table("経費", _LINES, [_line(line, on) for line in body.lines]),
        _facts(
            ("今の形", "オンプレミス" if body.was_on_premises else "オンプレミスではない"),
            ("引き続き必要か", "必要" if body.must_stay else "必要ではない"),
            ("理由", body.hardware_reason),
            head="ハードウェア・ソフトウェアの条件",
        ),
        _text("備える機能", "、".join(named.get(code, code) for code in body.functions)),
    ]


_LINES: Final = (
    ("番号", 0, True),
    ("事業", 0, False),
    ("区分", 2, False),
    ("内容", 3, False),
    ("数量", 0, True),
    ("単価（円）", 2, True),
    ("金額（円）", 2, True),
)


def _line(line: CostLine, on: date) -> list[str]:
    item = line.item
    if line.licence_from and line.licence_until:
        item += f"（{wareki(line.licence_from)}から{wareki(line.licence_until)}まで）"
    return [
        str(line.number),
        line.project,
        code_name(line.code, on),
        item,
        f"{line.quantity:,}",
        f"{line.unit_price:,}",
        f"{line.amount:,}",
    ]


def code_name(code: str, on: date) -> str:
    """The name of a kind of cost."""
    found = rules.categories(on).get(code)
    return found.name if found else code


def _settlement(body: Settlement, on: date) -> list[Block]:
    return [
        _facts(
            ("完了した日", wareki(body.finished_on)),
            ("経費の合計", _yen(body.total_cost)),
            ("その他の収入", _yen(body.other_income)),
            ("補助金の合計", _yen(body.total_grant)),
            ("成果", body.result),
        ),
        _table(
            "事業と経費の区分ごとの内訳",
            [
                ("事業", 1, False),
                ("区分", 3, False),
                ("経費（円）", 2, True),
                ("補助金（円）", 2, True),
            ],
            [
                [one.project, rules.CATEGORIES[one.category], f"{one.cost:,}", f"{one.grant:,}"]
                for one in body.splits
                if one.category in rules.CATEGORIES
            ],
        ),
        _table(
            "契約と支払",
            [
                ("番号", 0, True),
                ("事業", 0, False),
                ("区分・内容", 3, False),
                ("契約先", 2, False),
                ("契約日", 2, False),
                ("契約額（円）", 2, True),
                ("支払額（円）", 2, True),
                ("支払日", 2, False),
            ],
            [
                [
                    str(one.number),
                    one.project,
                    f"{code_name(one.code, on)}　{one.item}",
                    one.contractor,
                    _short(one.contracted_on),
                    f"{one.contract_amount:,}",
                    f"{one.paid:,}",
                    _short(one.paid_on),
                ]
                for one in body.lines
            ],
        ),
        _assets(body),
    ]


def _assets(body: Settlement) -> Block:
    rows = []
    for one in body.assets:
        kind = rules.disposals(one.acquired_on).get(one.kind)
        until = rules.limited_until(one.kind, one.acquired_on) if kind else None
        dear = one.unit_price >= rules.rates(one.acquired_on).threshold
        rows.append(
            [
                str(one.number),
                one.name,
                kind.name if kind else one.kind,
                f"{one.quantity:,}",
                f"{one.unit_price:,}",
                _short(one.acquired_on),
                f"{_short(until)}まで" if dear and until else "なし",
            ]
        )
    columns = [
        ("番号", 0, True),
        ("財産", 2, False),
        ("種類", 2, False),
        ("数量", 0, True),
        ("単価（円）", 2, True),
        ("取得した日", 2, False),
        ("処分の制限", 2, False),
    ]
    return _table("取得した財産", columns, rows)


def _status(body: StatusReport) -> list[Block]:
    rows = [[one.project, f"{one.percent} %", f"{one.spent:,}", one.note] for one in body.projects]
    columns = [
        ("事業", 1, False),
        ("進み具合", 1, True),
        ("支出済み（円）", 2, True),
        ("備考", 4, False),
    ]
    return [
        _facts(("いつの状況か", wareki(body.as_of)), ("見通し", body.outlook)),
        _table("事業ごとの状況", columns, rows),
    ]


def _disposal(body: DisposalRequest) -> list[Block]:
    return [
        _facts(
            ("財産の番号", str(body.asset)),
            ("処分の方法", MANNERS[body.manner]),
            ("処分の予定日", wareki(body.planned_on)),
            ("処分による収入", _yen(body.proceeds)),
            ("理由", body.reason),
        )
    ]


def _yen(value: int) -> str:
    return f"{value:,}円"


def _short(value: date) -> str:
    """A day for narrow columns.

    >>> _short(date(2026, 11, 1))
    '令8.11.1'
    """
    era, rest = wareki(value).split("年", 1)
    month, day = rest.rstrip("日").split("月")
    return f"{era[0]}{era[2:]}.{month}.{day}"


def _day(value: date | None) -> str:
    return wareki(value) if value else "—"


def _text(head: str, text: str) -> Block:
    return {"sort": "text", "head": head, "text": text or "—"}


def _facts(*pairs: tuple[str, str], head: str = "") -> Block:
    return {"sort": "facts", "head": head, "pairs": [[key, value or "—"] for key, value in pairs]}


def _table(
    head: str, columns: Sequence[tuple[str, int, bool]], rows: Sequence[Sequence[str]]
) -> Block:
    heads = [{"label": label, "width": width, "end": end} for label, width, end in columns]
    return {"sort": "table", "head": head, "columns": heads, "rows": rows}
