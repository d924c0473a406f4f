"""Counts of a round by measure of the law and by weak spot."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from jichitai.security.checks.model.answers import Answer, Count, count
from jichitai.security.checks.model.rounds import LAW_TITLES
from jichitai.security.checks.model.weak_spots import weak_spots


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A question's marks and its confirmed answer: all that counting needs."""

    law: str
    chapter: str
    target: str
    spots: tuple[str, ...]
    answer: Answer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a round with its counts.

    Attributes:
        key: `law-1` to `law-8`, `policy`, or a weak spot's.
        title: in Japanese.
    """

    key: str
    title: str
    count: Count


def by_spot(tallies: Sequence[Tally], on: date) -> list[Part]:
    """The five weak spots, always all five.

    Source: 総務省「地方公共団体におけるサイバーセキュリティ対策について」 (令和8年度).
    """
    return [
        Part(
            key=spot.key,
            title=spot.title,
            count=count(one.answer for one in tallies if spot.key in one.spots),
        )
        for spot in weak_spots(on)
    ]


def by_law(tallies: Sequence[Tally]) -> list[Part]:
    """The eight measures and the policy, those with questions.

    Source: 地方自治法施行規則 第16条の3第1項.
    """
    parts = [
        Part(key=key, title=title, count=count(one.answer for one in tallies if one.law == key))
        for key, title in LAW_TITLES.items()
    ]
    return [part for part in parts if part.count.asked]


def grouped(tallies: Iterable[Tally], key: Callable[[Tally], str]) -> list[Part]:
    """Counts by another mark, in the order in which it first comes.

    Source: ガイドライン 対策基準 9.2(2) (報告).
    """
    groups: dict[str, list[Answer | None]] = {}
    for one in tallies:
        groups.setdefault(key(one), []).append(one.answer)
    return [Part(key=name, title=name, count=count(found)) for name, found in groups.items()]
