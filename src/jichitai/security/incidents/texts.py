"""What may not stand in the record of an incident: numbers of persons, control characters."""

import re
import unicodedata
from typing import Final

from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.security.incidents.errors import BadReportError, PersonsNumberError

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DIGITS: Final = re.compile(r"(?<!\d)(?:\d[ -]?){10,11}\d(?!\d)")


def check_text(*texts: str) -> None:
    """Refuse a text with a 個人番号 or a 住民票コード in it, or with control characters.

    A run of 11 or 12 digits whose check digit is right counts; telephone numbers begin with 0 and
    pass.

    Raises:
        PersonsNumberError: there is one.
        BadReportError: a character that no keyboard writes.

    Source: 番号法 第19条, 第20条; 住民基本台帳法 第30条の37 (provision and collection are limited).
    """
    for text in texts:
        if _CONTROL.search(text):
            raise BadReportError(
                "文の中に、画面に出ない文字（制御文字）があります。記録が壊れるため保存できません。"
                "貼り付けた文を消し、打ち直してください。"
            )
        for found in _DIGITS.finditer(unicodedata.normalize("NFKC", text)):
            digits = re.sub(r"[ -]", "", found[0])
            if _is_persons_number(digits):
                raise PersonsNumberError(
                    "文の中に、個人番号か住民票コードと思われる数字があります。事案の記録には"
                    "書けません。数字を消し、だれの情報かは人数と項目で書いてください。"
                )


def _is_persons_number(digits: str) -> bool:
    if len(digits) == 11 and digits.startswith("0"):
        return False
    try:
        if len(digits) == 12:
            MyNumber.parse(digits)
        else:
            JukiCode.parse(digits)
    except InvalidError:
        return False
    return True
