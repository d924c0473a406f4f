"""Checks of a logic model: what an evaluator would ask about it. None keeps it from being saved."""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from jichitai.evaluation.policies.model import Attached, Column, Edge, LogicModel, Node

Rule = Literal[
    "no-long-outcome",
    "no-indicator",
    "unfounded-jump",
    "target-without-date",
    "rate-without-denominator",
    "unknown-indicator",
    "wrong-column",
    "nothing-leads-here",
]
_JUMP = 2


class Finding(Struct, frozen=True, kw_only=True):
    """指摘: what a check found at a node, in words.

    Attributes:
        rule: which check.
        node: key of the node beside which it is said.
        target: key of the edge's other end, when it is about an edge.
        text: what, why, what to do.
    """

    rule: Rule
    node: str
    text: str
    target: str = ""


def checks(model: LogicModel, indicators: Mapping[str, Attached]) -> list[Finding]:
    """What to mend in a model, in the order of its nodes.

    Args:
        model: a model without faults.
        indicators: what is known of the indicators, by id.

    Source: security-and-evaluation 6.4 (every activity reaches a long outcome; no output without
        an indicator; no edge over two levels without an assumption; every target has a date and
        a denominator; output and outcome are not confused).
    """
    lead_there = _leading_to_long(model)
    found: list[Finding] = []
    for node in model.nodes:
        found += _paths(model, node, lead_there)
        found += [_jump(model, node, edge) for edge in model.out_of(node.key) if _bare(model, edge)]
        found += _measured(node, indicators)
    return found


def _leading_to_long(model: LogicModel) -> set[str]:
    """Keys of the nodes from which a long outcome is reached, those outcomes included."""
    reached = {node.key for node in model.column(Column.LONG)}
    grown = True
    while grown:
        more = {edge.source for edge in model.edges if edge.target in reached} - reached
        grown = bool(more)
        reached |= more
    return reached


def _paths(model: LogicModel, node: Node, lead_there: set[str]) -> Iterator[Finding]:
    if node.column is Column.ACTIVITY and node.key not in lead_there:
        yield Finding(
            rule="no-long-outcome",
            node=node.key,
            text="この活動から長期アウトカムまでつながっていません。何のために行うのかを説明できないので、"
            "つながりを足すか、活動を見直してください。",
        )
    if node.column is not Column.ACTIVITY and not model.into(node.key):
        yield Finding(
            rule="nothing-leads-here",
            node=node.key,
            text="ここへつながる要素がありません。何によって生じるのかが示されないので、"
            "左の列の要素からつないでください。",
        )


def _bare(model: LogicModel, edge: Edge) -> bool:
    source, target = model.node(edge.source), model.node(edge.target)
    if source is None or target is None or edge.assumption.strip():
        return False
    return target.column.place - source.column.place >= _JUMP


def _jump(model: LogicModel, node: Node, edge: Edge) -> Finding:
    target = model.node(edge.target)
    name = target.text if target else edge.target
    return Finding(
        rule="unfounded-jump",
        node=node.key,
        target=edge.target,
        text=f"「{name}」へ列を飛ばしてつながっていますが、仮定がありません。間で何が起きるのかを確かめられないので、"
        "仮定を書くか、間の列の要素を通してください。",
    )


def _measured(node: Node, indicators: Mapping[str, Attached]) -> Iterator[Finding]:
    if node.column is Column.OUTPUT and not node.indicators:
        yield Finding(
            rule="no-indicator",
            node=node.key,
            text="アウトプットに指標がありません。行った量を数えられないので、指標を付けてください。",
        )
    for key in node.indicators:
        one = indicators.get(key)
        if one is None:
            yield Finding(
                rule="unknown-indicator",
                node=node.key,
                text=f"指標「{key}」の定義が見つかりません。値も目標も示せないので、"
                "指標を定義するか、外してください。",
            )
            continue
        if one.target and not one.dated:
            yield Finding(
                rule="target-without-date",
                node=node.key,
                text=f"指標「{one.name}」の目標に期日がありません。いつまでの目標か分からないと達成を判定できないので、"
                "期日を定めてください。",
            )
        if one.target and one.rate and not one.denominator:
            yield Finding(
                rule="rate-without-denominator",
                node=node.key,
                text=f"指標「{one.name}」の目標は割合なのに、分母の定義がありません。"
                "何に対する割合かが人によって変わるので、分母を定めてください。",
            )
        if one.level in set(Column) and Column(one.level) is not node.column:
            yield Finding(
                rule="wrong-column",
                node=node.key,
                text=f"指標「{one.name}」は{Column(one.level).word}を測るものですが、{node.column.word}に付いています。"
                "アウトプットとアウトカムを取り違えると効果を誤って読むので、付ける場所を見直してください。",
            )
