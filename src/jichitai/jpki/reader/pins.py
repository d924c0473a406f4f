"""暗証番号 and 照合番号: which there are, what they look like, where the card keeps them."""

import re
from enum import StrEnum
from typing import Final, NamedTuple, Self

from jichitai.jpki.reader.errors import MalformedPinError
from jichitai.kernel.secrets import Secret


class PinKind(StrEnum):
    """Which secret.

    Source: 個人番号カードの利用に関する技術的基準 (公表された利用者向けの案内による).
    """

    SIGNING = "signing"
    USER_AUTH = "user-auth"
    INPUT_AID = "input-aid"
    JUKI = "juki"
    NUMBER_A = "number-a"
    NUMBER_B = "number-b"

    @property
    def japanese(self) -> str:
        """The official name."""
        return _FORMS[self].japanese

    @property
    def hint(self) -> str:
        """What it looks like, for people."""
        return _FORMS[self].hint

    @property
    def digits_only(self) -> bool:
        """Whether a numeric key pad suffices."""
        return self is not PinKind.SIGNING

    @property
    def longest(self) -> int:
        """Its greatest length."""
        return _FORMS[self].longest


class _Form(NamedTuple):
    japanese: str
    hint: str
    pattern: str
    longest: int


_FOUR = ("数字4桁", r"\d{4}", 4)
_FORMS: Final = {
    PinKind.SIGNING: _Form(
        "署名用電子証明書の暗証番号",
        "英字の大文字と数字を両方使った6文字から16文字",
        r"(?=.*[A-Z])(?=.*\d)[A-Z\d]{6,16}",
        16,
    ),
    PinKind.USER_AUTH: _Form("利用者証明用電子証明書の暗証番号", *_FOUR),
    PinKind.INPUT_AID: _Form("券面事項入力補助用の暗証番号", *_FOUR),
    PinKind.JUKI: _Form("住民基本台帳用の暗証番号", *_FOUR),
    PinKind.NUMBER_A: _Form("照合番号A", "個人番号の数字12桁", r"\d{12}", 12),
    PinKind.NUMBER_B: _Form(
        "照合番号B",
        "生年月日（西暦の下2桁と月日）6桁、有効期限の西暦4桁、セキュリティコード4桁を続けた数字14桁",
        r"\d{14}",
        14,
    ),
}


class Pin(Secret):
    """A PIN of the right form; only the card knows whether it is the right one."""

    __slots__ = ("kind",)

    kind: PinKind

    def __init__(self, kind: PinKind, value: str) -> None:
        super().__init__(value)
        object.__setattr__(self, "kind", kind)

    @classmethod
    def parse(cls, kind: PinKind, text: str) -> Self:
        """Read what a person typed; full-width digits and small letters are understood.

        >>> Pin.parse(PinKind.USER_AUTH, "１２３４").reveal()
        '1234'

        Raises:
            MalformedPinError: it cannot be such a PIN; no try of the card is used up.

        Source: 公的個人認証法施行規則 (暗証番号の桁数は公表された利用者向けの案内による).
        """
        form = _FORMS[kind]
        typed = text.strip().translate(_HALF_WIDTH).upper()
        if not typed.isascii() or not re.fullmatch(form.pattern, typed):
            raise MalformedPinError(
                f"{kind.japanese}は{form.hint}です。形が違うため、カードには送っていません"
                "（残り回数は減っていません）。確かめて、入力し直してください。",
                pin=str(kind),
            )
        return cls(kind, typed)


_HALF_WIDTH: Final = {0xFF01 + i: 0x21 + i for i in range(94)}
