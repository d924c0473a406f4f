"""What tests in a browser share: the browser, axe, a server that answers with given pages."""

import atexit
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from jichitai.web.rendering import CONTENT_SECURITY_POLICY, STATIC_DIR, STATIC_URL
from tests.conftest import demanded

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

LAYOUT = ["target-size", "scrollable-region-focusable"]
"""Rules that ask for sizes: in another width their answer may be another one."""

Answer = Callable[[str, Mapping[str, str]], str | None]
Result = TypeVar("Result")


FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the system.

    One for a module, whose tests are all plain functions: Playwright keeps an event loop in the
    thread while it is up, and tests that are coroutines could not run beside it.
    """
    if not CHROMIUM.exists() and not demanded("browser"):
        pytest.skip("Chromium がありません。sudo make system-packages で入ります")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield found
        found.close()


@dataclass
class Standing:
    """The browser of a process, and the page in which finished pages are looked at.

    A new page starts a process, in which nothing of axe is compiled yet.
    """

    browser: Browser

    @cached_property
    def looking(self) -> Page:
        context = self.browser.new_context(locale="ja-JP")
        context.add_init_script(path=AXE)
        return context.new_page()


Work = Callable[[Standing], None]


@cache
def _works() -> SimpleQueue[Work | None]:
    """Where the thread of the standing browser takes its works from, until Python ends."""
    works: SimpleQueue[Work | None] = SimpleQueue()

    def stand() -> None:
        with sync_playwright() as playwright:
            found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
            standing = Standing(found)
            while (work := works.get()) is not None:
                work(standing)
            found.close()

    thread = threading.Thread(target=stand, daemon=True)
    thread.start()

    def end() -> None:
        works.put(None)
        thread.join(10)

    atexit.register(end)
    return works


def _stand(work: Callable[[Standing], Result]) -> Result:
    made: Future[Result] = Future()

    def fulfil(standing: Standing) -> None:
        try:
            made.set_result(work(standing))
        except BaseException as error:
            made.set_exception(error)
            if not isinstance(error, Exception):
                raise

    _works().put(fulfil)
    return made.result()


def in_browser(work: Callable[[Browser], Result]) -> Result:
    """What `work` makes of Chromium, in a thread apart from the loop of the test that waits.

    One browser for all such tests of a process: to start it costs as much as to look at five pages.
    """
    return _stand(lambda standing: work(standing.browser))


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """Serve pages that `answer(path, query)` makes, under the policy of real pages."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            if url.path.startswith(STATIC_URL):
                file = STATIC_DIR / Path(url.path).name
                self._send(file.read_bytes(), TYPES[file.suffix], "public, max-age=3600")
            elif (page := answer(url.path, query)) is not None:
                self._send(page.encode(), "text/html; charset=utf-8")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            self.do_GET()

        def _send(self, body: bytes, kind: str, keep: str = "no-store") -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
            self.send_header("Cache-Control", keep)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def page_of(
    browser: Browser, *, width: int = 1280, script: bool = True, axe: bool = False, **options: Any
) -> Iterator[Page]:
    """A page of its own; anything on its console fails the test.

    With `axe` every document has it from the start, which costs half of adding it to each.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        java_script_enabled=script,
        locale="ja-JP",
        **options,
    )
    if axe:
        context.add_init_script(path=AXE)
    page = context.new_page()
    with _silent(page):
        yield page
        context.close()


def _undecidable(node: Mapping[str, Any]) -> bool:
    data = [check["data"] or {} for check in node["any"]]
    return node["html"].startswith("<text") or any(
        item.get("messageKey") == "shortTextContent" for item in data
    )


_AXE_RUN = """async ([tags, layout, contrast]) => {
  for (const box of document.querySelectorAll(".jc-region")) box.style.maxHeight = "none";
  const shown = [...document.querySelectorAll("*")].filter(
    (node) => node.checkVisibility({checkVisibilityCSS: true}));
  const html = document.documentElement.outerHTML, before = window.lookedAt;
  const same = before && before.html === html && before.shown.length === shown.length
    && before.shown.every((node, place) => node === shown[place]);
  window.lookedAt = {html, shown, contrast: contrast || (same && before.contrast)};
  const rules = {"color-contrast": {enabled: contrast}};
  const {violations, incomplete} = await axe.run(document, {
    ...(same && !(contrast && !before.contrast)
      ? {runOnly: {type: "rule", values: layout}, preload: false}
      : {runOnly: {type: "tag", values: tags}, rules}),
    resultTypes: ["violations", "incomplete"],
  });
  return {violations, incomplete};
}"""


def violations(page: Page, *, contrast: bool = True) -> list[str]:
    """What axe finds; contrast that it cannot decide counts as found.

    Contrast is half of its work and does not change with the width of the window: `contrast` is
    False where the same page was looked at in another width before. A document that was looked at
    before, and in which since then nothing has changed, come into sight or gone, is asked only for
    what may differ, the rules of sizes.

    Lists are unrolled first, because axe takes rows that are scrolled under the head for covered.
    Text of charts is left out: axe cannot see its ground, and `test_charts` computes its contrast.
    So is a lone character, such as the 0 of a count, which axe takes for an ornament: its colour is
    that of the longer texts around it, and the pairs of colours are computed from the tokens.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(_AXE_RUN, [TAGS, LAYOUT, contrast])
    found = [*result["violations"]]
    found += [rule for rule in result["incomplete"] if rule["id"] == "color-contrast"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']} {json.dumps(node['any'][:1], ensure_ascii=False)[:300]}"
        for rule in found
        for node in rule["nodes"]
        if not (rule["id"] == "color-contrast" and _undecidable(node))
    ]


def overflowing(page: Page) -> list[str]:
    """Elements that reach past the window, but for those inside labelled scroll regions."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter((node) => {
          if (node.closest('[role=region], .jc-hidden, .jc-skip, svg, dialog:not([open])')) return false;
          const box = node.getBoundingClientRect();
          return box.width > 0 && box.right > document.documentElement.clientWidth + 1;
        }).map((node) => node.outerHTML.slice(0, 120))"""
    )
    return found


def inspect_pages(pages: Mapping[str, str], *, widths: tuple[int, ...] = (1280, 390)) -> list[str]:
    """What is wrong with finished pages (for threads of async tests).

    With `JICHITAI_TEST_PICTURES` set to a folder, a picture of each is kept there.
    """
    return _stand(lambda standing: _inspect(standing.looking, pages, widths))


def _inspect(page: Page, pages: Mapping[str, str], widths: tuple[int, ...]) -> list[str]:
    pictures = os.environ.get("JICHITAI_TEST_PICTURES")
    found: list[str] = []
    with served(lambda path, _: pages.get(path.strip("/"))) as origin, _silent(page):
        for name in pages:
            page.set_viewport_size({"width": widths[0], "height": 800})
            page.goto(f"{origin}/{name}")
            for width in widths:
                page.set_viewport_size({"width": width, "height": 800})
                if pictures:
                    file = Path(pictures) / f"{name}-{width}.png"
                    page.screenshot(path=str(file), full_page=True)
                contrast = width == widths[0]
                problems = [*violations(page, contrast=contrast), *overflowing(page)]
                found += [f"{name} {width}: {problem}" for problem in problems]
    return found


@contextmanager
def _silent(page: Page) -> Iterator[None]:
    """Anything on the console of a page fails the test."""
    said: list[str] = []

    def message(found: ConsoleMessage) -> None:
        said.append(found.text)

    def fault(found: Error) -> None:
        said.append(str(found))

    page.on("console", message)
    page.on("pageerror", fault)
    try:
        yield
    finally:
        page.remove_listener("console", message)
        page.remove_listener("pageerror", fault)
    assert said == []
