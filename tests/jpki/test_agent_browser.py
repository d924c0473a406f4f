"""The agent between a real browser and the card: pages looked at, answers carried back."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from playwright.sync_api import Browser, Page, expect

from jichitai.infra.ports import bind
from jichitai.jpki.reader.agent.app import create_agent
from jichitai.jpki.reader.agent.sites import Site, Sites
from jichitai.jpki.reader.agent_protocol import (
    CardAnswer,
    Purpose,
    base64url,
    from_base64url,
    signed_bytes,
)
from jichitai.jpki.reader.sources import CardSource, ChipSource
from jichitai.web.edge import content_security_policy
from jichitai.web.server import WebServer
from tests.browser.support import browser, overflowing, violations
from tests.jpki import chips
from tests.jpki.cards import Card, issue_card

__all__ = ["browser"]
pytestmark = pytest.mark.browser
CHALLENGE = base64url(bytes(range(32)))
TEXT = "例示市のサービスに、次の内容で申請します。\n証明書の種類　住民票の写し\n受付番号　1-2-3"
WIDTHS = (1280, 390)


class Provider:
    """A site of its own, cross-site to the agent, that asks for a card and takes the answer."""

    def __init__(self, agent: str, *, referrer: str = "origin") -> None:
        self.answers: list[CardAnswer] = []
        self.purpose = Purpose.USER_AUTH
        self._agent, self._referrer = agent, referrer
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._page(provider._form() if self.path == "/" else "<h1>戻りました</h1>")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                found = {name: values[0] for name, values in parse_qs(body).items()}
                provider.answers.append(CardAnswer.parse(found))
                self.send_response(303)
                self.send_header("Location", "/done")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _page(self, body: str) -> None:
                page = f"<!DOCTYPE html><html lang=ja><link rel=icon href='data:,'>{body}".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Referrer-Policy", provider._referrer)
                policy = content_security_policy(form_action=provider._agent)
                self.send_header("Content-Security-Policy", policy)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "Provider":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _form(self) -> str:
        fields = {
            "purpose": self.purpose,
            "challenge": CHALLENGE,
            "return_url": f"{self.origin}/answer",
            "transaction": "T-1",
            "text": TEXT,
        }
        inputs = "".join(
            f"<input type=hidden name={name} value='{value}'>" for name, value in fields.items()
        )
        return f"<form method=post action={self._agent}/sign>{inputs}<button>進む</button></form>"


@contextmanager
def agent(source: CardSource, sites: list[str], port: int) -> Iterator[None]:
    """The agent in a thread, on a socket that is bound already."""
    listening = bind("127.0.0.1", port)
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        listed = Sites([Site(origin, "本人確認サービス", counter=True) for origin in sites])
        server = WebServer(create_agent(source, listed, port=port), listening)
        serving = asyncio.create_task(server.run_until_stopped())
        while not server.started:
            await asyncio.sleep(0.01)
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.02)
        server.stop()
        await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return issue_card(tmp_path / "hanako.chip")


@pytest.fixture
def port() -> int:
    with bind("127.0.0.1", 0) as free:
        return int(free.getsockname()[1])


@contextmanager
def a_page(browser: Browser, *, script: bool = True) -> Iterator[Page]:
    """A page of its own; what its console says fails the test, but for refusals on purpose."""
    with browser.new_context(java_script_enabled=script, locale="ja-JP") as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
    assert [line for line in said if "responded with a status of 4" not in line] == []


def look(page: Page, name: str) -> None:
    """What axe finds, what sticks out; a picture where one is wanted."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        pictures = os.environ.get("JICHITAI_TEST_PICTURES")
        if pictures:
            page.screenshot(path=str(Path(pictures) / f"{name}-{width}.png"), full_page=True)
        assert violations(page) == []
        assert overflowing(page) == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_person_signs_a_text_and_comes_back(
    browser: Browser, card: Card, port: int, *, script: bool
) -> None:
    with Provider(f"http://127.0.0.1:{port}") as provider:
        provider.purpose = Purpose.SIGNATURE
        with (
            agent(ChipSource(card.path), [provider.origin], port),
            a_page(browser, script=script) as page,
        ):
            page.goto(provider.origin)
            page.get_by_role("button", name="進む").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("カードで署名する")
            if script:
                look(page, "agent-sign")
            page.get_by_label("署名用電子証明書の暗証番号").fill("WRONG1")
            page.get_by_role("button", name="署名する").click()
            expect(page.get_by_role("alert")).to_contain_text("あと4回")
            if script:
                look(page, "agent-wrong-pin")
            page.get_by_label("署名用電子証明書の暗証番号").fill(chips.SIGNING_PIN)
            page.get_by_role("button", name="署名する").click()
            if not script:
                page.get_by_role("button", name="本人確認サービスに進む").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("戻りました")
        answer = provider.answers[0]
    certificate = x509.load_der_x509_certificate(from_base64url(answer.certificate))
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    signed = signed_bytes(Purpose.SIGNATURE, provider.origin, CHALLENGE, TEXT)
    key.verify(from_base64url(answer.signature), signed, PKCS1v15(), SHA256())


def test_one_of_several_cards_is_chosen_by_keyboard(
    browser: Browser, card: Card, port: int
) -> None:
    issue_card(card.path.with_name("taro.chip"))
    with (
        Provider(f"http://127.0.0.1:{port}") as provider,
        agent(ChipSource(card.path.parent), [provider.origin], port),
        a_page(browser) as page,
    ):
        page.goto(provider.origin)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("カードで本人確認をする")
        look(page, "agent-choose")
        page.get_by_label("hanako").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type(chips.USER_AUTH_PIN)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("戻りました")
        assert provider.answers[0].signature


def test_a_site_that_hides_its_origin_or_is_not_listed_gets_nothing(
    browser: Browser, card: Card, port: int
) -> None:
    own = f"http://127.0.0.1:{port}"
    with (
        Provider(own, referrer="no-referrer") as hiding,
        Provider(own) as strange,
        agent(ChipSource(card.path), [hiding.origin], port),
    ):
        for provider in (hiding, strange):
            with a_page(browser) as page:
                page.goto(provider.origin)
                page.get_by_role("button", name="進む").click()
                expect(page.get_by_role("heading", level=1)).to_have_text(
                    "このサイトからの依頼は受け付けていません"
                )
                look(page, "agent-refused")
            assert provider.answers == []


def test_the_other_pages_of_the_agent_are_in_order(browser: Browser, card: Card, port: int) -> None:
    with (
        Provider(f"http://127.0.0.1:{port}") as provider,
        agent(ChipSource(card.path), [provider.origin], port),
    ):
        with a_page(browser) as page:
            page.goto(f"http://127.0.0.1:{port}/")
            look(page, "agent-home")
        with a_page(browser) as page:
            page.goto(provider.origin)
            page.get_by_role("button", name="進む").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("カードで本人確認をする")
            card.path.rename(card.path.with_suffix(".away"))
            page.reload()
            look(page, "agent-no-card")
            card.path.with_suffix(".away").rename(card.path)
            page.get_by_role("button", name="もう一度確かめる").click()
            for _ in range(3):
                page.get_by_label("利用者証明用電子証明書の暗証番号").fill("0000")
                page.get_by_role("button", name="本人確認をする").click()
            expect(page.get_by_role("heading", level=1)).to_have_text(
                "暗証番号がロックされています"
            )
            look(page, "agent-blocked")
            page.get_by_role("button", name="依頼元に戻る").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("戻りました")
