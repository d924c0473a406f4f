"""The finished pages of the nation in a browser: accessible, and inside the window."""

import gzip
from asyncio import to_thread
from collections.abc import Mapping
from urllib.parse import parse_qs

import pytest
from httpx import Response
from litestar import Litestar
from playwright.sync_api import sync_playwright

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.web.rendering import STATIC_DIR, manifest
from jichitai.web.rights import Role
from tests.browser.support import CHROMIUM, FLAGS, inspect_pages, served
from tests.jukinet.nation_app import nation, provision
from tests.jukinet.test_pages import QUERY, count_provisions, followed, officer, trouble
from tests.jukinet.test_pages_disclosure import hanako, receipt
from tests.web.client import browser, signed_in

__all__ = ["nation", "provision", "receipt"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


async def test_a_residents_pages(nation: Litestar, receipt: str) -> None:
    path = f"/me/provisions/{receipt}/inquiry"
    pages: dict[str, Response] = {}
    async with hanako(nation) as client:
        pages["me"] = await client.get("/me")
        pages["me-english"] = await client.get("/me?lang=en")
        pages["me-plain"] = await client.get("/me?lang=plain&period=all")
        pages["inquiry"] = await client.get(path)
        pages["inquiry-error"] = await client.post(path, data={"words": ""})
        await client.post(path, data={"words": "年金の手続をしたことがありません"})
        pages["my-inquiries"] = await client.get("/me/inquiries?sent=1")
        pages["correction"] = await client.get("/me/correction")
        pages["verify"] = await client.get("/proofs/verify")
    assert await _problems(pages) == []


async def test_an_officers_pages(nation: Litestar) -> None:
    pages: dict[str, Response] = {}
    async with officer(nation) as client:
        pages["query-start"] = await client.get("/query")
        pages["query"] = await client.get("/query?affair=T1-77")
        pages["query-number"] = await client.get("/query?affair=T1-77&key=number")
        pages["query-error"] = await client.post("/query", data=QUERY | {"name": "", "reason": ""})
        pages["answer"] = await followed(client, await client.post("/query", data=QUERY))
        several = await client.post("/query", data=QUERY | {"name": "例示 太郎"})
        pages["several"] = await followed(client, several)
    assert await _problems(pages) == []


async def test_an_operators_pages(
    nation: Litestar, nation_database: Database, clock: FixedClock, receipt: str
) -> None:
    entry = await trouble(nation_database, clock.now())
    await count_provisions(nation_database)
    async with hanako(nation) as client:
        await client.post(f"/me/provisions/{receipt}/inquiry", data={"words": "心当たりがない"})
    pages: dict[str, Response] = {}
    async with signed_in(nation, [Role.NETWORK_OPERATOR], html=True) as client:
        pages["board"] = await client.get("/network")
        pages["board-prefecture"] = await client.get("/network/prefectures/13")
        await client.post("/network/towns/011002/request", data={"reason": "訓練のため"})
        pages["board-town"] = await client.get("/network/towns/011002")
        pages["quarantine"] = await client.get("/network/quarantine")
        pages["quarantine-entry"] = await client.get(f"/network/quarantine/{entry}")
        pages["provisions"] = await client.get("/network/provisions")
        pages["inquiries"] = await client.get("/network/inquiries")
        link = pages["inquiries"].text.split('href="/network/inquiries/')[1].split('"')[0]
        pages["inquiry-answer"] = await client.get(f"/network/inquiries/{link}")
    async with browser(nation, html=True) as client:
        pages["counts"] = await client.get("/counts")
        pages["sign-in"] = await client.get("/sign-in")
    assert await _problems(pages) == []


async def _problems(pages: dict[str, Response]) -> list[str]:
    return await to_thread(inspect_pages, {name: page.text for name, page in pages.items()})


async def test_pages_are_light(nation: Litestar, receipt: str) -> None:
    limits = {"/network": 120, "/network/prefectures/01": 120, "/counts": 60, "/proofs/verify": 60}
    fixed = sum(
        len(gzip.compress((STATIC_DIR / name).read_bytes())) for name in manifest().values()
    )
    async with signed_in(nation, [Role.NETWORK_OPERATOR], html=True) as client:
        pages = {path: await client.get(path) for path in limits}
    for path, page in pages.items():
        assert fixed + len(gzip.compress(page.content)) < limits[path] * 1000, path


async def test_a_question_is_asked_with_the_keyboard_alone(nation: Litestar) -> None:
    async with officer(nation) as client:
        page = await client.get("/query?affair=T1-77")
    assert await to_thread(_typed, page.text) == {
        "affair": "T1-77",
        "key": "match",
        "reason": "benefit",
        "reference": "2026-1",
        "name": "見本 花子",
        "birth_year": "60",
    }


def _typed(text: str) -> dict[str, str]:
    """Fill the form in by keys, from where the page puts the focus, and send it with Enter."""
    sent: list[str] = []

    def answer(path: str, query: Mapping[str, str]) -> str:
        return text

    with served(answer) as origin, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        page = chromium.new_page()
        page.on("request", lambda request: sent.append(request.post_data or ""))
        page.goto(f"{origin}/query")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.type("2026-1")
        while page.evaluate("document.activeElement.name") != "name":
            page.keyboard.press("Tab")
        page.keyboard.type("見本 花子")
        while page.evaluate("document.activeElement.name") != "birth_year":
            page.keyboard.press("Tab")
        page.keyboard.type("60")
        page.keyboard.press("Enter")
        page.wait_for_timeout(200)
        chromium.close()
    form = parse_qs(next(body for body in sent if body))
    wanted = ("affair", "key", "reason", "reference", "name", "birth_year")
    return {name: form[name][0] for name in wanted}
