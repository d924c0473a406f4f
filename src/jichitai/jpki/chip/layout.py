"""Which applications the chip has, which files they hold, and who may read them.

Source: the published interface of the card (clients of the JPKI and 券面 applications); the
applications whose identifier starts with F0 are this project's own, see docs/reference/chip.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class App(StrEnum):
    """Applications (AP) of the chip."""

    JPKI = "jpki"
    INPUT = "input"
    FACE = "face"
    COMMON = "common"
    REGISTER = "register"
    ISSUING = "issuing"

    @property
    def code(self) -> int:
        """One byte that names it in the commands of personalisation."""
        return _CODES[self]

    @property
    def japanese(self) -> str:
        """The official term, or ours where there is none."""
        return _JAPANESE[self]


_CODES: Final = {
    App.JPKI: 1, App.INPUT: 2, App.FACE: 3, App.COMMON: 4, App.REGISTER: 5, App.ISSUING: 6,
}  # fmt: skip
_JAPANESE: Final = {
    App.JPKI: "公的個人認証AP",
    App.INPUT: "券面事項入力補助AP",
    App.FACE: "券面事項確認AP",
    App.COMMON: "共通データ",
    App.REGISTER: "住基AP",
    App.ISSUING: "発行AP",
}
BY_CODE: Final[Mapping[int, App]] = {code: app for app, code in _CODES.items()}

AIDS: Final[Mapping[bytes, App]] = {
    bytes.fromhex("D392F000260100000001"): App.JPKI,
    bytes.fromhex("D3921000310001010408"): App.INPUT,
    bytes.fromhex("D3921000310001010402"): App.FACE,
    bytes.fromhex("D3921000310001010100"): App.COMMON,
    b"\xf0JICHITAI\x01": App.REGISTER,
    b"\xf0JICHITAI\x02": App.ISSUING,
}
"""Identifiers. Those with D3 are the published ones; F0 marks a proprietary identifier.

Source: ISO/IEC 7816-5 8.2.1.5 (proprietary category).
"""


def aid(app: App) -> bytes:
    """The identifier of an application."""
    return next(key for key, value in AIDS.items() if value is app)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRule:
    """A secret that the holder enters.

    Attributes:
        japanese: its official name.
        tries: wrong entries in a row until it is blocked.
        pattern: what it may look like.
        changeable: whether the holder may choose another.
    """

    japanese: str
    tries: int
    pattern: re.Pattern[bytes]
    changeable: bool = True

    def allows(self, pin: bytes) -> bool:
        """Whether a new value has the form that the rule wants."""
        return self.pattern.fullmatch(pin) is not None


@dataclass(frozen=True, slots=True)
class KeyRule:
    """A private key, which no command reads.

    Attributes:
        pin: the file of the PIN that must be verified before it signs.
        certificate: the file that holds the certificate of its public half.
    """

    pin: int
    certificate: int


@dataclass(frozen=True, slots=True)
class FileRule:
    """A file that is read.

    Attributes:
        readers: PIN files of which one must be verified; empty: free.
    """

    readers: frozenset[int] = frozenset()


Rule = PinRule | KeyRule | FileRule

FREE: Final = FileRule()
_FOUR: Final = re.compile(rb"\d{4}")
_SIGNING: Final = re.compile(rb"(?=.*[A-Z])(?=.*\d)[A-Z\d]{6,16}")

SIGNING_CERTIFICATE: Final = 0x0001
SIGNING_AUTHORITY: Final = 0x0002
TOKEN: Final = 0x0006
USER_AUTH_CERTIFICATE: Final = 0x000A
USER_AUTH_AUTHORITY: Final = 0x000B
USER_AUTH_KEY: Final = 0x0017
USER_AUTH_PIN: Final = 0x0018
SIGNING_KEY: Final = 0x001A
SIGNING_PIN: Final = 0x001B
"""JPKI: files of the application 公的個人認証."""

INPUT_NUMBER: Final = 0x0001
INPUT_ITEMS: Final = 0x0002
INPUT_SIGNATURES: Final = 0x0003
INPUT_CV: Final = 0x0004
INPUT_ABOUT: Final = 0x0005
INPUT_AUTHENTICATION: Final = 0x0007
INPUT_PIN: Final = 0x0011
INPUT_A: Final = 0x0014
INPUT_B: Final = 0x0015
"""券面事項入力補助: files."""

FACE_BIRTH: Final = 0x0001
FACE_FRONT: Final = 0x0002
FACE_ABOUT: Final = 0x0003
FACE_CV: Final = 0x0004
FACE_BACK: Final = 0x0005
FACE_AGE_PIN: Final = 0x0011
FACE_B: Final = 0x0012
FACE_A: Final = 0x0013
"""券面事項確認: files."""

REGISTER_CODE: Final = 0x0001
REGISTER_PIN: Final = 0x0011
"""住基AP, our own design: files."""

CHIP_KEY: Final = 0x0016
"""The key of internal authentication, in 券面事項入力補助 and 券面事項確認; never a file to select."""

_A: Final = PinRule(
    japanese="照合番号A", tries=10, pattern=re.compile(rb"\d{12}"), changeable=False
)
_B: Final = PinRule(
    japanese="照合番号B", tries=10, pattern=re.compile(rb"\d{14}"), changeable=False
)

LAYOUT: Final[Mapping[App, Mapping[int, Rule]]] = {
    App.JPKI: {
        SIGNING_CERTIFICATE: FileRule(frozenset({SIGNING_PIN})),
        SIGNING_AUTHORITY: FREE,
        TOKEN: FREE,
        USER_AUTH_CERTIFICATE: FREE,
        USER_AUTH_AUTHORITY: FREE,
        USER_AUTH_KEY: KeyRule(USER_AUTH_PIN, USER_AUTH_CERTIFICATE),
        USER_AUTH_PIN: PinRule(
            japanese="利用者証明用電子証明書の暗証番号", tries=3, pattern=_FOUR
        ),
        SIGNING_KEY: KeyRule(SIGNING_PIN, SIGNING_CERTIFICATE),
        SIGNING_PIN: PinRule(japanese="署名用電子証明書の暗証番号", tries=5, pattern=_SIGNING),
    },
    App.INPUT: {
        INPUT_NUMBER: FileRule(frozenset({INPUT_PIN, INPUT_A})),
        INPUT_ITEMS: FileRule(frozenset({INPUT_PIN, INPUT_B})),
        INPUT_SIGNATURES: FileRule(frozenset({INPUT_PIN})),
        INPUT_CV: FREE,
        INPUT_ABOUT: FREE,
        INPUT_AUTHENTICATION: FileRule(frozenset({INPUT_PIN, INPUT_A, INPUT_B})),
        INPUT_PIN: PinRule(japanese="券面事項入力補助用の暗証番号", tries=3, pattern=_FOUR),
        INPUT_A: _A,
        INPUT_B: _B,
    },
    App.FACE: {
        FACE_BIRTH: FileRule(frozenset({FACE_AGE_PIN})),
        FACE_FRONT: FileRule(frozenset({FACE_A, FACE_B})),
        FACE_ABOUT: FREE,
        FACE_CV: FREE,
        FACE_BACK: FileRule(frozenset({FACE_A})),
        FACE_AGE_PIN: PinRule(
            japanese="生年月日確認用の照合番号", tries=10, pattern=re.compile(rb"\d{8}"),
            changeable=False,
        ),
        FACE_B: _B,
        FACE_A: _A,
    },
    App.COMMON: {},
    App.REGISTER: {
        REGISTER_CODE: FileRule(frozenset({REGISTER_PIN})),
        REGISTER_PIN: PinRule(japanese="住民基本台帳用の暗証番号", tries=3, pattern=_FOUR),
    },
    App.ISSUING: {},
}  # fmt: skip
"""All files of all applications. What is not written at issue does not exist on that chip."""


def name(app: App, fid: int) -> str:
    """How the chip's memory names a file.

    >>> name(App.JPKI, 0x1A)
    'jpki/001A'
    """
    return f"{app.value}/{fid:04X}"
