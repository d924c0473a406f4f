"""Japanese text in lines of a given width, broken where a reader pauses.

A drawing has no browser to break its lines, and the same lines go to the page and to the PDF. So
they are chosen here: over all ways to break, the one with the least sum of what is left empty and
of the price of each break. Between words a break is cheap, inside one dear, and before a closing
mark or inside a number impossible (禁則).
"""

from functools import lru_cache
from itertools import pairwise
from typing import Final

_CLOSING: Final = frozenset(
    "、。，．・：；？！）］｝」』】〉》〕ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々％%)],.:;!?"
)
_OPENING: Final = frozenset("（［｛「『【〈《〔([※")
_PAUSES: Final = frozenset("、。，．；：？！）」』】")
_NEVER: Final = 1e9
_LINE: Final = 6.0
_EMPTY: Final = 30.0
_LAST: Final = 0.25
_TORN: Final = 40.0
_EDGE: Final = 3.0
_NARROW: Final = {" ": 0.3, ".": 0.3, ",": 0.3, "%": 0.9, "-": 0.4, "(": 0.38, ")": 0.38}
# fmt: off
_WORDS: Final = (
    "地方公共団体", "ガイドライン", "セキュリティ", "ネットワーク", "マイナンバー", "オンライン", "地方自治法",
    "つながる", "クラウド", "サイバー", "システム", "デジタル", "ポリシー", "地方自治",
    "市区町村", "確認情報", "総務大臣", "自治法上", "都道府県", "事業費", "おける", "ごとの", "カード",
    "住民票", "写し等", "合理化", "団体等", "できる", "本人確認", "基づく", "定期的", "標準化", "策定率", "自治体",
    "補助金", "関する", "よる", "事業", "交付", "件数", "企画", "会計", "住民", "体制", "作業",
    "係る", "促進", "保有", "全国", "公共", "利便", "割合", "動向", "及び", "受付", "台帳",
    "向上", "団体", "国庫", "国民", "地方", "基本", "基盤", "増進", "安全", "定期", "実施",
    "実績", "対策", "対象", "年度", "情報", "手続", "技術", "指針", "提供", "支援", "改定",
    "改正", "整備", "方針", "普及", "更新", "最新", "本人", "枚数", "業務", "標準", "機関",
    "次期", "添付", "減少", "準拠", "特定", "環境", "申請", "発出", "目標", "省略", "確実",
    "確認", "社会", "移行", "策定", "累計", "結果", "職員", "行政", "補助", "調査", "負担",
    "費用", "軽減", "通知", "進捗", "運営", "集中",
)
"""Words that should not be torn, the longest first; at their ends a break is cheap."""
# fmt: on
_TRACKING: Final = 0.34
"""Letter spacing that pages give to all text, in pixels."""


def width_of(text: str, size: float) -> float:
    """How wide a text is about, in the units of its size.

    >>> width_of("方針", 10), width_of("R8", 10) < width_of("方針", 10)
    (20.68, True)
    """
    return round(sum(_advance(char) for char in text) * size + _TRACKING * len(text), 2)


def _advance(char: str) -> float:
    if char in _NARROW:
        return _NARROW[char]
    if char.isascii():
        return 0.68 if char.isupper() else 0.58
    return 1.0


@lru_cache(maxsize=4096)
def broken(text: str, width: float, size: float) -> tuple[str, ...]:
    """A text in lines, none wider than `width` unless a single word is.

    Args:
        text: one paragraph.
        width: the room, in the units of `size`.
        size: height of the letters.

    >>> broken("各地方公共団体等における地方自治法上の方針の策定", 150.0, 15.0)
    ('各地方公共団体等に', 'おける地方自治法', '上の方針の策定')
    """
    pieces = _pieces(text.strip())
    if not pieces:
        return ()
    count = len(pieces)
    prices = _prices(pieces)
    best: list[tuple[float, int]] = [(0.0, 0)] * (
        count + 1
    )  # least cost, where its last line begins
    for end in range(1, count + 1):
        best[end] = min(
            (best[start][0] + _cost(pieces, start, end, width, size) + prices[end], start)
            for start in range(end - 1, -1, -1)
            if start == end - 1 or _fits(pieces, start, end, width, size)
        )
    lines: list[str] = []
    end = count
    while end:
        start = best[end][1]
        lines.append("".join(pieces[start:end]).strip())
        end = start
    return tuple(reversed(lines))


def _fits(pieces: list[str], start: int, end: int, width: float, size: float) -> bool:
    return width_of("".join(pieces[start:end]).strip(), size) <= width


def _cost(pieces: list[str], start: int, end: int, width: float, size: float) -> float:
    left = 1 - width_of("".join(pieces[start:end]).strip(), size) / width
    over = _NEVER if left < 0 and end - start > 1 else 0.0
    if end == len(pieces):
        return _LINE + over + _EMPTY * _LAST * max(left, 0) ** 2
    return _LINE + over + _EMPTY * max(left, 0) ** 2


def _prices(pieces: list[str]) -> list[float]:
    """What a break before each piece costs; nothing at both ends."""
    text = "".join(pieces)
    torn: set[int] = set()
    ends: set[int] = set()
    at = 0
    while at < len(text):
        word = next((one for one in _WORDS if text.startswith(one, at)), text[at])
        torn.update(range(at + 1, at + len(word)))
        if len(word) > 1:
            ends |= {at, at + len(word)}
        at += len(word)
    prices = [0.0]
    at = 0
    for before, piece in pairwise(pieces):
        at += len(before)
        price = _price(before[-1], piece[0])
        if at in torn:
            price = max(price, _TORN)
        elif at in ends and not _is_okurigana(before[-1], piece[0]):
            price = min(price, _EDGE)
        prices.append(price)
    return [*prices, 0.0]


def _is_okurigana(last: str, first: str) -> bool:
    return _kind(first) == "hiragana" and _kind(last) != "hiragana"


def _pieces(text: str) -> list[str]:
    """The smallest parts that stay together."""
    pieces: list[str] = []
    for char in text:
        if pieces and _joined(pieces[-1], char):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _joined(before: str, char: str) -> bool:
    last = before[-1]
    if char in _CLOSING or last in _OPENING:
        return True
    if char == " " or (last == " " and char in "%％"):
        return True
    if last.isdigit() and _kind(char) == "kanji":  # 2回, 令和8年
        return True
    if last in "年月和成" and char.isdigit():  # 令和8年3月27日
        return True
    return last.isascii() and char.isascii() and last != " "


_PRICES: Final = {
    ("hiragana", "kanji"): 0.5,
    ("hiragana", "katakana"): 0.5,
    ("hiragana", "ascii"): 0.5,
    ("kanji", "katakana"): 3.0,
    ("katakana", "kanji"): 3.0,
    ("kanji", "kanji"): 6.0,
    ("katakana", "katakana"): 14.0,
    ("hiragana", "hiragana"): 7.0,
    ("kanji", "hiragana"): 12.0,
    ("katakana", "hiragana"): 12.0,
}


def _price(last: str, first: str) -> float:
    """What a break between two characters costs a reader."""
    if last in "」』）" and _kind(first) == "hiragana":
        return 9.0
    if last in _PAUSES or last == " " or first in _OPENING:
        return 0.0
    if last == "・":
        return 1.0
    return _PRICES.get((_kind(last), _kind(first)), 5.0)


def _kind(char: str) -> str:
    if char.isascii():
        return "ascii"
    if "ぁ" <= char <= "ゖ":
        return "hiragana"
    if "ァ" <= char <= "ー":
        return "katakana"
    return "kanji" if char.isalpha() else "mark"
