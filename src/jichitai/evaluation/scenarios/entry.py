"""What somebody filled in for a 試算, read into assumptions; the fields beside their controls.

A field comes twice in the form: as a number and as a slider. Without script they cannot follow
each other, so the form also carries what both showed (`was_…`); what differs from it was moved.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.scenarios.model import Assumptions, needed_capacity
from jichitai.evaluation.scenarios.subjects import Subject
from jichitai.kernel.dates import parse_date
from jichitai.kernel.errors import InvalidError

MOVED: Final = "move_"
WAS: Final = "was_"
_LONGEST: Final = 40
_FIRST, _LAST = date(2020, 1, 1), date(2060, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A number that can be moved.

    Attributes:
        name: of the field.
        label: for people.
        hint: what it means in the model.
        unit: behind the number.
        least: smallest value.
        most: greatest value.
        step: of the slider.
        value: what stands in the field.
    """

    name: str
    label: str
    hint: str
    unit: str
    least: Decimal
    most: Decimal
    step: Decimal
    value: str = ""


NEUTRAL: Final[Mapping[str, str]] = {"ready": "100", "adoption": "10", "growth": "0", "band": "20"}
"""Where the fields stand at first: preparation holds nothing back, the capacity does not change.

Nothing here was measured; docs/explanation/what-if.md says so too.
"""


def levers(subject: Subject) -> tuple[Lever, ...]:
    """The numbers of a subject that can be moved, in the order of the form."""
    whole, tenth = Decimal(1), Decimal("0.1")
    return (
        Lever(
            name="done",
            label="はじめに済んでいる数",
            hint=f"全部で{subject.total:,}{subject.unit}のうち、起点の日に済んでいる数",
            unit=subject.unit,
            least=Decimal(0),
            most=Decimal(subject.total),
            step=whole,
        ),
        Lever(
            name="ready",
            label="準備が済んでいる割合",
            hint=f"残りのうち、{subject.prepared}が起点の日に済んでいる割合",
            unit="%",
            least=Decimal(0),
            most=Decimal(100),
            step=whole,
        ),
        Lever(
            name="adoption",
            label="取組の速さ",
            hint="はじめに準備が済んでいなかったもののうち、毎月、準備が済む割合",
            unit="%／月",
            least=Decimal(0),
            most=Decimal(100),
            step=tenth,
        ),
        Lever(
            name="capacity",
            label="能力",
            hint=subject.capacity,
            unit=f"{subject.unit}／月",
            least=Decimal(0),
            most=Decimal(subject.total),
            step=whole,
        ),
        Lever(
            name="growth",
            label="能力の変化",
            hint="1年たつごとに能力が変わる割合（減るときは－）",
            unit="%／年",
            least=Decimal(-50),
            most=Decimal(100),
            step=whole,
        ),
        Lever(
            name="band",
            label="幅",
            hint="能力と取組の速さを、それぞれこの割合だけ下げた場合と上げた場合を幅として示す",
            unit="%",
            least=Decimal(0),
            most=Decimal(50),
            step=whole,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A form as it was filled in.

    Attributes:
        levers: the fields with what stands in them.
        start_on, goal, goal_on: the other fields, as text.
        given: the assumptions; None with faults, or as long as nothing says where it stands.
        faults: (field, message).
        neutral_capacity: the capacity was not filled in and is the one that just meets the goal.
    """

    levers: tuple[Lever, ...]
    start_on: str
    goal: str
    goal_on: str
    given: Assumptions | None
    faults: tuple[tuple[str, str], ...]
    neutral_capacity: bool


def checked(subject: Subject, values: Mapping[str, str]) -> Assumptions:
    """The assumptions of a program's call.

    Raises:
        FaultyEntryError: a value is wrong, or it is not known where the subject stands.
    """
    found = read(subject, values)
    if found.faults:
        raise FaultyEntryError(found.faults)
    if found.given is None:
        raise FaultyEntryError([("done", unknown_start(subject))])
    return found.given


def unknown_start(subject: Subject) -> str:
    """Why nothing can be tried yet, and what to do."""
    return (
        f"{subject.title}がいまどこまで済んでいるかは、まだ公表されていません。"
        "「はじめに済んでいる数」と起点の日を入れてください。"
    )


def read(subject: Subject, values: Mapping[str, str]) -> Entry:
    """Read a form, or what stands in it before anybody filled it in."""
    faults: list[tuple[str, str]] = []
    typed = {one.name: _moved(values, one.name) for one in levers(subject)}
    if not typed["done"] and subject.start:
        typed["done"] = str(subject.start.done)
    numbers = {
        one.name: _number(one, typed[one.name] or NEUTRAL.get(one.name, ""), faults)
        for one in levers(subject)
    }
    start_text = _text(values, "start_on") or (
        subject.start.on.isoformat() if subject.start else ""
    )
    goal_text = _text(values, "goal") or f"{subject.goal.share:f}"
    goal_on_text = _text(values, "goal_on") or subject.goal.on.isoformat()
    start_on = _day("start_on", "起点の日", start_text, faults)
    goal_on = _day("goal_on", "目標の日", goal_on_text, faults)
    goal = _number(_GOAL, goal_text, faults)
    if start_on and goal_on and goal_on <= start_on:
        text = "目標の日が起点の日より後ではありません。起点より後の日を入れてください。"
        faults.append(("goal_on", text))
    done = numbers["done"]
    given: Assumptions | None = None
    neutral = numbers["capacity"] is None
    if not faults and done is not None and start_on and goal_on and goal is not None:
        given = Assumptions(
            total=subject.total,
            done=int(done),
            start=start_on,
            ready=_known(numbers["ready"]),
            adoption=_known(numbers["adoption"]),
            capacity=numbers["capacity"] or Decimal(0),
            growth=_known(numbers["growth"]),
            band=_known(numbers["band"]),
            goal=goal,
            goal_on=goal_on,
        )
        if neutral:
            least = needed_capacity(given)
            given = replace(given, capacity=Decimal(least or 0))
            numbers["capacity"] = given.capacity
    return Entry(
        levers=tuple(
            replace(one, value=_shown(numbers[one.name], typed[one.name]))
            for one in levers(subject)
        ),
        start_on=start_text,
        goal=goal_text,
        goal_on=goal_on_text,
        given=given,
        faults=tuple(faults),
        neutral_capacity=neutral,
    )


_GOAL: Final = Lever(
    name="goal",
    label="目標の割合",
    hint="",
    unit="%",
    least=Decimal("0.1"),
    most=Decimal(100),
    step=Decimal("0.1"),
)


def _moved(values: Mapping[str, str], name: str) -> str:
    """The number or the slider, whichever was moved; the number when both were."""
    typed, slid = _text(values, name), _text(values, f"{MOVED}{name}")
    was = _text(values, f"{WAS}{name}")
    return slid if slid and was and typed == was and slid != was else typed


def _text(values: Mapping[str, str], name: str) -> str:
    text = unicodedata.normalize("NFKC", str(values.get(name, "")))
    return text.replace("\0", "").replace(",", "").strip()[:_LONGEST]


def _number(lever: Lever, text: str, faults: list[tuple[str, str]]) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        value = Decimal("NaN")
    whole = lever.step == 1 and lever.name in ("done", "capacity")
    if not value.is_finite() or (whole and value != value.to_integral_value()):
        kind = "整数" if whole else "数"
        faults.append(
            (lever.name, f"{lever.label}が{kind}ではありません。{kind}で入れてください。")
        )
        return None
    if not lever.least <= value <= lever.most:
        text = (
            f"{lever.label}は{lever.least:,f}から{lever.most:,f}までです。"
            "この範囲の外では試算が意味を持ちません。範囲の中の数を入れてください。"
        )
        faults.append((lever.name, text))
        return None
    return value


def _day(name: str, label: str, text: str, faults: list[tuple[str, str]]) -> date | None:
    if not text:
        return None
    try:
        found = parse_date(text)
    except InvalidError as refusal:
        faults.append((name, f"{label}を読み取れません。{refusal.detail}"))
        return None
    if not _FIRST <= found <= _LAST:
        faults.append((name, f"{label}は令和2年から2060年までで入れてください。"))
        return None
    return found


def _known(value: Decimal | None) -> Decimal:
    return Decimal(0) if value is None else value


def _shown(value: Decimal | None, typed: str) -> str:
    return typed if value is None else f"{value.normalize():f}"
