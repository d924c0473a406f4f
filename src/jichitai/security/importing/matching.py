"""Matching articles with items of the catalogue, with the reason for each.

Titles decide: the caption of an article is compared with the titles of items, sections and
chapters, and the chapters around it with those around the item. The text decides which items of a
section a single article covers. Nothing is learnt from data; every rule can be read here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import sqrt
from typing import Final

from jichitai.security.guideline.model import Catalogue
from jichitai.security.importing.model import Article, SourceDocument
from jichitai.security.importing.targets import Target, Targets, Width, targets
from jichitai.security.importing.wording import Weights, core, grams, normal, parts, telling

LEAST: Final = 0.52
"""Score below which nothing is claimed."""
SURE: Final = 0.82
LIKELY: Final = 0.66
_PART_LEAST: Final = 0.80
_INSIDE: Final = 0.62
"""Likeness from which a heading around an article is taken to be a section or chapter."""
_HEAD: Final = 0.78
"""Likeness of a caption that ends with the title of a target."""
_TOPIC: Final = 0.72
"""Likeness of a caption that begins with the title of a target."""
_UNCLEAR: Final = 0.75
"""Factor where several items have the very title of an article and nothing tells them apart."""
_SHORTEST_TEXT: Final = 20
_LONGEST_SENTENCE: Final = 1_000
_SPOKEN_OF: Final = 1.0
"""What a sentence shares with an item at least, if it speaks of it."""
_AS_WELL: Final = 0.85
_OPENINGS: Final = frozenset(
    map(
        normal,
        ("総則", "通則", "雑則", "補則", "その他", "委任", "附則", "施行期日", "準用", "様式"),
    )
)
"""Titles that no item of the guideline answers to."""


class Strength(StrEnum):
    """How sure a match is."""

    SURE = "sure"
    LIKELY = "likely"
    ASK = "ask"

    @property
    def japanese(self) -> str:
        """The strength in words."""
        return {"sure": "確か", "likely": "おそらく", "ask": "要確認"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One article that seems to answer one item.

    Attributes:
        article: position of the article in its document.
        label: number and caption of the article.
        item_id: the item of the catalogue.
        score: from 0 to 1.
        why: the reason, in Japanese, for the person who confirms it.
        whole: name of the section or chapter that the article answers as a whole; empty when it
            answers the item itself.
    """

    article: int
    label: str
    item_id: str
    score: float
    why: str
    whole: str = ""

    @property
    def strength(self) -> Strength:
        """How sure it is; a whole section is never sure for each of its items."""
        if self.score >= SURE and not self.whole:
            return Strength.SURE
        return Strength.LIKELY if self.score >= LIKELY else Strength.ASK


def match(document: SourceDocument, catalogue: Catalogue) -> list[Match]:
    """Find the items that each article answers.

    Args:
        document: the regulation as it was read.
        catalogue: a version of the guideline.

    Returns:
        Matches by article, the best first; an article may answer several items and an item may be
        answered by several articles.

    Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 第2編, 第4編.
    """
    known = targets(catalogue)
    found: list[Match] = []
    for article in document.articles:
        found.extend(_of(article, known, document.title))
    return found


def candidates(
    article: Article, catalogue: Catalogue, *, title: str = "", most: int = 5
) -> list[Match]:
    """The nearest items of one article, also those too far to be claimed; for a person to choose."""
    known = targets(catalogue)
    scored = _scored(article, known, title)
    items = [one for one in scored if one.target.width is Width.ITEM and one.score > 0]
    return [_match(article, one, one.target.items[0]) for one in items[:most]]


@dataclass(frozen=True, slots=True)
class _Scored:
    target: Target
    score: float
    title: float
    place: float
    asked: str


def _of(article: Article, known: Targets, title: str) -> list[Match]:
    if normal(article.caption) in _OPENINGS:
        return []
    scored = [one for one in _scored(article, known, title) if one.score >= LEAST]
    if not scored:
        return []
    chosen = _equals(scored)
    if scored[0].title < SURE:
        chosen = _joined(article, known, title) or chosen
    matches: dict[str, Match] = {}
    for one in chosen:
        for item in _covered(article, one.target, known):
            new = _match(article, one, item)
            if item not in matches or matches[item].score < new.score:
                matches[item] = new
    return sorted(matches.values(), key=lambda one: -one.score)


def _equals(scored: list[_Scored]) -> list[_Scored]:
    """The best target, with others that the title names just as well (two sections of one topic)."""
    best = scored[0]
    same = [
        one
        for one in scored
        if one.title == best.title == 1.0
        and one.score == best.score
        and one.target.width is best.target.width
        and not one.target.policy
    ]
    if len({one.target.name for one in same}) < len(same):
        same = [replace(one, score=one.score * _UNCLEAR) for one in same]
    return same or [best]


def _joined(article: Article, known: Targets, title: str) -> list[_Scored]:
    """Targets of a caption that names several things, when each of them is clear."""
    asked = parts(article.caption)
    if len(asked) < 2:
        return []
    found = []
    for part in asked:
        best = next(iter(_scored(replace(article, caption=part), known, title)), None)
        if best is not None and best.title >= _PART_LEAST:
            found.append(best)
    return found if len(found) == len(asked) else []


def _scored(article: Article, known: Targets, title: str) -> list[_Scored]:
    """All targets by score; where two are equal, the wider one first."""
    place = _Place.of(article, known, title)
    asked = normal(article.caption)
    text = grams(normal(article.text[:4_000])) if not asked else frozenset()
    found = []
    for target in known.all:
        if asked:
            like = max(_likeness(asked, one, known.weights) for one in target.titles)
        else:
            covers = max(known.weights.covered(one, text) for one in target.titles)
            like = 0.75 * covers if target.width is Width.ITEM else 0.0
        scored = place.score(target, like, asked)
        if scored is not None:
            found.append(scored)
    found.sort(
        key=lambda one: (-one.score, not (place.bare and one.target.policy), -one.target.width)
    )
    return found


def _likeness(asked: str, title: str, weights: Weights) -> float:
    """Likeness of a caption and a title; a title that ends the caption is its head noun."""
    like = weights.likeness(asked, title)
    mine, theirs = core(asked), core(title)
    if (mine, theirs) != (asked, title):
        like = max(like, 0.95 * weights.likeness(mine, theirs))
    if len(title) >= 4 and asked.endswith(title):
        like = max(like, _HEAD)
    elif len(title) >= 5 and asked.startswith(title):
        like = max(like, _TOPIC)
    return like


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an article stands."""

    path: tuple[str, ...]
    weights: Weights
    policy: bool
    standard: bool
    seen: dict[str, float] = field(default_factory=dict)

    @property
    def bare(self) -> bool:
        """Whether nothing around the article tells the policy from the standard."""
        return not (self.path or self.policy or self.standard)

    @classmethod
    def of(cls, article: Article, known: Targets, title: str) -> "_Place":
        around = [*article.path, title]
        policy = any("基本方針" in one for one in article.path)
        standard = any("対策基準" in one or "実施基準" in one for one in around) and not policy
        if not policy and not standard:
            policy = "基本方針" in title and "対策基準" not in title
        path = tuple(filter(None, (normal(one) for one in article.path)))
        return cls(path, known.weights, policy, standard)

    def likeness(self, name: str) -> float:
        """How much the nearest heading around the article is like a name; asked often."""
        if name not in self.seen:
            likes = (self.weights.likeness(one, name) for one in self.path)
            self.seen[name] = max(likes, default=0.0)
        return self.seen[name]

    def score(self, target: Target, like: float, asked: str) -> _Scored | None:
        """The score of a target; None when the article stands inside it."""
        section = self.likeness(target.section) if target.section else 0.0
        chapter = self.likeness(target.chapter) if target.chapter else 0.0
        place = max(section, (0.7 if target.section else 1.0) * chapter)
        score = like
        if self.path and target.chapter:
            score = like * (0.80 + 0.30 * place)
        if target.width is not Width.ITEM:
            inside = max((self.likeness(one) for one in target.titles), default=0.0)
            if inside >= _INSIDE:
                if inside > like:
                    return None
                score *= 0.9
        return _Scored(target, score * self._part(target, asked), like, place, asked)

    def _part(self, target: Target, asked: str) -> float:
        """How far the part of the guideline fits: 基本方針, 対策基準, クラウド特則."""
        factor = 1.0
        if target.policy and not self.policy:
            factor = 0.70 if self.standard else 1.0
        elif self.policy and not target.policy:
            factor = 0.60
        if target.cloud and "クラウド" not in asked + "".join(self.path):
            factor *= 0.55
        return factor


def _covered(article: Article, target: Target, known: Targets) -> Sequence[str]:
    """The items of a target that the article's text speaks of; all when it has no text to tell.

    Each sentence goes to the item of the target whose title and summary it shares most with.
    """
    if target.width is Width.ITEM or len(article.text) < _SHORTEST_TEXT:
        return target.items
    found: set[str] = set()
    for sentence in re.split(r"[。\n]", article.text):
        words = telling(normal(sentence[:_LONGEST_SENTENCE]))
        scores = {item: _shared(words, known.says[item], known.said) for item in target.items}
        best = max(scores.values(), default=0.0)
        if best >= _SPOKEN_OF:
            found |= {item for item, score in scores.items() if score >= _AS_WELL * best}
    return [item for item in target.items if item in found] or target.items


def _shared(words: frozenset[str], says: frozenset[str], said: Weights) -> float:
    """How much a sentence and an item share, for the size of the item."""
    whole = said.weight(says)
    return said.weight(words & says) / sqrt(whole) if whole else 0.0


def _match(article: Article, scored: _Scored, item: str) -> Match:
    target = scored.target
    whole = "" if target.width is Width.ITEM else target.name
    return Match(
        article=article.position,
        label=article.label,
        item_id=item,
        score=round(min(scored.score, 1.0), 3),
        why=_why(article, scored),
        whole=whole,
    )


def _why(article: Article, scored: _Scored) -> str:
    target = scored.target
    kind = {Width.ITEM: "項目", Width.SECTION: "節", Width.CHAPTER: "章"}[target.width]
    if not article.caption:
        reason = f"見出しがないため、本文の言葉が{kind}「{target.name}」に近いことから推定しました"
    elif scored.asked == normal(target.name):
        reason = f"見出しが{kind}「{target.name}」と同じです"
    elif scored.asked in target.titles:
        reason = f"見出しは{kind}「{target.name}」の別の呼び方です"
    else:
        reason = f"見出しが{kind}「{target.name}」に近い言葉です"
    if article.path and scored.place >= _INSIDE:
        reason += f"。「{article.path[-1]}」の中にあります"
    return reason + "。"
