"""What an officer keeps over a year: own tasks, requests for data, review sheets, use of results."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from jichitai.evaluation.year.calendar import Usual, usual

Line = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Short = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Text = Annotated[str, Meta(max_length=4000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*\Z")]
Place = Annotated[str, Meta(max_length=200, pattern=r"^(/[A-Za-z0-9/_.?=&%-]*)?\Z")]
Money = Annotated[int, Meta(ge=0, le=10**12)]
FiscalYear = Annotated[int, Meta(ge=2015, le=2099)]
IndicatorIds = Annotated[
    tuple[Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Za-z0-9-]{0,39}\Z")], ...], Meta(max_length=20)
]


class Task(Struct, frozen=True, kw_only=True, tag_field="kind", tag="task"):
    """仕事: one of the calendar that was dealt with, or one of the officer's own.

    Attributes:
        calendar_key: the line of the calendar, or empty.
        due_on: the last day.
        place: where in this system it is done.
        done_on: when it was finished.
        dropped: it is not to be done this year; `note` says why.
    """

    title: Line
    note: Text = ""
    calendar_key: Short = ""
    due_on: date | None = None
    place: Place = ""
    done_on: date | None = None
    dropped: bool = False


class Request(Struct, frozen=True, kw_only=True, tag_field="kind", tag="request"):
    """データの依頼: an office outside of this system is asked for figures by letter.

    Attributes:
        office: who is asked; an office, not a person.
        mail: its address.
        text: what is asked.
        indicators: which indicators the answer is for.
        answered_on: when it came.
        answer: what came, in short; the figure itself is entered at the indicator.
    """

    title: Line
    office: Line
    mail: Short
    text: Annotated[Text, Meta(min_length=1)]
    due_on: date
    indicators: IndicatorIds = ()
    answered_on: date | None = None
    answer: Text = ""


class Budget(Struct, frozen=True, kw_only=True):
    """予算の状況 of one fiscal year in thousands of yen; None where it is not known."""

    fiscal_year: FiscalYear
    initial: Money | None = None
    supplementary: Money | None = None
    carried: Annotated[int, Meta(ge=-(10**12), le=10**12)] | None = None
    executed: Money | None = None

    @property
    def total(self) -> int | None:
        """当初 + 補正 + 繰越し等; None as long as the first is not known."""
        if self.initial is None:
            return None
        return self.initial + (self.supplementary or 0) + (self.carried or 0)


class Review(Struct, frozen=True, kw_only=True, tag_field="kind", tag="review"):
    """行政事業レビューシート: one project, what it cost and what came of it.

    Attributes:
        number: 予算事業ID of the RS system, or empty.
        section: key of the policy's section.
        check: 点検結果 of the office itself.
        experts: 外部有識者の所見.
        team: 行政事業レビュー推進チームの所見.
        response: 所見を踏まえた改善点・反映.
    """

    title: Line
    number: Short = ""
    office: Short = ""
    section: Short = ""
    purpose: Text = ""
    outline: Text = ""
    budgets: Annotated[tuple[Budget, ...], Meta(max_length=8)] = ()
    indicators: IndicatorIds = ()
    check: Text = ""
    experts: Text = ""
    team: Text = ""
    response: Text = ""


class UseKind(StrEnum):
    """How a result was used."""

    BUDGET = "budget"
    STAFF = "staff"
    LAW = "law"
    GUIDELINE = "guideline"
    SUBSIDY = "subsidy"
    SURVEY = "survey"
    OTHER = "other"

    @property
    def word(self) -> str:
        """In words."""
        return {
            "budget": "予算要求",
            "staff": "機構・定員要求",
            "law": "制度の見直し",
            "guideline": "ガイドライン・指針の改定",
            "subsidy": "補助金・財政措置",
            "survey": "調査・指標の見直し",
            "other": "その他",
        }[self]


class Use(Struct, frozen=True, kw_only=True, tag_field="kind", tag="use"):
    """評価結果の反映: what was found, and what was done with it.

    Attributes:
        finding: what the evaluation found.
        used: what was done.
        document: where it can be read, or empty.
        on: when.
        amount: in thousands of yen, where it is about money.

    Source: 政策評価法 第11条, 第19条.
    """

    title: Line
    use: UseKind
    finding: Annotated[Text, Meta(min_length=1)]
    used: Annotated[Text, Meta(min_length=1)]
    document: Short = ""
    on: date | None = None
    amount: Money | None = None
    indicators: IndicatorIds = ()


Content = Task | Request | Review | Use


class Kind(StrEnum):
    """Which of the four a record is."""

    TASK = "task"
    REQUEST = "request"
    REVIEW = "review"
    USE = "use"

    @property
    def word(self) -> str:
        """In words."""
        return {
            "task": "仕事",
            "request": "データの依頼",
            "review": "行政事業レビュー",
            "use": "評価結果の反映",
        }[self]


TYPES: Final[dict[Kind, type[Task] | type[Request] | type[Review] | type[Use]]] = {
    Kind.TASK: Task,
    Kind.REQUEST: Request,
    Kind.REVIEW: Review,
    Kind.USE: Use,
}


def kind_of(content: Content) -> Kind:
    """Which of the four it is.

    Source: none; a look-up.
    """
    return next(kind for kind, sort in TYPES.items() if isinstance(content, sort))


def faults(content: Content) -> list[tuple[str, str]]:
    """What is wrong with a record, field by field.

    Source: none; rules of this project.
    """
    found: list[tuple[str, str]] = []
    match content:
        case Task():
            if content.calendar_key and _usual(content.calendar_key) is None:
                found.append(
                    ("calendar_key", "年間の予定にない仕事です。一覧から選び直してください。")
                )
            if content.dropped and not content.note.strip():
                found.append(
                    (
                        "note",
                        "行わない理由がありません。後の年に同じ判断ができるよう、理由を書いてください。",
                    )
                )
        case Request():
            if content.answered_on is None and content.answer.strip():
                found.append(
                    (
                        "answered_on",
                        "回答の内容だけがあり、回答の日がありません。回答のあった日を入れてください。",
                    )
                )
        case Review():
            found += _budget_faults(content.budgets)
        case Use():
            if content.amount is not None and content.use not in (UseKind.BUDGET, UseKind.SUBSIDY):
                found.append(("amount", "金額は、予算要求と補助金のときだけ入れてください。"))
    return found


def _budget_faults(budgets: tuple[Budget, ...]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    years = [one.fiscal_year for one in budgets]
    if len(years) != len(set(years)):
        found.append(("budgets", "同じ年度の予算が二つあります。一つにまとめてください。"))
    for one in budgets:
        if one.executed is not None and one.total is not None and one.executed > one.total:
            text = (
                f"{one.fiscal_year}年度の執行額が予算の計を超えています。"
                "繰越しや補正が抜けていないか確かめてください。"
            )
            found.append((f"executed_{one.fiscal_year}", text))
    return found


def _usual(key: str) -> Usual | None:
    return next((one for one in usual() if one.key == key), None)
