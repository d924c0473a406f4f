"""Matching of clauses: measured on titles of real regulations, and what a person does with it."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from jichitai.security.guideline import builtin
from jichitai.security.importing.gaps import Decision, assess
from jichitai.security.importing.matching import Strength, candidates, match
from jichitai.security.importing.model import Article, FileKind, Form, SourceDocument
from jichitai.security.importing.reading import read_document
from jichitai.security.importing.targets import short_id, targets
from jichitai.security.importing.wording import names, normal
from tests.security.importing_builders import SAMPLE, VECTORS

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "clause-matching.md"
CATALOGUE = builtin.catalogue("R8.3")
SHORT = {short_id(item): item.id for item in CATALOGUE.items}


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((VECTORS / name).read_text(encoding="utf-8").splitlines()))


def ids(token: str) -> set[str]:
    """The items that a place of the catalogue means: `6.4`, `6.4.1`, `K.3`."""
    if token in SHORT:
        return {SHORT[token]}
    found = {item for place, item in SHORT.items() if place.startswith(f"{token}.")}
    assert found, token
    return found


def wanted(expected: str) -> tuple[set[str], set[str]]:
    """Items that must be found, and items that may be."""
    must: set[str] = set()
    may: set[str] = set()
    for token in expected.split(";") if expected != "none" else ():
        (may if token.startswith("~") else must).update(ids(token.lstrip("~")))
    return must, may


@dataclass
class Score:
    right: int = 0
    wrong: int = 0
    missed: int = 0
    titles: int = 0
    exact: int = 0

    def add(self, found: set[str], must: set[str], may: set[str]) -> None:
        wrong, missed = len(found - must - may), len(must - found)
        self.right += len(found & must)
        self.wrong += wrong
        self.missed += missed
        self.titles += 1
        self.exact += not wrong and not missed

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)

    def stated(self) -> tuple[str, ...]:
        return (
            str(self.titles),
            f"{self.precision:.3f}",
            f"{self.recall:.3f}",
            f"{self.exact / self.titles:.3f}",
        )


def one_title(title: str, *path: str) -> SourceDocument:
    article = Article(position=0, number="第1条", caption=title, path=path)
    return SourceDocument(
        name="", kind=FileKind.TEXT, form=Form.ARTICLES, title="", issued="", articles=(article,)
    )


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    known = {
        normal(text)
        for item in CATALOGUE.items
        for text in (item.title, item.section, item.chapter)
    }
    found: dict[str, Score] = {}
    for row in rows("clause_titles.csv"):
        if row["expected"] == "?":
            continue
        path = tuple(filter(None, row["path"].split("／")))
        matches = {one.item_id for one in match(one_title(row["title"], *path), CATALOGUE)}
        words = "same" if normal(row["title"]) in known else "own"
        for key in ("all", row["level"], f"{row['level']}-{words}"):
            score = found.setdefault(f"{row['set']}-{key}", Score())
            score.add(matches, *wanted(row["expected"]))
    return found


def test_the_figures_in_the_docs_are_the_figures_that_are_measured(
    scores: dict[str, Score],
) -> None:
    text = DOCS.read_text(encoding="utf-8")
    stated = {
        found[1]: tuple(part.strip() for part in found[2].strip("|").split("|"))
        for found in re.finditer(r"^\| `([a-z-]+)` \|[^|]*\|(.+)\|$", text, re.MULTILINE)
    }
    assert stated == {key: score.stated() for key, score in scores.items() if key in stated}
    assert set(stated) == set(scores)
    listed = rows("clause_titles.csv")
    assert f"{len(listed)} titles" in text
    assert f"{sum(row['expected'] == '?' for row in listed)} titles" in text
    assert f"{len({row['body'] for row in listed})} bodies" in text


def test_held_out_bodies_are_matched_well_enough_to_help(scores: dict[str, Score]) -> None:
    assert scores["heldout-all"].precision > 0.9
    assert scores["heldout-all"].recall > 0.8


def test_no_body_is_on_both_sides() -> None:
    sides = {(row["body"], row["set"]) for row in rows("clause_titles.csv")}
    assert Counter(body for body, _ in sides).most_common(1)[0][1] == 1
    assert all(row["page"].startswith(("http://", "https://")) for row in rows("clause_titles.csv"))


@pytest.fixture(scope="module")
def sample() -> SourceDocument:
    return read_document(SAMPLE.encode(), "規程.txt")


def test_the_sample_regulation_is_imported_with_the_stated_precision_and_recall(
    sample: SourceDocument,
) -> None:
    expected = {row["article"]: wanted(row["expected"]) for row in rows("sample_regulation.csv")}
    assessment = assess(sample, CATALOGUE)
    score = Score()
    for article in sample.articles:
        found = {one.item_id for one in assessment.of_article(article.position)}
        score.add(found, *expected[article.number])
    text = DOCS.read_text(encoding="utf-8")
    assert f"precision {score.precision:.3f}, recall {score.recall:.3f}" in text
    assert score.precision >= 0.95
    assert score.recall >= 0.9
    assert len(assessment.gaps) + len(assessment.items) == len(CATALOGUE.items)


def test_every_match_says_why(sample: SourceDocument) -> None:
    found = match(sample, CATALOGUE)
    by_label = {one.label: one for one in found}
    assert "別の呼び方" in by_label["第4条（最高情報統括責任者）"].why or by_label[
        "第4条（最高情報統括責任者）"
    ].why.startswith("見出し")
    assert by_label["第8条（情報資産の分類）"].strength is Strength.SURE
    assert by_label["第24条（コンピュータウイルス対策）"].whole == "不正プログラム対策"
    assert all(one.why.endswith("。") and 0 < one.score <= 1 for one in found)


def test_a_person_confirms_takes_away_and_adds(sample: SourceDocument) -> None:
    before = assess(sample, CATALOGUE)
    taken = before.of_article(7)[0]
    kept = before.of_article(8)[0]
    new = before.gaps[0].item.id
    after = assess(
        sample,
        CATALOGUE,
        decisions=[
            Decision(article=taken.article, item_id=taken.item_id, accepted=False),
            Decision(article=kept.article, item_id=kept.item_id, accepted=True),
            Decision(article=0, item_id=new, accepted=True),
            Decision(article=999, item_id=new, accepted=True),
        ],
    )
    assert taken.item_id in {gap.item.id for gap in after.gaps}
    assert sample.articles[7] in after.unmatched
    assert after.of_article(8)[0].why == "担当者が確かめました。"
    assert new in {one.item_id for one in after.of_article(0)}
    assert new not in {gap.item.id for gap in after.gaps}


def test_gaps_are_the_items_that_apply_to_the_body_only(sample: SourceDocument) -> None:
    applicable = CATALOGUE.items_for("alpha", cloud=False)
    assessment = assess(sample, CATALOGUE, applicable=applicable)
    asked = {item.id for item in applicable}
    assert {gap.item.id for gap in assessment.gaps} < asked
    assert SHORT["8.3.3"] in assessment.beyond


def test_a_gap_names_the_articles_that_come_nearest() -> None:
    text = "（情報機器の購入等）\n第1条　調達する。\n（雑則）\n第2条　別に定める。\n（委任）\n第3条　別に定める。"
    document = read_document(text.encode(), "x")
    near = candidates(document.articles[0], CATALOGUE)
    assert near == sorted(near, key=lambda one: -one.score)
    assert match(document, CATALOGUE) == []
    assert assess(document, CATALOGUE).unmatched == document.articles


def test_an_article_without_a_caption_is_guessed_from_its_text_and_never_sure() -> None:
    text = "第1条　複合機のセキュリティ管理を適切に行う。\n第2条　定める。\n第3条　定める。"
    found = match(read_document(text.encode(), "x"), CATALOGUE)
    assert [(one.item_id, one.strength) for one in found] == [(SHORT["6.1.11"], Strength.LIKELY)]
    assert "本文" in found[0].why


def test_the_context_tells_the_policy_from_the_standard() -> None:
    inside = match(one_title("監査", "情報セキュリティ基本方針"), CATALOGUE)
    outside = match(one_title("報告", "評価及び見直し", "自己点検"), CATALOGUE)
    assert {one.item_id for one in inside} <= {SHORT["K.7"]}
    assert [one.item_id for one in outside] == [SHORT["9.2.2"]]


def test_every_other_name_leads_somewhere_in_the_catalogue() -> None:
    for name in names():
        assert ids(name.target), name


def test_targets_cover_every_item_once_as_an_item() -> None:
    found = [one.items[0] for one in targets(CATALOGUE).all if one.width == 1]
    assert found == [item.id for item in CATALOGUE.items]
