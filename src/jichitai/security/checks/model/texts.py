"""Texts that may be kept: without the control characters that no file and no table can hold."""

import re
from typing import Final

PLAIN: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
"""Pattern of a text that may be kept."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def plain(text: str) -> str:
    r"""The text without control characters; line ends as one sign.

    >>> plain("a\x00b\r\nc")
    'ab\nc'

    Source: XML 1.0, section 2.2 (Char); our own choice for everything that is typed.
    """
    return _CONTROL.sub("", text.replace("\r\n", "\n"))
