"""Pages and programs of the workshop: one journey each, what is refused, and who gets nothing."""

import base64
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.kernel.parties import Tier
from jichitai.security.policy import worker
from jichitai.security.policy.reach import HttpFetcher
from jichitai.security.policy.routes import ROUTES
from jichitai.security.policy.service import publishing
from jichitai.security.policy.service.desk import Desk
from jichitai.security.policy.store.policies import Due
from jichitai.web import rights
from jichitai.web.rights import Role
from tests.conftest import OTHER_TOWN, TOWN, Cluster
from tests.security.policy_web import (
    API,
    PAGES,
    adopter,
    approved,
    drafted,
    good,
    officer,
    published,
    shown_errors,
    workshop,
)
from tests.web.client import browser, signed_in

REGULATION = """例示町情報セキュリティ対策規程
（令和6年9月11日訓令第44号）
第1章　総則
（目的）
第1条　この規程は、本町の情報資産を守るために必要な事項を定める。
（最高情報セキュリティ責任者）
第2条　副町長を最高情報セキュリティ責任者とする。
2　最高情報セキュリティ責任者は、全ての情報資産の管理に最終の責任を有する。
（情報セキュリティ委員会）
第3条　情報セキュリティ委員会を置く。
（バックアップの実施）
第4条　情報システム管理者は、定期にバックアップを取得する。
（ログの取得等）
第5条　統括情報セキュリティ責任者は、ログを取得し、保存する。
（パスワードの取扱い）
第6条　職員は、パスワードを秘密にしなければならない。
附　則
この規程は、公布の日から施行する。
"""


@pytest.fixture(scope="module")
async def app(
    cluster18: Cluster, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Litestar]:
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    folder: Path = tmp_path_factory.mktemp("seals")
    async with workshop(cluster18, keys, clock, folder) as made:
        yield made


async def test_a_program_takes_a_policy_from_nothing_to_the_public(app: Litestar) -> None:
    async with officer(app) as client:
        policy = await drafted(client, cloud="low", ciso="head", effective="2026-11-20")
        found = await good(await client.get(f"{API}/{policy}/versions/1"))
        assert found["problems"] == []
        assert {one["part"] for one in found["clauses"]} == {"basic", "standard"}
        row = await published(app, client, policy)
        assert row["state"] == "published"
        assert not row["counted"]
        steps = await good(await client.get(f"{API}/{policy}/steps"))
        assert steps[-1]["verb"] == "publish"
        assert steps[-1]["hash"] == row["document_hash"]
        paper = await client.get(f"{API}/{policy}/versions/1/papers/standard")
        assert paper.content.startswith(b"%PDF-")
    path = row["address"].removeprefix("http://127.0.0.1:8100")
    async with browser(app, html=True) as anybody:
        page = (await anybody.get(path)).text
        stable = (await anybody.get(path.rpartition("/")[0])).text
        json = await anybody.get(f"{path}/document.json")
        pdf = await anybody.get(f"{path}/document.pdf")
        assert (await anybody.get(f"/policies/{TOWN}")).status_code == 200
    assert "第1条（目的）" in page
    assert "assembly-7" in page
    assert stable.count("<h2") == page.count("<h2")
    assert sha256(json.content).hexdigest() == row["document_hash"]
    assert sha256(pdf.content).hexdigest() == row["paper_hash"]


async def test_the_standard_never_leaves_its_body(app: Litestar) -> None:
    async with officer(app) as client:
        policy = await drafted(client)
        row = await published(app, client, policy)
        found = await good(await client.get(f"{API}/{policy}/versions/1"))
    secrets = [one["body"] for one in found["clauses"] if one["part"] == "standard"]
    path = row["address"].removeprefix("http://127.0.0.1:8100")
    async with browser(app, html=True) as anybody:
        shown = [
            (await anybody.get(one)).text
            for one in (path, path.rpartition("/")[0], f"/policies/{TOWN}", f"{path}/document.json")
        ]
        assert (await anybody.get(f"{path.rpartition('/')[0]}/2")).status_code == 404
        for wrong in ("/policies/000000", f"/policies/{OTHER_TOWN}/joint", "/policies/x/%00"):
            assert (await anybody.get(wrong)).status_code == 404
    for line in (line for body in secrets for line in body.splitlines() if len(line) > 30):
        assert not any(line in page for page in shown)
    assert ("noindex" in shown[0]) is app.state.settings.demo  # a real policy may be found


async def test_the_days_work_brings_it_into_force_and_looks_at_its_address(
    app: Litestar, keys: Keys
) -> None:
    clock = FixedClock(datetime(2026, 11, 21, 10, 0, tzinfo=JST))
    desk, db = Desk(clock, Outbox(keys.network, clock)), app.state.db
    async with officer(app) as client:
        policy = await drafted(client)
        row = await published(app, client, policy)
        await worker.turn_days(db, desk)
        due = Due(TOWN, UUID(policy), 1)

        async def now() -> dict[str, Any]:
            shown = await good(await client.get(f"{API}/{policy}"))
            found: dict[str, Any] = shown["versions"][0]
            return found

        assert (await now())["state"] == "in-force"
        own = HttpFetcher(inside=True, transport=httpx.ASGITransport(app=app))  # type: ignore[arg-type]
        assert await publishing.check(desk, db, own, due) == "ok"
        assert (await now())["counted"]
        assert row["address"].startswith("http://127.0.0.1:8100/policies/")
        other = HttpFetcher(
            inside=True,
            transport=httpx.MockTransport(lambda _: httpx.Response(200, html="<p>準備中</p>")),
        )
        wrong = await publishing.check(desk, db, other, due)
        assert "文書ではありません" in wrong
        assert (await now())["counted"], "one failure may be a hiccup"
        clock.instant += timedelta(minutes=11)
        await worker.check_addresses(db, desk, other)
        assert not (await now())["counted"]
        clock.instant += timedelta(days=366)
        await worker.turn_days(db, desk)
        assert (await now())["state"] == "review-due"
        said = {"number": "見-1", "reason": "変えるところはない"}
        done = await client.post(f"{API}/{policy}/versions/1/reviewed", json=said)
        assert (await good(done))["state"] == "in-force"
        gone = await client.post(f"{API}/{policy}/versions/1/repeal", json=said)
        assert (await good(gone))["state"] == "repealed"
    async with db.transaction(town=TOWN) as tx:
        rows = await tx.execute("select count(*) from infra.outbox where kind = 'S01'")
        assert (await rows.fetchone())[0] >= 12
    async with browser(app, html=True) as anybody:
        path = row["address"].removeprefix("http://127.0.0.1:8100")
        assert "廃止されました" in (await anybody.get(path)).text


async def test_nothing_unpublished_is_public(app: Litestar) -> None:
    async with officer(app, OTHER_TOWN) as client:
        await drafted(client)
    async with browser(app, html=True) as anybody:
        assert (await anybody.get(f"/policies/{OTHER_TOWN}")).status_code == 404
        assert (await anybody.get(f"/policies/{OTHER_TOWN}/joint/1")).status_code == 404


async def test_other_roles_and_other_bodies_get_nothing(app: Litestar) -> None:
    async with officer(app) as client:
        policy = await drafted(client)
        base = f"{API}/{policy}/versions/1"
        clause = (await good(await client.get(base)))["clauses"][0]["clause_id"]
    table = rights.table(app)
    mine = [one for one in table if "/policies" in one.path and not one.public]
    assert len(mine) >= 30
    filled = {
        "{policy_id:uuid}": policy,
        "{version:int}": "1",
        "{clause_id:uuid}": clause,
        "{source_id:uuid}": policy,
        "{part:str}": "basic",
        "{verb:str}": "submit",
    }

    def path(route: rights.RouteRights) -> str:
        found = re.sub(r"\{(\w+)\}", lambda m: next(
            (v for k, v in filled.items() if k.startswith("{" + m[1])), "x"), route.path)  # fmt: skip
        for name, value in filled.items():
            found = found.replace(name, value)
        return found

    async with (
        signed_in(app, {Role.CLERK}, municipality=TOWN) as clerk,
        officer(app, OTHER_TOWN) as stranger,
        browser(app) as nobody,
    ):
        for route in mine:
            refused = await clerk.request(route.method, path(route), json={})
            assert refused.status_code == 403, route
            assert (await nobody.request(route.method, path(route), json={})).status_code == 401
            if "policy_id" in route.path and route.method == "GET" and "new" not in route.path:
                answer = await stranger.get(path(route), params={"item": "GL-P2-1-1"})
                assert answer.status_code == 404, (route, answer.text)
    async with officer(app, OTHER_TOWN) as stranger:
        for verb, body in (
            ("submit", {}),
            ("publish", {}),
            ("drop", {"reason": "x"}),
            ("return", {"reason": "x"}),
        ):
            assert (await stranger.post(f"{base}/{verb}", json=body)).status_code == 404
        assert (await stranger.get(f"{PAGES}/{policy}")).status_code == 404


async def test_a_person_answers_edits_and_decides_without_script(app: Litestar) -> None:
    async with officer(app, html=True) as client:
        begun = await client.post(PAGES, data={"way": "questions"})
        home = begun.headers["location"].removesuffix("/questions")
        refused = await client.post(f"{home}/questions?group=5", data={"logs": "1"})
        assert refused.status_code == 422
        assert "3から120まで" in shown_errors(refused.text)[0]
        for group in range(6):
            page = (await client.get(f"{home}/questions?group={group}")).text
            assert "反映先" in page
            form = dict(re.findall(r'<input[^>]*name="([a-z_]+)"[^>]*value="([^"]*)"', page))
            form = {k: v for k, v in form.items() if f'type="radio" name="{k}"' not in page}
            boxes = re.findall(r'type="checkbox" name="([a-z]+)" value="([^"]+)"[^>]*checked', page)
            several = {name: [v for k, v in boxes if k == name] for name, _ in boxes}
            sent = await client.post(f"{home}/questions?group={group}", data=form | several)
            assert sent.status_code == 303, shown_errors(sent.text)
        page = (await client.get(home)).text
        assert "案が整いました" in page
        text = f"{home}/versions/1/text"
        clause = re.findall(
            rf'href="({home}/versions/1/clauses/[0-9a-f-]+)"', (await client.get(text)).text
        )[0]
        first = (await client.get(clause)).text
        edition = re.search(r'name="edition" value="(\d+)"', first)
        assert edition is not None
        item = re.search(r'name="items" value="([^"]+)"', first)
        assert item is not None
        mine = {"edition": edition[1], "title": "目的", "body": "自分の文。", "items": item[1]}
        assert (await client.post(clause, data=mine)).status_code == 303
        late = await client.post(clause, data=mine | {"body": "遅れて来た文。"})
        assert late.status_code == 409
        assert "二つの文を一つに合わせる" in late.text
        assert "遅れて来た文。" in late.text
        assert "自分の文。" in late.text
        rival = re.search(r'name="rival" value="([^"]+)"', late.text)
        merged = re.search(
            r'name="deed" value="merge">.*?name="edition" value="(\d+)"', late.text, re.DOTALL
        )
        assert rival is not None
        assert merged is not None
        done = await client.post(
            clause,
            data=mine
            | {"deed": "merge", "rival": rival[1], "edition": merged[1], "body": "一つの文。"},
        )
        assert done.status_code == 303
        assert "遅れて来た文" not in (await client.get(clause)).text
        copied = (await client.get(f"{clause}?insert={item[1]}")).text
        assert "まだ保存していません" in copied
        assert (await client.post(f"{home}/versions/1/steps/submit", data={})).status_code == 303
        bad = await client.post(f"{home}/versions/1/steps/committee", data={"number": "1"})
        assert bad.status_code == 422
        result = {"approved": "yes", "number": "委-3", "held_on": "R8.11.20"}
        assert (
            await client.post(f"{home}/versions/1/steps/committee", data=result)
        ).status_code == 303
        page = (await client.get(home)).text
        text_hash = re.search(r"[0-9a-f]{64}", page)
        assert text_hash is not None
        for organ in re.findall(r'data-label="機関"><span>([^<]+)', page):
            assert organ
    async with adopter(app, "head", html=True) as head:
        page = (await head.get(home)).text
        assert "この文書を定めたと記録する" in page
        wrong = {"number": "決-1", "decided_on": "R9.1.1", "document_hash": text_hash[0]}
        assert (
            "未来"
            in shown_errors((await head.post(f"{home}/versions/1/adoptions", data=wrong)).text)[0]
        )
        right = wrong | {"decided_on": "R8.11.20"}
        assert (await head.post(f"{home}/versions/1/adoptions", data=right)).status_code == 303
        assert "決-1" in (await head.get(home)).text


async def test_an_existing_regulation_becomes_clauses_and_gaps(app: Litestar) -> None:
    async with officer(app) as client:
        made = await good(await client.post(API, json={"organs": ["head"]}), 201)
        base = f"{API}/{made['policy_id']}/versions/1"
        upload = {"name": "規程.txt", "content": base64.b64encode(REGULATION.encode()).decode()}
        read = await good(await client.post(f"{base}/sources", json=upload), 201)
        assert [one["label"] for one in read["articles"]][
            1
        ] == "第2条（最高情報セキュリティ責任者）"
        assert read["articles"][0]["part"] == "basic"
        assert "GL-P2-2-1(1)" in read["articles"][1]["items"]
        assert read["gaps"]
        choice = {"article": 5, "part": "standard", "items": ["GL-P2-2-5.4(3)"]}
        use = f"{base}/sources/{read['source_id']}/use"
        body = {"choices": [choice], "designate": True}
        assert (await good(await client.post(use, json=body)))["written"] == 6
        assert (await client.post(use, json=body)).status_code == 422
        found = await good(await client.get(base))
        assert any("基本方針に必要な節" in one for one in found["problems"])
        second = next(one for one in found["clauses"] if "最高" in one["title"])
        assert second["body"].splitlines()[1].startswith("最高情報")
        await good(await client.post(f"{API}/{made['policy_id']}/draft"))
        found = await good(await client.get(base))
        assert [one for one in found["gaps"] if one["obligation"] == "statutory"] == []
        assert len(found["gaps"]) < 10
        assert found["version"]["name"] == "例示町情報セキュリティ対策規程"
        assert sum(one["title"] == "最高情報セキュリティ責任者" for one in found["clauses"]) == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "古い形式"),
        ("x.pdf", b"%PDF-1.7 broken", "PDF"),
        ("x.txt", b"\xff\xfe\x00\x00\x01", ""),
        ("x.txt", "ただの文です。".encode(), "条"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why_and_changes_nothing(
    app: Litestar, name: str, content: bytes, says: str
) -> None:
    async with officer(app, html=True) as client:
        begun = await client.post(PAGES, data={"way": "import"})
        page = begun.headers["location"]
        answer = await client.post(page, files={"document": (name, content, "application/x")})
        assert answer.status_code == 422
        assert says in shown_errors(answer.text)[0]
        home = page.partition("/versions")[0]
        assert "まだ条文がありません" in (await client.get(home)).text


async def test_the_pages_of_an_import_lead_to_its_gaps(app: Litestar) -> None:
    async with officer(app, html=True) as client:
        begun = await client.post(PAGES, data={"way": "import"})
        page = begun.headers["location"]
        taken = await client.post(page, files={"document": ("規程.txt", REGULATION.encode())})
        assert taken.status_code == 303
        matches = (await client.get(taken.headers["location"])).text
        assert "どの条も答えていない項目" in matches
        used = await client.post(
            taken.headers["location"], data={"part-0": "basic", "items-0": "GL-P2-1-1"}
        )
        assert used.status_code == 303
        gaps = (await client.get(used.headers["location"])).text
        assert "文案から条を作る" in gaps
        base = used.headers["location"].partition("/text")[0]
        wrote = await client.post(f"{base}/items", data={"item": "GL-P2-1-2", "deed": "write"})
        assert "定義" in (await client.get(wrote.headers["location"])).text
        declined = {"item": "GL-P2-2-4.1(2)", "deed": "decline", "reason": "サーバを持たない"}
        assert (await client.post(f"{base}/items", data=declined)).status_code == 303
        assert "サーバを持たない" in (await client.get(f"{base}/text?show=declined")).text


async def test_refusals_tell_programs_what_to_do(app: Litestar) -> None:
    async with officer(app) as client:
        policy = await drafted(client)
        base = f"{API}/{policy}/versions/1"
        for method, path, body, status, kind in (
            ("POST", API, {"organs": ["labour"]}, 422, "security.policy-bad-answer"),
            ("PUT", f"{API}/{policy}/interview", {"answers": {"model": "gamma"}}, 422, "security.policy-bad-answer"),
            ("PUT", f"{API}/{policy}/interview", {"answers": {}, "edition": 99}, 409, "security.stale-edit"),
            ("POST", f"{base}/publish", {}, 409, "security.policy-wrong-step"),
            ("POST", f"{base}/decisions", {"item": "X", "reason": "r"}, 422, "security.policy-bad-clause"),
            ("POST", f"{base}/clauses", {"part": "basic", "title": "a", "body": "b\x00", "items": ["Q"]}, 422, "security.policy-bad-clause"),
            ("GET", f"{API}/{policy}/versions/99999999999", None, 404, "security.unknown-document"),
            ("POST", f"{base}/check", None, 409, "security.policy-wrong-step"),
        ):  # fmt: skip
            answer = await client.request(method, path, json=body)
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert answer.json()["type"].endswith(kind)
            assert len(answer.json()["detail"]) > 20
        text = await approved(client, policy)
        assert (await client.post(f"{base}/draft", json={})).status_code in {404, 405}
        redraft = await client.post(f"{API}/{policy}/draft")
        assert redraft.json()["type"].endswith("security.policy-wrong-step")
    async with adopter(app, "education") as other:
        body = {"decision_number": "1", "decided_on": "2026-11-20", "document_hash": text}
        answer = await other.post(f"{base}/adoptions", json=body)
        assert answer.json()["type"].endswith("security.policy-not-an-adopter")


async def test_a_prefecture_is_a_body_too_and_reports_to_the_ministry(
    cluster18: Cluster, keys: Keys, tmp_path: Path
) -> None:
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    async with workshop(cluster18, keys, clock, tmp_path, tier=Tier.PREFECTURE) as app:
        async with signed_in(app, {Role.SECURITY_OFFICER}, prefecture="01") as client:
            policy = await drafted(client)
            found = await good(await client.get(f"{API}/{policy}/versions/1"))
            assert "知事" in next(
                one["body"] for one in found["clauses"] if one["title"] == "適用範囲"
            )
            text = await approved(client, policy)
        async with signed_in(app, {Role.SECURITY_OFFICER}, prefecture="13") as other:
            assert (await other.get(f"{API}/{policy}")).status_code == 404
            assert await good(await other.get(API)) == []
        decided = {"decision_number": "1", "decided_on": "2026-11-20", "document_hash": text}
        path = f"{API}/{policy}/versions/1/adoptions"
        for organ in ("assembly", "head"):
            async with signed_in(
                app, {Role.POLICY_ADOPTER}, prefecture="01", organ_id=organ
            ) as decider:
                await good(await decider.post(path, json=decided), 201)
        async with app.state.db.transaction() as tx:
            rows = await tx.execute("select distinct receiver from infra.outbox")
            assert await rows.fetchall() == [("ministry",)]


def test_every_route_has_a_summary_or_is_a_page() -> None:
    assert len(ROUTES) == len({route.fn for route in ROUTES})  # type: ignore[union-attr]
