"""The main job by its pages: a move-in, its confirmation by a body, and the proof for the person.

Once with the keyboard alone, once without JavaScript.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Page, expect

from jichitai.kernel.dates import UncertainDate
from jichitai.kernel.parties import Tier
from tests.browser import story as people
from tests.browser.story import AFFAIR, NEW, Couple, Story
from tests.browser.support import browser, page_of
from tests.running import Running

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

CLERK, APPROVER = people.staff_name(NEW, "窓口担当"), people.staff_name(NEW, "審査担当")
OFFICER = "日本年金機構　担当"
GIVEN = ("氏名", "生年月日", "性別", "住所", "異動事由", "異動年月日")


# --- with the keyboard alone ------------------------------------------------------------------

_FOCUS = """() => {
  const node = document.activeElement, box = node.getBoundingClientRect();
  const style = getComputedStyle(node);
  const x = box.x + box.width / 2, y = box.y + Math.min(box.height / 2, 10);
  const top = document.elementFromPoint(x, y);
  return {
    visible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    uncovered: !!top && (node === top || node.contains(top) || top.contains(node)),
    what: node.outerHTML.slice(0, 150),
  };
}"""


class Keys:
    """A person who uses no mouse; every stop of the focus must be seen."""

    def __init__(self, page: Page, secrets: frozenset[str]) -> None:
        self.page = page
        self.secrets = secrets

    def at(self, selector: str, words: str = "") -> bool:
        found: bool = self.page.evaluate(
            "([selector, words]) => document.activeElement.matches(selector)"
            " && document.activeElement.textContent.includes(words)",
            [selector, words],
        )
        return found

    def go(self, selector: str, words: str = "") -> None:
        """Press Tab until the focus is there."""
        for _ in range(250):
            if self.at(selector, words):
                return
            self.page.keyboard.press("Tab")
            focus = self.page.evaluate(_FOCUS)
            assert focus["visible"], focus
            assert focus["uncovered"], focus
        raise AssertionError(f"{selector} {words} is not reached by Tab on {self.page.url}")

    def write(self, selector: str, text: str) -> None:
        self.go(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def press(self, keys: str) -> None:
        """Press keys that lead to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(keys)
        self.look()

    def enter(self, selector: str, words: str = "") -> None:
        self.go(selector, words)
        self.press("Enter")

    def look(self) -> None:
        """Neither title nor address tells a name or a number."""
        told = self.page.title() + self.page.url
        for secret in self.secrets:
            assert secret not in told

    def sign_in(self, running: Running, tier: Tier, display: str) -> None:
        self.page.goto(f"{running.origin(tier)}/sign-in/personas")
        self.enter("button", display)


def hidden_words(couple: Couple) -> frozenset[str]:
    names = {couple.head, couple.spouse, *couple.kana}
    return couple.secrets | names | {name.replace("　", " ") for name in names}


def keyboard(browser: Browser, couple: Couple) -> Iterator[Keys]:
    with page_of(browser, accept_downloads=True) as page:
        yield Keys(page, hidden_words(couple))


def test_the_main_job_with_the_keyboard_alone(
    browser: Browser, story: Story, tmp_path: Path
) -> None:
    couple = story.couples[0]
    for keys in keyboard(browser, couple):
        clerk_enters(keys, story, couple)
    for keys in keyboard(browser, couple):
        approver_approves(keys, story)
    story.wait_until_told(couple.head)
    for keys in keyboard(browser, couple):
        officer_confirms(keys, story, couple)
    display = story.resident_of(couple.head)
    for keys in keyboard(browser, couple):
        proof = person_verifies(keys, story, display, tmp_path)
    check_alone(story, proof, tmp_path)


def clerk_enters(keys: Keys, story: Story, couple: Couple) -> None:
    """転入, filled in from the certificate that the old town sent: nothing is typed twice."""
    page = keys.page
    keys.sign_in(story.running, Tier.TOWN, CLERK)
    keys.enter("button", "転入を入力する")
    assert page.evaluate("document.activeElement.matches('.jc-input, .jc-choices input')")
    while not keys.at("summary", "転出証明書情報"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    keys.write("#f-lookup", couple.codes[0])
    keys.enter("button", "転出証明書情報を読み込む")
    keys.write("#f-occurred_on-year", f"{story.today:%Y%m%d}")
    keys.go("input[name=basis]")
    page.keyboard.press("Space")
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("転入する人")
    expect(page.locator("[id='f-people.0.name']")).to_have_value(couple.head)
    keys.press("Control+Enter")
    keys.write("[id='f-place.town']", "南瓦町")
    keys.write("[id='f-place.lot']", "3番1号")
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("確認")
    expect(page.locator("ins", has_text="南瓦町").first).to_be_visible()
    assert couple.codes[0] not in page.content()
    assert couple.numbers[0] not in page.content()
    answer_alerts(page)
    keys.press("Control+Enter")
    expect(page.get_by_text("審査に回しました")).to_be_visible()


def answer_alerts(page: Page) -> None:
    """Reasons for what the register wants to be looked at again."""
    for area in page.locator("main textarea").all():
        area.focus()
        page.keyboard.type("窓口で確かめた")


def approver_approves(keys: Keys, story: Story) -> None:
    """審査待ち: `g a`, `j`, Enter, Ctrl+Enter."""
    page = keys.page
    keys.sign_in(story.running, Tier.TOWN, APPROVER)
    page.keyboard.press("g")
    keys.press("a")
    page.keyboard.press("j")
    assert keys.at("a[data-row-link]")
    keys.press("Enter")
    expect(page.get_by_role("button", name="本登録する")).to_be_visible()
    keys.press("Control+Enter")
    expect(page.get_by_text("を本登録しました")).to_be_visible()


def officer_confirms(keys: Keys, story: Story, couple: Couple) -> None:
    """Purpose first, then the key, then only what the affair allows."""
    page = keys.page
    keys.sign_in(story.running, Tier.NATION, OFFICER)
    keys.go("input[role=combobox], #f-affair")
    page.keyboard.type(AFFAIR)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    keys.enter("button", "この事務にする")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    keys.write("#f-reference", "2026-77")
    keys.write("#f-name", couple.head.replace("　", " "))
    birth = couple.births[0].replace("-", "")
    keys.write("#f-birth-year", birth)
    keys.press("Enter")
    shows_only_what_is_given(page, couple)


def shows_only_what_is_given(page: Page, couple: Couple) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("該当あり（1人）")
    labels = page.locator("main dl").first.locator("dt").all_inner_texts()
    assert tuple(labels) == GIVEN
    facts = page.locator("main dl").first.inner_text()
    assert "堺市南瓦町" in facts
    assert UncertainDate.parse(couple.births[0]).japanese()[:2] in facts
    for secret in couple.secrets:
        assert secret not in page.content()


def person_verifies(keys: Keys, story: Story, display: str, folder: Path) -> Path:
    """Sees who looked, saves the proof, checks it in the page; the file does not leave it."""
    page = keys.page
    keys.sign_in(story.running, Tier.NATION, display)
    sees_who_looked(page)
    keys.go("a", "証明を保存する")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    proof = saved(waiting.value, folder)
    keys.enter("main a", "保存した証明を確かめる")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    holds, fails = (page.locator(f"[data-proof-result={one}]") for one in ("holds", "fails"))
    choose_file(keys, proof)
    expect(holds).to_be_visible()
    expect(fails).to_be_hidden()
    choose_file(keys, changed(proof))
    expect(fails).to_contain_text("検査：record-mismatch")
    expect(holds).to_be_hidden()
    assert sent == []
    return proof


def choose_file(keys: Keys, file: Path) -> None:
    keys.page.wait_for_load_state()
    while not keys.at("#f-proof"):
        keys.page.keyboard.press("Shift+Tab" if keys.at("[data-proof-result]") else "Tab")
    expect(keys.page.locator("#f-proof")).to_be_focused()
    keys.page.on("filechooser", lambda _: None)  # from now on the browser hands choosers to us
    keys.page.wait_for_function("() => true")  # and has answered since, so it knows
    with keys.page.expect_file_chooser() as waiting:
        keys.page.keyboard.press("Enter")
    waiting.value.set_files(file)


def sees_who_looked(page: Page) -> None:
    entry = page.locator("article").first
    expect(entry.get_by_role("heading")).to_have_text("日本年金機構")
    expect(entry).to_contain_text("給付の決定・支給のための確認")
    expect(entry).to_contain_text("住所")
    assert "op-1" not in page.content()


def saved(download: Download, folder: Path) -> Path:
    file = folder / download.suggested_filename
    download.save_as(file)
    return file


def changed(proof: Path) -> Path:
    """The proof with one byte of the record changed."""
    text = proof.read_text("utf-8")
    file = proof.with_name("changed.json")
    assert text.count(AFFAIR) == 1
    file.write_text(text.replace(AFFAIR, "T1-78"), "utf-8")
    return file


def check_alone(story: Story, proof: Path, folder: Path) -> None:
    """`jichitai verify` needs the file and the public key, nothing else."""
    key = folder / "nation.pub"
    with story.running.client(Tier.NATION) as client:
        key.write_bytes(client.get("/api/v1/log/key").content)
    good = verify(proof, key)
    assert good.returncode == 0, good.stderr
    bad = verify(changed(proof), key)
    assert bad.returncode == 1
    assert "record-mismatch" in bad.stdout + bad.stderr
    assert json.loads(proof.read_text("utf-8"))["record"]["affair"] == AFFAIR


def verify(proof: Path, key: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jichitai", "verify", str(proof), "--key", str(key)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- without JavaScript -----------------------------------------------------------------------


def press(page: Page, name: str) -> None:
    page.locator("main button.jc-button", has_text=name).first.click()


def plain(browser: Browser, running: Running, tier: Tier, display: str) -> Iterator[Page]:
    """Somebody signed in whose browser runs no script."""
    with page_of(browser, script=False, accept_downloads=True) as page:
        page.goto(f"{running.origin(tier)}/sign-in/personas")
        page.locator("li", has_text=display).get_by_role("button").click()
        yield page


def test_the_main_job_without_javascript(browser: Browser, story: Story, tmp_path: Path) -> None:
    couple = story.couples[1]
    for page in plain(browser, story.running, Tier.TOWN, CLERK):
        clerk_enters_plainly(page, story, couple)
    for page in plain(browser, story.running, Tier.TOWN, APPROVER):
        page.get_by_role("link", name="審査待ち").first.click()
        page.locator("a[data-row-link]").first.click()
        press(page, "本登録する")
        expect(page.get_by_text("を本登録しました")).to_be_visible()
    story.wait_until_told(couple.head)
    for page in plain(browser, story.running, Tier.NATION, OFFICER):
        page.locator("#f-affair").select_option(AFFAIR)
        press(page, "この事務にする")
        page.locator("[name=reason][value=benefit]").check()
        page.locator("#f-reference").fill("2026-78")
        page.locator("#f-name").fill(couple.head.replace("　", " "))
        page.locator("#f-birth-year").fill(couple.births[0].replace("-", ""))
        press(page, "照会する")
        shows_only_what_is_given(page, couple)
    display = story.resident_of(couple.head)
    for page in plain(browser, story.running, Tier.NATION, display):
        sees_who_looked(page)
        with page.expect_download() as waiting:
            page.get_by_role("link", name="証明を保存する").first.click()
        proof = saved(waiting.value, tmp_path)
        page.get_by_role("link", name="保存した証明を確かめる").click()
        expect(page.get_by_text("このページの中では確かめられません")).to_be_visible()
        expect(page.get_by_text("検証プログラム").first).to_be_visible()
    check_alone(story, proof, tmp_path)


def clerk_enters_plainly(page: Page, story: Story, couple: Couple) -> None:
    press(page, "転入を入力する")
    page.locator("summary", has_text="転出証明書情報").click()
    page.locator("#f-lookup").fill(couple.codes[0])
    press(page, "転出証明書情報を読み込む")
    page.locator("#f-occurred_on-year").fill(f"{story.today:%Y%m%d}")
    page.locator("#f-basis").check()
    press(page, "次へ進む")
    expect(page.locator("[id='f-people.1.name']")).to_have_value(couple.spouse)
    press(page, "次へ進む")
    page.locator("[id='f-place.town']").fill("南瓦町")
    page.locator("[id='f-place.lot']").fill("4番2号")
    press(page, "次へ進む")
    for area in page.locator("main textarea").all():
        area.fill("窓口で確かめた")
    press(page, "審査に回す")
    expect(page.get_by_text("審査に回しました")).to_be_visible()
