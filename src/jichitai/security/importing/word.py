"""Word documents (.docx): paragraphs with their automatic numbers, tables row by row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from jichitai.security.importing.errors import DocumentWithMacrosError, UnreadableDocumentError
from jichitai.security.importing.model import Line
from jichitai.security.importing.numerals import printed
from jichitai.security.importing.packages import Package

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SKIPPED: Final = frozenset(
    f"{_W}{name}"
    for name in ("del", "moveFrom", "instrText", "delText", "rt", "txbxContent", "pPr")
) | {_FALLBACK}
_BREAKS: Final = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": "　", f"{_W}noBreakHyphen": "-"}
_MAIN: Final = "wordprocessingml.document.main+xml", "wordprocessingml.template.main+xml"
_HEADING: Final = re.compile(r"(?:heading|見出し)\s*([1-9])", re.IGNORECASE)


def read_word(data: bytes) -> list[Line]:
    """The lines of a document.

    Text that was struck out under change tracking, hidden text, readings above characters, heads,
    feet and notes are left out.

    Raises:
        DocumentWithMacrosError: it carries a program.
        UnreadableDocumentError: it is no Word document, or broken.
        TooLargeDocumentError: it unpacks to too much.
    """
    package = Package(data)
    body = package.xml(_main_part(package))
    if body is None:
        raise UnreadableDocumentError(
            "Word の本文が入っていません。Word で開いて、.docx で保存し直してください。"
        )
    styles = _Styles.read(package.xml("word/styles.xml"))
    numbers = _Numbers(package.xml("word/numbering.xml"))
    lines: list[Line] = []
    for paragraph in _paragraphs(body):
        lines.extend(_lines(paragraph, styles, numbers))
    return lines


def _main_part(package: Package) -> str:
    types = package.xml("[Content_Types].xml")
    listed = (
        [] if types is None else [(e.get("PartName", ""), e.get("ContentType", "")) for e in types]
    )
    macros = any("macroEnabled" in kind or "vbaProject" in kind for _, kind in listed)
    if macros or any(name.lower().endswith("vbaproject.bin") for name in package.names):
        raise DocumentWithMacrosError(
            "この文書にはマクロ（プログラム）が入っています。取り込むと危険なため、受け付けません。"
            "Word の「名前を付けて保存」で「Word 文書（*.docx）」を選び、マクロを除いて保存し直してください。"
        )
    for name, kind in listed:
        if kind.endswith(_MAIN):
            return name.lstrip("/")
    raise UnreadableDocumentError(
        "Word の文書ではありません。方針や規程を Word（.docx）、PDF、テキストのどれかで取り込んでください。"
    )


def _paragraphs(root: Element) -> Iterator[Element]:
    """Paragraphs in order; a row of a table is one paragraph, cells side by side."""
    for child in root:
        if child.tag == f"{_W}p":
            yield child
            for box in child.iter(f"{_W}txbxContent"):
                yield from _paragraphs(box)
        elif child.tag == f"{_W}tbl":
            for row in child.iter(f"{_W}tr"):
                yield _joined(row)
        elif child.tag not in _SKIPPED:
            yield from _paragraphs(child)


def _joined(row: Element) -> Element:
    cells = (
        " ".join(filter(None, map(_text, cell.iter(f"{_W}p")))) for cell in row.iter(f"{_W}tc")
    )
    paragraph = Element(f"{_W}p")
    run = Element(f"{_W}t")
    run.text = "　".join(filter(None, cells)).replace("\n", " ")
    paragraph.append(run)
    return paragraph


def _text(element: Element) -> str:
    parts: list[str] = []
    for child in element:
        if child.tag in _SKIPPED or _hidden(child):
            continue
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag in _BREAKS:
            parts.append(_BREAKS[child.tag])
        else:
            parts.append(_text(child))
    return "".join(parts)


def _hidden(element: Element) -> bool:
    mark = element.find(f"{_W}rPr/{_W}vanish") if element.tag == f"{_W}r" else None
    return mark is not None and mark.get(f"{_W}val", "1") not in {"0", "false"}


def _lines(paragraph: Element, styles: "_Styles", numbers: "_Numbers") -> Iterator[Line]:
    style = _value(paragraph, f"{_W}pPr/{_W}pStyle")
    outline = _value(paragraph, f"{_W}pPr/{_W}outlineLvl")
    heading = (
        int(outline) + 1 if outline.isdecimal() and int(outline) < 9 else styles.heading(style)
    )
    texts = [text.strip(" 　\t") for text in _text(paragraph).split("\n")]
    if not any(texts):
        return
    number = numbers.label(*styles.numbering(style, paragraph))
    for index, text in enumerate(texts):
        if text:
            yield Line(f"{number}　{text}" if number and index == 0 else text, heading)


def _value(element: Element, path: str) -> str:
    found = element.find(path)
    return "" if found is None else found.get(f"{_W}val", "")


@dataclass(frozen=True, slots=True)
class _Style:
    based_on: str
    heading: int
    number: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class _Styles:
    """Paragraph styles: which are headings, and which number their paragraphs."""

    known: dict[str, _Style] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Element | None) -> "_Styles":
        known: dict[str, _Style] = {}
        for style in () if root is None else root.iter(f"{_W}style"):
            name = _HEADING.search(_value(style, f"{_W}name"))
            outline = _value(style, f"{_W}pPr/{_W}outlineLvl")
            depth = int(name[1]) if name else int(outline) + 1 if outline.isdecimal() else 0
            number = _number(style)
            based_on = _value(style, f"{_W}basedOn")
            known[style.get(f"{_W}styleId", "")] = _Style(
                based_on, depth if depth < 10 else 0, number
            )
        return cls(known)

    def _chain(self, name: str) -> Iterator[_Style]:
        seen: set[str] = set()
        while name in self.known and name not in seen:
            seen.add(name)
            yield self.known[name]
            name = self.known[name].based_on

    def heading(self, name: str) -> int:
        return next((style.heading for style in self._chain(name) if style.heading), 0)

    def numbering(self, name: str, paragraph: Element) -> tuple[str, int]:
        own = _number(paragraph)
        if own is not None:
            return own
        return next((style.number for style in self._chain(name) if style.number), ("", 0))


def _number(element: Element) -> tuple[str, int] | None:
    found = element.find(f"{_W}pPr/{_W}numPr")
    if found is None:
        return None
    level = _value(found, f"{_W}ilvl")
    return _value(found, f"{_W}numId"), min(int(level), 8) if level.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    style: str
    text: str


class _Numbers:
    """Automatic numbers, counted as the word processor counts them."""

    def __init__(self, root: Element | None) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._of: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._started: set[str] = set()
        for abstract in () if root is None else root.iter(f"{_W}abstractNum"):
            self._levels[abstract.get(f"{_W}abstractNumId", "")] = {
                _whole(level.get(f"{_W}ilvl", ""), 0): _level(level)
                for level in abstract.iter(f"{_W}lvl")
            }
        for num in () if root is None else root.iter(f"{_W}num"):
            name = num.get(f"{_W}numId", "")
            self._of[name] = _value(num, f"{_W}abstractNumId")
            self._restarts[name] = {
                _whole(one.get(f"{_W}ilvl", ""), 0): _whole(_value(one, f"{_W}startOverride"), 1)
                for one in num.iter(f"{_W}lvlOverride")
                if one.find(f"{_W}startOverride") is not None
            }

    def label(self, name: str, level: int) -> str:
        """The number before the next paragraph of this list and level; counts it."""
        levels = self._levels.get(self._of.get(name, ""), {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(self._of[name], [None] * 9)
        if name not in self._started:
            self._started.add(name)
            for depth, start in self._restarts[name].items():
                counts[min(depth, 8)] = start - 1
        before = counts[level]
        counts[level] = levels[level].start if before is None else before + 1
        counts[level + 1 :] = [None] * (8 - level)
        return re.sub(
            r"%([1-9])",
            lambda found: self._part(levels, counts, int(found[1]) - 1),
            levels[level].text,
        )

    def _part(self, levels: dict[int, _Level], counts: list[int | None], depth: int) -> str:
        level = levels.get(depth)
        if level is None:
            return ""
        count = counts[depth]
        return printed(level.start if count is None else count, level.style)


def _level(element: Element) -> _Level:
    style = _value(element, f"{_W}numFmt") or "decimal"
    text = "・" if style == "bullet" else _value(element, f"{_W}lvlText")
    return _Level(_whole(_value(element, f"{_W}start"), 1), style, text)


def _whole(text: str, default: int) -> int:
    return min(int(text), 32_767) if text.isascii() and text.isdecimal() else default
