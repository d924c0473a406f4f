"""The guideline on pages and for programs: what each role reaches, and what it is told."""

import base64
import io
import re
import zipfile
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
from litestar import Litestar

from jichitai.infra.keys import Keys
from jichitai.kernel.parties import Tier
from jichitai.security.guideline import builtin
from jichitai.security.guideline.intake.spreadsheets import csv_text, workbook
from jichitai.web.rights import Role
from tests.conftest import OTHER_TOWN, Cluster
from tests.security.guideline_wires import applications, ministry, prefecture, town
from tests.web.client import browser, signed_in

API = "/api/v1/security/guideline/versions"
PAGES = "/security/guideline"
CSV = csv_text(builtin.newest())
NUMBERS = count(1)


@pytest.fixture(scope="module")
async def apps(cluster18: Cluster, keys: Keys) -> AsyncIterator[dict[Tier, Litestar]]:
    async with applications(cluster18, keys) as found:
        yield found


def fresh_name() -> str:
    return f"T{next(NUMBERS)}.1"


def body(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "file_name": "x.csv",
        "content": base64.b64encode(CSV).decode(),
        "version": name,
        "title": "試しの版",
        "published_on": "2024-04-01",
        "source": "試験",
        **changes,
    }


async def test_versions_items_and_one_item_are_told_to_programs(apps: dict[Tier, Litestar]) -> None:
    async with town(apps) as client:
        found = (await client.get(API)).json()
        assert found["current"] == "R8.3"
        assert [one["version"] for one in found["versions"]][:2] == ["R8.3", "R7.3"]
        detail = (await client.get(f"{API}/R8.3")).json()
        assert detail["items"] == 201
        assert "非公式" in detail["note"]
        items = (await client.get(f"{API}/R8.3/items")).json()
        assert items["total"] == len(items["items"]) == 201
        one = (await client.get(f"{API}/R8.3/items/gl-p2-2-4.1.7")).json()
        assert one["item"]["measure"] == 3
        assert [revision["version"] for revision in one["revisions"]] == ["R8.3"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("model=alpha", 197),
        ("model=beta_prime", 200),
        ("model=alpha&cloud=false", 165),
        ("level=cloud", 18),
        ("obligation=statutory", 10),
        ("measure=1", 10),
        ("q=CSIRT", 2),
        ("q=ＣＳＩＲＴ 窓口", 1),
        ("q=そのような言葉はない", 0),
    ],
)
async def test_items_are_narrowed(apps: dict[Tier, Litestar], query: str, number: int) -> None:
    async with town(apps) as client:
        answer = (await client.get(f"{API}/R8.3/items?{query}")).json()
        assert len(answer["items"]) == number
        page = await client.get(f"{PAGES}?{query.replace('false', 'no')}")
        assert page.status_code == 200
        assert f"{number}項目" in page.text


async def test_bad_queries_and_unknown_names_are_refused(apps: dict[Tier, Litestar]) -> None:
    async with town(apps) as client:
        for path in ("/R9.9", "/R9.9/items", "/%00", "/R8.3/items/none", "/R8.3/items/%00"):
            answer = await client.get(API + path)
            assert answer.status_code == 404, path
            assert answer.headers["content-type"].startswith("application/problem+json")
        for path in ("/R8.3/items?measure=9", "/R8.3/items?model=gamma", "/R8.3/differences"):
            assert (await client.get(API + path)).status_code in {400, 422}, path
        assert (await client.get(f"{API}/R8.3/differences?since=R0.1")).status_code == 404
        assert (await client.get(f"{API}/R8.3/files/word")).status_code in {400, 422}
        assert (await client.get(f"{PAGES}/versions/R8.3/files/word")).status_code == 404
        assert (await client.get(f"{PAGES}?version=R0.1")).status_code == 404
        assert (await client.delete(f"{API}/R8.3")).status_code == 404


async def test_differences_name_stale_items_and_reasons(apps: dict[Tier, Litestar]) -> None:
    async with town(apps) as client:
        found = (await client.get(f"{API}/R8.3/differences?since=R7.3")).json()
        assert len(found["stale"]) == len(found["changed"]) == 14
        change = next(one for one in found["changed"] if one["id"] == "GL-P2-2-4.1(7)")
        assert change["before"] != change["after"]
        assert change["reasons"][0]["version"] == "R8.3"
        page = (await client.get(f"{PAGES}/changes")).text
        assert "R7.3 から R8.3 への違い" in page
        assert "媒体の一部は" in page
        older = (await client.get(f"{PAGES}/changes?from=R6.10&to=R7.3")).text
        assert "マイナンバー利用事務系における無線LANの利用" in older


@pytest.mark.parametrize("kind", ["excel", "csv", "ciso"])
async def test_a_version_can_be_taken_away(apps: dict[Tier, Litestar], kind: str) -> None:
    async with town(apps) as client:
        answer = await client.get(f"{API}/R8.3/files/{kind}")
        assert answer.status_code == 200
        assert "guideline-" in answer.headers["content-disposition"]
        assert len(answer.content) > 10_000


async def test_a_version_is_given_as_oscal(apps: dict[Tier, Litestar]) -> None:
    async with town(apps) as client:
        names = (await client.get(f"{API}/R8.3/oscal")).json()["documents"]
        assert "guideline-R8.3.alpha.profile.json" in names
        document = (await client.get(f"{API}/R8.3/oscal/guideline-R8.3.catalog.json")).json()
        assert document["catalog"]["metadata"]["oscal-version"] == "1.2.1"
        assert (await client.get(f"{API}/R8.3/oscal/none.json")).status_code == 404
        answer = await client.get(f"{PAGES}/versions/R8.3/oscal")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert sorted(archive.namelist()) == sorted(names)


async def test_a_body_takes_a_catalogue_in_for_itself_alone(apps: dict[Tier, Litestar]) -> None:
    name = fresh_name()
    async with town(apps) as client:
        answer = await client.post(API, json=body(name, official=True))
        assert answer.status_code == 201, answer.text
        assert answer.json() == {"version": name, "items": 201}
        detail = (await client.get(f"{API}/{name}")).json()
        assert not detail["official"]  # only the ministry says so
        again = await client.post(API, json=body(name))
        assert again.status_code == 409
        assert (await client.post(API, json=body("R8.3"))).status_code == 409
    async with town(apps, code=OTHER_TOWN) as other:
        assert (await other.get(f"{API}/{name}")).status_code == 404
        assert (await other.delete(f"{API}/{name}")).status_code == 404
    async with town(apps) as client:
        assert (await client.delete(f"{API}/{name}")).status_code == 204
        assert (await client.get(f"{API}/{name}")).status_code == 404


async def test_a_faulty_file_is_refused_whole_with_its_faults(apps: dict[Tier, Litestar]) -> None:
    name = fresh_name()
    bad = base64.b64encode("項目ID,見出し,分野\nA-1,よい,\nA-2,悪い,宇宙\n".encode()).decode()
    async with town(apps) as client:
        answer = await client.post(API, json=body(name, content=bad))
        assert answer.status_code == 422
        problem = answer.json()
        assert problem["faults"][0]["where"] == "3行"
        assert (await client.get(f"{API}/{name}")).status_code == 404
        for changes in (
            {"file_name": "x.exe"},
            {"content": ""},
            {"version": "第3版"},
            {"title": "a\0"},
        ):
            refused = await client.post(API, json=body(fresh_name(), **changes))
            assert refused.status_code in {400, 422}, changes


async def test_the_ministry_publishes_a_version_once(apps: dict[Tier, Litestar]) -> None:
    name = fresh_name()
    async with ministry(apps) as client:
        await client.post(API, json=body(name, official=True, published_on="2026-11-01"))
        assert (await client.get(f"{API}/{name}")).json()["official"]
        assert (await client.get(API)).json()["current"] == "R8.3"
        answer = await client.post(f"{API}/{name}/publication")
        assert answer.status_code == 201, answer.text
        assert answer.json()["prefectures"] >= 1
        assert (await client.get(API)).json()["current"] == name
        assert (await client.post(f"{API}/{name}/publication")).status_code == 409
        assert (await client.post(f"{API}/R0.1/publication")).status_code == 404


def form(version: str, **changes: str) -> dict[str, str]:
    plain = {"version": version, "title": "題", "published_on": "R6.4.1", "source": "試験"}
    return plain | changes


async def test_a_catalogue_is_taken_in_and_dropped_on_pages(apps: dict[Tier, Litestar]) -> None:
    name = fresh_name()
    excel = ("x.xlsx", workbook(builtin.catalogue("R7.3")), "application/octet-stream")
    async with town(apps, html=True) as client:
        assert "取り込む" in (await client.get(f"{PAGES}/import")).text
        empty = await client.post(f"{PAGES}/import", data={})
        assert empty.status_code == 422
        assert len(_errors(empty.text)) == 5
        wrong = ("x.csv", "項目ID,見出し\n,x\n".encode(), "text/csv")
        faulty = await client.post(f"{PAGES}/import", data=form(name), files={"file": wrong})
        assert faulty.status_code == 422
        assert "2行" in faulty.text
        assert 'value="題"' in faulty.text  # nothing typed is lost
        broken = ("x.xlsx", b"PK", "application/octet-stream")
        refused = await client.post(f"{PAGES}/import", data=form(name), files={"file": broken})
        assert refused.status_code == 422
        answer = await client.post(f"{PAGES}/import", data=form(name), files={"file": excel})
        assert answer.status_code == 303, _errors(answer.text)
        page = (await client.get(answer.headers["location"])).text
        assert "取り込みました" in page
        twice = await client.post(f"{PAGES}/import", data=form(name), files={"file": excel})
        assert twice.status_code == 422
        assert "既にあります" in twice.text
        gone = await client.post(f"{PAGES}/versions/{name}/drop")
        assert gone.status_code == 303
        assert name not in (await client.get(f"{PAGES}/versions")).text


async def test_the_ministry_publishes_on_pages(apps: dict[Tier, Litestar]) -> None:
    name = fresh_name()
    file = ("x.csv", CSV, "text/csv")
    async with ministry(apps, html=True) as client:
        sent = form(name, official="1")
        await client.post(f"{PAGES}/import", data=sent, files={"file": file})
        page = (await client.get(f"{PAGES}/versions/{name}/publish")).text
        assert "後から変えることも取り消すこともできません" in page
        assert "非公式の一覧です" not in page
        unofficial = (await client.get(f"{PAGES}/versions/R7.3/publish")).text
        assert "非公式の一覧です" in unofficial
        answer = await client.post(f"{PAGES}/versions/{name}/publish")
        assert answer.status_code == 303
        assert "公表しました" in (await client.get(answer.headers["location"])).text


async def test_pages_say_that_the_built_in_list_is_unofficial(apps: dict[Tier, Litestar]) -> None:
    async with town(apps, html=True) as client:
        for path in ("", "/items/gl-p2-2-1.9", "/changes", "/versions", "/items/gl-p4-4-9"):
            page = await client.get(PAGES + path)
            assert page.status_code == 200, path
            assert "非公式" in page.text, path
        item = (await client.get(f"{PAGES}/items/gl-p2-2-6.1.6?version=R7.3")).text
        assert "A.8.15" in item
        assert "前の項目" in item
        assert (await client.get(f"{PAGES}/items/none")).status_code == 404


READ = [
    API,
    f"{API}/R8.3",
    f"{API}/R8.3/items",
    f"{API}/R8.3/items/gl-p2-2-1.9",
    f"{API}/R8.3/differences?since=R7.3",
    f"{API}/R8.3/files/csv",
    f"{API}/R8.3/oscal",
    f"{API}/R8.3/oscal/guideline-R8.3.policy.profile.json",
    PAGES,
    f"{PAGES}/items/gl-p2-2-1.9",
    f"{PAGES}/changes",
    f"{PAGES}/versions",
    f"{PAGES}/versions/R8.3/files/csv",
    f"{PAGES}/versions/R8.3/oscal",
]
WRITE = [
    ("POST", API),
    ("DELETE", f"{API}/R8.3"),
    ("GET", f"{PAGES}/import"),
    ("POST", f"{PAGES}/import"),
    ("POST", f"{PAGES}/versions/R8.3/drop"),
]
PUBLISH = [
    ("POST", f"{API}/R8.3/publication"),
    ("GET", f"{PAGES}/versions/R8.3/publish"),
    ("POST", f"{PAGES}/versions/R8.3/publish"),
]


async def test_readers_read_and_others_get_nothing(apps: dict[Tier, Litestar]) -> None:
    for role in (Role.SECURITY_AUDITOR, Role.POLICY_ADOPTER):
        async with town(apps, role) as client:
            for path in READ:
                assert (await client.get(path)).status_code == 200, (role, path)
            for method, path in WRITE:
                assert (await client.request(method, path)).status_code == 403, (role, path)
    for role in (Role.SECURITY_SUPERVISOR, Role.SOC_ANALYST):
        async with prefecture(apps, role) as client:
            assert (await client.get(PAGES)).status_code == 200
            for method, path in WRITE:
                assert (await client.request(method, path)).status_code == 403, (role, path)
    async with town(apps, Role.CLERK) as clerk:
        for path in READ:
            assert (await clerk.get(path)).status_code == 403, path
    async with browser(apps[Tier.TOWN]) as nobody:
        for method, path in [("GET", path) for path in READ] + WRITE:
            answer = await nobody.request(method, path)
            assert answer.status_code in {303, 401, 403}, path
            assert "CSIRT" not in answer.text


async def test_only_the_ministry_has_the_routes_of_publication(apps: dict[Tier, Litestar]) -> None:
    async with town(apps) as client:
        for method, path in PUBLISH:
            assert (await client.request(method, path)).status_code == 404, path
    async with prefecture(apps, Role.SECURITY_OFFICER) as client:
        for method, path in PUBLISH:
            assert (await client.request(method, path)).status_code == 404, path
    async with signed_in(apps[Tier.MINISTRY], {Role.SECURITY_OFFICER}) as stranger:
        for method, path in PUBLISH:
            assert (await stranger.request(method, path)).status_code == 403, path


def _errors(page: str) -> list[str]:
    box = re.search(r"jc-errors.*?</ul>", page, re.DOTALL)
    return re.findall(r"<li>(.*?)</li>", box[0]) if box else []
