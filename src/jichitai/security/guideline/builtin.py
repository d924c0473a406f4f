"""The catalogue that comes with Jichitai: four versions, told from one table and its changes.

It is unofficial. The table holds the newest version; an older one is what remains when the
changes after it are taken back.

Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 令和5年3月版から令和8年3月版.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from jichitai.security.guideline.errors import UnknownVersionError
from jichitai.security.guideline.model import (
    Catalogue,
    Condition,
    Confidence,
    Item,
    Level,
    Obligation,
    Revision,
    RevisionKind,
)
from jichitai.security.tables import rows

UNOFFICIAL: Final = (
    "非公式の一覧です。項目の見出しと番号は公表資料と規程の例から整理し、説明は当方の要約です。"
    "ガイドラインの本文ではありません。"
)
"""What every page and every file says of this catalogue."""

TRUST: Final[Mapping[str, Confidence]] = {
    "read": Confidence.READ,
    "recalled": Confidence.RECALLED,
    "ours": Confidence.OURS,
}
"""The words of the dated tables for the marks of the catalogue."""

_SOURCE: Final = "公表資料と規程の例からの整理（非公式）"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """版: one revision of the guideline.

    Attributes:
        version: short name, year and month of its day.
        title: its title.
        published_on: its day.
        valid_to: last day before the next revision; None for the newest.
        itemised: whether the catalogue has its items.
        main_change: what it changed.
        source: where the row is from.
        confidence: how sure it is.
    """

    version: str
    title: str
    published_on: date
    valid_to: date | None
    itemised: bool
    main_change: str
    source: str
    confidence: Confidence


@cache
def history() -> tuple[VersionRow, ...]:
    """Every revision that is known, the oldest first.

    >>> [row.version for row in history() if row.itemised]
    ['R5.3', 'R6.10', 'R7.3', 'R8.3']

    Source: ガイドラインの改定の経緯.
    """
    return tuple(
        VersionRow(
            version=row["version"],
            title=row["title"],
            published_on=date.fromisoformat(row["published_on"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            itemised=row["items"] == "yes",
            main_change=row["main_change"],
            source=row["source"],
            confidence=TRUST[row["confidence"]],
        )
        for row in rows("guideline_versions")
    )


def versions() -> tuple[str, ...]:
    """Names of the versions whose items are known, the oldest first.

    Source: ガイドラインの改定の経緯.
    """
    return tuple(row.version for row in history() if row.itemised)


def newest() -> Catalogue:
    """The newest version.

    >>> newest().version, len(newest().items)
    ('R8.3', 201)

    Source: ガイドライン 令和8年3月版.
    """
    return catalogue(versions()[-1])


@cache
def catalogue(version: str) -> Catalogue:
    """One version as a list of items.

    Args:
        version: its name, such as `R8.3`.

    Raises:
        UnknownVersionError: no items are known of it.

    >>> catalogue("R8.3").item("gl-p2-2-1.9").title
    'CSIRTの設置・役割'

    Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 第2編, 第4編.
    """
    known = {row.version: row for row in history() if row.itemised}
    if version not in known:
        raise UnknownVersionError(
            f"ガイドライン「{version[:40]}」の項目一覧はありません。"
            f"{'、'.join(known)}から選んでください。",
            known=list(known),
        )
    past = [name for name, row in known.items() if row.published_on <= known[version].published_on]
    changes = _changes()
    items = tuple(
        item
        for item in (_at(item, changes.get(item.id, ()), past) for item in _newest_items())
        if item is not None
    )
    return Catalogue(
        version=version,
        title=known[version].title,
        published_on=known[version].published_on,
        official=False,
        source=_SOURCE,
        items=items,
        revisions=tuple(
            one.revision
            for found in changes.values()
            for one in found
            if one.revision.version in past
        ),
    )


@dataclass(frozen=True, slots=True)
class _Change:
    revision: Revision
    before: str


def _at(item: Item, changes: tuple[_Change, ...], past: list[str]) -> Item | None:
    """The item as it stood after the versions in `past`; None when it was not there yet."""
    done = [one for one in changes if one.revision.version in past]
    undone = [one for one in changes if one.revision.version not in past]
    if undone and undone[0].revision.kind is RevisionKind.ADDED:
        return None
    earlier = undone[0].before if undone else ""
    return replace(
        item,
        meaning=earlier or item.meaning,
        meaning_en="" if earlier else item.meaning_en,
        revised_in=done[-1].revision.version if done else "",
    )


@cache
def _changes() -> Mapping[str, tuple[_Change, ...]]:
    """What versions did to items, by item, the oldest first."""
    found: dict[str, tuple[_Change, ...]] = {}
    for row in rows("guideline_changes"):
        revision = Revision(
            version=row["version"],
            item_id=row["item_id"],
            kind=RevisionKind(row["kind"]),
            what=row["what"],
            source=row["source"],
            confidence=TRUST[row["confidence"]],
        )
        change = _Change(revision, row["before_meaning"])
        found[revision.item_id] = (*found.get(revision.item_id, ()), change)
    return found


@cache
def _newest_items() -> tuple[Item, ...]:
    meanings = {row["id"]: row["meaning"] for row in rows("guideline_meanings")}
    return tuple(
        Item(
            id=row["id"],
            oscal_id=row["oscal_id"],
            part=row["part"],
            chapter_no=row["chapter_no"],
            chapter=row["chapter"],
            section=row["section"],
            item_no=row["item_no"],
            title=row["title_ja"],
            meaning=meanings[row["id"]],
            meaning_en=row["meaning"],
            level=Level(row["level"]),
            obligation=Obligation(row["obligation"]),
            applies_to=tuple(map(Condition, row["applies_to"].split(";"))),
            law_item=row["law_item"],
            confidence=Confidence(row["confidence"]),
        )
        for row in _controls()
    )


def _controls() -> list[dict[str, str]]:
    text = (files("jichitai.data") / "guideline_controls.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
