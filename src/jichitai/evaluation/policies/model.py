"""政策, その節, 効果発現経路: what a policy is for, and how its effect is thought to come about.

A logic model has four columns. A node says what is done or what comes of it, an indicator hangs on
a node, and an edge claims that one leads to the other: under an assumption, with some evidence.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from msgspec import Meta, Struct

from jichitai.kernel.dates import wareki

T = TypeVar("T")

UNKNOWN: Final = "—（未公表）"
"""What stands for a value that nobody has published."""

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
LARGEST_NUMBER: Final = 999
MOST_NODES: Final = 60
MOST_EDGES: Final = 240

Key = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*\Z")]
Note = Annotated[str, Meta(max_length=600, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Points = Annotated[tuple[Text, ...], Meta(max_length=50)]
IndicatorId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")]
Year = Annotated[int, Meta(ge=FIRST_YEAR, le=LAST_YEAR)]
PolicyNumber = Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)]


class Column(StrEnum):
    """列: the four columns, in the order in which an effect comes about."""

    ACTIVITY = "activity"
    OUTPUT = "output"
    SHORT = "short_outcome"
    LONG = "long_outcome"

    @property
    def place(self) -> int:
        """From 0 at the left to 3 at the right."""
        return tuple(Column).index(self)

    @property
    def word(self) -> str:
        """The official word over the column."""
        return _COLUMNS[self][0]

    @property
    def meaning(self) -> str:
        """What belongs there."""
        return _COLUMNS[self][1]


_COLUMNS: Final[Mapping[Column, tuple[str, str]]] = {
    Column.ACTIVITY: ("アクティビティ", "府省が行うこと"),
    Column.OUTPUT: ("アウトプット", "行ったことの直接の結果（数・量）"),
    Column.SHORT: ("短期アウトカム", "相手の側に早く現れる効果"),
    Column.LONG: ("長期アウトカム", "政策が最後に目指す効果"),
}


class Grade(StrEnum):
    """根拠の強さ: how well the claim of an edge is founded."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"

    @property
    def word(self) -> str:
        """The strength in words."""
        return _GRADES[self][0]

    @property
    def meaning(self) -> str:
        """What makes this grade."""
        return _GRADES[self][1]


_GRADES: Final[Mapping[Grade, tuple[str, str]]] = {
    Grade.A: ("実証", "効果を確かめた研究や実験がある"),
    Grade.B: ("実績", "実績の推移や調査の結果が、つながりを支えている"),
    Grade.C: ("制度・見立て", "法令の義務や、専門家・担当者の見立てによる"),
    Grade.D: ("未確認", "根拠をまだ確かめていない"),
}


class Direction(Struct, frozen=True, kw_only=True):
    """今後の方向性の一項目: a head (○) and its actions (・)."""

    head: Text
    actions: Points = ()


class Section(Struct, frozen=True, kw_only=True):
    """節: one field of a policy, e.g. 自治体情報システムの標準化.

    Attributes:
        key: name in addresses.
        number: place in the policy, from 1.
        title: its official name.
        background: 背景, each a point with ➢.
        outline: 概要・背景 of a field in focus; empty elsewhere.
        situation: 現状.
        challenges: 課題.
        directions: 今後の方向性.
        remark: ※ below the directions.
        focus: 重点分野.
    """

    key: Key
    number: Annotated[int, Meta(ge=1, le=99)]
    title: Name
    background: Points = ()
    outline: Note = ""
    situation: Points = ()
    challenges: Points = ()
    directions: Annotated[tuple[Direction, ...], Meta(max_length=50)] = ()
    remark: Note = ""
    focus: bool = False


class Policy(Struct, frozen=True, kw_only=True):
    """政策: a numbered policy as it stands in a fiscal year.

    Attributes:
        number: 政策番号, e.g. 8.
        name: 政策名.
        fiscal_year: the year (年度) that it was asked for.
        purpose: 政策目的.
        sections: its fields, in order.
        source: where the text is from.
        written_for: the fiscal year that the text was written for; an earlier one as long as the
            year has no edition of its own.

    Source: 政策評価法 第10条第1項第1号 (評価の対象とした政策).
    """

    number: PolicyNumber
    name: Name
    fiscal_year: Year
    purpose: Text
    sections: Annotated[tuple[Section, ...], Meta(max_length=20)] = ()
    source: Note = ""
    written_for: Year | None = None

    def section(self, key: str) -> Section | None:
        """The section of this key."""
        return next((one for one in self.sections if one.key == key), None)


class Node(Struct, frozen=True, kw_only=True):
    """A thing that is done, or that comes of it.

    Attributes:
        key: its name within the model; never used again for another node.
        column: where it stands.
        text: what it is.
        indicators: ids of the indicators (測定指標) that hang on it.
        note: ※ below it.
    """

    key: Key
    column: Column
    text: Text
    indicators: Annotated[tuple[IndicatorId, ...], Meta(max_length=20)] = ()
    note: Note = ""


class Edge(Struct, frozen=True, kw_only=True):
    """A claim that the source leads to the target.

    Attributes:
        source: key of a node.
        target: key of a node in a column further to the right.
        assumption: 仮定: what has to hold for it.
        grade: how well it is founded.
    """

    source: Key
    target: Key
    assumption: Note = ""
    grade: Grade = Grade.D


class LogicModel(Struct, frozen=True, kw_only=True):
    """効果発現経路: the logic model of one section.

    Attributes:
        section: key of the section.
        nodes: by column, and in a column from top to bottom.
        edges: the claims.
        note: how the model came about.
    """

    section: Key
    nodes: Annotated[tuple[Node, ...], Meta(max_length=MOST_NODES)] = ()
    edges: Annotated[tuple[Edge, ...], Meta(max_length=MOST_EDGES)] = ()
    note: Note = ""

    def node(self, key: str) -> Node | None:
        """The node of this key."""
        return next((one for one in self.nodes if one.key == key), None)

    def column(self, column: Column) -> tuple[Node, ...]:
        """The nodes of a column from top to bottom."""
        return tuple(one for one in self.nodes if one.column is column)

    def out_of(self, key: str) -> tuple[Edge, ...]:
        """Claims that start at a node."""
        return tuple(one for one in self.edges if one.source == key)

    def into(self, key: str) -> tuple[Edge, ...]:
        """Claims that end at a node."""
        return tuple(one for one in self.edges if one.target == key)

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids of all indicators that hang in it, each once, in the order of the nodes."""
        return tuple(dict.fromkeys(key for node in self.nodes for key in node.indicators))


class Attached(Struct, frozen=True, kw_only=True):
    """An indicator as it is shown where it hangs, and as the checks need it.

    Attributes:
        indicator_id: e.g. P8-4-04.
        name: its name.
        level: column that its definition names, or `context`.
        rate: whether it is a share of something.
        denominator: whether its definition names the denominator.
        target: the target with its day, ready to print; empty when there is none.
        dated: whether each target has a day.
        actual: the present value with its as-of, ready to print.
    """

    indicator_id: str
    name: str
    level: str = ""
    rate: bool = False
    denominator: bool = True
    target: str = ""
    dated: bool = True
    actual: str = UNKNOWN


def ordered(model: LogicModel) -> LogicModel:
    """The same model in its one written form: nodes by column, edges by their ends.

    Returns:
        A model that equals any other that says the same.

    Source: ours; two editions are compared by it.
    """
    nodes = tuple(sorted(model.nodes, key=lambda node: node.column.place))
    place = {node.key: number for number, node in enumerate(nodes)}
    far = len(nodes)
    edges = sorted(
        model.edges, key=lambda edge: (place.get(edge.source, far), place.get(edge.target, far))
    )
    return LogicModel(section=model.section, nodes=nodes, edges=tuple(edges), note=model.note)


def faults(model: LogicModel) -> list[tuple[str, str]]:
    """What keeps a model from being a model at all: it is not kept with any of these.

    Returns:
        (field, message) pairs; fields are `nodes` and `edges` with the keys concerned.

    Source: security-and-evaluation 6.4 (directed edges between the four columns); ours.
    """
    found: list[tuple[str, str]] = []
    known = {node.key: node for node in model.nodes}
    for key in _doubled(node.key for node in model.nodes):
        text = f"キー「{key}」の要素が二つあります。どちらを指すのか決まりません。片方のキーを変えてください。"
        found.append((f"nodes.{key}", text))
    for node in model.nodes:
        if doubled := _doubled(node.indicators):
            text = f"「{node.text}」に同じ指標（{'、'.join(doubled)}）が二度付いています。一つにしてください。"
            found.append((f"nodes.{node.key}", text))
    for edge in model.edges:
        field = f"edges.{edge.source}.{edge.target}"
        source, target = known.get(edge.source), known.get(edge.target)
        if source is None or target is None:
            missing = edge.source if source is None else edge.target
            text = f"つながりが指す要素「{missing}」がありません。消した要素へのつながりも消してください。"
            found.append((field, text))
        elif source.column.place >= target.column.place:
            text = (
                f"「{source.text}」（{source.column.word}）から「{target.text}」（{target.column.word}）へは"
                "つなげません。効果は左の列から右の列へ現れます。右の列の要素を選んでください。"
            )
            found.append((field, text))
    for pair in _doubled((edge.source, edge.target) for edge in model.edges):
        text = "同じつながりが二つあります。仮定を一つにまとめて、片方を消してください。"
        found.append((f"edges.{pair[0]}.{pair[1]}", text))
    return found


def _doubled(items: Iterable[T]) -> list[T]:
    counted = Counter(items)
    return [one for one, count in counted.items() if count > 1]


def year_text(year: int) -> str:
    """A fiscal year in both calendars.

    >>> year_text(2026)
    '令和8年度（2026年度）'

    Source: ours (style of official papers).
    """
    return f"{wareki(date(year, 4, 1)).split('年')[0]}年度（{year}年度）"
