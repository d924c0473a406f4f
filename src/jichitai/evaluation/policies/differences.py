"""What lies between two editions of a policy or of a logic model."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from jichitai.evaluation.policies.model import Column, Edge, LogicModel, Node, Policy, Section

ChangeWord = Literal["追加", "削除", "変更", "移動"]


class Item(Struct, frozen=True, kw_only=True):
    """One item that is not the same."""

    item: str
    before: str
    after: str


class Difference(Struct, frozen=True, kw_only=True):
    """One thing that differs.

    Attributes:
        kind: 要素, つながり, 節, 政策 or 備考.
        change: how.
        title: what it is about, in its newer wording.
        items: which of its items, and how.
    """

    kind: str
    change: ChangeWord
    title: str
    items: tuple[Item, ...] = ()


def of_models(old: LogicModel, new: LogicModel) -> tuple[Difference, ...]:
    """Nodes first, then edges; in the order of the newer model, what is gone at the end.

    Source: ours.
    """
    found = [*_nodes(old, new), *_edges(old, new)]
    if old.note != new.note:
        note = Item(item="備考", before=old.note, after=new.note)
        found.append(Difference(kind="備考", change="変更", title="備考", items=(note,)))
    return tuple(found)


def _nodes(old: LogicModel, new: LogicModel) -> Iterator[Difference]:
    before = {node.key: node for node in old.nodes}
    after = {node.key: node for node in new.nodes}
    for key, node in after.items():
        was = before.get(key)
        if was is None:
            yield Difference(
                kind="要素", change="追加", title=node.text, items=_items({}, _facts(node))
            )
        elif items := _items(_facts(was), _facts(node)):
            yield Difference(kind="要素", change="変更", title=node.text, items=items)
    for column in Column:
        kept = [node.key for node in new.column(column) if node.key in before]
        kept = [key for key in kept if before[key].column is column]
        stood = [node.key for node in old.column(column) if node.key in kept]
        if kept != stood:
            item = Item(
                item="上からの順",
                before=" → ".join(after[key].text for key in stood),
                after=" → ".join(after[key].text for key in kept),
            )
            yield Difference(kind="要素", change="移動", title=column.word, items=(item,))
    for key, node in before.items():
        if key not in after:
            yield Difference(
                kind="要素", change="削除", title=node.text, items=_items(_facts(node), {})
            )


def _facts(node: Node) -> dict[str, str]:
    return {
        "列": node.column.word,
        "文": node.text,
        "指標": "、".join(node.indicators),
        "注（※）": node.note,
    }


def _edges(old: LogicModel, new: LogicModel) -> Iterator[Difference]:
    before = {(edge.source, edge.target): edge for edge in old.edges}
    after = {(edge.source, edge.target): edge for edge in new.edges}
    for pair, edge in after.items():
        was = before.get(pair)
        items = _items(_claim(was) if was else {}, _claim(edge))
        if was is None:
            yield Difference(kind="つながり", change="追加", title=_way(new, edge), items=items)
        elif items:
            yield Difference(kind="つながり", change="変更", title=_way(new, edge), items=items)
    for pair, edge in before.items():
        if pair not in after:
            items = _items(_claim(edge), {})
            yield Difference(kind="つながり", change="削除", title=_way(old, edge), items=items)


def _claim(edge: Edge) -> dict[str, str]:
    return {"仮定": edge.assumption, "根拠": f"{edge.grade}（{edge.grade.word}）"}


def _way(model: LogicModel, edge: Edge) -> str:
    ends = (model.node(edge.source), model.node(edge.target))
    return " → ".join(node.text if node else "（消えた要素）" for node in ends)


def of_policies(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """The policy's own texts, then section by section.

    Source: ours.
    """
    found: list[Difference] = []
    if items := _items(_heading(old), _heading(new)):
        found.append(Difference(kind="政策", change="変更", title=new.name, items=items))
    before = {one.key: one for one in old.sections}
    after = {one.key: one for one in new.sections}
    for key, section in after.items():
        was = before.get(key)
        items = _items(_texts(was) if was else {}, _texts(section))
        if was is None:
            found.append(Difference(kind="節", change="追加", title=section.title, items=items))
        elif items:
            found.append(Difference(kind="節", change="変更", title=section.title, items=items))
    found += [
        Difference(kind="節", change="削除", title=one.title, items=_items(_texts(one), {}))
        for key, one in before.items()
        if key not in after
    ]
    return tuple(found)


def _heading(policy: Policy) -> dict[str, str]:
    return {"政策名": policy.name, "政策目的": policy.purpose, "出典": policy.source}


def _texts(section: Section) -> dict[str, str]:
    return {
        "順": str(section.number),
        "題名": section.title,
        "背景": _listed("➢", section.background),
        "概要・背景": section.outline,
        "現状": _listed("・", section.situation),
        "課題": _listed("・", section.challenges),
        "今後の方向性": directions_text(section),
        "※": section.remark,
        "重点分野": "はい" if section.focus else "いいえ",
    }


def directions_text(section: Section) -> str:
    """今後の方向性 as it is written: heads with ○, actions with ・.

    Source: 評価書要旨 (○ heads, ・ actions).
    """
    lines: list[str] = []
    for one in section.directions:
        lines.append(f"○{one.head}")
        lines += [f"・{action}" for action in one.actions]
    return "\n".join(lines)


def _listed(mark: str, texts: Iterable[str]) -> str:
    return "\n".join(f"{mark}{text}" for text in texts)


def _items(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Item, ...]:
    return tuple(
        Item(item=key, before=before.get(key, ""), after=after.get(key, ""))
        for key in dict.fromkeys([*before, *after])
        if before.get(key, "") != after.get(key, "")
    )
