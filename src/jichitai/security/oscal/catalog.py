"""OSCAL catalogues: a version of the guideline, and what the law itself asks for.

Source: NIST OSCAL 1.2.1 (catalog); 地方自治法 第244条の6; 地方自治法施行規則 第16条の3第1項.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Final

from jichitai.kernel.dates import JST
from jichitai.security.guideline import builtin
from jichitai.security.guideline.model import Catalogue, Chapter, Confidence, Item
from jichitai.security.obligations.model import measures
from jichitai.security.oscal.parts import (
    Node,
    back_matter,
    link_to,
    metadata,
    prop,
    props,
    prose,
    resource,
    uid,
)
from jichitai.security.tables import rows

OFFICIAL: Final = "府省が公表した項目一覧です。"
LAW_ID: Final = "law-244-6.1"
_LAWS: Final = {"law": "地方自治法", "rules": "地方自治法施行規則"}


def catalogue_name(version: str) -> str:
    """File name of a version's catalogue.

    Source: ours; NIST OSCAL names no files.
    """
    return f"guideline-{version}.catalog.json"


LAW_NAME: Final = "law-measures.catalog.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that a body sets for itself: an interval, a period, a length.

    Source: NIST OSCAL 1.2.1 (parameter).
    """

    id: str
    item_id: str
    label: str
    value: str
    source: str
    confidence: Confidence


@cache
def parameters() -> Mapping[str, tuple[Parameter, ...]]:
    """Parameters by the id of their item.

    Source: ours; the first values are proposals unless the row says otherwise.
    """
    newest = builtin.newest()
    found: dict[str, tuple[Parameter, ...]] = {}
    for row in rows("guideline_parameters"):
        key = row["item_id"]
        number = len(found.get(key, ())) + 1
        parameter = Parameter(
            id=f"{newest.item(key).oscal_id}_prm_{number}",
            item_id=key,
            label=row["label"],
            value=row["value"],
            source=row["source"],
            confidence=builtin.TRUST[row["confidence"]],
        )
        found[key] = (*found.get(key, ()), parameter)
    return found


def statement_id(control_id: str) -> str:
    """Id of the statement of a control.

    Source: NIST OSCAL 1.2.1 (part, name `statement`).
    """
    return f"{control_id}_smt"


def law_id(item: Item) -> str:
    """The control of the law's catalogue that an item serves; empty when none.

    >>> law_id(builtin.newest().item("gl-p2-2-1.9"))
    'law-16-3.1'

    Source: 地方自治法 第244条の6第1項; 地方自治法施行規則 第16条の3第1項.
    """
    if item.measure is not None:
        return f"law-16-3.{item.measure}"
    return LAW_ID if "第244条の6第1項" in item.law_item else ""


def note(catalogue: Catalogue) -> str:
    """What a reader of anything made from a catalogue has to know first.

    Source: 地方自治法 第244条の6第3項.
    """
    return OFFICIAL if catalogue.official else builtin.UNOFFICIAL


def moment(day: date) -> datetime:
    """Noon of a day in Japan, for documents whose content changes with their version only.

    Source: NIST OSCAL 1.2.1 (last-modified).
    """
    return datetime.combine(day, time(12), JST)


def catalog(catalogue: Catalogue) -> Node:
    """A version of the guideline as an OSCAL catalogue.

    Source: NIST OSCAL 1.2.1 (catalog).
    """
    laws = {law for item in catalogue.items if (law := _law_key(item))}
    return {
        "catalog": {
            "uuid": uid("catalog", catalogue.version, catalogue.source),
            "metadata": metadata(
                catalogue.title,
                version=catalogue.version,
                modified_at=moment(catalogue.published_on),
                remarks=note(catalogue),
                properties=[
                    prop("official", "yes" if catalogue.official else "no"),
                    prop("source", catalogue.source),
                ],
            ),
            "groups": _groups(catalogue),
            **back_matter(resource(key, _LAWS[key]) for key in sorted(laws)),
        }
    }


def _groups(catalogue: Catalogue) -> list[Node]:
    """編・章, then 章, then 節; ids are counted, so that any catalogue has good ones."""
    by_part: dict[str, list[Chapter]] = {}
    for chapter in catalogue.chapters():
        by_part.setdefault(chapter.part, []).append(chapter)
    found = []
    for number, (part, chapters) in enumerate(by_part.items(), start=1):
        prefix = f"gl-part-{number}"
        inner = [_chapter(one, f"{prefix}.{i}") for i, one in enumerate(chapters, start=1)]
        found.append({"id": prefix, "class": "part", "title": part, "groups": inner})
    return found


def _chapter(chapter: Chapter, prefix: str) -> Node:
    group: Node = {"id": prefix, "class": "chapter", "title": chapter.title}
    if len(chapter.sections) == 1 or not any(name for name, _ in chapter.sections):
        return group | {"controls": [_control(item) for item in chapter.items]}
    inner = [
        {
            "id": f"{prefix}.{i}",
            "class": "section",
            "title": name or chapter.title,
            "controls": [_control(item) for item in items],
        }
        for i, (name, items) in enumerate(chapter.sections, start=1)
    ]
    return group | {"groups": inner}


def _control(item: Item) -> Node:
    known = parameters().get(item.id, ())
    control: Node = {"id": item.oscal_id, "class": "guideline-item", "title": item.title}
    if known:
        control["params"] = [_parameter(one) for one in known]
    control |= props(
        prop("label", item.item_no, own=False),
        prop("sort-id", item.oscal_id, own=False),
        prop("guideline-id", item.id),
        prop("level", item.level),
        prop("obligation", item.obligation),
        *(prop("applies-to", one) for one in item.applies_to),
        prop("law-item", item.law_item),
        prop("confidence", item.confidence),
        prop("revised-in", item.revised_in),
    )
    if law := _law_key(item):
        control["links"] = [link_to(law)]
    return control | {"parts": _parts(item, known)}


def _parts(item: Item, known: tuple[Parameter, ...]) -> list[Node]:
    text = prose(item.meaning, item.title)
    for one in known:
        text += f"（{one.label}：{{{{ insert: param, {one.id} }}}}）"
    found: list[Node] = [
        {"id": statement_id(item.oscal_id), "name": "statement", "prose": text},
    ]
    if item.meaning_en:
        found.append(
            {
                "id": f"{item.oscal_id}_gdn",
                "name": "guidance",
                "class": "en",
                "prose": item.meaning_en,
            }
        )
    return found


def _parameter(one: Parameter) -> Node:
    return {
        "id": one.id,
        "label": one.label,
        "guidelines": [{"prose": f"団体が定める。はじめの値は{one.value}（{one.source}）。"}],
        "values": [one.value],
    }


def _law_key(item: Item) -> str:
    found = law_id(item)
    if not found:
        return ""
    return "law" if found == LAW_ID else "rules"


def law_catalog() -> Node:
    """The duty of the law and its eight measures as an OSCAL catalogue.

    Source: 地方自治法 第244条の6第1項; 地方自治法施行規則 第16条の3第1項.
    """
    duty = next(row for row in rows("law") if row["key"] == "adopt")
    found = measures()
    return {
        "catalog": {
            "uuid": uid("catalog", "law-measures"),
            "metadata": metadata(
                "地方自治法の方針と、施行規則の必要な措置の分野",
                version=str(found[0].in_force_on),
                modified_at=moment(found[0].in_force_on),
                remarks="条文の見出しを写したものです。条文そのものは法令で確かめてください。",
            ),
            "controls": [
                _law_control(LAW_ID, duty["title"], duty["content"], duty["source"], "law"),
                *(
                    _law_control(
                        f"law-16-3.{one.number}",
                        one.name,
                        f"{one.name}について必要な措置を講じる。",
                        one.source,
                        "rules",
                        grace="yes" if one.grace else "no",
                        in_force_on=one.in_force_on.isoformat(),
                    )
                    for one in found
                ),
            ],
            **back_matter(resource(key, title) for key, title in _LAWS.items()),
        }
    }


def _law_control(
    id_: str,
    title: str,
    text: str,
    source: str,
    law: str,
    *,
    grace: str = "",
    in_force_on: str = "",
) -> Node:
    found: Node = {"id": id_, "class": "law", "title": title}
    found |= props(
        prop("sort-id", id_, own=False),
        prop("law-item", source),
        prop("grace", grace),
        prop("in-force-on", in_force_on),
    )
    found["links"] = [link_to(law)]
    return found | {"parts": [{"id": statement_id(id_), "name": "statement", "prose": text}]}
