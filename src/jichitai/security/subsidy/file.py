"""The file of a case (書類綴): which papers count when two have crossed on their way. Pure.

Each side adds to the file as it knows it. When papers of both sides follow the same paper, the
ministry's counts and the prefecture's is a crossed one (行き違い): kept, without effect. So both sides
come to the same file once both hold all papers, in whatever order they arrived.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jichitai.security.subsidy.papers import Paper
from jichitai.security.subsidy.parts import Side


@dataclass(frozen=True, slots=True)
class File:
    """Papers that count, in order, and those that crossed."""

    papers: tuple[Paper, ...]
    crossed: tuple[Paper, ...]

    @property
    def head(self) -> str:
        """Fingerprint of the last paper that counts; of the whole file, as each names the one before."""
        return self.papers[-1].fingerprint if self.papers else ""


def ordered(papers: Iterable[Paper]) -> File:
    """The file that a set of papers makes.

    Source: own rule of this software.
    """
    every = list(papers)
    children: dict[tuple[str, Side], Paper] = {(one.after, one.side): one for one in every}
    chain: list[Paper] = []
    head = ""
    while True:
        following = children.get((head, "ministry")) or children.get((head, "prefecture"))
        if following is None:
            break
        chain.append(following)
        head = following.fingerprint
    counted = {one.paper_id for one in chain}
    return File(tuple(chain), tuple(one for one in every if one.paper_id not in counted))


def upto(papers: Iterable[Paper], fingerprint: str) -> Sequence[Paper] | None:
    """The papers from the first to the one with this fingerprint; None when it is not there.

    Source: own rule of this software.
    """
    by_print = {one.fingerprint: one for one in papers}
    chain: list[Paper] = []
    while fingerprint:
        paper = by_print.get(fingerprint)
        if paper is None:
            return None
        chain.append(paper)
        fingerprint = paper.after
    return chain[::-1]
