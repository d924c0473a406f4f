"""Read a catalogue from a file of any kind that we know, by its name."""

from pathlib import PurePath
from typing import Final

from jichitai.security.errors import BadUploadError
from jichitai.security.guideline.ciso import read_library
from jichitai.security.guideline.intake.entries import LARGEST_FILE, Head, Intake
from jichitai.security.guideline.intake.oscal_json import read_oscal
from jichitai.security.guideline.intake.spreadsheets import read_csv, read_workbook

_READERS: Final = {
    ".csv": read_csv,
    ".xlsx": read_workbook,
    ".json": read_oscal,
    ".yaml": read_library,
    ".yml": read_library,
}
KINDS: Final = "Excel（.xlsx）、CSV（.csv、UTF-8）、OSCALのカタログ（.json）、CISO Assistantのライブラリ（.yaml）"


def read(data: bytes, name: str, head: Head) -> Intake:
    """Read a file.

    Args:
        data: its content.
        name: its name; the ending says the kind.
        head: what is said of the catalogue beside its items.

    Raises:
        BadUploadError: empty, too large, or of no kind that we read.
        WorkbookRefusedError, BadCatalogueError: by the kind.
    """
    if not data:
        raise BadUploadError("ファイルが空です。項目を入れたファイルを選んでください。")
    if len(data) > LARGEST_FILE:
        raise BadUploadError(
            f"ファイルが{LARGEST_FILE // 1024 // 1024}MBを超えています。"
            "必要な項目だけのファイルにしてください。"
        )
    ending = PurePath(name).suffix.lower()
    reader = _READERS.get(ending)
    if reader is None:
        raise BadUploadError(
            f"「{ending[:10] or '拡張子なし'}」のファイルは読み取れません。{KINDS}のいずれかにしてください。"
        )
    return reader(data, head)
