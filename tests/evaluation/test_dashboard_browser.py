"""指標の状況, 一年の仕事 and 試算 in a browser: accessible, inside the window, by keyboard alone."""

import asyncio
import re
from asyncio import to_thread
from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from playwright.sync_api import Browser, Page, expect

from jichitai.infra.keys import Keys
from jichitai.infra.ports import bind
from jichitai.web.server import WebServer
from tests.browser.support import CHROMIUM, in_browser, inspect_pages, page_of
from tests.conftest import Cluster
from tests.evaluation.dashboard_world import WRITER, ministry
from tests.evaluation.test_year import ASKED
from tests.web.client import browser, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
OPEN, INSIDE, YEAR = "/open-data/evaluation", "/evaluation/dashboard", "/evaluation/year"


@pytest.fixture(scope="module")
async def app(cluster18: Cluster, keys: Keys) -> AsyncIterator[Litestar]:
    async with ministry(cluster18, keys) as made:
        yield made


async def test_every_page_is_accessible_and_fits(app: Litestar) -> None:
    pages: dict[str, str] = {}
    async with signed_in(app, WRITER, html=True) as client:

        async def see(name: str, path: str) -> None:
            pages[name] = (await client.get(path)).text

        made = (await client.post(f"{YEAR}/requests/new", data=ASKED)).headers["location"]
        await client.post(f"{made}/letters", data={"deed": "ask"})
        await see("dash-home", "/evaluation")
        await see("dash-policies", f"{INSIDE}/P8-4-04")
        await see("dash-body", f"{INSIDE}/bodies/011002")
        await see("dash-year", YEAR)
        await see("dash-request", made)
        await see("dash-requests", f"{YEAR}/requests")
        pages["dash-review-error"] = (
            await client.post(
                f"{YEAR}/reviews/new",
                data={"title": "補助金", "initial_2026": "10", "executed_2026": "20"},
            )
        ).text
        await see("dash-what-if", "/evaluation/what-if/systems?capacity=300&ready=60&adoption=3")
        await see("dash-what-if-unknown", "/evaluation/what-if/policies")
        await see("dash-what-if-method", "/evaluation/what-if/method")
    async with browser(app, html=True) as reader:
        for name, path in (
            ("open-home", OPEN),
            ("open-late", f"{OPEN}/P8-3-05"),
            ("open-corrected", f"{OPEN}/P8-4-C3"),
            ("open-area", f"{OPEN}/P8-3-01/prefectures/13"),
            ("open-like", f"{OPEN}/bodies/011002/like"),
        ):
            pages[name] = (await reader.get(path)).text
    assert await to_thread(inspect_pages, pages) == []


async def test_a_public_reader_drills_from_a_national_rate_to_one_body(app: Litestar) -> None:
    socket = bind("127.0.0.1", 0)
    origin = f"http://127.0.0.1:{socket.getsockname()[1]}"
    server = WebServer(app, socket)
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
    page.goto(f"{origin}{OPEN}")
    page.locator(f'a[href="{OPEN}/P8-3-06"]').press("Enter")
    expect(page.get_by_text("52.3 %（935／1,788団体）").first).to_be_visible()
    assert {link.get_attribute("tabindex") for link in page.locator("svg.jc-map a").all()} == {"-1"}
    on_map = {link.get_attribute("href") for link in page.locator("svg.jc-map a").all()}
    rows = page.locator("#prefectures tbody a")
    assert {link.get_attribute("href") for link in rows.all()} == on_map
    rows.first.press("Enter")
    expect(page).to_have_url(re.compile(r"/P8-3-06/prefectures/01$"))
    page.get_by_role("link", name="札幌市", exact=True).press("Enter")
    expect(page).to_have_url(re.compile(r"/bodies/011002$"))
    expect(page.get_by_text("18システム").first).to_be_visible()
    page.get_by_role("link", name="似た規模の団体と比べる").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("似た規模の団体")
    page.get_by_label("現在位置").get_by_role("link", name="北海道札幌市").press("Enter")
    page.get_by_label("現在位置").get_by_role("link", name="指標の状況").press("Enter")
    expect(page).to_have_url(re.compile(rf"{OPEN}$"))
