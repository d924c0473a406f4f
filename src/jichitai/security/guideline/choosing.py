"""Choose items of a version by what a reader asks for."""

import unicodedata
from dataclasses import dataclass

from jichitai.security.guideline.model import Catalogue, Item, Level, NetworkModel, Obligation


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is asked for; empty values ask for nothing.

    Attributes:
        model: items that apply to this network model.
        cloud: with a model: whether cloud services are used.
        level: of this field only.
        obligation: of this strength only.
        measure: serving this 号 of 施行規則 第16条の3第1項 only.
        text: words that all stand in the item.
    """

    model: NetworkModel | None = None
    cloud: bool = True
    level: Level | None = None
    obligation: Obligation | None = None
    measure: int | None = None
    text: str = ""

    def items(self, catalogue: Catalogue) -> tuple[Item, ...]:
        """The items that are asked for, in order."""
        found = catalogue.items
        if self.model is not None:
            found = catalogue.items_for(self.model, cloud=self.cloud)
        words = _plain(self.text).split()
        return tuple(
            item
            for item in found
            if self.level in (None, item.level)
            and self.obligation in (None, item.obligation)
            and self.measure in (None, item.measure)
            and _has(item, words)
        )


def _has(item: Item, words: list[str]) -> bool:
    if not words:
        return True
    text = _plain(
        f"{item.id} {item.oscal_id} {item.item_no} {item.title} {item.meaning}"
        f" {item.chapter} {item.section} {item.meaning_en}"
    )
    return all(word in text for word in words)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
