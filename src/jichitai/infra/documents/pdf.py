"""PDF by Typst: a template of a package, its data, our font; tagged, archivable, repeatable."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from jichitai.infra.documents.fonts import font_folder
from jichitai.kernel.errors import InvalidError

if TYPE_CHECKING:
    import typst

_SHARED: Final = Path(__file__).resolve().parent / "typst"
_STANDARDS: Final = ("a-2a", "ua-1")
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ALONE: Final = threading.Lock()
_MISSING: Final = re.compile(r'the text `"(.+?)"` could not be displayed')


class UndrawableTextError(InvalidError):
    """The text holds a character that the font of documents does not have."""

    type = "infra.undrawable-text"
    title = "この文書に書けない文字があります"


def typeset(
    template: str, data: Mapping[str, Any], *, folder: Path, made_at: datetime = _EPOCH
) -> bytes:
    """A PDF (PDF/A-2a, PDF/UA-1) of a template and its data.

    The template begins with `#import "/paper.typ": *` and `#let d = data()`. Same template and
    data, same bytes. Takes some milliseconds of processor: call it through a thread.

    Args:
        template: name of the `.typ` file in `folder`.
        data: what `data()` gives to the template; anything that JSON can say.
        folder: the package's folder of templates.
        made_at: date that the file's properties name.

    Raises:
        UndrawableTextError: a character has no shape in the font.
    """
    made = _compile(folder / template, data, made_at=made_at)
    if not isinstance(made, bytes):
        raise TypeError(template)
    return made


def pictures(
    template: str, data: Mapping[str, Any], *, folder: Path, resolution: float = 96
) -> list[bytes]:
    """The pages of the same document as PNG pictures, for previews.

    Args:
        template: name of the `.typ` file in `folder`.
        data: what `data()` gives to the template.
        folder: the package's folder of templates.
        resolution: pixels per inch.
    """
    source = (folder / template).read_bytes()
    inputs = {"data": msgspec.json.encode(data).decode()}
    with _ALONE:
        made = _compiler().compile(source, format="png", ppi=resolution, sys_inputs=inputs)
    if made is None:
        raise TypeError(template)
    return [made] if isinstance(made, bytes) else list(made)


def _compile(template: Path, data: Mapping[str, Any], *, made_at: datetime) -> object:
    import typst

    source = template.read_bytes()
    inputs = {"data": msgspec.json.encode(data).decode()}
    try:
        with _ALONE:
            return _compiler().compile(
                source,
                format="pdf",
                sys_inputs=inputs,
                pdf_standards=list(_STANDARDS),
                timestamp=int(made_at.timestamp()),
            )
    except typst.TypstError as error:
        missing = _MISSING.search(error.message)
        if missing is None:
            raise
        raise UndrawableTextError(
            f"「{missing[1]}」は文書の書体にない文字です。このままでは正しく印刷できません。"
            "別の文字に置き換えるか、かなで書いてください。",
            character=missing[1],
        ) from None


@cache
def _compiler() -> typst.Compiler:
    import typst

    return typst.Compiler(root=_SHARED, font_paths=[str(font_folder())], ignore_system_fonts=True)
