"""What a text lacks: empty clauses, stale clauses, items that nothing answers to.

Source: 地方自治法施行規則 第16条の3第1項第8号 (評価及び見直し); ガイドライン 対策基準 9.3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jichitai.security.guideline.differences import Difference
from jichitai.security.guideline.model import Catalogue, Item
from jichitai.security.policy.model.text import Clause, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An item that was decided on apart from the clauses: not applied, or kept unchanged."""

    item: str
    guideline_version: str
    applies: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Where a text stands against the guideline.

    Attributes:
        gaps: items that apply, have no clause, and were not decided on.
        stale: clause -> items behind it that changed since somebody looked at it.
        empty: clauses without text.
        declined: items that the body does not apply, with the reason.
    """

    gaps: tuple[Item, ...]
    stale: Mapping[Clause, tuple[str, ...]]
    empty: tuple[Clause, ...]
    declined: tuple[Decided, ...]

    @property
    def statutory(self) -> tuple[Item, ...]:
        """Sections of the policy itself that are missing; these cannot be left out."""
        return tuple(item for item in self.gaps if item.obligation == "statutory")

    @property
    def open_gaps(self) -> tuple[Item, ...]:
        """The other gaps, which a body may accept with a reason."""
        return tuple(item for item in self.gaps if item.obligation != "statutory")


def picture(
    clauses: Sequence[Clause],
    decided: Iterable[Decided],
    applicable: Sequence[Item],
    catalogues: Mapping[str, Catalogue],
    current: Catalogue,
) -> Picture:
    """Compare a text with the guideline.

    Args:
        clauses: of one version of a policy, without removed ones.
        decided: on single items.
        applicable: items of the current guideline that apply to the body.
        catalogues: versions that clauses or decisions name, by name.
        current: the guideline in force.

    Source: 地方自治法施行規則 第16条の3第1項第8号; ガイドライン 対策基準 9.3.
    """
    known = [one for one in decided if one.guideline_version == current.version]
    old = [one for one in decided if one.guideline_version != current.version]
    moved = _moved({clause.guideline_version for clause in clauses}, catalogues, current)
    moved |= _moved({one.guideline_version for one in old}, catalogues, current)
    known += [one for one in old if one.item not in moved.get(one.guideline_version, frozenset())]
    answered = {one.item for one in known}
    covered = {item for clause in clauses for item in clause.items if not clause.empty}
    declined = {one.item: one for one in known if not one.applies}
    return Picture(
        gaps=tuple(i for i in applicable if i.id not in covered and i.id not in declined),
        stale=_stale(clauses, moved, answered),
        empty=tuple(clause for clause in clauses if clause.empty),
        declined=tuple(declined.values()),
    )


def _moved(
    versions: Iterable[str], catalogues: Mapping[str, Catalogue], current: Catalogue
) -> dict[str, frozenset[str]]:
    return {
        version: Difference.between(catalogues[version], current).stale
        for version in versions
        if version != current.version and version in catalogues
    }


def _stale(
    clauses: Sequence[Clause], moved: Mapping[str, frozenset[str]], answered: set[str]
) -> dict[Clause, tuple[str, ...]]:
    found = {}
    for clause in clauses:
        gone = moved.get(clause.guideline_version, frozenset())
        items = tuple(item for item in clause.items if item in gone and item not in answered)
        if items:
            found[clause] = items
    return found


def problems(
    clauses: Sequence[Clause], seen: Picture, *, rivals: int, accepted_gaps: str
) -> tuple[str, ...]:
    """What keeps a text from going to the committee, each with what to do.

    Source: 地方自治法 第244条の6第1項; ガイドライン 第2編第1章 (十の節).
    """
    found = []
    if not any(clause.part is Part.BASIC for clause in clauses):
        found.append(
            "基本方針の条文がありません。質問に答えて案を作るか、今の規程を取り込んでください。"
        )
    elif seen.statutory:
        names = "、".join(item.title for item in seen.statutory)
        found.append(f"基本方針に必要な節がありません（{names}）。条を加えてください。")
    if seen.empty:
        found.append(f"本文が空の条が{len(seen.empty)}件あります。書くか、条を除いてください。")
    if seen.stale:
        found.append(
            f"ガイドラインの改定で古くなった条が{len(seen.stale)}件あります。"
            "直すか、直さない理由を残してください。"
        )
    if rivals:
        found.append(f"二人が書いて合わせていない条が{rivals}件あります。一つにしてください。")
    if seen.open_gaps and not accepted_gaps.strip():
        found.append(
            f"条のない項目が{len(seen.open_gaps)}件あります。条を加えるか、適用しない理由を残すか、"
            "このまま進める理由を書いてください。"
        )
    return tuple(found)
