"""Answers to the questions of a round, and their counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from jichitai.security.checks.errors import CheckFormError

LONGEST = 2_000


class Answer(StrEnum):
    """回答: whether a control item is done for one target.

    Source: 情報セキュリティ監査に関するガイドライン; the fourth value is ours.
    """

    MET = "met"
    PARTLY = "partly"
    UNMET = "unmet"
    NOT_APPLICABLE = "not-applicable"

    @property
    def japanese(self) -> str:
        """The word on the form."""
        return {
            "met": "実施している",
            "partly": "一部実施している",
            "unmet": "実施していない",
            "not-applicable": "対象外",
        }[self.value]

    @property
    def gap(self) -> bool:
        """Whether something is left to do."""
        return self in (Answer.PARTLY, Answer.UNMET)

    @classmethod
    def of(cls, text: str) -> "Answer | None":
        """The answer with this word or key; None for an empty text.

        >>> Answer.of("対象外"), Answer.of("")
        (<Answer.NOT_APPLICABLE: 'not-applicable'>, None)

        Raises:
            CheckFormError: it is another word.
        """
        if not text:
            return None
        for one in cls:
            if text in (one.value, one.japanese):
                return one
        words = "、".join(one.japanese for one in cls)
        raise CheckFormError.of(
            {"answer": f"回答は決まった言葉の中から選びます。{words}のどれかを選んでください。"}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody answered.

    Attributes:
        answer: met, partly, unmet or not applicable.
        reason: why it does not apply, or why it is not (fully) done.
        practice: how it is done; goes into the body's own 実施状況.
        evidence: evidence that shows it.
    """

    answer: Answer
    reason: str = ""
    practice: str = ""
    evidence: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An answer as it stands: the newest of its versions.

    Attributes:
        version: number of the version, from 1.
        confirmed: false while it was only carried over from an earlier round.
        stale: why a carried answer must be looked at again.
        by, by_name, at: who answered, when.
    """

    given: Given
    version: int
    confirmed: bool
    stale: tuple[str, ...]
    by: str
    by_name: str
    at: datetime


def check_given(given: Given) -> Given:
    """An answer that may be kept.

    Raises:
        CheckFormError: a reason is missing, or a text is too long.

    Source: ガイドライン 対策基準 9.2(1); that "not applicable" needs its reason is ours.
    """
    wrong: dict[str, str] = {}
    reason, practice = given.reason.strip(), given.practice.strip()
    if not reason and given.answer is not Answer.MET:
        wrong["reason"] = (
            "対象外とする理由がありません。翌年の人と監査人が判断できるように、理由を入力してください。"
            if given.answer is Answer.NOT_APPLICABLE
            else "実施していない部分と理由がありません。是正の計画に使います。入力してください。"
        )
    for name, text in (("reason", reason), ("practice", practice)):
        if len(text) > LONGEST:
            wrong[name] = (
                f"{LONGEST:,}字までです（今は{len(text):,}字）。詳しい内容は根拠資料に付けてください。"
            )
    if wrong:
        raise CheckFormError.of(wrong)
    return Given(
        answer=given.answer,
        reason=reason,
        practice=practice,
        evidence=tuple(dict.fromkeys(given.evidence)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many questions have which answer; an answer not confirmed counts as not given."""

    met: int = 0
    partly: int = 0
    unmet: int = 0
    not_applicable: int = 0
    unanswered: int = 0

    @property
    def asked(self) -> int:
        """All questions."""
        return self.met + self.partly + self.unmet + self.not_applicable + self.unanswered

    @property
    def owed(self) -> int:
        """Questions that apply: the denominator of the rate."""
        return self.asked - self.not_applicable

    @property
    def gaps(self) -> int:
        """Partly and not done."""
        return self.partly + self.unmet

    def __add__(self, other: "Count") -> "Count":
        return Count(
            met=self.met + other.met,
            partly=self.partly + other.partly,
            unmet=self.unmet + other.unmet,
            not_applicable=self.not_applicable + other.not_applicable,
            unanswered=self.unanswered + other.unanswered,
        )


def count(answers: Iterable[Answer | None]) -> Count:
    """Counts of answers; None is a question without a confirmed answer.

    >>> count([Answer.MET, Answer.UNMET, None, Answer.NOT_APPLICABLE]).owed
    3

    Source: 地方自治法施行規則 第16条の3第1項第8号 (評価).
    """
    found: Sequence[Answer | None] = list(answers)
    return Count(
        met=found.count(Answer.MET),
        partly=found.count(Answer.PARTLY),
        unmet=found.count(Answer.UNMET),
        not_applicable=found.count(Answer.NOT_APPLICABLE),
        unanswered=found.count(None),
    )
