"""Incidents in Chromium: a report from a phone with and without script, and how the pages look."""

import base64
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide
from playwright.sync_api import Browser, Page, expect, sync_playwright

from jichitai.infra.clock import FixedClock
from jichitai.infra.database import Database
from jichitai.infra.keys import Keys
from jichitai.infra.outbox import Outbox
from jichitai.infra.settings import Settings
from jichitai.kernel.parties import Party, Tier
from jichitai.security import shell
from jichitai.security.incidents import alerts
from jichitai.security.incidents.routes import ROUTES, TEMPLATES
from jichitai.web import accounts, csrf, sessions
from jichitai.web.app import create_app
from jichitai.web.rights import Role
from tests.browser.support import CHROMIUM, FLAGS, inspect_pages, page_of
from tests.conftest import TOWN, Cluster
from tests.jpki.phone_servers import Served, free_ports, served
from tests.jukinet.network_builders import received
from tests.security.incident_builders import NOW, alert, photo
from tests.web.client import HTML, account

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
API = "/api/v1/security/incidents"
PHONE = 390
KEPT = """async () => {
  const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await done(indexedDB.open("jc-offline", 1));
  const rows = await done(database.transaction("waiting").objectStore("waiting").getAll());
  database.close();
  return rows.map((row) => new TextDecoder().decode(row.sealed)).join("");
}"""


@dataclass
class Desk:
    """The town's pages on a port, and two people who are signed in."""

    origin: str
    clock: FixedClock
    cookie: str = ""
    clerk: str = ""
    officer: str = ""

    def client(self, token: str) -> httpx.Client:
        headers = {csrf.HEADER: csrf.token_for(token), **HTML, "origin": self.origin}
        cookies = {self.cookie: token}
        return httpx.Client(
            base_url=self.origin, headers=headers, cookies=cookies, trust_env=False, timeout=30
        )

    def sign_in(self, page: Page, token: str) -> None:
        page.context.add_cookies(
            [{"name": self.cookie, "value": token, "url": self.origin, "sameSite": "Strict"}]
        )


@pytest.fixture(scope="module")
def desk(cluster18: Cluster, keys: Keys) -> Iterator[Desk]:
    (port,) = free_ports(1)
    found = Desk(f"http://localhost:{port}", FixedClock(NOW))
    name = cluster18.copy_of(Tier.TOWN)

    @asynccontextmanager
    async def made() -> AsyncIterator[Served]:
        database = await Database.open(cluster18.dsn(name), size=4)
        app = app_of(database, keys, found)
        people = {
            "clerk": account(Role.CLERK, municipality=TOWN),
            "officer": account(Role.SECURITY_OFFICER, municipality=TOWN, display="情報 一郎"),
        }
        async with database.transaction(town=TOWN) as tx:
            for label, person in people.items():
                await accounts.save(tx, person)
                setattr(found, label, await sessions.open_session(tx, person, method="persona"))
            origin, town = Party.prefecture(TOWN[:2]), Party.town(TOWN)
            batch = [received(alert(), origin=origin, receiver=town)]
            await alerts.handlers(found.clock)["S03"](tx, batch)
        found.cookie = app.state.cookies.session
        yield [(app, port)]
        await database.close()

    with served(made):
        yield found
    cluster18.drop(name)


def app_of(database: Database, keys: Keys, desk: Desk) -> Litestar:
    outbox = Outbox(keys.network, desk.clock)
    return create_app(
        Tier.TOWN,
        Settings(tier=Tier.TOWN, public_url=desk.origin, rate_limit=0),
        controllers=list(ROUTES),
        templates=[TEMPLATES],
        shell=shell.body_shell(shell.prefecture_shell),
        db=database,
        clock=desk.clock,
        keys=keys,
        dependencies={"outbox": Provide(lambda: outbox, sync_to_thread=False)},
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield found
        found.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_clerk_reports_from_a_phone_in_two_minutes(
    desk: Desk, browser: Browser, script: bool
) -> None:
    with page_of(browser, width=PHONE, script=script) as page:
        desk.sign_in(page, desk.clerk)
        page.goto(f"{desk.origin}/security/incidents/new")
        page.get_by_label("10分前").check()
        page.get_by_label("メールなどの誤送信").check()
        page.get_by_label("インターネット接続系").check()
        page.get_by_label("写真（画面・掲示・機器など）").set_input_files(
            {"name": "screen.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        )
        if script:
            page.keyboard.press("Control+Enter")
        else:
            page.get_by_role("button", name="報告する").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("を受け付けました")
        main = page.locator("main")
        expect(main).to_contain_text("2026-11-20 13:48")
        expect(main).to_contain_text("令和8年11月25日")
        page.get_by_label("分かったこと・したこと").fill("送った相手に電話した")
        page.get_by_role("button", name="書き加える").click()
        expect(page.get_by_role("status")).to_contain_text("書き加えました")


def test_without_a_network_a_report_waits_sealed_on_the_phone_and_leaves_later(
    desk: Desk, browser: Browser
) -> None:
    with page_of(browser, width=PHONE) as page:
        desk.sign_in(page, desk.clerk)
        page.goto(f"{desk.origin}/security/incidents/new")
        page.context.set_offline(True)
        page.get_by_label("いま", exact=True).check()
        page.get_by_label("媒体・端末・書類の紛失や盗難").check()
        page.get_by_label("写真（画面・掲示・機器など）").set_input_files(
            {"name": "place.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        )
        page.get_by_text("後でも書ける項目").click()
        page.get_by_label("何があったか・したこと").fill("訪問先で端末をなくした")
        page.get_by_role("button", name="報告する").click()
        expect(page.locator("main")).to_contain_text("送信待ち 1件")
        kept = page.evaluate(KEPT)
        assert len(kept) > 1_000
        assert "訪問先" not in kept
        page.context.set_offline(False)
        page.get_by_role("link", name="受付番号と期限を見る").click()
        main = page.locator("main")
        expect(main).to_contain_text("紛失や盗難")
        expect(main).to_contain_text("2026-11-20 13:58")
        expect(main).to_contain_text("1枚")
        page.goto(f"{desk.origin}/security/incidents/new")
        assert page.evaluate(KEPT) == ""


def test_the_pages_of_incidents_are_accessible_and_fit(desk: Desk) -> None:
    pages: dict[str, str] = {}
    base = "/security/incidents"

    def look(name: str, answer: httpx.Response) -> None:
        assert answer.status_code in (200, 409, 422), answer.text
        pages[f"incidents-{name}"] = answer.text

    with desk.client(desk.officer) as officer:
        csirt = {"duty": "ciso", "name": "副市長", "mail": "ciso@city.example.lg.jp"}
        officer.post(f"{base}/csirt", data=csirt)
        data = {"when": "other", "when_text": "きのう", "summary": "共有フォルダが開けない"}
        look("new-error", officer.post(f"{base}/new", data=data))
        key = officer.post(API, json=ransomware()).json()["incident_id"]
        rated = {"version": "1", "severity": "critical", "handler": "情報政策課"}
        officer.post(f"{base}/{key}/triage", data=rated)
        picture = base64.b64encode(photo()).decode()
        officer.post(f"{API}/{key}/photos", json={"content": picture})
        officer.post(f"{API}/{key}/reports", json={"clock_id": "prefecture"})
        desk.clock.instant = NOW + timedelta(days=4)
        look("board", officer.get(base))
        look("receipt", officer.get(f"{base}/{key}/receipt"))
        look("reports", officer.get(f"{base}/{key}/reports"))
        phone = dict(pages)
        look("timeline", officer.get(f"{base}/{key}/timeline"))
        sent = {"deed": "send", "sent_at": "きのう"}
        look("report-error", officer.post(f"{base}/{key}/reports/ppc-first", data=sent))
        look("edit", officer.get(f"{base}/{key}/edit"))
        begun = officer.post(f"{base}/drills", data={"scenario": "ransomware-weekend"})
        look("drill", officer.get(begun.headers["location"]))
        (waiting,) = officer.get(f"{API}/alerts").json()
        look("alert", officer.get(f"{base}/alerts/{waiting['alert_id']}"))
    desk.clock.instant = NOW
    with ThreadPoolExecutor(1) as apart:  # this thread has the journeys' browser
        assert apart.submit(inspect_pages, pages, widths=(1280,)).result() == []
        assert apart.submit(inspect_pages, phone, widths=(PHONE,)).result() == []


def ransomware() -> dict[str, Any]:
    return {
        "kind": "ransomware",
        "area": "lgwan",
        "known_at": NOW.isoformat(),
        "facts": {
            "summary": "総務課の共有フォルダのファイルが開けない。\n名前の後ろに見慣れない文字が付いている。",
            "section": "総務課",
            "system": "ファイルサーバー",
            "personal": "yes",
            "persons": 1280,
            "details": {"extension": ".locked", "contact": "0123-45-6789"},
        },
    }
