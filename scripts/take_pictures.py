"""Take the pictures of the pages that the documentation shows.

    python scripts/take_pictures.py --out docs/images/pages

Starts a small rehearsal (`jichitai demo`), lets its people work with the pages in Chromium of the
system, and takes each pattern at 1280 and 390 px, as it prints, and with forced colours.
"""

from __future__ import annotations

import argparse
import base64
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 600
LONGEST = 2400  # px
PAPER = 680  # px: A4 less margins of 15 mm
TOWN = "札幌市"
NEWCOMER = ("見本 花子", "みほん はなこ", "S60.5.1")
TIERS = {"市区町村": "town", "都道府県": "prefecture", "全国": "nation", "府省": "ministry"}


@dataclass
class Stage:
    """A running rehearsal, and the browser that looks at it."""

    origins: dict[str, str]
    browser: Browser
    out: Path

    @contextmanager
    def persona(self, tier: str, display: str) -> Iterator[Page]:
        """A page of somebody who has signed in; their first place is open."""
        context = self.browser.new_context(
            viewport={"width": 1280, "height": 800}, locale="ja-JP", accept_downloads=True
        )
        page = context.new_page()
        page.goto(f"{self.origins[tier]}/sign-in/personas")
        person = page.locator("li").filter(has_text=display).first
        person.get_by_role("button").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        yield page
        context.close()

    def take(self, page: Page, name: str, *, all_media: bool = True, height: int = 800) -> None:
        """One page in all its forms, or on a screen alone; the page stays as it was."""
        page.evaluate("document.activeElement?.blur()")
        for width in (1280, 390) if all_media else (1280,):
            page.set_viewport_size({"width": width, "height": height})
            self._shoot(page, f"{name}-{width}")
        if all_media:
            page.set_viewport_size({"width": PAPER, "height": height})
            page.emulate_media(media="print")
            self._shoot(page, f"{name}-print")
            page.emulate_media(media="screen", forced_colors="active")
            page.set_viewport_size({"width": 1280, "height": height})
            self._shoot(page, f"{name}-forced")
            page.emulate_media(media="screen", forced_colors="none")
        page.set_viewport_size({"width": 1280, "height": height})

    def _shoot(self, page: Page, name: str) -> None:
        shot = page.screenshot(full_page=True, animations="disabled", clip=_upper_part(page))
        (self.out / f"{name}.png").write_bytes(self._reduced(shot))
        print(f"{name}.png", flush=True)

    def _reduced(self, png: bytes) -> bytes:
        """The picture with at most 256 colours; the browser reads it, a palette is written."""
        reader = self.browser.new_page()
        found = reader.evaluate(_REDUCE, base64.b64encode(png).decode())
        reader.close()
        width, height = int(found["width"]), int(found["height"])
        pixels = base64.b64decode(found["pixels"])
        lines = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
        head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
        parts = (
            (b"IHDR", head),
            (b"PLTE", bytes(found["palette"])),
            (b"IDAT", zlib.compress(lines, 9)),
            (b"IEND", b""),
        )
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in parts
        )


def _upper_part(page: Page) -> FloatRect:
    """The whole page, or as much of it as a reader looks at."""
    size = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    return {"x": 0, "y": 0, "width": size[0], "height": min(size[1], LONGEST)}


# Colours far apart and the commonest ones stay; the others become the nearest of them.
_REDUCE = """async (encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, image.width, image.height).data;
  const counts = new Map();
  const colour = (at) => (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
  for (let at = 0; at < data.length; at += 4) {
    counts.set(colour(at), (counts.get(colour(at)) || 0) + 1);
  }
  const parts = (one) => [one >> 16, (one >> 8) & 255, one & 255];
  const common = [...counts].sort((a, b) => b[1] - a[1]).map(([one]) => one);
  const alike = (one, other) => {
    const [r, g, b] = parts(one);
    const [x, y, z] = parts(other);
    return (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2 < 900;
  };
  const apart = [];
  for (const one of common) {
    if (apart.length < 200 && !apart.some((other) => alike(one, other))) apart.push(one);
  }
  const kept = [...new Set([...apart, ...common])].slice(0, 256);
  const place = new Map(kept.map((one, index) => [one, index]));
  const nearest = (one) => {
    const [r, g, b] = parts(one);
    let best = 0;
    let least = Infinity;
    kept.forEach((other, index) => {
      const [x, y, z] = parts(other);
      const far = (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2;
      if (far < least) [best, least] = [index, far];
    });
    return best;
  };
  const pixels = new Uint8Array(data.length / 4);
  for (let at = 0; at < data.length; at += 4) {
    const one = colour(at);
    if (!place.has(one)) place.set(one, nearest(one));
    pixels[at / 4] = place.get(one);
  }
  let text = "";
  for (let at = 0; at < pixels.length; at += 8192) {
    text += String.fromCharCode(...pixels.subarray(at, at + 8192));
  }
  return {
    width: image.width, height: image.height, palette: kept.flatMap(parts), pixels: btoa(text),
  };
}"""


# --- the counter ------------------------------------------------------------------------------


def press(page: Page, name: str) -> None:
    """Press a button and wait for the page that answers."""
    with page.expect_navigation():
        page.locator("button.jc-button").filter(
            has_text=re.compile(f"^\\s*{name}\\s*$")
        ).first.click()


def date(page: Page, name: str, text: str) -> None:
    """Fill a date in, as `S60.5.1`."""
    era, year, month, day = re.fullmatch(r"([A-Z])(\d+)\.(\d+)\.(\d+)", text).groups()  # type: ignore[union-attr]
    page.locator(f"[id='f-{name}']").select_option(era)
    for part, value in (("year", year), ("month", month), ("day", day)):
        page.locator(f"[id='f-{name}-{part}']").fill(value)


def counter(stage: Stage) -> None:
    """3.1 entry, 3.2 approval, 3.3 person and household."""
    with stage.persona("town", f"{TOWN}　窓口担当") as clerk:
        _wrong_entry(stage, clerk)
        _events_of_residents(stage, clerk)
        clerk.goto(f"{stage.origins['town']}/counter")
        stage.take(clerk, "counter", all_media=False)
    with stage.persona("town", f"{TOWN}　審査担当") as approver:
        approver.goto(f"{stage.origins['town']}/counter/approvals")
        stage.take(approver, "approvals")
        with approver.expect_navigation():
            approver.locator("[data-row-link]").nth(1).click()
        stage.take(approver, "approval")
        approve_all(approver)


def approve_all(page: Page) -> None:
    """本登録する, one after the other."""
    while page.get_by_role("button", name="本登録する").count():
        press(page, "本登録する")


def _wrong_entry(stage: Stage, page: Page) -> None:
    """Somebody moves in from abroad; first with a mistake, then right."""
    name, kana, birth = NEWCOMER
    press(page, "国外転入を入力する")
    date(page, "occurred_on", "R8.12.28")
    page.locator("#f-country").fill("アメリカ合衆国")
    page.locator("#f-reporter").fill("本人（旅券で確認）")
    page.locator("#f-basis").check()
    press(page, "次へ進む")
    page.locator("[id='f-people.0.name']").fill(name)
    page.locator("[id='f-people.0.kana']").fill(kana)
    page.locator("[name='people.0.sex'][value='2']").check()
    date(page, "people.0.birth_date", birth)
    page.locator("[id='f-people.0.relation']").fill("本人")
    press(page, "次へ進む")
    stage.take(page, "entry")
    page.locator("[id='f-people.0.relation']").fill("世帯主")
    press(page, "次へ進む")
    page.locator("[id='f-place.town']").fill("北一条西二丁目")
    page.locator("[id='f-place.lot']").fill("3番4号")
    press(page, "次へ進む")
    if page.locator("textarea").count():
        page.locator("textarea").first.fill("旅券と入国の記録で確かめた")
    stage.take(page, "confirm")
    press(page, "審査に回す")


def _events_of_residents(stage: Stage, page: Page) -> None:
    """A few residents of the town move; pictures of one of them and of the household."""
    entered = 0
    for letter in "サタカアヤイハマ":
        page.goto(f"{stage.origins['town']}/counter/search")
        page.locator("#f-kana").fill(letter)
        page.locator("#f-reason").select_option(index=1)
        press(page, "検索する")
        links = page.locator("[data-row-link]")
        if not links.count():
            continue
        if not entered:
            stage.take(page, "found", all_media=False)
        with page.expect_navigation():
            links.first.click()
        free = page.get_by_text("編集中の人 なし").count()
        if not free or not page.get_by_role("button", name="転居", exact=True).count():
            continue
        if not entered:
            stage.take(page, "person")
            home = page.url
            with page.expect_navigation():
                page.get_by_role("link", name="世帯を見る").click()
            stage.take(page, "household", all_media=False)
            page.goto(home)
        _move_within(page, entered)
        entered += 1
        if entered > 4:
            return


def _move_within(page: Page, number: int) -> None:
    press(page, "転居")
    date(page, "occurred_on", "R8.12.25")
    page.locator("#f-basis").check()
    press(page, "次へ進む")
    for box in page.locator("[name=resident_ids]").all():
        box.check()
    press(page, "次へ進む")
    page.locator("[id='f-place.town']").fill("南三条東一丁目")
    page.locator("[id='f-place.lot']").fill(f"{number + 2}番5号")
    press(page, "次へ進む")
    while not page.url.endswith("/confirm"):
        press(page, "次へ進む")
    for area in page.locator("textarea").all():
        area.fill("窓口で確かめた")
    press(page, "審査に回す")


# --- the nation -------------------------------------------------------------------------------


def query(stage: Stage) -> None:
    """3.4 the officer's question and answer."""
    with stage.persona("nation", "日本年金機構　担当") as page:
        page.goto(f"{stage.origins['nation']}/query?affair=T1-77&key=match")
        page.locator("[name=reason][value=benefit]").check()
        page.locator("#f-reference").fill("2026-12345")
        page.locator("#f-name").fill(NEWCOMER[0])
        date(page, "birth", NEWCOMER[2])
        stage.take(page, "query")
        for _ in range(10):
            press(page, "照会する")
            if page.get_by_text("該当あり").count():
                break
            time.sleep(1)
            page.go_back()
        stage.take(page, "answer", all_media=False)


def resident(stage: Stage) -> None:
    """3.5 who looked at me, and the proof."""
    with stage.persona("nation", "住民（配偶者を亡くした人）") as page:
        stage.take(page, "me")
        with page.expect_download() as waiting:
            page.get_by_role("link", name="証明を保存する").first.click()
        proof = Path(waiting.value.path()).read_bytes()
        page.goto(f"{stage.origins['nation']}/proofs/verify")
        page.locator("#f-proof").set_input_files(
            {"name": "proof.json", "mimeType": "application/json", "buffer": proof}
        )
        page.locator("[data-proof-result=holds]").wait_for()
        stage.take(page, "verify", all_media=False)


def network(stage: Stage) -> None:
    """3.6 the board of the network, a prefecture, a town."""
    with stage.persona("nation", "運用担当1") as page:
        page.goto(f"{stage.origins['nation']}/network")
        stage.take(page, "board")
        page.goto(f"{stage.origins['nation']}/network/prefectures/01")
        stage.take(page, "board-prefecture", all_media=False)
        page.goto(f"{stage.origins['nation']}/network/towns/011002")
        stage.take(page, "board-town", all_media=False)


def counts(stage: Stage) -> None:
    """The public page of counts."""
    page = stage.browser.new_page(viewport={"width": 1280, "height": 800}, locale="ja-JP")
    page.goto(f"{stage.origins['ministry']}/counts")
    stage.take(page, "counts")
    page.close()


SCENES: dict[str, Callable[[Stage], None]] = {
    "counter": counter,
    "query": query,
    "resident": resident,
    "network": network,
    "counts": counts,
}


# --- the rehearsal ----------------------------------------------------------------------------


@contextmanager
def rehearsal(data: Path) -> Iterator[dict[str, str]]:
    """Run `jichitai demo`; the addresses that it tells."""
    told = data.with_suffix(".log")
    with told.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jichitai", "demo", "--residents", "400", "--data", str(data)],
            stderr=log,
        )
    try:
        yield _addresses(told, process)
    finally:
        process.terminate()
        process.wait(60)


def _addresses(told: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        text = told.read_text("utf-8")
        if "終えるには" in text:
            found = re.findall(r"^  (\S+)　(http://\S+?)/sign-in/personas", text, re.MULTILINE)
            return {TIERS[name]: origin for name, origin in found}
        time.sleep(1)
    sys.exit(told.read_text("utf-8")[-2000:])


def main() -> None:
    """Start, take, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="directory of a rehearsal to go on with")
    parser.add_argument("--only", nargs="*", choices=sorted(SCENES), default=list(SCENES))
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="jichitai-pictures-") as scratch,
        rehearsal(wanted.data or Path(scratch) / "demo") as origins,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        stage = Stage(origins, browser, wanted.out)
        for name in wanted.only:
            SCENES[name](stage)
        browser.close()


if __name__ == "__main__":
    main()
