"""Pages and API of systems and networks: journeys without script, errors, rights, bodies."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from litestar import Litestar

from jichitai.infra.clock import FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.security.assets.pages.routes import ROUTES, TEMPLATES
from jichitai.web.app import create_app
from jichitai.web.rights import Role, table
from tests.conftest import OTHER_TOWN, TOWN, Cluster, fresh_database
from tests.security.assets_builders import AT, system_draft
from tests.web.client import browser, signed_in

OFFICER = frozenset({Role.SECURITY_OFFICER})
AUDITOR = frozenset({Role.SECURITY_AUDITOR})
API = "/api/v1/security"
SYSTEM = {
    "name": "住民記録", "area": "mynumber", "handles_mynumber": "1", "confidentiality": "3B",
    "integrity": "2", "availability": "2", "form": "own", "two_factor": "yes", "no_media": "yes",
    "organ": "head",
}  # fmt: skip


async def _app(cluster: Cluster, keys: Keys, tier: Tier) -> AsyncIterator[Litestar]:
    async with fresh_database(cluster, tier, keys) as db:
        yield create_app(
            tier,
            Settings(tier=tier),
            controllers=list(ROUTES),
            templates=[TEMPLATES],
            db=db,
            clock=FixedClock(AT),
            keys=keys,
        )


@pytest.fixture(scope="module")
async def app(cluster18: Cluster, keys: Keys) -> AsyncIterator[Litestar]:
    async for made in _app(cluster18, keys, Tier.TOWN):
        yield made


UNTOUCHED = "131024"
"""A town for which no other test here does anything."""


def officer(app: Litestar, town: str = TOWN, *, html: bool = True) -> Any:
    return signed_in(app, OFFICER, municipality=town, html=html)


def shown_errors(page: str) -> list[str]:
    box = re.search(r"jc-errors.*?</ul>", page, re.DOTALL)
    return re.findall(r"<li>(?:<a[^>]*>)?(.*?)(?:</a>)?</li>", box[0]) if box else []


def draft(name: str = "住民記録", **values: Any) -> Any:
    return msgspec.to_builtins(system_draft(name, **values))


async def test_a_network_is_entered_by_forms_and_an_offending_link_is_drawn(app: Litestar) -> None:
    async with officer(app, UNTOUCHED) as client:
        assert "まだ何も登録されていません" in (await client.get("/security/network")).text
        segment = {"name": "内部事務端末", "area": "lgwan", "use": "main-terminals"}
        assert (
            await client.post("/security/network/segments/new", data=segment)
        ).status_code == 303
        added = await client.post("/security/systems/new", data=SYSTEM)
        assert (added.status_code, added.headers["location"]) == (303, "/security/systems")
        office = SYSTEM | {"name": "グループウェア", "area": "lgwan", "confidentiality": "2"}
        del office["handles_mynumber"]
        assert (await client.post("/security/systems/new", data=office)).status_code == 303
        model = {"model": "alpha", "since": "R2.4.1", "reason": "三層の対策"}
        assert (await client.post("/security/network/model", data=model)).status_code == 303
        form = (await client.get("/security/network/links/new")).text
        ends = re.findall(r'<option value="((?:system|segment):[^"]+)"[^>]*>([^<]+)', form)
        juki = next(value for value, label in ends if "住民記録" in label)
        other = next(value for value, label in ends if "グループウェア" in label)
        link = {
            "one": juki, "other": other, "purpose": "宛名の参照", "route": "internal",
            "sanitising": "none", "approval": "情セ第1号",
        }  # fmt: skip
        asked = await client.post("/security/network/links/new", data=link)
        assert asked.status_code == 422
        assert "N01" in asked.text
        assert 'value="宛名の参照"' in asked.text
        kept = await client.post("/security/network/links/new", data=link | {"known": "1"})
        assert kept.status_code == 303
        shown = (await client.get("/security/network")).text
        assert "✕L1" in shown
        assert "規則に合わないところが1件あります" in shown
        assert "マイナンバー利用事務系とLGWAN接続系の間の通信です" in shown
        svg = await client.get("/security/network.svg")
        assert svg.headers["content-type"].startswith("image/svg+xml")
        found = re.search(r'/security/network/links/([0-9a-f-]{36})"', shown)
        assert found is not None
        path = f"/security/network/links/{found[1]}"
        assert "宛名の参照" in (await client.get(path)).text
        stale = await client.post(path, data={"deed": "remove", "revision": "7"})
        assert stale.status_code == 409
        assert (
            await client.post(path, data={"deed": "remove", "revision": "1"})
        ).status_code == 303
        assert (
            "登録された構成は、点検した規則に合っています"
            in (await client.get("/security/network")).text
        )


async def test_a_form_with_errors_comes_back_with_what_was_typed(app: Litestar) -> None:
    async with officer(app) as client:
        wrong = {"name": "", "area": "火星", "started_on": "13月", "vendor": "例示システム" * 20}
        answer = await client.post("/security/systems/new", data=wrong)
        assert answer.status_code == 422
        fields = set(re.findall(r'href="#f-([a-z_]+)"', answer.text))
        assert {"name", "area", "started_on", "vendor", "confidentiality"} <= fields
        assert "例示システム例示システム" in answer.text
        cloud = SYSTEM | {"name": "標準", "area": "cloud"}
        both = await client.post("/security/systems/new", data=cloud)
        assert len(shown_errors(both.text)) == 2
        for path in ("/security/network/segments/new", "/security/network/links/new"):
            assert (await client.post(path, data={})).status_code == 422
        ahead = {"model": "beta", "since": "R8.4.1", "audited_on": "2030-01-01"}
        assert (await client.post("/security/network/model", data=ahead)).status_code == 422


async def test_a_system_is_changed_and_retired_and_a_stale_form_is_refused(app: Litestar) -> None:
    async with officer(app) as client:
        await client.post("/security/systems/new", data=SYSTEM | {"name": "旧システム"})
        rows = (await client.get("/security/systems?area=mynumber")).text
        found = re.search(
            r'href="(/security/systems/[0-9a-f-]{36})" data-row-link>旧システム', rows
        )
        assert found is not None
        path = found[1]
        assert 'value="旧システム"' in (await client.get(path)).text
        changed = SYSTEM | {"name": "旧システム", "vendor": "例示事業者", "revision": "1"}
        assert (await client.post(path, data=changed)).status_code == 303
        again = await client.post(path, data=changed)
        assert again.status_code == 409
        assert "ほかの人" in again.text
        assert (await client.post(f"{path}/retire", data={"revision": "2"})).status_code == 303
        assert "旧システム" not in (await client.get("/security/systems")).text
        assert "利用を終了したシステムです" in (await client.get(path)).text


async def test_a_workbook_is_shown_before_it_is_written(app: Litestar) -> None:
    async with officer(app, OTHER_TOWN) as client:
        await client.post("/security/systems/new", data=SYSTEM)
        book = await client.get("/security/systems/workbook")
        assert book.headers["content-type"].endswith("spreadsheetml.sheet")
        files = {"file": ("systems.xlsx", book.content, "application/octet-stream")}
        same = await client.post("/security/systems/import", files=files)
        assert "変わるところがありません" in same.text
        missing = await client.post("/security/systems/import", data={"commit": "1"})
        assert missing.status_code == 422
        bad = {"file": ("x.xlsx", b"PK nonsense", "application/octet-stream")}
        refused = await client.post("/security/systems/import", files=bad)
        assert refused.status_code == 422
        assert "Excel" in shown_errors(refused.text)[0]


async def test_programs_do_all_that_pages_do(app: Litestar) -> None:
    town = "141003"
    async with officer(app, town, html=False) as client:
        segment = {"name": "基幹サーバ", "area": "mynumber"}
        made = (await client.post(f"{API}/network/segments", json=segment)).json()
        first = await client.post(f"{API}/systems", json=draft(segment_id=made["id"]))
        assert (first.status_code, first.json()["number"]) == (201, 1)
        one = first.json()
        read = (await client.get(f"{API}/systems/{one['id']}")).json()
        assert (read["counts_as"], read["system"]["name"]) == ("mynumber", "住民記録")
        body = {"revision": 1, "system": draft("住民記録システム", segment_id=made["id"])}
        assert (await client.put(f"{API}/systems/{one['id']}", json=body)).json()["revision"] == 2
        assert (await client.put(f"{API}/systems/{one['id']}", json=body)).status_code == 409
        model = {"model": "alpha", "since": "2020-04-01"}
        assert (await client.post(f"{API}/network/model", json=model)).status_code == 201
        link = {
            "one": {"kind": "system", "ref": one["id"]},
            "other": {"kind": "partner", "ref": "maintenance"},
            "purpose": "遠隔保守",
        }
        preview = (await client.post(f"{API}/network/links/preview", json=link)).json()
        assert [found["rule"] for found in preview["findings"]] == ["N02", "N19"]
        kept = (await client.post(f"{API}/network/links", json=link)).json()
        state = (await client.get(f"{API}/network")).json()
        assert (state["violations"], len(state["links"]), state["on"]) == (1, 1, "2026-11-20")
        assert "✕L1" in (await client.get(f"{API}/network/diagram")).text
        in_use = await client.post(f"{API}/systems/{one['id']}/retire", json={"revision": 2})
        assert (in_use.status_code, in_use.json()["type"]) == (
            409,
            "/problems/security.asset-in-use",
        )
        change = {"revision": 1, "link": link | {"approval": "情セ第2号"}}
        path = f"{API}/network/links/{kept['id']}"
        assert (await client.put(path, json=change)).json()["revision"] == 2
        assert (await client.delete(f"{path}?revision=2")).status_code == 204
        other = {"revision": 1, "segment": segment | {"name": "基幹系サーバ"}}
        where = f"{API}/network/segments/{made['id']}"
        assert (await client.put(where, json=other)).status_code == 200
        assert (await client.delete(f"{where}?revision=2")).status_code == 409
        ended = await client.post(f"{API}/systems/{one['id']}/retire", json={"revision": 2})
        assert ended.json()["retired_on"] == "2026-11-20"
        assert (await client.delete(f"{where}?revision=2")).status_code == 204
        assert (await client.get(f"{API}/systems")).json() == {"systems": []}
        book = await client.get(f"{API}/systems/workbook")
        files = {"file": ("s.xlsx", book.content, "application/octet-stream")}
        sent = await client.post(f"{API}/systems/import?commit=true", files=files)
        assert sent.json()["written"] is True
        assert (await client.post(f"{API}/systems", json={"name": "x"})).status_code == 422
        wrong = await client.post(f"{API}/systems", json=draft("雲", area="cloud"))
        assert wrong.json()["type"] == "/problems/security.asset-refused"
        assert set(wrong.json()["fields"]) == {"treated_as", "form"}


async def test_other_bodies_and_other_roles_get_nothing(app: Litestar) -> None:
    async with officer(app, html=False) as client:
        made = (await client.post(f"{API}/systems", json=draft("ほかに見せない"))).json()
    async with officer(app, "132012", html=False) as stranger:
        assert (await stranger.get(f"{API}/systems")).json() == {"systems": []}
        assert (await stranger.get(f"{API}/systems/{made['id']}")).status_code == 404
        body = {"revision": 1, "system": draft("横取り")}
        assert (await stranger.put(f"{API}/systems/{made['id']}", json=body)).status_code == 404
        network = (await stranger.get(f"{API}/network")).json()
        assert network["systems"] == network["links"] == network["segments"] == []
    async with officer(app, "132012") as stranger:
        assert (await stranger.get(f"/security/systems/{made['id']}")).status_code == 404
    async with signed_in(app, {Role.CLERK}, municipality=TOWN, html=False) as clerk:
        for path in (f"{API}/systems", f"{API}/network", f"{API}/systems/{made['id']}"):
            assert (await clerk.get(path)).status_code == 403
    async with signed_in(app, AUDITOR, municipality=TOWN, html=False) as auditor:
        assert (await auditor.get(f"{API}/systems")).status_code == 200
        assert (await auditor.post(f"{API}/systems", json=draft())).status_code == 403
        gone = await auditor.delete(f"{API}/network/links/{uuid4()}?revision=1")
        assert gone.status_code == 403
    async with signed_in(app, AUDITOR, municipality=TOWN, html=True) as auditor:
        page = (await auditor.get(f"/security/systems/{made['id']}")).text
        assert "変更を保存する" not in page
        assert (await auditor.get("/security/network")).status_code == 200
        assert (await auditor.get("/security/network/links/new")).status_code == 403


async def test_a_prefecture_keeps_its_own_picture_by_the_same_pages(
    cluster18: Cluster, keys: Keys
) -> None:
    async for app in _app(cluster18, keys, Tier.PREFECTURE):
        async with signed_in(app, OFFICER, prefecture="01", html=False) as client:
            assert (await client.post(f"{API}/systems", json=draft())).status_code == 201
            assert (await client.get("/security/network")).status_code == 200
        async with signed_in(app, OFFICER, prefecture="13", html=False) as other:
            assert (await other.get(f"{API}/systems")).json() == {"systems": []}


async def test_every_route_is_closed_to_clerks_and_strangers(app: Litestar) -> None:
    own = [row for row in table(app) if row.path.startswith(("/security/", f"{API}/"))]
    assert len(own) >= 35
    async with signed_in(app, {Role.CLERK}, municipality=TOWN, html=False) as clerk:
        for row in own:
            path = re.sub(r"\{[^}]+\}", str(uuid4()), row.path)
            answer = await clerk.request(row.method, path)
            assert answer.status_code == 403, (row.method, row.path, answer.status_code)
    async with browser(app) as nobody:
        for row in own:
            path = re.sub(r"\{[^}]+\}", str(uuid4()), row.path)
            answer = await nobody.request(row.method, path)
            assert answer.status_code in {401, 403}, (row.method, row.path, answer.status_code)


async def test_characters_that_no_table_keeps_are_refused(app: Litestar) -> None:
    async with officer(app, html=False) as client:
        for name in ("住民\u0000記録", "\u0000"):
            assert (await client.post(f"{API}/systems", json=draft(name))).status_code == 422
            segment = {"name": name, "area": "lgwan"}
            answer = await client.post(f"{API}/network/segments", json=segment)
            assert answer.status_code == 422
    async with officer(app) as pages:
        answer = await pages.post("/security/systems/new", data=SYSTEM | {"name": "住民\u0000記録"})
        assert answer.status_code in {303, 422}
