"""状況: where a body stands with its policies, decided from its reports alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from functools import cache
from typing import Final

from jichitai.kernel.bodies import Body, BodyKind
from jichitai.security.messages import S01
from jichitai.security.obligations.model import (
    Denominator,
    Presence,
    Rate,
    bodies_in,
    organs_of,
    presence,
)
from jichitai.security.organs import Organ


class Progress(IntEnum):
    """進み具合: how far a policy is, from nothing reported to what counts."""

    NONE = 0
    REPEALED = 1
    DRAFTING = 2
    REVIEW = 3
    APPROVAL = 4
    ADOPTED = 5
    PUBLISHED = 6
    COUNTED = 7

    @property
    def key(self) -> str:
        """Its name in addresses and data."""
        return self.name.lower()

    @property
    def japanese(self) -> str:
        """Its word on pages."""
        return _WORDS[self][0]

    @property
    def meaning(self) -> str:
        """What the word means."""
        return _WORDS[self][1]


_WORDS: Final[Mapping[Progress, tuple[str, str]]] = {
    Progress.NONE: ("報告なし", "方針についての報告が届いていない"),
    Progress.REPEALED: ("廃止", "方針が廃止され、代わりの報告が届いていない"),
    Progress.DRAFTING: ("作成中", "案を作っている"),
    Progress.REVIEW: ("審査中", "情報セキュリティ委員会などで審査している"),
    Progress.APPROVAL: ("決裁中", "機関の決裁を待っている"),
    Progress.ADOPTED: ("策定済み", "決裁が済み、公表はまだ"),
    Progress.PUBLISHED: ("公表・未確認", "公表の報告があり、公表の場所の確認がまだ"),
    Progress.COUNTED: ("策定・公表済み", "決裁が済み、公表の場所で文書を確かめた"),
}

_STATES: Final[Mapping[str, Progress]] = {
    "drafting": Progress.DRAFTING,
    "review": Progress.REVIEW,
    "approval": Progress.APPROVAL,
    "adopted": Progress.ADOPTED,
    "published": Progress.PUBLISHED,
    "in-force": Progress.PUBLISHED,
    "review-due": Progress.PUBLISHED,
    "repealed": Progress.REPEALED,
}


class SizeClass(StrEnum):
    """規模: classes of population; a joint body has none."""

    UNDER_10K = "under-10k"
    UNDER_50K = "under-50k"
    UNDER_100K = "under-100k"
    UNDER_300K = "under-300k"
    UNDER_500K = "under-500k"
    LARGER = "larger"
    NONE = "none"

    @property
    def japanese(self) -> str:
        """The class in words."""
        return _SIZES[self][1]

    @classmethod
    def of(cls, body: Body) -> "SizeClass":
        """The class of a body by its census population.

        Source: 令和2年国勢調査; the limits are this project's.
        """
        if body.kind.joint or body.population == 0:
            return cls.NONE
        return next(one for one, (limit, _) in _SIZES.items() if body.population < limit)


_SIZES: Final[Mapping[SizeClass, tuple[float, str]]] = {
    SizeClass.UNDER_10K: (10_000, "1万人未満"),
    SizeClass.UNDER_50K: (50_000, "1万人以上5万人未満"),
    SizeClass.UNDER_100K: (100_000, "5万人以上10万人未満"),
    SizeClass.UNDER_300K: (300_000, "10万人以上30万人未満"),
    SizeClass.UNDER_500K: (500_000, "30万人以上50万人未満"),
    SizeClass.LARGER: (float("inf"), "50万人以上"),
    SizeClass.NONE: (float("inf"), "組合など"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a body stands on a day.

    Attributes:
        body: which.
        organs: progress by organ that owes a policy.
        reports: the newest report of each of its policies.
        review_late: the day of the next review has passed.
        on: the day.
    """

    body: Body
    organs: Mapping[Organ, Progress]
    reports: tuple[S01, ...]
    review_late: bool
    on: date

    @property
    def head(self) -> Progress:
        """The progress that the published rate counts: the policy of the head (長, 管理者)."""
        return self.organs.get(Organ.HEAD, Progress.NONE)

    @property
    def adopted(self) -> bool:
        """Whether the head's policy is adopted."""
        return self.head >= Progress.ADOPTED

    @property
    def counted(self) -> bool:
        """Whether the head's policy is adopted, published and was found at its address."""
        return self.head is Progress.COUNTED

    @property
    def organs_counted(self) -> int:
        """How many organs have a policy that counts."""
        return sum(one is Progress.COUNTED for one in self.organs.values())

    @property
    def leading(self) -> S01 | None:
        """The report that stands for the body: the head's most advanced policy, else the newest."""
        own = [one for one in self.reports if _covers(one, Organ.HEAD)]
        return max(
            own or self.reports, key=lambda one: (progress(one), one.reported_at), default=None
        )

    @property
    def model(self) -> str:
        """The network model that it reported, or empty."""
        return self.leading.network_model if self.leading else ""

    @property
    def reported_at(self) -> datetime | None:
        """When it last reported."""
        return max((one.reported_at for one in self.reports), default=None)


def progress(report: S01) -> Progress:
    """How far one policy is.

    A policy counts when it is adopted and published and its address answered with the document.

    Source: 地方自治法 第244条の6第1項, 第2項.
    """
    found = _STATES[report.state]
    if found is Progress.PUBLISHED and report.reachable_at is not None and report.address:
        return Progress.COUNTED
    return found


def _covers(report: S01, organ: Organ) -> bool:
    return organ in _by_organ(report)


def _by_organ(report: S01) -> dict[str, Progress]:
    """How far a policy is for each organ that it names; one that names none is the head's."""
    found = progress(report)
    decided = {one.organ for one in report.adoptions}
    undecided = Progress.APPROVAL if found >= Progress.ADOPTED else found
    named = decided.union(report.organs) or {Organ.HEAD}
    return {organ: found if organ in decided else undecided for organ in named}


def organ_progress(report: S01, organ: Organ) -> Progress:
    """How far a policy is for one organ; without that organ's decision it is not adopted.

    Source: 地方自治法 第244条の6第1項 (それぞれ).
    """
    return _by_organ(report).get(organ, Progress.NONE)


def standing(body: Body, reports: Sequence[S01], *, on: date) -> Standing:
    """Where a body stands.

    Args:
        body: which.
        reports: the newest report of each of its policies.
        on: the day, for obligations and reviews.

    Source: 地方自治法 第244条の6第1項, 第2項.
    """
    organs = dict.fromkeys(_owed(body.kind, on), Progress.NONE)
    possible = _possible(body.kind, on)
    for told in map(_by_organ, reports):
        for organ in (*organs, *(one for one in possible if one in told and one not in organs)):
            organs[organ] = max(organs.get(organ, Progress.NONE), told.get(organ, Progress.NONE))
    late = any(
        one.next_review_on is not None and one.next_review_on < on
        for one in reports
        if progress(one) >= Progress.ADOPTED
    )
    return Standing(body=body, organs=organs, reports=tuple(reports), review_late=late, on=on)


@cache
def _owed(kind: BodyKind, on: date) -> tuple[Organ, ...]:
    sample = Body(code="", kind=kind, name="", full_name="", prefecture_code="")
    return organs_of(sample, on=on)


@cache
def _possible(kind: BodyKind, on: date) -> tuple[Organ, ...]:
    """Organs that a body may have beside the usual; a report that names one says that it has it."""
    return tuple(sorted(one for one in Organ if presence(kind, one, on=on) is Presence.SOMETIMES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The rates on one denominator, and how many of its bodies ever reported."""

    denominator: Denominator
    adopted: Rate
    counted: Rate
    silent: int
    reported: int


def rates(standings: Iterable[Standing], denominator: Denominator, *, on: date) -> Rates:
    """The rates of a set of bodies on a named denominator.

    For pairs of body and organ every organ is counted, for all others the head's policy.

    Args:
        standings: of the bodies that the caller oversees.
        denominator: which of them to count.
        on: the day.

    Source: 総務省 政策評価の指標; 地方自治法 第244条の6.
    """
    found = list(standings)
    within = {one.code for one in bodies_in(denominator, joint=_joint(found))}
    chosen = [one for one in found if one.body.code in within]
    if denominator is Denominator.ORGAN_PAIRS:
        steps = [step for one in chosen for step in one.organs.values()]
    else:
        steps = [one.head for one in chosen]

    def rate(least: Progress) -> Rate:
        reached = sum(step >= least for step in steps)
        return Rate(numerator=reached, total=len(steps), denominator=denominator, as_of=on)

    return Rates(
        denominator=denominator,
        adopted=rate(Progress.ADOPTED),
        counted=rate(Progress.COUNTED),
        silent=sum(not one.reports for one in chosen),
        reported=sum(bool(one.reports) for one in chosen),
    )


def _joint(standings: Iterable[Standing]) -> list[Body]:
    return [one.body for one in standings if one.body.kind.joint]
