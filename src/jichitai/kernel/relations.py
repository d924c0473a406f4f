"""Relations to the head of the household (続柄): a closed vocabulary and its chains."""

from dataclasses import dataclass
from typing import Self

from jichitai.kernel.errors import InvalidError


class InvalidRelationError(InvalidError):
    """The text is no 続柄 of the standard."""

    type = "kernel.invalid-relation"
    title = "続柄に誤りがあります"


HEAD = "世帯主"
_SPOUSES = ("夫", "妻", "夫（未届）", "妻（未届）")
_CHILDREN = ("子", "子（子の夫）", "子（子の妻）")
_PARENTS = ("父", "母")
_SIBLINGS = ("兄", "姉", "弟", "妹")
KIN = (*_SPOUSES, *_CHILDREN, *_PARENTS, *_SIBLINGS)
DISTANT_KIN = "縁故者"
HOUSEMATE = "同居人"
MAX_CHAIN = 4

REPLACEMENTS = {
    "祖父": "父の父、母の父",
    "祖母": "父の母、母の母",
    "おじ": "父の兄、母の弟など",
    "おば": "父の姉、母の妹など",
    "伯父": "父の兄、母の兄など",
    "叔父": "父の弟、母の弟など",
    "伯母": "父の姉、母の姉など",
    "叔母": "父の妹、母の妹など",
    "甥": "兄の子、妹の子など",
    "姪": "兄の子、妹の子など",
    "いとこ": "父の兄の子など",
    "孫": "子の子",
    "ひ孫": "子の子の子",
    "曾孫": "子の子の子",
    "曽孫": "子の子の子",
    "長男": "子",
    "長女": "子",
    "次男": "子",
    "二男": "子",
    "次女": "子",
    "二女": "子",
    "養子": "子",
    "家事使用人": "同居人",
    "準世帯主": "世帯主から見た続柄",
}
"""Words that must not be kept, and what to write instead."""

# The words in brackets hold a の of their own.
_MARKS = {"子（子の夫）": "\x01", "子（子の妻）": "\x02"}


def _links(text: str) -> tuple[str, ...]:
    for word, mark in _MARKS.items():
        text = text.replace(word, mark)
    back = {mark: word for word, mark in _MARKS.items()}
    return tuple(back.get(link, link) for link in text.split("の"))


@dataclass(frozen=True, slots=True)
class Relation:
    """続柄: how a person stands to the head of the household.

    >>> Relation.parse("子の妻").links
    ('子', '妻')
    >>> Relation.parse("世帯主").is_head
    True

    Source: 住民基本台帳法 第7条第4号; 住民記録システム標準仕様書 1.1.11 (続柄).
    """

    text: str

    def __post_init__(self) -> None:
        """Refuse words and chains outside the vocabulary."""
        if self.text in {HEAD, DISTANT_KIN, HOUSEMATE}:
            return
        if not self.text:
            raise InvalidRelationError(
                "続柄が入力されていません。世帯主から見た続柄を、届書のとおりに入力してください。"
            )
        links = _links(self.text)
        for link in links:
            if link not in KIN:
                raise InvalidRelationError(_advice(link))
        if len(links) > MAX_CHAIN:
            raise InvalidRelationError(
                f"続柄は「の」で{MAX_CHAIN}つまでしかつなげません。"
                f"それより遠い間柄は「{DISTANT_KIN}」と入力してください。"
            )

    def __str__(self) -> str:
        return self.text

    @property
    def is_head(self) -> bool:
        """Whether the person is the head."""
        return self.text == HEAD

    @property
    def links(self) -> tuple[str, ...]:
        """The words that の joins, from the head outwards."""
        return _links(self.text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a relation; half-width brackets and spaces are put right.

        Raises:
            InvalidRelationError: a word outside the vocabulary, or a chain that is too long.

        >>> str(Relation.parse("妻(未届)"))
        '妻（未届）'

        Source: 住民記録システム標準仕様書 1.1.11.
        """
        plain = "".join(text.split()).replace("(", "（").replace(")", "）")
        return cls(plain)

    def of(self, further: str) -> "Relation":
        """Chain one more word; beyond four it becomes 縁故者.

        Raises:
            InvalidRelationError: the word is not one of kin, or this is no kin to chain to.

        >>> str(Relation("子").of("子").of("妻"))
        '子の子の妻'
        >>> str(Relation("子の子の子の子").of("子"))
        '縁故者'

        Source: 住民記録システム標準仕様書 1.1.11 (5世代以上は縁故者).
        """
        if further not in KIN:
            raise InvalidRelationError(_advice(further))
        if self.is_head:
            return Relation(further)
        if self.text == DISTANT_KIN or len(self.links) >= MAX_CHAIN:
            return Relation(DISTANT_KIN)
        return Relation(f"{self.text}の{further}")

    @property
    def rank(self) -> tuple[int, int]:
        """Place among the members of a household: group 1 to 4, and place in the group.

        A child of the head whose own family lives in the household moves to (2, 1); only the
        household knows that.

        >>> Relation("妻").rank, Relation("子の子").rank, Relation("同居人").rank
        ((1, 2), (2, 3), (4, 3))

        Source: 住民記録システム標準仕様書 5.2 (世帯員の並び順).
        """
        if self.text in _FIXED_RANK:
            return _FIXED_RANK[self.text]
        match self.links:
            case ("子", further) if further in _SPOUSES:
                return 2, 2
            case ("子", further) if further in _CHILDREN:
                return 2, 3
            case (parent, further) if parent in _PARENTS and further in _PARENTS:
                return 3, 3
            case _:
                return 4, 1


_FIXED_RANK = (
    {HEAD: (1, 1), DISTANT_KIN: (4, 2), HOUSEMATE: (4, 3), "子": (1, 3)}
    | dict.fromkeys(_SPOUSES, (1, 2))
    | dict.fromkeys(_CHILDREN[1:], (2, 2))
    | dict.fromkeys(_PARENTS, (3, 1))
    | dict.fromkeys(_SIBLINGS, (3, 2))
)


def _advice(word: str) -> str:
    known = "、".join((HEAD, *KIN, DISTANT_KIN, HOUSEMATE))
    if word in REPLACEMENTS:
        return (
            f"「{word}」は続柄に使えません。標準の続柄に含まれないためです。"
            f"「{REPLACEMENTS[word]}」と入力してください。"
        )
    return (
        f"標準にない続柄です。使えるのは{known}と、これらを「の」でつなげたものです。"
        "世帯主から見た続柄を入力してください。"
    )
