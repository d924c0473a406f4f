"""The interview: questions, which of them are asked, and what the answers say.

Source: 地方自治法 第244条の6; ガイドライン 第2編 (目次).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

from jichitai.kernel.bodies import Body, BodyKind
from jichitai.kernel.dates import InvalidDateError, parse_date
from jichitai.security.organs import Organ
from jichitai.security.policy.errors import BadAnswerError

Answer: TypeAlias = str | int | list[str]
Answers: TypeAlias = Mapping[str, Answer]
LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers to choose from."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """設問.

    Attributes:
        key: its name.
        group: heading above it.
        text: what is asked.
        why: why it is asked.
        source: law or guideline behind it, or empty.
        feeds: parts of the draft that the answer changes.
        kind: choice, several, text, number or day.
        options: what can be chosen.
        default: proposal; None when there is none.
        least, most: bounds of a number.
        when: other answers that have to be given for it to be asked.
    """

    key: str
    group: str
    text: str
    why: str
    source: str
    feeds: tuple[str, ...]
    kind: str
    options: tuple[Choice, ...]
    default: Answer | None
    least: int
    most: int
    when: Mapping[str, tuple[str, ...]]


@cache
def _questions() -> tuple[Question, ...]:
    raw = (files("jichitai.data") / "security_policy_questions.toml").read_text("utf-8")
    return tuple(
        Question(
            key=one["key"],
            group=one["group"],
            text=one["text"],
            why=one["why"],
            source=one.get("source", ""),
            feeds=tuple(one["feeds"]),
            kind=one["kind"],
            options=tuple(Choice(o["value"], o["label"]) for o in one.get("options", ())),
            default=one.get("default"),
            least=one.get("least", 0),
            most=one.get("most", 0),
            when={name: tuple(values) for name, values in one.get("when", {}).items()},
        )
        for one in tomllib.loads(raw)["question"]
    )


def questions(body: Body, organs: Sequence[Organ]) -> tuple[Question, ...]:
    """All questions for a body, with its own organs to choose from and its own proposals.

    Args:
        body: who is asked.
        organs: those that owe a policy.

    Source: 地方自治法 第244条の6第1項.
    """
    return tuple(_for(one, body, organs) for one in _questions())


def _for(question: Question, body: Body, organs: Sequence[Organ]) -> Question:
    options, default = question.options, question.default
    if question.key == "organs":
        options = tuple(Choice(one.value, organ_name(one, body)) for one in organs)
        default = [one.value for one in organs]
    elif question.key == "name":
        default = f"{body.name}情報セキュリティ基本方針"
    elif question.key == "ciso_title":
        default = deputy_title(body.kind)
    return Question(
        **{
            name: getattr(question, name)
            for name in Question.__dataclass_fields__
            if name not in {"options", "default"}
        },
        options=options,
        default=default,
    )


def organ_name(organ: Organ, body: Body) -> str:
    """An organ as a document of this body names it.

    Source: 地方自治法 第138条の4, 第139条, 第287条.
    """
    if organ is Organ.HEAD:
        return head_title(body.kind)
    return organ.japanese


def head_title(kind: BodyKind) -> str:
    """長.

    Source: 地方自治法 第139条, 第283条, 第287条.
    """
    match kind:
        case BodyKind.PREFECTURE:
            return "知事"
        case BodyKind.DESIGNATED_CITY | BodyKind.CITY:
            return "市長"
        case BodyKind.SPECIAL_WARD:
            return "区長"
        case BodyKind.TOWN:
            return "町長"
        case BodyKind.VILLAGE:
            return "村長"
        case BodyKind.UNION:
            return "管理者"
        case BodyKind.WIDE_UNION:
            return "広域連合長"


def deputy_title(kind: BodyKind) -> str:
    """Who stands next to the head.

    Source: 地方自治法 第161条.
    """
    return {"知事": "副知事", "管理者": "副管理者", "広域連合長": "副広域連合長"}.get(
        head_title(kind), f"副{head_title(kind)}"
    )


def asked(all_questions: Sequence[Question], answers: Answers) -> tuple[Question, ...]:
    """The questions that the answers so far lead to.

    Source: 地方自治法 第244条の6第1項.
    """
    return tuple(one for one in all_questions if holds(one.when, filled(all_questions, answers)))


def filled(all_questions: Sequence[Question], answers: Answers) -> dict[str, Answer]:
    """The answers, and the proposals where nothing was answered.

    Source: 地方自治法 第244条の6第1項.
    """
    proposals = {one.key: one.default for one in all_questions if one.default is not None}
    return {
        **proposals,
        **{name: value for name, value in answers.items() if value not in ("", [])},
    }


def holds(when: Mapping[str, Sequence[str]], answers: Answers) -> bool:
    """Whether every named answer is among those that are wanted.

    Source: 地方自治法 第244条の6第1項.
    """
    return all(set(_values(answers.get(name))) & set(wanted) for name, wanted in when.items())


def _values(answer: Answer | None) -> list[str]:
    if answer is None:
        return []
    return [str(one) for one in answer] if isinstance(answer, list) else [str(answer)]


def checked(all_questions: Sequence[Question], typed: Mapping[str, Any]) -> dict[str, Answer]:
    """Answers as they are kept; unanswered questions are left out.

    Raises:
        BadAnswerError: `fields` says what is wrong with each.

    Source: 地方自治法 第244条の6第1項.
    """
    known = {one.key: one for one in all_questions}
    problems = {name[:40]: "この設問はありません。" for name in typed if name not in known}
    result: dict[str, Answer] = {}
    for name, value in typed.items():
        if name in known and value not in ("", None, []):
            try:
                result[name] = _answer(known[name], value)
            except ValueError as wrong:
                problems[name] = str(wrong)
    if problems:
        raise BadAnswerError(
            "答えに直すところがあります。書き留めた答えはそのままです。", fields=problems
        )
    return result


def _answer(question: Question, value: object) -> Answer:
    values = {one.value for one in question.options}
    match question.kind:
        case "choice":
            if not isinstance(value, str) or value not in values:
                raise ValueError("選択肢にない答えです。一覧から選び直してください。")
            return value
        case "several":
            chosen = (
                [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
            )
            if not set(chosen) <= values:
                raise ValueError("選択肢にない答えがあります。一覧から選び直してください。")
            return [one.value for one in question.options if one.value in chosen]
        case "number":
            return _number(question, value)
        case "day":
            return _day(value)
        case _:
            return _words(value)


def _number(question: Question, value: object) -> int:
    text = str(value).strip()
    if not text.isdecimal() or not question.least <= int(text) <= question.most:
        raise ValueError(
            f"{question.least}から{question.most}までの数ではありません。数字で入力してください。"
        )
    return int(text)


def _day(value: object) -> str:
    try:
        return (value if isinstance(value, date) else parse_date(str(value))).isoformat()
    except InvalidDateError as refusal:
        raise ValueError(refusal.detail) from None


def _words(value: object) -> str:
    text = "" if isinstance(value, list | tuple) else str(value).strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"{LONGEST}字以内の文字ではありません。1行で、短く書いてください。")
    return text
