"""The pages of overseers in a browser: accessible, inside the window, and by keyboard alone."""

import asyncio
import io
import re
from asyncio import to_thread
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.infra.ports import bind
from jichitai.kernel.parties import Tier
from jichitai.web.server import WebServer
from tests.browser.support import CHROMIUM, in_browser, inspect_pages, page_of
from tests.conftest import Cluster
from tests.security.oversight_builders import answer
from tests.security.oversight_world import NOTICE, World, oversight_world, sample_reports
from tests.security.test_oversight_pages import questions

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
async def world(cluster18: Cluster, keys: Keys) -> AsyncIterator[World]:
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    async with oversight_world(cluster18, keys, clock) as world:
        await world.report(*sample_reports())
        await world.ask()
        yield world


async def test_every_page_is_accessible_and_fits(world: World) -> None:
    pages: dict[str, str] = {}
    async with world.minister(html=True) as client:

        async def see(name: str, path: str) -> None:
            pages[name] = (await client.get(path)).text

        await see("country", "/security/bodies")
        await see(
            "list", "/security/bodies/list?status=not-counted&prefecture=01&kind=市&size=under-50k"
        )
        await see("body", "/security/bodies/011002")
        await see("remind", "/security/letters/new?matter=policy&prefecture=13")
        pages["survey-edit-error"] = (
            await client.post("/security/surveys/new", data=questions(title=""))
        ).text
        made = (await client.post("/security/surveys/new", data=questions())).headers["location"]
        await client.post(made, data={"deed": "open"})
        survey = made.rpartition("/")[2]
        await world.report(answer("130001", survey, answers={"q1": "はい", "q2": "α"}))
        book = load_workbook(io.BytesIO((await client.get(f"{made}/answers.xlsx")).content))
        rows = {str(row[0].value): row for row in book["回答"].iter_rows()}
        rows["020001"][2].value, rows["020001"][3].value = "いいえ", "γ"
        rows["030007"][0].value, rows["030007"][2].value = 30007, "はい"
        book.save(target := io.BytesIO())
        file = {"file": ("回答.xlsx", target.getvalue())}
        taken = await client.post(f"{made}/uploads", files=file)
        await see("preview", taken.headers["location"])
        for deed in ("close", "publish"):
            await client.post(made, data={"deed": deed})
        await see("survey-closed", made)
        await see("incidents", "/security/bodies/incidents")
    async with world.supervisor("31", html=True) as client:
        await see("members", "/security/members")
    async with world.officer(html=True) as client:
        pages["notice-error"] = (
            await client.post(f"/security/notices/{NOTICE}", data={"a_staff": "十人"})
        ).text
    assert await to_thread(inspect_pages, pages) == []


async def test_from_the_map_to_a_body_by_keyboard_and_without_script(world: World) -> None:
    app = world.apps[Tier.MINISTRY]
    socket = bind("127.0.0.1", 0)
    origin = f"http://127.0.0.1:{socket.getsockname()[1]}"
    server = WebServer(app, socket)
    serving = asyncio.create_task(server.run_until_stopped())
    async with world.minister(html=True) as client:
        token = client.cookies[app.state.cookies.session]
    cookie = {"name": app.state.cookies.session, "value": token, "url": origin}
    try:
        await to_thread(in_browser, lambda browser: _walk(browser, origin, cookie))
    finally:
        server.stop()
        await asyncio.wait([serving], timeout=5)


def _walk(browser: Browser, origin: str, cookie: dict[str, str]) -> None:
    for script in (True, False):
        with page_of(browser, script=script) as page:
            page.context.add_cookies([cookie])  # type: ignore[list-item]
            _down_and_up(page, origin)


def _down_and_up(page: Page, origin: str) -> None:
    """The table does all that the map does; Enter goes down, the breadcrumb goes up."""
    page.goto(f"{origin}/security/bodies")
    expect(page.get_by_role("heading", level=1)).to_contain_text("方針の策定と公表")
    map_links = page.locator("svg.jc-map a")
    assert map_links.count() == 47
    assert {link.get_attribute("tabindex") for link in map_links.all()} == {"-1"}
    rows = page.locator("#prefectures tbody a")
    assert [link.get_attribute("href") for link in rows.all()] == sorted(
        str(link.get_attribute("href")) for link in map_links.all()
    )
    rows.first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/security/bodies/prefectures/01$"))
    town = page.get_by_role("link", name="北海道札幌市", exact=True)
    town.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/security/bodies/011002$"))
    expect(page.get_by_text("令和8年訓令第3号").first).to_be_visible()
    page.get_by_label("現在位置").get_by_role("link", name="北海道").press("Enter")
    expect(page).to_have_url(re.compile(r"/prefectures/01$"))
    page.goto(f"{origin}/security/bodies")
    page.locator("#f-status").select_option("not-counted")
    page.locator("#f-kind").select_option("都道府県")
    page.get_by_role("button", name="一覧を見る").press("Enter")
    expect(page.locator(".jc-pages")).to_contain_text("全46団体")
