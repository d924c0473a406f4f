"""一年の仕事: the calendar, requests by letter, review sheets, use of results; nothing is overwritten."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from litestar import Litestar

from jichitai.evaluation.errors import FaultyEntryError
from jichitai.evaluation.year import forms
from jichitai.evaluation.year.calendar import usual
from jichitai.evaluation.year.model import Budget, Kind, Request, Review, Task, Use, UseKind, faults
from jichitai.infra.keys import Keys
from jichitai.web.rights import Role
from tests.conftest import Cluster
from tests.evaluation.dashboard_world import WRITER, ministry
from tests.web.client import signed_in

PAGE, API = "/evaluation/year", "/api/v1/evaluation/year"
ASKED = {
    "title": "令和7年度の交付件数について",
    "office": "例示府 統計課",
    "mail": "toukei@example.go.jp",
    "text": "年度末の値を教えてください。",
    "due_on": "R8.11.10",
    "indicators": "P8-4-03",
}


def test_each_line_of_the_calendar_has_its_months_in_every_year() -> None:
    for one in usual():
        assert one.starts_on(2026) < one.ends_on(2026)
        assert one.place.startswith("/")
        assert one.confidence in {"recalled", "reported"}
    plan = usual()[0]
    assert (plan.starts_on(2026), plan.ends_on(2026)) == (date(2026, 3, 1), date(2026, 4, 30))


def test_what_is_not_done_needs_its_reason() -> None:
    assert faults(Task(title="公開プロセス", dropped=True)) != []
    assert faults(Task(title="公開プロセス", dropped=True, note="対象の事業がない")) == []
    assert faults(Task(title="?", calendar_key="nothing")) != []


def test_more_cannot_be_spent_than_there_was_and_unknown_money_is_no_zero() -> None:
    sheet = Review(
        title="補助金", budgets=(Budget(fiscal_year=2025, initial=100, carried=-20, executed=90),)
    )
    assert [name for name, _ in faults(sheet)] == ["executed_2025"]
    unknown = Budget(fiscal_year=2026, executed=90)
    assert unknown.total is None
    assert faults(Review(title="補助金", budgets=(unknown,))) == []


def test_an_amount_belongs_to_a_budget_or_a_subsidy_only() -> None:
    plain = {"title": "改定", "finding": "x", "used": "y", "amount": 5}
    assert faults(Use(use=UseKind.GUIDELINE, **plain)) != []  # type: ignore[arg-type]
    assert faults(Use(use=UseKind.BUDGET, **plain)) == []  # type: ignore[arg-type]


def test_a_form_goes_into_a_record_and_back() -> None:
    typed = {
        "title": "補助金",
        "initial_2026": "２,９４０,０００",
        "carried_2025": "△20",
        "indicators": "P8-4-03、P8-4-05",
    }
    made = forms.content(Kind.REVIEW, typed, 2026)
    assert isinstance(made, Review)
    assert made.indicators == ("P8-4-03", "P8-4-05")
    shown = forms.values(made)
    assert (shown["initial_2026"], shown["carried_2025"]) == ("2940000", "-20")
    assert forms.content(Kind.REVIEW, shown, 2026) == made


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"due_on": "13月1日"}, "due_on"),
        ({"due_on": "1999-01-01"}, "due_on"),
        ({"indicators": "指標四"}, "indicators"),
        ({"text": "あ" * 4001}, "text"),
    ],
)
def test_a_fault_is_told_at_its_field(change: dict[str, str], field: str) -> None:
    with pytest.raises(FaultyEntryError) as caught:
        forms.content(Kind.REQUEST, ASKED | change, 2026)
    assert [name for name, _ in caught.value.faults] == [field]


@pytest.fixture(scope="module")
async def app(cluster18: Cluster, keys: Keys) -> AsyncIterator[Litestar]:
    async with ministry(cluster18, keys) as made:
        yield made


async def test_the_year_of_an_officer(app: Litestar) -> None:
    async with signed_in(app, WRITER, html=True) as client:
        await _calendar(client)
        await _request(client)
        await _stale(client)
        for slug in ("requests", "reviews", "uses"):
            assert (await client.get(f"{PAGE}/{slug}")).status_code == 200
            assert (await client.get(f"{PAGE}/{slug}/new")).status_code == 200
    async with signed_in(app, {Role.EVALUATION_EXPERT}, html=True) as reader:
        assert (await reader.get(PAGE)).status_code == 200
        assert (await reader.post(f"{PAGE}/uses/new", data={"title": "x"})).status_code == 403


async def _calendar(client: object) -> None:
    get, post = client.get, client.post  # type: ignore[attr-defined]
    before = (await get(PAGE)).text
    assert "秋のレビューに対応する" in before
    assert "（目安）" in before
    done = await post(f"{PAGE}/calendar/autumn-review?fiscal_year=2026", data={"deed": "done"})
    assert done.headers["location"] == f"{PAGE}?fiscal_year=2026#t-autumn-review"
    assert "済みを取り消す" in (await get(PAGE)).text
    assert "秋のレビューに対応する" not in (await get("/evaluation")).text
    await post(f"{PAGE}/calendar/autumn-review?fiscal_year=2026", data={"deed": "open"})
    assert "秋のレビューに対応する" in (await get("/evaluation")).text
    unknown = await post(f"{PAGE}/calendar/nothing?fiscal_year=2026", data={"deed": "done"})
    assert unknown.status_code == 404


async def _request(client: object) -> None:
    get, post = client.get, client.post  # type: ignore[attr-defined]
    wrong = await post(f"{PAGE}/requests/new", data=ASKED | {"mail": "ここ"})
    assert wrong.status_code == 422
    assert ASKED["text"] in wrong.text
    made = (await post(f"{PAGE}/requests/new", data=ASKED)).headers["location"]
    assert "依頼のメールを送る" in (await get(made)).text
    await post(f"{made}/letters", data={"deed": "ask"})
    shown = (await get(made)).text
    assert "送信待ち" in shown
    assert "督促のメールを送る" in shown
    assert "回答がまだの依頼に督促する" in (await get("/evaluation")).text
    await post(f"{made}/letters", data={"deed": "remind"})
    assert "【再度のお願い】" in (await get(made)).text
    answered = ASKED | {"edition": "1", "answered_on": "R8.11.19", "answer": "3件"}
    assert (await post(made, data=answered)).status_code == 303
    assert (await post(f"{made}/letters", data={"deed": "remind"})).status_code == 409
    assert "第2版" in (await get(made)).text


async def _stale(client: object) -> None:
    post = client.post  # type: ignore[attr-defined]
    made = (await post(f"{PAGE}/tasks/new", data={"title": "資料の確認"})).headers["location"]
    first = await post(made, data={"title": "資料の確認（1）", "edition": "1"})
    second = await post(made, data={"title": "資料の確認（2）", "edition": "1"})
    assert (first.status_code, second.status_code) == (303, 409)


async def test_programs_keep_the_same_records(app: Litestar) -> None:
    sheet = {
        "kind": "review",
        "title": "セキュリティ対策事業",
        "budgets": [{"fiscal_year": 2025, "initial": 2940000}],
    }
    async with signed_in(app, WRITER) as client:
        made = await client.post(f"{API}/records", json={"fiscal_year": 2025, "content": sheet})
        kept = made.json()
        changed = await client.put(
            f"{API}/records/{kept['id']}",
            json={"edition": 1, "content": sheet | {"check": "順調"}},
        )
        stale = await client.put(
            f"{API}/records/{kept['id']}", json={"edition": 1, "content": sheet}
        )
        wrong = await client.post(
            f"{API}/records",
            json={"fiscal_year": 2025, "content": {"kind": "task", "title": "x", "dropped": True}},
        )
        marked = await client.post(
            f"{API}/calendar/report", json={"fiscal_year": 2025, "done": True}
        )
        whole = (await client.get(f"{API}?fiscal_year=2025")).json()
    assert (made.status_code, changed.status_code) == (201, 200)
    assert (stale.status_code, wrong.status_code) == (409, 422)
    assert marked.status_code == 201
    assert len(whole["calendar"]) == len(usual())
    assert [one["content"]["check"] for one in whole["records"]] == ["順調"]
    words = {one["key"]: one["word"] for one in whole["calendar"]}
    assert (words["report"], words["plan"]) == ("済み", "時期を過ぎた")


def test_a_letter_names_no_person() -> None:
    assert "office" in Request.__struct_fields__
    assert not {"person", "name"} & set(Request.__struct_fields__)
