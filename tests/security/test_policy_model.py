"""Rules of the workshop without a database: interview, drafts, merging, gaps, reading addresses."""

from datetime import date
from itertools import product
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from jichitai.kernel.bodies import body
from jichitai.security.guideline import builtin
from jichitai.security.guideline.model import NetworkModel
from jichitai.security.organs import Organ
from jichitai.security.policy import reach, seal
from jichitai.security.policy.cli import seal as seal_command
from jichitai.security.policy.errors import BadAddressError, BadAnswerError, NoSealError
from jichitai.security.policy.model import coverage, drafting, interview
from jichitai.security.policy.model.interview import Answers
from jichitai.security.policy.model.merging import merge
from jichitai.security.policy.model.states import counted, next_review
from jichitai.security.policy.model.text import Clause, Document, Form, Part, plain, shows
from jichitai.security.policy.reach import HttpFetcher, UnreachableError, address_of, text_of
from tests.conftest import TOWN

POLICY = UUID(int=7)
QUESTIONS = interview.questions(body(TOWN), (Organ.ASSEMBLY, Organ.HEAD))


def drawn(answers: Answers) -> tuple[tuple[Clause, ...], coverage.Picture]:
    """The draft for some answers, and what it lacks."""
    whole = interview.filled(QUESTIONS, answers)
    current = builtin.newest()
    cloud = whole["cloud"] != "no"
    applicable = current.items_for(NetworkModel(str(whole["model"])), cloud=cloud)
    declined = drafting.declined(whole)
    ids = frozenset(item.id for item in applicable)
    clauses = drafting.draft(
        POLICY,
        body(TOWN),
        whole,
        applicable=ids - declined.keys(),
        guideline_version=current.version,
    )
    decided = [
        coverage.Decided(item=item, guideline_version=current.version, applies=False, reason=reason)
        for item, reason in declined.items()
    ]
    return clauses, coverage.picture(clauses, decided, applicable, {}, current)


CHOICES = [one for one in QUESTIONS if one.kind == "choice"]


@given(
    st.fixed_dictionaries({q.key: st.sampled_from([o.value for o in q.options]) for q in CHOICES})
)
@settings(max_examples=40)
def test_every_interview_ends_in_a_whole_draft(answers: dict[str, str]) -> None:
    clauses, seen = drawn(answers)
    assert seen.gaps == ()
    assert coverage.problems(clauses, seen, rivals=0, accepted_gaps="") == ()
    assert next(one.title for one in clauses if one.part is Part.BASIC) == "目的"
    assert all("{" not in one.body and one.body for one in clauses)
    assert len({one.id for one in clauses}) == len(clauses)


def test_about_thirty_questions_each_say_why_and_what_they_feed() -> None:
    assert 28 <= len(QUESTIONS) <= 36
    assert all(one.why and one.feeds and one.group for one in QUESTIONS)
    keys = {one.key for one in QUESTIONS}
    assert all(set(one.when) <= keys for one in QUESTIONS)
    used = {
        name
        for part in Part
        for template in drafting.templates(part)
        for when in (template.when, *(p.when for p in template.paragraphs))
        for name in when
    }
    assert used - {"joint"} <= keys


def test_every_item_of_the_guideline_has_a_text_of_ours() -> None:
    texts = [item for part in Part for one in drafting.templates(part) for item in one.items]
    assert sorted(texts) == sorted(item.id for item in builtin.newest().items)


def test_questions_that_others_rule_out_are_not_asked() -> None:
    asked = {one.key for one in interview.asked(QUESTIONS, {"model": "alpha", "cloud": "no"})}
    assert not asked & {"breakout", "standard_cloud"}
    assert "breakout" in {one.key for one in interview.asked(QUESTIONS, {"model": "alpha_prime"})}


@pytest.mark.parametrize(
    ("key", "value"),
    [("model", "gamma"), ("logs", "2"), ("logs", "十二"), ("effective", "令和8年13月1日"),
     ("name", "あ" * 61), ("organs", ["labour"]), ("unknown", "x"), ("office", "a\x00b"), ("model", ["alpha"]), ("office", ["総務課"])],
)  # fmt: skip
def test_a_wrong_answer_is_named(key: str, value: object) -> None:
    with pytest.raises(BadAnswerError) as refused:
        interview.checked(QUESTIONS, {key: value})
    assert list(refused.value.facts["fields"]) == [key]  # type: ignore[call-overload]


TEXTS = st.lists(st.sampled_from("甲乙丙丁戊"), max_size=5).map("\n".join)


@given(TEXTS, TEXTS, TEXTS)
def test_a_merge_loses_no_paragraph_that_somebody_added(base: str, one: str, two: str) -> None:
    found = merge(base, one, two)
    added = (set(one.splitlines()) | set(two.splitlines())) - set(base.splitlines())
    assert added <= set(found.text.splitlines())


@given(TEXTS, TEXTS)
def test_one_changed_text_wins_over_an_unchanged_one(base: str, one: str) -> None:
    assert merge(base, one, base).text == one == merge(base, base, one).text
    assert merge(base, one, one).text == one


def test_the_hash_is_of_every_word_and_of_nothing_else() -> None:
    clauses, _ = drawn({})
    first = tuple(one for one in clauses if one.part is Part.BASIC)

    def document(clauses: tuple[Clause, ...], **changes: object) -> str:
        values: dict[str, object] = {
            "body": "例示町", "name": "方針", "part": Part.BASIC, "version": 1,
            "form": Form.ARTICLE, "organs": ("head",), "clauses": clauses,
        }  # fmt: skip
        return Document(**(values | changes)).hash  # type: ignore[arg-type]

    assert document(first) == document(first)
    others = [document(first[1:]), document(first, version=2), document(first, organs=("assembly",)),
              document(first, effective_on=date(2027, 4, 1)), document(first, designated="x")]  # fmt: skip
    assert len({document(first), *others}) == 6


def test_a_policy_counts_only_adopted_published_and_reachable() -> None:
    for flags in product([False, True], repeat=3):
        adopted, published, reachable = flags
        found = counted(adopted=adopted, published=published, reachable=reachable)
        assert found is all(flags)


def test_reviews_fall_on_days_that_exist() -> None:
    assert next_review(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert next_review(date(2026, 11, 20), 60) == date(2031, 11, 20)


def test_control_characters_do_not_reach_the_text() -> None:
    assert plain("第1条\x00\r\n\x07第2項\t") == "第1条\n第2項"


# --- looking at a published address -----------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["ftp://example.jp/x", "https://", "file:///etc/passwd", "https://a:b@example.jp/",
     "javascript:alert(1)", "https://example.jp/" + "x" * 400, "https://exa mple.jp/", "//x"],
)  # fmt: skip
def test_an_address_that_is_no_public_page_is_refused(address: str) -> None:
    with pytest.raises(BadAddressError):
        address_of(address)


def answering(**pages: httpx.Response) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: pages[request.url.path.strip("/")])


async def names(host: str, _: int) -> list[str]:
    """Names lead to a public address, but for those that begin with `inside`."""
    return ["10.1.2.3" if host.startswith("inside") else "93.184.216.34"]


async def test_a_page_is_fetched_from_the_address_that_was_checked() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, html="<style>x</style><p>第1条</p>")

    fetcher = HttpFetcher(transport=httpx.MockTransport(answer), names=names)
    found = await fetcher.fetch("https://town.example/policy#top")
    assert await text_of(found) == "第1条"
    assert asked[0].url.host == "93.184.216.34"
    assert asked[0].headers["host"] == "town.example"
    assert asked[0].extensions["sni_hostname"] == "town.example"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(302, headers={"location": "http://inside.example/admin"}), BadAddressError),
        (httpx.Response(302, headers={"location": "file:///etc/passwd"}), BadAddressError),
        (httpx.Response(302, headers={"location": "/p"}), UnreachableError),
        (httpx.Response(404), UnreachableError),
        (httpx.Response(200, content=b"x" * (reach.LARGEST + 1)), UnreachableError),
    ],
)
async def test_what_leads_inside_or_nowhere_is_refused(
    answer: httpx.Response, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await HttpFetcher(transport=answering(p=answer), names=names).fetch(
            "https://town.example/p"
        )


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/p", "http://10.0.0.8/p", "http://[::1]/p", "http://[::ffff:10.0.0.1]/p",
                "http://169.254.169.254/p", "http://[fd00::1]/p"],
)  # fmt: skip
async def test_addresses_of_the_own_network_are_asked_in_rehearsals_only(address: str) -> None:
    transport = answering(p=httpx.Response(200, text="方針"))
    with pytest.raises(BadAddressError):
        await HttpFetcher(transport=transport).fetch(address)
    found = await HttpFetcher(inside=True, transport=transport).fetch(address)
    assert await text_of(found) == "方針"


def test_a_page_that_changed_a_word_does_not_show_the_policy() -> None:
    clauses, _ = drawn({})
    page = "<p>".join(line for one in clauses for line in one.body.splitlines())
    assert shows(page, clauses) == ()
    changed = page.replace("信頼を保つ", "信頼を失う", 1)
    assert [one.title for one in shows(changed, clauses)] == ["目的"]


# --- the key that signs -----------------------------------------------------------------------


def test_a_rehearsals_key_is_made_once_and_read_only_by_its_owner(tmp_path: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(seal_command, [TOWN, "--dir", str(tmp_path / "seals")])
    assert made.exit_code == 0, made.output
    first = (tmp_path / "seals" / f"{TOWN}.p12").read_bytes()
    again = runner.invoke(seal_command, [TOWN, "--dir", str(tmp_path / "seals")])
    assert "前からあります" in again.output
    assert (tmp_path / "seals" / f"{TOWN}.p12").read_bytes() == first
    assert seal.load(TOWN, tmp_path / "seals").name == "演習用 北海道札幌市"
    assert runner.invoke(seal_command, ["999999", "--dir", str(tmp_path)]).exit_code == 1


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    with pytest.raises(NoSealError):
        seal.load(TOWN, tmp_path)
    (tmp_path / f"{TOWN}.p12").write_bytes(b"no key")
    with pytest.raises(NoSealError):
        seal.load(TOWN, tmp_path)
