"""Pages and API of policies and logic models."""

import re
from collections.abc import AsyncIterator
from xml.etree import ElementTree

import pytest
from litestar import Litestar

from jichitai.infra.keys import Keys
from jichitai.web.rights import Role
from tests.conftest import Cluster
from tests.evaluation.policy_wires import API, PAGES, officer, policies

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def app(cluster18: Cluster, keys: Keys) -> AsyncIterator[Litestar]:
    """Fiscal years 2026 and 2027 are started; each test changes a section of its own."""
    async with policies(cluster18, keys) as found:
        async with officer(found) as client:
            for year in (2026, 2027):
                answer = await client.post(f"{API}/years", json={"fiscal_year": year})
                assert answer.status_code == 201, answer.text
        yield found


async def test_readers_see_policies_and_models(app: Litestar) -> None:
    async with officer(app, Role.EVALUATION_EXPERT, html=True) as client:
        shelf = (await client.get("/evaluation/policies")).text
        assert "電子自治体の推進" in shelf
        policy = (await client.get(f"{PAGES}/2025")).text
        assert "政策目的" in policy
        assert policy.count("<svg xmlns=") == 4
        model = (await client.get(f"{PAGES}/2025/models/security")).text
        assert "1,788団体（令和7年4月1日）" in model
        assert "100 %（令和8年度まで）" in model.replace("100.0 %", "100 %")
        assert "—（未公表）" in model
        assert "書き直す" not in model
        assert (await client.get(f"{PAGES}/2025/models/security/nodes/new")).status_code == 403
        drawing = await client.get(f"{PAGES}/2025/models/security/diagram")
        assert drawing.headers["content-type"].startswith("image/svg+xml")
        assert ElementTree.fromstring(drawing.text).tag.endswith("svg")  # noqa: S314 - ours
    async with officer(app, Role.CLERK, html=True) as client:
        assert (await client.get("/evaluation/policies")).status_code == 403


async def test_a_year_not_started_offers_to_start(app: Litestar) -> None:
    async with officer(app, html=True) as client:
        page = (await client.get(f"{PAGES}/2028")).text
        assert "令和10年度（2028年度）の版はまだありません" in page
        assert "この年度の版を作る" in page
        late = await client.post(
            f"{PAGES}/2028/models/card/nodes/held", data={"text": "保有", "column": "output"}
        )
        assert late.status_code == 409
        assert (await client.post(f"{PAGES}/2028/start")).status_code == 303
        assert (await client.post(f"{PAGES}/2028/start")).status_code == 409
        assert "まだありません" not in (await client.get(f"{PAGES}/2028")).text


async def test_an_element_is_added_rewritten_moved_and_removed(app: Litestar) -> None:
    model = f"{PAGES}/2026/models/security"
    async with officer(app, html=True) as client:
        typed = {
            "edition": "1",
            "column": "output",
            "text": "説明会の開催\u0000",
            "note": "",
            "indicators": ["P8-4-C8", "\x00"],
            "link-adopted": "1",
            "assumption-adopted": "参加した団体が方針を書く",
            "grade-adopted": "B",
            "comment": "説明会を足した",
        }
        added = await client.post(f"{model}/nodes/new", data=typed)
        assert added.status_code == 303, added.text
        assert added.headers["location"] == f"{model}?saved=2#n-o2"
        page = (await client.get(f"{model}?saved=2")).text
        assert "説明会の開催" in page
        assert "参加した団体が方針を書く" in page
        assert "ここへつながる要素がありません" in page
        form = (await client.get(f"{model}/nodes/o2")).text
        assert re.search(r'name="link-adopted" value="1" checked', form)
        assert 'aria-keyshortcuts="Control+Enter"' in form
        moved = await client.post(f"{model}/nodes/o2/move", data={"edition": "2", "to": "up"})
        assert moved.status_code == 303
        gone = await client.post(f"{model}/nodes/o2/remove", data={"edition": "3"})
        assert gone.headers["location"] == f"{model}?saved=4"
        assert (await client.get(f"{model}/nodes/o2")).status_code == 404
        history = (await client.get(f"{model}/history?since=1&until=2")).text
        assert "要素の追加：説明会の開催" in history
        assert "説明会を足した" in history
        back = await client.post(f"{model}/restore", data={"edition": "4", "wanted": "2"})
        assert back.headers["location"] == f"{model}?saved=5"
        assert "説明会の開催" in (await client.get(model)).text
        assert 'id="n-o2"' not in (await client.get(f"{model}?edition=4")).text


async def test_a_form_comes_back_with_what_was_typed(app: Litestar) -> None:
    model = f"{PAGES}/2026/models/jukinet"
    async with officer(app, html=True) as client:
        empty = await client.post(
            f"{model}/nodes/provisions",
            data={"edition": "1", "column": "output", "note": "残る注", "link-operation": "1"},
        )
        assert empty.status_code == 422
        assert "何をするか（何が生じるか）がありません" in empty.text
        assert "残る注" in empty.text
        wrong = await client.post(
            f"{model}/nodes/provisions",
            data={"edition": "1", "column": "output", "text": "提供", "link-operation": "1"},
        )
        assert wrong.status_code == 422
        assert "つなげません" in wrong.text
        assert 'href="#f-link-operation"' in wrong.text
        long = await client.post(
            f"{model}/nodes/new", data={"edition": "1", "column": "x", "text": "長" * 301}
        )
        assert long.status_code == 422
        assert "300文字までです" in long.text
        assert "四つの列から選んでください" in long.text


async def test_two_people_at_one_model_lose_nothing(app: Litestar) -> None:
    model = f"{PAGES}/2026/models/card"
    data = {"edition": "1", "column": "output", "text": "カードの交付（窓口）"}
    async with officer(app, html=True) as one, officer(app, html=True) as other:
        assert (await one.post(f"{model}/nodes/issued", data=data)).status_code == 303
        late = await other.post(
            f"{model}/nodes/held", data=data | {"column": "short_outcome", "text": "保有の広がり"}
        )
        assert late.status_code == 409
        assert "要素の変更：カードの交付（窓口）" in late.text
        assert "保有の広がり" in late.text
        again = re.search(r'name="edition" value="(\d+)"', late.text)
        assert again is not None
        data |= {"edition": again[1], "column": "short_outcome", "text": "保有の広がり"}
        assert (await other.post(f"{model}/nodes/held", data=data)).status_code == 303
        page = (await one.get(model)).text
        assert "カードの交付（窓口）" in page
        assert "保有の広がり" in page


async def test_texts_are_written_by_forms(app: Litestar) -> None:
    form = f"{PAGES}/2027/sections/security/edit"
    async with officer(app, html=True) as client:
        shown = (await client.get(form)).text
        assert "○全地方公共団体等における確実な方針の策定と公表" in shown
        data = {
            "edition": "1",
            "title": "サイバーセキュリティ対策の強化",
            "focus": "1",
            "background": "➢ 一つ目\n\n・二つ目\n",
            "directions": "○公表を進める\n・一覧を出す\n・助言する",
            "comment": "見直し",
        }
        saved = await client.post(form, data=data)
        assert saved.headers["location"] == f"{PAGES}/2027?saved=2#s-security"
        page = (await client.get(f"{PAGES}/2027")).text
        assert "<li>一つ目</li><li>二つ目</li>" in page
        assert "<li>公表を進める<ul><li>一覧を出す</li>" in page
        late = await client.post(form, data=data | {"title": "別の題"})
        assert late.status_code == 409
        assert "別の題" in late.text
        wrong = await client.post(form, data={"edition": "2", "directions": "・助言する"})
        assert wrong.status_code == 422
        assert "先に「○」の行を書いてください" in wrong.text
        texts = {"edition": "2", "name": "電子自治体の推進", "purpose": ""}
        assert (await client.post(f"{PAGES}/2027/edit", data=texts)).status_code == 422
        texts["purpose"] = "新しい目的。"
        assert (await client.post(f"{PAGES}/2027/edit", data=texts)).status_code == 303
        history = (await client.get(f"{PAGES}/2027/history")).text
        assert "新しい目的。" in history
        assert (await client.get(f"{PAGES}/2027/sections/none/edit")).status_code == 404


async def test_programs_read_and_write_the_same(app: Litestar) -> None:
    address = f"{API}/2027/models/standardisation"
    async with officer(app) as client:
        listed = (await client.get("/api/v1/evaluation/policies")).json()
        assert [one["number"] for one in listed] == [8]
        assert {2025, 2026, 2027} <= set(listed[0]["fiscal_years"])
        found = (await client.get(address)).json()
        assert found["edition"]["edition"] == 1
        assert found["findings"] == []
        content = {name: found[name] for name in ("nodes", "edges", "note")}
        same = await client.put(address, json=content | {"edition": 1})
        assert same.json() == {"edition": 1}
        content["edges"] = content["edges"][1:]
        saved = await client.put(address, json=content | {"edition": 1, "comment": "外した"})
        assert saved.json() == {"edition": 2}
        found = (await client.get(address)).json()
        rules = {one["rule"] for one in found["findings"]}
        assert rules == {"no-long-outcome", "nothing-leads-here"}
        stale = await client.put(address, json=content | {"edition": 1})
        assert (stale.status_code, stale.json()["type"]) == (409, "/problems/evaluation.stale-edit")
        bad = content | {"edition": 2, "edges": [{"source": "late", "target": "support"}]}
        refused = await client.put(address, json=bad)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "edges.late.support"
        between = (await client.get(f"{address}/differences?since=1&until=2")).json()
        assert [(one["kind"], one["change"]) for one in between] == [("つながり", "削除")]
        editions = (await client.get(f"{address}/editions")).json()
        assert editions[0]["comment"] == "外した"
        then = (await client.get(f"{address}?known_on=2026-01-01")).json()
        assert (then["inherited"], len(then["edges"])) == (True, len(content["edges"]) + 1)
        assert (await client.get(f"{address}?known_on=2020-01-01")).status_code == 404
        policy = (await client.get(f"{API}/2026")).json()
        texts = {
            "edition": policy["edition"]["edition"],
            "name": policy["policy"]["name"],
            "purpose": "目的。",
            "sections": policy["policy"]["sections"],
        }
        assert (await client.put(f"{API}/2026", json=texts)).json() == {"edition": 2}
        for wrong in ("/api/v1/evaluation/policies/9/2026", f"{API}/99999999999", f"{address}x"):
            assert (await client.get(wrong)).status_code == 404
    async with officer(app, Role.EVALUATION_APPROVER) as client:
        assert (await client.put(f"{API}/2026", json=texts)).status_code == 403
