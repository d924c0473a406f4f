"""The forms of 一年の仕事: fields by kind of record, what stands in them, and reading them."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, TypeAlias

import msgspec

from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.indicators.model import year_label
from jichitai.evaluation.year.model import (
    TYPES,
    Budget,
    Content,
    Kind,
    Review,
    UseKind,
)
from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.web.components import Option

Faults: TypeAlias = list[tuple[str, str]]
Sort: TypeAlias = Literal["line", "area", "day", "choice", "check", "yen", "ids"]
_DAY: Final = "R8.11.20、2026-11-20 のように"
_IDENTIFIER: Final = re.compile(r"[A-Z0-9][A-Za-z0-9-]{0,39}")
_FIRST, _LAST = date(2015, 1, 1), date(2100, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a form.

    Attributes:
        most: longest text.
        required: whether it must be filled in.
        options: of a choice.
        group: heading that it stands under.
    """

    name: str
    label: str
    sort: Sort = "line"
    hint: str = ""
    most: int = 120
    required: bool = False
    options: tuple[Option, ...] = ()
    group: str = ""


_IDS: Final = Field(
    name="indicators",
    label="関係する指標",
    sort="ids",
    hint="P8-4-04 のような番号を、読点か空白で区切って",
    most=400,
)
_TASK: Final = (
    Field(name="title", label="仕事", required=True),
    Field(name="due_on", label="期日", sort="day", hint=_DAY),
    Field(
        name="place", label="仕事をするページ", hint="/ で始まるこのシステムのアドレス", most=200
    ),
    Field(name="note", label="メモ", sort="area", most=4000),
    Field(name="done_on", label="済んだ日", sort="day", hint="済んだら入れる"),
    Field(name="dropped", label="この年度は行わない（理由をメモに書く）", sort="check"),
)
_REQUEST: Final = (
    Field(
        name="title",
        label="件名",
        hint="メールの件名になります。人の名前や番号は書かないでください",
        required=True,
    ),
    Field(name="office", label="依頼する部署", hint="個人ではなく部署の名前", required=True),
    Field(name="mail", label="メールアドレス", hint="部署のアドレスを1つ", most=200, required=True),
    Field(name="text", label="依頼の内容", sort="area", most=4000, required=True),
    Field(name="due_on", label="回答の期限", sort="day", hint=_DAY, required=True),
    _IDS,
    Field(name="answered_on", label="回答のあった日", sort="day", hint="回答が来たら入れる"),
    Field(
        name="answer",
        label="回答の内容",
        sort="area",
        hint="数値そのものは、出典とともに指標のページで入れます",
        most=4000,
    ),
)
_REVIEW: Final = (
    Field(name="title", label="事業名", required=True),
    Field(
        name="number", label="予算事業ID", hint="RSシステムの番号。まだなければ空のまま", most=200
    ),
    Field(name="office", label="担当部局", most=200),
    Field(name="purpose", label="事業の目的", sort="area", most=4000),
    Field(name="outline", label="現状・課題と事業の概要", sort="area", most=4000),
    _IDS,
    Field(name="check", label="点検結果", sort="area", most=4000),
    Field(name="experts", label="外部有識者の所見", sort="area", most=4000),
    Field(name="team", label="行政事業レビュー推進チームの所見", sort="area", most=4000),
    Field(name="response", label="所見を踏まえた改善点・反映", sort="area", most=4000),
)
_USE: Final = (
    Field(name="title", label="見出し", required=True),
    Field(
        name="use",
        label="使い方",
        sort="choice",
        required=True,
        options=tuple(Option(one.value, one.word) for one in UseKind),
    ),
    Field(name="finding", label="評価で分かったこと", sort="area", most=4000, required=True),
    Field(name="used", label="どう反映したか", sort="area", most=4000, required=True),
    Field(name="on", label="反映した日", sort="day", hint=_DAY),
    Field(name="amount", label="金額（千円）", sort="yen", hint="予算要求と補助金のときだけ"),
    Field(name="document", label="文書の場所", hint="文書の名前やアドレス", most=200),
    _IDS,
)
_FIELDS: Final[Mapping[Kind, tuple[Field, ...]]] = {
    Kind.TASK: _TASK,
    Kind.REQUEST: _REQUEST,
    Kind.REVIEW: _REVIEW,
    Kind.USE: _USE,
}
_BUDGET: Final = {
    "initial": "当初",
    "supplementary": "補正",
    "carried": "繰越し等（減るときは－）",
    "executed": "執行額",
}


def budget_years(fiscal_year: int) -> tuple[int, ...]:
    """The years of a review sheet: two before, the year, and the one that is asked for."""
    return tuple(range(fiscal_year - 2, fiscal_year + 2))


def fields(kind: Kind, fiscal_year: int) -> tuple[Field, ...]:
    """The fields of a kind of record, in the order of the form."""
    found = _FIELDS[kind]
    if kind is not Kind.REVIEW:
        return found
    money = tuple(
        Field(
            name=f"{key}_{year}",
            label=label,
            sort="yen",
            group=f"{year_label(year)}の予算の状況（千円。分からない欄は空のまま）",
        )
        for year in budget_years(fiscal_year)
        for key, label in _BUDGET.items()
    )
    return (*found, *money)


def values(content: Content) -> dict[str, str]:
    """What stands in the form of a record."""
    plain = {key: _text(value) for key, value in msgspec.structs.asdict(content).items()}
    if isinstance(content, Review):
        del plain["budgets"]
        for one in content.budgets:
            for key in _BUDGET:
                plain[f"{key}_{one.fiscal_year}"] = _text(getattr(one, key))
    return plain


def _text(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case tuple():
            return "、".join(str(one) for one in value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def content(
    kind: Kind, form: Mapping[str, str], fiscal_year: int, *, kept: Content | None = None
) -> Content:
    """A filled-in form as a record; what the form does not show stays as it was.

    Raises:
        FaultyEntryError: field by field what is wrong.
    """
    faults: list[tuple[str, str]] = []
    plain: dict[str, Any] = {
        one.name: _read(one, str(form.get(one.name, "")), faults)
        for one in fields(kind, fiscal_year)
    }
    if kind is Kind.REVIEW:
        plain["budgets"] = _budgets(plain, fiscal_year)
    if kept is not None:
        hidden = msgspec.structs.asdict(kept)
        plain |= {key: value for key, value in hidden.items() if key not in plain}
    if faults:
        raise FaultyEntryError(faults)
    known = set(TYPES[kind].__struct_fields__)
    plain = {key: value for key, value in plain.items() if key in known}
    try:
        made: Content = msgspec.convert(
            {"kind": kind.value, **msgspec.to_builtins(plain)}, TYPES[kind]
        )
    except msgspec.ValidationError as refusal:
        name = str(refusal).partition("$.")[2].split("`")[0].split("[")[0]
        raise FaultyEntryError([(name, _refused(kind, fiscal_year, name))]) from None
    return made


def _refused(kind: Kind, fiscal_year: int, name: str) -> str:
    label = next((one.label for one in fields(kind, fiscal_year) if one.name == name), name)
    return f"{label}に使えない文字があるか、形が違います。入れ直してください。"


def _budgets(plain: dict[str, Any], fiscal_year: int) -> tuple[Budget, ...]:
    found = []
    for year in budget_years(fiscal_year):
        parts = {key: plain.pop(f"{key}_{year}") for key in _BUDGET}
        if any(value is not None for value in parts.values()):
            found.append(Budget(fiscal_year=year, **parts))
    return tuple(found)


def _read(one: Field, raw: str, faults: Faults) -> object:
    text = "".join(c for c in raw.replace("\r\n", "\n") if c >= " " or c in "\n\t").strip()
    if one.required and not text:
        faults.append((one.name, f"{one.label}がありません。入れてください。"))
        return None
    if len(text) > one.most:
        faults.append((one.name, f"{one.label}は{one.most:,}文字以内で入れてください。"))
        return None
    return _READERS[one.sort](one, text, faults)


def _line(one: Field, text: str, faults: Faults) -> str:
    del one, faults
    return text.replace("\n", " ").replace("\t", " ")


def _area(one: Field, text: str, faults: Faults) -> str:
    del one, faults
    return text


def _check(one: Field, text: str, faults: Faults) -> bool:
    del one, faults
    return bool(text)


def _choice(one: Field, text: str, faults: Faults) -> str | None:
    if text in {option.value for option in one.options}:
        return text
    faults.append((one.name, f"{one.label}を一覧から選んでください。"))
    return None


def _day(one: Field, text: str, faults: Faults) -> date | None:
    if not text:
        return None
    try:
        found = parse_date(text)
    except InvalidError as refusal:
        faults.append((one.name, f"{one.label}を読み取れません。{refusal.detail}"))
        return None
    if not _FIRST <= found <= _LAST:
        faults.append((one.name, f"{one.label}は2015年から2100年までの日にしてください。"))
        return None
    return found


def _yen(one: Field, text: str, faults: Faults) -> int | None:
    if not text:
        return None
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace("△", "-")
    plain = plain.replace("▲", "-").removesuffix("千円").strip()
    digits = plain.removeprefix("-")
    least = -(10**12) if one.name.startswith("carried") else 0
    if not (digits.isascii() and digits.isdigit()) or not least <= int(plain) <= 10**12:
        faults.append(
            (one.name, f"{one.label}は千円を単位とする整数で入れてください（例：2,940,000）。")
        )
        return None
    return int(plain)


def _ids(one: Field, text: str, faults: Faults) -> Sequence[str]:
    plain = unicodedata.normalize("NFKC", text).replace("、", " ").replace(",", " ")
    found = tuple(dict.fromkeys(plain.split()))
    wrong = [key for key in found if not _IDENTIFIER.fullmatch(key)]
    if wrong or len(found) > 20:
        told = "、".join(key[:20] for key in wrong) or "20個まで"
        faults.append(
            (
                one.name,
                f"{one.label}の番号を読み取れません（{told}）。指標の一覧の番号を入れてください。",
            )
        )
        return ()
    return found


_READERS: Final[Mapping[Sort, Callable[[Field, str, Faults], object]]] = {
    "line": _line,
    "area": _area,
    "day": _day,
    "choice": _choice,
    "check": _check,
    "yen": _yen,
    "ids": _ids,
}
