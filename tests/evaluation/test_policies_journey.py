"""An officer edits the logic model in a browser: by keyboard alone, and without script."""

import re
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from jichitai.infra.keys import Keys
from jichitai.web.rights import Role
from tests.browser.support import CHROMIUM, browser, page_of
from tests.conftest import Cluster
from tests.evaluation.policy_wires import PAGES, policies
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
    "expert": ("学識 二子", Role.EVALUATION_EXPERT),
}


@pytest.fixture(scope="module")
def site(cluster18: Cluster, keys: Keys) -> Iterator[Site]:
    with served_app(partial(policies, cluster18, keys), PEOPLE) as found:
        yield found


def tab_to(page: Page, wanted: Locator, limit: int = 80) -> None:
    """Reach something with the tabulator alone; its focus is seen."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            outline = wanted.evaluate("node => getComputedStyle(node).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"{wanted} is not reached by the tabulator")


def test_an_officer_edits_the_model_by_keyboard(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        site.enter(page, "officer")
        page.goto(f"{site.origin}{PAGES}/2026")
        start = page.get_by_role("button", name="この年度の版を作る")
        tab_to(page, start)
        page.keyboard.press("Enter")
        expect(page.get_by_text("令和8年度（2026年度）の版を作りました")).to_be_visible()
        page.goto(f"{site.origin}{PAGES}/2026/models/security")
        add = page.get_by_role("link", name="アクティビティに要素を追加する")
        add.focus()
        page.keyboard.press("Enter")
        text = page.get_by_label(re.compile("何をするか"))
        expect(text).to_be_focused()
        page.keyboard.type("団体向けの説明会の開催")
        link = page.get_by_text(
            re.compile("^つなぐ：各地方公共団体等における地方自治法上の方針の策定")
        )
        tab_to(page, link)
        page.keyboard.press("Enter")
        tab_to(page, page.get_by_label(re.compile("方針の策定」へつなぐ")), 3)
        page.keyboard.press("Space")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(re.compile(r"saved=2"))
        expect(page.get_by_text("指摘が1件あります")).to_be_visible()
        expect(page.locator("svg text", has_text="団体向けの説明会").first).to_be_visible()
        card = page.locator(
            "li.jc-card", has=page.get_by_role("heading", name="団体向けの説明会の開催")
        )
        expect(card.get_by_text("仮定がありません")).to_be_visible()
        card.get_by_role("link", name=re.compile("書き直す")).focus()
        page.keyboard.press("Enter")
        assumption = page.locator("#f-assumption-adopted")
        tab_to(page, assumption)
        page.keyboard.type("参加した団体が、方針の書き方を知る")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(re.compile(r"saved=3"))
        expect(page.get_by_text("指摘はありません")).to_be_visible()
        page.get_by_role("link", name="版と違い").click()
        expect(
            page.get_by_text(re.compile("^つながりの変更：団体向けの説明会の開催"))
        ).to_be_visible()
        site.enter(page, "expert")
        page.goto(f"{site.origin}{PAGES}/2026/models/security")
        expect(page.get_by_text("参加した団体が、方針の書き方を知る")).to_be_visible()
        expect(page.get_by_role("link", name=re.compile("書き直す"))).to_have_count(0)


def test_the_same_without_script(browser: Browser, site: Site) -> None:
    with page_of(browser, script=False, width=390) as page:
        site.enter(page, "officer")
        page.goto(f"{site.origin}{PAGES}/2027")
        page.get_by_role("button", name="この年度の版を作る").click()
        page.get_by_role("link", name=re.compile("効果発現経路を開く.*マイナンバー")).click()
        page.get_by_role("link", name="短期アウトカムに要素を追加する").click()
        page.get_by_label(re.compile("何をするか")).fill("本人確認に使う人の増加")
        page.get_by_role("button", name="要素を保存する").click()
        expect(page.get_by_text("第2版です")).to_be_visible()
        card = page.locator(
            "li.jc-card", has=page.get_by_role("heading", name="本人確認に使う人の増加")
        )
        card.get_by_role("button", name=re.compile("上へ")).click()
        expect(page.get_by_text("第3版です")).to_be_visible()
        card.get_by_role("button", name=re.compile("消す")).click()
        expect(page.get_by_text("第4版です")).to_be_visible()
        expect(card).to_have_count(0)
