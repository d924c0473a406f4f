"""Checks of the finished pages as the running tiers serve them, for every place of every role."""

import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from jichitai.kernel.parties import Tier
from tests.browser import story as people
from tests.browser.story import AFFAIR, NEW, OLD, Couple, Story
from tests.browser.support import AXE, browser, overflowing, violations

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

CLERK, APPROVER = people.staff_name(OLD, "窓口担当"), people.staff_name(OLD, "審査担当")
OFFICER, OPERATOR = "日本年金機構　担当", "運用担当1"
LIST_KB, BOARD_KB, REQUESTS = 60, 120, 6
BOARDS = frozenset({"board", "board-prefecture"})


@dataclass
class Visit:
    """A browser of somebody, which writes down all that a page should not do."""

    page: Page
    secrets: frozenset[str]
    found: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self.found.append(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        self.page.on("response", self._answered)

    def _answered(self, answer: Response) -> None:
        self.answers.append(answer)

    def open(self, name: str, address: str) -> None:
        """Open an address as a first visitor does, and check the page."""
        self.answers.clear()
        self.page.goto(address)
        self.check(name, weight=True)

    def check(self, name: str, *, weight: bool = False) -> None:
        """Every check on the page that is open."""
        problems = [
            *self.found,
            *self.page.evaluate(_MARKUP),
            *self._told(),
            *violations(self.page),
            *(self._heavy(name) if weight else ()),
            *self._narrow(),
            *self._focus(),
        ]
        self.found.clear()
        self.wrong += [f"{name}: {problem}" for problem in problems]

    def _told(self) -> list[str]:
        told = self.page.title() + self.page.url
        return [f"title or address tells {one}" for one in self.secrets if one in told]

    def _heavy(self, name: str) -> list[str]:
        bodies = [one.body() for one in self.answers if one.ok]
        sent = sum(len(gzip.compress(body)) for body in bodies) / 1000
        limit = BOARD_KB if name in BOARDS else LIST_KB
        strange = [one.url for one in self.answers if not one.url.startswith(_origin(self.page))]
        return [
            *([f"{sent:.0f} KB"] if sent > limit else ()),
            *([f"{len(bodies)} requests"] if len(bodies) > REQUESTS else ()),
            *strange,
        ]

    def _narrow(self) -> list[str]:
        """At 320 px, and with text twice as large."""
        self.page.set_viewport_size({"width": 320, "height": 640})
        small = [f"320 px: {one}" for one in overflowing(self.page)]
        self.page.set_viewport_size({"width": 1280, "height": 800})
        self.page.evaluate("document.documentElement.style.fontSize = '200%'")
        large = [f"200 %: {one}" for one in overflowing(self.page)]
        self.page.evaluate("document.documentElement.style.fontSize = ''")
        return small + large

    def _focus(self) -> list[str]:
        """Tab through the page: each stop is outlined and in sight; targets are large enough."""
        self.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        wrong = []
        for _ in range(40):
            self.page.keyboard.press("Tab")
            stop: dict[str, Any] = self.page.evaluate(_STOP)
            if stop["end"]:
                break
            if not stop["good"]:
                wrong.append(f"focus: {stop['what']}")
        return wrong


def _origin(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


_MARKUP = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const found = [];
  const once = (selector) => {
    if (all(selector).length !== 1) found.push(`${all(selector).length} of ${selector}`);
  };
  for (const selector of ["h1", "main", "body > header", "body > footer"]) once(selector);
  const ids = all("[id]").map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`id ${id} twice`);
  if (!document.documentElement.lang) found.push("no lang");
  for (const node of all("[style]")) {
    if (!node.matches(".jc-region")) found.push(`style: ${node.outerHTML.slice(0, 80)}`);
  }
  for (const node of all("script:not([src]), [onclick], [onload], [onsubmit]")) {
    found.push(`inline script: ${node.outerHTML.slice(0, 80)}`);
  }
  for (const node of all("input:not([type=hidden]), select, textarea")) {
    if (!node.labels.length && !node.getAttribute("aria-label") && !node.hidden) {
      found.push(`no label: ${node.outerHTML.slice(0, 80)}`);
    }
  }
  for (const node of document.body.childNodes) {
    if (node.nodeType === 3 && node.textContent.trim()) found.push("text outside landmarks");
  }
  return found;
}"""

_STOP = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return {end: true};
  const box = node.getBoundingClientRect(), style = getComputedStyle(node);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0;
  const inline = style.display === "inline";
  const large = inline || (box.width >= 24 && box.height >= 24) || node.matches("[role=region]");
  return {
    end: false, good: outlined && inside && large,
    what: `${node.outerHTML.slice(0, 120)} ${JSON.stringify({outlined, inside, large})}`,
  };
}"""


def words_of(couples: tuple[Couple, ...]) -> frozenset[str]:
    words: set[str] = set()
    for couple in couples:
        names = {couple.head, couple.spouse, *couple.kana}
        words |= couple.secrets | names | {name.replace("　", " ") for name in names}
    return frozenset(words)


def visit(browser: Browser, story: Story, tier: Tier, display: str = "") -> Iterator[Visit]:
    """Somebody's browser, signed in when a persona is named."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="ja-JP")
    context.add_init_script(path=AXE)
    page = context.new_page()
    origin = story.running.origin(tier)
    if display:
        page.goto(f"{origin}/sign-in/personas")
        page.locator("li", has_text=display).get_by_role("button").click()
        page.wait_for_url(re.compile(r"^(?!.*sign-in)"))
    seen = Visit(page, words_of(story.couples))
    yield seen
    context.close()
    assert seen.wrong == []


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main button.jc-button", has_text=name).first.click()


# --- the counter ------------------------------------------------------------------------------


def test_the_counters_pages(browser: Browser, story: Story) -> None:
    origin = story.running.origin(Tier.TOWN)
    for seen in visit(browser, story, Tier.TOWN, CLERK):
        for name, path in {
            "today": "/counter",
            "choose": "/counter/entries/new",
            "approvals-empty": "/counter/approvals",
            "search": "/counter/search",
            "passkeys": "/sign-in/passkeys",
        }.items():
            seen.open(name, f"{origin}{path}")
        steps_of_an_entry(seen, origin, story.today)
        people_of_the_register(seen, origin)
    for seen in visit(browser, story, Tier.TOWN, APPROVER):
        seen.open("approvals", f"{origin}/counter/approvals")
        with seen.page.expect_navigation():
            seen.page.locator("[data-row-link]").last.click()
        seen.check("approval")
        press(seen.page, "差し戻す")
        seen.found.clear()  # Chromium says on its console that the answer is 422
        seen.check("approval-error")


def steps_of_an_entry(seen: Visit, origin: str, today: date) -> None:
    """国外転入: each step empty, with errors, and the confirmation."""
    page = seen.page
    page.goto(f"{origin}/counter")
    press(page, "国外転入を入力する")
    seen.check("report")
    press(page, "次へ進む")
    seen.found.clear()
    seen.check("report-error")
    page.locator("#f-occurred_on-year").fill(f"{today - timedelta(days=2):%Y%m%d}")
    page.locator("#f-basis").check()
    press(page, "次へ進む")
    seen.check("people")
    press(page, "次へ進む")
    seen.found.clear()
    seen.check("people-error")
    for name, text in long_person().items():
        page.locator(f"[id='f-people.0.{name}']").fill(text)
    page.locator("[id='f-people.0.sex']").check()
    press(page, "次へ進む")
    seen.check("place")
    page.locator("[id='f-place.town']").fill("元城町")
    page.locator("[id='f-place.lot']").fill("103番地の2")
    press(page, "次へ進む")
    seen.check("confirm")
    for area in page.locator("main textarea").all():
        area.fill("旅券で確かめた")
    press(page, "審査に回す")
    seen.check("handed")


def long_person() -> Mapping[str, str]:
    """A name as long as they come."""
    return {
        "name": "ＭＩＨＯＮ　ＭＡＸＩＭＩＬＩＡＮＡ　ＡＬＥＸＡＮＤＲＩＮＡ　ＣＯＮＳＴＡＮＴＩＮＡ",
        "kana": "ミホン　マキシミリアナ　アレクサンドリナ　コンスタンティナ",
        "birth_date-year": "19900203",
        "relation": "世帯主",
    }


def people_of_the_register(seen: Visit, origin: str) -> None:
    """Search, result, person, history, household, and the reason before the numbers."""
    page = seen.page
    page.goto(f"{origin}/counter/search")
    press(page, "検索する")
    seen.found.clear()
    seen.check("search-error")
    page.locator("#f-kana").fill("みほん")
    page.locator("#f-reason").select_option(index=1)
    page.locator("#f-removed").check()
    press(page, "検索する")
    seen.check("found")
    with page.expect_navigation():
        page.locator("[data-row-link]").first.click()
    seen.check("person")
    person = page.url
    for name, link in {"history": "履歴", "household": "世帯"}.items():
        with page.expect_navigation():
            page.locator(".jc-tabs a", has_text=link).click()
        seen.check(name)
        page.goto(person)
    page.goto(f"{person}/numbers")
    seen.check("numbers")


# --- nation, ministry, doors ------------------------------------------------------------------


def test_the_officers_pages(browser: Browser, story: Story) -> None:
    for seen in visit(browser, story, Tier.NATION, OFFICER):
        origin = story.running.origin(Tier.NATION)
        seen.open("query-start", f"{origin}/query")
        seen.open("query", f"{origin}/query?affair={AFFAIR}")
        page = seen.page
        page.locator("#f-reason").check()
        page.locator("#f-reference").fill("2026-79")
        page.locator("#f-name").fill("だれか いないひと")
        page.locator("#f-birth-year").fill("19010203")
        press(page, "照会する")
        seen.check("answer")


def test_the_operators_pages(browser: Browser, story: Story) -> None:
    origin = story.running.origin(Tier.NATION)
    for seen in visit(browser, story, Tier.NATION, OPERATOR):
        for name, path in {
            "board": "/network",
            "board-prefecture": "/network/prefectures/22",
            "board-town": f"/network/towns/{OLD}",
            "quarantine": "/network/quarantine",
            "provisions": "/network/provisions",
            "inquiries": "/network/inquiries",
        }.items():
            seen.open(name, f"{origin}{path}")


@pytest.mark.parametrize("tier", list(Tier))
def test_the_doors(browser: Browser, story: Story, tier: Tier) -> None:
    origin = story.running.origin(tier)
    for seen in visit(browser, story, tier):
        for path in ("/sign-in", "/sign-in/enrol", "/sign-in/personas"):
            seen.open(path, f"{origin}{path}")
        if tier in (Tier.NATION, Tier.MINISTRY):
            seen.open("counts", f"{origin}/counts")
        if tier is Tier.NATION:
            seen.open("verify", f"{origin}/proofs/verify")


def test_the_place_of_a_page_is_marked(browser: Browser, story: Story) -> None:
    origin = story.running.origin(Tier.TOWN)
    for seen in visit(browser, story, Tier.TOWN, people.staff_name(NEW, "窓口担当")):
        for path, place in {"/counter": "今日の仕事", "/counter/search": "人を検索する"}.items():
            seen.page.goto(f"{origin}{path}")
            marked = seen.page.locator(".jc-side [aria-current]").all_inner_texts()
            assert [one.strip() for one in marked] == [place]


def test_a_draft_is_kept_by_ctrl_s(browser: Browser, story: Story) -> None:
    origin = story.running.origin(Tier.TOWN)
    for seen in visit(browser, story, Tier.TOWN, people.staff_name(NEW, "窓口担当")):
        seen.page.goto(f"{origin}/counter")
        press(seen.page, "国外転入を入力する")
        with seen.page.expect_navigation():
            seen.page.keyboard.press("Control+s")
        assert seen.page.get_by_text("下書きを残しました").is_visible()
