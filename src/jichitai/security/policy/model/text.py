"""The text of a policy: clauses, their labels, the canonical document and its hash.

Source: 地方自治法 第244条の6第2項 (公表); 法制執務の条文の構成 (条, 項, 号).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from jichitai.kernel.dates import wareki


class Part(StrEnum):
    """文書の階層: the public policy, and the standard that stays inside the body."""

    BASIC = "basic"
    STANDARD = "standard"

    @property
    def japanese(self) -> str:
        """The part in words."""
        return {"basic": "基本方針", "standard": "対策基準"}[self.value]


class Form(StrEnum):
    """条文の形."""

    ARTICLE = "article"
    HEADING = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """条: one clause with the control items behind it.

    Attributes:
        id: the same in all versions of the policy.
        part: 基本方針 or 対策基準.
        chapter: heading above it.
        title: 見出し.
        body: its paragraphs (項) and items (号), one a line.
        items: ids of the guideline's items.
        guideline_version: version against which somebody last looked at it.
        edition: counts its changes.
        origin: interview, import or hand.
        template: key of the draft text that it came from; empty otherwise.
    """

    id: UUID
    part: Part
    chapter: str
    title: str
    body: str
    items: tuple[str, ...]
    guideline_version: str
    edition: int = 1
    origin: str = "hand"
    template: str = ""
    position: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing is written."""
        return not self.body.strip()


_ITEM: Final = re.compile(r"^[（(]([0-9０-９]{1,2}|[ア-ン]|[一二三四五六七八九十]{1,3})[）)]\s*")


@dataclass(frozen=True, slots=True)
class Block:
    """項: a paragraph with its number, and the 号 below it."""

    number: str
    text: str
    items: tuple[str, ...] = ()


def blocks(body: str, form: Form) -> tuple[Block, ...]:
    r"""Paragraphs of a clause; in the form of articles the second and later ones are numbered.

    >>> [block.number for block in blocks("甲とする。\n（1）乙\n丙とする。", Form.ARTICLE)]
    ['', '2']

    Source: 法制執務の条文の構成 (条, 項, 号).
    """
    found: list[tuple[str, list[str]]] = []
    for line in filter(None, (one.strip() for one in body.splitlines())):
        if _ITEM.match(line) and found:
            found[-1][1].append(line)
        else:
            found.append((line, []))
    numbered = form is Form.ARTICLE and len(found) > 1
    return tuple(
        Block(str(place) if numbered and place > 1 else "", text, tuple(items))
        for place, (text, items) in enumerate(found, start=1)
    )


def label(form: Form, number: int, title: str = "") -> str:
    """Number of a clause, with its title.

    >>> label(Form.ARTICLE, 3, "適用範囲")
    '第3条（適用範囲）'
    >>> label(Form.HEADING, 3, "適用範囲")
    '3 適用範囲'

    Source: 法制執務の条文の構成 (条, 項, 号).
    """
    if form is Form.ARTICLE:
        return f"第{number}条" + (f"（{title}）" if title else "")
    return f"{number} {title}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """文書: one part of one version as it is laid before the organs and published.

    Source: 地方自治法 第244条の6第1項, 第2項.
    """

    body: str
    name: str
    part: Part
    version: int
    form: Form
    organs: tuple[str, ...]
    clauses: tuple[Clause, ...]
    designated: str = ""
    effective_on: date | None = None

    def canonical(self) -> bytes:
        """The bytes that are hashed, decided on, kept and published: JSON, keys sorted, UTF-8."""
        content = {
            "body": self.body,
            "name": self.name,
            "part": self.part.value,
            "version": self.version,
            "form": self.form.value,
            "organs": list(self.organs),
            "designated": self.designated,
            "supplement": enactment(self.part, self.effective_on),
            "clauses": [
                {
                    "number": number,
                    "chapter": clause.chapter,
                    "title": clause.title,
                    "text": clause.body,
                }
                for number, clause in enumerate(self.clauses, start=1)
            ],
        }
        return json.dumps(
            content, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return sha256(self.canonical()).hexdigest()


def enactment(part: Part, effective_on: date | None) -> str:
    """附則: from when it is in force; from its publication when no day was set.

    >>> enactment(Part.BASIC, date(2027, 4, 1))
    'この方針は、令和9年4月1日から施行する。'

    Source: 法制執務の附則; 地方自治法 第244条の6第2項.
    """
    what = "この方針" if part is Part.BASIC else "この基準"
    day = wareki(effective_on) if effective_on else "公表の日"
    return f"{what}は、{day}から施行する。"


_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def plain(text: str) -> str:
    r"""Text without control characters but line ends, and without space around it.

    >>> plain(" 第1号\x00 ")
    '第1号'

    Source: 地方自治法 第244条の6第2項 (公表).
    """
    return _CONTROL.sub("", text.replace("\r\n", "\n")).strip()


_SPACE: Final = re.compile(r"\s+")


def squeezed(text: str) -> str:
    """Text without any white space, for comparing what different media show.

    Source: 地方自治法 第244条の6第2項 (公表).
    """
    return _SPACE.sub("", text)


def shows(published: str, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """Clauses that a published text does not hold word by word.

    Args:
        published: the text that people see at the address.
        clauses: of the adopted basic policy.

    Returns:
        Those that are missing; none when the document is there.

    Source: 地方自治法 第244条の6第2項 (公表).
    """
    seen = squeezed(published)
    return tuple(
        clause
        for clause in clauses
        if any(squeezed(line) not in seen for line in clause.body.splitlines())
    )
