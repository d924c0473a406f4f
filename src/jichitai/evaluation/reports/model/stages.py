"""Stages of a report (段階): draft, handed in, approved, published; edition by edition. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from jichitai.evaluation.reports.errors import (
    LockedTextError,
    MissingReasonError,
    OwnReportError,
    WrongStageError,
)


class Kind(StrEnum):
    """What was done with the report."""

    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    APPROVED = "approved"
    PUBLISHED = "published"

    @property
    def japanese(self) -> str:
        """Its word."""
        return _WORDS[self]


_WORDS: Final = {
    Kind.SUBMITTED: "決裁に出した",
    Kind.WITHDRAWN: "取り下げた",
    Kind.RETURNED: "差し戻した",
    Kind.APPROVED: "決裁した",
    Kind.PUBLISHED: "公表した",
}


class Stage(StrEnum):
    """Where a report stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PUBLISHED = "published"

    @property
    def japanese(self) -> str:
        """Its word."""
        return {"draft": "下書き", "submitted": "決裁待ち", "approved": "公表待ち",
                "published": "公表済み"}[self]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was done with a report."""

    number: int
    kind: Kind
    edition: int
    as_of: date
    reason: str
    by_id: str
    by_name: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a report stands, and what has led there.

    Attributes:
        steps: all of them, oldest first.
        writers: ids of those who saved a text since the last publication.
        changed_at: when a text was last saved, or None.
    """

    steps: Sequence[Step]
    writers: frozenset[str] = frozenset()
    changed_at: datetime | None = None

    @property
    def last(self) -> Step | None:
        """The newest step."""
        return self.steps[-1] if self.steps else None

    @property
    def stage(self) -> Stage:
        """Its stage; a text saved after a publication begins the draft of the next edition."""
        last = self.last
        if last is None or last.kind in (Kind.WITHDRAWN, Kind.RETURNED):
            return Stage.DRAFT
        if last.kind is Kind.PUBLISHED:
            changed = self.changed_at is not None and self.changed_at > last.recorded_at
            return Stage.DRAFT if changed else Stage.PUBLISHED
        return Stage.SUBMITTED if last.kind is Kind.SUBMITTED else Stage.APPROVED

    @property
    def published(self) -> int:
        """The newest edition that is published; 0 when none is."""
        return max((one.edition for one in self.steps if one.kind is Kind.PUBLISHED), default=0)

    @property
    def edition(self) -> int:
        """The edition that is in the making."""
        return self.published + 1

    @property
    def submitted(self) -> Step | None:
        """The step that handed in what waits now."""
        if self.stage not in (Stage.SUBMITTED, Stage.APPROVED):
            return None
        return next(one for one in reversed(self.steps) if one.kind is Kind.SUBMITTED)


def may_write(standing: Standing) -> None:
    """Refuse to change what waits for a decision.

    Raises:
        LockedTextError: it is handed in or approved.

    Source: the ministry's rule of decisions (決裁); ours.
    """
    if standing.stage in (Stage.SUBMITTED, Stage.APPROVED):
        raise LockedTextError(
            f"評価書は{standing.stage.japanese}です。決裁する人が見ている内容が変わらないよう、書き換えを止めています。"
            "直すときは、決裁に出した人が取り下げるか、決裁する人が差し戻してください。"
        )


def may_submit(standing: Standing, *, reason: str) -> None:
    """Whether a report may be handed in.

    Raises:
        WrongStageError: it waits for a decision already.
        MissingReasonError: it corrects a published edition and does not say why.

    Source: 行政機関が行う政策の評価に関する法律 第10条第2項 (公表); reason of a correction ours.
    """
    if standing.stage in (Stage.SUBMITTED, Stage.APPROVED):
        raise WrongStageError(
            f"評価書は{standing.stage.japanese}です。決裁が終わるまで、もう一度出すことはできません。"
        )
    if standing.edition > 1 and not reason.strip():
        raise MissingReasonError(
            f"第{standing.published}版が公表されています。新しい版には、前の版から何をなぜ直したかが要ります。"
            "理由を書いてください。読む人に見えます。"
        )


def may_decide(standing: Standing, *, by: str) -> None:
    """Whether somebody may approve or send back.

    Raises:
        WrongStageError: nothing waits.
        OwnReportError: they wrote a part of it or handed it in.

    Source: the ministry's rule of decisions (決裁); ours.
    """
    waiting = standing.submitted
    if waiting is None or standing.stage is not Stage.SUBMITTED:
        raise WrongStageError(
            "決裁を待つ評価書はありません。画面を開き直して、今の段階を確かめてください。"
        )
    if by == waiting.by_id or by in standing.writers:
        raise OwnReportError(
            "この評価書の文を書いたか、決裁に出したのがあなた自身です。"
            "書いた人と決裁する人を分けるため、ほかの決裁者が決裁してください。"
        )


def may_withdraw(standing: Standing, *, by: str) -> None:
    """Whether somebody may take back what they handed in.

    Raises:
        WrongStageError: nothing waits, or another person handed it in.

    Source: the ministry's rule of decisions (決裁); ours.
    """
    waiting = standing.submitted
    if waiting is None:
        raise WrongStageError("決裁に出ている評価書はありません。")
    if waiting.by_id != by:
        raise WrongStageError(
            "決裁に出したのは別の人です。取り下げはその人ができます。決裁する人は差し戻してください。"
        )


def may_publish(standing: Standing, *, by: str) -> None:
    """Whether somebody may publish.

    Raises:
        WrongStageError: it is not approved.
        OwnReportError: they wrote a part of it or handed it in.

    Source: 行政機関が行う政策の評価に関する法律 第10条第2項 (公表).
    """
    waiting = standing.submitted
    if waiting is None or standing.stage is not Stage.APPROVED:
        raise WrongStageError("決裁が終わった評価書だけを公表できます。先に決裁してください。")
    if by == waiting.by_id or by in standing.writers:
        raise OwnReportError("自分が書いた評価書は公表できません。ほかの決裁者が公表してください。")
