"""Bytes into lines. Nothing here can fail: what cannot be a line is set aside and counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from jichitai.security.monitoring.model.schema import LINES_IN_BATCH, Mark, Refusal

LONGEST: Final = 65_536
"""Bytes of a line at most; of a longer one only the beginning is kept, and not as an event."""
HEAD: Final = 200
"""Characters that are kept of a line that is set aside."""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that is no event."""

    number: int
    reason: Refusal
    head: str


@dataclass(slots=True)
class Lines:
    """The lines of one batch, numbered from 1 as they arrived."""

    numbers: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)

    def parts(self, size: int) -> Iterator[tuple[list[int], list[str], list[str]]]:
        """Slices of at most `size` lines."""
        for start in range(0, len(self.numbers), size):
            here = slice(start, start + size)
            yield self.numbers[here], self.texts[here], self.marks[here]


def split(data: bytes) -> Lines:
    r"""Lines of a file or a stream's piece; empty ones are left out.

    Broken UTF-8 is replaced and marked; a line above 64 KiB is set aside.

    >>> lines = split(b"a\r\n\nb\xff\n")
    >>> lines.texts, lines.marks
    (['a', 'b\ufffd'], ['', 'broken-utf8'])

    Source: RFC 3629 (UTF-8); RFC 6587 (framing of syslog over TCP).
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    found = Lines()
    if _plain(data, found):
        return found
    for number, raw in enumerate(data.split(b"\n")[:LINES_IN_BATCH], start=1):
        line = raw.rstrip(b"\r")
        if line.strip():
            _add(found, number, line)
    return found


def _plain(data: bytes, found: Lines) -> bool:
    """The usual case in one sweep: good UTF-8, short lines, nothing empty."""
    if b"\0" in data or b"\r" in data:
        return False
    try:
        texts = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return False
    if texts and not texts[-1]:
        texts.pop()
    if not texts or len(texts) >= LINES_IN_BATCH:
        return False
    if min(map(len, texts)) == 0 or max(map(len, texts)) > LONGEST // 4:
        return False
    found.numbers = list(range(1, len(texts) + 1))
    found.texts = texts
    found.marks = [""] * len(texts)
    return True


def _add(found: Lines, number: int, line: bytes) -> None:
    if len(line) > LONGEST:
        head = line[: HEAD * 4].decode("utf-8", "replace").replace("\0", "\ufffd")[:HEAD]
        found.refused.append(RefusedLine(number, Refusal.TOO_LONG, head))
        return
    mark = ""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text, mark = line.decode("utf-8", "replace"), Mark.BROKEN_UTF8.value
    if "\0" in text:
        text, mark = text.replace("\0", "\ufffd"), Mark.BROKEN_UTF8.value
    found.numbers.append(number)
    found.texts.append(text)
    found.marks.append(mark)
