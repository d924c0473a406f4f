"""A figure is inserted, another person approves and publishes, and a reader opens the report."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from litestar import Litestar
from playwright.sync_api import Browser, expect

from jichitai.infra.keys import Keys
from jichitai.web.rights import Role
from tests.browser.support import CHROMIUM, browser, page_of
from tests.conftest import Cluster
from tests.evaluation.report_wires import ministry
from tests.evaluation.site import Site, served_app

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
PEOPLE = {
    "officer": ("評価 一郎", Role.EVALUATION_OFFICER),
    "approver": ("決裁 二子", Role.EVALUATION_APPROVER),
}


@pytest.fixture(scope="module")
def site(cluster18: Cluster, keys: Keys) -> Iterator[Site]:
    @asynccontextmanager
    async def opened(origin: str) -> AsyncIterator[Litestar]:
        async with ministry(cluster18, keys, origin) as place:
            yield place.app

    with served_app(opened, PEOPLE) as found:
        yield found


def test_from_a_figure_to_a_published_report(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        site.enter(page, "officer")
        page.goto(f"{site.origin}/evaluation/reports")
        page.get_by_label("評価の年度").select_option("2026")
        page.get_by_role("button", name="作り始める").click()
        page.get_by_role("link", name="政策評価の結果").click()
        text = page.get_by_label(re.compile("^政策評価の結果"))
        text.fill("ガイドラインは{{}}改定した。")
        page.get_by_label("入れる数値").select_option("P8-4-02@R6")
        page.get_by_role("button", name="数値を入れる").click()
        expect(page.locator("data[data-ref='P8-4-02@2025-03-31']")).to_have_text("2回")
        expect(text).to_have_value("ガイドラインは{{P8-4-02@R6}}改定した。")
        text.focus()
        page.keyboard.press("Control+Enter")
        page.wait_for_url(re.compile(r"/evaluation/reports/8/2026#slots"))
        page.get_by_role("button", name="決裁に出す").click()
        expect(page.get_by_role("heading", name=re.compile("決裁待ちの第1版"))).to_be_visible()
        expect(page.get_by_role("button", name="決裁する")).to_have_count(0)
    with page_of(browser, script=False) as page:
        site.enter(page, "approver")
        page.goto(f"{site.origin}/evaluation/reports/8/2026")
        page.get_by_role("button", name="決裁する").click()
        page.get_by_role("button", name="公表する").click()
        expect(page.get_by_text("公表した第1版を見る")).to_be_visible()
    with page_of(browser, width=390) as page:
        page.goto(f"{site.origin}/reports")
        page.get_by_role("link", name=re.compile("政策8")).click()
        page.get_by_role("link", name="評価書", exact=True).last.click()
        expect(page.get_by_text("ガイドラインは2回")).to_be_visible()
        number = page.locator("p", has_text="ガイドラインは2回").get_by_role("link")
        number.click()
        assert re.search(r"#figure-\d+$", page.url)
        with page.expect_download() as caught:
            page.get_by_role("link", name="要旨（PDF）").click()
        assert caught.value.suggested_filename == "policy-8-2026-1-summary.pdf"
