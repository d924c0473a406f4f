"""From lines to articles: 第n条 with captions, or numbered headings.

The marks before a line say what it is. A table of contents is passed over, because its lines come
again; a 附則 is kept apart, because it answers no item of the guideline.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Final

from jichitai.security.importing.model import Article, Form, Line
from jichitai.security.importing.numerals import half_width

_N: Final = r"[0-9一二三四五六七八九十百]+"
_BRANCH: Final = rf"(?:の{_N})*"
_CHAPTER: Final = re.compile(
    rf"^第\s?{_N}\s?([編章節款目]){_BRANCH}(?:$|[\s:．.、]+|(?=[^0-9のに]))\s*(.*)$"
)
_ARTICLE: Final = re.compile(rf"^(第\s?{_N}\s?条{_BRANCH})(?:$|[\s:．.]+|(?=[(（]))\s*(.*)$")
_CAPTION: Final = re.compile(r"^\(([^()]{1,60})\)$")
_LEADING_CAPTION: Final = re.compile(r"^\(([^()]{1,40})\)\s*(.*)$")
_SUPPLEMENT: Final = re.compile(r"^附\s*則")
_CONTENTS: Final = re.compile(r"^目\s*次$")
_LISTED: Final = re.compile(
    rf"\(第{_N}条.*\)\s*$|[.．…‥・]{{3,}}\s*[0-9]*\s*$|^.{{2,60}}\s[0-9]{{1,3}}$"
)
"""A line of a table of contents: a range of articles, or leaders and a page."""
_ISSUED: Final = re.compile(
    r"^(?:\(?(?:明治|大正|昭和|平成|令和)\s?[0-9元]+年\s?[0-9]+月\s?[0-9]+日)"
    r"|^(?:共同)?(?:訓令|告示|規程|規則|庁達|内訓)(?:甲|乙)?第\s?[0-9]+号"
)
_SENTENCE: Final = re.compile(r"[。．]\s*$|(?:こと|もの)。?$|、")
LONGEST_CAPTION: Final = 60
_LONGEST_ENTRY: Final = 90
"""Letters in an entry of a table of contents; longer lines are not looked at more closely."""
MOST_ARTICLES: Final = 2_000

_MARKS: Final = (
    (1, re.compile(rf"^(第\s?{_N})(?:[\s.．]+|(?=[^0-9章節条編款号項条一二三四五六七八九十]))\s*(.*)$")),
    (2, re.compile(r"^([0-9]{1,2})(?:[.．、:]?\s+|[.．](?=\D)|(?=[^0-9\s.．年月日時分条項号以第人台回か個件つ]))(.*)$")),
    (3, re.compile(r"^([0-9]{1,2}[.．-][0-9]{1,2})[.．]?(?:\s+|(?=[^0-9.．]))(.*)$")),
    (4, re.compile(r"^([0-9]{1,2}(?:[.．-][0-9]{1,2}){2,3})[.．]?(?:\s+|(?=[^0-9.．]))(.*)$")),
    (5, re.compile(r"^(\([0-9]{1,2}\)|[0-9]{1,2}\)|[⑴-⒇])\s*(.*)$")),
    (6, re.compile(r"^([①-⑳㉑-㊿])\s*(.*)$")),
    (7, re.compile(r"^([アイウエオカキクケコサシスセソタチツテト])[\s.．]\s*(.*)$")),
    (8, re.compile(r"^(\([ア-ン]\)|\([a-z]\)|[a-z][.．)])\s*(.*)$")),
)  # fmt: skip
"""Marks of numbered headings, from the outside to the inside."""


_OUTER: Final = 4
"""Depth up to which a number stands for itself; deeper ones follow the number above them."""


@dataclass(frozen=True, slots=True)
class Structure:
    """A document in its parts."""

    form: Form
    title: str
    issued: str
    articles: tuple[Article, ...]
    supplement: str


def divide(lines: Sequence[Line]) -> Structure:
    """Find the title, the articles and the 附則 of a document.

    Args:
        lines: its paragraphs in order.

    Source: 法制執務の条文の構成 (編, 章, 節, 款, 条, 項, 号, 附則).
    """
    plain = [
        Line(half_width(line.text).strip(), line.heading) for line in lines if line.text.strip()
    ]
    body, supplement = _without_supplement(_without_contents(plain))
    articles = sum(1 for line in body if _ARTICLE.match(line.text))
    form = Form.ARTICLES if articles >= 3 else Form.HEADINGS
    title, issued, rest = _head(body)
    found = _Articles().read(rest) if form is Form.ARTICLES else _Headings().read(rest)
    return Structure(form, title, issued, tuple(found[:MOST_ARTICLES]), supplement)


def _without_contents(lines: list[Line]) -> list[Line]:
    """The lines without the table of contents, whether it is announced or not."""
    start = next((index for index, line in enumerate(lines) if _CONTENTS.match(line.text)), None)
    if start is None:
        return [line for line in lines if not _is_entry(line.text)]
    rest = lines[_end_of_contents(lines, start) :]
    return [*lines[:start], *(line for line in rest if not _is_entry(line.text))]


def _end_of_contents(lines: list[Line], start: int) -> int:
    """Where a table of contents ends: its first entry comes again, or the text begins."""
    seen: set[str] = set()
    after_entries = 0
    for index in range(start + 1, len(lines)):
        text = lines[index].text
        if len(text) > _LONGEST_ENTRY:
            return index
        key = re.sub(r"\s", "", _bare(text))
        if key in seen:
            return after_entries or index
        article = _ARTICLE.match(text) and not _LISTED.search(text)
        if _CAPTION.match(text) or article:
            return index
        seen.add(key)
        if _LISTED.search(text) or _SUPPLEMENT.match(text):
            after_entries = index + 1
    return start + 1


def _is_entry(text: str) -> bool:
    """A chapter with its range of articles, or leaders and a page: only tables have these."""
    if len(text) > _LONGEST_ENTRY:
        return False
    chapter = _CHAPTER.match(text) and re.search(rf"\(第{_N}条[^。]*\)\s*$", text)
    return bool(chapter or re.search(r"[.．…‥・]{3,}\s*[0-9]+\s*$", text))


def _is_mark(text: str) -> bool:
    marks = (_CHAPTER, _ARTICLE, *(mark for _, mark in _MARKS))
    return any(mark.match(text) for mark in marks)


def _bare(text: str) -> str:
    """A line of a table of contents without what only the table has."""
    return re.sub(rf"\(第{_N}条.*\)\s*$|[.．…‥・\s]+[0-9]*\s*$", "", text)


def _without_supplement(lines: list[Line]) -> tuple[list[Line], str]:
    for index, line in enumerate(lines):
        if _SUPPLEMENT.match(line.text) and index > 2 and len(line.text) < 40:
            return lines[:index], "\n".join(rest.text for rest in lines[index:])
    return lines, ""


def _head(lines: list[Line]) -> tuple[str, str, list[Line]]:
    """Title and issue of a document, and what follows them."""
    title, issued = "", []
    for index, line in enumerate(lines[:12]):
        text = line.text
        if _ISSUED.match(text):
            issued.append(text.strip("()"))
        elif line.heading or _is_mark(text) or _CAPTION.match(text) or len(text) > 80:
            return title, " ".join(issued), lines[index:]
        elif not title:
            title = text.lstrip("○◯").strip()
    return title, " ".join(issued), lines[min(len(lines), 12) :]


@dataclass(slots=True)
class _Path:
    """Titles of the divisions around a line."""

    titles: list[tuple[int, str]] = field(default_factory=list)

    def enter(self, depth: int, title: str) -> None:
        self.titles = [(d, t) for d, t in self.titles if d < depth]
        self.titles.append((depth, title))

    def names(self, above: int = 100) -> tuple[str, ...]:
        return tuple(title for depth, title in self.titles if depth < above and title)


class _Articles:
    """第n条, with the caption on the line before it or behind its number."""

    def __init__(self) -> None:
        self._path = _Path()
        self._found: list[Article] = []
        self._caption = ""
        self._paragraphs: list[str] = []

    def read(self, lines: Sequence[Line]) -> list[Article]:
        for line, following in zip_longest(lines, lines[1:], fillvalue=Line("")):
            self._take(line.text, following.text)
        self._close()
        return self._found

    def _take(self, text: str, following: str) -> None:
        chapter = _CHAPTER.match(text)
        article = _ARTICLE.match(text)
        caption = _CAPTION.match(text)
        if chapter and len(chapter[2]) <= LONGEST_CAPTION and "。" not in text:
            self._close()
            self._path.enter("編章節款目".index(chapter[1]), chapter[2].strip())
        elif article:
            self._open(re.sub(r"\s", "", article[1]), article[2])
        elif caption and _ARTICLE.match(following):
            self._close()
            self._caption = caption[1].strip()
        elif self._found and text:
            self._paragraphs.append(text)

    def _open(self, number: str, rest: str) -> None:
        caption, self._caption = self._caption, ""
        self._close()
        behind = _LEADING_CAPTION.match(rest)
        if not caption and behind:
            caption, rest = behind[1].strip(), behind[2]
        elif not caption and rest and len(rest) <= 30 and not _SENTENCE.search(rest):
            caption, rest = rest, ""
        self._found.append(
            Article(
                position=len(self._found), number=number, caption=caption, path=self._path.names()
            )
        )
        self._paragraphs = [rest] if rest else []

    def _close(self) -> None:
        if self._found and self._paragraphs:
            last = self._found[-1]
            kept = (*last.paragraphs, *self._paragraphs)
            self._found[-1] = replace(last, paragraphs=kept)
        self._paragraphs = []


@dataclass(slots=True)
class _Heading:
    depth: int
    number: str
    caption: str
    path: tuple[str, ...]
    paragraphs: list[str] = field(default_factory=list)
    leaf: bool = True


class _Headings:
    """Numbered headings. A line with a mark is a heading when it is short and no sentence."""

    def __init__(self) -> None:
        self._path = _Path()
        self._numbers: list[tuple[int, str]] = []
        self._found: list[_Heading] = []

    def read(self, lines: Sequence[Line]) -> list[Article]:
        for line, following in zip_longest(lines, lines[1:], fillvalue=Line("")):
            heading = _heading(line, following)
            if heading is None:
                self._add(line.text)
            else:
                self._enter(*heading)
        return list(self._articles())

    def _enter(self, depth: int, number: str, caption: str) -> None:
        for above in reversed(self._found):
            if above.depth < depth:
                above.leaf = False
                break
        path = self._path.names(above=depth)
        self._path.enter(depth, caption)
        self._numbers = [(d, n) for d, n in self._numbers if d < depth]
        outer = [n for d, n in self._numbers if d <= _OUTER and n]
        inner = [n for d, n in self._numbers if d > _OUTER]
        whole = number if depth <= _OUTER else "".join((*outer[-1:], *inner, number))
        self._numbers.append((depth, "" if number.startswith("第") else number))
        self._found.append(_Heading(depth, whole or "—", caption, path))

    def _add(self, text: str) -> None:
        if self._found:
            self._found[-1].paragraphs.append(text)

    def _articles(self) -> Iterator[Article]:
        position = 0
        for one in self._found:
            if one.leaf or one.paragraphs:
                yield Article(
                    position=position,
                    number=one.number,
                    caption=one.caption,
                    path=one.path,
                    paragraphs=tuple(one.paragraphs),
                )
                position += 1


def _heading(line: Line, following: Line) -> tuple[int, str, str] | None:
    """Depth, number and caption of a heading; None for text."""
    chapter = _CHAPTER.match(line.text)
    if chapter and len(chapter[2]) <= LONGEST_CAPTION and "。" not in line.text:
        number = line.text[: len(line.text) - len(chapter[2])].strip()
        return ("編章節款目".index(chapter[1]) - 5, re.sub(r"\s", "", number), chapter[2].strip())
    for depth, mark in reversed(_MARKS):
        found = mark.match(line.text)
        if found and _is_caption(found[2], following.text, depth):
            return depth, re.sub(r"\s", "", found[1]), _caption(found[2])
    if line.heading and len(line.text) <= LONGEST_CAPTION and not _SENTENCE.search(line.text):
        return line.heading, "", _caption(line.text)
    return None


def _is_caption(text: str, following: str, depth: int) -> bool:
    """Whether the words behind a mark are a heading: short, no sentence, and not an item of a list.

    Two items of the same kind one after the other are a list, unless they stand at the top.
    """
    if not text or len(text) > LONGEST_CAPTION or _SENTENCE.search(text):
        return False
    if depth <= 4:
        return True
    same = next((d for d, mark in reversed(_MARKS) if mark.match(following)), 0)
    return bool(following) and same != depth


def _caption(text: str) -> str:
    return text.strip().strip("【】[]〔〕").strip()
