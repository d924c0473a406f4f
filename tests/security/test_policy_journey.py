"""The workshop in a browser: from 33 questions to a public text, by keyboard, and without script.

One server in a thread, the pages that a town's people see, and one person per role.
"""

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from jichitai.infra.clock import JST, FixedClock
from jichitai.infra.keys import Keys
from jichitai.web import accounts, sessions
from jichitai.web.accounts import Account
from jichitai.web.rights import Kind, Role
from tests.browser.support import CHROMIUM, browser, page_of
from tests.conftest import TOWN, Cluster
from tests.security.policy_web import PAGES, workshop

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
PEOPLE = {
    "officer": ("担当 一子", Role.SECURITY_OFFICER, None),
    "assembly": ("議会 二郎", Role.POLICY_ADOPTER, "assembly"),
    "head": ("市長室 三奈", Role.POLICY_ADOPTER, "head"),
}


@dataclass(frozen=True)
class Site:
    """A running workshop, and a session for each of its people."""

    origin: str
    cookie: str
    tokens: dict[str, str]

    def enter(self, page: Page, who: str) -> None:
        """Go on as somebody else."""
        page.context.clear_cookies()
        page.context.add_cookies(
            [{"name": self.cookie, "value": self.tokens[who], "url": self.origin}]
        )


async def _serve(
    cluster: Cluster,
    keys: Keys,
    folder: Path,
    listening: socket.socket,
    ready: Callable[[Site, uvicorn.Server], None],
) -> None:
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=JST))
    async with workshop(cluster, keys, clock, folder, origin=origin) as app:
        tokens = {}
        async with app.state.db.transaction(all_towns=True) as tx:
            for who, (display, role, organ) in PEOPLE.items():
                person = Account(
                    account_id=uuid4(), kind=Kind.STAFF, display=display,
                    roles=frozenset({role}), municipality=TOWN, organ_id=organ,
                )  # fmt: skip
                await accounts.save(tx, person)
                tokens[who] = await sessions.open_session(tx, person, method="persona")
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", lifespan="off", ws="none")
        )
        ready(Site(origin, app.state.cookies.session, tokens), server)
        await server.serve(sockets=[listening])


@pytest.fixture(scope="module")
def site(
    cluster18: Cluster, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    found: Future[tuple[Site, uvicorn.Server]] = Future()
    with contextlib.closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        folder = tmp_path_factory.mktemp("journey")

        def work() -> None:
            def ready(site: Site, server: uvicorn.Server) -> None:
                found.set_result((site, server))

            try:
                asyncio.run(_serve(cluster18, keys, folder, listening, ready))
            except BaseException as error:
                if not found.done():
                    found.set_exception(error)
                raise

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        made, server = found.result(timeout=60)
        yield made
        server.should_exit = True
        thread.join(timeout=30)


@pytest.mark.parametrize("script", [True, False], ids=["keyboard", "without-script"])
def test_a_town_without_an_expert_gets_a_public_policy(
    browser: Browser,
    site: Site,
    script: bool,
) -> None:
    with page_of(browser, script=script) as page:
        site.enter(page, "officer")
        page.goto(f"{site.origin}{PAGES}")
        page.get_by_role("button", name="質問に答えて作る").click()
        for group in range(6):
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            if group == 0:
                for box in page.locator("input[name=organs]").all():
                    box.set_checked(box.get_attribute("value") in PEOPLE)
            if group == 1:
                page.get_by_label("長", exact=True).check()
            if script:
                page.keyboard.press("Control+Enter")
                page.wait_for_url(re.compile(rf"group={group + 1}|drafted"))
            else:
                page.locator("form button[data-kind=filled]").click()
        expect(page.get_by_text("案が整いました")).to_be_visible()
        home = page.url.partition("?")[0]
        page.get_by_role("link", name="条文を確かめて直す").click()
        page.get_by_role("link", name="第5条（職員等の遵守義務）").click()
        for pane in ("自分の文案", "条文の一覧"):
            expect(page.get_by_role("heading", name=pane, exact=True)).to_be_visible()
        expect(page.get_by_role("heading", name="ガイドライン R8.3")).to_be_visible()
        page.get_by_label("本文").fill("職員等は、この方針を守らなければならない。")
        page.get_by_role("button", name="文案を保存する").click()
        expect(page.get_by_text("保存しました")).to_be_visible()
        page.goto(home)
        page.get_by_role("button", name="委員会に出す").click()
        page.get_by_label("承認した").check()
        page.get_by_label("議事録・文書の番号").fill("委-第2号")
        page.get_by_label("開いた日").fill("R8.11.20")
        page.get_by_role("button", name="委員会の結果を記録する").click()
        for organ in ("assembly", "head"):
            site.enter(page, organ)
            page.goto(home)
            page.get_by_label("決裁番号").fill(f"決-{organ}")
            page.get_by_label("決裁した日").fill("R8.11.20")
            page.get_by_role("button", name="この文書を定めたと記録する").click()
            expect(page.get_by_role("cell", name=f"決-{organ}")).to_be_visible()
        site.enter(page, "officer")
        page.goto(home)
        page.get_by_role("button", name="署名して公表する").click()
        expect(page.get_by_text("公表済み（施行前）").first).to_be_visible()
        page.get_by_role("link", name="公開ページを見る").click()
        page.context.clear_cookies()
        page.reload()
        expect(page.get_by_text("職員等は、この方針を守らなければならない。")).to_be_visible()
        expect(page.get_by_text("決-head")).to_be_visible()
        assert "最高情報セキュリティ責任者（以下" not in page.content()
