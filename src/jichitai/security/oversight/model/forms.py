"""調査票: the questions of a survey as data, and the check of answers against them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.security.oversight.errors import BadAnswerError, BadFormError

Kind = Literal["choice", "yesno", "int", "date", "text"]

KINDS: Final[Mapping[str, str]] = {
    "choice": "選択",
    "yesno": "はい・いいえ",
    "int": "数",
    "date": "日付",
    "text": "文章",
}
YES_NO: Final = ("はい", "いいえ")
LONGEST_ANSWER: Final = 400
_WHOLE = re.compile(r"-?\d{1,15}")
_NARROW = str.maketrans("０１２３４５６７８９－，．", "0123456789-,.")


_PLAIN = r"^[^\x00]*$"
"""No NUL: the database keeps none."""


class Question(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """設問: one thing asked.

    Attributes:
        key: its name in data.
        label: what is asked.
        kind: the kind of the answer.
        choices: the answers that can be chosen.
        required: whether it must be answered.
        hint: how to answer.
        published: whether each body's answer may be published; texts never are by default.
    """

    key: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    label: Annotated[str, Meta(min_length=1, max_length=200, pattern=_PLAIN)]
    kind: Kind = "text"
    choices: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=100, pattern=_PLAIN)], ...],
        Meta(max_length=40),
    ] = ()
    required: bool = False
    hint: Annotated[str, Meta(max_length=400, pattern=_PLAIN)] = ""
    published: bool = False

    @property
    def offered(self) -> tuple[str, ...]:
        """The answers to choose from; none when anything may be written."""
        return YES_NO if self.kind == "yesno" else self.choices if self.kind == "choice" else ()


class Form(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """調査票: its questions in order, and what stands above them."""

    questions: Annotated[tuple[Question, ...], Meta(max_length=100)]
    note: Annotated[str, Meta(max_length=2000, pattern=_PLAIN)] = ""


_decode = msgspec.json.Decoder(Form).decode


def form_of(text: str | bytes) -> Form:
    """Read a form.

    Raises:
        BadFormError: not a form, or one that cannot be asked.

    Source: none; form of this project.
    """
    try:
        return checked(_decode(text))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadFormError(
            "調査票を読み取れません。設問ごとに key、label、kind を持つ形で作り直してください。"
        ) from None


def written(form: Form) -> str:
    """A form as text, as messages and the database keep it.

    Source: none; form of this project.
    """
    return msgspec.json.encode(form).decode()


def checked(form: Form) -> Form:
    """A form that can be asked.

    Raises:
        BadFormError: no question, a key or label twice, a choice without choices.

    Source: none; form of this project.
    """
    keys = [one.key for one in form.questions]
    labels = [one.label for one in form.questions]
    if not keys:
        raise BadFormError("設問が1つもありません。設問を足してください。")
    for what, values in (("番号", keys), ("文", labels)):
        twice = sorted({one for one in values if values.count(one) > 1})
        if twice:
            raise BadFormError(
                f"設問の{what}「{twice[0]}」が二つあります。回答がどちらのものか決められません。"
                "片方を変えてください。"
            )
    for one in form.questions:
        if one.kind == "choice" and len(set(one.choices)) < 2:
            raise BadFormError(
                f"「{one.label}」は選択の設問ですが、選択肢が2つ以上ありません。選択肢を足してください。"
            )
    return form


def clean(form: Form, answers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Answers in their plain form, and what is wrong with the others, by key.

    Numbers lose commas and full width, dates become ISO; empty answers are left out.

    Args:
        form: what was asked.
        answers: as they were typed or read; keys that were not asked are faults.

    Source: none; form of this project.
    """
    good: dict[str, str] = {}
    wrong: dict[str, str] = {}
    asked = {one.key: one for one in form.questions}
    for key in answers:
        if key not in asked:
            wrong[key] = "この設問は調査票にありません。調査票を取り直してください。"
    for key, question in asked.items():
        text = str(answers.get(key, "")).strip()
        if not text:
            if question.required:
                wrong[key] = (
                    f"「{question.label}」が空です。必ず答える設問です。答えを入れてください。"
                )
            continue
        try:
            good[key] = _value(question, text)
        except InvalidError as refusal:
            wrong[key] = refusal.detail
    return good, wrong


def _value(question: Question, text: str) -> str:
    if len(text) > LONGEST_ANSWER:
        raise BadAnswerError(
            f"「{question.label}」が{len(text)}文字あります。{LONGEST_ANSWER}文字までにしてください。"
        )
    if question.offered:
        if text not in question.offered:
            offered = "、".join(question.offered[:12])
            raise BadAnswerError(
                f"「{text[:40]}」は「{question.label}」の選択肢にありません。次から選んでください：{offered}"
            )
        return text
    if question.kind == "int":
        plain = text.translate(_NARROW).replace(",", "")
        if _WHOLE.fullmatch(plain) is None:
            raise BadAnswerError(
                f"「{question.label}」は整数で答える設問です。「{text[:40]}」を 1234 のような整数に"
                "直してください。"
            )
        return str(int(plain))
    return parse_date(text).isoformat() if question.kind == "date" else text


def must_fit(form: Form, answers: Mapping[str, str]) -> dict[str, str]:
    """Answers that all fit.

    Raises:
        BadAnswerError: with every fault by key.

    Source: none; form of this project.
    """
    good, wrong = clean(form, answers)
    if wrong:
        first = next(iter(wrong.values()))
        raise BadAnswerError(
            f"回答に{len(wrong)}件の誤りがあるため、受け付けていません。{first}", faults=wrong
        )
    return good


class Tally(Struct, frozen=True, kw_only=True):
    """集計: one question over the bodies that answered it.

    Attributes:
        key: which question.
        label: its text.
        kind: its kind.
        answered: bodies that answered it.
        counts: answers by choice.
        total: sum of the numbers.
    """

    key: str
    label: str
    kind: str
    answered: int
    counts: dict[str, int]
    total: int | None


def tally(form: Form, answers: Iterable[Mapping[str, str]]) -> list[Tally]:
    """Count the answers of a round, question by question; texts are only counted as answered.

    Source: none; form of this project.
    """
    given: Sequence[Mapping[str, str]] = list(answers)
    found = []
    for one in form.questions:
        values = [answer[one.key] for answer in given if one.key in answer]
        found.append(
            Tally(
                key=one.key,
                label=one.label,
                kind=one.kind,
                answered=len(values),
                counts={choice: values.count(choice) for choice in one.offered},
                total=sum(map(int, values)) if one.kind == "int" else None,
            )
        )
    return found
