"""Catalogues as libraries of CISO Assistant (YAML), out and in. Files only: no code is shared.

Source: intuitem CISO Assistant, library format (urn, objects.framework.requirement_nodes).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from jichitai.security.guideline import builtin
from jichitai.security.guideline.errors import BadCatalogueError
from jichitai.security.guideline.intake.entries import Entry, Head, Intake, assembled
from jichitai.security.guideline.model import Catalogue, Condition, Item

_OURS: Final = "urn:jichitai:risk"
_PROVIDER: Final = "Jichitai"
_DEEPEST: Final = 20
_ALL_GROUP: Final = "base"


def library_name(version: str) -> str:
    """File name of a version's library.

    >>> library_name("R8.3")
    'guideline-r8.3.yaml'
    """
    return f"guideline-{version.lower()}.yaml"


def library(catalogue: Catalogue) -> bytes:
    """A catalogue as a library; the same bytes for the same catalogue.

    Areas and network models are implementation groups, so that a body chooses those it has.
    """
    slug = f"jichitai-guideline-{catalogue.version.lower()}"
    note = "府省が公表した項目一覧です。" if catalogue.official else builtin.UNOFFICIAL
    about = {"name": catalogue.title, "description": note}
    root: dict[str, Any] = {
        "urn": f"{_OURS}:library:{slug}",
        "locale": "ja",
        "ref_id": slug,
        **about,
        "copyright": catalogue.source,
        "version": 1,
        "publication_date": catalogue.published_on.isoformat(),
        "provider": _PROVIDER,
        "packager": _PROVIDER.lower(),
        "objects": {
            "framework": {
                "urn": f"{_OURS}:framework:{slug}",
                "ref_id": slug,
                **about,
                "implementation_groups_definition": [
                    {"ref_id": _group(one), "name": one.japanese, "description": None}
                    for one in Condition
                ],
                "requirement_nodes": list(_nodes(catalogue, f"{_OURS}:req_node:{slug}")),
            }
        },
    }
    text = yaml.safe_dump(root, allow_unicode=True, sort_keys=False, width=100)
    return text.encode()


def _group(condition: Condition) -> str:
    return _ALL_GROUP if condition is Condition.ALL else str(condition)


def _nodes(catalogue: Catalogue, urn: str) -> Iterator[dict[str, Any]]:
    for number, chapter in enumerate(catalogue.chapters(), start=1):
        head = f"{urn}:group-{number}"
        yield {
            "urn": head,
            "assessable": False,
            "depth": 1,
            "ref_id": chapter.number,
            "name": chapter.title,
            "description": chapter.part,
        }
        for i, (section, items) in enumerate(chapter.sections, start=1):
            parent, depth = head, 2
            if section and len(chapter.sections) > 1:
                parent, depth = f"{head}.{i}", 3
                yield {
                    "urn": parent,
                    "assessable": False,
                    "depth": 2,
                    "parent_urn": head,
                    "name": section,
                }
            for item in items:
                yield _leaf(item, urn, parent, depth)


def _leaf(item: Item, urn: str, parent: str, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "urn": f"{urn}:{item.oscal_id}",
        "assessable": True,
        "depth": depth,
        "parent_urn": parent,
        "ref_id": item.id,
        "name": item.title,
        "description": item.meaning,
        "annotation": item.law_item,
        "implementation_groups": [_group(one) for one in item.applies_to],
    }
    if item.meaning_en:
        found["translations"] = {"en": {"name": item.title, "description": item.meaning_en}}
    return found


def read_library(data: bytes, head: Head) -> Intake:
    """Read a library with a framework: its assessable nodes become items.

    Raises:
        BadCatalogueError: no YAML, with aliases, or no library with a framework.
    """
    root = _loaded(data)
    try:
        nodes = root["objects"]["framework"]["requirement_nodes"]
    except (KeyError, TypeError):
        nodes = None
    if not isinstance(nodes, list) or not all(isinstance(one, dict) for one in nodes):
        raise BadCatalogueError(
            "CISO Assistantのライブラリ（objects.framework.requirement_nodes）ではありません。"
            "枠組み（framework）を含むライブラリのファイルを選んでください。"
        )
    return assembled(head, _entries(nodes))


def _entries(nodes: list[dict[str, Any]]) -> Iterator[Entry]:
    by_urn = {str(one.get("urn", "")): one for one in nodes}
    for number, node in enumerate(nodes, start=1):
        if node.get("assessable") is not True:
            continue
        above = _above(node, by_urn)
        ref = _text(node.get("ref_id")) or _text(node.get("urn")).rpartition(":")[2]
        description = _text(node.get("description"))
        urn = _text(node.get("urn"))
        yield Entry(
            f"requirement_nodes {number}件目",
            {
                "id": ref.replace(" ", "-"),
                "oscal_id": urn.rpartition(":")[2] if urn.startswith(_OURS) else "",
                "part": _text(above[0].get("description")) if above else "",
                "chapter_no": _text(above[0].get("ref_id")) if above else "",
                "chapter": _name(above[0]) if above else "",
                "section": "／".join(_name(one) for one in above[1:]),
                "item_no": ref,
                "title": (_text(node.get("name")) or description or ref)[:400],
                "meaning": description[:4_000],
                "meaning_en": _english(node),
                "law_item": _text(node.get("annotation"))[:400] if urn.startswith(_OURS) else "",
                "applies_to": ";".join(_conditions(node)),
            },
        )


def _above(node: Mapping[str, Any], by_urn: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes over a node, the outermost first."""
    found: list[dict[str, Any]] = []
    at = by_urn.get(_text(node.get("parent_urn")))
    while at is not None and at not in found and len(found) < _DEEPEST:
        found.insert(0, at)
        at = by_urn.get(_text(at.get("parent_urn")))
    return found


def _conditions(node: Mapping[str, Any]) -> list[str]:
    """Our own groups as conditions; groups of other frameworks say nothing here."""
    ours = {_group(one): str(one) for one in Condition}
    groups = node.get("implementation_groups") or []
    return [ours[one] for one in groups if isinstance(one, str) and one in ours]


def _english(node: Mapping[str, Any]) -> str:
    try:
        return _text(node["translations"]["en"]["description"])[:4_000]
    except (KeyError, TypeError):
        return ""


def _name(node: Mapping[str, Any]) -> str:
    return (_text(node.get("name")) or _text(node.get("ref_id")))[:120]


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _loaded(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):  # a few lines with aliases unfold to gigabytes
                raise BadCatalogueError(
                    "YAMLの別名（*）は扱いません。別名を使わない形で書き出し直してください。"
                )
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadCatalogueError(
            f"YAMLとして読み取れません（{' '.join(str(error).split())[:200]}）。"
            "書き出した道具で、文字コードがUTF-8であることを確かめてください。"
        ) from None


_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
