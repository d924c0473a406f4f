"""Changing a logic model: one node with what starts at it, at a time. Models are never changed in place."""

from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from jichitai.evaluation.policies.errors import UnknownPolicyError
from jichitai.evaluation.policies.model import (
    Column,
    Edge,
    Grade,
    IndicatorId,
    Key,
    LogicModel,
    Node,
    Note,
    Text,
    ordered,
)

_LETTERS: Final = {
    Column.ACTIVITY: "a",
    Column.OUTPUT: "o",
    Column.SHORT: "s",
    Column.LONG: "l",
}


class Link(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a node leads."""

    target: Key
    assumption: Note = ""
    grade: Grade = Grade.D


class Writing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node as it is filled in, with everything that starts at it."""

    column: Column
    text: Text
    indicators: Annotated[tuple[IndicatorId, ...], Meta(max_length=20)] = ()
    note: Note = ""
    links: Annotated[tuple[Link, ...], Meta(max_length=60)] = ()


def node_of(model: LogicModel, key: str) -> Node:
    """A node of a model.

    Raises:
        UnknownPolicyError: there is none, or it was removed meanwhile.

    Source: none; a look-up.
    """
    node = model.node(key)
    if node is None:
        raise UnknownPolicyError(
            "この要素は今の版にありません。ほかの人が消したか、アドレスが違います。"
            "効果発現経路の一覧から選び直してください。"
        )
    return node


def writing_of(model: LogicModel, node: Node) -> Writing:
    """A node as a form shows it.

    Source: none; the inverse of `put`.
    """
    return Writing(
        column=node.column,
        text=node.text,
        indicators=node.indicators,
        note=node.note,
        links=tuple(
            Link(target=edge.target, assumption=edge.assumption, grade=edge.grade)
            for edge in model.out_of(node.key)
        ),
    )


def free_key(model: LogicModel, column: Column, edition: int) -> str:
    """A key that no node has: of the column, and of the edition in which the node is made.

    Source: ours; a key must not come back for another node, so that editions can be compared.
    """
    key, number = f"{_LETTERS[column]}{edition}", 1
    while model.node(key) is not None:
        number += 1
        key = f"{_LETTERS[column]}{edition}-{number}"
    return key


def put(model: LogicModel, key: str, writing: Writing) -> LogicModel:
    """The model with a node added or rewritten; what leads to the node stays.

    Source: ours (editing by forms).
    """
    node = Node(
        key=key,
        column=writing.column,
        text=writing.text,
        indicators=writing.indicators,
        note=writing.note,
    )
    old = model.node(key)
    if old is not None and old.column is node.column:
        nodes = tuple(node if one.key == key else one for one in model.nodes)
    else:
        nodes = (*(one for one in model.nodes if one.key != key), node)
    links = tuple(
        Edge(source=key, target=link.target, assumption=link.assumption, grade=link.grade)
        for link in writing.links
    )
    edges = (*(edge for edge in model.edges if edge.source != key), *links)
    return ordered(replace(model, nodes=nodes, edges=edges))


def drop(model: LogicModel, key: str) -> LogicModel:
    """The model without a node and without everything that starts or ends there.

    Raises:
        UnknownPolicyError: there is no such node.

    Source: ours (editing by forms).
    """
    node_of(model, key)
    return replace(
        model,
        nodes=tuple(one for one in model.nodes if one.key != key),
        edges=tuple(one for one in model.edges if key not in (one.source, one.target)),
    )


def move(model: LogicModel, key: str, *, up: bool) -> LogicModel:
    """The model with a node one place further up or down in its column; at the end it stays.

    Raises:
        UnknownPolicyError: there is no such node.

    Source: ours (no dragging: WCAG 2.2, 2.5.7).
    """
    node = node_of(model, key)
    column = list(model.column(node.column))
    at = column.index(node)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(column):
        return model
    column[at], column[to] = column[to], column[at]
    others = tuple(one for one in model.nodes if one.column is not node.column)
    return ordered(replace(model, nodes=(*others, *column)))
