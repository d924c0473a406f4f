"""A document as it was read: its lines, then its articles."""

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What kind of file a document came in."""

    WORD = "word"
    PDF = "pdf"
    TEXT = "text"

    @property
    def japanese(self) -> str:
        """The kind as people call it."""
        return {"word": "Word", "pdf": "PDF", "text": "テキスト"}[self.value]


class Form(StrEnum):
    """How a document is divided."""

    ARTICLES = "articles"
    """訓令, 告示, 規程: 第n条 with a caption in brackets."""
    HEADINGS = "headings"
    """A policy with numbered headings: 1, 1.1, (1), ①."""

    @property
    def japanese(self) -> str:
        """The form in words."""
        return "条文の形" if self is Form.ARTICLES else "番号付き見出しの形"


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph of the file.

    Attributes:
        text: its text, with automatic numbers written out.
        heading: depth of a heading style (1 is the highest); 0 for plain text.
    """

    text: str
    heading: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """条, or one heading with its text.

    Attributes:
        position: place in the document, from 0.
        number: the number as printed, e.g. 第12条の2 or 6.1(3).
        caption: the words in brackets (見出し), or of the heading; empty when there are none.
        path: titles of the 編, 章, 節, 款 or headings above it, from the outside.
        paragraphs: 項, 号 and other lines, in order, as printed.

    Source: 法制執務の条文の構成 (条, 項, 号).
    """

    position: int
    number: str
    caption: str
    path: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All its paragraphs."""
        return "\n".join(self.paragraphs)

    @property
    def label(self) -> str:
        """Number and caption, as people name it.

        >>> Article(position=0, number="第3条", caption="適用範囲").label
        '第3条（適用範囲）'
        """
        return f"{self.number}（{self.caption}）" if self.caption else self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """A regulation or policy that was read from a file.

    Attributes:
        name: name of the file.
        kind: kind of the file.
        form: how it is divided.
        title: its title, e.g. 例示町情報セキュリティ対策規程; empty when none was found.
        issued: number and day as printed under the title, e.g. 令和6年9月11日 訓令第44号.
        articles: its articles in order, without the 附則.
        supplement: text of the 附則.
        notes: what the reader should know, in Japanese (pages without text and the like).
    """

    name: str
    kind: FileKind
    form: Form
    title: str
    issued: str
    articles: tuple[Article, ...]
    supplement: str = ""
    notes: tuple[str, ...] = ()
