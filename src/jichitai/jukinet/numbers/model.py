"""How codes are drawn and numbers are made."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from jichitai.kernel.identifiers import AmbiguousBodyError, JukiCode, MyNumber

_CODE_BODIES: Final = 10**10
_NUMBER_BODIES: Final = 10**11
ATTEMPTS: Final = 1_000


def draw_code(below: Callable[[int], int]) -> JukiCode:
    """A random 住民票コード; bodies whose check digit is not settled are passed over.

    Args:
        below: gives a random number from 0 to n - 1.

    Source: 住民基本台帳法 第30条の2; 住民基本台帳法施行規則 第1条 (無作為に作成した10桁).
    """
    while True:
        try:
            return JukiCode.from_body(below(_CODE_BODIES))
        except AmbiguousBodyError:
            continue


def derive_number(secret: bytes, code: str, counter: int) -> MyNumber:
    """The counter-th 個人番号 that a 住民票コード converts to.

    A keyed hash cannot be turned back into the code without the secret. The official conversion
    is not public; this one is the project's.

    Args:
        secret: known to the nation only.
        code: 住民票コード at the time of the first request.
        counter: 0 first; the next one when the number is taken, or to be changed.

    Source: 番号法 第8条第2項 (住民票コードを変換して得られる番号, 復元できないこと).
    """
    digest = hmac.new(secret, f"{code}\x1f{counter}".encode(), hashlib.sha256).digest()
    return MyNumber.from_body(int.from_bytes(digest, "big") % _NUMBER_BODIES)
