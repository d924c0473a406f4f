"""The inside of a file that is a ZIP of parts, taken out within bounds."""

import io
import zipfile
import zlib
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from jichitai.security.importing.errors import TooLargeDocumentError, UnreadableDocumentError

LARGEST_PART: Final = 40 * 1024 * 1024
LARGEST_UNPACKED: Final = 80 * 1024 * 1024
MOST_PARTS: Final = 2_000


class Package:
    """Parts of an office document; nothing is written to disk and no link is followed."""

    def __init__(self, data: bytes) -> None:
        """Look at the table of contents.

        Raises:
            UnreadableDocumentError: it is no package.
            TooLargeDocumentError: it unpacks to more than a policy can be.
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as broken:
            raise _broken() from broken
        parts = self._zip.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise TooLargeDocumentError(
                "展開すると大きくなりすぎる文書です。圧縮を使った攻撃のおそれがあるため、読み取りを止めました。"
                "図や写真を除いて保存し直してください。"
            )
        self.names: Final = frozenset(part.filename for part in parts)

    def part(self, name: str) -> bytes:
        """One part's bytes; empty when there is none of this name.

        Raises:
            UnreadableDocumentError: it is damaged.
            TooLargeDocumentError: it is larger than it says.
        """
        if name not in self.names:
            return b""
        try:
            with self._zip.open(name) as stream:
                data = stream.read(LARGEST_PART + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            RuntimeError,
            NotImplementedError,
        ) as broken:
            raise _broken() from broken
        if len(data) > LARGEST_PART:
            raise TooLargeDocumentError(
                "文書の本文が大きすぎます。規程の本文だけの文書にして、取り込み直してください。"
            )
        return data

    def xml(self, name: str) -> Element | None:
        """One part as XML, without entities, declarations of types or outside parts.

        Raises:
            UnreadableDocumentError: it is no such XML.
        """
        data = self.part(name)
        if not data:
            return None
        try:
            root: Element = fromstring(data, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError) as broken:
            raise _broken() from broken
        return root


def _broken() -> UnreadableDocumentError:
    return UnreadableDocumentError(
        "Word の文書（.docx）として開けません。途中で切れたか、壊れています。"
        "Word で開けるかを確かめ、.docx で保存し直してください。"
    )
