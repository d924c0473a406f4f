"""Pages of systems and networks in a browser: accessible, and inside the window."""

from asyncio import to_thread
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from jichitai.security.assets.model.kinds import Area, Form
from tests.browser.support import CHROMIUM, inspect_pages
from tests.security.assets_builders import system_draft
from tests.security.test_assets_pages import API, app, officer

__all__ = ["app"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
_CLOUD: dict[str, dict[str, Any]] = {
    "cloud": {"treated_as": Area.MYNUMBER, "form": Form.GOVERNMENT_CLOUD}
}
SEGMENTS: tuple[dict[str, Any], ...] = (
    {"name": "基幹業務サーバ", "area": "mynumber"},
    {"name": "基幹業務端末", "area": "mynumber", "use": "terminals"},
    {"name": "内部事務端末", "area": "lgwan", "use": "main-terminals", "wireless": True},
)
SYSTEMS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("住民記録システム", "mynumber", {"vendor": "例示情報システム株式会社"}),
    ("税務・収納システム", "mynumber", {}),
    ("グループウェア", "lgwan", {}),
    ("財務会計・文書管理統合システム", "lgwan", {"confidentiality": "3C"}),
    ("ホームページ", "internet", {"confidentiality": "1"}),
    ("メール中継", "internet", {}),
    (
        "標準準拠システム", "cloud",
        {"cloud_name": "例示クラウド"},
    ),
)  # fmt: skip
LINKS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("住民記録システム", "juki-net", {"limits": ["ip", "port"], "route": "dedicated"}),
    ("税務・収納システム", "eltax", {"limits": ["port"]}),
    ("住民記録システム", "財務会計・文書管理統合システム", {}),
    ("グループウェア", "メール中継", {"sanitising": "mail"}),
    ("グループウェア", "lgwan", {"route": "lgwan", "approval": ""}),
    ("ホームページ", "security-cloud", {"route": "closed"}),
    ("住民記録システム", "標準準拠システム", {"route": "dedicated"}),
    ("税務・収納システム", "標準準拠システム", {"route": "internet"}),
)


async def enter(client: Any) -> dict[str, str]:
    """A network with good and bad links; ids by name."""
    ids: dict[str, str] = {}
    for segment in SEGMENTS:
        answer = await client.post(f"{API}/network/segments", json=segment)
        ids[str(segment["name"])] = answer.json()["id"]
    for name, area, values in SYSTEMS:
        plain = msgspec.to_builtins(system_draft(name, Area(area), **_CLOUD.get(area, {})))
        inside = {"segment_id": ids["基幹業務サーバ"]} if area == "mynumber" else {}
        answer = await client.post(f"{API}/systems", json=plain | values | inside)
        assert answer.status_code == 201, answer.text
        ids[name] = answer.json()["id"]
    for one, other, values in LINKS:
        ends = [
            {"kind": "system", "ref": ids[end]} if end in ids else {"kind": "partner", "ref": end}
            for end in (one, other)
        ]
        link = {"one": ends[0], "other": ends[1], "purpose": "業務連携", "approval": "情セ第1号"}
        answer = await client.post(f"{API}/network/links", json=link | values)
        assert answer.status_code == 201, answer.text
        ids[f"{one}-{other}"] = answer.json()["id"]
    model = {"model": "alpha", "since": "2020-04-01", "reason": "三層の対策"}
    assert (await client.post(f"{API}/network/model", json=model)).status_code == 201
    return ids


@pytest.fixture
async def pages(app: Litestar) -> dict[str, str]:
    found: dict[str, Any] = {}
    async with officer(app, "131024", html=False) as programs:
        ids = await enter(programs)
    async with officer(app, "131024") as client:
        found["assets-network"] = await client.get("/security/network")
        found["assets-systems"] = await client.get("/security/systems")
        found["assets-system"] = await client.get(f"/security/systems/{ids['住民記録システム']}")
        wrong = {"name": "", "area": "cloud", "form": "cloud"}
        found["assets-system-error"] = await client.post("/security/systems/new", data=wrong)
        link = {
            "one": f"system:{ids['住民記録システム']}", "other": f"system:{ids['ホームページ']}",
            "purpose": "公開", "route": "internal", "sanitising": "none",
        }  # fmt: skip
        found["assets-link-broken"] = await client.post("/security/network/links/new", data=link)
        segment = f"/security/network/segments/{ids['内部事務端末']}"
        found["assets-segment"] = await client.get(segment)
        found["assets-model"] = await client.get("/security/network/model")
        book = (await client.get("/security/systems/workbook")).content
        other = {"file": ("s.xlsx", book, "application/octet-stream")}
    async with officer(app, "012025") as empty:
        found["assets-import-planned"] = await empty.post("/security/systems/import", files=other)
    return {name: page.text for name, page in found.items()}


async def test_the_pages_of_systems_and_networks(pages: dict[str, str]) -> None:
    assert await to_thread(inspect_pages, pages) == []
