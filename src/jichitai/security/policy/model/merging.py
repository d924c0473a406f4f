"""Two people wrote one clause: both texts, and a proposal that keeps what each changed.

Source: ページの原則 (入力したものは失われない).
"""

from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Merge:
    """A proposal for one text out of two.

    Attributes:
        text: the proposal.
        clean: whether no paragraph was changed by both; otherwise both stand one after the other.
    """

    text: str
    clean: bool


def merge(base: str, first: str, second: str) -> Merge:
    r"""Join two texts that grew out of one, paragraph by paragraph.

    >>> merge("甲\n乙", "甲1\n乙", "甲\n乙2")
    Merge(text='甲1\n乙2', clean=True)
    >>> merge("甲", "甲1", "甲2")
    Merge(text='甲1\n甲2', clean=False)

    Source: ページの原則 (両方の文を残し、条ごとに合わせる).
    """
    lines = base.splitlines()
    mine, other = _edits(lines, first.splitlines()), _edits(lines, second.splitlines())
    if any(_disputed(one, two) for one in mine for two in other):
        return Merge(_both(lines, first.splitlines(), second.splitlines()), clean=False)
    result: list[str] = []
    place = 0
    for start, end, text in sorted({*mine, *other}):
        result += [*lines[place:start], *text]
        place = end
    return Merge("\n".join([*result, *lines[place:]]), clean=True)


_Edit = tuple[int, int, tuple[str, ...]]


def _edits(base: list[str], changed: list[str]) -> list[_Edit]:
    """Runs that were replaced: start, end, what stands there instead."""
    matcher = SequenceMatcher(a=base, b=changed, autojunk=False)
    return [
        (a1, a2, tuple(changed[b1:b2]))
        for tag, a1, a2, b1, b2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def _disputed(one: _Edit, two: _Edit) -> bool:
    if one == two:
        return False
    return (one[0] < two[1] and two[0] < one[1]) or one[0] == two[0]


def _both(base: list[str], first: list[str], second: list[str]) -> str:
    """The first text, with the paragraphs that only the second one has after those around them."""
    result: list[str] = []
    known = set(first) | set(base)
    matcher = SequenceMatcher(a=first, b=second, autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        result += first[a1:a2]
        if tag != "equal":
            result += [line for line in second[b1:b2] if line not in known]
    return "\n".join(result)
