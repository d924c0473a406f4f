"""What the relations of a household's members say about each other."""

from jichitai.kernel.relations import HEAD, Relation

CHOICES: tuple[str, ...] = (
    HEAD, "夫", "妻", "夫（未届）", "妻（未届）", "子", "子の妻", "子の夫", "子の子", "妻の子", "夫の子",
    "父", "母", "妻の父", "妻の母", "夫の父", "夫の母", "兄", "姉", "弟", "妹", "縁故者", "同居人",
)  # fmt: skip
"""The relations that a form offers first; any other chain can be typed.

Source: 住民記録システム標準仕様書 1.1.11 (続柄).
"""


def parents_of(relation: Relation) -> frozenset[str]:
    """The relations that a parent of this member can have in the same household.

    Args:
        relation: the member's.

    Returns:
        Texts of relations; empty when the relation says nothing about a parent.

    Source: 住民記録システム標準仕様書 1.1.11 (続柄).

    >>> sorted(parents_of(Relation("子の子")))
    ['子', '子の夫', '子の妻']
    """
    if relation.is_head:
        return frozenset({"父", "母"})
    if relation.text == "子":
        return frozenset({HEAD, "夫", "妻", "夫（未届）", "妻（未届）"})
    if relation.links[-1] == "子":
        stem = relation.text.removesuffix("の子")
        return frozenset({stem, f"{stem}の夫", f"{stem}の妻"})
    return frozenset()
