"""Looks for numbers of persons where none may be: logs, URLs, errors, traces.

A number counts when it stands alone: eleven or twelve digits, also full-width or in groups of
four, with no further digit beside them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_TOKEN = re.compile(
    rb"(?<![0-9.])(?:[0-9]{11,12}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}|[0-9]{3}([ -])[0-9]{4}\2[0-9]{4})(?![0-9])"
)
_SEPARATOR = re.compile(rb"[ -]")
_WIDE = {chr(0xFF10 + n).encode(): str(n).encode() for n in range(10)}
_WIDE_PREFIX = b"\xef\xbc"


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret number in a file. The number itself is not repeated here."""

    path: Path
    line: int
    length: int

    def __str__(self) -> str:
        """Where to look."""
        kind = "個人番号" if self.length == 12 else "住民票コード"
        return f"{self.path}:{self.line}: {kind}"


def find_in_text(text: bytes, secrets: frozenset[bytes]) -> Iterator[tuple[int, int]]:
    """(offset, digits) of every secret in a text.

    >>> list(find_in_text(b"code=12345678903;", frozenset({b"12345678903"})))
    [(5, 11)]
    >>> list(find_in_text(b"id 912345678903", frozenset({b"12345678903"})))
    []
    """
    if _WIDE_PREFIX in text:
        for wide, plain in _WIDE.items():
            text = text.replace(wide, plain)
    for match in _TOKEN.finditer(text):
        digits = _SEPARATOR.sub(b"", match.group())
        if digits in secrets:
            yield match.start(), len(digits)


def find_in_files(paths: Iterable[Path], secrets: Iterable[str]) -> list[Leak]:
    """Every secret in these files and in all files below these directories.

    Args:
        paths: files or directories; symbolic links are not followed.
        secrets: codes and numbers of persons, plain digits.

    Returns:
        Where they stand, by file and line.
    """
    wanted = frozenset(secret.encode() for secret in secrets)
    found: list[Leak] = []
    for path in _files(paths):
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                found += (Leak(path, number, size) for _, size in find_in_text(line, wanted))
    return found


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
        elif path.is_file():
            yield path
