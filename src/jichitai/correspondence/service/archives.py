"""Many workbooks of one layout: made from a template in one go, and taken back as one archive."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from jichitai.infra.documents.sheets import LARGEST_FILE, WorkbookRefusedError

LARGEST_ARCHIVE: Final = 48 * 1024 * 1024
MOST_FILES: Final = 2_500
XLSX: Final = ".xlsx"
_MARK: Final = re.compile(rb"%%([A-Za-z0-9_.-]+)%%")
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def mark(key: str) -> str:
    """What stands in a template where the value of a key will stand."""
    return f"%%{key}%%"


class Template:
    """A workbook whose marked cells are put in by name.

    A file differs from the next in the cells of its body only. Putting those in by name makes
    1,788 files in seconds; building each workbook anew takes minutes.
    """

    def __init__(self, made: bytes) -> None:
        """Take a workbook that was made with `mark`s in it."""
        self._fixed: list[tuple[str, bytes]] = []
        self._parts: list[tuple[str, list[bytes]]] = []
        with zipfile.ZipFile(io.BytesIO(made)) as packed:
            for one in packed.infolist():
                content = packed.read(one)
                pieces = _MARK.split(content) if one.filename.endswith(".xml") else [content]
                if len(pieces) == 1:
                    self._fixed.append((one.filename, content))
                else:
                    self._parts.append((one.filename, pieces))

    def filled(self, values: Mapping[str, str]) -> bytes:
        """One file; keys without a value are left empty."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for name, content in self._fixed:
                packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
            for name, pieces in self._parts:
                text = list(pieces)
                text[1::2] = [_plain(values.get(key.decode(), "")) for key in pieces[1::2]]
                packed.writestr(zipfile.ZipInfo(name), b"".join(text), zipfile.ZIP_DEFLATED)
        return target.getvalue()


def _plain(value: str) -> bytes:
    return escape(_NOT_XML.sub("", value)).encode()


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files by name in one archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data)
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class File:
    """A filled-in file by its name; the name is empty when it came alone."""

    name: str
    data: bytes


def files_of(data: bytes, name: str) -> list[File]:
    """The spreadsheets of an upload: one file, or an archive of many.

    Raises:
        WorkbookRefusedError: too large, or an archive without spreadsheets.
    """
    if not name.lower().endswith(".zip"):
        return [File("", data)]
    if len(data) > LARGEST_ARCHIVE:
        raise WorkbookRefusedError(
            f"ファイルが大きすぎます（{len(data):,}バイト）。{LARGEST_ARCHIVE:,}バイトまで受け取れます。"
            "いくつかに分けて取り込んでください。"
        )
    try:
        return list(_unpacked(data))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise WorkbookRefusedError(
            "ZIPファイルとして読めません。壊れているか、パスワードが付いています。"
            "パスワードを付けずに作り直してください。"
        ) from error


def _unpacked(data: bytes) -> Iterator[File]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = [one for one in archive.infolist() if one.filename.lower().endswith(XLSX)]
        if not found or len(found) > MOST_FILES:
            raise WorkbookRefusedError(
                f"ZIPファイルの中に、Excelブック（.xlsx）が{len(found):,}個あります。"
                f"1個以上、{MOST_FILES:,}個以下にしてください。"
            )
        if max(one.file_size for one in found) > LARGEST_FILE or (
            sum(one.file_size for one in found) > 2 * LARGEST_ARCHIVE
        ):
            raise WorkbookRefusedError(
                "ZIPファイルを開くと大きくなりすぎるため、読み取りをやめました。"
                "回答の表だけを入れて作り直してください。"
            )
        for one in found:
            yield File(one.filename.rpartition("/")[2][:120], archive.read(one))
