"""Rounds of checks: what is asked, of what, by whom, and when it may end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from jichitai.kernel.dates import fiscal_year
from jichitai.security.assets.model.kinds import Area
from jichitai.security.checks.errors import CheckFormError, NotReadyError, NotYourPartError
from jichitai.security.checks.model.weak_spots import spots_of
from jichitai.security.guideline.model import Item, NetworkModel


class Sort(StrEnum):
    """点検の種類.

    Source: ガイドライン 対策基準 9.1 (監査), 9.2 (自己点検).
    """

    SELF_CHECK = "self-check"
    AUDIT = "audit"
    EXTERNAL_AUDIT = "external-audit"

    @property
    def japanese(self) -> str:
        """The word on pages and papers."""
        return {
            "self-check": "自己点検",
            "audit": "内部監査",
            "external-audit": "外部監査",
        }[self.value]

    @property
    def audit(self) -> bool:
        """Whether auditors answer it."""
        return self is not Sort.SELF_CHECK


class TargetKind(StrEnum):
    """What a question is asked of."""

    WHOLE = "whole"
    AREA = "area"
    SYSTEM = "system"

    @property
    def japanese(self) -> str:
        """The word on pages."""
        return {"whole": "団体全体", "area": "領域", "system": "情報システム"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that is checked.

    Attributes:
        id: of the target in its round.
        kind: the whole body, one area, one system.
        name: as it was called when the round began.
        area: area of the network; empty for the whole body.
        cloud: whether the rules for cloud services apply to it.
        ref: the system's own id, so that next year's round finds the same system.
    """

    id: UUID
    kind: TargetKind
    name: str
    area: str = ""
    cloud: bool = False
    ref: str = ""

    @property
    def key(self) -> str:
        """What the target is called over the years.

        >>> Target(id=UUID(int=1), kind=TargetKind.AREA, name="LGWAN接続系", area="lgwan").key
        'area:lgwan'
        """
        return f"{self.kind}:{self.ref or self.area}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One control item asked of one target, as it read when the round began."""

    target_id: UUID
    item_id: str
    slug: str
    chapter_no: str
    chapter: str
    section: str
    title: str
    level: str
    law: str
    meaning: str
    spots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a new round is to be.

    Attributes:
        sort: self-check, audit or external audit.
        fiscal_year: 年度 that it belongs to.
        title: what it is called; made from sort and year when empty.
        network_model: α, α´, β or β´, as the body stands.
        cloud: whether the body uses cloud services for its systems.
        due_on: day by which it should end.
        auditor: who audits from outside (a firm, another body).
        areas: areas asked by themselves.
        systems: ids of systems asked by themselves.
    """

    sort: Sort
    fiscal_year: int
    title: str = ""
    network_model: NetworkModel = NetworkModel.ALPHA
    cloud: bool = True
    due_on: date | None = None
    auditor: str = ""
    areas: tuple[Area, ...] = ()
    systems: tuple[UUID, ...] = field(default=())


def check_plan(plan: Plan, today: date) -> None:
    """Whether a round may begin.

    Raises:
        CheckFormError: a field does not hold.

    Source: ガイドライン 対策基準 9.1(3) (監査実施計画), 9.2(1).
    """
    wrong: dict[str, str] = {}
    year = fiscal_year(today)
    if not year - 3 <= plan.fiscal_year <= year + 1:
        wrong["fiscal_year"] = (
            f"年度が今の年度（{year}年度）から離れています。3年前から翌年度までの年度を入力してください。"
        )
    if plan.due_on is not None and plan.due_on < today:
        wrong["due_on"] = "終える予定の日が過ぎています。今日以後の日を入力してください。"
    if plan.sort is Sort.EXTERNAL_AUDIT and not plan.auditor.strip():
        wrong["auditor"] = (
            "外部監査を行う者がありません。だれが監査したかは報告に載ります。名称を入力してください。"
        )
    if wrong:
        raise CheckFormError.of(wrong)


_OF_SYSTEMS: Final = frozenset({"technical", "outsourcing", "cloud"})
_OF_AREAS: Final = frozenset({"network", "physical"})
_AREA_OF_SECTION: Final = {area.japanese: area for area in Area}


def questions(targets: Sequence[Target], items: Sequence[Item], *, on: date) -> list[Question]:
    """Who is asked what: every item is asked at least once, of the nearest target.

    Technical, outsourcing and cloud items are asked of each system, network and physical items of
    each area, the rest of the whole body. Where no such target is in the round, the whole body is
    asked. This sharing out is ours.

    Args:
        targets: of the round; one of them is the whole body.
        items: those that apply to the body.
        on: the day, for the table of weak spots.

    Returns:
        Questions in the order of targets and of the catalogue.

    Source: ガイドライン 対策基準 9.2(1).
    """
    asked: dict[UUID, list[Item]] = {target.id: [] for target in targets}
    for item in items:
        for target in _targets_of(item, targets):
            asked[target.id].append(item)
    found: list[Question] = []
    for target in targets:
        found += [_question(target, item, on) for item in asked[target.id]]
    return found


def _targets_of(item: Item, targets: Sequence[Target]) -> Sequence[Target]:
    whole = [one for one in targets if one.kind is TargetKind.WHOLE]
    if item.level in _OF_SYSTEMS:
        systems = [one for one in targets if one.kind is TargetKind.SYSTEM]
        if item.level == "cloud":
            systems = [one for one in systems if one.cloud]
        return systems or whole
    if item.level in _OF_AREAS:
        areas = [one for one in targets if one.kind is TargetKind.AREA]
        named = _AREA_OF_SECTION.get(item.section)
        if named is not None:
            areas = [one for one in areas if one.area == named]
        return areas or whole
    return whole


def _question(target: Target, item: Item, on: date) -> Question:
    return Question(
        target_id=target.id,
        item_id=item.id,
        slug=item.oscal_id,
        chapter_no=item.chapter_no,
        chapter=item.chapter,
        section=item.section,
        title=item.title,
        meaning=item.meaning,
        level=str(item.level),
        law=law_key(item),
        spots=spots_of(item.id, on),
    )


def law_key(item: Item) -> str:
    """Short key of the 号 of 施行規則 第16条の3第1項 that an item serves; `policy` for the rest.

    Source: 地方自治法施行規則 第16条の3第1項.
    """
    return "policy" if item.measure is None else f"law-{item.measure}"


LAW_TITLES: Final = {
    "law-1": "組織体制の整備",
    "law-2": "情報資産の分類及び管理",
    "law-3": "物理的対策",
    "law-4": "人的対策",
    "law-5": "技術的対策",
    "law-6": "運用",
    "law-7": "業務委託及びクラウド",
    "law-8": "評価及び見直し",
    "policy": "基本方針（地方自治法第244条の6）",
}
"""The eight measures of 施行規則 第16条の3第1項, and the policy itself, by key."""


def require_part(sort: Sort, roles: Iterable[str]) -> None:
    """Self-checks are the officers', audits the auditors'.

    Raises:
        NotYourPartError: the roles do not carry it.

    Source: ガイドライン 対策基準 9.1(2) (監査を行う者の要件: 被監査部門からの独立).
    """
    needed = "security-auditor" if sort.audit else "security-officer"
    if needed not in set(roles):
        raise NotYourPartError(
            f"{sort.japanese}の回答は、監査を受ける部門から独立した監査人が行います。監査人に依頼してください。"
            if sort.audit
            else "自己点検の回答は、情報セキュリティ担当者が行います。担当者に依頼してください。"
        )


def check_close(*, unanswered: int, unconfirmed: int, uncovered: int, note: str) -> None:
    """Whether a round may end.

    Args:
        unanswered: questions without an answer.
        unconfirmed: answers carried over that nobody has looked at.
        uncovered: gaps without a correction or an exception.
        note: why questions stay open; they are reported as unanswered, never as done.

    Raises:
        NotReadyError: something is missing.

    Source: ガイドライン 対策基準 9.1(7), 9.2(3).
    """
    if uncovered:
        raise NotReadyError(
            f"実施していない項目のうち{uncovered:,}件に、是正の計画も例外措置もありません。"
            "だれがいつまでに直すかを決めてから終了してください。",
            uncovered=uncovered,
        )
    if (unanswered or unconfirmed) and not note.strip():
        raise NotReadyError(
            f"回答のない項目が{unanswered:,}件、前回のまま確かめていない項目が{unconfirmed:,}件あります。"
            "回答するか、残す理由を入力してください。残した項目は「未回答」として報告します。",
            unanswered=unanswered,
            unconfirmed=unconfirmed,
        )
