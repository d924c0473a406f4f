"""A version as a file to take away, by kind."""

from dataclasses import dataclass
from typing import Final, Literal

from jichitai.security.guideline import ciso
from jichitai.security.guideline.intake import spreadsheets
from jichitai.security.guideline.model import Catalogue

Kind = Literal["excel", "csv", "ciso"]
KINDS: Final[dict[Kind, str]] = {
    "excel": "Excel",
    "csv": "CSV",
    "ciso": "CISO Assistant（YAML）",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file: its name, media type and content."""

    name: str
    media_type: str
    content: bytes


def file_of(catalogue: Catalogue, kind: Kind) -> File:
    """A version as a file. Making a spreadsheet takes a moment: call it in a thread."""
    stem = f"guideline-{catalogue.version}"
    match kind:
        case "excel":
            media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            return File(f"{stem}.xlsx", media, spreadsheets.workbook(catalogue))
        case "csv":
            return File(f"{stem}.csv", "text/csv; charset=utf-8", spreadsheets.csv_text(catalogue))
        case "ciso":
            name = ciso.library_name(catalogue.version)
            return File(name, "application/yaml", ciso.library(catalogue))
