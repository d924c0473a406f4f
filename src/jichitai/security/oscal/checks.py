"""Our own checks of OSCAL documents, for what validators of the form let pass.

Inside one document: ids used twice, parameters that are not there, links to missing targets,
another version of OSCAL, references to components, observations and risks that are not there.
Between documents: imports that lead nowhere, controls that the imported document lacks.

Source: NIST OSCAL 1.2.1; measured against compliance-trestle 5.2, which accepts these defects.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from jichitai.security.oscal.parts import OSCAL_VERSION, Node

Files = Mapping[str, Node]
"""Documents by their file names, as they stand in one folder."""


class Defect(StrEnum):
    """Kinds of what is wrong."""

    VERSION = "oscal-version"
    TWICE = "id-twice"
    PARAMETER = "missing-parameter"
    LINK = "missing-link-target"
    REFERENCE = "missing-reference"
    IMPORT = "missing-import"
    CONTROL = "missing-control"
    KIND = "unknown-document"

    @property
    def japanese(self) -> str:
        """In words."""
        return _WORDS[self]


_WORDS: Final = {
    Defect.VERSION: "OSCALの版が違う",
    Defect.TWICE: "識別子が重なっている",
    Defect.PARAMETER: "パラメータがない",
    Defect.LINK: "リンクの先がない",
    Defect.REFERENCE: "指している部品がない",
    Defect.IMPORT: "取り込む文書がない",
    Defect.CONTROL: "取り込んだ文書に項目がない",
    Defect.KIND: "文書の種類がわからない",
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One defect: in which file, which kind, and what it is about."""

    file: str
    defect: Defect
    subject: str

    def __str__(self) -> str:
        return f"{self.file}: {self.defect.japanese}：{self.subject}"


KINDS: Final = frozenset(
    {
        "catalog",
        "profile",
        "mapping-collection",
        "component-definition",
        "system-security-plan",
        "assessment-plan",
        "assessment-results",
        "plan-of-action-and-milestones",
    }
)
_INSERT: Final = re.compile(r"\{\{\s*insert:\s*param\s*,\s*([^\s}]+)\s*\}\}")
_REFERENCES: Final[Mapping[str, str]] = {
    "component-uuid": "components",
    "observation-uuid": "observations",
    "risk-uuid": "risks",
    "finding-uuid": "findings",
    "subject-uuid": "",
}


def problems(document: Node, file: str = "") -> tuple[Problem, ...]:
    """What is wrong inside one document.

    Source: NIST OSCAL 1.2.1.
    """
    kind = kind_of(document)
    if kind is None:
        return (Problem(file, Defect.KIND, "、".join(sorted(document))[:80]),)
    root = document[kind]
    found = [
        *_version(root),
        *_twice(root),
        *_parameters(root),
        *_links(root),
        *_references(root),
    ]
    return tuple(sorted({Problem(file, defect, subject) for defect, subject in found}))


def problems_of(files: Files) -> tuple[Problem, ...]:
    """What is wrong inside and between the documents of one folder.

    Source: NIST OSCAL 1.2.1 (import, import-profile, import-ssp, import-ap).
    """
    found = [one for name, document in files.items() for one in problems(document, name)]
    for name, document in files.items():
        found += [Problem(name, defect, subject) for defect, subject in _between(document, files)]
    return tuple(sorted(set(found)))


def kind_of(document: Node) -> str | None:
    """The document's kind, its only key; None when it is none of OSCAL's.

    Source: NIST OSCAL 1.2.1.
    """
    keys = [key for key in document if key != "$schema"]
    return keys[0] if len(keys) == 1 and keys[0] in KINDS else None


def control_ids(document: Node, files: Files) -> frozenset[str] | None:
    """The controls of a catalogue, or that a profile chooses; None when an import is missing.

    Source: NIST OSCAL 1.2.1 (profile resolution).
    """
    kind = kind_of(document)
    if kind == "catalog":
        return frozenset(one["id"] for one in _controls(document["catalog"]))
    if kind != "profile":
        return None
    chosen: set[str] = set()
    for one in document["profile"].get("imports", ()):
        source = files.get(_file_of(str(one.get("href", ""))))
        offered = None if source is None or source is document else control_ids(source, files)
        if offered is None:
            return None
        chosen |= _selected(one, offered)
    return frozenset(chosen)


Found = Iterator[tuple[Defect, str]]


def _version(root: Node) -> Found:
    version = root.get("metadata", {}).get("oscal-version", "")
    if version != OSCAL_VERSION:
        yield Defect.VERSION, str(version)


def _twice(root: Node) -> Found:
    """UUIDs are unique in a document; ids of groups, controls, parameters and parts too."""
    uuids = Counter(str(node["uuid"]) for node in _nodes(root) if "uuid" in node)
    ids = Counter(str(node["id"]) for node in _identified(root))
    for one, times in (uuids + ids).items():
        if times > 1:
            yield Defect.TWICE, one


def _parameters(root: Node) -> Found:
    if "imports" in root:
        return  # a profile's parameters stand in what it imports
    known = {str(one["id"]) for node in _nodes(root) for one in node.get("params", ())}
    for node in _nodes(root):
        for text in (node.get("prose"), node.get("description")):
            for name in _INSERT.findall(text) if isinstance(text, str) else ():
                if name not in known:
                    yield Defect.PARAMETER, name


def _links(root: Node) -> Found:
    targets = {str(node["uuid"]) for node in _nodes(root) if "uuid" in node}
    targets |= {str(node["id"]) for node in _identified(root)}
    for node in _nodes(root):
        href = node.get("href")
        if isinstance(href, str) and href.startswith("#") and href[1:] not in targets:
            yield Defect.LINK, href


def _references(root: Node) -> Found:
    """References by UUID to parts of the same document; `""` takes any part."""
    nodes = list(_nodes(root))
    known: dict[str, set[str]] = {"": {str(node["uuid"]) for node in nodes if "uuid" in node}}
    for name in filter(None, _REFERENCES.values()):
        lists = (node[name] for node in nodes if isinstance(node.get(name), list))
        known[name] = {str(one.get("uuid", "")) for found in lists for one in found}
    for node in nodes:
        for field, name in _REFERENCES.items():
            if isinstance(node.get(field), str) and node[field] not in known[name]:
                yield Defect.REFERENCE, node[field]
    parties = {str(one["uuid"]) for one in root.get("metadata", {}).get("parties", ())}
    for node in nodes:
        for value in node.get("party-uuids", ()):
            if value not in parties:
                yield Defect.REFERENCE, str(value)


def _between(document: Node, files: Files) -> Found:
    kind = kind_of(document)
    root: Node = document[kind] if kind else {}
    match kind:
        case "profile":
            yield from _profile(root, files)
        case "mapping-collection":
            yield from _mappings(root, files)
        case "system-security-plan":
            asked = (
                str(one["control-id"])
                for one in root["control-implementation"]["implemented-requirements"]
            )
            yield from _imported(root, "import-profile", "profile", files, asked)
        case "assessment-plan":
            yield from _imported(root, "import-ssp", "system-security-plan", files)
        case "assessment-results":
            yield from _imported(root, "import-ap", "assessment-plan", files)
        case "plan-of-action-and-milestones" if "import-ssp" in root:
            yield from _imported(root, "import-ssp", "system-security-plan", files)
        case "component-definition":
            yield from _component_sources(root, files)
        case _:
            return


def _profile(root: Node, files: Files) -> Found:
    for one in root.get("imports", ()):
        href = str(one.get("href", ""))
        source = files.get(_file_of(href))
        offered = None if source is None else control_ids(source, files)
        if source is None or offered is None:
            yield Defect.IMPORT, href
            continue
        for wanted in sorted(_named(one) - offered):
            yield Defect.CONTROL, wanted
        known = {
            str(parameter["id"]) for node in _nodes(source) for parameter in node.get("params", ())
        }
        for setting in root.get("modify", {}).get("set-parameters", ()):
            if known and setting["param-id"] not in known:
                yield Defect.PARAMETER, str(setting["param-id"])


def _mappings(root: Node, files: Files) -> Found:
    for mapping in root.get("mappings", ()):
        for side, field in (("source-resource", "sources"), ("target-resource", "targets")):
            href = str(mapping[side]["href"])
            if href.startswith("#"):
                continue  # a resource of the back matter; `problems` looks at it
            source = files.get(_file_of(href))
            offered = None if source is None else control_ids(source, files)
            if offered is None:
                yield Defect.IMPORT, href
                continue
            for one in mapping["maps"]:
                for item in one[field]:
                    if item["id-ref"] not in offered:
                        yield Defect.CONTROL, str(item["id-ref"])


def _component_sources(root: Node, files: Files) -> Found:
    for component in root.get("components", ()):
        for one in component.get("control-implementations", ()):
            source = files.get(_file_of(str(one["source"])))
            offered = None if source is None else control_ids(source, files)
            if offered is None:
                yield Defect.IMPORT, str(one["source"])
                continue
            for requirement in one["implemented-requirements"]:
                if requirement["control-id"] not in offered:
                    yield Defect.CONTROL, str(requirement["control-id"])


def _imported(root: Node, field: str, kind: str, files: Files, asked: Iterable[str] = ()) -> Found:
    href = str(root.get(field, {}).get("href", ""))
    source = files.get(_file_of(href))
    if source is None or kind_of(source) != kind:
        yield Defect.IMPORT, href
        return
    offered = control_ids(source, files)
    if offered is not None:
        for one in asked:
            if one not in offered:
                yield Defect.CONTROL, one


def _selected(one: Node, offered: frozenset[str]) -> set[str]:
    chosen = set(offered) if "include-all" in one else _named(one) & offered
    excluded = {
        str(id_) for choice in one.get("exclude-controls", ()) for id_ in choice.get("with-ids", ())
    }
    return chosen - excluded


def _named(one: Node) -> set[str]:
    return {
        str(id_) for choice in one.get("include-controls", ()) for id_ in choice.get("with-ids", ())
    }


def _file_of(href: str) -> str:
    return href.removeprefix("./")


def _controls(root: Node) -> Iterator[Node]:
    for node in _nodes(root):
        found = node.get("controls")
        if isinstance(found, list):
            yield from found


def _identified(root: Node) -> Iterator[Node]:
    """Groups, controls, parameters and parts: what has an id of the whole document."""
    for node in _nodes(root):
        for field in ("groups", "controls", "params", "parts"):
            found = node.get(field)
            if isinstance(found, list):
                yield from (one for one in found if isinstance(one, dict) and "id" in one)


def _nodes(root: Any) -> Iterator[Node]:
    """Every object of a document; without recursion, so that no nesting is too deep."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
