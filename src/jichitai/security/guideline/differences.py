"""What lies between two versions, and what it makes stale.

Source: ガイドラインの改定の経緯; 地方自治法施行規則 第16条の3第1項第8号 (評価及び見直し).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from jichitai.security.guideline.model import (
    Catalogue,
    Confidence,
    Item,
    Revision,
    RevisionKind,
)

FIELD_NAMES: Final[Mapping[str, str]] = {
    "title": "見出し",
    "meaning": "説明",
    "chapter": "章",
    "section": "節",
    "item_no": "番号",
    "obligation": "強さ",
    "applies_to": "適用",
    "law_item": "法令の項目",
}
"""What makes an item another one, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """An item before and after, the fields that differ, and what is known of the reason."""

    before: Item
    after: Item
    fields: tuple[str, ...]
    reasons: tuple[Revision, ...]

    @property
    def item_id(self) -> str:
        """Whose change it is."""
        return self.after.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What lies between two versions.

    Attributes:
        old, new: names of the versions.
        added: items that only the new one has.
        removed: items that only the old one has.
        changed: items whose text, strength or conditions differ, or that a revision named.
    """

    old: str
    new: str
    added: tuple[Item, ...]
    removed: tuple[Item, ...]
    changed: tuple[ItemChange, ...]

    @classmethod
    def between(cls, old: Catalogue, new: Catalogue) -> Self:
        """Compare two versions by the ids of their items."""
        reasons = _reasons(old, new)
        changed = []
        for after in new.items:
            if after.id not in old:
                continue
            before = old.item(after.id)
            fields = tuple(n for n in FIELD_NAMES if getattr(before, n) != getattr(after, n))
            named = reasons.get(after.id, ())
            if fields or named:
                change = ItemChange(before=before, after=after, fields=fields, reasons=tuple(named))
                changed.append(change)
        return cls(
            old=old.version,
            new=new.version,
            added=tuple(item for item in new.items if item.id not in old),
            removed=tuple(item for item in old.items if item.id not in new),
            changed=tuple(changed),
        )

    @property
    def stale(self) -> frozenset[str]:
        """Ids of items whose clauses have to be looked at again: changed or gone."""
        return frozenset(
            [change.item_id for change in self.changed] + [item.id for item in self.removed]
        )

    def reasons(self, item_id: str) -> tuple[Revision, ...]:
        """Why an item is stale, as far as known."""
        return next((one.reasons for one in self.changed if one.item_id == item_id), ())


def _reasons(old: Catalogue, new: Catalogue) -> dict[str, list[Revision]]:
    known = set(old.revisions)
    found: dict[str, list[Revision]] = {}
    for revision in new.revisions:
        if revision not in known and revision.kind is RevisionKind.CHANGED:
            found.setdefault(revision.item_id, []).append(revision)
    return found


def stale_items(old: Catalogue, new: Catalogue) -> frozenset[str]:
    """Ids of items whose clauses a step from one version to another makes stale.

    Items that the new version adds are gaps and not stale clauses; `Difference.added` has them.

    Source: 地方自治法施行規則 第16条の3第1項第8号 (評価及び見直し).
    """
    return Difference.between(old, new).stale


def continued(old: Catalogue, new: Catalogue) -> Catalogue:
    """A catalogue that came from a file, with the history of the version before it.

    Differences become changes of the new version, so that bodies are told why clauses are stale.
    A catalogue that shares less than half of its items with the old one is of another kind, and
    stays as it is.

    Source: 地方自治法施行規則 第16条の3第1項第8号 (評価及び見直し).
    """
    shared = sum(item.id in old for item in new.items)
    if shared * 2 < len(new.items):
        return new
    found = Difference.between(replace(old, revisions=()), replace(new, revisions=()))
    trust = Confidence.READ if new.official else Confidence.OURS

    def revision(item_id: str, kind: RevisionKind, what: str) -> Revision:
        return Revision(
            version=new.version,
            item_id=item_id,
            kind=kind,
            what=what,
            source=new.source or new.title,
            confidence=trust,
        )

    changes = [
        revision(one.item_id, RevisionKind.CHANGED, f"{_named(one.fields)}が変わった")
        for one in found.changed
    ]
    changes += [revision(one.id, RevisionKind.ADDED, "項目が加わった") for one in found.added]
    changes += [revision(one.id, RevisionKind.REMOVED, "項目がなくなった") for one in found.removed]
    latest = {one.item_id: new.version for one in changes}
    earlier = {item.id: item.revised_in for item in old.items}
    return replace(
        new,
        items=tuple(
            replace(
                item,
                revised_in=latest.get(item.id) or item.revised_in or earlier.get(item.id, ""),
            )
            for item in new.items
        ),
        revisions=(*old.revisions, *changes),
    )


def _named(fields: tuple[str, ...]) -> str:
    return "、".join(FIELD_NAMES[name] for name in fields)


def ordered(catalogues: Iterable[Catalogue]) -> tuple[Catalogue, ...]:
    """Catalogues by their day, the oldest first.

    Source: ガイドラインの改定の経緯.
    """
    return tuple(sorted(catalogues, key=lambda one: (one.published_on, one.version)))
