"""Small parts that all OSCAL documents share: ids, metadata, properties, back matter, bytes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final, TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from jichitai.kernel.dates import JST

OSCAL_VERSION: Final = "1.2.1"
NAMESPACE: Final = "urn:jichitai:oscal"
"""Namespace of our own properties, and the root of all our UUIDs (version 5)."""

Node: TypeAlias = dict[str, Any]

_ROOT: Final = uuid5(NAMESPACE_URL, NAMESPACE)
_SPACE: Final = re.compile(r"\s+")
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def uid(*parts: object) -> str:
    """A UUID that is always the same for the same parts.

    >>> uid("catalog", "R8.3") == uid("catalog", "R8.3") != uid("catalog", "R7.3")
    True

    Source: RFC 9562 section 5.5 (UUID version 5).
    """
    return str(uuid5(_ROOT, "\x1f".join(str(part) for part in parts)))


def line(text: str) -> str:
    """Text on one line, as titles and values of properties have to be.

    Source: NIST OSCAL 1.2.1 (string, markup-line).
    """
    return _SPACE.sub(" ", _CONTROL_CHARACTERS.sub("", text)).strip()


def prose(text: str, otherwise: str) -> str:
    """Text of several lines; another one when it is empty.

    Source: NIST OSCAL 1.2.1 (markup-multiline).
    """
    return _CONTROL_CHARACTERS.sub("", text).strip() or otherwise


def instant(value: datetime) -> str:
    """An aware instant with its zone, UTC.

    Source: NIST OSCAL 1.2.1 (date-time-with-timezone).
    """
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def first_moment(day: date) -> str:
    """The beginning of a day in Japan.

    Source: NIST OSCAL 1.2.1 (date-time-with-timezone).
    """
    return datetime.combine(day, time(0), JST).isoformat()


def last_moment(day: date) -> str:
    """The last second of a day in Japan.

    Source: NIST OSCAL 1.2.1 (date-time-with-timezone).
    """
    return datetime.combine(day, time(23, 59, 59), JST).isoformat()


def prop(name: str, value: object, *, own: bool = True) -> Node:
    """A property; `own` ones stand in our namespace.

    Source: NIST OSCAL 1.2.1 (property).
    """
    found: Node = {"name": name}
    if own:
        found["ns"] = NAMESPACE
    return found | {"value": line(str(value))}


def props(*found: Node) -> Node:
    """The properties that have a value, as the field `props`; nothing when none has.

    Source: NIST OSCAL 1.2.1 (property).
    """
    kept = [one for one in found if one["value"]]
    return {"props": kept} if kept else {}


def values_of(node: Mapping[str, Any], name: str) -> list[str]:
    """Values of our own property of a name.

    Source: NIST OSCAL 1.2.1 (property).
    """
    return [
        str(one.get("value", ""))
        for one in node.get("props", ())
        if one.get("name") == name and one.get("ns") == NAMESPACE
    ]


def resource(key: str, title: str, href: str = "", *, sha256: str = "", about: str = "") -> Node:
    """A resource of the back matter; its UUID comes from the key.

    Source: NIST OSCAL 1.2.1 (back-matter resource).
    """
    found: Node = {"uuid": uid("resource", key), "title": line(title)}
    if about:
        found["description"] = about
    if href:
        rlink: Node = {"href": href}
        if sha256:
            rlink["hashes"] = [{"algorithm": "SHA-256", "value": sha256}]
        found["rlinks"] = [rlink]
    else:
        found["citation"] = {"text": line(title)}
    return found


def link_to(key: str, *, rel: str = "reference") -> Node:
    """A link to a resource of the back matter.

    Source: NIST OSCAL 1.2.1 (link).
    """
    return {"href": f"#{uid('resource', key)}", "rel": rel}


def back_matter(resources: Iterable[Node]) -> Node:
    """The field `back-matter`, each resource once; nothing without resources.

    Source: NIST OSCAL 1.2.1 (back-matter).
    """
    found = list({one["uuid"]: one for one in resources}.values())
    return {"back-matter": {"resources": found}} if found else {}


def metadata(
    title: str,
    *,
    version: str,
    modified_at: datetime,
    remarks: str = "",
    publisher: tuple[str, str] | None = None,
    properties: Sequence[Node] = (),
) -> Node:
    """The metadata of a document.

    Args:
        title: of the document.
        version: of its content.
        modified_at: when the content last changed.
        remarks: what a reader has to know first.
        publisher: key and name of the body that stands behind it.
        properties: further properties.

    Source: NIST OSCAL 1.2.1 (metadata).
    """
    found: Node = {
        "title": line(title),
        "last-modified": instant(modified_at),
        "version": line(version),
        "oscal-version": OSCAL_VERSION,
        **props(*properties),
    }
    if publisher is not None:
        key, name = publisher
        party = uid("party", key)
        found["roles"] = [{"id": "creator", "title": "作成した団体"}]
        found["parties"] = [
            {"uuid": party, "type": "organization", "name": line(name)}
            | props(prop("body-code", key))
        ]
        found["responsible-parties"] = [{"role-id": "creator", "party-uuids": [party]}]
    return found | ({"remarks": remarks} if remarks else {})


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """A document as JSON with two spaces of indent and a line end.

    Source: NIST OSCAL 1.2.1 (JSON format); RFC 8259.
    """
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def oscal_uuid(id_: UUID, kind: str) -> str:
    """An id of ours where OSCAL takes it (versions 4 and 5), else one derived from it.

    Source: NIST OSCAL 1.2.1 (uuid).
    """
    return str(id_) if id_.version in {4, 5} else uid(kind, id_)


def parsed_uuid(text: str) -> UUID | None:
    """The UUID that a text writes; None when it writes none.

    >>> parsed_uuid("x") is None
    True

    Source: RFC 9562.
    """
    try:
        return UUID(text)
    except ValueError:
        return None
