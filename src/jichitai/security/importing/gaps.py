"""What a person confirms, and what remains: items without an article, articles without an item."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from jichitai.security.guideline.model import Catalogue, Item
from jichitai.security.importing.matching import Match, candidates, match
from jichitai.security.importing.model import Article, SourceDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's word on one pair of article and item.

    Attributes:
        article: position of the article.
        item_id: the item.
        accepted: whether the article answers the item.
    """

    article: int
    item_id: str
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An item of the guideline that no article answers.

    Attributes:
        item: the item.
        near: articles that come nearest, for a person to choose from.
    """

    item: Item
    near: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A regulation held against the guideline.

    Attributes:
        matches: pairs that stand, proposed or confirmed.
        gaps: items that apply to the body and that no article answers, in the guideline's order.
        unmatched: articles that answer no item (定義, 雑則 and the like, or rules of the body's own).
        beyond: ids of items that are answered though they do not apply to the body.
    """

    matches: tuple[Match, ...]
    gaps: tuple[Gap, ...]
    unmatched: tuple[Article, ...]
    beyond: tuple[str, ...]

    def of_article(self, position: int) -> tuple[Match, ...]:
        """What an article answers, the best first."""
        return tuple(one for one in self.matches if one.article == position)

    @property
    def items(self) -> frozenset[str]:
        """Ids of the items that are answered."""
        return frozenset(one.item_id for one in self.matches)


def assess(
    document: SourceDocument,
    catalogue: Catalogue,
    *,
    applicable: Iterable[Item] | None = None,
    decisions: Sequence[Decision] = (),
) -> Assessment:
    """Hold a regulation against the guideline.

    Args:
        document: the regulation as it was read.
        catalogue: a version of the guideline.
        applicable: items that apply to the body (`catalogue.items_for`); all by default.
        decisions: what a person confirmed, took away or added; a later one counts.

    Source: 地方自治法施行規則 第16条の3第1項第8号 (評価及び見直し).
    """
    asked = catalogue.items if applicable is None else tuple(applicable)
    matches = confirmed(match(document, catalogue), decisions, document)
    answered = {one.item_id for one in matches}
    matched = {one.article for one in matches}
    unmatched = tuple(one for one in document.articles if one.position not in matched)
    missing = [item for item in asked if item.id not in answered]
    near = _near(unmatched, catalogue, {item.id for item in missing}, document.title)
    ids = {item.id for item in asked}
    return Assessment(
        matches=tuple(matches),
        gaps=tuple(Gap(item=item, near=near.get(item.id, ())) for item in missing),
        unmatched=unmatched,
        beyond=tuple(item.id for item in catalogue.items if item.id in answered - ids),
    )


def confirmed(
    proposed: Iterable[Match], decisions: Sequence[Decision], document: SourceDocument
) -> list[Match]:
    """Proposed pairs as a person left them: taken away, confirmed, or added.

    Args:
        proposed: what `match` found.
        decisions: a person's words, the latest last.
        document: whose articles they name; a decision on an article it has not is passed over.

    Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 第2編.
    """
    pairs = {(one.article, one.item_id): one for one in proposed}
    for decision in decisions:
        key = (decision.article, decision.item_id)
        if not decision.accepted:
            pairs.pop(key, None)
        elif key in pairs:
            pairs[key] = replace(pairs[key], score=1.0, whole="", why="担当者が確かめました。")
        elif 0 <= decision.article < len(document.articles):
            pairs[key] = Match(
                article=decision.article,
                label=document.articles[decision.article].label,
                item_id=decision.item_id,
                score=1.0,
                why="担当者が選びました。",
            )
    return sorted(pairs.values(), key=lambda one: (one.article, -one.score))


def _near(
    unmatched: Iterable[Article], catalogue: Catalogue, missing: Collection[str], title: str
) -> dict[str, tuple[Match, ...]]:
    """Articles that answer nothing yet, by the missing items that they come nearest to."""
    found: dict[str, list[Match]] = {}
    for article in unmatched:
        for one in candidates(article, catalogue, title=title, most=3):
            if one.item_id in missing and one.score >= 0.25:
                found.setdefault(one.item_id, []).append(one)
    return {
        item: tuple(sorted(matches, key=lambda one: -one.score)[:3])
        for item, matches in found.items()
    }
