"""Corrections (是正): what is to be put right, by whom, until when; and findings from outside."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from jichitai.kernel.business_days import next_business_day
from jichitai.security.checks.errors import CheckFormError, OwnDecisionError, WrongStepError
from jichitai.security.tables import rows_on


class Severity(StrEnum):
    """重要度."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {
            "informational": "参考",
            "low": "低",
            "medium": "中",
            "high": "高",
            "critical": "緊急",
        }[self.value]


class Origin(StrEnum):
    """Where a correction comes from."""

    CHECK = "check"
    FINDING = "finding"
    RISK = "risk"
    EXCEPTION = "exception"
    MANUAL = "manual"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {
            "check": "点検・監査",
            "finding": "外部からの指摘",
            "risk": "リスク評価",
            "exception": "例外措置",
            "manual": "その他",
        }[self.value]


class Step(StrEnum):
    """Where a correction stands."""

    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    VERIFIED = "verified"
    WITHDRAWN = "withdrawn"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {
            "open": "未着手",
            "doing": "対応中",
            "done": "実施済み（確認待ち）",
            "verified": "確認済み",
            "withdrawn": "取下げ",
        }[self.value]

    @property
    def unfinished(self) -> bool:
        """Whether somebody still has to put it right."""
        return self in (Step.OPEN, Step.DOING)

    @property
    def closed(self) -> bool:
        """Whether nobody has to do anything any more."""
        return self in (Step.VERIFIED, Step.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What somebody plans to put right.

    Attributes:
        title: what is to be done.
        detail: how.
        owner: 担当 (課・係); an office rather than a person.
        due_on: by when; a day in Japan.
        severity: how much it matters.
        origin: where it comes from.
        round_id, target_id, item_id: the question that it answers for.
        target_key: the target's name over the years (`Target.key`).
        risk_id: the risk that it treats.
    """

    title: str
    detail: str = ""
    owner: str = ""
    due_on: date | None = None
    severity: Severity = Severity.MEDIUM
    origin: Origin = Origin.MANUAL
    round_id: UUID | None = None
    target_id: UUID | None = None
    item_id: str = ""
    target_key: str = ""
    risk_id: UUID | None = None


def check_planned(planned: Planned, today: date) -> None:
    """Whether a correction may be entered: it has an owner and a day.

    Raises:
        CheckFormError: a field does not hold.

    Source: ガイドライン 対策基準 9.1(7) (監査結果への対応).
    """
    wrong: dict[str, str] = {}
    if not planned.title.strip():
        wrong["title"] = "何を直すかがありません。担当が分かるように、することを入力してください。"
    if not planned.owner.strip():
        wrong["owner"] = (
            "担当がありません。担当が決まらない是正は進みません。課・係を入力してください。"
        )
    if planned.due_on is None:
        wrong["due_on"] = "期限がありません。遅れに気づけるように、日付を入力してください。"
    elif planned.due_on < today:
        wrong["due_on"] = "期限が過ぎた日です。今日以後の日を入力してください。"
    for name, text, longest in (
        ("title", planned.title, 200),
        ("detail", planned.detail, 2_000),
        ("owner", planned.owner, 80),
    ):
        if len(text) > longest:
            wrong[name] = f"{longest:,}字までです（今は{len(text):,}字）。短くしてください。"
    if wrong:
        raise CheckFormError.of(wrong)


def late(step: Step, due_on: date, today: date) -> bool:
    """Whether a correction is late: its day has passed and the work is not done.

    >>> late(Step.DOING, date(2026, 11, 19), date(2026, 11, 20))
    True
    >>> late(Step.DONE, date(2026, 11, 19), date(2026, 11, 20))
    False

    Source: ガイドライン 対策基準 9.1(7).
    """
    return step.unfinished and due_on < today


_NEXT = {
    Step.OPEN: (Step.DOING, Step.DONE, Step.WITHDRAWN),
    Step.DOING: (Step.OPEN, Step.DONE, Step.WITHDRAWN),
    Step.DONE: (Step.DOING, Step.VERIFIED),
    Step.VERIFIED: (),
    Step.WITHDRAWN: (),
}


def check_step(before: Step, after: Step, *, done_by: str | None, by: str, note: str) -> None:
    """Whether a correction may take this step.

    What one person did another one confirms; taking a correction back needs its reason.

    Args:
        before: where it stands.
        after: where it is to stand.
        done_by: account that reported it done.
        by: account that asks.
        note: what was done, seen or decided.

    Raises:
        WrongStepError: the step does not follow.
        OwnDecisionError: somebody confirms their own work.
        CheckFormError: the note is missing.

    Source: ガイドライン 対策基準 1(8) (兼務の禁止), 9.1(7).
    """
    if after not in _NEXT[before]:
        raise WrongStepError(
            f"この是正は「{before.japanese}」です。「{after.japanese}」にはできません。"
            "開き直して、今の状態を確かめてください。"
        )
    if after is Step.VERIFIED and done_by == by:
        raise OwnDecisionError(
            "この是正は、あなたが実施済みと報告したものです。本当に直ったかは別の人が確かめます。"
            "監査人か、ほかの担当者に依頼してください。"
        )
    if after in (Step.DONE, Step.WITHDRAWN) and not note.strip():
        word = "何をしたか" if after is Step.DONE else "取り下げる理由"
        raise CheckFormError.of(
            {"note": f"{word}がありません。後から確かめられるように入力してください。"}
        )


def finding_due(severity: Severity, found_on: date) -> date:
    """The day by which a finding should be put right when its sender named none.

    Days by severity from our table; a day off moves to the next working day.

    >>> finding_due(Severity.CRITICAL, date(2026, 11, 20))
    datetime.date(2026, 11, 27)

    Source: security_finding_days.csv (our proposal, no official standing).
    """
    rows = {row["severity"]: int(row["days"]) for row in rows_on("finding_days", found_on)}
    return next_business_day(found_on + timedelta(days=rows[severity.value]))
