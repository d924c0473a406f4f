"""From what a body sends to keyed hashes: the only place where the numbers are read."""

import re
from collections.abc import Callable, Sequence

from jichitai.infra.crypto import BlindIndex
from jichitai.jukinet import hashing
from jichitai.jukinet.affairs import KeyKind
from jichitai.jukinet.provision.errors import InvalidKeyError
from jichitai.jukinet.provision.model import Key
from jichitai.kernel.dates import UncertainDate, parse_date
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.identifiers import JukiCode, MyNumber
from jichitai.kernel.persons import PersonName, Sex, kana_keys, to_katakana

_SHOWN = 20
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_NUMBER_WEIGHTS = b"\6\5\4\3\2\7\6\5\4\3\2"
_CODE_WEIGHTS = b"\5\4\3\2\7\6\5\4\3\2"


def number_key(blind: BlindIndex, text: str) -> Key:
    """A key from a 個人番号.

    Raises:
        InvalidMyNumberError: not a number.
    """
    number = text if _number_is_sure(text) else MyNumber.parse(text).reveal()
    return Key(KeyKind.NUMBER, hashing.number_hash(blind, number))


def code_key(blind: BlindIndex, text: str) -> Key:
    """A key from a 住民票コード.

    Raises:
        InvalidJukiCodeError: not a code.
    """
    code = text if _code_is_sure(text) else JukiCode.parse(text).reveal()
    return Key(KeyKind.CODE, hashing.code_hash(blind, code))


def match_key(
    blind: BlindIndex, name: str, birth_date: str, sex: str = "", address: str = ""
) -> Key:
    """A key from a name, as written or in kana, and a birth date; sex and address narrow it.

    Raises:
        InvalidError: the name or the date cannot be read, or the sex is unknown.
    """
    birth = _birth_code(birth_date)
    if sex and sex not in set(Sex):
        raise InvalidKeyError("性別は 1（男）、2（女）、3（不詳）で指定してください。")
    if _CONTROLS.search(address):
        raise InvalidKeyError(
            "住所に、改行などの表示できない文字が入っています。その文字を消して照会してください。"
        )
    parsed = PersonName.parse(name)
    hashes = [hashing.name_key(blind, parsed.reduced(), birth)]
    if _is_kana(to_katakana(name)):
        hashes += [hashing.kana_match_key(blind, one, birth) for one in kana_keys(name)]
    place = address.replace(" ", "").replace("\u3000", "")
    return Key(KeyKind.MATCH, b"".join(hashes), sex, place)


def exact_keys(blind: BlindIndex, kind: KeyKind, texts: Sequence[str]) -> Key:
    """Many numbers or many codes at once, their hashes one after the other.

    Raises:
        InvalidKeyError: tells the places of the wrong ones, not their values.
    """
    sure, parse, digest = _EXACT[kind]
    try:
        return Key(
            kind,
            b"".join(
                [digest(blind, text if sure(text) else parse(text).reveal()) for text in texts]
            ),
        )
    except InvalidError:
        wrong = [place for place, text in enumerate(texts, start=1) if not _reads(parse, text)]
        raise InvalidKeyError(
            f"{kind.japanese}の検査数字や桁数が正しくない行が{len(wrong)}件あるため、"
            "一括照会を受け付けませんでした（1件も照会していません）。行を直して送り直してください。",
            rows=wrong[:_SHOWN],
            wrong=len(wrong),
        ) from None


def _birth_code(text: str) -> str:
    try:
        return UncertainDate.parse(text).code
    except InvalidError:
        return UncertainDate.of(parse_date(text)).code


def _is_kana(text: str) -> bool:
    return all("ァ" <= one <= "ヺ" or one in "ー・　 " for one in text)


def _reads(parse: Callable[[str], MyNumber | JukiCode], text: str) -> bool:
    try:
        parse(text)
    except InvalidError:
        return False
    return True


def _number_is_sure(text: str) -> bool:
    """Whether twelve plain digits carry their check digit; anything else is for the parser."""
    if len(text) != 12 or not (text.isascii() and text.isdigit()):
        return False
    remainder = sum(map(int.__mul__, text.encode(), _NUMBER_WEIGHTS)) - 48 * 47
    return (11 - remainder % 11) % 11 % 10 == ord(text[11]) - 48


def _code_is_sure(text: str) -> bool:
    """Whether eleven plain digits carry a settled check digit."""
    if len(text) != 11 or not (text.isascii() and text.isdigit()):
        return False
    remainder = (sum(map(int.__mul__, text.encode(), _CODE_WEIGHTS)) - 48 * 41) % 11
    return remainder > 1 and 11 - remainder == ord(text[10]) - 48


_Exact = tuple[
    Callable[[str], bool],
    Callable[[str], MyNumber | JukiCode],
    Callable[[BlindIndex, str], bytes],
]
_EXACT: dict[KeyKind, _Exact] = {
    KeyKind.NUMBER: (_number_is_sure, MyNumber.parse, hashing.number_hash),
    KeyKind.CODE: (_code_is_sure, JukiCode.parse, hashing.code_hash),
}
