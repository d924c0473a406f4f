"""Forms of single papers: fields, what they begin with, and back to a paper."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import msgspec

from jichitai.kernel.business_days import next_business_day
from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.security.subsidy import checks, rules
from jichitai.security.subsidy.case import Case, is_limited, payback_hint
from jichitai.security.subsidy.handed_in import MANNERS
from jichitai.security.subsidy.papers import Body
from jichitai.web.components import Option

Typed = Mapping[str, str]
Problems = dict[str, str]
_NARROW: Final = str.maketrans("０１２３４５６７８９，．－", "0123456789,.-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form.

    Attributes:
        name: of the paper's field.
        label: in Japanese.
        sort: what is typed.
        hint: said below the label.
        required: whether it must be filled.
        begin: what stands in it at first.
        options: for a choice.
    """

    name: str
    label: str
    sort: Literal["text", "area", "yen", "date", "choice", "lines", "whole"] = "text"
    hint: str = ""
    required: bool = True
    begin: Callable[[Case, date], object] = lambda case, on: ""
    options: Callable[[Case, date], Sequence[Option]] = lambda case, on: ()


def day_of(typed: Typed, name: str, problems: Problems) -> date | None:
    """A day as it was typed; what is wrong with it goes into the problems."""
    text = typed.get(name, "").strip()
    if not text:
        return None
    try:
        return parse_date(text)
    except InvalidError as refusal:
        problems[name] = refusal.detail
        return None


def whole_of(typed: Typed, name: str, problems: Problems, *, unit: str = "円") -> int:
    """A whole number as it was typed."""
    text = typed.get(name, "").translate(_NARROW).replace(",", "").removesuffix("円").strip() or "0"
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    problems[name] = f"整数ではありません。{unit}の数字だけを入れてください（例 1234）。"
    return 0


def read(kind: str, typed: Typed, problems: Problems) -> Body | None:
    """The paper that typed fields make; None when something is wrong."""
    values: dict[str, Any] = {"kind": kind}
    for field in SIMPLE[kind]:
        values[field.name] = _value(field, typed, problems)
        empty = values[field.name] in ("", None)
        if field.required and empty and field.name not in problems:
            problems[field.name] = f"「{field.label}」がありません。入れてください。"
    if problems:
        return None
    try:
        return msgspec.convert({k: v for k, v in values.items() if v is not None}, Body)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        problems[""] = "入力のどれかが長すぎるか、範囲の外です。文字の数と金額を確かめてください。"
        return None


def _value(field: Field, typed: Typed, problems: Problems) -> Any:
    match field.sort:
        case "yen" | "whole":
            return whole_of(typed, field.name, problems)
        case "date":
            return day_of(typed, field.name, problems)
        case "lines":
            lines = typed.get(field.name, "").splitlines()
            return [line.strip()[:300] for line in lines if line.strip()][:30]
        case _:
            return typed.get(field.name, "").strip()


def fill(kind: str, case: Case, on: date) -> dict[str, str]:
    """What the fields begin with."""
    return {field.name: str(field.begin(case, on)) for field in SIMPLE[kind]}


def _base(case: Case, on: date) -> int:
    plan = case.proposed or case.plan
    return checks.base_of(plan, on) if plan else 0


def _grant(case: Case, on: date) -> int:
    return rules.rates(on).grant(_base(case, on))


def _later(days: int) -> Callable[[Case, date], object]:
    return lambda case, on: next_business_day(date.fromordinal(on.toordinal() + days))


def _settle_by(case: Case, on: date) -> object:
    """The tenth of April after the plan ends: customary, and to be checked."""
    ends = max((one.ends_on for one in case.plan.projects), default=on) if case.plan else on
    return date(ends.year + (ends.month >= 4), 4, 10)


def _fixed(case: Case, on: date) -> int:
    del on
    return case.settlement.total_grant if case.settlement else 0


def _assets(case: Case, on: date) -> Sequence[Option]:
    assets = case.settlement.assets if case.settlement else ()
    limited = [one for one in assets if is_limited(one, on) and one.number not in case.disposed]
    return [Option(str(one.number), f"{one.number}番　{one.name}") for one in limited]


def _payback(case: Case, on: date) -> int:
    asset = case.asset(case.disposal.asset) if case.disposal else None
    return min(payback_hint(asset, on), case.kept) if asset else 0


_REASON: Final = Field(name="reason", label="理由", sort="area")
SIMPLE: Final[Mapping[str, tuple[Field, ...]]] = {
    "withdrawal": (_REASON,),
    "send-back": (Field(name="reason", label="直してほしいところと理由", sort="area"),),
    "rejection": (_REASON,),
    "payment-request": (
        Field(name="amount", label="請求額（円）", sort="yen", begin=lambda case, on: case.payable),
        Field(name="reason", label="概算払が要る理由など", required=False),
    ),
    "return-notice": (
        Field(name="amount", label="返還額（円）", sort="yen", begin=lambda case, on: case.due),
        Field(name="surcharge", label="加算金・延滞金（円）", sort="yen", begin=lambda case, on: 0),
        Field(name="paid_on", label="納めた日", sort="date", begin=lambda case, on: on),
        Field(name="slip", label="納付書の番号", required=False),
    ),
    "disposal-request": (
        Field(name="asset", label="財産", sort="choice", options=_assets),
        Field(
            name="manner",
            label="処分の方法",
            sort="choice",
            options=lambda case, on: [Option(*one) for one in MANNERS.items()],
        ),
        Field(name="planned_on", label="処分の予定日", sort="date"),
        _REASON,
        Field(name="proceeds", label="処分による収入（円）", sort="yen", begin=lambda case, on: 0),
    ),
    "decision": (
        Field(name="amount", label="交付決定額（円）", sort="yen", begin=_grant),
        Field(name="base", label="補助対象経費（円）", sort="yen", begin=_base),
        Field(
            name="conditions",
            label="交付の条件（一行に一つ）",
            sort="lines",
            required=False,
            begin=lambda case, on: _CONDITIONS,
        ),
        Field(
            name="withdraw_until",
            label="取下げができる日",
            sort="date",
            hint="第9条の「定める期日」",
            begin=_later(20),
        ),
        Field(
            name="settle_by",
            label="実績報告の期限",
            sort="date",
            hint="交付要綱で確かめてください",
            begin=_settle_by,
        ),
    ),
    "change-approval": (
        Field(name="amount", label="変更後の交付決定額（円）", sort="yen", begin=_grant),
        Field(name="base", label="補助対象経費（円）", sort="yen", begin=_base),
        Field(name="note", label="備考", required=False),
    ),
    "payment": (
        Field(
            name="amount",
            label="支払額（円）",
            sort="yen",
            begin=lambda case, on: case.asked.amount if case.asked else 0,
        ),
        Field(name="paid_on", label="支払日", sort="date", begin=lambda case, on: on),
        Field(name="reference", label="整理番号", required=False),
    ),
    "fixing": (
        Field(name="amount", label="確定額（円）", sort="yen", begin=_fixed),
        Field(
            name="return_due",
            label="返還額（円）",
            sort="yen",
            hint="支払済みの額から確定額を引いた額（0円未満なら0円）",
            begin=lambda case, on: max(case.paid - _fixed(case, on), 0),
        ),
        Field(
            name="return_by",
            label="返還の期限",
            sort="date",
            required=False,
            hint="返還額があるときに入れます",
            begin=lambda case, on: _later(20)(case, on) if case.paid > _fixed(case, on) else "",
        ),
    ),
    "cancellation": (
        Field(name="reason", label="取消しの理由", sort="area"),
        Field(
            name="return_due", label="返還額（円）", sort="yen", begin=lambda case, on: case.kept
        ),
        Field(
            name="return_by",
            label="返還の期限",
            sort="date",
            required=False,
            begin=lambda case, on: _later(20)(case, on) if case.kept else "",
        ),
    ),
    "return-receipt": (
        Field(
            name="amount",
            label="受け入れた額（円）",
            sort="yen",
            begin=lambda case, on: case.told.amount if case.told else 0,
        ),
        Field(
            name="surcharge",
            label="加算金・延滞金（円）",
            sort="yen",
            begin=lambda case, on: case.told.surcharge if case.told else 0,
        ),
        Field(name="received_on", label="受け入れた日", sort="date", begin=lambda case, on: on),
    ),
    "disposal-approval": (
        Field(
            name="asset",
            label="財産の番号",
            sort="whole",
            begin=lambda case, on: case.disposal.asset if case.disposal else "",
        ),
        Field(
            name="payback",
            label="納付額（円）",
            sort="yen",
            hint="残りの期間の割合で計算した目安が入っています",
            begin=_payback,
        ),
        Field(name="pay_by", label="納付の期限", sort="date", required=False, begin=_later(20)),
        Field(name="conditions", label="条件", required=False),
    ),
}
"""Fields of the kinds of paper that need no draft."""

_CONDITIONS: Final = (
    "標準要件の必須の機能をすべて備えること。\n"
    "事業の内容か経費の配分を変えるときは、あらかじめ承認を受けること。\n"
    "契約と支払を事業と経費の区分ごとに分けて記録し、証拠書類を保存すること。"
)
