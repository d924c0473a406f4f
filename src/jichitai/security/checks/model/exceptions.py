"""Exceptions (例外措置): leave to depart from the standard for a while, with something in its place."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from jichitai.security.checks.errors import CheckFormError, OwnDecisionError, WrongStepError

LONGEST_DAYS: Final = 366
"""A permission lasts a year at most and is asked for again; our rule."""


class Permission(StrEnum):
    """Where an application for an exception stands."""

    APPLIED = "applied"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {
            "applied": "申請中",
            "approved": "許可",
            "refused": "不許可",
            "ended": "終了",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """例外措置の申請.

    Attributes:
        title: what is departed from.
        items: control items of the standard.
        target_ref: key of the target (`Target.key`); empty for the whole body.
        target_name: how it is called.
        reason: why the standard cannot be kept.
        risk: what may happen.
        compensating: what is done instead.
        until: last day.
        emergency: done already because there was no time (緊急時の例外措置).
    """

    title: str
    items: tuple[str, ...]
    reason: str
    risk: str
    compensating: str
    until: date | None
    target_ref: str = ""
    target_name: str = ""
    emergency: bool = False
    correction_id: UUID | None = None


def check_application(application: Application, today: date) -> None:
    """Whether an application is complete.

    Raises:
        CheckFormError: a field does not hold.

    Source: ガイドライン 対策基準 7.4(1), 7.4(2), 7.4(3); the year is our rule.
    """
    wrong: dict[str, str] = {}
    needed = {
        "title": "件名がありません。何の例外かが分かるように入力してください。",
        "reason": "理由がありません。守れない理由がないと許可できません。入力してください。",
        "risk": "起こり得ることがありません。許可する人が判断できるように入力してください。",
        "compensating": "代わりの対策がありません。代わりに何をするかを入力してください。",
    }
    for name, message in needed.items():
        text = str(getattr(application, name))
        if not text.strip():
            wrong[name] = message
        elif len(text) > 2_000:
            wrong[name] = f"2,000字までです（今は{len(text):,}字）。短くしてください。"
    if not application.items:
        wrong["items"] = "対策基準の項目が選ばれていません。どの項目の例外かを選んでください。"
    if application.until is None:
        wrong["until"] = "終わりの日がありません。例外は期間を限って許可します。入力してください。"
    elif application.until < today:
        wrong["until"] = "終わりの日が過ぎています。今日以後の日を入力してください。"
    elif (application.until - today).days > LONGEST_DAYS:
        wrong["until"] = (
            "期間が1年を超えています。1年以内とし、続けるときは期限の前に申請し直してください。"
        )
    if wrong:
        raise CheckFormError.of(wrong)


def check_decision(
    state: Permission, *, applicant: str, by: str, approved: bool, note: str
) -> None:
    """Whether somebody may decide on an application.

    Raises:
        WrongStepError: it is decided already.
        OwnDecisionError: the applicant decides.
        CheckFormError: a refusal without its reason.

    Source: ガイドライン 対策基準 1(8) (承認する者と申請する者の兼務の禁止), 7.4(1).
    """
    if state is not Permission.APPLIED:
        raise WrongStepError(
            f"この申請は「{state.japanese}」です。もう一度決めることはできません。"
            "続けるときは、新しく申請してください。"
        )
    if applicant == by:
        raise OwnDecisionError(
            "自分が申請した例外措置です。許可は申請した人とは別の人が行います。"
            "CISOの権限を持つ人に依頼してください。（対策基準 1(8) 兼務の禁止）"
        )
    if not approved and not note.strip():
        raise CheckFormError.of(
            {
                "note": "許可しない理由がありません。申請した人が次に何をするか分かるように入力してください。"
            }
        )


def in_force(state: Permission, until: date, today: date) -> bool:
    """Whether an exception holds today.

    >>> in_force(Permission.APPROVED, date(2026, 11, 20), date(2026, 11, 20))
    True

    Source: ガイドライン 対策基準 7.4(1).
    """
    return state is Permission.APPROVED and until >= today
