"""What pages of the guideline say: states, options, rows."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from jichitai.security.guideline import builtin
from jichitai.security.guideline.choosing import Choice
from jichitai.security.guideline.differences import FIELD_NAMES, ItemChange
from jichitai.security.guideline.model import (
    Catalogue,
    Confidence,
    Item,
    Level,
    NetworkModel,
    Obligation,
    Revision,
    RevisionKind,
)
from jichitai.security.guideline.service import Edition
from jichitai.security.obligations.model import measures
from jichitai.web.components import Colour, Crumb, Option, Status

HOME: Final = Crumb("情報セキュリティ", "/security")
GUIDELINE: Final = Crumb("ガイドライン", "/security/guideline")
Choosable = TypeVar("Choosable", NetworkModel, Level, Obligation)

_STRENGTHS: Final[Mapping[Obligation, Colour]] = {
    Obligation.STATUTORY: "purple",
    Obligation.STANDARD: "blue",
    Obligation.CONDITIONAL: "orange",
    Obligation.RECOMMENDED: "grey",
}
_TRUST: Final[Mapping[Confidence, Colour]] = {
    Confidence.READ: "green",
    Confidence.RECALLED: "yellow",
    Confidence.OURS: "orange",
}
_KINDS: Final[Mapping[RevisionKind, Colour]] = {
    RevisionKind.ADDED: "green",
    RevisionKind.CHANGED: "yellow",
    RevisionKind.REMOVED: "red",
}
_ORIGINS: Final[Mapping[str, Status]] = {
    "published": Status("公表", "green", "府省が公表した版です"),
    "built-in": Status("内蔵", "grey", "ソフトウェアにはじめから入っている非公式の版です"),
    "imported": Status("取込み", "blue", "この団体・府省がファイルから取り込んだ版です"),
}


def note_of(catalogue: Catalogue) -> str:
    """What has to be said above anything from a catalogue; empty for an official one."""
    return "" if catalogue.official else builtin.UNOFFICIAL


def strength(obligation: Obligation) -> Status:
    """強さ as a chip."""
    return Status(obligation.japanese.split("（")[0], _STRENGTHS[obligation], obligation.japanese)


def trust(confidence: Confidence) -> Status:
    """確からしさ as a chip."""
    letter, _, meaning = confidence.japanese.partition(" ")
    return Status(letter, _TRUST[confidence], meaning)


def origin(edition: Edition) -> Status:
    """Where a version is from."""
    return _ORIGINS[edition.origin]


def row(item: Item, version: str) -> dict[str, Any]:
    """An item as a row of a list."""
    return {
        "no": item.item_no,
        "title": item.title,
        "href": item_href(item, version),
        "meaning": item.meaning,
        "strength": strength(item.obligation),
        "applies": "、".join(one.japanese for one in item.applies_to),
        "measure": f"第{item.measure}号" if item.measure else "方針",
        "trust": trust(item.confidence),
        "revised": item.revised_in,
    }


def item_href(item: Item, version: str) -> str:
    """Address of an item's page."""
    return f"/security/guideline/items/{item.oscal_id}?version={version}"


def change_row(change: ItemChange, version: str) -> dict[str, Any]:
    """A changed item: what differs, why, both wordings."""
    words = [FIELD_NAMES[name] for name in change.fields]
    reworded = "meaning" in change.fields
    return {
        "no": change.after.item_no,
        "title": change.after.title,
        "href": item_href(change.after, version),
        "fields": "、".join(words) or "（説明は同じ）",
        "before": change.before.meaning if reworded else "",
        "after": change.after.meaning if reworded else "",
        "others": [
            (FIELD_NAMES[name], _shown(change.before, name), _shown(change.after, name))
            for name in change.fields
            if name != "meaning"
        ],
        "reasons": [reason(one) for one in change.reasons],
    }


def reason(one: Revision) -> dict[str, Any]:
    """What a version did to an item."""
    return {
        "version": one.version,
        "kind": Status(one.kind.japanese, _KINDS[one.kind]),
        "what": one.what,
        "source": one.source,
        "trust": trust(one.confidence),
    }


def _shown(item: Item, name: str) -> str:
    value = getattr(item, name)
    if name == "obligation":
        return item.obligation.japanese
    if name == "applies_to":
        return "、".join(one.japanese for one in item.applies_to)
    return str(value)


MODELS: Final = tuple(Option(one.value, one.japanese) for one in NetworkModel)
CLOUDS: Final = (Option("yes", "利用する"), Option("no", "利用しない"))
LEVELS: Final = tuple(Option(one.value, one.japanese) for one in Level)
OBLIGATIONS: Final = tuple(Option(one.value, one.japanese) for one in Obligation)


def measure_options() -> tuple[Option, ...]:
    """The eight measures to choose from."""
    return tuple(Option(str(one.number), f"第{one.number}号 {one.name}") for one in measures())


def choice_of(query: Mapping[str, str]) -> Choice:
    """What a reader chose; values that are none are passed over."""
    number = query.get("measure", "")
    return Choice(
        model=_one(NetworkModel, query.get("model", "")),
        cloud=query.get("cloud", "yes") != "no",
        level=_one(Level, query.get("level", "")),
        obligation=_one(Obligation, query.get("obligation", "")),
        measure=int(number) if number in set("12345678") else None,
        text=query.get("q", "")[:100],
    )


def _one(kind: type[Choosable], text: str) -> Choosable | None:
    return next((one for one in kind if one.value == text), None)
