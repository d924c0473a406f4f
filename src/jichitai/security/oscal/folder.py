"""A folder of OSCAL documents on disk or in a zip file, written only when nothing is wrong with it.

Source: NIST OSCAL 1.2.1.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from jichitai.security.oscal.checks import Files, problems_of
from jichitai.security.oscal.errors import FaultyOscalError
from jichitai.security.oscal.parts import to_bytes

_LONG_AGO = (2000, 1, 1, 0, 0, 0)


def demand_good(files: Files) -> None:
    """Refuse documents that our own checks find wrong.

    Raises:
        FaultyOscalError: names the first defects.

    Source: NIST OSCAL 1.2.1.
    """
    found = problems_of(files)
    if found:
        told = "、".join(map(str, found[:5]))
        raise FaultyOscalError(
            f"書き出すOSCALの文書に{len(found):,}件の誤りがあります（{told}）。"
            "何も書き出していません。もとの記録の項目の番号と、ガイドラインの版を確かめてください。",
            count=len(found),
        )


def write_folder(files: Files, folder: Path) -> tuple[Path, ...]:
    """Write documents into a folder, making it when needed.

    Returns:
        The files that were written, by name.

    Raises:
        FaultyOscalError: something is wrong; nothing is written.

    Source: NIST OSCAL 1.2.1.
    """
    demand_good(files)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in _texts(files).items():
        path = folder / name
        path.write_bytes(text)
        written.append(path)
    return tuple(written)


def zipped(files: Files) -> bytes:
    """Documents as one zip file; the same bytes for the same documents.

    Raises:
        FaultyOscalError: something is wrong.

    Source: NIST OSCAL 1.2.1.
    """
    demand_good(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _texts(files).items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _texts(files: Files) -> Mapping[str, bytes]:
    return {name: to_bytes(files[name]) for name in sorted(files)}
