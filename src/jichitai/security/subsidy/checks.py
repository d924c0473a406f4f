"""What must hold of an application and of a settlement before they leave. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias

from jichitai.security.cloud import catalogue
from jichitai.security.subsidy import rules
from jichitai.security.subsidy.handed_in import (
    Application,
    Settlement,
    Split,
    StatusReport,
)
from jichitai.security.subsidy.issued import Call
from jichitai.security.subsidy.parts import CostLine

Fault: TypeAlias = tuple[str, str]
"""A field, and what is wrong there, why, and what to do."""


YEARS: Final = range(2015, 2101)
"""Years that a day of a plan can have."""


def base_of(plan: Application, on: date) -> int:
    """補助対象経費 less other income: what the rate is applied to.

    Source: 総務省 令和8年度の説明資料 (対象経費); 交付要綱 not seen.
    """
    known = rules.categories(on)
    eligible = sum(
        line.amount for line in plan.lines if line.code in known and known[line.code].eligible
    )
    return max(eligible - plan.other_income, 0)


def grant_of(plan: Application, on: date) -> int:
    """The grant that a plan asks for by the rules.

    Source: 総務省 令和8年度の説明資料 (補助率1/2).
    """
    return rules.rates(on).grant(base_of(plan, on))


def application_faults(plan: Application, call: Call | None, on: date) -> list[Fault]:
    """What is wrong with an application; none when it may be handed in.

    Args:
        plan: the application, or the plan of a change.
        call: the call it answers; None when only its own figures are looked at.
        on: the day of the paper.

    Source: 補助金適正化法 第5条; 総務省 令和8年度の説明資料 (条件と対象経費).
    """
    return [
        *_call_faults(plan, call),
        *_project_faults(plan),
        *_line_faults(plan, on),
        *_condition_faults(plan, on),
        *_amount_faults(plan, on),
    ]


def _call_faults(plan: Application, call: Call | None) -> Iterator[Fault]:
    if call is None:
        return
    if (plan.call_id, plan.fiscal_year) != (call.call_id, call.fiscal_year):
        yield "call_id", "公募と申請の年度が違います。公募の画面から申請を始め直してください。"
    if plan.generation != call.generation:
        yield (
            "generation",
            f"公募の対象は第{call.generation}世代です。対象の世代の申請を作ってください。",
        )


def _project_faults(plan: Application) -> Iterator[Fault]:
    if not plan.purpose.strip():
        yield "purpose", "目的がありません。何のための事業かを書いてください（第5条）。"
    if not plan.projects:
        yield "projects", "事業がありません。少なくとも一つの事業を入れてください。"
    keys = Counter(one.key for one in plan.projects)
    for key in (key for key, count in keys.items() if count > 1):
        yield "projects", f"事業の記号{key}が二つあります。別の記号にしてください。"
    for one in plan.projects:
        if {one.starts_on.year, one.ends_on.year} - set(YEARS):
            yield "projects", f"事業{one.key}の日があり得ない年です。日を確かめてください。"
        if one.ends_on < one.starts_on:
            yield "projects", f"事業{one.key}の終わりが始まりより前です。日を確かめてください。"
    used = {line.project for line in plan.lines}
    for key in sorted(keys.keys() - used):
        yield "lines", f"事業{key}に経費がありません。経費を入れるか、事業を消してください。"
    for key in sorted(used - keys.keys()):
        yield (
            "lines",
            f"経費の行にある事業{key}は、事業の一覧にありません。記号を確かめてください。",
        )


def _line_faults(plan: Application, on: date) -> Iterator[Fault]:
    if not plan.lines:
        yield "lines", "経費がありません。経費の行を入れてください。"
    numbers = Counter(line.number for line in plan.lines)
    for number in (number for number, count in numbers.items() if count > 1):
        yield "lines", f"{number}番の行が二つあります。番号を分けてください。"
    known = rules.categories(on)
    for line in plan.lines:
        yield from (
            (f"line-{line.number}", f"{line.number}番「{line.item}」：{message}")
            for message in _faults_of_line(line, plan, known)
        )


def _faults_of_line(
    line: CostLine, plan: Application, known: Mapping[str, rules.Category]
) -> Iterator[str]:
    if line.amount != line.quantity * line.unit_price:
        yield (
            f"金額{line.amount:,}円が、数量×単価の{line.quantity * line.unit_price:,}円と合いません。"
            "どちらかを直してください。"
        )
    category = known.get(line.code)
    if category is None:
        yield "経費の区分が一覧にありません。区分を選び直してください。"
        return
    if not category.eligible:
        yield f"{category.name}は補助の対象になりません。行を消してください。"
    if category.on_premises and not (plan.was_on_premises and plan.must_stay):
        yield (
            f"{category.name}は、今のセキュリティクラウドがオンプレミスで、"
            "引き続きその必要がある場合だけ対象です。条件を確かめるか、行を消してください。"
        )
    if category.until_renewal:
        yield from _licence_faults(line, plan)


def _licence_faults(line: CostLine, plan: Application) -> Iterator[str]:
    if line.licence_from is None or line.licence_until is None:
        yield "ライセンスの期間がありません。始まりと終わりの日を入れてください。"
        return
    if line.licence_until < line.licence_from:
        yield "ライセンスの終わりが始まりより前です。日を確かめてください。"
    if plan.renewal_ends_on is None:
        yield "ライセンスは更新の完了までが対象です。更新が完了する日を入れてください。"
    elif line.licence_until > plan.renewal_ends_on:
        yield (
            f"ライセンスが更新の完了（{plan.renewal_ends_on}）より後まで続きます。"
            "対象の期間だけを申請してください。"
        )


def _condition_faults(plan: Application, on: date) -> Iterator[Fault]:
    missing = [
        one.name
        for one in catalogue.functions(on)
        if one.required and one.code not in plan.functions
    ]
    if missing:
        yield (
            "functions",
            (
                f"必須の機能のうち{len(missing)}件がありません（{'、'.join(missing[:4])}など）。"
                "必須の機能をすべて満たすことが補助の条件です。"
            ),
        )
    if plan.must_stay and not plan.hardware_reason.strip():
        yield "hardware_reason", "オンプレミスを続ける理由がありません。理由を書いてください。"


def _amount_faults(plan: Application, on: date) -> Iterator[Fault]:
    grant = grant_of(plan, on)
    if grant == 0:
        yield "amount", "補助金額が0円です。対象経費を確かめてください。"
    elif plan.amount != grant:
        yield (
            "amount",
            (
                f"申請額{plan.amount:,}円が、対象経費から計算した{grant:,}円と違います。"
                "計算した額に直してください。"
            ),
        )


# --- settlement ----------------------------------------------------------------------------------


def costs_of(settlement: Settlement, on: date) -> dict[tuple[str, str], int]:
    """What was paid by (project, category), in the order of the lines.

    Source: 補助金適正化法 第14条; 会計検査院 (令和2年1月).
    """
    known = rules.categories(on)
    found: dict[tuple[str, str], int] = {}
    for line in settlement.lines:
        category = known[line.code].category if line.code in known else "other"
        key = (line.project, category)
        found[key] = found.get(key, 0) + line.paid
    return found


def settled_grant(settlement: Settlement, granted: int, on: date) -> int:
    """The grant that real costs give: by the rules, and never more than was decided.

    Source: 補助金適正化法 第15条.
    """
    base = sum(costs_of(settlement, on).values()) - settlement.other_income
    return min(rules.rates(on).grant(base), granted)


def suggested_splits(settlement: Settlement, granted: int, on: date) -> tuple[Split, ...]:
    """A split that adds up: the grant by cost, the largest remainders rounded up.

    Source: own method; the split itself is compulsory.
    """
    costs = costs_of(settlement, on)
    parts = rules.allocate(settled_grant(settlement, granted, on), [*costs.values()])
    return tuple(
        Split(project=project, category=category, cost=cost, grant=grant)
        for ((project, category), cost), grant in zip(costs.items(), parts, strict=True)
    )


def settlement_faults(
    settlement: Settlement, plan: Application, granted: int, on: date
) -> list[Fault]:
    """What is wrong with a settlement; none when it adds up to the yen.

    Args:
        settlement: the paper.
        plan: the plan as it was approved last.
        granted: 交付決定額 as it stands.
        on: the day of the paper.

    Source: 補助金適正化法 第14条, 第15条.
    """
    return [
        *_settled_line_faults(settlement, plan, on),
        *_split_faults(settlement, on),
        *_total_faults(settlement, granted, on),
        *_asset_faults(settlement, on),
    ]


def _settled_line_faults(settlement: Settlement, plan: Application, on: date) -> Iterator[Fault]:
    if not settlement.lines:
        yield "lines", "契約と支払の行がありません。行ごとに契約と支払を入れてください。"
    planned = {line.number: line for line in plan.lines}
    known = rules.categories(on)
    for line in settlement.lines:
        where, head = f"line-{line.number}", f"{line.number}番「{line.item}」："
        wanted = planned.get(line.number)
        if wanted is None:
            yield where, f"{head}計画にない行です。計画の変更を申請してから入れてください。"
        elif (wanted.project, wanted.code) != (line.project, line.code):
            yield where, f"{head}事業か区分が計画と違います。計画と同じにしてください。"
        if line.code not in known or not known[line.code].eligible:
            yield where, f"{head}補助の対象にならない経費です。行を消してください。"
        if line.paid > line.contract_amount:
            yield where, f"{head}支払額が契約額より多くなっています。額を確かめてください。"
        if line.paid_on > settlement.finished_on or line.contracted_on > line.paid_on:
            yield where, f"{head}契約・支払・完了の日の順が合いません。日を確かめてください。"


def _split_faults(settlement: Settlement, on: date) -> Iterator[Fault]:
    if not settlement.splits:
        yield (
            "splits",
            (
                "事業と経費の区分ごとの内訳がありません。内訳がないと、何を買った補助金か"
                "分からなくなるため、受け付けられません。内訳を入れてください。"
            ),
        )
        return
    costs = costs_of(settlement, on)
    keys = Counter((one.project, one.category) for one in settlement.splits)
    for project, category in (key for key, count in keys.items() if count > 1):
        yield "splits", f"内訳に{_part(project, category)}が二つあります。一つにしてください。"
    for project, category in sorted(costs.keys() - keys.keys()):
        yield "splits", f"内訳に{_part(project, category)}がありません。行を足してください。"
    for one in settlement.splits:
        paid = costs.get((one.project, one.category))
        if paid is None:
            yield (
                "splits",
                f"内訳の{_part(one.project, one.category)}に支払がありません。行を消してください。",
            )
        elif one.cost != paid:
            yield (
                "splits",
                (
                    f"内訳の{_part(one.project, one.category)}の経費{one.cost:,}円が、"
                    f"支払の合計{paid:,}円と合いません。額を直してください。"
                ),
            )
        if one.grant > one.cost:
            yield (
                "splits",
                f"内訳の{_part(one.project, one.category)}の補助金が経費より多くなっています。",
            )


def _part(project: str, category: str) -> str:
    return f"「事業{project}・{rules.CATEGORIES.get(category, category)}」"


def _total_faults(settlement: Settlement, granted: int, on: date) -> Iterator[Fault]:
    cost = sum(one.cost for one in settlement.splits)
    if cost != settlement.total_cost:
        yield (
            "total_cost",
            (
                f"経費の合計{settlement.total_cost:,}円と内訳の合計{cost:,}円が"
                f"{abs(cost - settlement.total_cost):,}円違います。どちらかを直してください。"
            ),
        )
    grant = sum(one.grant for one in settlement.splits)
    if grant != settlement.total_grant:
        yield (
            "total_grant",
            (
                f"補助金の合計{settlement.total_grant:,}円と内訳の合計{grant:,}円が"
                f"{abs(grant - settlement.total_grant):,}円違います。どちらかを直してください。"
            ),
        )
    wanted = settled_grant(settlement, granted, on)
    if settlement.total_grant != wanted:
        yield (
            "total_grant",
            (
                f"補助金の合計{settlement.total_grant:,}円が、支払と交付決定額から計算した"
                f"{wanted:,}円と違います。計算した額に直してください。"
            ),
        )


def _asset_faults(settlement: Settlement, on: date) -> Iterator[Fault]:
    kinds = rules.disposals(on)
    numbers = Counter(one.number for one in settlement.assets)
    for number in (number for number, count in numbers.items() if count > 1):
        yield "assets", f"取得財産の{number}番が二つあります。番号を分けてください。"
    for one in settlement.assets:
        if one.kind not in kinds:
            yield "assets", f"取得財産「{one.name}」の種類が一覧にありません。選び直してください。"
        if one.acquired_on.year not in YEARS or one.acquired_on > settlement.finished_on:
            yield (
                "assets",
                f"取得財産「{one.name}」の取得した日を確かめてください（完了した日まで）。",
            )


def status_faults(report: StatusReport, projects: Sequence[str]) -> list[Fault]:
    """What is wrong with a status report: each project once, and none unknown.

    Source: 補助金適正化法 第12条.
    """
    told = [one.project for one in report.projects]
    if sorted(told) == sorted(projects):
        return []
    return [("projects", "事業ごとに一行ずつ、すべての事業の状況を入れてください。")]
