"""Control items of the guideline, its versions, and what makes a clause stale.

Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン; 地方自治法 第244条の6第3項.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from jichitai.security.guideline.errors import BadCatalogueError, UnknownItemError

Key: TypeAlias = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^\S+$")]
OscalId: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")
]
VersionName: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
]
Word: TypeAlias = Annotated[str, Meta(max_length=120)]
Line: TypeAlias = Annotated[str, Meta(max_length=400)]
Text: TypeAlias = Annotated[str, Meta(max_length=4_000)]

LARGEST: Final = 2_000
"""Items that a catalogue may have."""


class NetworkModel(StrEnum):
    """ネットワーク構成のモデル: where the terminals and the business systems stand.

    Source: ガイドライン 対策基準 3 (情報システム全体の強靭性の向上).
    """

    ALPHA = "alpha"
    ALPHA_PRIME = "alpha_prime"
    BETA = "beta"
    BETA_PRIME = "beta_prime"

    @property
    def japanese(self) -> str:
        """The name that officials use."""
        return _MODELS[self]


_MODELS: Final = {
    NetworkModel.ALPHA: "αモデル",
    NetworkModel.ALPHA_PRIME: "α´モデル",
    NetworkModel.BETA: "βモデル",
    NetworkModel.BETA_PRIME: "β´モデル",
}


class Condition(StrEnum):
    """適用の条件: when an item applies. `ALL` stands alone; the others are combined.

    Areas: one of them is enough. Cloud: has to be used. Models: one of them has to be in use.
    """

    ALL = "all"
    MYNUMBER = "mynumber"
    LGWAN = "lgwan"
    INTERNET = "internet"
    CLOUD = "cloud"
    ALPHA_PRIME = "alpha_prime"
    BETA = "beta"
    BETA_PRIME = "beta_prime"

    @property
    def japanese(self) -> str:
        """The condition in words."""
        return _CONDITIONS[self]


_CONDITIONS: Final = {
    Condition.ALL: "すべての団体",
    Condition.MYNUMBER: "マイナンバー利用事務系",
    Condition.LGWAN: "LGWAN接続系",
    Condition.INTERNET: "インターネット接続系",
    Condition.CLOUD: "クラウドサービスを利用する場合",
    Condition.ALPHA_PRIME: "α´モデルの場合",
    Condition.BETA: "βモデルの場合",
    Condition.BETA_PRIME: "β´モデルの場合",
}
AREAS: Final = frozenset({Condition.MYNUMBER, Condition.LGWAN, Condition.INTERNET})
_ASKED: Final = frozenset({Condition.ALPHA_PRIME, Condition.BETA, Condition.BETA_PRIME})
_FULFILLED: Final[Mapping[NetworkModel, frozenset[Condition]]] = {
    NetworkModel.ALPHA: frozenset(),
    NetworkModel.ALPHA_PRIME: frozenset({Condition.ALPHA_PRIME}),
    NetworkModel.BETA: frozenset({Condition.BETA}),
    NetworkModel.BETA_PRIME: frozenset({Condition.BETA, Condition.BETA_PRIME}),
}


class Obligation(StrEnum):
    """項目の強さ."""

    STATUTORY = "statutory"
    STANDARD = "standard"
    CONDITIONAL = "conditional"
    RECOMMENDED = "recommended"

    @property
    def japanese(self) -> str:
        """The strength in words."""
        return _OBLIGATIONS[self]


_OBLIGATIONS: Final = {
    Obligation.STATUTORY: "法定（方針そのもの）",
    Obligation.STANDARD: "標準",
    Obligation.CONDITIONAL: "条件付き",
    Obligation.RECOMMENDED: "推奨",
}


class Level(StrEnum):
    """項目の分野."""

    POLICY = "policy"
    ORGANISATION = "organisation"
    ASSET = "asset"
    NETWORK = "network"
    PHYSICAL = "physical"
    HUMAN = "human"
    TECHNICAL = "technical"
    OPERATION = "operation"
    OUTSOURCING = "outsourcing"
    EVALUATION = "evaluation"
    CLOUD = "cloud"
    OTHER = "other"

    @property
    def japanese(self) -> str:
        """The field in words."""
        return _LEVELS[self]


_LEVELS: Final = {
    Level.POLICY: "基本方針",
    Level.ORGANISATION: "組織体制",
    Level.ASSET: "情報資産",
    Level.NETWORK: "強靭性",
    Level.PHYSICAL: "物理的対策",
    Level.HUMAN: "人的対策",
    Level.TECHNICAL: "技術的対策",
    Level.OPERATION: "運用",
    Level.OUTSOURCING: "業務委託・クラウドの利用",
    Level.EVALUATION: "評価・見直し",
    Level.CLOUD: "クラウド特則",
    Level.OTHER: "その他",
}


class Confidence(StrEnum):
    """確からしさ: how far a line of the catalogue, a change or a mapping may be trusted."""

    READ = "A"
    RECALLED = "B"
    OURS = "C"

    @property
    def japanese(self) -> str:
        """What the mark says."""
        return _CONFIDENCES[self]


_CONFIDENCES: Final = {
    Confidence.READ: "A 公表された資料で見出しを確かめた",
    Confidence.RECALLED: "B 節は確かめ、見出しの文言は確かめていない",
    Confidence.OURS: "C 話題はあるが、文言か番号は当方の整理",
}

_NUMBERED: Final = re.compile(r"第16条の3第1項第([1-8])号")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """項目: one control of the guideline.

    Attributes:
        id: our name for it, from the guideline's own numbering.
        oscal_id: the same in letters that OSCAL and addresses take.
        part: 編と章.
        chapter_no: 章の番号; `K` for the 基本方針.
        chapter: 章.
        section: 節; empty where the chapter has none.
        item_no: number inside the chapter as documents write it.
        title: 見出し.
        meaning: our own summary, in Japanese.
        meaning_en: the same in English.
        level: 分野.
        obligation: 強さ.
        applies_to: conditions; see `Condition`.
        law_item: what the law asks that the item serves; empty when none.
        confidence: how sure the line is.
        revised_in: version that last changed it; empty when none known.

    Source: 地方公共団体における情報セキュリティポリシーに関するガイドライン 第2編, 第4編.
    """

    id: Key
    oscal_id: OscalId
    part: Word
    chapter_no: Word
    chapter: Word
    section: Word
    item_no: Word
    title: Line
    meaning: Text
    meaning_en: Text = ""
    level: Level
    obligation: Obligation
    applies_to: tuple[Condition, ...]
    law_item: Line
    confidence: Confidence
    revised_in: Word = ""

    @property
    def measure(self) -> int | None:
        """号 of 施行規則 第16条の3第1項 (1 to 8) that the item serves."""
        found = _NUMBERED.search(self.law_item)
        return int(found[1]) if found else None

    @property
    def heading(self) -> str:
        """Number and title on one line."""
        return f"{self.item_no} {self.title}"

    def applies(
        self,
        network_model: NetworkModel,
        *,
        cloud: bool,
        areas: frozenset[Condition] = AREAS,
    ) -> bool:
        """Whether a body with this network has to look at the item."""
        asked = set(self.applies_to)
        if Condition.CLOUD in asked and not cloud:
            return False
        if asked & AREAS and not asked & areas:
            return False
        models = asked & _ASKED
        return not models or bool(models & _FULFILLED[network_model])


class RevisionKind(StrEnum):
    """改定での扱い."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"

    @property
    def japanese(self) -> str:
        """In words."""
        return {"added": "追加", "changed": "変更", "removed": "削除"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """改定の記録: what one version did to one item."""

    version: VersionName
    item_id: Key
    kind: RevisionKind
    what: Line
    source: Line
    confidence: Confidence


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """One version of the guideline as a list of items.

    Attributes:
        version: its name, such as `R8.3`.
        title: its title.
        published_on: day of the version; orders versions.
        official: whether the ministry stands behind the list of items.
        source: where the items come from.
        items: in the guideline's order.
        revisions: what this version and earlier ones did to items, as far as known.

    Source: 地方自治法 第244条の6第3項.
    """

    version: VersionName
    title: Line
    published_on: date
    official: bool
    source: Line
    items: tuple[Item, ...]
    revisions: tuple[Revision, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse an empty list and doubled ids."""
        if not 0 < len(self.items) <= LARGEST:
            raise BadCatalogueError(
                f"項目が{len(self.items):,}件です。1件から{LARGEST:,}件までの一覧にしてください。"
            )
        for what, ids in (
            ("項目ID", (item.id for item in self.items)),
            ("OSCALの識別子", (item.oscal_id for item in self.items)),
        ):
            if twice := [one for one, times in Counter(ids).items() if times > 1]:
                raise BadCatalogueError(
                    f"{what}が重なっています（{'、'.join(twice[:5])}）。"
                    "条文とのひも付けができなくなるため、項目ごとに別のものにしてください。",
                    ids=twice[:20],
                )

    @cached_property
    def _index(self) -> Mapping[str, Item]:
        index = {item.oscal_id: item for item in self.items}
        return index | {item.id: item for item in self.items}

    def __contains__(self, key: object) -> bool:
        return key in self._index

    def item(self, key: str) -> Item:
        """The item with this id (ours or OSCAL's).

        Raises:
            UnknownItemError: the version has none.
        """
        try:
            return self._index[key]
        except KeyError:
            raise UnknownItemError(
                f"ガイドライン{self.version}に、その番号の項目はありません。"
                "版を選び直すか、一覧から開いてください。",
                version=self.version,
            ) from None

    def items_for(
        self,
        network_model: NetworkModel | str,
        *,
        cloud: bool,
        areas: frozenset[Condition] = AREAS,
    ) -> tuple[Item, ...]:
        """The items that apply to a body, in order.

        Args:
            network_model: its model.
            cloud: whether it uses cloud services.
            areas: the areas that it has; a joint body may have fewer than three.
        """
        model = NetworkModel(network_model)
        return tuple(one for one in self.items if one.applies(model, cloud=cloud, areas=areas))

    def policy_items(self) -> tuple[Item, ...]:
        """The items of the 基本方針, which the law itself asks for."""
        return tuple(one for one in self.items if one.obligation is Obligation.STATUTORY)

    def measure_items(self, measure: int) -> tuple[Item, ...]:
        """The items that serve one 号 of 施行規則 第16条の3第1項."""
        return tuple(one for one in self.items if one.measure == measure)

    def chapters(self) -> tuple["Chapter", ...]:
        """The items by part and chapter, in order."""
        found: dict[tuple[str, str], list[Item]] = {}
        for item in self.items:
            found.setdefault((item.part, item.chapter), []).append(item)
        return tuple(
            Chapter(part=part, number=items[0].chapter_no, title=title, items=tuple(items))
            for (part, title), items in found.items()
        )

    def revisions_of(self, item_id: str) -> tuple[Revision, ...]:
        """What versions did to one item, the newest first."""
        return tuple(one for one in reversed(self.revisions) if one.item_id == item_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """章: the items of a chapter of one part."""

    part: str
    number: str
    title: str
    items: tuple[Item, ...]

    @property
    def sections(self) -> tuple[tuple[str, tuple[Item, ...]], ...]:
        """節 with their items, in order."""
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.section, []).append(item)
        return tuple((name, tuple(items)) for name, items in found.items())
