"""What an article can answer: one item of the catalogue, a section of it, or a chapter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from jichitai.security.guideline.model import Catalogue, Chapter, Item, Obligation
from jichitai.security.importing.wording import Weights, names, normal, telling


class Width(IntEnum):
    """How much of the catalogue a target is."""

    ITEM = 1
    SECTION = 2
    CHAPTER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing that a title may mean.

    Attributes:
        width: item, section or chapter.
        name: its title in the catalogue.
        titles: normal forms of its title and of its other names.
        section, chapter: normal forms of what it stands in; empty where it stands in none.
        items: ids of its items.
        policy: whether it belongs to the 基本方針.
        cloud: whether it belongs to the special rules for cloud services (第4編).
    """

    width: Width
    name: str
    titles: tuple[str, ...]
    section: str
    chapter: str
    items: tuple[str, ...]
    policy: bool
    cloud: bool


@dataclass(frozen=True, slots=True)
class Targets:
    """All targets of a catalogue, and how much its characters tell.

    Attributes:
        all: chapters, sections, items.
        weights: of characters in titles.
        says: what each item says, by its id: characters of its title, other names and summary.
        said: weights of characters in `says`.
    """

    all: tuple[Target, ...]
    weights: Weights
    says: Mapping[str, frozenset[str]]
    said: Weights


@lru_cache(maxsize=16)
def targets_of(items: tuple[Item, ...], chapters: tuple[Chapter, ...]) -> Targets:
    """Targets of a list of items; kept, because catalogues do not change."""
    found = list(_targets(chapters))
    titles = (title for target in found for title in target.titles)
    names_of = {one.items[0]: one.titles for one in found if one.width is Width.ITEM}
    says = {
        item.id: telling("。".join((*names_of[item.id], normal(item.meaning)))) for item in items
    }
    return Targets(tuple(found), Weights.over(titles), says, Weights.over_sets(says.values()))


def targets(catalogue: Catalogue) -> Targets:
    """Targets of a catalogue."""
    return targets_of(catalogue.items, catalogue.chapters())


def _targets(chapters: Iterable[Chapter]) -> Iterable[Target]:
    for chapter in chapters:
        yield _target(Width.CHAPTER, chapter.title, chapter.items, _common(chapter.items))
        sections = chapter.sections
        for name, items in sections:
            if name and (len(sections) > 1 or name != chapter.title):
                yield _target(Width.SECTION, name, items, _common(items), chapter=chapter.title)
        for item in chapter.items:
            place = (item.section, chapter.title)
            yield _target(Width.ITEM, item.title, (item,), short_id(item), *place)


def _target(
    width: Width,
    title: str,
    items: tuple[Item, ...],
    key: str,
    section: str = "",
    chapter: str = "",
) -> Target:
    others = [one.text for one in names() if one.target == key]
    titles = dict.fromkeys(filter(None, map(normal, [title, *others])))
    return Target(
        width=width,
        name=title,
        titles=tuple(titles),
        section=normal(section),
        chapter=normal(chapter),
        items=tuple(item.id for item in items),
        policy=items[0].obligation is Obligation.STATUTORY,
        cloud=items[0].part.startswith("第4編"),
    )


def short_id(item: Item) -> str:
    """The item's place: `K.3` in the 基本方針, `6.1.14` in the standard, `P4-6a` for cloud rules."""
    for prefix, short in (("gl-p2-1-", "K."), ("gl-p2-2-", ""), ("gl-p4-", "P4-")):
        if item.oscal_id.startswith(prefix):
            return short + item.oscal_id.removeprefix(prefix)
    return item.oscal_id


def _common(items: tuple[Item, ...]) -> str:
    """What the places of all items begin with."""
    places = [short_id(item).split(".") for item in items]
    if len(places) == 1:
        return ".".join(places[0][:-1]) or places[0][0]
    shared = []
    for level in zip(*places, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return ".".join(shared)
