"""効果発現経路 of a section as blocks: columns with what they are measured by, and the claims. Pure."""

from typing import Final

from jichitai.evaluation.reports.model.document import (
    UNKNOWN,
    Block,
    Column,
    Line,
    PathColumn,
    PathEdge,
    PathNode,
    Paths,
    Run,
    Table,
    Words,
)
from jichitai.evaluation.reports.model.known import Indicator, Known, Node, Path, Section, Value
from jichitai.evaluation.reports.model.looking import Figures, period_text, year_text
from jichitai.kernel.dates import fiscal_year

COLUMNS: Final = ("アクティビティ", "アウトプット", "短期アウトカム", "長期アウトカム")
_MARKS: Final = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟㊱㊲㊳㊴㊵㊶㊷㊸㊹㊺㊻㊼㊽㊾㊿"


def _path(known: Known, section: Section | None) -> Path | None:
    number = section.number if section else ""
    found = next((one for one in known.paths if one.section == number), None)
    return found if found and found.nodes else None


def _marks(path: Path) -> dict[str, str]:
    nodes = [one for column in range(4) for one in path.nodes if one.column == column]
    return {
        one.key: _MARKS[place] if place < len(_MARKS) else f"({place + 1})"
        for place, one in enumerate(nodes)
    }


def paths_of(known: Known, figures: Figures, section: Section | None) -> list[Block]:
    """The four columns of a section; nothing when it has no model.

    Source: 政策評価に関する基本方針 (効果発現経路の明示); layout of the ministry's summary.
    """
    path = _path(known, section)
    if path is None:
        return []
    marks = _marks(path)
    columns = tuple(
        PathColumn(
            title,
            tuple(
                _node(known, figures, one, marks[one.key])
                for one in path.nodes
                if one.column == place
            ),
        )
        for place, title in enumerate(COLUMNS)
    )
    edges = tuple(
        PathEdge(source=one.source, target=one.target, assumption=one.assumption, grade=one.grade)
        for one in path.edges
    )
    return [Paths(section=path.section, columns=columns, edges=edges, edition=path.edition)]


def _node(known: Known, figures: Figures, node: Node, mark: str) -> PathNode:
    measures: list[Line] = []
    for key in node.indicators:
        indicator = known.indicators.get(key)
        if indicator is not None:
            measures += measures_of(figures, indicator)
    return PathNode(
        key=node.key, mark=mark, text=node.text, measures=tuple(measures), notes=node.notes
    )


def measures_of(figures: Figures, indicator: Indicator) -> list[Line]:
    """What an indicator says in brackets: its target and newest value, or the last two years.

    Source: layout of the ministry's summary (目標は括弧書き).
    """
    found: list[Line] = []
    goal = indicator.goal
    if goal is not None:
        when = f"{year_text(fiscal_year(goal.on))}までに" if goal.on else "目標 "
        head = Words(f"（{indicator.name}：{when}")
        found.append((head, figures.goal(indicator, goal), Words("）")))
    label = "実績" if goal else indicator.name
    recent = _recent(indicator, 1 if goal else 2)
    if not recent:
        found.append((Words(f"（{label}：{UNKNOWN}）"),))
        return found
    line: list[Run] = []
    for value in recent:
        line.append(Words(f"{'；' if line else f'（{label}：'}{period_text(value)}、"))
        line.append(figures.value(indicator, value))
    found.append((*line, Words("）")))
    return found


def _recent(indicator: Indicator, most: int) -> list[Value]:
    """The newest value of each of the last fiscal years, oldest first."""
    by_year = {one.year: one for one in indicator.current}
    return list(by_year.values())[-most:]


def edges_of(known: Known, section: Section | None) -> list[Block]:
    """The claims as a table: from, to, assumption, evidence.

    Source: 政策評価に関する基本方針 (効果発現経路の明示); grades ours.
    """
    path = _path(known, section)
    if path is None or not path.edges:
        return []
    marks = _marks(path)
    texts = {one.key: f"{marks[one.key]} {one.text}" for one in path.nodes}
    rows = tuple(
        (
            (Words(texts.get(one.source, one.source)),),
            (Words(texts.get(one.target, one.target)),),
            (Words(one.assumption or "—"),),
            (Words(one.grade),),
        )
        for one in path.edges
    )
    columns = (Column("から", 3), Column("へ", 3), Column("仮定", 4), Column("根拠", 1))
    return [Table(f"第{path.section}節の効果発現経路のつながりと仮定", columns, rows)]
