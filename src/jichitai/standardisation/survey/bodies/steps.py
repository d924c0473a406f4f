"""Forty states written as a person writes them: 完了 `1-24、26`, 作業中 `25`, the rest not begun."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from jichitai.standardisation.progress.model import STEPS, StepState

FIELDS: Final[Mapping[str, StepState]] = {
    "done": StepState.DONE,
    "working": StepState.WORKING,
    "excluded": StepState.EXCLUDED,
}
"""The fields of the form; a step that none of them names is 未着手."""

_PART: Final = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")


def numbers_of(text: str) -> tuple[frozenset[int], str]:
    """The step numbers of a text, and what is wrong with it (empty when nothing is).

    >>> numbers_of("1-3、5")
    (frozenset({1, 2, 3, 5}), '')
    >>> numbers_of("3〜1")[1]
    '「3-1」は前後が逆です。小さい番号から書いてください。'

    Source: none; form of this project.
    """
    plain = re.sub(r"[〜~−–—ー]", "-", unicodedata.normalize("NFKC", text))
    found: set[int] = set()
    for part in re.split(r"[、,\s・]+", re.sub(r"\s*-\s*", "-", plain.strip())):
        if not part:
            continue
        match = _PART.fullmatch(part)
        if match is None:
            return (
                frozenset(),
                f"「{part[:20]}」は読み取れません。1-24、26 のように書いてください。",
            )
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            return frozenset(), f"「{part}」は前後が逆です。小さい番号から書いてください。"
        if first < 1 or last > STEPS:
            return (
                frozenset(),
                f"「{part}」は1から{STEPS}までにありません。番号を確かめてください。",
            )
        found.update(range(first, last + 1))
    return frozenset(found), ""


def text_of(numbers: frozenset[int]) -> str:
    """Step numbers as a person writes them.

    >>> text_of(frozenset({1, 2, 3, 5}))
    '1-3、5'

    Source: none; form of this project.
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return "、".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def fields_of(states: str | None) -> dict[str, str]:
    """What stands in the form for these states.

    Source: none; form of this project.
    """
    return {
        name: text_of(
            frozenset(number for number, one in enumerate(states or "", 1) if one == state.value)
        )
        for name, state in FIELDS.items()
    }


def states_of(typed: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The forty states of a form, and what is wrong by field.

    >>> states_of({"done": "1-39", "working": "40"})
    ('2222222222222222222222222222222222222221', {})

    Source: none; form of this project.
    """
    states, faults = [StepState.NOT_STARTED.value] * STEPS, {}
    seen: dict[int, StepState] = {}
    for name, state in FIELDS.items():
        numbers, fault = numbers_of(typed.get(name, ""))
        twice = sorted(numbers & seen.keys())
        if twice:
            fault = (
                f"ステップ{text_of(frozenset(twice))}は「{seen[twice[0]].japanese}」にも入っています。"
                "どちらか一つにしてください。"
            )
        if fault:
            faults[name] = fault
        for number in numbers:
            seen[number] = state
            states[number - 1] = state.value
    return "".join(states), faults
