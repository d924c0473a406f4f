"""督促の文: what a reminder says. No name of a person, no figure of an incident."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from jichitai.kernel.bodies import Body
from jichitai.kernel.dates import both
from jichitai.security.oversight.errors import BadFormError


class Matter(StrEnum):
    """What a body is reminded of."""

    POLICY = "policy"
    REVIEW = "review"
    CHECK = "check"
    SURVEY = "survey"

    @property
    def japanese(self) -> str:
        """The matter in words."""
        return _MATTERS[self][0]


_MATTERS: Final = {
    Matter.POLICY: (
        "方針の策定・公表",
        (
            "サイバーセキュリティを確保するための方針の策定と公表は、地方自治法 第244条の6 により"
            "すべての地方公共団体の機関の義務です。当方では、貴団体の策定と公表をまだ確認できていません。"
            "策定の状況を報告し、策定したときは遅滞なく公表してください。"
        ),
    ),
    Matter.REVIEW: (
        "方針の見直し",
        "貴団体の方針は、次の見直しの期日を過ぎています。改定の要否を確かめ、結果を報告してください。",
    ),
    Matter.CHECK: (
        "自己点検・監査の結果の報告",
        (
            "今年度の自己点検または監査の結果の概要が、まだ届いていません。結果の概要を報告してください。"
            "（地方自治法施行規則 第16条の3第1項第8号。施行は令和9年7月1日）"
        ),
    ),
    Matter.SURVEY: (
        "調査への回答",
        "調査への回答がまだ届いていません。「依頼と督促」のページから回答してください。",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A reminder in words."""

    subject: str
    text: str


def sensible(day: date | None) -> date | None:
    """A last day that can be written in a letter.

    Raises:
        BadFormError: outside of 2000 to 2100.

    Source: none; rule of this project.
    """
    if day is not None and not 2000 <= day.year <= 2100:
        raise BadFormError("日付は2000年から2100年までで入れてください。")
    return day


def wording(matter: Matter, *, title: str = "", due_on: date | None = None) -> Wording:
    """The words that an officer may change before they leave.

    Args:
        matter: what the body is reminded of.
        title: of the survey.
        due_on: the last day, if there is one.

    Source: 地方自治法 第244条の6, 第245条の4.
    """
    name, reason = _MATTERS[matter]
    about = f"「{title}」" if title else ""
    due = f"期限は{both(due_on)}です。" if due_on else ""
    return Wording(subject=f"【督促】{name}について{about}"[:100], text=f"{reason}{due}")


def letter_text(body: Body, text: str, *, sender: str) -> str:
    """The text of the e-mail around the officer's words.

    Source: none; wording of this project.
    """
    return (
        f"{body.full_name}\n情報セキュリティ担当 御中\n\n{text}\n\n"
        "同じ内容を、システムの「依頼と督促」のページにも届けています。\n"
        "このメールには返信できません。\n\n"
        f"{sender}\n"
    )
