"""The views in a browser: accessible, inside the window, and by keyboard alone."""

import asyncio
import re
from asyncio import to_thread

import pytest
from playwright.sync_api import Browser, Page, expect

from jichitai.infra.keys import Keys
from jichitai.infra.ports import bind
from jichitai.kernel.parties import Tier
from jichitai.standardisation.views.routes import PREFECTURE_ROUTES
from jichitai.web.rights import Role
from jichitai.web.server import WebServer
from tests.browser.support import CHROMIUM, in_browser, inspect_pages, page_of
from tests.conftest import Cluster
from tests.standardisation.views_world import CHIYODA, SAPPORO, World, node
from tests.web.client import signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]

HERE, OPEN = "/standardisation", "/open-data/standardisation"
LOOKS = {
    "country": f"{HERE}?show=late&sort=rate",
    "area": f"{HERE}/prefectures/47",
    "businesses": f"{HERE}/businesses",
    "late": f"{HERE}/late?source=survey",
    "bodies": f"{HERE}/bodies?prefecture=47",
    "body": f"{HERE}/bodies/{SAPPORO}?source=survey",
    "trend": f"{HERE}/trend",
    "groups": f"{HERE}/groups",
    "plan": f"{HERE}/plan",
    "plan-error": f"{HERE}/plan?by=13",
    "costs": f"{HERE}/costs?source=survey",
}


async def test_every_page_is_accessible_and_fits(
    ministry: World, cluster18: Cluster, keys: Keys
) -> None:
    pages: dict[str, str] = {}
    async with ministry.officer() as client:
        for name, path in LOOKS.items():
            pages[name] = (await client.get(path)).text
    async with ministry.anybody() as client:
        pages["public"] = (await client.get(f"{OPEN}?source=rehearsal")).text
        pages["public-body"] = (await client.get(f"{OPEN}/bodies/{CHIYODA}")).text
    roles = {Role.STANDARDISATION_SUPERVISOR, Role.STANDARDISATION_OFFICER}
    async with (
        node(Tier.PREFECTURE, PREFECTURE_ROUTES, cluster18, keys) as app,
        signed_in(app, roles, prefecture="13", html=True) as client,
    ):
        pages["members"] = (await client.get(HERE)).text
        pages["own"] = (await client.get(f"{HERE}/own")).text
    assert await to_thread(inspect_pages, pages) == []


async def test_a_reader_goes_from_the_country_to_a_body_by_keyboard_and_without_script(
    ministry: World,
) -> None:
    socket = bind("127.0.0.1", 0)
    origin = f"http://127.0.0.1:{socket.getsockname()[1]}"
    server = WebServer(ministry.app, socket)
    serving = asyncio.create_task(server.run_until_stopped())
    try:
        await to_thread(in_browser, lambda browser: _walk(browser, origin))
    finally:
        server.stop()
        await asyncio.wait([serving], timeout=5)


def _walk(browser: Browser, origin: str) -> None:
    for script in (True, False):
        with page_of(browser, script=script) as page:
            _down_and_up(page, origin)


def _down_and_up(page: Page, origin: str) -> None:
    """The table does all that the map does; Enter goes down, the breadcrumb goes up."""
    page.goto(origin + OPEN)
    expect(page.get_by_role("heading", level=1)).to_contain_text("移行の状況")
    expect(page.get_by_text("二つは別の物差しです")).to_be_visible()
    rows = page.locator("#prefectures tbody a")
    map_links = page.locator("svg.jc-map a")
    assert {link.get_attribute("tabindex") for link in map_links.all()} == {"-1"}
    assert sorted(str(link.get_attribute("href")) for link in map_links.all()) == [
        link.get_attribute("href") for link in rows.all()
    ]
    page.get_by_role("link", name="特定移行支援システムの率").press("Enter")
    expect(page).to_have_url(re.compile(r"show=late"))
    page.get_by_role("link", name="東京都", exact=True).press("Enter")
    expect(page).to_have_url(re.compile(r"/prefectures/13\?show=late$"))
    page.get_by_role("link", name="千代田区", exact=True).press("Enter")
    expect(page).to_have_url(re.compile(rf"/bodies/{CHIYODA}$"))
    expect(page.get_by_text("97.8%（782／800ステップ）").first).to_be_visible()
    page.get_by_label("現在位置").get_by_role("link", name="東京都").press("Enter")
    expect(page).to_have_url(re.compile(r"/prefectures/13$"))
    page.get_by_label("現在位置").get_by_role("link", name="全国の状況").press("Enter")
    page.locator("#f-q").fill("函館市")
    page.locator("#f-q").press("Enter")
    page.get_by_role("link", name="北海道函館市").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("北海道函館市")
