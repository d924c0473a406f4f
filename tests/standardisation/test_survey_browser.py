"""Taking a workbook in, by keyboard alone: each fault, its remedy, the repair, the answer."""

import asyncio
import re
from asyncio import to_thread

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from jichitai.infra.keys import Keys
from jichitai.infra.ports import bind
from jichitai.web.server import WebServer
from tests.browser.support import CHROMIUM, FLAGS, page_of
from tests.conftest import Cluster
from tests.standardisation.survey_world import survey_world
from tests.standardisation.test_survey_pages import HOME, faulty, form

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


async def test_an_officer_takes_a_workbook_in_by_keyboard_with_and_without_script(
    cluster: Cluster, keys: Keys
) -> None:
    socket = bind("127.0.0.1", 0)
    origin = f"http://127.0.0.1:{socket.getsockname()[1]}"
    async with survey_world(cluster, keys, origin=origin) as world:
        async with world.officer() as client:
            rounds = []
            for _ in range(2):
                made = await client.post(f"{HOME}/new", data=form())
                rounds.append(made.headers["location"])
                await client.post(rounds[-1], data={"deed": "open"})
            (cookie,) = [(one.name, str(one.value)) for one in client.cookies.jar]
        server = WebServer(world.app, socket)
        serving = asyncio.create_task(server.run_until_stopped())
        try:
            await to_thread(_walk, origin, cookie, rounds)
        finally:
            server.stop()
            await asyncio.wait([serving], timeout=5)


def _walk(origin: str, cookie: tuple[str, str], rounds: list[str]) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        for here, script in zip(rounds, (True, False), strict=True):
            with page_of(chromium, script=script) as page:
                page.context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": origin}])
                _take_in(page, f"{origin}{here}", script=script)
        chromium.close()


def _take_in(page: Page, here: str, *, script: bool) -> None:
    page.goto(here)
    file = {"name": "函館.xlsx", "mimeType": "application/octet-stream", "buffer": faulty()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="調査票を読み取る").press("Enter")
    expect(page.get_by_text("まだ何も書き込んでいません")).to_be_visible()
    first, second = page.get_by_role("link", name=re.compile("どうするか")).all()
    if script:  # j goes from fault to fault, x marks the repair
        page.keyboard.press("j")
        expect(first).to_be_focused()
        page.keyboard.press("j")
        expect(second).to_be_focused()
        page.keyboard.press("k")
    second.press("Enter")
    expect(page).to_have_url(re.compile(r"#remedy-2$"))
    page.get_by_role("checkbox", name=re.compile("直して取り込む")).press("Space")
    page.get_by_role("button", name=re.compile("取り込む")).press("Enter")
    expect(page.get_by_text("1団体の回答を書き込みました")).to_be_visible()
    page.get_by_label("状態").select_option("answered")
    page.get_by_role("button", name="絞り込む").press("Enter")
    page.get_by_role("link", name="北海道函館市").press("Enter")
    expect(page.get_by_role("table").get_by_text("20", exact=True)).to_be_visible()
