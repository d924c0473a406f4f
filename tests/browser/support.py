"""What tests in a browser share: the browser, axe, a server that answers with given pages."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from jichitai.web.rendering import CONTENT_SECURITY_POLICY, STATIC_DIR, STATIC_URL
from tests.conftest import demanded

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

Answer = Callable[[str, Mapping[str, str]], str | None]


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


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """Serve pages that `answer(path, query)` makes, under the policy of real pages."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            if url.path.startswith(STATIC_URL):
                file = STATIC_DIR / Path(url.path).name
                self._send(file.read_bytes(), TYPES[file.suffix])
            elif (page := answer(url.path, query)) is not None:
                self._send(page.encode(), "text/html; charset=utf-8")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            self.do_GET()

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
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
    browser: Browser, *, width: int = 1280, script: bool = True, **options: Any
) -> Iterator[Page]:
    """A page of its own; anything on its console fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        java_script_enabled=script,
        locale="ja-JP",
        **options,
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


def _undecidable(node: Mapping[str, Any]) -> bool:
    data = [check["data"] or {} for check in node["any"]]
    return node["html"].startswith("<text") or any(
        item.get("messageKey") == "shortTextContent" for item in data
    )


def violations(page: Page, *, contrast: bool = True) -> list[str]:
    """What axe finds; contrast that it cannot decide counts as found.

    Contrast is half of its work and does not change with the width of the window: `contrast` is
    False where the same page was looked at in another width before.

    Lists are unrolled first, because axe takes rows that are scrolled under the head for covered.
    Text of charts is left out: axe cannot see its ground, and `test_charts` computes its contrast.
    So is a lone character, such as the 0 of a count, which axe takes for an ornament: its colour is
    that of the longer texts around it, and the pairs of colours are computed from the tokens.
    """
    page.evaluate(
        "for (const box of document.querySelectorAll('.jc-region')) box.style.maxHeight = 'none'"
    )
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(
        """([tags, contrast]) => axe.run(document, {
          runOnly: {type: 'tag', values: tags},
          rules: {'color-contrast': {enabled: contrast}},
          resultTypes: ['violations', 'incomplete'],
        }).then(({violations, incomplete}) => ({violations, incomplete}))""",
        [TAGS, contrast],
    )
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
    """What is wrong with finished pages, in a browser of its own (for threads of async tests).

    With `JICHITAI_TEST_PICTURES` set to a folder, a picture of each is kept there.
    """
    pictures = os.environ.get("JICHITAI_TEST_PICTURES")
    found: list[str] = []
    with (
        served(lambda path, _: pages.get(path.strip("/"))) as origin,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        with page_of(chromium) as page:  # one for all: a new one starts a process
            for name in pages:
                page.goto(f"{origin}/{name}")
                for width in widths:
                    page.set_viewport_size({"width": width, "height": 800})
                    if pictures:
                        file = Path(pictures) / f"{name}-{width}.png"
                        page.screenshot(path=str(file), full_page=True)
                    contrast = width == widths[0]
                    problems = [*violations(page, contrast=contrast), *overflowing(page)]
                    found += [f"{name} {width}: {problem}" for problem in problems]
        chromium.close()
    return found
