"""Characters of names: MJ (文字情報基盤) reduced to JIS X 0213, with every loss told."""

import gzip
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

GETA = "〓"
"""Stands for a character that has no counterpart."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One character that changed.

    Attributes:
        at: its place in the original text, in code points.
        original: the character with its selector.
        replacement: what stands for it now; 〓 when nothing does.

    Source: MJ縮退マップ 1.2.0.
    """

    at: int
    original: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Reduction:
    """A reduced text and what was lost on the way.

    Source: MJ縮退マップ 1.2.0.
    """

    text: str
    losses: tuple[Loss, ...]


def _lines(name: str) -> list[str]:
    packed = resources.files("jichitai.data").joinpath(name).read_bytes()
    return [one for one in gzip.decompress(packed).decode().splitlines() if one[0] != "#"]


@cache
def _shrink_map() -> MappingProxyType[str, str]:
    """MJ text form to JIS X 0213, only where dropping the selector is not the answer."""
    return MappingProxyType(dict(line.split("\t") for line in _lines("mj_shrink.tsv.gz")))


@cache
def _bare_characters() -> frozenset[str]:
    """Characters of MJ that stand without a selector."""
    spans = [line.split("-") for line in _lines("mj_forms.tsv.gz") if "\t" not in line]
    return frozenset(chr(at) for a, z in spans for at in range(int(a, 16), int(z, 16) + 1))


@cache
def _selectors() -> MappingProxyType[str, str]:
    """Base character to the selectors that MJ knows for it."""
    return MappingProxyType(
        dict(line.split("\t") for line in _lines("mj_forms.tsv.gz") if "\t" in line)
    )


def variants(base: str) -> tuple[str, ...]:
    """The MJ forms of a character that have a selector of their own.

    >>> len(variants("辻")), variants("一")
    (2, ())

    Source: MJ文字情報一覧表 006.02.
    """
    return tuple(base + selector for selector in _selectors().get(base, ""))


def is_ideograph(character: str) -> bool:
    """Whether a code point is a kanji, 々 and 〆 included.

    >>> is_ideograph("𠮷"), is_ideograph("あ")
    (True, False)

    Source: Unicode Standard, property Ideographic.
    """
    return (
        character in "々〆〇〻仝"
        or "\u3400" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def unknown_characters(text: str) -> tuple[str, ...]:
    r"""Kanji and selector forms that MJ does not have, so that nobody could print them.

    >>> unknown_characters("山田\U000e01ef"), unknown_characters("髙橋 Anna")
    (('田\U000e01ef',), ())

    Source: MJ文字情報一覧表 006.02; 住民記録システム標準仕様書 7.2.3 (文字情報基盤).
    """
    bare, selectors = _bare_characters(), _selectors()
    return tuple(
        one
        for one in clusters(text)
        if (len(one) > 1 and one[1:] not in tuple(selectors.get(one[0], "")))
        or (is_ideograph(one[0]) and one[0] not in bare)
    )


def is_selector(character: str) -> bool:
    r"""Whether a code point only selects a shape of the one before it.

    >>> is_selector("\U000e0101"), is_selector("辻")
    (True, False)

    Source: Unicode Technical Standard #37 (IVD).
    """
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def clusters(text: str) -> tuple[str, ...]:
    r"""Characters with their selectors.

    >>> len(clusters("辻\U000e0102井"))
    2

    Source: Unicode Technical Standard #37 (IVD).
    """
    found: list[str] = []
    for character in text:
        if found and is_selector(character):
            found[-1] += character
        else:
            found.append(character)
    return tuple(found)


def in_jis_x_0213(text: str) -> bool:
    """Whether every character has a place in JIS X 0213.

    >>> in_jis_x_0213("山﨑　花子"), in_jis_x_0213("髙橋")
    (True, False)

    Source: JIS X 0213:2004.
    """
    try:
        text.encode("euc_jis_2004")
    except UnicodeEncodeError:
        return False
    return True


def _reduced_cluster(cluster: str) -> str:
    known = _shrink_map()
    if cluster in known:
        return known[cluster]
    base = cluster[0]
    if in_jis_x_0213(base):
        return base
    return known.get(base, GETA)


def reduction(text: str) -> Reduction:
    """Reduce a text to JIS X 0213 and tell each character that changed.

    >>> reduction("髙橋").losses
    (Loss(at=0, original='髙', replacement='高'),)

    Source: MJ縮退マップ 1.2.0 (JIS包摂, 法務省告示582号, 戸籍統一文字の親字・正字 in this order).
    """
    if in_jis_x_0213(text):
        return Reduction(text, ())
    out, losses, at = [], [], 0
    for cluster in clusters(text):
        plain = _reduced_cluster(cluster)
        out.append(plain)
        if plain != cluster:
            losses.append(Loss(at, cluster, plain))
        at += len(cluster)
    return Reduction("".join(out), tuple(losses))


def reduce_text(text: str) -> str:
    r"""Reduce a text to JIS X 0213; use `reduction` to learn what was lost.

    >>> reduce_text("葛\U000e0102城市の髙橋")
    '葛城市の高橋'
    >>> reduce_text("髙橋")
    '高橋'

    Source: MJ縮退マップ 1.2.0.
    """
    return reduction(text).text


@cache
def _heads() -> MappingProxyType[str, str]:
    """Character to the common one that it is a variant of."""
    return MappingProxyType(dict(line.split("\t") for line in _lines("mj_heads.tsv.gz")))


def variant_key(text: str) -> str:
    """The key under which a written name is stored for search across 異体字 and 正字.

    Selectors and spaces make no difference. It finds more than it should, and never less: show
    the names as they are written, and let the clerk choose.

    >>> variant_key("渡邊　花子") == variant_key("渡邉花子") == variant_key("渡辺 花子")
    True

    Source: 住民記録システム標準仕様書 2.1.2 (異体字や正字も包含した検索).
    """
    heads = _heads()
    bare = (one[0] for one in clusters("".join(text.split())))
    return "".join(heads.get(one, one) for one in bare)
