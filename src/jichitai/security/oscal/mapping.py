"""OSCAL mapping collection: guideline to the law's measures, and to ISO/IEC 27001 where we know.

There is no mapping to 政府統一基準: no published one was at hand, and we do not guess one.

Source: NIST OSCAL 1.2.1 (mapping-collection); NIST IR 8477 section 4.3.
"""

from collections.abc import Sequence
from typing import Final

from jichitai.security.guideline.model import Catalogue, Confidence
from jichitai.security.guideline.relations import ISO, IsoRelation, iso_relations
from jichitai.security.oscal.catalog import LAW_NAME, catalogue_name, law_id, moment, note
from jichitai.security.oscal.parts import Node, back_matter, metadata, prop, props, resource, uid

_SCORES: Final = {Confidence.READ: "high", Confidence.RECALLED: "medium", Confidence.OURS: "low"}


def mapping_name(version: str) -> str:
    """File name of a version's mappings.

    Source: ours; NIST OSCAL names no files.
    """
    return f"guideline-{version}.mapping.json"


def mapping_collection(catalogue: Catalogue) -> Node:
    """All mappings of a version.

    Source: NIST OSCAL 1.2.1 (mapping-collection).
    """
    version = catalogue.version
    laws = _mapping(
        "law",
        version,
        {"type": "catalog", "href": LAW_NAME},
        [_law_map(version, *pair) for pair in _law_pairs(catalogue)],
        "項目がどの号の措置に当たるか。第3章を第5号に、第4編を第7号に置くのは当方の読み方です。",
    )
    known = [one for one in iso_relations() if one.item_id in catalogue]
    iso = _mapping(
        "iso",
        version,
        {"type": "catalog", "href": f"#{uid('resource', 'iso-27001')}"},
        [_iso_map(catalogue, one) for one in known],
        f"{ISO}との対応。公表された対応表ではなく、当方の読み方です。",
    )
    return {
        "mapping-collection": {
            "uuid": uid("mapping-collection", version, catalogue.source),
            "metadata": metadata(
                f"{catalogue.title} の対応関係",
                version=version,
                modified_at=moment(catalogue.published_on),
                remarks=note(catalogue),
            ),
            "provenance": {
                "method": "human",
                "matching-rationale": "semantic",
                "status": "draft",
                "mapping-description": "政府統一基準との対応は、公表されたものを確かめていないため含みません。",
            },
            "mappings": [one for one in (laws, iso) if one["maps"]],
            **back_matter([resource("iso-27001", ISO)]),
        }
    }


def _mapping(key: str, version: str, target: Node, maps: Sequence[Node], about: str) -> Node:
    return {
        "uuid": uid("mapping", version, key),
        "method": "human",
        "matching-rationale": "semantic",
        "status": "draft",
        "source-resource": {"type": "catalog", "href": catalogue_name(version)},
        "target-resource": target,
        "maps": list(maps),
        "mapping-description": about,
    }


def _law_pairs(catalogue: Catalogue) -> list[tuple[str, list[str]]]:
    """(control of the law, items), in the order of the law."""
    found: dict[str, list[str]] = {}
    for item in catalogue.items:
        if law := law_id(item):
            found.setdefault(law, []).append(item.oscal_id)
    return sorted(found.items())


def _law_map(version: str, law: str, items: list[str]) -> Node:
    return {
        "uuid": uid("map", version, law),
        "relationship": "subset-of",
        "sources": [{"type": "control", "id-ref": one} for one in items],
        "targets": [{"type": "control", "id-ref": law}],
        "confidence-score": {"category": "medium"},
    }


def _iso_map(catalogue: Catalogue, one: IsoRelation) -> Node:
    return {
        "uuid": uid("map", catalogue.version, one.item_id, "iso", one.control),
        "relationship": one.relationship,
        "sources": [{"type": "control", "id-ref": catalogue.item(one.item_id).oscal_id}],
        "targets": [{"type": "control", "id-ref": f"A.{one.control}"}],
        "confidence-score": {"category": _SCORES[one.confidence]},
        **props(prop("target-name", one.name), prop("source", one.source)),
    }
