"""The pages and calls of checks: a year without script, what they refuse, and how they look."""

import base64
import io
import os
import re
from asyncio import to_thread
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import openpyxl
import pytest
from litestar import Litestar
from litestar.di import Provide

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.security import shell
from jichitai.security.checks.api.routes import API_ROUTES
from jichitai.security.checks.pages.routes import PAGE_ROUTES, TEMPLATES
from jichitai.security.checks.service.corrections import Corrections
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.browser.support import CHROMIUM, inspect_pages
from tests.conftest import OTHER_TOWN, TOWN, Cluster, fresh_database
from tests.security.checks_builders import finding
from tests.web.client import signed_in

OFFICER = frozenset({Role.SECURITY_OFFICER})
AUDITOR = frozenset({Role.SECURITY_AUDITOR})
ADOPTER = frozenset({Role.POLICY_ADOPTER})
BASE = "/security/checks"
USUAL = (
    "checks-home",
    "checks-round",
    "checks-question-conflict",
    "checks-import",
    "checks-evidence",
)
API = "/api/v1/security"
CLOCK = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))


@pytest.fixture(scope="module")
async def databases(cluster18: Cluster, keys: Keys) -> AsyncIterator[dict[Tier, Database]]:
    async with (
        fresh_database(cluster18, Tier.TOWN, keys) as town,
        fresh_database(cluster18, Tier.PREFECTURE, keys) as prefecture,
    ):
        yield {Tier.TOWN: town, Tier.PREFECTURE: prefecture}


def app_of(tier: Tier, database: Database, keys: Keys, clock: FixedClock) -> Litestar:
    outbox = Outbox(keys.network, clock)
    return create_app(
        tier,
        Settings(tier=tier),
        controllers=[*PAGE_ROUTES, *API_ROUTES],
        templates=[TEMPLATES],
        shell=shell.body_shell(shell.prefecture_shell),
        db=database,
        clock=clock,
        keys=keys,
        dependencies={"outbox": Provide(lambda: outbox, sync_to_thread=False)},
    )


@pytest.fixture(scope="module")
def app(databases: dict[Tier, Database], keys: Keys) -> Litestar:
    return app_of(Tier.TOWN, databases[Tier.TOWN], keys, CLOCK)


@pytest.fixture(scope="module")
def prefecture(databases: dict[Tier, Database], keys: Keys) -> Litestar:
    return app_of(Tier.PREFECTURE, databases[Tier.PREFECTURE], keys, CLOCK)


def staff(app: Litestar, roles: frozenset[Role], town: str = TOWN, *, html: bool = True) -> Any:
    return signed_in(app, roles, municipality=town, html=html)


def errors_of(page: str) -> list[str]:
    box = re.search(r"jc-errors.*?</ul>", page, re.DOTALL)
    return re.findall(r"<li>(?:<a[^>]*>)?(.*?)(?:</a>)?</li>", box[0]) if box else []


UNTOUCHED = "132012"
"""A town for which no other test here does anything."""


async def begin(client: httpx.AsyncClient, **values: Any) -> str:
    plain: dict[str, Any] = {
        "sort": "self-check",
        "fiscal_year": "2026",
        "network_model": "alpha",
        "due_on": "R9.2.26",
    }
    answer = await client.post(f"{BASE}/new", data=plain | values)
    assert answer.status_code == 303, errors_of(answer.text)
    return str(answer.headers["location"])


async def first_question(client: httpx.AsyncClient, place: str) -> str:
    page = (await client.get(place)).text
    found = re.search(rf'href="({place}/[^"/]+/[^"/]+)" data-kind="filled"', page)
    assert found is not None
    return found[1]


async def answer_rest(client: httpx.AsyncClient, place: str, **values: Any) -> int:
    """Answer what is open through the calls for programs."""
    round_id = place.rsplit("/", 1)[1]
    found = await client.get(f"{API}/checks/{round_id}/questions?only=unanswered")
    plain = {"answer": "met", "practice": "手順書のとおり実施している"} | values
    answers = [
        {name: one[name] for name in ("target_id", "item_id", "version")} | plain
        for one in found.json()["questions"]
    ]
    sent = await client.post(f"{API}/checks/{round_id}/answers", json={"answers": answers})
    assert sent.status_code == 200, sent.text
    return int(sent.json()["written"])


async def test_a_self_check_without_script_from_the_form_to_the_report(app: Litestar) -> None:
    async with staff(app, OFFICER, UNTOUCHED) as client:
        assert "点検も監査もまだありません" in (await client.get(BASE)).text
        assert 'value="2026"' in (await client.get(f"{BASE}/new")).text
        wrong = await client.post(
            f"{BASE}/new",
            data={"sort": "external-audit", "fiscal_year": "R8", "due_on": "2026-13-01"},
        )
        assert wrong.status_code == 422
        assert len(errors_of(wrong.text)) == 3
        place = await begin(client, areas=["lgwan", "internet"])
        address = await first_question(client, place)
        page = (await client.get(address)).text
        assert "五つの弱点の項目" in page
        nothing = await client.post(address, data={"version": "0"})
        assert nothing.status_code == 422
        assert "回答が選ばれていません" in errors_of(nothing.text)[0]
        unmet = {"answer": "unmet", "version": "0", "practice": "書きかけ"}
        unmet_page = await client.post(address, data=unmet)
        assert "理由" in errors_of(unmet_page.text)[0]
        assert "書きかけ" in unmet_page.text, "nothing typed is lost"
        half = unmet | {"reason": "予算がない", "owner": "総務課"}
        assert "期限がありません" in errors_of((await client.post(address, data=half)).text)[0]
        whole = half | {"due_on": "R9.3.31"}
        files = {"evidence_file": ("診断.pdf", b"%PDF-1.7 report", "application/pdf")}
        kept = await client.post(address, data=whole | {"evidence_until": "R9.3.31"}, files=files)
        assert kept.status_code == 303
        assert kept.headers["location"].startswith(place + "/"), "the next question opens"
        shown = (await client.get(address)).text
        link = re.search(rf'href="({BASE}/evidence/[^"]+)"', shown)
        assert link is not None
        paper = await client.get(link[1])
        assert paper.content == b"%PDF-1.7 report"
        assert paper.headers["content-disposition"].startswith("attachment")
        assert paper.headers["x-content-type-options"] == "nosniff"
        papers = (await client.get(f"{BASE}/evidence")).text
        assert "1件" in papers
        back = re.search(rf'href="({BASE}/evidence/[^"]+/withdraw)"', papers)
        assert back is not None
        assert "1件の回答が使っています" in (await client.get(back[1])).text
        assert (await client.post(back[1], data={})).status_code == 422
        stale = await client.post(address, data={"answer": "met", "version": "0"})
        assert stale.status_code == 409
        assert "今の回答" in stale.text
        bad = {"evidence_file": ("x.xlsm", b"\xd0\xcf\x11\xe0old", "application/x")}
        refused = await client.post(address, data=whole | {"version": "1"}, files=bad)
        assert refused.status_code == 422
        early = await client.post(f"{place}/close", data={})
        assert early.status_code == 409
        assert "未回答" in early.text
        await answer_rest(client, place)
        closed = await client.post(f"{place}/close", data={})
        assert closed.status_code == 303
        done = (await client.get(place)).text
        assert "件数を報告しました" in done
        assert "議会向けの報告" in done
        for name, start in (
            ("report.pdf", b"%PDF-"),
            ("report.docx", b"PK"),
            ("check.xlsx", b"PK"),
            ("ap.json", b"{"),
            ("ar.json", b"{"),
        ):
            found = await client.get(f"{place}/{name}")
            assert found.status_code == 200
            assert found.content.startswith(start)
        for name in ("ssp.json", "poam.json", "registers.xlsx"):
            assert (await client.get(f"{BASE}/{name}")).status_code == 200
        assert (await client.post(f"{place}/reopen", data={})).status_code == 422
        assert (await client.get(f"{place}/reopen")).status_code == 200
        assert (await client.post(back[1], data={"reason": "古い版"})).status_code == 303
        assert (await client.post(back[1], data={"reason": "もう一度"})).status_code == 409
        again = await client.post(f"{place}/reopen", data={"reason": "数え誤り"})
        assert again.status_code == 303
        await client.post(f"{place}/close", data={})


async def test_next_year_takes_over_and_the_workbook_comes_back(app: Litestar) -> None:
    async with staff(app, OFFICER) as client:
        await client.get(BASE)
        old = await begin(client, title="引継ぎの元")
        await answer_rest(client, old)
        await client.post(f"{old}/close", data={})
        place = await begin(client, title="引継ぎの先")
        asked = (await client.get(f"{place}/confirm")).text
        assert "確かめたことにする" in asked
        book = openpyxl.load_workbook(io.BytesIO((await client.get(f"{place}/check.xlsx")).content))
        page = book["回答"]
        head = next(row[0].row for row in page.iter_rows(max_row=10) if row[0].value == "番号")
        page.cell(head + 1, 7).value = "実施していない"
        page.cell(head + 2, 7).value = "はい"
        target = io.BytesIO()
        book.save(target)
        sent = {"workbook": ("a.xlsx", target.getvalue(), "application/x")}
        faulty = await client.post(f"{place}/import", files=sent)
        assert faulty.status_code == 422
        assert "まだ何も書き込んでいません" in faulty.text
        assert f"G{head + 2}" in faulty.text
        page.cell(head + 1, 9).value = "機器の更新待ち"
        page.cell(head + 2, 7).value = "実施している"
        target = io.BytesIO()
        book.save(target)
        sent = {"workbook": ("a.xlsx", target.getvalue(), "application/x")}
        read = await client.post(f"{place}/import", files=sent)
        assert read.status_code == 200
        found = re.search(rf'action="({place}/import/[^"]+)"', read.text)
        assert found is not None
        assert (await client.post(found[1])).status_code == 303
        assert (await client.post(found[1])).status_code == 409
        assert (await client.post(f"{place}/import", data={})).status_code == 422
        junk = {"workbook": ("a.xlsx", b"junk", "application/x")}
        assert "読めません" in (await client.post(f"{place}/import", files=junk)).text
        assert (await client.get(f"{place}/import")).status_code == 200
        assert (await client.post(f"{place}/confirm", data={})).status_code == 303
        left = await client.get(f"{API}/checks/{place.rsplit('/', 1)[1]}/questions?only=stale")
        assert left.json()["questions"] == []


async def test_a_correction_an_exception_and_a_risk_by_form(app: Litestar) -> None:
    async with (
        staff(app, OFFICER) as client,
        staff(app, AUDITOR) as auditor,
        staff(app, ADOPTER) as ciso,
    ):
        assert (await client.get(f"{BASE}/corrections/new")).status_code == 200
        assert (await client.post(f"{BASE}/corrections/new", data={})).status_code == 422
        entered = await client.post(
            f"{BASE}/corrections/new",
            data={"title": "鍵を替える", "owner": "総務課", "due_on": "R8.12.1"},
        )
        place = entered.headers["location"]
        bad_day = await client.post(place, data={"title": "x", "due_on": "13月"})
        assert bad_day.status_code == 422
        change = {"title": "鍵を替える", "owner": "管財課", "due_on": "R8.12.1", "version": "1"}
        assert (await client.post(place, data=change)).status_code == 303
        assert (await client.post(place, data=change)).status_code == 409
        assert (await client.post(place, data={"step": "fly"})).status_code == 422
        assert (await client.post(place, data={"step": "done"})).status_code == 422
        done = await client.post(place, data={"step": "done", "note": "替えた"})
        assert done.status_code == 303
        assert "ほかの人が確かめます" in (await client.get(place)).text
        own = await client.post(place, data={"step": "verified"})
        assert own.status_code == 403
        assert (await auditor.post(place, data={"step": "verified"})).status_code == 303
        assert "担当：総務課 → 管財課" in (await client.get(place)).text

        assert (await client.get(f"{BASE}/exceptions/new")).status_code == 200
        empty = await client.post(f"{BASE}/exceptions/new", data={})
        assert len(errors_of(empty.text)) == 6
        filled = {
            "title": "無線LANの認証",
            "items": ["gl-p2-2-6.1.13"],
            "target": "area:internet",
            "reason": "機器が古い",
            "risk": "盗聴",
            "compensating": "使う場所を限る",
            "until": "R9.3.31",
        }
        assert (
            await client.post(f"{BASE}/exceptions/new", data=filled | {"target": "x"})
        ).status_code == 422
        applied = await client.post(f"{BASE}/exceptions/new", data=filled)
        place = applied.headers["location"]
        assert "決定を待つ例外措置" in (await client.get(BASE)).text
        assert "CISOの権限を持つほかの人" in (await client.get(place)).text
        assert (await client.post(place, data={"deed": "approve"})).status_code == 403
        assert (await auditor.post(place, data={"deed": "approve"})).status_code == 403
        assert (await ciso.post(place, data={"deed": "refuse"})).status_code == 422
        assert (await ciso.post(place, data={"deed": "approve"})).status_code == 303
        assert (await ciso.post(place, data={"deed": "approve"})).status_code == 409
        assert (await client.post(place, data={"deed": "end"})).status_code == 422

        assert (await client.get(f"{BASE}/risks/new")).status_code == 200
        empty = await client.post(f"{BASE}/risks/new", data={})
        assert "対応が選ばれていません" in errors_of(empty.text)[0]
        risk = {
            "asset": "住民記録",
            "threat": "停電",
            "likelihood": "2",
            "impact": "4",
            "treatment": "reduce",
            "plan": "発電機を置く",
            "owner": "管財課",
            "review_on": "R9.10.1",
        }
        place = (await client.post(f"{BASE}/risks/new", data=risk)).headers["location"]
        assert (await client.get(f"{place}/assess")).status_code == 200
        again = risk | {"likelihood": "1", "version": "1"}
        assert (await client.post(f"{place}/assess", data=again)).status_code == 303
        assert (await client.post(f"{place}/assess", data=again)).status_code == 409
        assert (await client.post(place, data={"note": "x"})).status_code == 403
        assert (await ciso.post(place, data={"note": ""})).status_code == 422
        assert (await ciso.post(place, data={"note": "費用"})).status_code == 303
        link = f"{BASE}/corrections/new?risk={place.rsplit('/', 1)[1]}"
        assert (await client.get(link)).status_code == 200
        treated = await client.post(
            f"{BASE}/corrections/new",
            data={
                "title": "発電機",
                "owner": "管財課",
                "due_on": "R9.3.31",
                "risk": place.rsplit("/", 1)[1],
            },
        )
        assert "リスク評価" in (await client.get(treated.headers["location"])).text
        assert "発電機" in (await client.get(place)).text
        assert (await client.post(place, data={"deed": "close", "note": "廃止"})).status_code == 303
        assert (await client.get(f"{BASE}/risks")).status_code == 200


async def test_a_plan_of_action_of_another_tool_comes_in(app: Litestar) -> None:
    item = {"uuid": str(uuid4()), "title": "更新する", "description": "古い"}
    document = {
        "plan-of-action-and-milestones": {
            "uuid": str(uuid4()),
            "metadata": {
                "title": "計画",
                "last-modified": "2026-11-01T00:00:00Z",
                "version": "1",
                "oscal-version": "1.1.2",
            },
            "poam-items": [item],
        }
    }
    data = msgspec.json.encode(document)
    place = f"{BASE}/corrections/import"
    async with staff(app, OFFICER) as client:
        assert (await client.get(place)).status_code == 200
        assert (await client.post(place, data={})).status_code == 422
        taken = await client.post(place, files={"poam": ("p.json", data, "application/json")})
        assert taken.status_code == 200
        assert "登録した是正" in taken.text
        again = await client.post(f"{API}/corrections/imports", content=data)
        assert again.json() == {"added": 0, "known": 1, "faults": []}
        round_place = await begin(client, title="OSCALの取込み先")
        wrong = {"workbook": ("x.json", b'{"x": 1}', "application/json")}
        assert (await client.post(f"{round_place}/import", files=wrong)).status_code == 422


async def test_programs_do_all_that_pages_do(app: Litestar) -> None:
    async with (
        staff(app, OFFICER, OTHER_TOWN, html=False) as client,
        staff(app, ADOPTER, OTHER_TOWN, html=False) as ciso,
        staff(app, AUDITOR, OTHER_TOWN, html=False) as auditor,
    ):
        opened = await client.post(
            f"{API}/checks", json={"sort": "self-check", "fiscal_year": 2026, "areas": ["lgwan"]}
        )
        assert opened.status_code == 201, opened.text
        round_id = opened.json()["round_id"]
        assert opened.json()["carried"] == 0
        paper = await client.post(
            f"{API}/evidence",
            json={
                "title": "規程",
                "file_name": "規程.txt",
                "content": base64.b64encode("第1条".encode()).decode(),
            },
        )
        assert paper.status_code == 201, paper.text
        evidence_id = paper.json()["evidence_id"]
        got = await client.get(f"{API}/evidence/{evidence_id}/content")
        assert got.text == "第1条"
        questions = (await client.get(f"{API}/checks/{round_id}/questions")).json()["questions"]
        assert len(questions) == opened.json()["questions"]
        gap, *rest = questions

        def answers(*found: Mapping[str, Any], **values: Any) -> dict[str, Any]:
            keys = ("target_id", "item_id", "version")
            return {"answers": [{key: one[key] for key in keys} | values for one in found]}

        url = f"{API}/checks/{round_id}/answers"
        wrong = await client.post(url, json=answers(gap, answer="unmet"))
        assert wrong.status_code == 422
        assert wrong.json()["type"] == "/problems/security.check-form"
        assert wrong.json()["fields"]["reason"]
        sent = await client.post(
            url,
            json=answers(
                gap,
                answer="unmet",
                reason="予算",
                correction={"owner": "総務課", "due_on": "2027-03-31"},
            ),
        )
        assert sent.json() == {"written": 1}
        assert (await client.post(url, json=answers(gap, answer="met"))).status_code == 409
        filled = answers(*rest, answer="met", evidence=[evidence_id])
        assert (await client.post(url, json=filled)).status_code == 200
        detail = (await client.get(f"{API}/checks/{round_id}")).json()
        assert detail["counts"]["unmet"] == 1
        assert detail["counts"]["unanswered"] == 0
        assert len(detail["weak_spots"]) == 5
        assert [one["kind"] for one in detail["targets"]] == ["whole", "area"]
        closed = await client.post(f"{API}/checks/{round_id}/close", json={})
        assert closed.status_code == 200, closed.text
        assert closed.json()["revision"] == 1
        assert closed.json()["open_corrections"] == 1
        reopen = await client.post(f"{API}/checks/{round_id}/reopen", json={"reason": "訂正"})
        assert reopen.status_code == 204
        confirm = await client.post(f"{API}/checks/{round_id}/confirm", json={})
        assert confirm.json() == {"written": 0}
        book = await client.get(f"{API}/checks/{round_id}/workbook.xlsx")
        preview = await client.post(f"{API}/checks/{round_id}/imports", content=book.content)
        assert preview.json()["changes"] == []
        junk = await client.post(f"{API}/checks/{round_id}/imports", content=b"junk")
        assert junk.status_code == 422
        applied = await client.post(f"{API}/checks/{round_id}/imports/{uuid4()}/apply")
        assert applied.status_code == 404
        for name in ("report.pdf", "report.docx", "oscal/ap.json", "oscal/ar.json"):
            assert (await client.get(f"{API}/checks/{round_id}/{name}")).status_code == 200
        for name in ("registers.xlsx", "oscal/ssp.json", "oscal/poam.json"):
            assert (await client.get(f"{API}/checks/{name}")).status_code == 200
        assert (await client.get(f"{API}/checks")).json()["rounds"][0]["state"] == "open"
        taken = await client.post(f"{API}/evidence/{evidence_id}/withdraw", json={"reason": "誤り"})
        assert taken.status_code == 204
        assert (await client.get(f"{API}/evidence")).json()["evidence"] == []
        await registers_by_program(client, ciso, auditor)


async def registers_by_program(
    client: httpx.AsyncClient, ciso: httpx.AsyncClient, auditor: httpx.AsyncClient
) -> None:
    """Corrections, exceptions and risks through the calls for programs."""
    new = {"title": "替える", "owner": "総務課", "due_on": "2026-12-01"}
    number = (await client.post(f"{API}/corrections", json=new)).json()["id"]
    url = f"{API}/corrections/{number}"
    assert (await client.put(url, json=new | {"version": 1})).status_code == 204
    step = {"step": "done", "note": "した"}
    assert (await client.post(f"{url}/step", json=step)).status_code == 204
    own = await client.post(f"{url}/step", json={"step": "verified"})
    assert own.json()["type"] == "/problems/security.own-decision"
    assert (await auditor.post(f"{url}/step", json={"step": "verified"})).status_code == 204
    found = (await client.get(url)).json()
    assert [one["what"] for one in found["events"]] == ["enter", "change", "done", "verified"]
    listed = (await client.get(f"{API}/corrections?only=open")).json()
    assert number not in {one["correction_id"] for one in listed["corrections"]}
    assert (await client.get(f"{API}/corrections?only=late")).json()["corrections"] == []
    unknown = await client.post(f"{API}/corrections", json=new | {"risk_id": str(uuid4())})
    assert unknown.status_code == 404

    asked = {
        "title": "無線LAN",
        "items": ["gl-p2-2-6.1.13"],
        "reason": "古い",
        "risk": "盗聴",
        "compensating": "限る",
        "until": "2027-03-31",
    }
    number = (await client.post(f"{API}/exceptions", json=asked)).json()["id"]
    url = f"{API}/exceptions/{number}"
    assert (await client.post(f"{url}/decision", json={"approved": True})).status_code == 403
    assert (await auditor.post(f"{url}/decision", json={"approved": True})).status_code == 403
    assert (await ciso.post(f"{url}/decision", json={"approved": True})).status_code == 204
    (permitted,) = (await client.get(f"{API}/exceptions")).json()["exceptions"]
    assert permitted["in_force"]
    assert (await client.post(f"{url}/end", json={"note": "替えた"})).status_code == 204

    risk = {
        "asset": "住民記録",
        "threat": "停電",
        "likelihood": 4,
        "impact": 4,
        "treatment": "reduce",
        "plan": "発電機",
        "owner": "管財課",
        "review_on": "2027-10-01",
    }
    number = (await client.post(f"{API}/risks", json=risk)).json()["id"]
    url = f"{API}/risks/{number}"
    assert (await client.put(url, json=risk | {"impact": 5, "version": 1})).status_code == 204
    assert (await client.post(f"{url}/acceptance", json={"note": "x"})).status_code == 403
    assert (await ciso.post(f"{url}/acceptance", json={"note": "費用"})).status_code == 204
    (kept,) = (await client.get(f"{API}/risks")).json()["risks"]
    assert (kept["grade"], kept["state"]) == ("extreme", "accepted")
    assert (await client.post(f"{url}/close", json={"note": "廃止"})).status_code == 204


async def test_characters_that_no_table_holds_are_refused_or_left_out(app: Litestar) -> None:
    new = {"owner": "総務課", "due_on": "2026-12-01"}
    async with staff(app, OFFICER, html=False) as client:
        sent = await client.post(f"{API}/corrections", json=new | {"title": "a\x00b"})
        assert sent.status_code == 422
        assert sent.headers["content-type"].startswith("application/problem+json")
    async with staff(app, OFFICER) as client:
        typed = new | {"title": "a\x00b\x0bc", "due_on": "R8.12.1"}
        entered = await client.post(f"{BASE}/corrections/new", data=typed)
        assert entered.status_code == 303
        assert "abc" in (await client.get(entered.headers["location"])).text
        place = await begin(client, title="制御文字")
        target = (await first_question(client, place)).split("/")[-2]
        assert (await client.get(f"{place}/{target}/x%00y")).status_code == 404
        assert (await client.get(f"{place}?spot=%00&chapter=%00&target=%00")).status_code == 200
        assert (await client.get(f"{place}?only=nothing")).status_code == 422


async def test_another_body_and_other_roles_see_nothing(app: Litestar) -> None:
    async with staff(app, OFFICER) as client:
        place = await begin(client, title="見えない点検")
        address = await first_question(client, place)
        round_id = place.rsplit("/", 1)[1]
    async with staff(app, OFFICER, "141003") as other:
        assert "見えない点検" not in (await other.get(BASE)).text
        assert (await other.get(place)).status_code == 404
        assert (await other.get(address)).status_code == 404
        assert (await other.get(f"{place}/check.xlsx")).status_code == 404
        assert (await other.get(f"{API}/checks/{round_id}")).status_code == 404
        assert (await other.post(f"{place}/close", data={})).status_code == 404
    async with staff(app, AUDITOR) as auditor:
        shown = (await auditor.get(address)).text
        assert "保存して次の項目へ" not in shown
        assert (await auditor.post(address, data={"answer": "met"})).status_code == 403
        audit = await begin(auditor, sort="audit")
        assert await first_question(auditor, audit)
    async with staff(app, ADOPTER) as adopter:
        assert (await adopter.get(place)).status_code == 200
        assert (await adopter.post(f"{place}/close", data={})).status_code == 403
    async with staff(app, frozenset({Role.CLERK})) as clerk:
        assert (await clerk.get(BASE)).status_code == 403
        assert (await clerk.get(f"{API}/corrections")).status_code == 403


async def test_a_prefecture_checks_itself_as_a_body(prefecture: Litestar) -> None:
    async with signed_in(prefecture, OFFICER, prefecture="13", html=True) as client:
        place = await begin(client, sort="self-check")
        await answer_rest(client, place)
        assert (await client.post(f"{place}/close", data={})).status_code == 303
        assert "2026年度 自己点検" in (await client.get(BASE)).text
    async with signed_in(prefecture, OFFICER, prefecture="01", html=True) as other:
        assert (await other.get(place)).status_code == 404


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
async def test_the_pages_are_accessible_and_inside_the_window(
    app: Litestar, databases: dict[Tier, Database]
) -> None:
    town = "132012"
    pages: dict[str, httpx.Response] = {}
    async with databases[Tier.TOWN].transaction(town=town) as tx:
        await Corrections(CLOCK).take_finding(tx, town, finding())
    async with staff(app, OFFICER, town) as client, staff(app, ADOPTER, town) as ciso:
        old = await begin(client, fiscal_year="2025", areas=["lgwan", "internet"])
        await answer_rest(client, old)
        await client.post(f"{old}/close", data={})
        place = await begin(client, areas=["lgwan", "internet"])
        address = await first_question(client, place)
        planned = {
            "answer": "unmet",
            "version": "1",
            "reason": "診断の予算を令和9年度に要求している",
            "owner": "情報政策課",
            "due_on": "R9.9.30",
            "evidence_title": "診断の見積書",
            "evidence_place": "情報政策課の書庫",
        }
        after = (await client.post(address, data=planned)).headers["location"]
        pages["checks-question"] = await client.get(address)
        pages["checks-question-error"] = await client.post(
            after, data={"answer": "partly", "version": "1"}
        )
        pages["checks-question-conflict"] = await client.post(
            address, data={"answer": "met", "version": "1", "practice": "実施した"}
        )
        pages["checks-evidence"] = await client.get(f"{BASE}/evidence")
        pages["checks-round"] = await client.get(place)
        pages["checks-confirm"] = await client.get(f"{place}/confirm")
        pages["checks-close"] = await client.post(f"{place}/close", data={})
        pages["checks-new"] = await client.post(f"{BASE}/new", data={"due_on": "x"})
        book = openpyxl.load_workbook(io.BytesIO((await client.get(f"{place}/check.xlsx")).content))
        book["回答"].cell(6, 7).value = "はい"
        book["回答"].cell(7, 7).value = "実施していない"
        target = io.BytesIO()
        book.save(target)
        sent = {"workbook": ("a.xlsx", target.getvalue(), "application/x")}
        pages["checks-import"] = await client.post(f"{place}/import", files=sent)
        pages["checks-corrections"] = await client.get(f"{BASE}/corrections?only=all")
        found = re.search(
            rf'href="({BASE}/corrections/[0-9a-f-]+)"', pages["checks-corrections"].text
        )
        assert found is not None
        pages["checks-correction"] = await client.get(found[1])
        filled = {
            "title": "会議室の無線LANの認証",
            "items": ["gl-p2-2-6.1.13"],
            "target": "area:internet",
            "reason": "機器が証明書による認証に対応していない",
            "risk": "職員以外の人の接続",
            "compensating": "使う時間と場所を限り、接続を毎日確かめる",
            "until": "R9.3.31",
        }
        applied = await client.post(f"{BASE}/exceptions/new", data=filled)
        pages["checks-exceptions"] = await client.get(f"{BASE}/exceptions")
        pages["checks-exception"] = await ciso.get(applied.headers["location"])
        pages["checks-exception-new"] = await client.post(f"{BASE}/exceptions/new", data={})
        risk = {
            "asset": "住民記録システム",
            "threat": "ランサムウェア",
            "weakness": "バックアップが同じネットワークにある",
            "likelihood": "3",
            "impact": "5",
            "treatment": "reduce",
            "plan": "切り離した場所に置く",
            "owner": "情報政策課",
            "review_on": "R9.10.1",
        }
        entered = await client.post(f"{BASE}/risks/new", data=risk)
        pages["checks-risks"] = await client.get(f"{BASE}/risks")
        pages["checks-risk"] = await ciso.get(entered.headers["location"])
        pages["checks-risk-form"] = await client.post(
            f"{BASE}/risks/new", data={"treatment": "reduce"}
        )
        pages["checks-home"] = await client.get(BASE)
    texts = {name: page.text for name, page in pages.items()}
    if "JICHITAI_TEST_PICTURES" not in os.environ:  # all of them when somebody wants to look
        texts = {name: texts[name] for name in USUAL}
    assert await to_thread(inspect_pages, texts) == []
