"""The guideline as data: versions, what applies to whom, differences."""

import hashlib
import zlib
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import takewhile
from pathlib import Path

import pytest

from jichitai.security.guideline import builtin
from jichitai.security.guideline.codec import pack, unpack
from jichitai.security.guideline.differences import Difference, continued, ordered, stale_items
from jichitai.security.guideline.errors import (
    BadCatalogueError,
    UnknownItemError,
    UnknownVersionError,
)
from jichitai.security.guideline.model import (
    Condition,
    Confidence,
    Level,
    NetworkModel,
    Obligation,
    RevisionKind,
)
from jichitai.security.guideline.relations import iso_of, iso_relations

NEWEST = builtin.newest()


def test_the_catalogue_holds_every_item_and_says_that_it_is_unofficial() -> None:
    assert len(NEWEST.items) == 201
    assert not NEWEST.official
    assert "非公式" in NEWEST.source
    assert "非公式" in builtin.UNOFFICIAL
    assert {item.confidence for item in NEWEST.items} == set(Confidence)
    assert all(item.meaning and not item.meaning.isascii() for item in NEWEST.items)
    assert len(NEWEST.policy_items()) == 10


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (NetworkModel.ALPHA, 197),
        (NetworkModel.ALPHA_PRIME, 199),
        (NetworkModel.BETA, 199),
        (NetworkModel.BETA_PRIME, 200),
    ],
)
def test_a_network_model_chooses_its_items(model: NetworkModel, count: int) -> None:
    assert len(NEWEST.items_for(model, cloud=True)) == count
    without = NEWEST.items_for(str(model), cloud=False)
    assert not any(Condition.CLOUD in item.applies_to for item in without)
    assert len(without) < count


def test_beta_prime_keeps_the_conditions_of_beta() -> None:
    beta = {item.id for item in NEWEST.items_for("beta", cloud=True)}
    beta_prime = {item.id for item in NEWEST.items_for("beta_prime", cloud=True)}
    assert beta < beta_prime
    assert "GL-P2-2-3(3)③" in beta
    assert "GL-P2-2-3(3)④" in beta_prime - beta


def test_a_body_without_an_area_passes_over_its_items() -> None:
    areas = frozenset({Condition.INTERNET})
    found = NEWEST.items_for("alpha", cloud=False, areas=areas)
    assert not any("gl-p2-2-3.1." in item.oscal_id for item in found)
    assert any(item.oscal_id == "gl-p2-2-3.3.1" for item in found)


def test_every_item_serves_the_policy_or_one_of_the_eight_measures() -> None:
    served = [item for measure in range(1, 9) for item in NEWEST.measure_items(measure)]
    assert len(served) + len(NEWEST.policy_items()) == len(NEWEST.items)
    assert NEWEST.item("GL-P2-2-1(9)").measure == 1
    assert NEWEST.policy_items()[0].measure is None


def test_an_item_is_found_by_either_of_its_names() -> None:
    assert NEWEST.item("gl-p2-2-1.9") is NEWEST.item("GL-P2-2-1(9)")
    assert NEWEST.item("gl-p2-2-1.9").heading == "1(9) CSIRTの設置・役割"
    with pytest.raises(UnknownItemError):
        NEWEST.item("gl-nothing")
    with pytest.raises(UnknownVersionError, match=r"R8\.3から"):
        builtin.catalogue("R9.9")


def test_chapters_and_sections_keep_the_order() -> None:
    chapters = NEWEST.chapters()
    assert [chapter.number for chapter in chapters if "第2章" in chapter.part] == list("123456789")
    assert sum(len(chapter.items) for chapter in chapters) == 201
    physical = next(chapter for chapter in chapters if chapter.title == "物理的セキュリティ")
    assert physical.sections[0][0] == "サーバ等の管理"


def test_older_versions_lack_what_came_later_and_say_the_earlier_wording() -> None:
    counts = [len(builtin.catalogue(version).items) for version in builtin.versions()]
    assert counts == [192, 199, 201, 201]
    assert "GL-P2-2-3(1)⑥" not in builtin.catalogue("R6.10")
    before = builtin.catalogue("R5.3").item("GL-P2-2-2(1)")
    assert "3A" not in before.meaning
    assert "3A" in builtin.catalogue("R6.10").item("GL-P2-2-2(1)").meaning
    assert before.revised_in == ""
    assert builtin.catalogue("R7.3").item("GL-P2-2-4.1(7)").revised_in == ""
    assert NEWEST.item("GL-P2-2-4.1(7)").revised_in == "R8.3"


def test_every_change_names_an_item_and_a_version_that_exist() -> None:
    known = {row.version for row in builtin.history()}
    for revision in NEWEST.revisions:
        assert revision.item_id in NEWEST
        assert revision.version in known
        assert revision.source
    days = [row.published_on for row in builtin.history()]
    assert days == sorted(days)


def test_a_difference_names_what_is_stale_and_why() -> None:
    found = Difference.between(builtin.catalogue("R7.3"), NEWEST)
    assert found.added == found.removed == ()
    assert len(found.stale) == 14
    (reason,) = found.reasons("GL-P2-2-4.1(7)")
    assert reason.version == "R8.3"
    assert reason.kind is RevisionKind.CHANGED
    change = next(one for one in found.changed if one.item_id == "GL-P2-2-4.1(7)")
    assert change.fields == ("meaning",)
    two_steps = Difference.between(builtin.catalogue("R6.10"), NEWEST)
    assert {item.id for item in two_steps.added} == {"GL-P2-2-3(1)⑤", "GL-P2-2-3(1)⑥"}
    assert found.stale < two_steps.stale
    assert two_steps.reasons("GL-P2-2-7.5(1)") == ()
    assert stale_items(NEWEST, NEWEST) == frozenset()


def test_a_removed_item_makes_its_clauses_stale() -> None:
    shorter = replace(NEWEST, version="R9.3", items=NEWEST.items[:-1], revisions=())
    assert stale_items(NEWEST, shorter) == {NEWEST.items[-1].id}


def test_a_catalogue_from_a_file_continues_the_history_of_the_version_before() -> None:
    first, second, *rest = NEWEST.items
    new = replace(
        NEWEST,
        version="R9.3",
        source="総務省",
        official=True,
        items=(
            replace(first, title="別の見出し"),
            replace(second, id="N-1", oscal_id="n-1"),
            *rest,
        ),
        revisions=(),
    )
    found = continued(NEWEST, new)
    told = {one.item_id: one for one in found.revisions if one.version == "R9.3"}
    assert {key: one.kind for key, one in told.items()} == {
        first.id: RevisionKind.CHANGED,
        "N-1": RevisionKind.ADDED,
        second.id: RevisionKind.REMOVED,
    }
    assert told[first.id].what == "見出しが変わった"
    assert told[first.id].confidence is Confidence.READ
    assert found.item(first.id).revised_in == "R9.3"
    assert found.item("GL-P2-2-4.1(7)").revised_in == "R8.3"
    step = Difference.between(NEWEST, found)
    assert step.stale == {first.id, second.id}
    assert step.reasons(first.id) == (told[first.id],)
    other = replace(NEWEST, version="EDU-1", items=(replace(second, id="E", oscal_id="e"),))
    assert continued(NEWEST, other) is other


def test_a_catalogue_with_doubled_or_no_items_is_refused() -> None:
    with pytest.raises(BadCatalogueError, match="重なって"):
        replace(NEWEST, items=(NEWEST.items[0], NEWEST.items[0]))
    with pytest.raises(BadCatalogueError, match="0件"):
        replace(NEWEST, items=())
    twin = replace(NEWEST.items[0], id="other")
    with pytest.raises(BadCatalogueError, match="OSCAL"):
        replace(NEWEST, items=(NEWEST.items[0], twin))


def test_packing_keeps_everything_and_refuses_what_was_changed() -> None:
    packed = pack(NEWEST)
    assert unpack(packed.content, packed.content_hash) == NEWEST
    assert pack(NEWEST) == packed
    assert len(packed.content) < 60_000
    with pytest.raises(BadCatalogueError, match="ハッシュ"):
        unpack(packed.content, "0" * 64)
    with pytest.raises(BadCatalogueError, match="切れて"):
        unpack(packed.content[:-10], packed.content_hash)
    with pytest.raises(BadCatalogueError, match="読み取れません"):
        unpack(b"no", packed.content_hash)


def test_packing_refuses_bombs_and_other_forms() -> None:
    bomb = zlib.compress(b" " * 9_000_000)
    with pytest.raises(BadCatalogueError, match="MB"):
        unpack(bomb, "0" * 64)
    text = b'{"form": 2}'
    with pytest.raises(BadCatalogueError, match="形式"):
        unpack(zlib.compress(text), hashlib.sha256(text).hexdigest())


def test_words_are_there_for_everything_a_page_shows() -> None:
    words = [
        *(one.japanese for one in NetworkModel),
        *(one.japanese for one in Condition),
        *(one.japanese for one in Obligation),
        *(one.japanese for one in Level),
        *(one.japanese for one in Confidence),
        *(one.japanese for one in RevisionKind),
    ]
    assert all(words)
    assert len(set(words)) == len(words)


def test_versions_are_ordered_by_their_day() -> None:
    later = replace(NEWEST, version="R9.3", published_on=date(2027, 3, 30))
    assert [one.version for one in ordered([later, NEWEST])] == ["R8.3", "R9.3"]


DOC = Path(__file__).resolve().parents[2] / "docs" / "reference" / "guideline-catalogue.md"


def stated(head: str) -> list[list[str]]:
    """Cells of the documentation's table with this head."""
    lines = DOC.read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(head))
    rows = takewhile(lambda line: line.startswith("|"), lines[start + 2 :])
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows]


def test_the_figures_of_the_documentation_are_those_of_the_catalogue() -> None:
    for version, day, items, _ in stated("| Version | Day"):
        found = builtin.catalogue(version)
        assert (found.published_on.isoformat(), len(found.items)) == (day, int(items))
    strengths = Counter(str(item.obligation) for item in NEWEST.items)
    assert strengths == {row[0]: int(row[1]) for row in stated("| `obligation`")}
    trusts = Counter(str(item.confidence) for item in NEWEST.items)
    assert trusts == {row[0]: int(row[1]) for row in stated("| `confidence`")}
    for name, cloud, plain in stated("| Network model"):
        model = next(one for one in NetworkModel if one.japanese == f"{name}モデル")
        assert len(NEWEST.items_for(model, cloud=True)) == int(cloud)
        assert len(NEWEST.items_for(model, cloud=False)) == int(plain)
    text = DOC.read_text("utf-8")
    assert f"relates {len(iso_relations())} pairs" in text
    assert "fourteen items are stale" in text


def test_every_relation_names_an_item() -> None:
    assert all(one.item_id in NEWEST and one.japanese for one in iso_relations())
    assert iso_of("GL-P2-2-6.1(6)")[0].control == "8.15"
