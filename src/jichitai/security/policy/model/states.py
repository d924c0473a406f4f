"""Steps of a version of a policy, and what each allows.

Source: 地方自治法 第244条の6第1項, 第2項 (策定, 公表); ガイドライン 対策基準 9.3 (見直し).
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from jichitai.security.policy.errors import WrongStepError


class State(StrEnum):
    """版の段階: drafting to in force, and how a version ends."""

    DRAFTING = "drafting"
    REVIEW = "review"
    APPROVAL = "approval"
    ADOPTED = "adopted"
    PUBLISHED = "published"
    IN_FORCE = "in-force"
    REVIEW_DUE = "review-due"
    SUPERSEDED = "superseded"
    REPEALED = "repealed"
    DROPPED = "dropped"

    @property
    def japanese(self) -> str:
        """The step in words."""
        return _WORDS[self]

    @property
    def working(self) -> bool:
        """Whether the version is on its way to publication."""
        return self in WORKING

    @property
    def public(self) -> bool:
        """Whether anybody may read the version's basic policy."""
        return self in PUBLIC

    @property
    def standing(self) -> bool:
        """Whether the version is published and has not ended."""
        return self in STANDING


_WORDS: Final[Mapping[State, str]] = {
    State.DRAFTING: "案を作成中",
    State.REVIEW: "委員会で審議中",
    State.APPROVAL: "各機関の決裁待ち",
    State.ADOPTED: "策定済み（未公表）",
    State.PUBLISHED: "公表済み（施行前）",
    State.IN_FORCE: "施行中",
    State.REVIEW_DUE: "見直しの時期",
    State.SUPERSEDED: "改定により終了",
    State.REPEALED: "廃止",
    State.DROPPED: "取りやめ",
}
WORKING: Final = frozenset({State.DRAFTING, State.REVIEW, State.APPROVAL, State.ADOPTED})
STANDING: Final = frozenset({State.PUBLISHED, State.IN_FORCE, State.REVIEW_DUE})
PUBLIC: Final = STANDING | {State.SUPERSEDED, State.REPEALED}
STEPS: Final = (
    State.DRAFTING,
    State.REVIEW,
    State.APPROVAL,
    State.ADOPTED,
    State.PUBLISHED,
    State.IN_FORCE,
)
"""The way of every version."""


def expect(state: State, *allowed: State) -> None:
    """Refuse a deed that the step does not allow.

    Raises:
        WrongStepError: another step.

    Source: 地方自治法 第244条の6第1項, 第2項.
    """
    if state not in allowed:
        steps = "、".join(one.japanese for one in allowed)
        raise WrongStepError(
            f"この版は「{state.japanese}」です。この操作ができるのは「{steps}」のときです。"
            "版のページを開き直して、今の段階を確かめてください。",
            state=state.value,
        )


def next_review(effective_on: date, months: int) -> date:
    """The day on which a policy has to be looked at again.

    A day that the month lacks is its last day.

    >>> next_review(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)

    Source: ガイドライン 対策基準 9.3; 地方自治法施行規則 第16条の3第1項第8号.
    """
    index = effective_on.year * 12 + effective_on.month - 1 + months
    year, month = divmod(index, 12)
    for day in range(effective_on.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, effective_on.day)


def counted(*, adopted: bool, published: bool, reachable: bool) -> bool:
    """Whether a policy counts: adopting and publishing are both duties, and people can read it.

    Source: 地方自治法 第244条の6第1項, 第2項.
    """
    return adopted and published and reachable
