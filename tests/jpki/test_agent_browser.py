"""The agent between a real browser and the card: pages looked at, answers carried back."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from playwright.sync_api import Browser, Locator, Page, expect

from jichitai.infra.ports import bind
from jichitai.jpki.chip import reading
from jichitai.jpki.chip.device import Chip
from jichitai.jpki.reader.agent.app import create_agent
from jichitai.jpki.reader.agent.sites import Site, Sites
from jichitai.jpki.reader.agent_protocol import (
    CardAnswer,
    Purpose,
    base64url,
    from_base64url,
    signed_bytes,
)
from jichitai.jpki.reader.faces import FaceObjects
from jichitai.jpki.reader.sources import CardSource, ChipSource
from jichitai.web.edge import content_security_policy
from jichitai.web.server import WebServer
from tests.browser.support import browser, overflowing, violations
from tests.jpki import chips, faced_cards
from tests.jpki.cards import Card, issue_card
from tests.jpki.test_agent_writing import TICKET, SharedKeys, Town, check_written

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
        self.writes = False
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
        if self.writes:
            fields = {"ticket": TICKET, "return_url": f"{self.origin}/answer"}
        inputs = "".join(
            f"<input type=hidden name={name} value='{value}'>" for name, value in fields.items()
        )
        place = "write" if self.writes else "sign"
        return (
            f"<form method=post action={self._agent}/{place}>{inputs}<button>進む</button></form>"
        )


@contextmanager
def agent(
    source: CardSource, sites: list[str], port: int, transport: httpx.BaseTransport | None = None
) -> Iterator[None]:
    """The agent in a thread, on a socket that is bound already."""
    listening = bind("127.0.0.1", port)
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        listed = Sites([Site(origin, "本人確認サービス", counter=True) for origin in sites])
        server = WebServer(create_agent(source, listed, port=port, transport=transport), listening)
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
    # "[DOM]" is advice to authors: several PINs in one form are what a counter needs
    assert [one for one in said if not one.startswith("[DOM]") and "status of 4" not in one] == []


def look(page: Page, name: str, *, script: bool = True) -> None:
    """What axe finds, what sticks out; a picture where one is wanted. Axe itself is a script."""
    if not script:
        return
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        pictures = os.environ.get("JICHITAI_TEST_PICTURES")
        if pictures:
            page.screenshot(path=str(Path(pictures) / f"{name}-{width}.png"), full_page=True)
        assert overflowing(page) == []
    assert violations(page) == []


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
            look(page, "agent-sign", script=script)
            page.get_by_label("署名用電子証明書の暗証番号").fill("WRONG1")
            page.get_by_role("button", name="署名する").click()
            expect(page.get_by_role("alert")).to_contain_text("あと4回")
            look(page, "agent-wrong-pin", script=script)
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


def test_a_clerk_reads_faces_with_the_number_on_the_card(
    browser: Browser, tmp_path: Path, port: int
) -> None:
    card = faced_cards.issue(tmp_path / "hanako.chip")
    with Provider(f"http://127.0.0.1:{port}") as provider:
        provider.purpose = Purpose.READ
        with (
            agent(ChipSource(card.path), [provider.origin], port),
            a_page(browser) as page,
        ):
            page.goto(provider.origin)
            page.get_by_role("button", name="進む").click()
            page.get_by_label("照合番号B").fill(faced_cards.DATA.number_b)
            look(page, "agent-read")
            page.get_by_role("button", name="券面を読み取る").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("戻りました")
    found = FaceObjects.unpack(provider.answers[0].objects)
    assert reading.items(found.items).name == faced_cards.DATA.name


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_holder_chooses_pins_and_the_card_is_written(
    browser: Browser, tmp_path: Path, port: int, *, script: bool
) -> None:
    blank = tmp_path / "blank.chip"
    Chip.make_blank(blank, chips.NUMBER, chips.WRITER_PUBLIC).close()
    town = Town()
    with Provider(f"http://127.0.0.1:{port}") as provider:
        provider.writes = True
        with (
            agent(SharedKeys(blank), [provider.origin], port, town.transport),
            a_page(browser, script=script) as page,
        ):
            page.goto(provider.origin)
            page.get_by_role("button", name="進む").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("カードの暗証番号を決める")
            page.get_by_role("button", name="カードに書き込む").click()
            expect(page.get_by_role("alert")).to_contain_text("誤りがあります")
            look(page, "agent-write-errors", script=script)
            for name, pin in (("署名用", "ABC123"), ("数字4桁の", "1234")):
                for field in page.get_by_label(name).all():
                    field.fill(pin)
            look(page, "agent-write", script=script)
            town.away = {"/answer"}
            page.get_by_role("button", name="カードに書き込む").click()
            refreshed(page, page.get_by_text("途中で止まりました").first)
            look(page, "agent-write-interrupted", script=script)
            town.away = set()
            if (go_on := page.get_by_role("link", name="続きから進める")).count():
                go_on.click()
            for name, pin in (("署名用", "ABC123"), ("数字4桁の", "1234")):
                for field in page.get_by_label(name).all():
                    field.fill(pin)
            page.get_by_role("button", name="カードに書き込む").click()
            end = page.get_by_role("link", name="窓口の画面に進む")
            refreshed(page, end)
            look(page, "agent-written", script=script)
            end.click()
            expect(page.get_by_role("heading", level=1)).to_have_text("戻りました")
    check_written(blank)


def refreshed(page: Page, awaited: Locator) -> None:
    """Wait for a state; without script a person asks for the newest one."""
    for _ in range(40):
        if awaited.count():
            return
        latest = page.get_by_role("link", name="最新の状態を見る")
        if latest.count():
            latest.click()
        page.wait_for_timeout(250)
    raise AssertionError(page.content())


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
