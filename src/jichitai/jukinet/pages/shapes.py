"""What may be shown of a message that was refused: the shape of its body, never a value."""

from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a body: where it stands, what it is, how long it is."""

    path: str
    kind: str
    length: str


def shape_of(body: bytes) -> list[Member]:
    """The members of a JSON body with types and lengths.

    >>> shape_of(b'{"name": "abc", "sex": null, "ages": [1, 2]}')
    [Member(path='name', kind='文字', length='3文字'), Member(path='sex', kind='なし', length='—'), \
Member(path='ages', kind='列', length='2件'), Member(path='ages[]', kind='数', length='—')]
    """
    try:
        found: list[Member] = []
        _walk("", msgspec.json.decode(body), found)
    except msgspec.DecodeError:
        return [Member("（全体）", "読み取れません", f"{len(body)}バイト")]
    return found


def _walk(path: str, value: Any, found: list[Member]) -> None:
    match value:
        case dict():
            for name, inner in value.items():
                _walk(f"{path}.{name}" if path else name, inner, found)
        case list():
            found.append(Member(path, "列", f"{len(value)}件"))
            if value:
                _walk(f"{path}[]", value[0], found)
        case _:
            found.append(Member(path, *_leaf(value)))


def _leaf(value: Any) -> tuple[str, str]:
    match value:
        case None:
            return "なし", "—"
        case bool():
            return "真偽", "—"
        case int() | float():
            return "数", "—"
        case _:
            return "文字", f"{len(value)}文字"
