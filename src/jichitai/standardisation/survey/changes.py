"""What changed in an answer since the one before, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jichitai.kernel.dates import both
from jichitai.standardisation.progress.costs import CostItem, item
from jichitai.standardisation.progress.model import STEPS, StepState, business, businesses
from jichitai.standardisation.progress.reports import BodyReport, SystemReport
from jichitai.standardisation.survey.model import by_business

NOTHING: Final = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact that an answer tells differently.

    Attributes:
        where: the business, or the item of cost.
        fact: which fact.
        before: as it was; a dash where nothing was told.
        after: as it is now.
        backwards: whether fewer steps are done than before.
    """

    where: str
    fact: str
    before: str
    after: str
    backwards: bool = False


def yes_or_no(*, late: bool | None) -> str:
    """Whether it is a 特定移行支援システム, in words.

    Source: none; form of this project.
    """
    return NOTHING if late is None else "はい" if late else "いいえ"


def steps_text(one: SystemReport) -> str:
    """How many steps are done or excluded, of forty.

    Source: 総務省 進捗の公表 (完了率 = (完了済み + 対象外) ÷ 40).
    """
    return NOTHING if one.steps_done is None else f"{one.steps_done}／{STEPS}"


def states_text(states: str | None) -> str:
    """How many steps stand where, in words.

    >>> states_text("2" * 38 + "10")
    '完了38、作業中1、未着手1'

    Source: none; form of this project.
    """
    if states is None:
        return NOTHING
    order = (StepState.DONE, StepState.WORKING, StepState.NOT_STARTED, StepState.EXCLUDED)
    counted = [(one.japanese, states.count(one.value)) for one in order]
    return "、".join(f"{word}{count}" for word, count in counted if count)


_FACTS: Final[tuple[tuple[str, Callable[[SystemReport], str]], ...]] = (
    ("完了したステップ", steps_text),
    ("各ステップの状態", lambda one: states_text(one.states)),
    ("期限の区分", lambda one: one.deadline_class.japanese),
    ("特定移行支援", lambda one: yes_or_no(late=one.late)),
    ("理由の区分", lambda one: str(one.reason_class or NOTHING)),
    ("移行目標日", lambda one: both(one.target_on) if one.target_on else NOTHING),
    ("目標日を変えた理由", lambda one: one.target_reason or NOTHING),
    ("事業者", lambda one: one.vendor or NOTHING),
    ("契約", lambda one: one.contract or NOTHING),
    ("ガバメントクラウド", lambda one: one.cloud.japanese),
    ("リスク", lambda one: one.risks or NOTHING),
    ("進捗が戻った理由", lambda one: one.reason or NOTHING),
)


def differences(before: BodyReport | None, after: BodyReport) -> list[Difference]:
    """Everything that an answer tells differently from the one before, in the order of the form.

    Source: none; form of this project.
    """
    old, new = by_business(before), by_business(after)
    found: list[Difference] = []
    for one in businesses():
        if one.key in new or one.key in old:
            found += _of_system(
                old.get(one.key) or SystemReport(business=one.key),
                new.get(one.key) or SystemReport(business=one.key),
            )
    return found + _of_costs(before.costs if before else (), after.costs)


def _of_system(old: SystemReport, new: SystemReport) -> list[Difference]:
    back = (new.steps_done or 0) < (old.steps_done or 0)
    name = business(new.business).name
    found = []
    for fact, words in _FACTS:
        before, after = words(old), words(new)
        if before != after:
            found.append(
                Difference(
                    where=name,
                    fact=fact,
                    before=before,
                    after=after,
                    backwards=back and fact == _FACTS[0][0],
                )
            )
    if not found and old.states != new.states:
        found.append(
            Difference(
                where=name,
                fact="各ステップの状態",
                before=moved_text(old.states, new.states),
                after=moved_text(new.states, old.states),
            )
        )
    return found


def moved_text(states: str | None, other: str | None) -> str:
    """The steps that stand elsewhere in another list of states, in words.

    Source: none; form of this project.
    """
    pairs = zip(states or "", other or "", strict=False)
    moved = [(number, one) for number, (one, two) in enumerate(pairs, 1) if one != two]
    return "、".join(f"{number}番は{StepState(one).japanese}" for number, one in moved)


def _of_costs(old: tuple[CostItem, ...], new: tuple[CostItem, ...]) -> list[Difference]:
    before = {(one.phase, one.item): one for one in old}
    after = {(one.phase, one.item): one for one in new}
    found = []
    for key in dict.fromkeys((*before, *after)):
        words = [cost_text(side.get(key)) for side in (before, after)]
        if words[0] != words[1]:
            name = f"{key[0].japanese}の経費"
            found.append(
                Difference(where=name, fact=item(key[1]).name, before=words[0], after=words[1])
            )
    return found


def cost_text(one: CostItem | None) -> str:
    """One amount in words.

    Source: none; form of this project.
    """
    if one is None:
        return NOTHING
    rate = f"、1ドル{one.usd_rate}円" if one.usd_rate is not None else ""
    return f"{one.fiscal_year}年度 {one.yen:,}円（{one.months}か月、{one.basis.japanese}{rate}）"
