"""A site made with Authlib, the provider, the card agent as a process, a chip, and Chromium.

Provider, site and agent are three sites to the browser (localhost, 127.0.0.1 and another port, with
cookies that do not cross), as they are in use.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from playwright.sync_api import Browser, Page, expect

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.ports import bind
from jichitai.infra.settings import own_environment
from jichitai.jpki.kinds import CertificateKind
from jichitai.kernel.parties import Tier
from jichitai.web.server import WebServer
from tests.browser.support import browser, overflowing, violations
from tests.conftest import Cluster
from tests.jpki import chips
from tests.jpki.cards import issue_card
from tests.jpki.pki import Leaf
from tests.jpki.signin_world import (
    CLIENT_KEY,
    Holder,
    add_party,
    app,
    holder,
    nation_database,
    provider_app,
)
from tests.jpki.status_world import MemoryVault, found_authorities

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from authlib.integrations.httpx_client import OAuth2Client
    from authlib.oauth2.rfc7523 import PrivateKeyJWT

__all__ = ["app", "browser", "holder", "nation_database"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
]
AGENT = "import sys; from jichitai.jpki.reader.cli import chip; chip(sys.argv[1:])"


class Library:
    """A web site that lets people sign in: a few lines around an independent library."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.told: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.scope = "openid"
        self._verifier, self._nonce, self._state = "", "", ""
        library = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/":
                    self._page("<a href=/start>マイナンバーカードでサインインする</a>")
                elif self.path == "/start":
                    self.send_response(303)
                    self.send_header("Location", library.start())
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self._page(library.finish(f"{library.origin}{self.path}"))

            def _page(self, body: str) -> None:
                page = f"<!DOCTYPE html><html lang=ja><link rel=icon href='data:,'>{body}".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def client(self) -> Any:
        self.metadata = httpx.get(f"{self.issuer}/.well-known/openid-configuration").json()
        made = OAuth2Client(
            "library",
            CLIENT_KEY,
            token_endpoint_auth_method="private_key_jwt",
            scope=self.scope,
            redirect_uri=f"{self.origin}/callback",
            code_challenge_method="S256",
        )
        made.register_client_auth_method(
            PrivateKeyJWT(self.metadata["token_endpoint"], alg="ES256")
        )
        return made

    def start(self) -> str:
        """Push the request; where the browser goes."""
        self._verifier, self._nonce = uuid4().hex * 2, uuid4().hex
        with self.client() as client:
            return self._pushed(client)

    def _pushed(self, client: Any) -> str:
        url, self._state = client.create_authorization_url(
            self.metadata["authorization_endpoint"],
            code_verifier=self._verifier,
            nonce=self._nonce,
        )
        data = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        pushed = client.request(
            "POST",
            self.metadata["pushed_authorization_request_endpoint"],
            data=data,
            auth=client.client_auth("private_key_jwt"),
            withhold_token=True,
        ).json()
        place = self.metadata["authorization_endpoint"]
        return f"{place}?client_id=library&request_uri={pushed['request_uri']}"

    def finish(self, address: str) -> str:
        """Change the code, check the ID token, ask for the user info; the page to show."""
        query = parse_qs(urlsplit(address).query)
        if "error" in query:
            return f"<h1>サインインしていません</h1><p>{query['error'][0]}</p>"
        with self.client() as client:
            return self._greet(client, address, query["iss"][0])

    def _greet(self, client: Any, address: str, issuer: str) -> str:
        token = client.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=address,
            state=self._state,
            code_verifier=self._verifier,
        )
        keys = KeySet.import_key_set(httpx.get(self.metadata["jwks_uri"]).json())
        self.claims = jwt.decode(token["id_token"], keys, ["ES256"]).claims
        assert self.claims["nonce"] == self._nonce
        assert self.claims["iss"] == self.issuer == issuer
        self.told = client.get(self.metadata["userinfo_endpoint"]).json()
        return "<h1>図書館にサインインしました</h1>"

    def __enter__(self) -> "Library":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class World:
    """The provider, the site, the agent, and whose card is in it."""

    origin: str
    library: Library
    person_id: UUID


@pytest.fixture(scope="module")
def world(
    cluster: Cluster, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("signin")
    card = issue_card(folder / "hanako.chip")
    person = Holder(
        Leaf(card.certificates[CertificateKind.SIGNING], chips.private(1)),
        Leaf(card.certificates[CertificateKind.USER_AUTH], chips.private(2)),
    )
    with bind("127.0.0.1", 0) as first, bind("127.0.0.1", 0) as second:
        port, agent_port = first.getsockname()[1], second.getsockname()[1]
    origin = f"http://localhost:{port}"
    with (
        Library(f"{origin}/openid") as library,
        _provider(cluster, keys, person, library, port, agent_port),
        _agent(card.path, origin, agent_port),
    ):
        yield World(origin, library, person.person_id)


@contextmanager
def _provider(
    cluster: Cluster, keys: Keys, person: Holder, library: Library, port: int, agent_port: int
) -> Iterator[None]:
    """The nation's application in a thread of its own."""
    ready, stop = threading.Event(), threading.Event()
    name = cluster.copy_of(Tier.NATION)
    listening = bind("127.0.0.1", port)

    async def serve() -> None:
        database = await Database.open(cluster.dsn(name), size=4)
        async with database.transaction() as tx:
            await found_authorities(tx, MemoryVault())
        await person.settle(database)
        callback = f"{library.origin}/callback"
        await add_party(database, redirect_uris=[callback], sector_identifier="library")
        clock = FixedClock(person.signing.certificate.not_valid_before_utc)
        made = provider_app(
            database,
            keys,
            clock,
            agent=f"http://127.0.0.1:{agent_port}",
            public_url=f"http://localhost:{port}",
        )
        server = WebServer(made, listening)
        serving = asyncio.create_task(server.run_until_stopped())
        while not server.started:
            await asyncio.sleep(0.01)
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.02)
        server.stop()
        await serving
        await database.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    yield
    stop.set()
    thread.join(10)
    cluster.drop(name)


@contextmanager
def _agent(chip: Path, origin: str, port: int) -> Iterator[None]:
    """The agent as people start it: a process."""
    options = ["agent", "--site", f"{origin}=本人確認サービス", "--chip", str(chip)]
    process = subprocess.Popen(
        [sys.executable, "-c", AGENT, *options, "--port", str(port)],
        env=own_environment(),
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                httpx.get(f"http://127.0.0.1:{port}/", timeout=2)
                break
            except httpx.HTTPError:
                assert process.poll() is None
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def a_page(browser: Browser, *, script: bool = True) -> Iterator[Page]:
    """A page of its own; anything on its console fails the test."""
    with browser.new_context(java_script_enabled=script, locale="ja-JP") as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
    assert said == []


def look(page: Page, name: str) -> None:
    """What axe finds, what sticks out; a picture where one is wanted."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        pictures = os.environ.get("JICHITAI_TEST_PICTURES")
        if pictures:
            page.screenshot(path=str(Path(pictures) / f"{name}-{width}.png"), full_page=True)
        assert violations(page, contrast=width == 1280) == []
        assert overflowing(page) == []


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


def test_a_person_signs_in_at_a_site_and_gives_two_of_four_items(
    browser: Browser, world: World
) -> None:
    world.library.scope = "openid profile address"
    with a_page(browser) as page:
        page.goto(world.library.origin)
        page.get_by_role("link").click()
        heading(page, "例示市立図書館にサインインする")
        look(page, "signin-card-items")
        page.get_by_role("button", name="カードで確かめる").click()
        heading(page, "カードで署名する")
        expect(page.locator("main")).to_contain_text("次の情報のうち")
        page.get_by_label("署名用電子証明書の暗証番号").fill(chips.SIGNING_PIN)
        page.get_by_role("button", name="署名する").click()
        heading(page, "例示市立図書館に渡す情報を選ぶ")
        assert "ticket" not in page.url
        look(page, "signin-consent-items")
        page.get_by_label("氏名").check()
        page.get_by_label("住所").check()
        page.get_by_role("button", name="同意して").click()
        heading(page, "図書館にサインインしました")
    assert world.library.told.keys() == {"sub", "name", "address", "jichitai_replaced"}
    assert world.library.claims["acr"] == "urn:jichitai:acr:signature"


def test_a_person_signs_in_without_script_and_gives_nothing_but_a_number(
    browser: Browser, world: World
) -> None:
    world.library.scope = "openid"
    with a_page(browser, script=False) as page:
        page.goto(world.library.origin)
        page.get_by_role("link").click()
        page.get_by_role("button", name="カードで確かめる").click()
        heading(page, "カードで本人確認をする")
        page.get_by_label("利用者証明用電子証明書の暗証番号").fill(chips.USER_AUTH_PIN)
        page.get_by_role("button", name="本人確認をする").click()
        page.get_by_role("button", name="本人確認サービスに進む").click()
        heading(page, "例示市立図書館にサインインする")
        page.get_by_role("button", name="同意して").click()
        heading(page, "図書館にサインインしました")
    assert world.library.told == {"sub": world.library.claims["sub"]}


def test_a_person_turns_back_at_the_agent_and_at_the_provider(
    browser: Browser, world: World
) -> None:
    world.library.scope = "openid"
    with a_page(browser) as page:
        page.goto(world.library.origin)
        page.get_by_role("link").click()
        page.get_by_role("button", name="カードで確かめる").click()
        page.get_by_role("button", name="やめて依頼元に戻る").click()
        expect(page.get_by_role("alert")).to_contain_text("カードの操作が終わりませんでした")
        look(page, "signin-card-cancelled")
        page.get_by_role("button", name="取りやめて").click()
        heading(page, "サインインしていません")
        expect(page.locator("p")).to_have_text("access_denied")


def test_a_resident_signs_in_to_their_own_pages_by_keyboard(browser: Browser, world: World) -> None:
    with a_page(browser) as page:
        page.goto(f"{world.origin}/sign-in?return=/me/sign-ins")
        page.get_by_role("link", name="マイナンバーカードでサインインする").focus()
        page.keyboard.press("Enter")
        heading(page, "わたしの情報にサインインする")
        look(page, "signin-card-own")
        page.get_by_role("button", name="カードで確かめる").focus()
        page.keyboard.press("Enter")
        heading(page, "カードで本人確認をする")
        page.get_by_label("利用者証明用電子証明書の暗証番号").focus()
        page.keyboard.type(chips.USER_AUTH_PIN)
        page.keyboard.press("Enter")
        heading(page, "わたしの情報にサインインする")
        expect(page.get_by_role("status")).to_contain_text("カードで確かめました")
        look(page, "signin-consent-own")
        page.get_by_role("button", name="サインインする").focus()
        page.keyboard.press("Enter")
        heading(page, "カードでサインインした場所")
        look(page, "signin-history")
