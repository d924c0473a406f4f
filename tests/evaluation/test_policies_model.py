"""Logic models: their checks, changing them, what lies between editions, and drawing them."""

import csv
import io
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jichitai.evaluation.policies import builtin, diagram
from jichitai.evaluation.policies.checks import checks
from jichitai.evaluation.policies.differences import of_models, of_policies
from jichitai.evaluation.policies.editing import (
    Link,
    Writing,
    drop,
    free_key,
    move,
    node_of,
    put,
    writing_of,
)
from jichitai.evaluation.policies.errors import UnknownPolicyError
from jichitai.evaluation.policies.geometry import COLUMN, PAD, drawing
from jichitai.evaluation.policies.lines import broken, width_of
from jichitai.evaluation.policies.model import (
    UNKNOWN,
    Attached,
    Column,
    Edge,
    Grade,
    LogicModel,
    Node,
    faults,
    ordered,
)

BUILTIN = builtin.policies()[0]
SECURITY = next(one for one in BUILTIN.models if one.section == "security")


def chain(**changes: Any) -> LogicModel:
    """An activity, an output with an indicator, a short and a long outcome, in a row."""
    nodes = (
        Node(key="a", column=Column.ACTIVITY, text="通知を出す"),
        Node(key="o", column=Column.OUTPUT, text="届いた団体", indicators=("X-1",)),
        Node(key="s", column=Column.SHORT, text="方針を定める"),
        Node(key="l", column=Column.LONG, text="安全になる"),
    )
    edges = tuple(Edge(source=one, target=other) for one, other in ("ao", "os", "sl"))
    values: dict[str, Any] = {"section": "x", "nodes": nodes, "edges": edges}
    return LogicModel(**(values | changes))


def known(key: str = "X-1", **changes: Any) -> Mapping[str, Attached]:
    values: dict[str, Any] = {"indicator_id": key, "name": "団体数", "level": "output"}
    return {key: Attached(**(values | changes))}


@st.composite
def models(draw: st.DrawFn) -> LogicModel:
    columns = draw(st.lists(st.sampled_from(Column), max_size=12))
    texts = st.text("方針を策定するクラウドの2回、（）。ABC ", min_size=1, max_size=60)
    nodes = [
        Node(key=f"n{number}", column=column, text=draw(texts), note=draw(st.just("") | texts))
        for number, column in enumerate(columns)
    ]
    pairs = [
        (one.key, other.key)
        for one in nodes
        for other in nodes
        if one.column.place < other.column.place
    ]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=20)) if pairs else []
    grades = st.sampled_from(Grade)
    edges = tuple(Edge(source=one, target=other, grade=draw(grades)) for one, other in chosen)
    return ordered(LogicModel(section="x", nodes=tuple(nodes), edges=edges))


def test_a_chain_with_an_indicator_has_nothing_to_mend() -> None:
    assert faults(chain()) == []
    assert checks(chain(), known()) == []


@pytest.mark.parametrize(
    ("model", "indicators", "rule", "node"),
    [
        (chain(edges=(Edge(source="a", target="o"), Edge(source="o", target="s"))), known(),
         "no-long-outcome", "a"),
        (chain(edges=chain().edges[1:]), known(), "nothing-leads-here", "o"),
        (put(chain(), "o", Writing(column=Column.OUTPUT, text="届いた団体",
                                   links=(Link(target="s"),))), {}, "no-indicator", "o"),
        (chain(edges=(*chain().edges, Edge(source="a", target="s"))), known(),
         "unfounded-jump", "a"),
        (chain(), {}, "unknown-indicator", "o"),
        (chain(), known(target="100 %", dated=False), "target-without-date", "o"),
        (chain(), known(target="100 %", rate=True, denominator=False),
         "rate-without-denominator", "o"),
        (chain(), known(level="short_outcome"), "wrong-column", "o"),
    ],
)  # fmt: skip
def test_each_check_speaks_at_its_node(
    model: LogicModel, indicators: Mapping[str, Attached], rule: str, node: str
) -> None:
    found = {one.rule: one for one in checks(model, indicators)}
    assert rule in found
    assert found[rule].node == node
    assert found[rule].text.endswith("ください。")


def test_a_jump_with_an_assumption_is_no_finding() -> None:
    jump = Edge(source="o", target="l", assumption="団体が見直す")
    assert checks(chain(edges=(*chain().edges, jump)), known()) == []


@pytest.mark.parametrize(
    ("edge", "word"),
    [
        (Edge(source="s", target="o"), "つなげません"),
        (Edge(source="s", target="s"), "つなげません"),
        (Edge(source="s", target="z"), "がありません"),
        (Edge(source="s", target="l"), "二つあります"),
    ],
)
def test_an_edge_that_cannot_be_is_a_fault(edge: Edge, word: str) -> None:
    [(field, text)] = faults(chain(edges=(*chain().edges, edge)))
    assert field == f"edges.{edge.source}.{edge.target}"
    assert word in text
    assert text.endswith("ください。")


def test_a_key_and_an_indicator_stand_once() -> None:
    doubled = chain(nodes=(*chain().nodes, chain().nodes[0]))
    assert [field for field, _ in faults(doubled)] == ["nodes.a"]
    twice = Node(key="o", column=Column.OUTPUT, text="数", indicators=("X-1", "X-1"))
    assert [field for field, _ in faults(chain(nodes=(twice,), edges=()))] == ["nodes.o"]


@given(models())
def test_changing_a_model_leaves_no_edge_without_ends(model: LogicModel) -> None:
    assert ordered(model) == model
    for node in model.nodes:
        rest = drop(model, node.key)
        assert faults(rest) == []
        assert node.key not in {end for e in rest.edges for end in (e.source, e.target)}
        assert put(model, node.key, writing_of(model, node)) == model
        moved = move(model, node.key, up=False)
        if moved != model:
            assert move(moved, node.key, up=True) == model
            assert {one.change for one in of_models(model, moved)} == {"移動"}


def test_a_new_node_gets_a_key_that_no_node_has() -> None:
    assert free_key(chain(), Column.OUTPUT, 3) == "o3"
    taken = chain(nodes=(Node(key="o3", column=Column.OUTPUT, text="数"),))
    assert free_key(taken, Column.OUTPUT, 3) == "o3-2"
    with pytest.raises(UnknownPolicyError):
        node_of(chain(), "zzz")


def test_differences_name_what_was_added_changed_and_removed() -> None:
    new = put(drop(chain(), "s"), "l", Writing(column=Column.LONG, text="とても安全になる"))
    found = [(one.kind, one.change, one.title) for one in of_models(chain(), new)]
    assert found == [
        ("要素", "変更", "とても安全になる"),
        ("要素", "削除", "方針を定める"),
        ("つながり", "削除", "届いた団体 → 方針を定める"),
        ("つながり", "削除", "方針を定める → 安全になる"),
    ]
    assert of_models(chain(), chain(note="読み取り"))[0].kind == "備考"
    assert of_models(new, new) == ()


def test_differences_of_texts_go_by_section() -> None:
    old = BUILTIN.policy
    first, *others = old.sections
    new = replace(
        old,
        purpose="変えた。",
        sections=(replace(first, background=("一つ",)), *others[:-1]),
    )
    found = [(one.kind, one.change) for one in of_policies(old, new)]
    assert found == [("政策", "変更"), ("節", "変更"), ("節", "削除")]
    assert of_policies(new, old)[-1].change == "追加"
    assert of_policies(old, old) == ()


@given(st.text(min_size=0, max_size=80), st.floats(40, 300), st.sampled_from([14.0, 15.0]))
def test_lines_keep_the_text_and_the_room(text: str, width: float, size: float) -> None:
    lines = broken(text, width, size)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for before, line in pairwise(lines):
        assert line[0] not in "、。）」ー"
        assert before[-1] not in "（「"
    for line in lines:
        assert width_of(line, size) <= width or len(broken(line, 1.0, size)) == 1


def test_lines_break_where_a_reader_pauses() -> None:
    text = "「地方公共団体における情報セキュリティポリシーに関するガイドライン」の策定"
    assert broken(text, 187.0, 15.0)[0] == "「地方公共団体における"
    assert broken("実績：1,788団体（令和7年4月1日）", 187.0, 14.0) == (
        "実績：1,788団体", "（令和7年4月1日）",
    )  # fmt: skip
    assert broken("", 100.0, 15.0) == ()


@given(models())
def test_boxes_keep_their_order_and_never_overlap(model: LogicModel) -> None:
    found = drawing(model, {})
    boxes = {box.node: box for box in found.boxes}
    for column in Column:
        for one, other in pairwise(model.column(column)):
            assert boxes[one.key].y + boxes[one.key].height < boxes[other.key].y
    for box in found.boxes:
        assert box.y >= 40
        assert box.y + box.height <= found.height
        for line in box.lines:
            assert box.x < line.x < box.x + box.width
            assert box.y < line.y < box.y + box.height
    for curve in found.curves:
        source, target = boxes[curve.source], boxes[curve.target]
        assert curve.start[0] == source.x + source.width
        assert source.y <= curve.start[1] <= source.y + source.height
        assert target.y <= curve.tip[1] <= target.y + target.height
        assert curve.tip[0] < target.x
        for _, _, (x, y) in curve.parts[:-1]:  # lanes between the boxes of jumped columns
            assert not any(
                box.x <= x <= box.x + box.width and box.y < y < box.y + box.height
                for box in found.boxes
            )
    assert drawing(model, {}) == found


def test_a_drawing_says_everything_and_escapes_it() -> None:
    node = Node(
        key="o", column=Column.OUTPUT, text='<b>&"数"', indicators=("X-1", "X-2"), note="注"
    )
    model = chain(nodes=(node,), edges=())
    values = known(target="100 %（令和8年度まで）", actual=UNKNOWN)
    svg = str(diagram.svg(model, values, label='図 "A"', findings={"o": 1}))
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own text
    texts = ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    said = "".join(texts)
    for word in (
        '<b>&"数"',
        "団体数",
        "100 %",
        "令和8年度まで",
        UNKNOWN,
        "※注",
        "X-2（定義なし）",
        "!",
    ):
        assert word in said
    assert "style=" not in svg
    assert root.get("role") == "img"
    assert root.get("aria-label") == '図 "A"'
    assert [column.word for column in Column] == texts[:4]


def test_an_empty_model_is_four_heads() -> None:
    found = drawing(LogicModel(section="x"), {})
    assert (len(found.heads), found.boxes, found.curves) == (4, (), ())
    assert COLUMN > 2 * PAD


def test_policy_8_is_data_without_figures() -> None:
    policy = BUILTIN.policy
    assert (policy.number, policy.name, policy.fiscal_year) == (8, "電子自治体の推進", 2025)
    assert [one.key for one in policy.sections] == [
        "jukinet",
        "card",
        "standardisation",
        "security",
    ]
    assert [len(SECURITY.column(column)) for column in Column] == [3, 3, 2, 1]
    attached = {node.key: node.indicators for node in SECURITY.nodes}
    assert attached["notified"] == ("P8-4-01",)
    assert attached["adopted"] == ("P8-4-04",)
    assert attached["migrated"] == ("P8-4-05",)
    raw = (files("jichitai.data") / "evaluation_policy8.toml").read_text("utf-8")
    assert "1,788" not in raw
    assert "100" not in raw
    assert not tomllib.loads(raw)["source"]["published"]


def test_every_built_in_indicator_is_published_and_hangs_in_its_column() -> None:
    text = (files("jichitai.data") / "policy8_indicators.csv").read_text("utf-8")
    levels = {row["indicator_id"]: row["logic_level"] for row in csv.DictReader(io.StringIO(text))}
    for model in BUILTIN.models:
        assert faults(model) == []
        assert model.note
        assert ordered(model) == ordered(ordered(model))
        for node in model.nodes:
            assert all(levels[key] == node.column for key in node.indicators)
