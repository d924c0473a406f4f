"""Catalogues from OSCAL JSON: ours with all we wrote, others with what OSCAL itself says.

Source: NIST OSCAL 1.2.1 (catalog).
"""

import re
from collections.abc import Iterator
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta, Struct

from jichitai.security.guideline.errors import BadCatalogueError
from jichitai.security.guideline.intake.entries import Entry, Head, Intake, assembled

_DEEPEST: Final = 8
_INSERT: Final = re.compile(r"\{\{\s*insert:\s*param\s*,\s*([^\s}]+)\s*\}\}")

Word: TypeAlias = Annotated[str, Meta(max_length=400)]


class _Property(Struct, frozen=True, kw_only=True):
    name: Word
    value: Annotated[str, Meta(max_length=2_000)]


_Props: TypeAlias = Annotated[tuple[_Property, ...], Meta(max_length=200)]


class _Part(Struct, frozen=True, kw_only=True):
    name: Word
    class_: Word = msgspec.field(default="", name="class")
    prose: Annotated[str, Meta(max_length=20_000)] = ""
    parts: tuple["_Part", ...] = ()


class _Parameter(Struct, frozen=True, kw_only=True):
    id: Word
    label: Word = ""


class _Control(Struct, frozen=True, kw_only=True):
    id: Word
    title: Word
    params: tuple[_Parameter, ...] = ()
    props: _Props = ()
    parts: tuple[_Part, ...] = ()
    controls: tuple["_Control", ...] = ()


class _Group(Struct, frozen=True, kw_only=True):
    title: Word
    groups: tuple["_Group", ...] = ()
    controls: tuple[_Control, ...] = ()


class _Catalog(Struct, frozen=True, kw_only=True):
    groups: tuple[_Group, ...] = ()
    controls: tuple[_Control, ...] = ()


class _File(Struct, frozen=True, kw_only=True):
    catalog: _Catalog


def read_oscal(data: bytes, head: Head) -> Intake:
    """Read an OSCAL catalogue (JSON).

    Raises:
        BadCatalogueError: no such document.

    Source: NIST OSCAL 1.2.1 (catalog).
    """
    try:
        root = msgspec.json.decode(data, type=_File).catalog
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadCatalogueError(
            f"OSCALのカタログ（JSON）として読み取れません（{str(error)[:200]}）。"
            "書き出した道具で、文書の種類がcatalog、形式がJSONであることを確かめてください。"
        ) from None
    return assembled(head, _entries(root))


def _entries(root: _Catalog) -> Iterator[Entry]:
    for control in root.controls:
        yield from _of_control(control, ())
    for group in root.groups:
        yield from _of_group(group, ())


def _of_group(group: _Group, above: tuple[str, ...]) -> Iterator[Entry]:
    path = (*above, group.title)
    if len(path) > _DEEPEST:
        raise BadCatalogueError(
            f"まとまり（group）が{_DEEPEST}段より深く入れ子になっています。段を減らしてください。"
        )
    for control in group.controls:
        yield from _of_control(control, path)
    for inner in group.groups:
        yield from _of_group(inner, path)


def _of_control(control: _Control, path: tuple[str, ...], depth: int = 0) -> Iterator[Entry]:
    if depth > _DEEPEST:
        raise BadCatalogueError(
            f"項目（control）が{_DEEPEST}段より深く入れ子になっています。段を減らしてください。"
        )
    part, chapter, section = _places(path)
    texts = {
        "id": _value(control, "guideline-id") or control.id,
        "oscal_id": control.id,
        "part": part,
        "chapter": chapter,
        "section": section,
        "item_no": _value(control, "label"),
        "title": control.title,
        "meaning": _statement(control),
        "meaning_en": next(
            (one.prose for one in control.parts if one.name == "guidance" and one.class_ == "en"),
            "",
        ),
        "level": _value(control, "level"),
        "obligation": _value(control, "obligation"),
        "applies_to": ";".join(one.value for one in control.props if one.name == "applies-to"),
        "law_item": _value(control, "law-item"),
        "confidence": _value(control, "confidence"),
        "revised_in": _value(control, "revised-in"),
    }
    yield Entry(f"control {control.id}"[:80], texts)
    for inner in control.controls:
        yield from _of_control(inner, path, depth + 1)


def _places(path: tuple[str, ...]) -> tuple[str, str, str]:
    """(編・章, 章, 節) of a control by the groups above it."""
    match path:
        case ():
            return "", "", ""
        case (only,):
            return "", only, ""
        case (first, second):
            return first, second, ""
        case (first, second, *rest):
            return first, second, "／".join(rest)
    raise AssertionError(path)


def _statement(control: _Control) -> str:
    """Prose of all statements; what we append for a parameter is taken off, others are named."""
    prose = "\n".join(_prose([one for one in control.parts if one.name != "guidance"]))
    labels = {one.id: one.label for one in control.params}
    for id_, label in labels.items():
        prose = prose.replace(f"（{label}：{{{{ insert: param, {id_} }}}}）", "")
    return _INSERT.sub(lambda found: f"［{labels.get(found[1]) or found[1]}］", prose)[:4_000]


def _prose(parts: list[_Part], depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    for one in parts:
        if one.prose:
            yield one.prose
        yield from _prose(list(one.parts), depth + 1)


def _value(control: _Control, name: str) -> str:
    return next((one.value for one in control.props if one.name == name), "")
