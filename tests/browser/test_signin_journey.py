"""Enrolling, locking, unlocking and signing in with a passkey, in a real browser."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from litestar import Request, get
from litestar.response import Template
from playwright.sync_api import Browser, Page, expect, sync_playwright

from jichitai.infra.audit import SYSTEM
from jichitai.infra.database import Database
from jichitai.infra.ports import bind
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Tier
from jichitai.web import accounts
from jichitai.web.app import create_app
from jichitai.web.frame import page as framed
from jichitai.web.rights import Role
from jichitai.web.server import WebServer
from jichitai.web.signin import service
from tests.browser.support import CHROMIUM, overflowing, page_of, violations
from tests.conftest import Cluster
from tests.web.client import account

pytestmark = pytest.mark.browser

CLERK = account(Role.CLERK, municipality="011002", persona=True, about="例示市 住民課の窓口")


@get("/", opt={"roles": frozenset({Role.CLERK})})
async def home(request: Request[Any, Any, Any]) -> Template:
    return framed(request, "pages/passkeys.html", {"passkeys": ()})


class Site:
    """One tier served from a thread, with the code of its first clerk."""

    def __init__(self, dsn: str) -> None:
        self._socket = bind("127.0.0.1", 0)
        self.port = self._socket.getsockname()[1]
        self.origin = f"http://localhost:{self.port}"
        self.code = ""
        self._dsn = dsn
        self._ready, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> "Site":
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    async def _serve(self) -> None:
        database = await Database.open(self._dsn, size=3)
        async with database.transaction(all_towns=True) as tx:
            await accounts.save(tx, CLERK)
            self.code = await service.invite(tx, CLERK.account_id, by=SYSTEM)
        settings = Settings(tier=Tier.TOWN, demo=True, rate_limit=0, public_url=self.origin)
        app = create_app(Tier.TOWN, settings, controllers=[home], db=database, rehearsal=True)
        server = WebServer(app, self._socket)
        serving = asyncio.create_task(server.run_until_stopped())
        await asyncio.sleep(0.5)
        self._ready.set()
        while not self._stop.is_set():
            await asyncio.sleep(0.05)
        server.stop()
        await asyncio.wait([serving], timeout=5)
        await database.close()


@pytest.fixture
def site(cluster: Cluster) -> Iterator[Site]:
    with Site(cluster.dsn(cluster.copy_of(Tier.TOWN))) as site:
        yield site


def give_device(page: Page) -> None:
    """A passkey device inside Chromium that agrees to everything."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def in_browser(journey: Callable[[Browser], None]) -> None:
    """Run a journey in a thread: Playwright's loop would stand in the way of async tests."""

    def work() -> None:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=["--no-sandbox"]
            )
            journey(chromium)
            chromium.close()

    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def look(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=str(folder / f"{name}.png"), full_page=True)
    assert violations(page) == []
    assert overflowing(page) == []


def test_a_clerk_enrols_locks_unlocks_and_signs_in_by_passkey(site: Site, tmp_path: Path) -> None:
    in_browser(lambda browser: clerk_with_a_passkey(browser, site, tmp_path))


def clerk_with_a_passkey(browser: Browser, site: Site, tmp_path: Path) -> None:
    with page_of(browser) as page:
        give_device(page)
        page.goto(f"{site.origin}/sign-in/enrol")
        look(page, tmp_path, "enrol")
        page.get_by_label("登録コード").fill(site.code.lower())
        page.get_by_label("パスキーの名前").fill("窓口の端末")
        page.get_by_role("button", name="パスキーを登録する").click()
        page.wait_for_url(f"{site.origin}/")
        page.goto(f"{site.origin}/sign-in/passkeys")
        expect(page.get_by_text("窓口の端末", exact=True)).to_be_visible()
        look(page, tmp_path, "passkeys")
        page.get_by_role("link", name="画面をロックする").click()
        page.wait_for_url(f"{site.origin}/sign-in")
        expect(page.get_by_role("heading", level=1)).to_have_text("画面のロックを解除する")
        look(page, tmp_path, "locked")
        page.get_by_role("button", name="パスキーでサインインする").click()
        page.wait_for_url(f"{site.origin}/")
        page.get_by_role("button", name="サインアウトする").click()
        page.wait_for_url(f"{site.origin}/sign-in")
        page.get_by_role("button", name="パスキーでサインインする").click()
        page.wait_for_url(f"{site.origin}/")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_persona_signs_in_without_script(site: Site, tmp_path: Path, width: int) -> None:
    in_browser(lambda browser: persona_without_script(browser, site, tmp_path, width))


def persona_without_script(browser: Browser, site: Site, tmp_path: Path, width: int) -> None:
    with page_of(browser, script=False, width=width) as page:
        page.goto(f"{site.origin}/")
        page.get_by_role("link", name="登場人物を選んでサインインする").click()
        page.screenshot(path=str(tmp_path / "personas.png"), full_page=True)
        page.get_by_role("button", name="この人としてサインインする").click()
        page.wait_for_url(f"{site.origin}/")
    with page_of(browser, width=width) as page:
        for path in ("/sign-in", "/sign-in/personas"):
            page.goto(f"{site.origin}{path}")
            look(page, tmp_path, path.replace("/", "-"))
