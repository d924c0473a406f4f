"""Catalogues from files: what comes back as it was, and what is refused or told as a fault."""

import io
from dataclasses import replace
from datetime import date
from importlib.resources import files

import msgspec
import pytest
import yaml
from openpyxl import load_workbook

from jichitai.infra.documents.sheets import WorkbookRefusedError
from jichitai.security.errors import BadUploadError
from jichitai.security.guideline import builtin, ciso
from jichitai.security.guideline.differences import Difference
from jichitai.security.guideline.errors import BadCatalogueError
from jichitai.security.guideline.intake.entries import (
    LARGEST_FILE,
    Entry,
    Head,
    assembled,
    oscal_id_of,
)
from jichitai.security.guideline.intake.reading import read
from jichitai.security.guideline.intake.spreadsheets import csv_text, workbook
from jichitai.security.guideline.model import (
    LARGEST,
    Catalogue,
    Condition,
    Confidence,
    Level,
    Obligation,
)
from jichitai.security.oscal.catalog import catalog
from jichitai.security.oscal.parts import to_bytes

NEWEST = builtin.newest()
HEAD = Head(
    version="R9.3",
    title="次の版",
    published_on=date(2027, 3, 30),
    official=True,
    source="総務省",
)


def taken(data: bytes, name: str) -> Catalogue:
    found = read(data, name, HEAD)
    assert found.faults == ()
    assert found.catalogue is not None
    return found.catalogue


def told(data: bytes | str, name: str = "x.csv") -> list[tuple[str, str]]:
    """(place, why) of each fault."""
    found = read(data.encode() if isinstance(data, str) else data, name, HEAD)
    assert found.catalogue is None
    assert all(fault.remedy for fault in found.faults)
    return [(fault.cell, fault.why) for fault in found.faults]


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (workbook, "catalogue.xlsx"),
        (csv_text, "catalogue.CSV"),
        (lambda one: to_bytes(catalog(one)), "catalogue.json"),
    ],
    ids=["excel", "csv", "oscal"],
)
def test_our_own_file_comes_back_with_every_item(write: object, name: str) -> None:
    assert callable(write)
    found = taken(write(NEWEST), name)
    assert found.version == "R9.3"
    assert found.official
    if name.endswith(".json"):  # OSCAL's groups have titles and no numbers
        assert [replace(one, chapter_no="", section="") for one in found.items] == [
            replace(one, chapter_no="", section="") for one in NEWEST.items
        ]
    else:
        assert found.items == NEWEST.items
    assert Difference.between(NEWEST, NEWEST).stale == frozenset()


def test_the_table_that_comes_with_jichitai_can_be_taken_in() -> None:
    data = (files("jichitai.data") / "guideline_controls.csv").read_bytes()
    found = taken(data, "guideline_controls.csv")
    assert len(found.items) == 201
    assert found.items[0].meaning_en.startswith("State why")
    assert [one.oscal_id for one in found.items] == [one.oscal_id for one in NEWEST.items]


def test_a_library_of_ciso_assistant_comes_back() -> None:
    data = ciso.library(NEWEST)
    assert ciso.library(NEWEST) == data
    found = taken(data, ciso.library_name("R8.3"))
    assert [(one.id, one.oscal_id, one.title, one.meaning) for one in found.items] == [
        (one.id, one.oscal_id, one.title, one.meaning) for one in NEWEST.items
    ]
    assert [one.applies_to for one in found.items] == [one.applies_to for one in NEWEST.items]
    assert [one.chapter for one in found.items] == [one.chapter for one in NEWEST.items]


def test_the_library_has_the_structure_that_ciso_assistant_reads() -> None:
    root = yaml.safe_load(ciso.library(NEWEST))
    assert {"urn", "locale", "ref_id", "name", "version", "provider", "packager", "objects"} <= {
        *root
    }
    assert isinstance(root["version"], int)
    nodes = root["objects"]["framework"]["requirement_nodes"]
    urns = [one["urn"] for one in nodes]
    assert len(set(urns)) == len(urns)
    assert sum(one["assessable"] for one in nodes) == 201
    depth = {one["urn"]: one["depth"] for one in nodes}
    for one in nodes:
        above = one.get("parent_urn")
        assert one["depth"] == (depth[above] + 1 if above else 1)
    groups = {
        one["ref_id"] for one in root["objects"]["framework"]["implementation_groups_definition"]
    }
    assert {g for one in nodes for g in one.get("implementation_groups", ())} <= groups
    assert "非公式" in root["description"]


def test_a_library_of_another_framework_is_read() -> None:
    text = """
urn: urn:other:risk:library:x
objects:
  framework:
    requirement_nodes:
    - {urn: "urn:other:req_node:x:1", assessable: false, depth: 1, ref_id: "1", name: Chapter}
    - {urn: "urn:other:req_node:x:1.1", assessable: true, depth: 2, ref_id: "1.1",
       parent_urn: "urn:other:req_node:x:1", description: Do this, implementation_groups: [Gold]}
    - {urn: "urn:other:req_node:x:loop", assessable: true, depth: 2, ref_id: "1.2", name: Loop,
       parent_urn: "urn:other:req_node:x:loop"}
"""
    first, second = taken(text.encode(), "x.yml").items
    assert (first.id, first.title, first.chapter) == ("1.1", "Do this", "Chapter")
    assert first.oscal_id == "c-1.1"
    assert first.applies_to == (Condition.ALL,)
    assert second.id == "1.2"


def test_an_oscal_catalogue_of_another_tool_is_read() -> None:
    control = {
        "id": "ac-1",
        "title": "Access",
        "params": [{"id": "ac-1_prm_1", "label": "period"}],
        "parts": [
            {
                "name": "statement",
                "prose": "Review every {{ insert: param, ac-1_prm_1 }}:",
                "parts": [{"name": "item", "prose": "a list"}],
            },
            {"name": "guidance", "prose": "not this"},
        ],
        "controls": [{"id": "ac-1.1", "title": "Inner"}],
    }
    groups = [
        {
            "title": "A",
            "groups": [{"title": "B", "groups": [{"title": "C", "controls": [control]}]}],
        }
    ]
    data = msgspec.json.encode({"catalog": {"uuid": "x", "groups": groups, "controls": []}})
    first, second = taken(data, "x.json").items
    assert first.meaning == "Review every ［period］:\na list"
    assert (first.part, first.chapter, first.section) == ("A", "B", "C")
    assert first.level is Level.OTHER
    assert first.obligation is Obligation.STANDARD
    assert first.confidence is Confidence.OURS
    assert second.meaning == "Inner"


def test_a_small_csv_needs_an_id_and_a_title_only() -> None:
    found = taken("項目ID,見出し\n組織-1,責任者を置く\n\n組織-2,委員会を置く\n".encode(), "x.csv")
    assert [one.id for one in found.items] == ["組織-1", "組織-2"]
    assert len({one.oscal_id for one in found.items}) == 2
    assert found.chapters()[0].title == ""


def test_every_fault_says_where_and_why() -> None:
    rows = "\n".join(
        [
            "項目ID,見出し,分野,強さ,適用,OSCALの識別子",
            "A-1,よい項目,組織体制,標準,すべての団体,a-1",
            ",番号がない,,,,",
            "A-3,,,,,",
            "A-4,分野が違う,宇宙,,,",
            "A-5,強さが違う,,かなり,,",
            "A-6,適用が違う,,,月面;cloud,",
            "A-7,適用が重なる,,,すべての団体;cloud,",
            "A-8,識別子が違う,,,,8 8",
            "A-1,番号が重なる,,,,",
            "A 9,空白がある,,,,",
            f"A-10,{'長' * 500},,,,",
            "A-11,余る,,,,,,,",
        ]
    )
    found = dict(told(rows))
    assert set(found) == {f"{n}行" for n in range(3, 14)}
    assert "項目IDがありません" in found["3行"]
    assert "見出しがありません" in found["4行"]
    assert "分野の値ではありません" in found["5行"]
    assert "強さの値ではありません" in found["6行"]
    assert "適用の条件ではありません" in found["7行"]
    assert "すべての団体" in found["8行"]
    assert "OSCALの識別子に使えない文字" in found["9行"]
    assert "2行にも" in found["10行"]
    assert "項目IDに使えない文字" in found["11行"]
    assert "見出しが長すぎ" in found["12行"]
    assert "列が9個" in found["13行"]


def test_an_empty_list_is_a_fault() -> None:
    assert told("項目ID,見出し\n") == [("", "項目が1件もありません。")]


def test_cells_of_a_workbook_that_cannot_be_read_are_told() -> None:
    book = load_workbook(io.BytesIO(workbook(NEWEST)))
    page = book["項目"]
    page["H5"] = "=1+1"
    out = io.BytesIO()
    book.save(out)
    ((place, _why),) = told(out.getvalue(), "x.xlsx")
    assert "5" in place


@pytest.mark.parametrize(
    ("data", "name", "what"),
    [
        (b"", "x.csv", "空です"),
        (b"x" * (LARGEST_FILE + 1), "x.csv", "5MB"),
        (b"%PDF-1.7", "x.pdf", "読み取れません"),
        (b"x", "no-ending", "拡張子なし"),
    ],
)
def test_a_file_of_no_kind_is_refused(data: bytes, name: str, what: str) -> None:
    with pytest.raises(BadUploadError, match=what):
        read(data, name, HEAD)


@pytest.mark.parametrize(
    ("data", "name", "what"),
    [
        ("項目ID,見出し\n".encode("cp932"), "x.csv", "UTF-8"),
        (b"\0\0", "x.csv", "文字のファイル"),
        ("番号,名前\n1,2\n".encode(), "x.csv", "見出しの行"),
        (b'"a' + b"x" * 200_000, "x.csv", "見出し|CSVとして"),
        (b"{}", "x.json", "カタログ"),
        (b"[" * 90_000, "x.json", "カタログ"),
        (b"\xff", "x.yaml", "YAML"),
        (b"a: [", "x.yaml", "YAML"),
        (b"a: &a [x]\nb: *a\n", "x.yaml", "別名"),
        (b"a: 1\n", "x.yaml", "ライブラリ"),
        (b"!!python/object/apply:os.system [ls]", "x.yaml", "YAML"),
        (b"[" * 3_000, "x.yaml", "YAML"),
    ],
)
def test_a_file_of_a_wrong_form_is_refused_in_words(data: bytes, name: str, what: str) -> None:
    with pytest.raises(BadCatalogueError, match=what):
        read(data, name, HEAD)


def test_a_workbook_with_macros_or_of_another_layout_is_refused() -> None:
    with pytest.raises(WorkbookRefusedError):
        read(b"PK\x03\x04", "x.xlsx", HEAD)


def test_groups_and_controls_that_nest_for_ever_are_refused() -> None:
    group: dict[str, object] = {"title": "x", "controls": [{"id": "a", "title": "a"}]}
    for _ in range(12):
        group = {"title": "x", "groups": [group]}
    with pytest.raises(BadCatalogueError, match="入れ子"):
        read(msgspec.json.encode({"catalog": {"groups": [group]}}), "x.json", HEAD)
    control: dict[str, object] = {"id": "a", "title": "a"}
    for number in range(12):
        control = {"id": f"a{number}", "title": "a", "controls": [control]}
    with pytest.raises(BadCatalogueError, match="入れ子"):
        read(msgspec.json.encode({"catalog": {"controls": [control]}}), "x.json", HEAD)


def test_too_many_items_are_refused() -> None:
    entries = (Entry(f"{n}行", {"id": f"A-{n}", "title": "x"}) for n in range(LARGEST + 1))
    with pytest.raises(BadCatalogueError, match="2,000"):
        assembled(HEAD, entries)


def test_a_formula_in_a_csv_is_harmless_and_comes_back() -> None:
    wild = replace(NEWEST, items=(replace(NEWEST.items[0], meaning="=HYPERLINK(1)"),))
    data = csv_text(wild)
    assert "'=HYPERLINK" in data.decode("utf-8-sig")
    assert taken(data, "x.csv").items == wild.items


def test_ids_for_oscal_stay_apart() -> None:
    ids = [oscal_id_of(one) for one in ("組織1", "組織2", "①", "X①", "X②", "---")]
    assert len(set(ids)) == len(ids)
    assert all(one[0].isalpha() for one in ids)
