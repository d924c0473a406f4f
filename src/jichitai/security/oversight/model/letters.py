"""督促の文: what a reminder says. No name of a person, no figure of an incident."""

from datetime import date
from enum import StrEnum
from typing import Final

from jichitai.correspondence.model.letters import Wording
from jichitai.kernel.dates import both


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
